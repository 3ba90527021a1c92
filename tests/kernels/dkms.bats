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
		-name Makefile -o -name dkms.conf -o -name check-exports \) -exec cp --parents -t "$ROOT/root/project" {} +)
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
	rm -rf "$ROOT"/root/project "$ROOT"/usr/src/mdev-* "$ROOT"/var/lib/dkms/mdev \
		"$ROOT"/lib/modules/*/updates
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

only_the_kernels_own() {
	local path
	depmod -b "$ROOT" "$version"
	path=$(modinfo -b "$ROOT" -k "$version" -F filename mdev)
	echo "$path"
	[[ $path == *"$folder/kernel/drivers/vfio/mdev/mdev.ko" ]]
	[ -z "$(modinfo -b "$ROOT" -k "$version" -F filename vfio_mdev 2>/dev/null)" ]
	[ -z "$(find "$ROOT$folder" -path '*/updates/*' -name '*.ko*')" ]
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

@test "dkms: remove brings the kernel's own core back" {
	here dkms remove "mdev/$PACKAGE_VERSION" --all
	only_the_kernels_own
}

@test "make modules_install and modules_uninstall do the same without DKMS" {
	here make -C /root/project KDIR="/usr/src/linux-headers-$version" modules_install
	taken_from updates/
	here make -C /root/project KDIR="/usr/src/linux-headers-$version" modules_uninstall
	only_the_kernels_own
}
