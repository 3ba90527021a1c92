# SPDX-License-Identifier: GPL-2.0-or-later
# The beginning and the end of suites that use the kernel's own sample drivers, on either core; for
# `load drivers` behind `load kernel`. Their parents are named as they are: mtty, mdpy, mbochs.
# shellcheck shell=bash

# shellcheck disable=SC2034 # used by the suites
{
	SAMPLES="mtty mdpy mbochs"
	declare -gA A_TYPE=([mtty]=mtty-1 [mdpy]=mdpy-vga [mbochs]=mbochs-small)
	ODD=/sys/module/mdev_odd/parameters/register
	# Its types are named after its bus, since it has no driver.
	ODD_TYPES=/sys/devices/platform/mdev_odd/mdev_supported_types
}

setup_file() {
	[ "${MDEV_TEST_VM-}" = 1 ] || skip "needs the virtual machine"
	! has_samples || load_samples
}

# Each test is skipped by itself: bats takes a skip in setup_file for a failure.
setup() {
	requires_samples
}

teardown_file() {
	[ "${MDEV_TEST_VM-}" = 1 ] || return 0
	! has_samples || unload_samples
}

teardown() {
	[ -z "${HOLDER_PID-}" ] || kill "$HOLDER_PID" 2>/dev/null || :
	[ ! -e /run/allocations-fail ] || fail_no_more
	remove_devices
	[ ! -e "$ODD" ] || modprobe -r mdev_odd
}

on_ours() {
	[ "$MDEV_TEST_CORE" = ours ]
}

load_samples() {
	local module
	modprobe vfio_iommu_type1
	for module in $SAMPLES; do
		modprobe "$module"
	done
}

unload_samples() {
	local module
	remove_devices
	! releases_late || return 0
	for module in $SAMPLES kvmgt; do
		[ ! -e /sys/module/$module ] || modprobe -r $module
	done
	! [ -e /sys/module/mdev ] || modprobe -r mdev
	wait_for_unloaded
}

# types PARENT: the folder of its types, for any kind of parent
types() {
	echo "/sys/class/mdev_bus/$1/mdev_supported_types"
}

# create_sample PARENT UUID [TYPE]
create_sample() {
	create -p "$1" -t "${3:-${A_TYPE[$1]}}" "$2"
}

left() {
	cat "$(types "$1")/$2/available_instances"
}

has_left() {
	[ "$(left "$1" "$2")" = "$3" ]
}

# has DRIVER FUNCTION: the driver that is loaded was built with this function
has() {
	grep -q "\s$2\s*\[$1\]" /proc/kallsyms
}

# odd_is_free: the name of the last driver is free again. A kernel that looks for memory used too late
# releases each object late, and a driver's name with it.
odd_is_free() {
	! compgen -G '/sys/bus/mdev/drivers/mdev_odd*' >/dev/null
}
