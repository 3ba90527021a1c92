# SPDX-License-Identifier: GPL-2.0-or-later
# The physical device goes while an instance of it is open: asked for with QEMU's monitor, and
# without a word.
#
# Theory of operation: QEMU's device_del presses the slot's attention button; the guest's kernel
# removes the device's driver and then lets the device go. Switching the slot's power off by its
# control register takes the device away first: it reads all ones. QEMU sends no event then, so
# the kernel is told by the device's remove, and finds that it is gone.

UUID=b0070000-0000-4000-8000-00000000001a
OTHER=b0070000-0000-4000-8000-00000000001b
SLOT=0000:03:00.0
SLOT_PORT=0000:00:03.0

. "$BATS_TEST_DIRNAME/../vm/boot.bash"

setup_file() {
	export VM_DIR=$top/build/vm/guest-unplug
	vm_prepare 6.1
	vm_new 6.1
	# Slots of PCI Express, not ACPI's: those have a switch for the power.
	vm_start -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off
	vm_run "modprobe -a vfio_iommu_type1 medu"
}

teardown_file() {
	vm_kill
}

setup() {
	bats_require_minimum_version 1.5.0
}

# Plugs a device in, with an instance opened by vfio_user $1, which runs until /run/input is closed.
open_instance() {
	vm_monitor 'device_add edu,id=edu3,bus=port3'
	vm_wait "[ -e /sys/bus/pci/devices/$SLOT/mdev_supported_types/medu-dma/create ]"
	vm_run "echo $UUID >/sys/bus/pci/devices/$SLOT/mdev_supported_types/medu-dma/create
		rm -f /run/input /run/output /run/status; mkfifo /run/input
		systemd-run -q --unit=user --collect bash -c '
			vfio_user $1 $UUID </run/input >/run/output; echo \$? >/run/status'
		systemd-run -q --unit=keep --collect bash -c 'exec sleep infinity >/run/input'"
	vm_wait '[ -s /run/output ]'
}

# Opens another instance of it, by a user who keeps the engine at work until that fails.
work_on_another() {
	vm_run "echo $OTHER >/sys/bus/pci/devices/$SLOT/mdev_supported_types/medu-fact/create
		systemd-run -q --unit=worker --collect bash -c '
			vfio_user watch $OTHER >/run/worked; echo \$? >>/run/worked'"
	vm_wait '[ -s /run/worked ]'
}

# Closes the user's standard input, and waits until it has ended.
close_instance() {
	vm_run 'systemctl stop keep'
	vm_wait '[ -s /run/status ]'
}

slot_is_empty() {
	vm_wait "[ ! -e /sys/bus/pci/devices/$SLOT ] && [ ! -e /sys/bus/mdev/devices/$UUID ]"
	vm_wait "[ \$(ls /sys/class/mdev_bus | wc -l) = 2 ]"
}

@test "unplug: the device goes when the user of its instance has gone" {
	open_instance hold
	vm_monitor 'device_del edu3'
	# The button has five seconds' grace; then nothing new can be made there.
	vm_wait "[ ! -e /sys/bus/pci/devices/$SLOT/mdev_supported_types/medu-dma/create ]"
	vm_run "[ -e /sys/bus/pci/devices/$SLOT/$UUID ] && [ ! -e /run/status ]"
	close_instance
	[ "$(vm_run 'cat /run/status')" = 0 ]
	slot_is_empty
}

@test "unplug: the device is pulled out under an instance: its mapping is revoked, its user lives" {
	open_instance survive
	work_on_another
	# Slot control, 0x18 into the port's PCI Express capability: power off, power indicator off
	vm_run "port=/sys/bus/pci/devices/$SLOT_PORT/config
		byte() { od -An -tu1 -j \$1 -N 1 \$port | tr -d ' '; }
		cap=\$(byte 52)
		until [ \$(byte \$cap) = 16 ]; do cap=\$(byte \$((cap + 1))); done
		printf '\\x07' | dd of=\$port bs=1 seek=\$((cap + 25)) conv=notrunc status=none
		[ \$(od -An -tx4 -N 4 /sys/bus/pci/devices/$SLOT/config) = ffffffff ]
		systemd-run -q --unit=unplug --collect bash -c 'echo 1 >/sys/bus/pci/devices/$SLOT/remove'"
	vm_wait "[ ! -e /sys/bus/pci/devices/$SLOT/mdev_supported_types/medu-dma/create ]"
	# What was on the engine ends, and does not answer what an empty slot reads.
	vm_wait '[ "$(wc -l </run/worked)" = 3 ]'
	[ "$(vm_run 'cat /run/worked')" = $'open\nanswer 0\n0' ]
	vm_run "[ -e /sys/bus/pci/devices/$SLOT/$UUID ] && [ ! -e /run/status ]"
	close_instance
	vm_run 'cat /run/output'
	[ "$(vm_run 'cat /run/output /run/status')" = 'open
id 0x10000ed
answer 0
mapping revoked
0' ]
	slot_is_empty
}

@test "unplug: the other devices never noticed" {
	for parent in 0000:01:00.0 0000:02:00.0; do
		vm_run "echo $UUID >/sys/bus/pci/devices/$parent/mdev_supported_types/medu-fact/create"
		[ "$(vm_run "vfio_user factorial $UUID 5")" = 120 ]
		vm_run "echo 1 >/sys/bus/mdev/devices/$UUID/remove"
	done
}

@test "unplug: the kernel logged no warning" {
	! vm_run 'dmesg' | grep -E 'WARNING|BUG:|Oops|Call Trace|cannot create duplicate|blocked for more than'
}
