# SPDX-License-Identifier: GPL-2.0-or-later
# Memory runs out: every allocation of an operation fails in turn. Each time the operation must have been
# done completely or not at all, and it must be possible to do it again at once.
#
# Theory of operation: `fault SCENARIO` uses /proc/thread-self/fail-nth, which exists in a kernel with
# fault injection (tests/vm/debug.config). When a parent is bound or a module is loaded, only allocations
# on behalf of modules fail, not those of PCI, ACPI and the module loader. A module can be loaded again
# when its folder in sysfs has been released; on a kernel that releases late, that takes seconds.

load kernel

setup_file() {
	load kernel
	requires_core ours
	if [ -e /proc/self/fail-nth ]; then
		load_modules
		fail_quietly
	fi
}

teardown_file() {
	load kernel
	unload_modules
}

setup() {
	[ -e /proc/self/fail-nth ] || skip "needs a kernel with fault injection"
}

teardown() {
	fail_no_more
}

@test "create: every allocation fails in turn" {
	every create
}

@test "mdev_create: every allocation fails in turn" {
	every mdev_create
}

@test "remove: every allocation fails in turn" {
	every remove
}

@test "mdev_start: every allocation fails in turn" {
	every start
}

@test "mdev_stop: every allocation fails in turn" {
	every stop
}

@test "open: every allocation fails in turn" {
	every open
}

@test "mmap: every allocation fails in turn" {
	every mmap
}

@test "region and interrupt info: every allocation fails in turn" {
	every info
}

@test "set_irqs: every allocation fails in turn" {
	every set_irqs
}

@test "binding a parent: every allocation of ours fails in turn" {
	fail_within_modules
	every bind
}

@test "loading the core: every allocation fails in turn" {
	unload_modules
	fail_within_modules
	MODULE=$(modinfo -n mdev) every load
	load_modules
}

@test "loading the bus driver: every allocation fails in turn" {
	unload_modules
	modprobe mdev
	modprobe vfio
	fail_within_modules
	MODULE=$(modinfo -n vfio_mdev) every load
	load_modules
}
