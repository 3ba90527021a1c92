# SPDX-License-Identifier: GPL-2.0-or-later
# The Debian packages: built in a clean root of each release, and living on a bare host of it.

. "$BATS_TEST_DIRNAME/../vm/lib.bash"

RELEASES="bookworm trixie"
U1=8d4bdbc6-0f6c-4e3c-9a7b-0b4f1c9e6a10

# build RELEASE NAME [VERSION]: the packages of the last commit, in build/packages/NAME, by way of a folder
# of that name
build() {
	local root=$cache/package-build-$1 work=/root/$2
	rm -rf "$root$work" "${PACKAGES:?}/$2"
	mkdir -p "$root$work" "$PACKAGES/$2"
	tar -xzf "$top/build/mdev-$VERSION.tar.gz" -C "$root$work"
	cp -a "$top/conf.d/packages/debian" "$root$work/mdev-$VERSION/"
	[ -z "${3-}" ] || raise "$root$work/mdev-$VERSION" "$3"
	in_root "$root" sh -c 'cd "$1" && umask "$2" && dpkg-buildpackage -us -uc -b' -- \
		"$work/mdev-$VERSION" "${UMASK:-022}" \
		>"$PACKAGES/$2/log" 2>&1 || { tail -n 30 "$PACKAGES/$2/log"; return 1; }
	mv "$root$work"/*.{deb,buildinfo,changes} "$PACKAGES/$2/"
	rm -rf "$root$work"
}

# raise FOLDER VERSION: the same of a later version, with a sample that is another
raise() {
	sed -i "1s/($VERSION)/($2)/" "$1/debian/changelog"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$2\"/" "$1/kmod/dkms.conf"
	echo '# A line that is new' >>"$1/conf.d/mdev.d/example.conf"
}

# host RELEASE: a bare host of that release, in $HOST
host() {
	HOST=$BATS_FILE_TMPDIR/host-$1
	[ -e "$HOST" ] || cp -a "$cache/package-user-$1" "$HOST"
}

# on_host COMMAND...: there, with nobody to answer a question
on_host() {
	in_root "$HOST" env DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@" </dev/null
}

# install_on_host FILE...: packages from here; what they depend on comes from the archive
install_on_host() {
	local debs=("${@##*/}")
	mkdir -p "$HOST/root/debs"
	cp "$@" "$HOST/root/debs/"
	on_host sh -c 'apt-get -q update && apt-get -q -y install "$@"' -- "${debs[@]/#//root/debs/}"
}

setup_file() {
	local release
	VERSION=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' "$top/kmod/dkms.conf")
	PACKAGES=$top/build/packages
	export VERSION PACKAGES
	make -C "$top" -s dist
	for release in $RELEASES; do
		"$vm/build-package-root" $release
		build $release $release
	done
}

teardown_file() {
	rm -rf "$PACKAGES"
}

@test "packages: one version for all" {
	[ "$(sed -n '1s/^mdev (\(.*\)) .*/\1/p' "$top/conf.d/packages/debian/changelog")" = "$VERSION" ]
	[ "$(sed -n 's/^Version: *//p' "$top/conf.d/packages/mdev.spec")" = "$VERSION" ]
	ls "$PACKAGES/bookworm"
	[ -e "$PACKAGES/bookworm/mdev-dkms_${VERSION}_all.deb" ]
}

@test "packages: lintian has nothing to say" {
	local release
	for release in $RELEASES; do
		rm -rf "$cache/package-build-$release/root/lint"
		cp -a "$PACKAGES/$release" "$cache/package-build-$release/root/lint"
		run in_root "$cache/package-build-$release" sh -c \
			'cd /root/lint && lintian -EIL +pedantic --allow-root --fail-on error,warning,info,pedantic,experimental *.changes'
		rm -rf "$cache/package-build-$release/root/lint"
		echo "$release: $output"
		[ "$status" = 0 ] && [ -z "$output" ]
	done
}

@test "packages: a build elsewhere, in another time zone and by another umask, has the same bytes" {
	UMASK=027 TZ=Pacific/Chatham LC_ALL=C.UTF-8 build bookworm another-folder
	cmp <(cd "$PACKAGES/bookworm" && sha256sum -- *.deb) <(cd "$PACKAGES/another-folder" && sha256sum -- *.deb)
}

@test "packages: installed, upgraded with everything edited, removed and purged, definitions stay" {
	local release before
	build bookworm later "$VERSION.1"
	for release in $RELEASES; do
		host $release
		install_on_host "$PACKAGES/$release/mdev_${VERSION}_amd64.deb"
		on_host mdev --version | grep -x "mdev $VERSION"
		[ -e "$HOST/usr/lib/udev/rules.d/60-mdev.rules" ]
		[ "$(cat "$HOST"/usr/lib/{udev/rules.d/60-mdev.rules,systemd/system/mdev*} | grep -c @bindir@)" = 0 ]
		on_host mdev define $U1 -p 0000:01:00.0 -t medu-fact --auto
		echo '# mine' >>"$HOST/etc/mdev.d/$U1.conf"
		echo '# mine' >>"$HOST/usr/share/doc/mdev/examples/example.conf"
		before=$(cd "$HOST/etc/mdev.d" && sha256sum -- *)
		install_on_host "$PACKAGES/later/mdev_$VERSION.1_amd64.deb"
		on_host mdev --version | grep -x "mdev $VERSION.1"
		on_host mdev list --defined | grep $U1
		on_host apt-get -q -y remove mdev
		[ ! -e "$HOST/usr/bin/mdev" ]
		on_host apt-get -q -y purge mdev
		[ "$(cd "$HOST/etc/mdev.d" && sha256sum -- *)" = "$before" ]
		install_on_host "$PACKAGES/$release/mdev_${VERSION}_amd64.deb"
		rm "$HOST/etc/mdev.d/$U1.conf"
		on_host mdev define $U1 -p 0000:01:00.0 -t medu-fact
		on_host mdev undefine $U1
		on_host apt-get -q -y purge mdev
		[ ! -e "$HOST/etc/mdev.d" ]
	done
}

@test "packages: the names of mdevctl take the place of its package, and give it back" {
	host trixie
	on_host sh -c 'apt-get -q update && apt-get -q -y --no-install-recommends install libvirt-daemon-driver-nodedev mdevctl'
	on_host mdevctl define -u $U1 -p 0000:01:00.0 -t medu-fact --auto
	install_on_host "$PACKAGES"/trixie/mdev{,-mdevctl}_"$VERSION"_*.deb
	on_host dpkg --verify mdev mdev-mdevctl libvirt-daemon-driver-nodedev
	[ "$(on_host dpkg-query -W -f '${db:Status-Status}' libvirt-daemon-driver-nodedev)" = installed ]
	run on_host dpkg-query -W -f '${db:Status-Status}' mdevctl
	[ "$output" != installed ]
	[ "$(readlink "$HOST/usr/bin/mdevctl")" = mdev ]
	on_host mdevctl list --defined | grep $U1
	on_host mdev list --defined | grep $U1
	on_host apt-get -q -y install mdevctl mdev-mdevctl-
	[ "$(on_host dpkg-query -W -f '${db:Status-Status}' mdev)" = installed ]
	on_host /usr/bin/mdevctl list --defined | grep $U1
}

@test "packages: the modules are built by DKMS when the package comes, and go with it" {
	local kernel drivers
	HOST=$cache/dkms-root
	"$vm/build-dkms-root"
	rm -rf "$HOST"/usr/src/mdev-* "$HOST/var/lib/dkms/mdev"
	install_on_host "$PACKAGES/bookworm/mdev-dkms_${VERSION}_all.deb"
	kernel=$(cd "$HOST/usr/src" && echo linux-headers-*-amd64)
	kernel=${kernel#linux-headers-}
	drivers=$(cd "$HOST/lib/modules/$kernel/updates/dkms" && echo *.ko)
	[ "$drivers" = "mdev.ko medu.ko vfio_mdev.ko" ]
	[ "$(modinfo -b "$HOST" -k "$kernel" -F version mdev)" = "$VERSION" ]
	# A driver outside of the tree, with what is installed and nothing else
	cp -a "$HOST/usr/src/mdev-$VERSION/samples/minv" "$HOST/root/minv"
	on_host make -C "/lib/modules/$kernel/build" M=/root/minv modules
	[[ $(modinfo -F depends "$HOST/root/minv/minv.ko") == *mdev* ]]
	rm -r "$HOST/root/minv"
	on_host apt-get -q -y purge mdev-dkms
	[ -z "$(find "$HOST/lib/modules/$kernel" -path '*/updates/*' -name '*.ko*')" ]
	[ ! -e "$HOST/lib/modules/$kernel/mdev" ]
	[ ! -e "$HOST/usr/src/mdev-$VERSION" ]
}
