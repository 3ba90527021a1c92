# SPDX-License-Identifier: GPL-2.0-or-later
# Parents: what a driver must provide, when a parent can be found, and how it goes.

load kernel
load mdev_test

@test "a parent that lacks something required is refused, and the log says what" {
	before=$(dmesg | grep -c 'mdev_test.0: cannot be a parent: its driver lacks [a-z]') || :
	for words in lack={owner,device_api,types,create,destroy,read,write,region_info,start,stop} \
		types=0 max=0 name= name=a/b; do
		refused "Invalid argument" $KNOBS/control "register 0 $words"
		[ ! -e $TYPES0 ]
	done
	assert "$(dmesg | grep -c 'mdev_test.0: cannot be a parent: its driver lacks [a-z]')" == \
		$((before + 14))
	offer 0 lack=start lack=stop
	write $DOOR0 $UUID
	write /sys/class/mdev/mdev_start $UUID
	assert "$(<$DEVICES/$UUID/state)" == started
}

@test "a parent or a bus driver that was built with another mdev.h is refused, and the log says so" {
	before=$(dmesg | grep -c 'mdev_test was built with another mdev.h') || :
	for member in api ops driver device parent; do
		refused "Invalid argument" $KNOBS/control "register 0 build=$member"
		[ ! -e $TYPES0 ]
	done
	refused "Invalid argument" $KNOBS/control "driver build=api"
	assert "$(dmesg | grep -c 'mdev_test was built with another mdev.h')" == $((before + 6))
	offer 0
}

# Such code has no module that could be unloaded.
@test "a parent whose driver is built into the kernel has no owner" {
	offer 0 lack=owner built-in
	write $DOOR0 $UUID
	hold_device $UUID
	release_device
	remove $UUID
}

@test "a parent is registered once, also while it is not complete, and not seen before it is" {
	hold attrs
	later $KNOBS/control "register 0"
	await attrs/now 1
	refused "File exists" $KNOBS/control "register 0"
	# The core has refused, not sysfs.
	[[ $(dmesg) != *"duplicate filename '${PARENT0#/sys}/mdev_test'"* ]]
	for name in mdev_create mdev_destroy mdev_supported_types; do
		[ ! -e $PARENT0/$name ]
	done
	[ ! -e /sys/class/mdev_bus/mdev_test.0 ]
	release attrs
	succeeds "$LATER"
	refused "File exists" $KNOBS/control "register 0"
	write $DOOR0 $UUID
}

# The inode numbers of sysfs follow the order in which files are made.
@test "what instances are made through is made when all else of the parent is there" {
	offer 0 types=3
	newest=$(find $PARENT0/mdev_test $TYPES0 /sys/class/mdev_bus/mdev_test.0 ! -name create \
		-printf '%i\n' | sort -n | tail -n 1)
	for door in $PARENT0/mdev_{create,destroy} $TYPES0/*/create; do
		[ "$(stat -c %i "$door")" -gt "$newest" ]
	done
}

# The second of the files that make instances cannot be made, so the first exists for a moment only.
@test "a parent that could not be registered leaves no instance, in however short a time" {
	running=$BATS_TEST_TMPDIR/running
	touch "$running"
	for i in 1 2; do
		timeout "$HANG" knock "$running" $PARENT0/mdev_create "$UUID:$i:type=mdev_test-type0" >/dev/null 3>&- &
	done
	warnings_from_here
	for round in $(seq 50); do
		refused "File exists" $KNOBS/control "register 0 occupied"
		has_value create/calls 0 || break
	done
	rm "$running"
	wait
	warnings_up_to_here 'cannot create duplicate filename' >/dev/null
	assert "$(ls $DEVICES)" == ""
	created=$(<$KNOBS/create/calls)
	[ "$created" -gt 0 ]
	expect destroy/calls="$created"
	offer 0
	write $DOOR0 $UUID
}

@test "types are as many, and descriptions as long, as a driver has" {
	offer 0 types=300
	assert "$(ls $TYPES0 | wc -l)" == 300
	assert "$(cat $TYPES0/*/name | sort -u | wc -l)" == 300
	for type in type0 type299; do
		assert "$(wc -c <$TYPES0/mdev_test-$type/description)" == 4095
	done
	write $TYPES0/mdev_test-type299/create $UUID
	assert "$(readlink $DEVICES/$UUID/mdev_type)" =~ mdev_test-type299
}

@test "a parent that goes waits for users, then destroys, and leaves nothing" {
	offer 0
	write $DOOR0 $UUID
	write $DOOR0 $UUID2
	write /sys/class/mdev/mdev_start $UUID
	hold_device $UUID
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_parent_unregister
	wait_for test ! -e $DEVICES/$UUID2
	wait_for test ! -e $DOOR0
	[ -e $PARENT0/$UUID ]
	expect destroy/calls=1 close/calls=0
	release_device
	succeeds "$LATER"
	expect close/calls=1 stop/calls=1 destroy/calls=2
	assert "$(ls $DEVICES)" == ""
	assert "$(ls /sys/class/mdev_bus)" == ""
	for name in mdev_supported_types mdev_create mdev_destroy mdev_test; do
		[ ! -e $PARENT0/$name ]
	done
}

@test "a driver that fails to stop an instance does not keep it from being destroyed" {
	offer 0
	write $DOOR0 $UUID
	write /sys/class/mdev/mdev_start $UUID
	fail stop 5
	refused "Input/output error" /sys/class/mdev/mdev_stop $UUID
	assert "$(<$DEVICES/$UUID/state)" == started
	withdraw 0
	expect destroy/calls=1 left=0
	fail stop
	offer 0
	write $DOOR0 $UUID
	assert "$(<$DEVICES/$UUID/state)" == stopped
}

@test "unregistering returns only when the last instance is gone" {
	offer 0
	write $DOOR0 $UUID
	write $DOOR0 $UUID2
	hold destroy
	later $DEVICES/$UUID/remove 1
	remover=$LATER
	await destroy/now 1
	later $KNOBS/control "unregister 0"
	await destroy/now 2
	until_blocked "$LATER" mdev_parent_unregister
	release destroy
	succeeds "$LATER" "$remover"
	expect left=0
}

@test "unregistering waits for an instance that somebody else is destroying" {
	offer 0
	write $DOOR0 $UUID
	hold destroy
	later $DEVICES/$UUID/remove 1
	remover=$LATER
	await destroy/now 1
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_parent_unregister
	expect destroy/calls=1
	release destroy
	succeeds "$LATER" "$remover"
	expect left=0
}

@test "unregistering waits for an instance that somebody else is creating" {
	offer 0
	hold create
	later $DOOR0 $UUID
	creator=$LATER
	await create/now 1
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_parent_unregister
	release create
	succeeds "$LATER"
	wait_for is_over "$creator"
	expect left=0 create/calls=1 destroy/calls=1
}

@test "a parent that goes while a bus driver is being taken away waits for the same user" {
	offer 0
	write $DOOR0 $UUID
	hold_device $UUID
	later /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	unbind=$LATER
	until_blocked "$unbind" vfio_unregister_group_dev
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_parent_unregister
	release_device
	succeeds "$unbind" "$LATER"
	expect left=0 close/calls=1 destroy/calls=1
}

# Nobody may meet a parent that has only some of its three types: while it had one, mdev_create would
# succeed without a type.
@test "creators and readers race with a parent that comes and goes" {
	running=$BATS_TEST_TMPDIR/running
	touch "$running"
	for i in 1 2; do
		create_while "$running" $TYPES0/mdev_test-type$i/create $UUID:$i &
		create_while "$running" $PARENT0/mdev_create $UUID2:$i &
	done 3>&-
	read_while "$running" $PARENT0 $DEVICES 3>&- &
	for i in $(seq 15); do
		offer 0 types=3
		write $DOOR0 $UUID3
		withdraw 0
		expect left=0
		[ ! -e $TYPES0 ]
	done
	rm "$running"
	until_all_over
	# If the file does not exist, the shell tries to make it, which sysfs does not permit.
	run grep -vE 'No such (file or directory|device)|File exists|Too many users|Invalid argument|Permission denied' \
		"$running.complaints"
	assert "$output" == ""
	[ ! -e "$running.untyped" ]
	created=$(<$KNOBS/create/calls)
	[ "$created" -ge 15 ]
	expect destroy/calls="$created"
	assert "$(ls $DEVICES)" == ""
}

@test "parents do not wait for one another" {
	offer 0 serialize
	offer 1 serialize
	hold create
	later $DOOR0 $UUID
	one=$LATER
	later $DOOR1 $UUID:1
	await create/now 2
	release create
	succeeds "$one" "$LATER"
}
