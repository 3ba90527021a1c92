# SPDX-License-Identifier: GPL-2.0-or-later
# make install and make uninstall, into a folder of the test's.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	mkdir -p build/vm
	DESTDIR=$BATS_TEST_TMPDIR/root
}

# The guests' builds take this lock as well: they write the same object files.
in_turn() {
	flock -w 600 build/vm/lock make -s "$@" DESTDIR="$DESTDIR" prefix=/opt/mdev sysconfdir=/etc libdir=/usr/lib
}

@test "install puts everything below DESTDIR and prefix" {
	in_turn install
	"$DESTDIR/opt/mdev/bin/mdev" --version
	grep -q "RUN+=\"/opt/mdev/bin/mdev " "$DESTDIR/opt/mdev/lib/udev/rules.d/60-mdev.rules"
	[ "$(grep -c @ "$DESTDIR/opt/mdev/lib/udev/rules.d/60-mdev.rules")" = 0 ]
	for unit in conf.d/systemd/*.service; do
		grep -q "^ExecStart=/opt/mdev/bin/mdev " "$DESTDIR/opt/mdev/lib/systemd/system/${unit##*/}"
		[ "$(grep -c @bindir@ "$DESTDIR/opt/mdev/lib/systemd/system/${unit##*/}")" = 0 ]
	done
	[ -s "$DESTDIR/opt/mdev/share/man/man8/mdev.8" ]
	[ -s "$DESTDIR/opt/mdev/share/man/man5/mdev.d.5" ]
	[ -s "$DESTDIR/opt/mdev/share/man/man7/mdev-json.7" ]
	[ -s "$DESTDIR/opt/mdev/share/bash-completion/completions/mdev" ]
	[ -s "$DESTDIR/opt/mdev/share/zsh/site-functions/_mdev" ]
	[ -s "$DESTDIR/opt/mdev/share/fish/vendor_completions.d/mdev.fish" ]
	[ "$(ls "$DESTDIR/opt/mdev/share/bash-completion/completions")" = mdev ]
	[ "$(find "$DESTDIR" -type f ! -path '*/opt/mdev/*' ! -path '*/etc/mdev.d/*')" = "" ]
}

@test "uninstall removes what install put there, and no definition" {
	in_turn install
	echo "# mine" >"$DESTDIR/etc/mdev.d/mine.conf"
	in_turn uninstall
	[ "$(cd "$DESTDIR" && find . -type f)" = ./etc/mdev.d/mine.conf ]
}

@test "a sample that was changed is kept by install and by uninstall" {
	in_turn install
	echo "# mine" >>"$DESTDIR/etc/mdev.d/example.conf"
	in_turn install
	grep -q '^# mine' "$DESTDIR/etc/mdev.d/example.conf"
	in_turn uninstall
	grep -q '^# mine' "$DESTDIR/etc/mdev.d/example.conf"
}

@test "samples go where sampledir says, and nothing is left of them" {
	in_turn install sampledir=/opt/mdev/share/doc/mdev/examples
	[ -s "$DESTDIR/opt/mdev/share/doc/mdev/examples/example.conf" ]
	[ -d "$DESTDIR/etc/mdev.d" ] && [ "$(ls -A "$DESTDIR/etc/mdev.d")" = "" ]
	in_turn uninstall sampledir=/opt/mdev/share/doc/mdev/examples
	[ ! -e "$DESTDIR/opt/mdev/share/doc/mdev" ]
}

@test "DROPIN=1 installs the names of mdevctl with their page, completion and folders" {
	in_turn install
	[ "$(find "$DESTDIR" -name '*mdevctl*' -o -name 'lsmdev*')" = "" ]
	in_turn install DROPIN=1
	[ "$("$DESTDIR/opt/mdev/bin/mdevctl" --version)" = "mdevctl 1.4.0" ]
	[ "$("$DESTDIR/opt/mdev/bin/lsmdev" --version)" = "lsmdev 1.4.0" ]
	[ -s "$DESTDIR/opt/mdev/share/man/man8/mdevctl.8" ]
	[ -s "$DESTDIR/opt/mdev/share/man/man8/lsmdev.8" ]
	[ -s "$DESTDIR/opt/mdev/share/bash-completion/completions/lsmdev" ]
	[ -s "$DESTDIR/opt/mdev/share/zsh/site-functions/_mdevctl" ]
	[ -s "$DESTDIR/opt/mdev/share/fish/vendor_completions.d/lsmdev.fish" ]
	[ -d "$DESTDIR/etc/mdevctl.d" ]
	[ -d "$DESTDIR/usr/lib/mdevctl/scripts.d/callouts" ] && [ -d "$DESTDIR/usr/lib/mdevctl/scripts.d/notifiers" ]
}

@test "uninstall removes the names of mdevctl, but no definition, and nothing of mdevctl itself" {
	in_turn install DROPIN=1
	mkdir "$DESTDIR/etc/mdevctl.d/soft"
	echo "{}" >"$DESTDIR/etc/mdevctl.d/soft/mine"
	in_turn uninstall
	[ "$(cd "$DESTDIR" && find . ! -type d)" = ./etc/mdevctl.d/soft/mine ]
	[ ! -d "$DESTDIR/usr/lib/mdevctl/scripts.d/callouts" ]
	mkdir -p "$DESTDIR/opt/mdev/bin"
	echo "another program" >"$DESTDIR/opt/mdev/bin/mdevctl"
	in_turn uninstall
	[ -s "$DESTDIR/opt/mdev/bin/mdevctl" ]
}
