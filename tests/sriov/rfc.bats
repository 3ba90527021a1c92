# SPDX-License-Identifier: GPL-2.0-or-later
# The command with the driver that was posted for the kernel: its virtual functions have a driver of their
# own, its errnos differ, and it counts a type twice that is written twice.

load sriov

setup_file() {
	! has_cards || load_cards flavour=rfc
}

setup() {
	requires_cards
	cd "$BATS_TEST_TMPDIR" || return
}

@test "rfc: types, create, list and destroy" {
	run -0 mdev types --raw --noheadings -o parent,type,available -p $CARD
	assert "$(head -n 1 <<<"$output")" == "$CARD nvidia-1147 <=16"
	mdev create $UUID -p $CARD -t nvidia-1148
	mdev create $UUID2 -p "$(vf 9)" -t nvidia-1148
	assert "$(type_of 0) $(type_of 9)" == "1148 1148"
	# Without the heading, which that driver leaves out from then on
	run -0 mdev types --raw --noheadings -o type,available -p $CARD
	assert "$output" == "nvidia-1148 <=14"
	run -0 mdev list --raw --noheadings -o uuid,address
	assert "$(sort <<<"$output")" == "$UUID $(vf 0)
$UUID2 $(vf 9)"
	mdev destroy $UUID $UUID2
	assert "$(type_of 0) $(type_of 9)" == "0 0"
}

@test "rfc: no type is written where there is one" {
	set_type 3 1150
	mdev create $UUID -p "$(vf 3)" -t nvidia-1150
	run -1 mdev create $UUID2 -p "$(vf 3)" -t nvidia-1150
	mdev destroy $UUID
	# Had it been counted twice, there would be room for one only.
	mdev create $UUID -p $CARD -t nvidia-1150
	mdev create $UUID2 -p $CARD -t nvidia-1150
	run -1 --separate-stderr mdev create $UUID3 -p $CARD -t nvidia-1150
	echo "$stderr"
	[[ $stderr == "mdev: cannot create $UUID3: "*nvidia-1150* ]]
	mdev destroy $UUID $UUID2
}

@test "rfc: sizes, and types that there are not" {
	mdev create $UUID -p $CARD -t nvidia-1150
	run -1 --separate-stderr mdev create $UUID2 -p $CARD -t nvidia-1148
	echo "$stderr"
	[[ $stderr == "mdev: cannot create $UUID2: "*nvidia-1150* ]]
	run -1 --separate-stderr mdev create $UUID2 -p $CARD -t nvidia-4711
	echo "$stderr"
	[[ $stderr == *"nvidia-4711"* ]]
	[ "$(ls -d $RECORDS/0000:*)" = "$RECORDS/$(vf 0)" ]
}

@test "rfc: eight at once where two find room" {
	for i in {1..8}; do
		mdev create 5f0c3b1e-8a45-4c1d-9d5b-00000000010$i -p $CARD -t nvidia-1150 >>out 2>>errors 3>&- &
	done
	wait
	cat out errors
	assert "$(wc -l <out)" == 2
	assert "$(grep -c '^mdev: cannot create' errors)" == 6
	assert "$(cat $RECORDS/0000:* | sort)" == "$(sort out | sed 's/$/ nvidia-1150/')"
}

@test "rfc: an open instance, and a driver that is still closing" {
	mdev create $UUID -p $CARD -t nvidia-1148
	hold_device "$(vf 0)"
	run -1 --separate-stderr mdev destroy $UUID
	[[ $stderr == "mdev: cannot destroy $UUID: it is in use by PID $HOLDER_PID 'vfio_user'"* ]]
	echo 3600000 >$KNOBS/slow_close
	release_device
	run -1 --separate-stderr mdev destroy $UUID
	echo "$stderr"
	[[ $stderr == "mdev: cannot destroy $UUID: "* ]]
	echo 0 >$KNOBS/slow_close
	mdev destroy $UUID
	assert "$(type_of 0)" == 0
}
