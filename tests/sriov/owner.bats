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

# Holds the locks of all cards and identities, as an open file's own (F_OFD_SETLK), until its input ends.
hold_locks() {
	exec perl -e 'open(my $file, "+>", $ARGV[0]) or die; my $lock = pack("s s x4 q q l x4", 1, 0, 0, 0, 0);
		fcntl($file, 37, $lock) or die; print "held\n"; close(STDOUT); <STDIN>' $RECORDS/.lock 3>&-
}

@test "a destroy that comes too late leaves the node to whose it became" {
	local line
	mdev create "$UUID" -p $CARD -t nvidia-1148 --owner $USER1
	coproc HOLDER { hold_locks; }
	read -r -t "$HANG" line <&"${HOLDER[0]}"
	assert "$line" == held
	mdev destroy "$UUID" >said 2>&1 3>&- &
	wait_for grep -q -e '-> OFDLCK' /proc/locks
	# As if another run had ended it, and had given the function to another instance.
	echo "$UUID2 nvidia-1148" >"$RECORDS/$(vf 0)"
	chown $USER2 "$(node 0)"
	eval "exec ${HOLDER[1]}>&-"
	wait $! || :
	assert "$(<said)" == "mdev: cannot destroy $UUID: it went away meanwhile"
	assert "$(owned 0)" == "$USER2:root 660"
	assert "$(type_of 0)" == 1148
}
