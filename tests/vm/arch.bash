# SPDX-License-Identifier: GPL-2.0-or-later
# What differs from one architecture to another. The name of a kernel ends in that of its architecture, as
# Debian has it: 6.1-arm64. Without one, as 6.1, it is for amd64, where all of this runs.
# shellcheck shell=bash disable=SC2154 # lib.bash, which reads this, sets what is used here

# Usage: arch_of KERNEL: its architecture
arch_of() {
	case $1 in
	*-arm64 | *-i386 | *-s390x) echo "${1##*-}" ;;
	*) echo amd64 ;;
	esac
}

# Usage: release_of KERNEL: its name without the architecture
release_of() {
	local arch
	arch=$(arch_of "$1")
	echo "${1%-"$arch"}"
}

# Usage: gnu_of ARCH: the compiler's name for it
gnu_of() {
	case $1 in
	amd64) echo x86_64-linux-gnu ;;
	arm64) echo aarch64-linux-gnu ;;
	i386) echo i686-linux-gnu ;;
	s390x) echo s390x-linux-gnu ;;
	esac
}

# Usage: libraries_of ARCH: where below /usr/lib Debian has its libraries
libraries_of() {
	case $1 in
	i386) echo i386-linux-gnu ;;
	*) gnu_of "$1" ;;
	esac
}

# Usage: kernel_make ARCH ARGUMENT...: make, for a kernel of that architecture
kernel_make() {
	local arch=$1 gnu
	gnu=$(gnu_of "$1")
	shift
	case $arch in
	amd64) make "$@" ;;
	s390x) make ARCH=s390 CROSS_COMPILE="$gnu-" CC="$gnu-gcc" "$@" ;;
	*) make ARCH="$arch" CROSS_COMPILE="$gnu-" CC="$gnu-gcc" "$@" ;;
	esac
}

# Runs a command with apt speaking of another architecture; its lists are below the cache.
# Usage: with_apt ARCH COMMAND...
with_apt() {
	local arch=$1 folder=$cache/apt-$1
	shift
	if [ "$arch" = amd64 ]; then
		"$@"
		return
	fi
	if [ ! -e "$folder/apt.conf" ]; then
		mkdir -p "$folder/lists/partial" "$folder/archives/partial"
		debian_sources bookworm >"$folder/sources.list"
		# Lists of what changes no more may be older than they say they should be; the packages are
		# signed all the same.
		cat >"$folder/apt.conf" <<-END
			APT::Architecture "$arch";
			APT::Architectures { "$arch"; };
			Acquire::Check-Valid-Until "false";
			Dir::State::Lists "$folder/lists";
			Dir::State::status "/dev/null";
			Dir::Cache "$folder";
			Dir::Etc::SourceList "$folder/sources.list";
			Dir::Etc::SourceParts "/dev/null";
		END
		APT_CONFIG=$folder/apt.conf quietly apt-get -q update
	fi
	APT_CONFIG=$folder/apt.conf "$@"
}

# Unpacks packages of another architecture, and what they need, below a folder: none of their programs
# is run. Usage: unpack_root ARCH FOLDER PACKAGE,...
unpack_root() {
	debian_sources bookworm >"$2.list"
	# shellcheck disable=SC2016 # for the shell that runs the hook
	quietly mmdebstrap --mode=root --arch="$1" --variant=extract --include="$3" \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
		--setup-hook='for d in bin sbin lib; do mkdir -p "$1/usr/$d"; ln -s usr/$d "$1/$d"; done' \
		bookworm "$2" "$2.list"
	rm "$2.list"
}

# Builds the command and the programs of the suites for another architecture, by the same Makefile, in a
# folder that has links to all that it reads. Usage: make_for ARCH ARGUMENT...
make_for() {
	local arch=$1 folder=$top/build/on-$1 sysroot=$cache/sysroot-$1 gnu
	gnu=$(gnu_of "$1")
	shift
	if [ "$arch" = amd64 ]; then
		make -C "$top" "$@"
		return
	fi
	"$vm/build-sysroot" "$arch"
	mkdir -p "$folder"
	for name in Makefile cli completions conf.d kmod man tests; do
		ln -sfn "../../$name" "$folder/$name"
	done
	PKG_CONFIG_SYSROOT_DIR=$sysroot PKG_CONFIG_PATH='' \
		PKG_CONFIG_LIBDIR=$sysroot/usr/lib/$(libraries_of "$arch")/pkgconfig:$sysroot/usr/share/pkgconfig \
		make -C "$folder" CC="$gnu-gcc --sysroot=$sysroot" "$@"
}

# Where make_for has put what it built. Usage: built_for ARCH
built_for() {
	case $1 in
	amd64) echo "$top/build" ;;
	*) echo "$top/build/on-$1/build" ;;
	esac
}

# Makes a script that runs a program of another architecture here, by QEMU's user mode, under the
# program's own name, and tells it by which name it was called; prints the script's path.
# Usage: emulated ARCH PROGRAM
emulated() {
	local script qemu
	script=$top/build/on-$1/emulated/$(basename "$2")
	qemu=qemu-$(gnu_of "$1")
	mkdir -p "${script%/*}"
	cat >"$script" <<-END
		#!/bin/sh
		exec '$cache/qemu-user/usr/bin/${qemu%-linux-gnu}' -0 "\$0" -L '$cache/sysroot-$1' \\
			'$(built_for "$1")/$2' "\$@"
	END
	chmod 755 "$script"
	echo "$script"
}
