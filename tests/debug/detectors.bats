# SPDX-License-Identifier: GPL-2.0-or-later
# The detectors of the debug kernels are awake, and what they say is understood.
#
# Theory of operation: mdev_planted has a bug of each kind. Each is planted into an empty log; then
# what every run of suites ends with (tests/vm/guest/checks.bash) has to find it. The report of a
# use after free is the last: lockdep is off from then on.

load ../vm/guest/checks
load ../kernel/kernel

setup_file() {
	[ "${MDEV_TEST_VM-}" = 1 ] || skip "needs the virtual machine"
	touch /run/planted
	modprobe mdev_planted
}

teardown_file() {
	modprobe -r mdev_planted
}

plant() {
	dmesg -C
	log_is_clean
	echo "$1" >/sys/module/mdev_planted/parameters/plant
}

# found TEXT: the log has it, and is not clean
found() {
	run log_is_clean
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *"$1"* ]]
}

requires() {
	[ -e "$1" ] || skip "this kernel has no $2"
}

@test "a warning is found" {
	plant warning
	found "WARNING:"
}

@test "memory that nothing points to is found" {
	requires /sys/kernel/debug/kmemleak kmemleak
	no_leak_is_found
	plant leak
	run no_leak_is_found
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *plant_leak* ]]
	echo clear >/sys/kernel/debug/kmemleak
}

@test "sleeping while that is not allowed is found" {
	plant sleep
	found "sleeping function called from invalid context"
}

@test "a shift that is too far is found" {
	plant shift
	found "UBSAN: shift-out-of-bounds"
}

@test "a data race is found, and hides nothing that comes after it" {
	requires /sys/kernel/debug/kcsan KCSAN
	plant race
	echo warning >/sys/module/mdev_planted/parameters/plant
	found "KCSAN: data-race in planted_count"
	found "WARNING:"
}

# race FRAME: a report as KCSAN makes it, of a race that one side came to by FRAME
race() {
	cat <<-END
		[    1.0] BUG: KCSAN: data-race in generic_permission / kernfs_refresh_inode
		[    1.0] write to 0xffff888003cbe6d0 of 2 bytes by task 417 on cpu 0:
		[    1.0]  kernfs_refresh_inode+0x3c/0x170
		[    1.0]  kernfs_iop_getattr+0x80/0xb0
		[    1.0] read to 0xffff888003cbe6d0 of 2 bytes by task 411 on cpu 1:
		[    1.0]  generic_permission+0x22/0x1b0
		[    1.0]  $1
		[    1.0] ==================================================================
	END
}

@test "a race within the kernel itself is counted, one that a module has a part in is found" {
	local name="data-race in generic_permission / kernfs_refresh_inode"
	[ "$(race "kernfs_iop_permission+0x78/0xa0" | sift_log known)" = "$name" ]
	[ -z "$(race "kernfs_iop_permission+0x78/0xa0" | sift_log rest)" ]
	[ -z "$(race "mdev_bus_probe+0x85/0x120 [mdev]" | sift_log known)" ]
	[ "$(race "mdev_bus_probe+0x85/0x120 [mdev]" | sift_log rest)" = \
		"$(race "mdev_bus_probe+0x85/0x120 [mdev]")" ]
	# One whose other side is not known may be anybody's.
	race "kernfs_iop_permission+0x78/0xa0" | sed 's|generic_permission / ||' | sift_log rest |
		grep -q "data-race in kernfs_refresh_inode"
	# What comes in the middle of a report is not lost.
	race "kernfs_iop_permission+0x78/0xa0" | sed '4s/.*/Oops/' | sift_log rest | grep -qx Oops
	race "mdev_bus_probe+0x85/0x120 [mdev]" | sed '$s/.*/WARNING: CPU: 1 at f+0x1/' | sift_log rest |
		grep -c -e "data-race in" -e "WARNING: CPU: 1" | grep -qx 2
}

@test "locks taken in two orders are found, and lockdep goes off" {
	requires /proc/lockdep_stats lockdep
	lockdep_is_on
	plant deadlock
	found "possible circular locking dependency"
	run lockdep_is_on
	[ "$status" -ne 0 ]
}

@test "a list that is not in order is found" {
	plant list
	found "at __list_del_entry_valid_or_report"
}

@test "what is freed while a timer in it runs is found" {
	plant timer
	found "ODEBUG: free active"
}

@test "DMA memory that is not mapped is found when it is unmapped" {
	plant dma
	found "at check_unmap"
}

@test "who waits without an end is found" {
	local limit
	limit=$(</proc/sys/kernel/hung_task_timeout_secs)
	echo 1 >/proc/sys/kernel/hung_task_timeout_secs
	plant hang
	wait_for found "blocked for more than"
	echo rescue >/sys/module/mdev_planted/parameters/plant
	echo "$limit" >/proc/sys/kernel/hung_task_timeout_secs
}

# What relies on a release at once goes wrong then, and the other detectors see it.
@test "the last reference is not the end of an object" {
	[ ! -e /sys/kernel/debug/kcsan ] || skip "this kernel releases at once"
	local object=/sys/module/mdev_planted/released
	plant release
	[ -e $object ]
	wait_for test ! -e $object
}

@test "memory used after it was freed is found" {
	[ ! -e /sys/kernel/debug/kcsan ] || skip "KCSAN and KASAN exclude each other"
	plant use-after-free
	found "KASAN: slab-use-after-free in plant_use_after_free"
}
