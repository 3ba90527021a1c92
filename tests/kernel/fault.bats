# SPDX-License-Identifier: GPL-2.0-or-later
# Memory that runs out: every allocation of an operation fails in turn, and each time the operation
# is done wholly or not at all, and can be done again at once.
#
# Theory of operation: `fault SCENARIO` counts through /proc/thread-self/fail-nth, which a kernel
# with fault injection has (tests/vm/debug.config). Of binding a parent and of loading modules only
# those allocations fail that are made on behalf of modules; the rest is PCI's, ACPI's and the
# module loader's own affair. A module leaves when its folder in sysfs has been released: where that
# comes late, each load takes seconds.

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

# every SCENARIO: shows what it found; there was something to fail, and it made a difference
every() {
	run timeout 3600 fault "$1"
	sed 's/^/# /' <<<"$output" >&3
	[ "$status" -eq 0 ]
	[[ $output =~ ([0-9]+)\ allocations,\ ([0-9]+)\ failed ]]
	[ "${BASH_REMATCH[1]}" -gt 0 ]
	[ "${BASH_REMATCH[2]}" -gt 0 ]
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
