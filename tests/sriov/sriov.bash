# SPDX-License-Identifier: GPL-2.0-or-later
# How suites use cards with virtual functions, for `load sriov`; and how they begin and end. The machine
# has two (tests/vm/machine.bash). The module mvgpu makes them cards of a vendor whose virtual functions get
# a type; tests/kernel/mvgpu/mvgpu.c has the types, and what differs between its flavours.
# shellcheck shell=bash

load ../kernel/kernel

# shellcheck disable=SC2034 # used by the suites
{
	PCI=/sys/bus/pci/devices
	# 16 virtual functions, with memory for 16 of the smallest type; 8 virtual functions of another model
	CARD=0000:04:00.0
	OTHER_CARD=0000:05:00.0
	KNOBS=/sys/module/mvgpu/parameters
	# Which instances mdev has made: a file for each function, named by its address
	RECORDS=/run/mdev/vf
}

# bats takes a skip in setup_file for a failure: that is left to setup().
setup_file() {
	! has_cards || load_cards
}

teardown_file() {
	! has_cards || unload_cards
}

# Clears what a test has left, so that the next test does not fail as well. What is cleared by somebody
# else than mdev leaves a record, which counts for nothing.
teardown() {
	end_holder
	clear_types
	rm -f $RECORDS/[0-9a-f]* /etc/mdev.d/{cards,5f0c3b1e-*}.conf
}

# Only the machine that tests/vm/run boots has them.
has_cards() {
	[ -n "${MDEV_TEST_VM-}" ] && [ -e $PCI/$CARD/sriov_numvfs ]
}

requires_cards() {
	has_cards || skip "needs the virtual machine with cards (tests/vm/run --sriov)"
}

# load_cards [PARAMETER=VALUE...]: the cards get the driver mvgpu, and all their virtual functions are
# enabled. nvme, which udev would load for them, may not take them first.
# shellcheck disable=SC2120 # suites give some
load_cards() {
	mkdir -p /run/modprobe.d
	echo 'blacklist nvme' >/run/modprobe.d/cards.conf
	modprobe -r nvme
	modprobe vfio_iommu_type1
	modprobe mvgpu "$@"
	enable $CARD 16
	enable $OTHER_CARD 8
}

unload_cards() {
	end_holder
	modprobe -r mvgpu
	rm -f /run/modprobe.d/cards.conf
}

# enable CARD N: N virtual functions, from 0, or 0
enable() {
	echo "$2" >"$PCI/$1/sriov_numvfs"
}

# vf N [CARD]: the address of virtual function N
vf() {
	local path
	path=$(readlink "$PCI/${2-$CARD}/virtfn$1")
	echo "${path##*/}"
}

# file N NAME [CARD]: the path of a file of the vendor's in the folder of virtual function N
file() {
	echo "$PCI/${3-$CARD}/virtfn$1/nvidia/$2"
}

# type_of N [CARD]: what virtual function N has
type_of() {
	cat "$(file "$1" current_vgpu_type "${2-$CARD}")"
}

# set_type N TYPE [CARD]: by a single write, as any program but mdev does it
set_type() {
	write "$(file "$1" current_vgpu_type "${3-$CARD}")" "$2"
}

creatable() {
	cat "$(file "$1" creatable_vgpu_types "${2-$CARD}")"
}

# foreign_id ADDRESS: the UUID of what others than mdev made there: that of version 5 (RFC 9562) for the URL
# "pci:ADDRESS"
foreign_id() {
	local hash
	hash=$(printf '\x6b\xa7\xb8\x11\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8pci:%s' "$1" | sha1sum)
	printf '%s-%s-5%s-%x%s-%s\n' "${hash:0:8}" "${hash:8:4}" "${hash:13:3}" \
		$((0x${hash:16:1} & 3 | 8)) "${hash:17:3}" "${hash:20:12}"
}

# Functions that are being closed are so for as long as slow_close says.
clear_types() {
	local current
	[ ! -e $KNOBS/slow_close ] || echo 0 >$KNOBS/slow_close
	for current in $PCI/*/nvidia/current_vgpu_type; do
		[ ! -e "$current" ] || [ "$(<"$current")" = 0 ] || echo 0 >"$current" || :
	done
}

# Ends what hold_device has begun, where a test has not come to it
end_holder() {
	[ -z "${HOLDER_PID-}" ] || { kill "$HOLDER_PID" && wait "$HOLDER_PID"; } 2>/dev/null || :
}
