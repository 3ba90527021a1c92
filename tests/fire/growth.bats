#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a verb costs grows with what there is, and no faster: instructions and system calls of three
# sizes of a host, each twice the one before. Both are counted, so that no clock has a say.

load fire

# As on a made root, whose parents and devices these tests make themselves.
setup() {
	requires root strace valgrind
	SIZES=$(mktemp -d /dev/shm/mdev-growth.XXXXXX)
}

teardown() {
	rm -rf "$SIZES"
}

# Sets $uuid, the Nth, and $address, that of the Nth PCI device.
number() {
	printf -v uuid '%08x-aaaa-4bbb-8ccc-%012x' "$1" "$1"
	printf -v address '%02x:%02x' $(($1 / 32)) $(($1 % 32))
}

# begin N: an empty root in $ROOT, for a host of the size N.
begin() {
	ROOT=$SIZES/$1
	mkdir -p "$ROOT"/{sys/class/mdev_bus,sys/bus/pci/devices,sys/bus/mdev/devices,etc/mdev.d,run/udev/data,proc}
}

# in_root COMMAND...: runs the command with $ROOT as its /, with the programs of this machine, and
# with no other process in sight. valgrind knows the system calls for --root not yet.
in_root() {
	# shellcheck disable=SC2016 # for the shell that it starts
	with_mounts "$ROOT" -p -f -- bash -c 'cd "$1" && mkdir -p usr proc dev tmp && for name in bin lib lib64; do
			ln -sfn "usr/$name" "$name"
		done && mount --rbind /usr usr && mount --rbind /dev dev && mount -t proc proc proc &&
		shift && exec chroot . "$@"' - "$ROOT" "$@"
}

# cost ARG...: instructions and system calls of mdev, "INSTRUCTIONS CALLS"; each on a tree of its own,
# for the first one may change it.
cost() {
	cp -a "$ROOT" "$ROOT.copy"
	cp "$MDEV" "$ROOT/mdev"
	in_root valgrind --tool=callgrind --callgrind-out-file=/callgrind /mdev "$@" > "$SIZES/output" 2>&1 || :
	strace -f -c -o "$SIZES/calls" "$MDEV" --root "$ROOT.copy" "$@" > "$SIZES/output" 2>&1 || :
	printf '%s %s\n' "$(sed -n 's/^summary: //p' "$ROOT/callgrind")" \
		"$(awk '$NF == "total" { print $(NF - ($5 == "total" ? 1 : 2)) }' "$SIZES/calls")"
	rm -rf "$ROOT" "$ROOT.copy"
}

# linear MAKE ARG...: what "mdev ARG..." costs on hosts that "MAKE N" makes grows in proportion. The
# step from the second size to the third may be at most 2.3 times the one before; 2 is in proportion,
# 4 a square. An argument WORDS stands for all UUIDs of the host.
linear() {
	local make=$1 n i arg args costs=() first
	shift
	for n in 60 120 240; do
		begin $n
		"$make" $n
		args=()
		for arg; do
			[ "$arg" = WORDS ] || { args+=("$arg"); continue; }
			for ((i = 0; i < n; i++)); do
				number $i
				args+=("$uuid")
			done
		done
		costs+=("$(cost "${args[@]}")")
	done
	printf '%s: instructions, calls: %s; %s; %s\n' "$*" "${costs[@]}" | tee -a "${GROWTH_LOG:-/dev/null}"
	for i in 1 2; do
		first=$(cut -d' ' -f$i <<< "${costs[0]}")
		awk -v a="$first" -v b="$(cut -d' ' -f$i <<< "${costs[1]}")" -v c="$(cut -d' ' -f$i <<< "${costs[2]}")" \
			'BEGIN { exit !(a > 0 && c - b <= 2.3 * (b - a) + 20) }' || return
	done
}

# parents N: so many PCI devices that are parents of a type of their own.
parents() {
	local i dir
	for ((i = 0; i < $1; i++)); do
		number $i
		dir=$ROOT/sys/devices/pci0000:00/0000:$address.0
		mkdir -p "$dir/mdev_supported_types/t-$i/devices"
		ln -s "../../devices/pci0000:00/0000:$address.0" "$ROOT/sys/class/mdev_bus/"
		ln -s "../../../devices/pci0000:00/0000:$address.0" "$ROOT/sys/bus/pci/devices/"
		ln -s ../../../bus/pci "$dir/subsystem"
		echo 0x1234 > "$dir/vendor"
		echo 0x11e8 > "$dir/device"
		echo 1000 > "$dir/mdev_supported_types/t-$i/available_instances"
		: > "$dir/uevent"
		echo "E:ID_PATH=pci-0000:$address.0" > "$ROOT/run/udev/data/+pci:0000:$address.0"
	done
}

# define N PARENT TYPE [FILE]: definitions of so many UUIDs; in PARENT and TYPE the bus and slot of
# another PCI device stand for ADDRESS, another number for NUMBER, in each of them.
define() {
	local i parent
	for ((i = 0; i < $1; i++)); do
		number $i
		parent=${2//ADDRESS/$address}
		printf '[%s]\nparent = %s\ntype = %s\n' "$uuid" "${parent//NUMBER/$i}" "${3//NUMBER/$i}"
	done > "$ROOT/etc/mdev.d/${4-all}.conf"
}

# live N: so many instances of one parent.
live() {
	local i dir=$ROOT/sys/devices/pci0000:00/0000:00:00.0
	parents 1
	for ((i = 0; i < $1; i++)); do
		number $i
		mkdir "$dir/$uuid"
		ln -s "../../../$uuid" "$dir/mdev_supported_types/t-0/devices/"
		ln -s ../mdev_supported_types/t-0 "$dir/$uuid/mdev_type"
		ln -s "../../../devices/pci0000:00/0000:00:00.0/$uuid" "$ROOT/sys/bus/mdev/devices/"
	done
}

# functions N DRIVER: so many virtual functions that have the driver, eight on each card, of which each
# is an instance of one of the UUIDs; the type is in TYPE.
functions() {
	local i bus dir function pci=$ROOT/sys/bus/pci
	mkdir -p "$pci/drivers/$2" "$ROOT"/sys/module/{vfio_pci_core/holders/vfio_pci,vfio_pci/drivers} "$ROOT/run/mdev/vf"
	[ "$2" != vfio-pci ] || ln -s ../../../bus/pci/drivers/vfio-pci "$ROOT/sys/module/vfio_pci/drivers/pci:vfio-pci"
	for ((i = 0; i < $1; i++)); do
		number $i
		printf -v bus '0000:%02x' $((i / 8))
		dir=$pci/devices/$bus:00.0
		if [ $((i % 8)) = 0 ]; then
			mkdir "$dir"
			echo 8 | tee "$dir"/sriov_{totalvfs,numvfs} > "$dir/sriov_offset"
			echo 1 > "$dir/sriov_stride"
		fi
		function=$bus:01.$((i % 8))
		mkdir -p "$pci/devices/$function/nvidia"
		ln -s "../$bus:00.0" "$pci/devices/$function/physfn"
		ln -s "../$function" "$dir/virtfn$((i % 8))"
		ln -s "../../drivers/$2" "$pci/devices/$function/driver"
		ln -s "../../devices/$function" "$pci/drivers/$2/$function"
		echo "$uuid $TYPE" > "$ROOT/run/mdev/vf/$function"
		ln -s "$function" "$ROOT/run/mdev/vf/$uuid"
	done
}

vgpus() {
	local type
	TYPE=nvidia-5 functions "$1" nvidia
	for type in "$ROOT"/sys/bus/pci/devices/*.?/nvidia; do
		echo 5 > "$type/current_vgpu_type"
		echo 'ID    : vGPU Name' > "$type/creatable_vgpu_types"
	done
}

plain_functions() {
	TYPE=vfio-pci functions "$1" vfio-pci
	rmdir "$ROOT"/sys/bus/pci/devices/*/nvidia
	for function in "$ROOT"/sys/bus/pci/drivers/vfio-pci/*; do echo vfio-pci > "$function/driver_override"; done
}

# live_functions MAKE N: what MAKE makes, and definitions of them, each with its number
live_functions() {
	local i
	"$1" "$2"
	for ((i = 0; i < $2; i++)); do
		number $i
		printf '[%s]\nparent = 0000:%02x:00.0\ntype = %s\nvf = %s\n' "$uuid" $((i / 8)) "$TYPE_OF" $((i % 8))
	done > "$ROOT/etc/mdev.d/all.conf"
}

defined_vgpus() {
	TYPE_OF=nvidia-5 live_functions vgpus "$1"
}

defined_functions() {
	TYPE_OF=vfio-pci live_functions plain_functions "$1"
}

absent_addresses() {
	parents $(($1 / 2))
	define "$1" 0001:ADDRESS.1 t
}

absent_beside_cards() {
	absent_addresses "$1"
	printf '\n[parent 0002:00:00.0]\nvfs = max\n' >> "$ROOT/etc/mdev.d/all.conf"
}

absent_ids() {
	parents $(($1 / 2))
	define "$1" pci:1af4:1000/1NUMBER t
}

by_property() {
	parents "$1"
	define "$1" udev:ID_PATH=pci-0000:ADDRESS.0 t-NUMBER
}

by_path() {
	parents "$1"
	define "$1" /sys/devices/pci0000:00/0000:ADDRESS.0 t-NUMBER
}

shadowed() {
	parents 2
	define "$1" 0000:00:00.0 t-0
	define "$1" 0000:00:01.0 t-1 other
}

by_address() {
	parents "$1"
	define "$1" 0000:ADDRESS.0 t-NUMBER
}

defined_in_one_file() {
	parents 1
	define "$1" 0000:00:00.0 t-0
}

live_and_defined() {
	live "$1"
	define "$1" 0000:00:00.0 t-0
}

@test "list: definitions of parents that are not there, and PCI devices" {
	linear absent_addresses list
	linear absent_ids list
}

@test "list: definitions of parents by a property or a path, and parents" {
	linear by_property list
	linear by_path list
}

@test "check: definitions that are shadowed; definitions, parents and types" {
	linear shadowed check
	linear by_address check
	linear absent_addresses check
}

@test "words: list, show, start" {
	linear live list WORDS
	linear live_and_defined show WORDS
	linear live start WORDS
}

@test "virtual functions that have types: list, types, apply, words" {
	linear vgpus list
	linear vgpus types --prometheus
	linear defined_vgpus apply --dry-run
	linear defined_vgpus apply --dry-run WORDS
	linear vgpus destroy WORDS
}

@test "virtual functions that are given away as they are: list, types, apply, words" {
	linear plain_functions list
	linear plain_functions types --prometheus
	linear defined_functions apply --dry-run WORDS
}

@test "words: undefine in one file, destroy" {
	linear defined_in_one_file undefine WORDS
	linear live_and_defined destroy --undefine WORDS
}

@test "words: apply, of parents that are there, that are not, and of cards that have a section" {
	linear live_and_defined apply --dry-run WORDS
	linear by_address apply --dry-run WORDS
	linear absent_addresses apply --dry-run WORDS
	linear absent_beside_cards apply --dry-run WORDS
}

@test "apply: definitions, all to do or all done; devices to prune" {
	linear live_and_defined apply --dry-run
	linear by_address apply --dry-run --all
	linear live apply --dry-run --prune
}
