# SPDX-License-Identifier: GPL-2.0-or-later
# Paths and small helpers shared by the scripts of the test machine.
# shellcheck shell=bash disable=SC2034 # what is set here is used where this is read

top=$(realpath "${BASH_SOURCE[0]%/*}/../..")
cache=$top/build/cache
vm=$top/tests/vm
. "$vm/arch.bash"
. "$vm/machine.bash"

say() {
	printf '# %s\n' "$*" >&2
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Runs a command quietly; its output is shown only when it fails.
quietly() {
	local log
	log=$(mktemp)
	if ! "$@" >"$log" 2>&1 </dev/null; then
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

# Holds the lock of the cache until the script ends, so that two runs do not fill it at once.
# Children must not inherit it: give them 9>&-.
lock_cache() {
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	flock -w 3600 9 || die "another run holds $cache/lock"
}

# Downloads packages and unpacks them below a folder, without installing them.
unpack_packages() {
	local folder=$1 debs
	shift
	debs=$(mktemp -d)
	chmod 755 "$debs"
	(cd "$debs" && quietly apt-get -q -o APT::Sandbox::User=root download "$@") ||
		(quietly apt-get -q update && cd "$debs" &&
		quietly apt-get -q -o APT::Sandbox::User=root download "$@")
	mkdir -p "$folder"
	for deb in "$debs"/*.deb; do
		dpkg-deb -x "$deb" "$folder"
	done
	rm -rf "$debs"
}

# Has a package of this machine's release in a folder. Usage: fetch_package NAME FOLDER
fetch_package() {
	[ -e "$cache/$1.deb" ] || (
		lock_cache
		debs=$(mktemp -d)
		cd "$debs" || exit
		quietly apt-get -q -o APT::Sandbox::User=root download "$1" ||
			{ quietly apt-get -q update && quietly apt-get -q -o APT::Sandbox::User=root download "$1"; }
		mv "$1"_*.deb "$cache/$1.deb"
		rm -rf "$debs"
	)
	cp "$cache/$1.deb" "$2/"
}

# The mirror that this machine gets Debian from
mirror() {
	# shellcheck disable=SC2016 # apt's fields, not the shell's variables
	apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 == "bookworm" { print $3; exit }'
}

# Lines for sources.list: the suites of a release of Debian, from wherever this machine gets
# its own packages. Usage: debian_sources RELEASE
debian_sources() {
	# shellcheck disable=SC2016 # apt's fields, not the shell's variables
	apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)' \
		'Created-By: Packages' | sort -u | awk -v release="$1" '
		$1 == "Debian" && $2 ~ /^bookworm/ && $3 == "main" {
			sub(/^bookworm/, release, $2)
			print "deb", $4, $2, $3
		}'
}

# Runs a command in another root, as root. Usage: in_root ROOT COMMAND...
in_root() {
	# shellcheck disable=SC2016 # for the shell that unshare runs
	unshare -m bash -c 'set -e
		mount -t proc proc "$1/proc"
		exec chroot "$@"' -- "$@"
}

# headers_of SERIES: the folder of a kernel's headers, as seen from here
headers_of() {
	local kernel=$cache/kernel-$1
	[ ! -d "$kernel/root" ] || kernel+=/root
	echo "$kernel/usr/src/linux-headers-$(<"$cache/kernel-$1/version")"
}

# Runs make where a kernel's headers are: here, or in the root that came with them, in which the
# project then stands at the same place. Usage: make_at_headers SERIES ARGUMENT...
make_at_headers() {
	local kernel=$cache/kernel-$1 headers arch
	headers=/usr/src/linux-headers-$(<"$kernel/version")
	arch=$(arch_of "$1")
	shift
	if [ ! -d "$kernel/root" ]; then
		kernel_make "$arch" -C "$kernel$headers" "$@"
		return
	fi
	# shellcheck disable=SC2016 # for the shell that unshare runs
	unshare -m bash -c 'set -e
		mount -t proc proc "$1/proc"
		mkdir -p "$1$2"
		mount --bind "$2" "$1$2"
		exec chroot "$1" make "${@:3}"' -- "$kernel/root" "$top" -C "$headers" "$@"
}
