# SPDX-License-Identifier: GPL-2.0-or-later
# After create and destroy were killed, there is no virtual function with a type that has lost its name, and
# the same command works.

load sriov
load killed

setup() {
	requires_cards
	cd "$BATS_TEST_TMPDIR" || return
}

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

@test "create, killed at each system call that changes something, and destroy as well" {
	survives_kills nvidia-1148
}
