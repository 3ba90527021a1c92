# SPDX-License-Identifier: GPL-2.0-or-later
# Instances and their nodes for users who are not root; for `load owner` behind `load kernel`, of suites that
# have folder().
#
# folder NAME: where in sysfs the device is that the suite calls so
# shellcheck shell=bash

# shellcheck disable=SC2034 # used by the suites
{
	USER1=daemon
	USER2=games
}

# node NAME: the node of its VFIO group
node() {
	echo "/dev/vfio/$(basename "$(readlink "$(folder "$1")/iommu_group")")"
}

# owned NAME: whose that node is, and its mode
owned() {
	stat -c '%U:%G %a' "$(node "$1")"
}

# qemu_as USER NAME [LIMIT]: a machine of that user with the device and 64 MiB, of which it may lock LIMIT
# bytes; prints what stands on its bus.
qemu_as() {
	printf 'info pci\nquit\n' | timeout "$HANG" ${3:+prlimit "--memlock=$3"} \
		setpriv --reuid "$1" --regid "$1" --clear-groups \
		qemu-system-x86_64 -M q35 -accel tcg -m 64 -nodefaults -display none -S -monitor stdio \
		-device "vfio-pci,sysfsdev=$(folder "$2"),addr=5" 2>&1
}
