# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the command and the kernel modules, installs them, and runs the tests.

# The one place where the version stands: the modules have to build without this file.
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"$$/\1/p' kmod/dkms.conf)

prefix ?= /usr/local
bindir ?= $(prefix)/bin
mandir ?= $(prefix)/share/man
completionsdir ?= $(prefix)/share/bash-completion/completions
zshcompletionsdir ?= $(prefix)/share/zsh/site-functions
fishcompletionsdir ?= $(prefix)/share/fish/vendor_completions.d
udevrulesdir ?= $(prefix)/lib/udev/rules.d
systemdsystemunitdir ?= $(prefix)/lib/systemd/system
docdir ?= $(prefix)/share/doc/mdev
sysconfdir ?= /etc
# Where samples of definitions go; packages have them with the documentation.
sampledir ?= $(sysconfdir)/mdev.d
# Where the program looks for the scripts of mdevctl, wherever it is installed itself.
libdir ?= /usr/lib
INSTALL ?= install
PKG_CONFIG ?= pkg-config

CFLAGS ?= -O2 -g
WERROR ?= -Werror
# The command is linked to LIBS; it opens OPENED_LIBS itself, when it first needs them.
LIBS := inih
OPENED_LIBS := smartcols json-c libudev uuid
KDIR ?= /lib/modules/$(shell uname -r)/build
VM_KERNELS ?= 6.1 6.12
FUZZ_SECONDS ?= 600

BASE_CFLAGS = -std=gnu11 -Wall -Wextra $(WERROR) -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
	-Icli $(shell $(PKG_CONFIG) --cflags $(LIBS) $(OPENED_LIBS))
# The C library first: nearly all symbols are there, and libraries are searched in this order.
BASE_LIBS = -lc $(shell $(PKG_CONFIG) --libs $(LIBS))
# What the unit and cli suites run is built with SANITIZE, in INSTRUMENTED; another way for coverage.
INSTRUMENTED ?= build/asan
SANITIZE ?= -Og -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

sources := $(wildcard cli/*.c cli/*/*.c)
objects := $(sources:cli/%.c=build/obj/%.o)
instrumented_objects := $(sources:cli/%.c=$(INSTRUMENTED)/%.o)
testable_objects := $(filter-out $(INSTRUMENTED)/main.o,$(instrumented_objects))
unit_tests := $(patsubst tests/unit/%.c,$(INSTRUMENTED)/%,$(wildcard tests/unit/test_*.c))
fuzz_targets := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_objects := $(patsubst cli/%.c,build/fuzz/%.o,$(filter-out cli/main.c,$(sources)))
guest_library := tests/kernel/vfio.c
guest_sources := $(filter-out $(guest_library),$(wildcard tests/kernel/*.c tests/bench/*.c))
guest_programs := $(addprefix build/tests/,$(notdir $(guest_sources:.c=)))
fire_library := tests/fire/live.c
fire_programs := $(patsubst tests/fire/%.c,build/tests/%,$(filter-out $(fire_library),$(wildcard tests/fire/*.c)))
man_pages := $(patsubst man/%.scd,build/man/%,$(wildcard man/*.scd))
zsh_completions := $(wildcard completions/_*)
fish_completions := $(wildcard completions/*.fish)
completions := $(filter-out $(zsh_completions) $(fish_completions),$(wildcard completions/*))
# What comes with the names of mdevctl, with DROPIN=1: mdevctl itself has files of the same names.
dropin_names := mdevctl lsmdev
dropin_folders := $(sysconfdir)/mdevctl.d $(libdir)/mdevctl/scripts.d/callouts $(libdir)/mdevctl/scripts.d/notifiers
dropin_files := build/man/mdevctl.8 completions/mdevctl completions/_mdevctl completions/mdevctl.fish
# Of these files, those that are not for the names of mdevctl, and those that this run installs.
without_dropin = $(filter-out $(dropin_files),$1)
installed = $(if $(DROPIN),$1,$(call without_dropin,$1))
units := $(notdir $(wildcard conf.d/systemd/*.service))
samples := $(notdir $(wildcard conf.d/mdev.d/*.conf))

.DELETE_ON_ERROR:
.PHONY: all help print-flags print-sanitize instrumented guest-programs suite-programs bench-programs fire-programs man kmod modules_install \
	modules_uninstall setup demo check check-unit check-cli check-fire \
	check-kernel check-in-tree check-nested check-sriov check-boot check-libvirt check-packages check-kernels check-debug check-s390x check-arm64 check-fire-sanitized lint fuzz coverage bench install dist deb rpm uninstall clean

all: build/mdev man ## The command and its man pages, in build/ (the default)

help: ## What make can do here
	@sed -n 's/^\([a-z0-9_-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# For checkers that are no part of the build.
print-flags:
	@printf '%s\n' $(BASE_CFLAGS)

print-sanitize:
	@printf '%s\n' $(SANITIZE)

build/mdev: $(objects)
	$(CC) $(LDFLAGS) -o $@ $^ $(BASE_LIBS)

build/obj/main.o $(INSTRUMENTED)/main.o: kmod/dkms.conf

build/obj/%.o: cli/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

instrumented: $(INSTRUMENTED)/mdev $(INSTRUMENTED)/mdev-whole $(INSTRUMENTED)/mdev-impatient
$(INSTRUMENTED)/mdev: $(instrumented_objects)
	$(CC) $(SANITIZE) -o $@ $^ $(BASE_LIBS)

# To compare with: it reads everything, whatever it is asked for.
$(INSTRUMENTED)/mdev-whole: tests/whole/whole.c $(instrumented_objects)
	$(CC) $(BASE_CFLAGS) $(SANITIZE) -o $@ $(filter %.c %.o,$^) -Wl,--wrap=inventory_load_words $(BASE_LIBS)

# It waits for a program that does not end a second instead of two minutes.
$(INSTRUMENTED)/mdev-impatient: tests/impatient/impatient.c $(instrumented_objects)
	$(CC) $(BASE_CFLAGS) $(SANITIZE) -o $@ $(filter %.c %.o,$^) -Wl,--wrap=process_run,--wrap=clock_ms $(BASE_LIBS)

$(INSTRUMENTED)/%.o: cli/%.c
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) $(SANITIZE) -MMD -MP -c -o $@ $<

# A unit test names the link options of its own in a comment line "link-flags: ...".
$(unit_tests): $(INSTRUMENTED)/%: tests/unit/%.c $(testable_objects)
	$(CC) $(BASE_CFLAGS) $(SANITIZE) -MMD -MP -o $@ $(filter %.c %.o,$^) $(BASE_LIBS) \
		$(shell sed -n 's/.*link-flags: *//p' tests/unit/$*.c)

# A fuzz target with its corpus alone, by the compiler that builds everything else.
$(fuzz_targets:%=$(INSTRUMENTED)/%): $(INSTRUMENTED)/%: tests/fuzz/%.c tests/fuzz/replay.c \
		$(testable_objects)
	$(CC) $(BASE_CFLAGS) -Itests/unit $(SANITIZE) -MMD -MP -o $@ $(filter %.c %.o,$^) $(BASE_LIBS)

# libFuzzer comes with clang.
build/fuzz/%.o: cli/%.c
	@mkdir -p $(@D)
	clang $(BASE_CFLAGS) $(SANITIZE) -O1 -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

$(fuzz_targets:%=build/fuzz/%): build/fuzz/%: tests/fuzz/%.c $(fuzz_objects) | build/fuzz
	clang $(BASE_CFLAGS) $(SANITIZE) -O1 -fsanitize=fuzzer -MMD -MP -o $@ $(filter %.c %.o,$^) $(BASE_LIBS)

# Runs in the guest, whose C library may be another build: linked statically.
vpath %.c tests/kernel tests/bench
guest_cc = $(CC) -std=gnu11 -Wall -Wextra $(WERROR) -D_GNU_SOURCE -O2 -g -MMD -MP
build/tests/vfio.o: $(guest_library) | build/tests
	$(guest_cc) -c -o $@ $<

$(guest_programs): build/tests/%: %.c build/tests/vfio.o | build/tests
	$(guest_cc) -static -o $@ $< build/tests/vfio.o

guest-programs: $(guest_programs) build/tests/strike
# Those that suites run; what measures knows amd64 alone.
suite-programs: $(patsubst tests/kernel/%.c,build/tests/%,$(filter tests/kernel/%,$(guest_sources)))

fire-programs: $(fire_programs) build/tests/live.so build/tests/mdev-crowd
# Statically, as one of them is also run in the guest.
$(fire_programs): build/tests/%: tests/fire/%.c | build/tests
	$(guest_cc) -static -o $@ $<

build/tests/live.so: $(fire_library) | build/tests
	$(CC) -std=gnu11 -Wall -Wextra $(WERROR) -D_GNU_SOURCE -O2 -g -shared -fPIC -o $@ $<

# A program that does nothing, with the C library alone, and with all that the command is linked to.
build/tests/start-libc: tests/bench/start.c | build/tests
	$(CC) -O2 -o $@ $<
build/tests/start-linked: tests/bench/start.c Makefile | build/tests
	$(CC) -O2 -o $@ $< -Wl,--no-as-needed $(BASE_LIBS)

# The service for parents, with parents that come without udev.
crowd_wraps := udev_watch_begin udev_watch_fd udev_watch_next udev_watch_is_behind udev_watch_end \
	root_is_host live_parents
build/tests/mdev-crowd: tests/crowd/crowd.c $(objects) | build/tests
	$(CC) $(BASE_CFLAGS) $(CFLAGS) -o $@ $(filter %.c %.o,$^) $(crowd_wraps:%=-Wl,--wrap=%) $(BASE_LIBS)

bench-programs: guest-programs build/tests/start-libc build/tests/start-linked build/tests/mdev-crowd

# Runs within QEMU.
build/tests/profile.so: tests/vm/profile.c | build/tests
	$(CC) -std=gnu11 -Wall -Wextra $(WERROR) -O2 -g -shared -fPIC -fvisibility=hidden -o $@ $<

man: $(man_pages)
# A page bears the version, and the date of the last change to it.
build/man/%: man/%.scd kmod/dkms.conf | build/man
	sed '1s/$$/ "mdev $(VERSION)"/' $< | \
		SOURCE_DATE_EPOCH=$${SOURCE_DATE_EPOCH:-$$(stat -c %Y $<)} scdoc > $@

build/fuzz build/tests build/man:
	mkdir -p $@

-include $(wildcard $(foreach tree,build/obj $(INSTRUMENTED) build/fuzz,$(tree)/*.d $(tree)/*/*.d) build/tests/*.d)

kmod: ## The kernel modules, for the running kernel or KDIR=...
	$(MAKE) -C kmod KDIR=$(KDIR)

modules_install: ## The kernel modules into updates/, before the kernel's own
	$(MAKE) -C kmod KDIR=$(KDIR) modules_install

modules_uninstall: ## Remove them; modprobe takes the kernel's own again
	$(MAKE) -C kmod KDIR=$(KDIR) modules_uninstall

setup: ## The Debian packages that building and testing need (as root)
	@tests/vm/setup

demo: setup ## The main job on a real kernel, as a transcript
	@tests/vm/demo

check: setup ## Every test; ends with "N passed, N failed, N skipped"
	@VM_KERNELS="$(VM_KERNELS)" tests/check all

check-unit check-cli check-fire check-kernel check-in-tree check-nested check-sriov check-boot lint: setup ## That suite alone
	@VM_KERNELS="$(VM_KERNELS)" tests/check $(@:check-%=%)

check-fire-sanitized: setup ## The command under fire, by the build with sanitizers
	@tests/check fire-sanitized

check-libvirt: setup ## libvirt of Debian 12 and 13 with the command as mdevctl
	@tests/check libvirt

check-packages: setup ## The packages on Debian 12 and 13, from a clean build to the purge
	@tests/check packages

check-kernels: setup ## Every kernel that is supported: warnings, DKMS, the kernel suites
	@tests/check kernels

check-debug: setup ## The kernel suites and long torture on kernels that look for bugs
	@tests/check debug

check-s390x: setup ## The command on a big-endian machine, and vfio_ccw on either core
	@tests/check s390x

check-arm64: setup ## The modules where the kernel has no core of its own
	@tests/check arm64

fuzz: ## The parsers under libFuzzer, FUZZ_SECONDS=600 for each
	@tests/vm/setup --fuzz
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/check fuzz

coverage: setup ## The lines of cli/ that the unit and cli suites reach; fails below 92 %
	@tests/coverage

bench: ## The measurements
	@tests/vm/setup --bench
	@tests/bench/run

install: ## The command and its files below DESTDIR; prefix=/usr/local; DROPIN=1: as mdevctl, too
	$(MAKE) WERROR= all
	$(INSTALL) -D -m 755 build/mdev $(DESTDIR)$(bindir)/mdev
	$(foreach page,$(call installed,$(man_pages)),$(INSTALL) -D -m 644 -t $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(page))) $(page);)
	$(INSTALL) -D -m 644 -t $(DESTDIR)$(docdir) README.md man/mdev.schema.json
	$(INSTALL) -D -m 644 -t $(DESTDIR)$(completionsdir) $(call installed,$(completions))
	$(INSTALL) -D -m 644 -t $(DESTDIR)$(zshcompletionsdir) $(call installed,$(zsh_completions))
	$(INSTALL) -D -m 644 -t $(DESTDIR)$(fishcompletionsdir) $(call installed,$(fish_completions))
	$(INSTALL) -d $(DESTDIR)$(udevrulesdir) $(DESTDIR)$(systemdsystemunitdir) $(DESTDIR)$(sysconfdir)/mdev.d $(DESTDIR)$(sampledir)
	sed 's|@bindir@|$(bindir)|g' conf.d/udev/60-mdev.rules > $(DESTDIR)$(udevrulesdir)/60-mdev.rules
	for unit in $(units); do \
		sed 's|@bindir@|$(bindir)|g' conf.d/systemd/$$unit > $(DESTDIR)$(systemdsystemunitdir)/$$unit && \
		chmod 644 $(DESTDIR)$(systemdsystemunitdir)/$$unit || exit; done
	chmod 644 $(DESTDIR)$(udevrulesdir)/60-mdev.rules
	for f in $(samples); do \
		test -e $(DESTDIR)$(sampledir)/$$f || \
		$(INSTALL) -m 644 conf.d/mdev.d/$$f $(DESTDIR)$(sampledir)/$$f || exit; done
ifdef DROPIN
	for name in $(dropin_names); do ln -sf mdev $(DESTDIR)$(bindir)/$$name || exit; done
	ln -sf mdevctl.8 $(DESTDIR)$(mandir)/man8/lsmdev.8
	ln -sf mdevctl $(DESTDIR)$(completionsdir)/lsmdev
	ln -sf mdevctl.fish $(DESTDIR)$(fishcompletionsdir)/lsmdev.fish
	$(INSTALL) -d $(addprefix $(DESTDIR),$(dropin_folders))
endif

dist: ## What git has as a tar, build/mdev-VERSION.tar.gz: the same bytes each time
	mkdir -p build
	git archive --format=tar.gz --prefix=mdev-$(VERSION)/ -o build/mdev-$(VERSION).tar.gz HEAD

deb: dist ## Debian packages, in build/deb (needs debhelper and dh-dkms)
	rm -rf build/deb
	mkdir -p build/deb
	tar -xzf build/mdev-$(VERSION).tar.gz -C build/deb
	cp -a conf.d/packages/debian build/deb/mdev-$(VERSION)
	cd build/deb/mdev-$(VERSION) && dpkg-buildpackage -us -uc -b
	rm -r build/deb/mdev-$(VERSION)

rpm: dist ## RPM packages, in build/rpm (needs rpmbuild)
	rpmbuild -ta build/mdev-$(VERSION).tar.gz --define "_topdir $(CURDIR)/build/rpm" $(RPMFLAGS)

# Samples that were changed are definitions of the user's by now and stay.
uninstall: ## Remove what install put there; definitions stay
	rm -f $(DESTDIR)$(bindir)/mdev $(DESTDIR)$(udevrulesdir)/60-mdev.rules $(units:%=$(DESTDIR)$(systemdsystemunitdir)/%)
	rm -f $(DESTDIR)$(docdir)/README.md $(DESTDIR)$(docdir)/mdev.schema.json
	rm -f $(addprefix $(DESTDIR)$(completionsdir)/,$(notdir $(call without_dropin,$(completions))))
	rm -f $(addprefix $(DESTDIR)$(zshcompletionsdir)/,$(notdir $(call without_dropin,$(zsh_completions))))
	rm -f $(addprefix $(DESTDIR)$(fishcompletionsdir)/,$(notdir $(call without_dropin,$(fish_completions))))
	rm -f $(foreach page,$(call without_dropin,$(man_pages)),$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))
	for f in $(samples); do \
		! cmp -s conf.d/mdev.d/$$f $(DESTDIR)$(sampledir)/$$f || \
		rm -f $(DESTDIR)$(sampledir)/$$f; done
	for folder in $(DESTDIR)$(sampledir) $(DESTDIR)$(docdir); do \
		test ! -d $$folder || rmdir --ignore-fail-on-non-empty $$folder; done
	rm -f $(DESTDIR)$(sysconfdir)/mdev.d/.mdev.lock
	for name in $(dropin_names); do \
		test "$$(readlink $(DESTDIR)$(bindir)/$$name)" != mdev || \
		rm -f $(DESTDIR)$(bindir)/$$name $(DESTDIR)$(mandir)/man8/$$name.8 \
			$(DESTDIR)$(completionsdir)/$$name $(DESTDIR)$(zshcompletionsdir)/_$$name \
			$(DESTDIR)$(fishcompletionsdir)/$$name.fish || exit; done
	for folder in $(addprefix $(DESTDIR),$(dropin_folders)); do \
		test ! -d $$folder || rmdir --ignore-fail-on-non-empty $$folder; done
	test ! -d $(DESTDIR)$(sysconfdir)/mdev.d || rmdir --ignore-fail-on-non-empty $(DESTDIR)$(sysconfdir)/mdev.d

clean: ## Remove what was built; build/cache (downloads) stays
	find build -mindepth 1 -maxdepth 1 ! -name cache -exec rm -rf {} +
	$(MAKE) -C kmod KDIR=$(KDIR) clean || :
