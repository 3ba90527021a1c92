#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Which virtual function of its parent an instance is on, as definitions say it.

load ../helpers

CARD=0000:41:00.0

setup() {
	make_root
	make_card $CARD 4
	ETC=$ROOT/etc/mdev.d
}

current() {
	assert "$(cat "$(vgpu_file $CARD "$1" current_vgpu_type)")" == "$2" "type of virtual function $1"
}

# defined UUID: the function that its own file names
defined() {
	sed -n 's/^vf = //p' "$ETC/$1.conf"
}

@test "a definition of what is live names its function" {
	set_vgpu $CARD 2 5
	record_vgpu $CARD 2 $U1 5
	mdev define --root "$ROOT" $U1
	assert "$(defined $U1)" == 2
	mdev list --root "$ROOT" -o STATE --noheadings
	assert "$output" == live
	sed -i 's/^vf = 2/vf = 3/' "$ETC/$U1.conf"
	mdev list --root "$ROOT" -o STATE --noheadings
	assert "$output" == differs
	mdev 1 apply --root "$ROOT"
	assert "$stderr" =~ "left alone"
	current 2 5
	current 3 0
}

@test "a new definition names the first function that no other one names" {
	printf '[%s]\nparent = 41:00.0\ntype = nvidia-5\nvf = 0\n' $U1 > "$ETC/a.conf"
	mdev define --root "$ROOT" $U2 -p 41:00.0 -t nvidia-5
	assert "$(defined $U2)" == 1
	mdev define --root "$ROOT" $U3 -p 0000:41:00.7 -t nvidia-5
	assert "$(grep -c "^parent = $CARD$" "$ETC/$U3.conf")" -eq 1
	assert "$(defined $U3)" == 3
	mdev undefine --root "$ROOT" $U2
	mdev define --root "$ROOT" $U2 -p $CARD -t nvidia-5
	assert "$(defined $U2)" == 1
	mdev define --root "$ROOT" ${U1/1111/4444} -p soft -t soft-1
	assert "$(defined ${U1/1111/4444})" == "" "of mediated devices"
}

@test "check warns of what has no function, shares one, or can have none" {
	printf '[%s]\nparent = %s\ntype = nvidia-5\n[%s]\nparent = %s\ntype = nvidia-5\nvf = 1\n[%s]\nparent = %s\ntype = nvidia-5\nvf = 1\n' \
		$U1 $CARD $U2 $CARD $U3 $CARD > "$ETC/a.conf"
	mdev check --root "$ROOT"
	assert "$stderr" =~ "$ETC/a.conf:1: without 'vf' its address may change"
	assert "$stderr" =~ "$ETC/a.conf:8: virtual function 1 is that of $ETC/a.conf:4, too"
	assert "${#stderr_lines[@]}" -eq 2
	printf '[%s]\nparent = soft\ntype = soft-1\nvf = 1\n' $U1 > "$ETC/a.conf"
	mdev 1 check --root "$ROOT"
	assert "$stderr" =~ "$ETC/a.conf:1: instances of type 'soft-1' on parent 'soft' have no 'vf'"
}

@test "apply gives each definition its function, and the others what no definition names" {
	printf '[defaults]\nparent = %s\ntype = nvidia-5\nauto = yes\n[%s]\n[%s]\nvf = 0\n[%s]\n' $CARD $U1 $U2 $U3 > "$ETC/a.conf"
	mdev apply --root "$ROOT"
	mdev list --root "$ROOT" -o UUID,VF --noheadings --raw
	assert "$(sort <<< "$output")" == "$U1 1
$U2 0
$U3 2"
	mdev apply --root "$ROOT"
	assert "$output" =~ "3 kept"
}

@test "definitions that are named get functions in the order of the files, like all" {
	printf '[defaults]\nparent = %s\ntype = nvidia-5\n[%s]\n[%s]\n' "$CARD" "$U3" "$U1" | make_definition a.conf
	printf '[%s]\nparent = %s\ntype = nvidia-5\n' "$U2" "$CARD" | make_definition b.conf
	mdev --root "$ROOT" apply -n --all
	assert "$(grep -o '^create [^ ]*' <<< "$output")" == "create $U3"$'\n'"create $U1"$'\n'"create $U2"
	mdev --root "$ROOT" apply -n "$U2" "$U1" "$U3" "$U2"
	assert "$(grep -o '^create [^ ]*' <<< "$output")" == "create $U3"$'\n'"create $U1"$'\n'"create $U2"
}

# Two instances on the card, and a definition for a third function that is not live
make_three() {
	record_vgpu $CARD 0 "$U1" 5
	set_vgpu $CARD 0 5
	record_vgpu $CARD 1 "$U2" 5
	set_vgpu $CARD 1 5
	printf '[%s]\nparent = %s\ntype = nvidia-5\nvf = 2\n' "$U3" "$CARD" | make_definition a.conf
}

@test "list of a function: the instance on it, or what is defined for it" {
	make_three
	mdev --root "$ROOT" list --raw --noheadings -o uuid -p "$(vgpu_function $CARD 1)"
	assert "$output" == "$U2"
	mdev --root "$ROOT" list --raw --noheadings -o uuid -p "$(vgpu_function $CARD 2)"
	assert "$output" == "$U3"
	mdev --root "$ROOT" list --raw --noheadings -o uuid -p "$(vgpu_function $CARD 3)"
	assert "$output" == ""
	mdev --root "$ROOT" list --raw --noheadings -o uuid -p $CARD
	assert "${#lines[@]}" == 3
}

@test "destroy on a function ends what is on it, and nothing else of the card" {
	make_three
	mdev --root "$ROOT" destroy -n --all -p "$(vgpu_function $CARD 1)"
	assert "$output" =~ "^destroy $U2 "
	assert "${#lines[@]}" == 1
	refused 1 "cannot destroy '$U1': it is live on another virtual function or parent" \
		--root "$ROOT" destroy -p "$(vgpu_function $CARD 1)" "$U1"
	mdev --root "$ROOT" destroy --all -p "$(vgpu_function $CARD 1)"
	current 1 0
	current 0 5
	mdev --root "$ROOT" destroy --all -p "$(vgpu_function $CARD 1)"
	current 0 5
	refused 1 "it is live on another parent" --root "$ROOT" destroy -p soft "$U1"
}

@test "what is live on another function than it is defined for is left alone, and both are named" {
	make_three
	sed -i "s/$U3/$U1/" "$ETC/a.conf"
	refused 1 "it is live on virtual function 0 of parent '$CARD' with type 'nvidia-5', but defined for virtual function 2 of parent '$CARD' with type 'nvidia-5' " \
		--root "$ROOT" apply -q "$U1"
}

@test "apply with words leaves the functions to the definitions that name them, live or not" {
	printf '[%s]\nparent = %s\ntype = nvidia-5\nvf = 0\n[%s]\nparent = 41:00.0\ntype = nvidia-5\nvf = 1\n' \
		$U1 $CARD $U2 > "$ETC/a.conf"
	printf '[%s]\nparent = %s\ntype = nvidia-5\n' $U3 $CARD > "$ETC/$U3.conf"
	mdev apply --root "$ROOT" $U3
	current 0 0
	current 1 0
	current 2 5
	mdev apply --root "$ROOT" $U2 $U1
	current 0 5
	current 1 5
	mdev apply --root "$ROOT" $U1 $U2 $U3
	assert "$output" =~ "3 kept"
}

@test "a definition whose parent is a virtual function is for that function of its card" {
	local way
	printf '[%s]\nparent = %s\ntype = nvidia-5\nauto = yes\n' $U2 $CARD > "$ETC/b.conf"
	for way in 0000:41:00.4 41:00.4 /sys/bus/pci/devices/{0000:41:00.4,$CARD/virtfn0} $'0000:41:00.4\nvf = 0'; do
		printf '[%s]\nparent = %s\ntype = nvidia-5\nauto = yes\n' $U1 "$way" > "$ETC/a.conf"
		mdev check --root "$ROOT"
		assert "$stderr" == "mdev: warning: $ETC/b.conf:1: without 'vf' its address may change" "$way"
		mdev apply --root "$ROOT" $U2
		current 0 0
		current 1 5
		mdev apply --root "$ROOT" --event -p 0000:41:00.4
		current 0 5
		mdev list --root "$ROOT" -o STATE --noheadings -p $CARD
		assert "$output" == live$'\n'live "$way"
		mdev apply --root "$ROOT"
		assert "$output" =~ "2 kept" "$way"
		mdev destroy --root "$ROOT" $U1 $U2
		mdev create --root "$ROOT" $U1
		current 0 5
		mdev destroy --root "$ROOT" $U1
		set_vgpu $CARD 0 0
		set_vgpu $CARD 1 0
	done
	printf '[%s]\nparent = 41:00.4\ntype = nvidia-5\n' $U1 > "$ETC/a.conf"
	mdev modify --root "$ROOT" $U1 --description x
	assert "$(cat "$ETC/a.conf")" == "[$U1]"$'\nparent = 41:00.4\ntype = nvidia-5\ndescription = x' "what is written stays"
	mdev undefine --root "$ROOT" $U1
	assert "$(cat "$ETC/a.conf")" == ""
}

@test "a definition for two virtual functions is an error, with its line" {
	printf '[%s]\nparent = 0000:41:00.6\ntype = nvidia-5\nvf = 1\nauto = yes\n' $U1 > "$ETC/a.conf"
	mdev 1 check --root "$ROOT"
	assert "$stderr" =~ "$ETC/a.conf:1: 'vf' is 1, but parent '0000:41:00.6' is another virtual function"
	mdev 1 apply --root "$ROOT"
	current 1 0
	current 2 0
}

@test "a virtual function is no parent of mediated devices that its card would have" {
	printf '[%s]\nparent = 0000:41:00.6\ntype = acme-1\nauto = yes\n' $U1 > "$ETC/a.conf"
	mdev apply --root "$ROOT"
	assert "$stderr" =~ "warning: $U1 .*: PCI device '0000:41:00.6' is virtual function 2 of parent '$CARD', ignoring"
}

@test "of two definitions that name one function the first is made that is to be, and keeps it" {
	printf '[defaults]\nparent = %s\ntype = nvidia-5\n[%s]\nvf = 1\n[%s]\nvf = 1\nauto = yes\n[%s]\nvf = 1\nauto = yes\n' \
		$CARD $U1 $U2 $U3 > "$ETC/a.conf"
	mdev 1 apply --root "$ROOT"
	current 1 5
	assert "$stderr" =~ "cannot create $U3 \($ETC/a.conf:[0-9]+\): virtual function 1 \(0000:41:00.5\) is $U2, of type 'nvidia-5'"
	assert "$output" =~ "1 created, 1 not auto, 1 failed"
}

@test "an event of a function does what names it, and the rest once all functions are there" {
	local last
	printf '[defaults]\nparent = %s\ntype = nvidia-5\nauto = yes\n[%s]\n[%s]\nvf = 2\n[%s]\nvf = 1\n' $CARD $U1 $U2 $U3 > "$ETC/a.conf"
	last=$(dirname "$(vgpu_file $CARD 3 current_vgpu_type)")
	mv "$last" "$ROOT/last"
	mdev apply --root "$ROOT" --event -p 0000:41:00.6
	current 2 5
	current 1 0
	current 0 0
	mdev apply --root "$ROOT" --event -p 0000:41:00.5
	current 1 5
	current 0 0
	mv "$ROOT/last" "$last"
	mdev apply --root "$ROOT" --event -p 0000:41:00.7
	current 0 5
	current 3 0
}
