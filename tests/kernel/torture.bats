# SPDX-License-Identifier: GPL-2.0-or-later
# Everything at once: instances of the same few identities created, destroyed, started, stopped,
# opened and read by several processes while their parents and modules come and go. They are instances
# of medu and of mtty, a driver of the kernel's own interface.
#
# Theory of operation: see torture.c. It runs for TORTURE_SECONDS, with random numbers from TORTURE_SEED.
# Every allocation of a creation has to fail TORTURE_ROUNDS times at least. If they do not within
# TORTURE_SECONDS, it runs for up to three times as long.

load kernel

setup_file() {
	load kernel
	requires_core ours
	# Fewer than torture has identities; in a file, since torture loads the module again.
	echo options medu instances=4 >/etc/modprobe.d/torture.conf
	load_modules
	! has_samples || modprobe mtty
}

teardown_file() {
	load kernel
	! has_samples || releases_late || modprobe -r mtty
	unload_modules
	rm -f /etc/modprobe.d/torture.conf
}

torture_run() {
	local seconds=${TORTURE_SECONDS:-20} seed=${TORTURE_SEED:-1}
	# To a file: bats would wait for a process that hangs and has a pipe open.
	local log=$BATS_TEST_TMPDIR/log status=0
	timeout -k 5 $((3 * seconds + HANG)) torture "$seconds" "$seed" "$@" >"$log" 2>&1 3>&- || status=$?
	sed 's/^/# /' "$log" >&3
	[ "$status" = 0 ]
	# Each role has done something.
	local role
	for role in create destroy start stop open read bind load; do
		grep -Eq "^$role +done [1-9]" "$log"
	done
	! has_samples || grep -Eq "^mtty +done [1-9]" "$log"
}

teardown() {
	fail_no_more
}

# all_met_failures: there were TORTURE_ROUNDS rounds, and each role has met failures
all_met_failures() {
	local log=$BATS_TEST_TMPDIR/log role
	[[ $(<"$log") =~ \ ([0-9]+)\ rounds ]]
	[ "${BASH_REMATCH[1]}" -ge "$TORTURE_ROUNDS" ]
	for role in create destroy start stop open; do
		grep -Eq "^$role .*; [1-9][0-9]* failures met" "$log"
	done
}

nothing_is_left() {
	local parent
	load_modules
	! has_samples || modprobe mtty
	assert "$(ls $DEVICES)" == ""
	for parent in $PARENT $OTHER_PARENT; do
		[ -e "/sys/bus/pci/drivers/medu/$parent" ] || echo $parent >/sys/bus/pci/drivers/medu/bind
		assert "$(cat "$(types $parent)"/*/available_instances)" == $'4\n4'
	done
	! has_samples ||
		wait_for grep -qx 24 /sys/class/mdev_bus/mtty/mdev_supported_types/mtty-1/available_instances
	# The driver counts no instance as started any more: it can start one of at most one.
	create $UUID
	echo 1 >/sys/module/medu/parameters/max_started
	write /sys/class/mdev/mdev_start $UUID
	echo 0 >/sys/module/medu/parameters/max_started
	assert "$(cat $DEVICES/$UUID/state)" == started
	remove $UUID
}

@test "all at once: nothing hangs, nothing is left, the counts add up" {
	torture_run
	nothing_is_left
}

@test "all at once while allocations fail" {
	[ -e /proc/self/fail-nth ] || skip "needs a kernel with fault injection"
	fail_quietly
	fail_within_modules
	torture_run --faults "${TORTURE_ROUNDS:-0}"
	fail_anywhere
	[ "${TORTURE_ROUNDS:-0}" = 0 ] || all_met_failures
	nothing_is_left
}
