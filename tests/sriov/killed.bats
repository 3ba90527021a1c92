# SPDX-License-Identifier: GPL-2.0-or-later
# create and destroy are killed at each of their system calls, beginning with the first in the folder of
# records: what comes before that only reads. Then there is no instance that has lost its name, and the
# same command works.

load sriov

# It takes minutes, and none of it depends on the kernel.
setup() {
	requires_cards
	[[ $(uname -r) == 6.12.* ]] || skip "runs on 6.12 alone"
	cd "$BATS_TEST_TMPDIR" || return
}

# look: WHERE is the address of the virtual function that has a type, or empty, and has its record; fails
# where there is another. It starts no process, as it is called often.
look() {
	local file type record
	WHERE=
	for file in $PCI/*/nvidia/current_vgpu_type; do
		read -r type <"$file"
		[ "$type" != 0 ] || continue
		[ -z "$WHERE" ] || { echo "two have a type: $WHERE $file" && return 1; }
		WHERE=${file%/nvidia/*}
		WHERE=${WHERE##*/}
		read -r record <"$RECORDS/$WHERE"
		assert "$record" == "$UUID nvidia-1148"
	done
}

# expect ADDRESS: that one is where the instance is; without one, there is none
expect() {
	look
	assert "$WHERE" == "${1-}"
}

# kill_at N COMMAND...: left is its status, 137 or, where it ended before the Nth call, 99
kill_at() {
	left=0
	STRIKE_ROOT=/run/mdev strike kill "$@" >out 2>errors 3>&- || left=$?
	[ $left = 137 ] || [ $left = 99 ] || { cat out errors && return 1; }
}

@test "create, killed at each system call, and destroy as well" {
	local n left=137 first
	mkdir -p $RECORDS
	first=$(vf 0)
	for ((n = 1; left == 137; n++)); do
		kill_at $n mdev create $UUID -p $CARD -t nvidia-1148
		look
		[ -n "$WHERE" ] || mdev create $UUID -p $CARD -t nvidia-1148
		expect "$first"
		mdev destroy $UUID
		expect
	done
	echo "# create: $((n - 2)) system calls" >&3
	[ $n -gt 10 ]
	left=137
	for ((n = 1; left == 137; n++)); do
		mdev create $UUID -p $CARD -t nvidia-1148
		expect "$first"
		kill_at $n mdev destroy $UUID
		look
		[ -z "$WHERE" ] || mdev destroy $UUID
		expect
	done
	echo "# destroy: $((n - 2)) system calls" >&3
	[ $n -gt 10 ]
}
