# SPDX-License-Identifier: GPL-2.0-or-later
# create and destroy are killed at each of their system calls that changes something, beginning with the
# first in the folder of records; from one of these to the next, what is left behind is the same. For `load
# killed` behind `load sriov`, of suites that have look(). KILL_AT=kill is for all system calls, which takes
# far longer.
#
# look: WHERE is the address of the virtual function that is an instance and has $UUID's record, or empty;
# fails where there is another one. It starts no process, as it is called often.
# shellcheck shell=bash

# expect [ADDRESS]: that one is where the instance is; without one, there is none
expect() {
	look
	assert "$WHERE" == "${1-}"
}

# kill_at N COMMAND...: left is its status, 137 or, where it ended before the Nth call, 99
kill_at() {
	left=0
	STRIKE_ROOT=/run/mdev strike "${KILL_AT:-kill-change}" "$@" >out 2>errors 3>&- || left=$?
	[ "$left" = 137 ] || [ "$left" = 99 ] || { cat out errors && return 1; }
}

# survives_kills TYPE: of an instance of that type, on virtual function 0. What is done then does not depend on
# the kernel.
survives_kills() {
	local n left first
	[[ $(uname -r) == 6.12.* ]] || skip "runs on 6.12 alone"
	mkdir -p "$RECORDS"
	first=$(vf 0)
	for ((n = 1, left = 137; left == 137; n++)); do
		kill_at $n mdev create "$UUID" -p "$CARD" -t "$1"
		look
		[ -n "$WHERE" ] || mdev create "$UUID" -p "$CARD" -t "$1"
		expect "$first"
		mdev destroy "$UUID"
		expect
	done
	echo "# create: killed at $((n - 2)) calls" >&3
	assert $n -ge 7
	for ((n = 1, left = 137; left == 137; n++)); do
		mdev create "$UUID" -p "$CARD" -t "$1"
		expect "$first"
		kill_at $n mdev destroy "$UUID"
		look
		[ -z "$WHERE" ] || mdev destroy "$UUID"
		expect
	done
	echo "# destroy: killed at $((n - 2)) calls" >&3
	assert $n -ge 5
}
