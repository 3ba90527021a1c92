# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual functions given to QEMU, inside the virtual machine.

load sriov
load ../nested/qemu

setup() {
	requires_cards
	command -v qemu-system-x86_64 >/dev/null || skip "needs QEMU in the virtual machine"
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	stop_qemu
	clear_types
}

# has_no_device N: QEMU does not get virtual function N, and says why
has_no_device() {
	run -1 timeout $HANG qemu-system-x86_64 -M q35 -accel tcg -m 64 -nodefaults -display none -S \
		-device "vfio-pci,host=$(vf "$1")"
	echo "$output"
	[[ $output == *"No such device"* ]]
}

@test "QEMU: without a type there is no device" {
	has_no_device 0
}

@test "QEMU: with a type the function stands on the nested machine's bus, until it is destroyed" {
	mdev create $UUID -p $CARD -t nvidia-1148
	start_qemu_with -device "vfio-pci,host=$(vf 0),addr=$SLOT"
	assert "$(printf %x "$(config 0x08)")" == 1080202
	run -1 --separate-stderr mdev destroy $UUID
	[[ $stderr == "mdev: cannot destroy $UUID: it is in use by PID $QEMU_PID 'qemu-system-x86'"* ]]
	stop_qemu
	mdev destroy $UUID
	has_no_device 0
}

@test "QEMU: killed while it has the function; destroy works once it has gone" {
	mdev create $UUID -p $CARD -t nvidia-1148
	start_qemu_with -device "vfio-pci,host=$(vf 0),addr=$SLOT"
	kill -9 "$QEMU_PID"
	mdev destroy --wait=$HANG $UUID
	assert "$(type_of 0)" == 0
}
