# SPDX-License-Identifier: GPL-2.0-or-later
# The modules on a Debian 12 of a user's: by DKMS, by make, and the way back to the kernel's own core.

. "$BATS_TEST_DIRNAME/../vm/lib.bash"

ROOT=$cache/dkms-root
MODULES="mdev vfio_mdev medu"

setup_file() {
	"$vm/build-dkms-root"
	clean_up
	mkdir "$ROOT/root/project"
	(cd "$top" && find Makefile kmod \( -name '*.[ch]' ! -name '*.mod.c' -o -name Kbuild -o \
		-name Makefile -o -name dkms.conf -o -name check-exports -o -name dkms-files \) \
		-exec cp --parents -t "$ROOT/root/project" {} +)
}

teardown_file() {
	clean_up
}

setup() {
	. "$top/kmod/dkms.conf"
	version=$(cd "$ROOT/usr/src" && echo linux-headers-*-amd64)
	version=${version#linux-headers-}
	folder=/lib/modules/$version
}

# Whatever a run that was cut off has left
clean_up() {
	rm -rf "$ROOT"/root/{project,minv,lesser} "$ROOT"/usr/src/{mdev,minv}-* \
		"$ROOT"/var/lib/dkms/{mdev,minv} "$ROOT"/lib/modules/*/{updates,mdev}
	for kernel in "$ROOT"/lib/modules/*; do
		depmod -b "$ROOT" "${kernel##*/}"
	done
}

here() {
	in_root "$ROOT" "$@"
}

# modprobe takes the modules from below this folder of the kernel's, mdev as the one of two
taken_from() {
	local module path
	depmod -b "$ROOT" "$version"
	for module in $MODULES; do
		path=$(modinfo -b "$ROOT" -k "$version" -F filename $module)
		echo "$module: $path"
		[[ $path == *"$folder/$1"* ]]
	done
}

# What drivers that are built elsewhere need is there, and of this build: the header, and each symbol
# with the checksum that mdev.ko gives it.
is_to_be_built_against() {
	cmp "$top/kmod/mdev.h" "$ROOT$folder/mdev/mdev.h"
	grep -P '^0x[0-9a-f]{8}\tmdev_signal\t' "$ROOT$folder/mdev/Module.symvers"
}

# fits MODULE: it asks the core for the checksums that this has
fits() {
	local needed sum name
	needed=$(modprobe --dump-modversions "$1" | grep mdev_)
	echo "$needed"
	while read -r sum name; do
		grep -P "^$sum\t$name\t" "$ROOT$folder/mdev/Module.symvers" || return
	done <<<"$needed"
}

# The driver that is outside of the tree, and nothing else of that
bring_minv() {
	cp -a "$top/kmod/samples/minv" "$ROOT/root/minv"
	mv "$ROOT/root/project" "$BATS_FILE_TMPDIR/project"
}

# Undoes bring_minv
take_minv() {
	rm -rf "$ROOT/root/minv"
	[ ! -e "$BATS_FILE_TMPDIR/project" ] || mv "$BATS_FILE_TMPDIR/project" "$ROOT/root/project"
}

teardown() {
	take_minv
}

only_the_kernels_own() {
	local path
	depmod -b "$ROOT" "$version"
	path=$(modinfo -b "$ROOT" -k "$version" -F filename mdev)
	echo "$path"
	[[ $path == *"$folder/kernel/drivers/vfio/mdev/mdev.ko" ]]
	[ -z "$(modinfo -b "$ROOT" -k "$version" -F filename vfio_mdev 2>/dev/null)" ]
	[ -z "$(find "$ROOT$folder" -path '*/updates/*' -name '*.ko*')" ]
	[ ! -e "$ROOT$folder/mdev" ]
}

@test "dkms: before, there is the kernel's own core" {
	only_the_kernels_own
}

@test "dkms: add, build and install bring all three modules, before the kernel's own" {
	here dkms add /root/project/kmod
	here dkms build "mdev/$PACKAGE_VERSION" -k "$version"
	run here dkms install "mdev/$PACKAGE_VERSION" -k "$version"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output != *"will not replace"* ]]
	taken_from updates/dkms/
	[ "$(modinfo -b "$ROOT" -k "$version" -F version mdev)" = "$PACKAGE_VERSION" ]
	[[ $(here dkms status) == *"mdev/$PACKAGE_VERSION, $version, x86_64: installed"* ]]
}

@test "dkms: a kernel that comes later gets them by itself" {
	here dkms remove "mdev/$PACKAGE_VERSION" -k "$version"
	only_the_kernels_own
	here dkms add /root/project/kmod || :
	here dkms autoinstall -k "$version"
	taken_from updates/dkms/
}

# Headers of a kernel without the options that the pattern matches, in /root/lesser
lesser_headers() {
	mkdir -p "$ROOT/root/lesser/include"
	grep -vE "$1" "$ROOT/usr/src/linux-headers-$version/.config" >"$ROOT/root/lesser/.config"
}

@test "dkms: a kernel that lacks what the modules need is left out, and medu where there is no PCI" {
	for option in CONFIG_VFIO CONFIG_VFIO_VIRQFD; do
		lesser_headers "^$option="
		run here dkms build "mdev/$PACKAGE_VERSION" -k 6.1.0-lesser --kernelsourcedir /root/lesser
		echo "$output"
		[ "$status" != 0 ]
		[[ $output == *BUILD_EXCLUSIVE* ]]
	done
	lesser_headers "^CONFIG_PCI="
	unset BUILT_MODULE_NAME
	kernel_source_dir=$ROOT/root/lesser . "$top/kmod/dkms.conf"
	[ "${BUILT_MODULE_NAME[*]}" = "mdev vfio_mdev" ]
}

@test "dkms: a driver outside of the tree is built with what is installed, after the core" {
	is_to_be_built_against
	bring_minv
	here dkms remove "mdev/$PACKAGE_VERSION" -k "$version"
	here dkms add "mdev/$PACKAGE_VERSION" || :
	here dkms add /root/minv
	here dkms autoinstall -k "$version"
	MODULES="$MODULES minv" taken_from updates/dkms/
	fits "$ROOT$folder/updates/dkms/minv.ko"
	here dkms remove minv/1.0 --all
	is_to_be_built_against
}

@test "dkms: remove brings the kernel's own core back" {
	here dkms remove "mdev/$PACKAGE_VERSION" --all
	only_the_kernels_own
}

@test "make modules_install and modules_uninstall do the same without DKMS" {
	here make -C /root/project KDIR="/usr/src/linux-headers-$version" modules_install
	taken_from updates/
	is_to_be_built_against
	bring_minv
	here make -C "/lib/modules/$version/build" M=/root/minv modules
	fits "$ROOT/root/minv/minv.ko"
	take_minv
	here make -C /root/project KDIR="/usr/src/linux-headers-$version" modules_uninstall
	only_the_kernels_own
}
