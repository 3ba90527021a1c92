# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual functions for machines of users who are not root.

load sriov
load ../nested/owner

setup() {
	requires_cards
	command -v qemu-system-x86_64 >/dev/null || skip "needs QEMU in the virtual machine"
	cd "$BATS_TEST_TMPDIR" || return
	udevadm settle --timeout="$HANG"
}

# folder N: of virtual function N
folder() {
	echo "$PCI/$(vf "$1")"
}

@test "QEMU of a user opens the virtual function that is the user's, and no other" {
	mdev create "$UUID" -p $CARD -t nvidia-1148 --owner $USER1
	mdev create "$UUID2" -p $CARD -t nvidia-1148 --owner $USER2
	assert "$(owned 0) $(owned 1) $(owned 2)" == "$USER1:root 660 $USER2:root 660 root:root 600"
	run -0 qemu_as $USER1 0 unlimited
	assert "$output" =~ "device   5"
	run ! qemu_as $USER1 1 unlimited
	assert "$output" =~ "$(node 1): Permission denied"
}

@test "all memory of the machine has to be locked, of which show reminds" {
	mdev create "$UUID" -p $CARD -t nvidia-1148 --owner $USER1
	run -0 mdev show "$UUID"
	assert "$output" =~ "memlock:     all memory of its machine, see LimitMEMLOCK= in systemd.exec\(5\)"
	run ! qemu_as $USER1 0 $((8 << 20))
	assert "$output" =~ "Cannot allocate memory"
	mdev modify "$UUID" --live --owner ''
	run -0 mdev show "$UUID"
	[[ $output != *memlock:* ]]
}

@test "the node goes back to root with the end of the instance" {
	mdev create "$UUID" -p $CARD -t nvidia-1148 --owner $USER1 --mode 0666
	assert "$(owned 0)" == "$USER1:root 666"
	mdev destroy "$UUID"
	assert "$(owned 0)" == "root:root 600"
	mdev create "$UUID2" -p $CARD -t nvidia-1148
	assert "$(owned 0)" == "root:root 600"
}

@test "an owner keeps the node of an instance that is in use" {
	mdev create "$UUID" -p $CARD -t nvidia-1148 --owner $USER1
	exec 7<>"$(node 0)"
	run ! mdev destroy "$UUID"
	exec 7>&-
	assert "$(owned 0)" == "$USER1:root 660"
}
