# SPDX-License-Identifier: GPL-2.0-or-later
# The RPM packages, built by Debian's rpm: what is in them, not how a host takes them.

. "$BATS_TEST_DIRNAME/../vm/lib.bash"

setup() {
	VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$top/kmod/dkms.conf")
}

files_of() {
	rpm -qlp "$top"/build/rpm/RPMS/*/"$1-$VERSION"-*.rpm
}

@test "rpm: three packages, each with what is its own" {
	rm -rf "$top/build/rpm"
	# The names that it needs for building are those of another distribution.
	make -C "$top" -s rpm RPMFLAGS=--nodeps
	files_of mdev | grep -x /usr/bin/mdev
	files_of mdev | grep -x /usr/lib/udev/rules.d/60-mdev.rules
	[ "$(files_of mdev | grep -c mdevctl)" = 0 ]
	files_of mdev-mdevctl | grep -x /usr/bin/lsmdev
	[ "$(files_of mdev-mdevctl | grep -cx /usr/bin/mdev)" = 0 ]
	files_of mdev-dkms | grep -x "/usr/src/mdev-$VERSION/dkms.conf"
	rm -rf "$top/build/rpm"
}
