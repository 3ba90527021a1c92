# SPDX-License-Identifier: GPL-2.0-or-later
# The command on cards whose virtual functions get a type, with the driver that the vendor ships.

load sriov

setup() {
	requires_cards
	cd "$BATS_TEST_TMPDIR" || return
}

# address N [CARD]: where a virtual function is, as `list` shows it
live() {
	mdev list --active --raw --noheadings -o uuid,address,type "$@"
}

# is_record N UUID TYPE [CARD]
is_record() {
	assert "$(<"$RECORDS/$(vf "$1" "${4-$CARD}")")" == "$2 $3"
}

@test "types of a card: those that a free virtual function can have, and for how many at most" {
	run -0 --separate-stderr mdev types --raw --noheadings -o parent,type,available,api,name -p $CARD
	assert "$output" == "\
$CARD nvidia-1147 <=16 vfio-pci NVIDIA\x20TEST-1Q
$CARD nvidia-1148 <=16 vfio-pci NVIDIA\x20TEST-2Q
$CARD nvidia-1149 <=16 vfio-pci NVIDIA\x20TEST-4Q
$CARD nvidia-1150 <=16 vfio-pci NVIDIA\x20TEST-8Q"
}

@test "types: one number has a name on each model of card" {
	run -0 mdev types --raw --noheadings -o parent,type,name
	assert "$(grep nvidia-1148 <<<"$output")" == "\
$CARD nvidia-1148 NVIDIA\x20TEST-2Q
$OTHER_CARD nvidia-1148 NVIDIA\x20MINI-4B"
}

@test "create: the lowest free virtual function gets the type, and a record has the identity" {
	run -0 --separate-stderr mdev create $UUID -p $CARD -t nvidia-1148
	assert "$output$stderr" == $UUID
	assert "$(type_of 0)" == 1148
	is_record 0 $UUID nvidia-1148
	set_type 1 1148
	mdev create $UUID2:7 -p $CARD -t nvidia-1148
	assert "$(type_of 2)" == 1148
	is_record 2 $UUID2:7 nvidia-1148
	run -0 mdev destroy $UUID
	assert "$(type_of 0)" == 0
	[ ! -e "$RECORDS/$(vf 0)" ]
	mdev create $UUID3 -p $CARD -t nvidia-1148
	is_record 0 $UUID3 nvidia-1148
}

@test "create: a virtual function as the parent is the one that gets the type" {
	mdev create $UUID -p "$(vf 5)" -t nvidia-1148
	is_record 5 $UUID nvidia-1148
	run -1 --separate-stderr mdev create $UUID2 -p "$(vf 5)" -t nvidia-1148
	echo "$stderr"
	[[ $stderr == "mdev: cannot create $UUID2: "*"$(vf 5)"* ]]
	[ ! -e "$RECORDS/$(vf 6)" ]
	is_record 5 $UUID nvidia-1148
}

@test "create: a type by the driver's name for it" {
	mdev create $UUID -p $CARD -t "NVIDIA TEST-2Q"
	mdev create $UUID2 -p $CARD -t TEST-2Q
	is_record 0 $UUID nvidia-1148
	is_record 1 $UUID2 nvidia-1148
	run -1 --separate-stderr mdev create $UUID3 -p $CARD -t MINI-1B
	echo "$stderr"
	[[ $stderr == *"MINI-1B"* ]]
}

@test "create: attributes are files of the vendor's, and only those" {
	mdev create $UUID -p $CARD -t nvidia-1148 -a nvidia/vgpu_params=frame_rate_limiter=0
	assert "$(<"$(file 0 vgpu_params)")" == frame_rate_limiter=0
	for name in driver_override remove reset config enable nvidia/current_vgpu_type ../x; do
		run ! mdev create $UUID2 -p $CARD -t nvidia-1148 -a $name=1
		echo "$output"
		[[ $output == *"'$name'"* ]]
		assert "$(type_of 1)" == 0
		[ ! -e "$RECORDS/$(vf 1)" ]
	done
	assert "$(<$PCI/"$(vf 1)"/driver_override)" == "(null)"
}

@test "create: an attribute that is refused undoes the instance, and is named" {
	run -1 --separate-stderr mdev create $UUID -p $CARD -t nvidia-1148 -a nvidia/vgpu_params=wrong
	assert "$stderr" == "mdev: cannot create $UUID: attribute 'nvidia/vgpu_params' refused 'wrong': Invalid argument"
	assert "$(type_of 0)" == 0
	[ ! -e "$RECORDS/$(vf 0)" ]
}

@test "create: why there is none left, where other sizes are in use, and where the type is unknown" {
	mdev create $UUID -p $CARD -t nvidia-1150
	run -1 --separate-stderr mdev create $UUID2 -p $CARD -t nvidia-1148
	assert "$stderr" =~ "no type 'nvidia-1148' .*beside what is on its virtual functions: nvidia-1150 on 1 .*-shm 1"
	mdev create $UUID2 -p $CARD -t nvidia-1150
	run -1 --separate-stderr mdev create $UUID3 -p $CARD -t nvidia-1150
	echo "$stderr"
	[[ $stderr == "mdev: cannot create $UUID3: "* ]]
	run -1 --separate-stderr mdev create $UUID3 -p $CARD -t nvidia-4711
	echo "$stderr"
	[[ $stderr == *"nvidia-4711"* ]]
	run -1 --separate-stderr mdev create $UUID -p $OTHER_CARD -t nvidia-63
	echo "$stderr"
	[[ $stderr == *"it is live already"*"$CARD"* ]]
	assert "$(type_of 0 $OTHER_CARD)" == 0
}

# Without udev's event there would be a warning.
@test "--wait returns when udev is done with the function, also where others gave it the type" {
	run -0 --separate-stderr mdev create $UUID -p $CARD -t nvidia-1148 --wait
	assert "$output$stderr" == $UUID
	# The event of its end is not that of the next one.
	mdev destroy $UUID
	run -0 --separate-stderr mdev create $UUID -p $CARD -t nvidia-1148 --wait
	assert "$output$stderr" == $UUID
	set_type 3 1148
	run -0 --separate-stderr mdev create $UUID2 -p "$(vf 3)" -t nvidia-1148 --wait
	assert "$output$stderr" == $UUID2
	mdev define $UUID3 -p "$(vf 5)" -t nvidia-1148
	run -0 --separate-stderr mdev apply --wait=$HANG $UUID3
	assert "$stderr" == ""
	mdev undefine $UUID3
}

@test "create: sizes beside each other, where the card lets them" {
	echo 1 >$KNOBS/heterogeneous
	mdev create $UUID -p $CARD -t nvidia-1150
	mdev create $UUID2 -p $CARD -t nvidia-1148
	echo 0 >$KNOBS/heterogeneous
	is_record 0 $UUID nvidia-1150
	is_record 1 $UUID2 nvidia-1148
}

@test "create: eight at once get a virtual function each, and no record is lost" {
	for i in {1..8}; do
		mdev create 5f0c3b1e-8a45-4c1d-9d5b-00000000010$i -p $CARD -t nvidia-1147 >>out 2>>errors 3>&- &
	done
	wait
	cat out errors
	[ ! -s errors ]
	assert "$(sort -u out | wc -l)" == 8
	for n in {0..7}; do
		assert "$(type_of "$n")" == 1147
	done
	assert "$(type_of 8)" == 0
	assert "$(cat $RECORDS/0000:* | sort)" == "$(sort out | sed 's/$/ nvidia-1147/')"
	run -0 mdev list --active --raw --noheadings -o uuid
	assert "$(sort <<<"$output")" == "$(sort out)"
}

@test "create: eight at once where four find room" {
	set_type 15 1149
	for i in {1..8}; do
		mdev create 5f0c3b1e-8a45-4c1d-9d5b-00000000010$i -p $CARD -t nvidia-1149 >>out 2>>errors 3>&- &
	done
	wait
	cat out errors
	assert "$(wc -l <out)" == 3
	assert "$(grep -c '^mdev: cannot create' errors)" == 5
	assert "$(cat $RECORDS/0000:* | sort)" == "$(sort out | sed 's/$/ nvidia-1149/')"
}

@test "what others made: listed, shown and destroyed, by its address or the name that this gives it" {
	set_type 3 1148
	set_type 4 1148
	run -0 --separate-stderr live
	assert "$(sort -k 2 <<<"$output")" == "$(foreign_id "$(vf 3)") $(vf 3) nvidia-1148
$(foreign_id "$(vf 4)") $(vf 4) nvidia-1148"
	run -0 mdev show "$(vf 3)"
	echo "$output"
	[[ $output == *"$(vf 3)"* ]]
	run -0 mdev destroy "$(vf 3)"
	assert "$(type_of 3)" == 0
	mdev destroy "$(foreign_id "$(vf 4)")"
	assert "$(type_of 4)" == 0
}

@test "what others made: not ended by destroy --all, but with --foreign" {
	mdev create $UUID -p $CARD -t nvidia-1148
	set_type 3 1148
	run -0 --separate-stderr mdev destroy -p $CARD --all
	echo "$stderr"
	assert "$(type_of 0)" == 0
	assert "$(type_of 3)" == 1148
	mdev destroy -p $CARD --all --foreign
	assert "$(type_of 3)" == 0
}

@test "what others made with the type that a definition wants there becomes the definition's" {
	set_type 3 1148
	run -0 --separate-stderr mdev create $UUID -p "$(vf 3)" -t nvidia-1148
	echo "$output $stderr"
	is_record 3 $UUID nvidia-1148
	set_type 4 1148
	mdev create $UUID2 -p $CARD -t nvidia-1148
	is_record 0 $UUID2 nvidia-1148
	assert "$(type_of 4)" == 1148
}

@test "what others made with another type stays, and is said" {
	# So that the card still offers the other type
	echo 1 >$KNOBS/heterogeneous
	set_type 3 1148
	run -1 --separate-stderr mdev create $UUID -p "$(vf 3)" -t nvidia-1147
	echo 0 >$KNOBS/heterogeneous
	echo "$stderr"
	[[ $stderr == *"virtual function 3 ($(vf 3)) has type 'nvidia-1148', which mdev did not make"* ]]
	assert "$(type_of 3)" == 1148
	[ ! -e "$RECORDS/$(vf 3)" ]
}

@test "a record that is not true counts for nothing" {
	mdev create $UUID -p $CARD -t nvidia-1148
	# Somebody took the type away, and gave it another.
	set_type 0 0
	run -0 live
	assert "$output" == ""
	set_type 0 1147
	run -0 live
	assert "$output" == "$(foreign_id "$(vf 0)") $(vf 0) nvidia-1147"
	printf 'junk\0\n' >"$RECORDS/$(vf 0)"
	run -0 live
	assert "$output" == "$(foreign_id "$(vf 0)") $(vf 0) nvidia-1147"
	mdev create $UUID -p $CARD -t nvidia-1147
	is_record 1 $UUID nvidia-1147
}

@test "an instance that is open is not destroyed, and its holder is named" {
	mdev create $UUID -p $CARD -t nvidia-1148
	mdev create $UUID2 -p $CARD -t nvidia-1148
	hold_device "$(vf 0)"
	run -1 --separate-stderr mdev destroy $UUID2 $UUID
	[[ $stderr == "mdev: cannot destroy $UUID: it is in use by PID $HOLDER_PID 'vfio_user'"* ]]
	assert "$(type_of 0)" == 1148
	assert "$(type_of 1)" == 1148
	run -0 mdev show $UUID
	[[ $output == *"in use by:"*"PID $HOLDER_PID 'vfio_user'"* ]]
	release_device
	mdev destroy $UUID2 $UUID
}

@test "a virtual function that somebody has open is given no type" {
	local group
	group=/dev/vfio/$(basename "$(readlink $PCI/$CARD/virtfn0/iommu_group)")
	exec 7<>"$group"
	run -1 --separate-stderr mdev create $UUID -p "$(vf 0)" -t nvidia-1148
	assert "$stderr" =~ "virtual function 0 \($(vf 0)\) is in use by somebody else"
	mdev create $UUID -p $CARD -t nvidia-1148
	exec 7>&-
	assert "$(type_of 0) $(type_of 1)" == "0 1148"
}

@test "a driver that is still closing is asked again until it has" {
	mdev create $UUID -p $CARD -t nvidia-1148
	hold_device "$(vf 0)"
	release_device
	echo 3600000 >$KNOBS/slow_close
	run -1 --separate-stderr mdev destroy $UUID
	echo "$stderr"
	[[ $stderr == "mdev: cannot destroy $UUID: "* ]]
	is_record 0 $UUID nvidia-1148
	mdev destroy --wait=$HANG $UUID 3>&- &
	destroyer=$!
	wait_for grep -q '^State:.[SD]' /proc/$destroyer/status
	assert "$(type_of 0)" == 1148
	echo 0 >$KNOBS/slow_close
	wait $destroyer
	assert "$(type_of 0)" == 0
	[ ! -e "$RECORDS/$(vf 0)" ]
}

@test "virtual functions that are off: what is said, and what comes back with them" {
	mdev create $UUID -p $CARD -t nvidia-1148
	enable $CARD 0
	run -0 --separate-stderr live
	assert "$output$stderr" == ""
	run -1 --separate-stderr mdev create $UUID -p $CARD -t nvidia-1148
	echo "$stderr"
	enable $CARD 16
	run -0 live
	assert "$output" == ""
	mdev create $UUID -p $CARD -t nvidia-1148
	is_record 0 $UUID nvidia-1148
}

@test "apply: definitions with and without their virtual function, each live once" {
	cat >/etc/mdev.d/cards.conf <<-END
		[defaults]
		parent = $CARD
		type = nvidia-1148
		auto = yes
		[$UUID]
		[$UUID2]
		vf = 0
		[$UUID3]
		vf = 9
	END
	run -0 --separate-stderr mdev apply
	echo "$output $stderr"
	is_record 1 $UUID nvidia-1148
	is_record 0 $UUID2 nvidia-1148
	is_record 9 $UUID3 nvidia-1148
	run -0 --separate-stderr mdev apply
	assert "$output$stderr" == "3 kept"
	set_type 10 1148
	run -0 --separate-stderr mdev apply --prune
	echo "$output $stderr"
	assert "$(type_of 10)" == 1148
}

@test "start and stop are for other kinds, in a sentence" {
	mdev create $UUID -p $CARD -t nvidia-1148
	run -1 --separate-stderr mdev start $UUID
	assert "$stderr" =~ "cannot start $UUID: it is virtual function '$(vf 0)', of kind 'nvidia'"
}

@test "cards and parents of mediated devices in one list" {
	modprobe vfio_mdev
	modprobe medu
	wait_for test -d "$(types)"
	mdev create $UUID -p $CARD -t nvidia-1148
	mdev create $UUID2 -p $PARENT -t medu-fact
	run -0 mdev list --raw --noheadings -o uuid,parent,type
	assert "$(sort <<<"$output")" == "\
$UUID $CARD nvidia-1148
$UUID2 $PARENT medu-fact"
	run -0 mdev types --raw --noheadings -o parent
	assert "$(sort -u <<<"$output")" == "\
$PARENT
$OTHER_PARENT
$CARD
$OTHER_CARD"
	run -1 --separate-stderr mdev create $UUID -p $PARENT -t medu-fact
	[[ $stderr == *"it is live already"*"$CARD"* ]]
	run -1 --separate-stderr mdev create $UUID2 -p $CARD -t nvidia-1148
	[[ $stderr == *"it is live already"*"$PARENT"* ]]
	mdev destroy $UUID $UUID2
	unload_modules
}
