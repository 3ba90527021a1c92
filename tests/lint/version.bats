# SPDX-License-Identifier: GPL-2.0-or-later
# Command, manual pages, modules and documents are of one version, which kmod/dkms.conf has.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	# As DKMS does it: the file is a shell's.
	version=$(. kmod/dkms.conf && echo "$PACKAGE_VERSION")
	[[ $version =~ ^[0-9]+(\.[0-9]+)+$ ]]
}

@test "the command and its manual pages are of the version of dkms.conf" {
	make -s build/mdev man
	[ "$(build/mdev --version | head -n 1)" = "mdev $version" ]
	pages=(build/man/*)
	[ ${#pages[@]} -ge 2 ]
	for page in "${pages[@]}"; do
		grep -E '^\.TH ' "$page" | grep -F "\"mdev $version\"" || { head -n 12 "$page"; return 1; }
	done
}

@test "the modules are of the version of dkms.conf" {
	tests/vm/build-modules 6.12 ours
	for module in mdev vfio_mdev samples/medu; do
		[ "$(modinfo -F version "build/kmod-6.12/$module.ko")" = "$version" ]
	done
}

# They name it where DKMS has to be told which one.
@test "documents name the version of dkms.conf, and no other" {
	named=$(grep -ohE '\bmdev/[0-9][0-9.]*[0-9]' README.md kmod/guide.rst)
	[ -n "$named" ]
	[ "$(sort -u <<<"$named")" = "mdev/$version" ]
}
