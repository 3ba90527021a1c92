# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites that run on a real kernel share.
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

. "${BASH_SOURCE[0]%/*}/../assert.bash"

# shellcheck disable=SC2034 # used by the suites
{
	PARENT=0000:01:00.0
	OTHER_PARENT=0000:02:00.0
	UUID=5f0c3b1e-8a45-4c1d-9d5b-000000000001
	UUID2=5f0c3b1e-8a45-4c1d-9d5b-000000000002
	UUID3=5f0c3b1e-8a45-4c1d-9d5b-000000000003
	DEVICES=/sys/bus/mdev/devices
	# Seconds that nothing takes but what hangs, on however busy a machine. No test passes by them.
	HANG=300
}

# requires_core ours|in-tree: skips the suite unless it runs in the machine that tests/vm/run boots, with
# that core.
requires_core() {
	[ "${MDEV_TEST_CORE-}" = "$1" ] || skip "needs the virtual machine with the core '$1'"
}

# Debian's kernel for arm64 has no core of its own, so the kernel's drivers for it are not built there.
has_samples() {
	[ -e "/lib/modules/$(uname -r)/kernel/drivers/vfio/mdev" ]
}

requires_samples() {
	has_samples || skip "this kernel has no core of its own, and so no drivers for it"
}

# Skips the test on a kernel without iommufd, where instances have no file below /dev/vfio/devices.
has_iommufd() {
	modprobe iommufd 2>/dev/null || :
	[ -e /dev/iommu ] || skip "needs /dev/iommu: this kernel has no iommufd"
}

has_lockdep() {
	[ -e /proc/lockdep_stats ]
}

# This kernel releases objects seconds after their last reference is dropped. Of the tests' kernels, the
# one with kmemleak does (tests/vm/debug.config). The kernel's sample drivers cannot be unloaded there:
# objects in their memory would be released after it.
releases_late() {
	[ -e /sys/kernel/debug/kmemleak ]
}

load_modules() {
	modprobe vfio_iommu_type1
	modprobe vfio_mdev
	modprobe medu "$@"
	wait_for test -d "$(types)"
}

# Removes the instances that a failed test may have left, so that the next test does not fail as well.
remove_devices() {
	local device
	for device in "$DEVICES"/*/remove; do
		[ ! -e "$device" ] || echo 1 >"$device" 2>/dev/null || true
	done
}

unload_modules() {
	remove_devices
	modprobe -r medu
	modprobe -r vfio_mdev
	# A driver of the kernel's interface may use it still.
	[ ! -e /sys/module/mdev ] || [ -n "$(ls /sys/module/mdev/holders)" ] || modprobe -r mdev
	[ -e /sys/module/mdev ] || wait_for_unloaded
}

# The folder of a compatibility class disappears with the last reference to it. A kernel with
# DEBUG_KOBJECT_RELEASE drops that seconds later; the core cannot be loaded again before.
wait_for_unloaded() {
	wait_for test ! -e /sys/class/mdev_bus
}

types() {
	echo "/sys/bus/pci/devices/${1:-$PARENT}/mdev_supported_types"
}

# create [-p PARENT] [-t TYPE] TEXT: writes TEXT to the type's create, without a newline
create() {
	local parent=$PARENT type=medu-fact
	while [[ ${1-} == -* ]]; do
		case $1 in
		-p) parent=$2 ;;
		-t) type=$2 ;;
		esac
		shift 2
	done
	write "$(types "$parent")/$type/create" "$1"
}

remove() {
	write "$DEVICES/$1/remove" 1
}

# write FILE TEXT: one write() of exactly TEXT. The shell's printf would make one for each line, or page.
write() {
	if [[ $2 == *$'\n'* ]] || [ ${#2} -gt 1000 ]; then
		printf '%s' "$2" | dd of="$1" bs=65536 conv=notrunc status=none iflag=fullblock
	else
		printf '%s' "$2" >"$1"
	fi
}

# fails_with ERRNO-TEXT command…: the command fails with this text
fails_with() {
	local reason=$1
	shift
	run env LC_ALL=C bash -c "$(declare -f write create remove types); \
		PARENT=$PARENT DEVICES=$DEVICES; \"\$@\"" -- "$@"
	echo "'$*' left with $status: $output"
	[ "$status" -ne 0 ] && [[ $output == *"$reason"* ]]
}

# wait_for command…: until it succeeds. It is tried for HANG seconds, or longer where trying is slow.
wait_for() {
	local tries=$((HANG * 10))
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "still fails after $HANG s: $*"; return 1; }
		read -r -t 0.1 <> <(:) || true
	done
}

# hold_device [--iommufd] DEVICE: opens it with vfio_user and keeps it so until release_device
hold_device() {
	local options=("${@:1:$#-1}")
	coproc HOLDER { exec vfio_user "${options[@]}" hold "${!#}" 3>&-; }
	# shellcheck disable=SC2153 # bash sets it
	HOLDER_IN=${HOLDER[1]}
	local line
	read -r -t "$HANG" line <&"${HOLDER[0]}"
	[[ $line == open* ]]
}

release_device() {
	local pid=$HOLDER_PID
	eval "exec $HOLDER_IN>&-"
	wait "$pid"
}

# Prepares for allocations that fail (see fail-nth in fault.c): every kind of allocation can, and none of
# the failures is logged. From now on the log may hold what tests/vm/guest/known lists for that.
fail_quietly() {
	local kind
	touch /run/allocations-fail
	for kind in failslab fail_page_alloc fail_usercopy; do
		echo 0 >/sys/kernel/debug/$kind/verbose
	done
	echo N >/sys/kernel/debug/failslab/ignore-gfp-wait
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

# Between this and warnings_up_to_here, warnings in the log are checked by the test, not by after.bats.
warnings_from_here() {
	echo "mdev tests: warnings are expected from here" >/dev/kmsg
}

# warnings_up_to_here TEXT: one of them has this text, and none is a bug of the kernel
warnings_up_to_here() {
	local said
	echo "mdev tests: warnings are expected up to here" >/dev/kmsg
	said=$(dmesg)
	said=${said##*warnings are expected from here}
	echo "$said"
	[[ $said == *"$1"* ]]
	[[ ! $said =~ WARNING|BUG|Oops|KASAN|UBSAN|deadlock ]]
}

# symbol NAME: the address of a symbol of the kernel
symbol() {
	awk -v name="$1" '$3 == name { print "0x" $1; exit }' /proc/kallsyms
}

# fail_only NAME VALUE...: writes to files of fault injection, which choose by addresses in the call stack
# what fails (Documentation/fault-injection in the kernel's sources)
fail_only() {
	local kind
	while [ $# -gt 0 ]; do
		for kind in failslab fail_page_alloc fail_usercopy; do
			echo "$2" >/sys/kernel/debug/$kind/"$1"
		done
		shift 2
	done
}

# Only allocations fail that are made on behalf of modules: by ours, by VFIO, and by the driver core when
# it is called by them. In memory, modules are above everything else of the kernel.
#
# Excluded is what PCI and ACPI do to enable and disable the physical device: without memory, ACPI's
# interpreter loses methods that it has loaded, and uses pointers to freed memory. The excluded range
# begins after the functions of drivers/pci that call drivers, and ends with drivers/acpi.
fail_within_modules() {
	fail_only require-start "$(symbol _end)" require-end 0xffffffffffffffff \
		reject-start "$(symbol pci_for_each_dma_alias)" \
		reject-end "$(symbol pnp_register_protocol)"
}

# fail_without FUNCTION: everything but what is allocated on behalf of this function of a loaded module
fail_without() {
	local start end
	start=$(symbol "$1")
	# The next symbol: as texts, since awk has no numbers of 64 bits.
	end=$(awk -v start="${start#0x}" '$1 "" > start "" && (!end || $1 "" < end "") { end = $1 } END { print "0x" end }' \
		/proc/kallsyms)
	fail_only reject-start "$start" reject-end "$end"
}

fail_anywhere() {
	fail_only require-start 0 require-end 0xffffffffffffffff reject-start 0 reject-end 0
}

# every SCENARIO: runs one of `fault`, and shows its counts; there was an allocation to fail, and one made
# the operation fail
every() {
	run timeout 3600 fault "$1"
	sed 's/^/# /' <<<"$output" >&3
	[ "$status" -eq 0 ]
	[[ $output =~ ([0-9]+)\ allocations,\ ([0-9]+)\ failed ]]
	[ "${BASH_REMATCH[1]}" -gt 0 ]
	[ "${BASH_REMATCH[2]}" -gt 0 ]
}

# Ends what fail_quietly began, and removes what could make later tests fail. Without memory for a name,
# devtmpfs leaves a device's file behind, or makes it in the wrong place. A later device with the same
# number would then have a file that belongs to the earlier one.
fail_no_more() {
	[ ! -e /proc/self/fail-nth ] || fail_anywhere
	remove_devices
	rm -f /dev/[0-9]* /dev/vfio[0-9]* /dev/vfio/[0-9]* /dev/vfio/devices/*
}
