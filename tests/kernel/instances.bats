# SPDX-License-Identifier: GPL-2.0-or-later
# Instances: identity, creation and removal, start and stop, also by several processes at once.

load kernel
load mdev_test

@test "an identity is taken before the driver is asked" {
	offer 0
	offer 1
	hold create
	later $DOOR0 $UUID
	await create/now 1
	refused "File exists" $DOOR0 $UUID
	refused "File exists" $TYPES0/mdev_test-type1/create $UUID:0
	refused "File exists" $DOOR1 $UUID
	refused "File exists" $PARENT1/mdev_create $UUID:0:type=mdev_test-type0
	release create
	succeeds "$LATER"
	expect create/calls=1
	[ -e $DEVICES/$UUID ]
}

@test "an instance that is being created is not found" {
	offer 0
	hold create
	later $DOOR0 $UUID
	await create/now 1
	refused "No such device" $PARENT0/mdev_destroy $UUID
	refused "No such device" /sys/class/mdev/mdev_start $UUID
	release create
	succeeds "$LATER"
	expect destroy/calls=0 start/calls=0
}

# Both destroyers have found the instance, and wait for the same start to end.
@test "of two destroyers one wins, and the other is told" {
	offer 0
	for round in 1 2; do
		write $DOOR0 $UUID
		hold start
		later /sys/class/mdev/mdev_start $UUID
		starter=$LATER
		await start/now 1
		later $DEVICES/$UUID/remove 1
		one=$LATER
		until_blocked "$one" remove_store
		later $PARENT0/mdev_destroy $UUID
		two=$LATER
		until_blocked "$two" mdev_destroy_store
		release start
		succeeds "$starter"
		won=0
		for pid in "$one" "$two"; do
			wait_for is_over "$pid"
			if wait "$pid"; then
				won=$((won + 1))
			else
				assert "$(complaint "$pid")" =~ "No such device"
			fi
		done
		assert "$won" == 1
		expect destroy/calls=$round stop/calls=$round
		[ ! -e $DEVICES/$UUID ]
	done
}

@test "an instance that is being destroyed is not found again" {
	offer 0
	write $DOOR0 $UUID
	hold destroy
	later $DEVICES/$UUID/remove 1
	await destroy/now 1
	refused "No such device" $PARENT0/mdev_destroy $UUID
	refused "No such device" /sys/class/mdev/mdev_start $UUID
	refused "File exists" $DOOR0 $UUID
	release destroy
	succeeds "$LATER"
	expect destroy/calls=1
	write $DOOR0 $UUID
}

@test "when the attributes of an instance fail, the driver's destroy undoes its create" {
	offer 0 twice
	warnings_from_here
	refused "File exists" $DOOR0 $UUID
	warnings_up_to_here 'cannot create duplicate filename'
	expect create/calls=1 destroy/calls=1
	assert "$(<$PARENT0/mdev_test/instances)" == 0
	assert "$(<$TYPES0/mdev_test-type0/available_instances)" == 4
	assert "$(ls $DEVICES)" == ""
	assert "$(ls $TYPES0/mdev_test-type0/devices)" == ""
	withdraw 0
	offer 0
	write $DOOR0 $UUID
}

@test "callbacks of different instances of one parent run at once" {
	offer 0
	hold create
	later $DOOR0 $UUID
	one=$LATER
	later $DOOR0 $UUID2
	await create/now 2
	release create
	succeeds "$one" "$LATER"
	hold start
	later /sys/class/mdev/mdev_start $UUID
	one=$LATER
	later /sys/class/mdev/mdev_start $UUID2
	await start/now 2
	release start
	succeeds "$one" "$LATER"
	hold destroy
	later $DEVICES/$UUID/remove 1
	one=$LATER
	later $DEVICES/$UUID2/remove 1
	await destroy/now 2
	release destroy
	succeeds "$one" "$LATER"
}

@test "a parent that asks for it gets create, destroy, start and stop one at a time" {
	offer 0 serialize
	write $DOOR0 $UUID
	write $DOOR0 $UUID2
	write $DOOR0 $UUID3
	write /sys/class/mdev/mdev_start $UUID2
	hold lifecycle
	later $DOOR0 $UUID4
	pids=("$LATER")
	await lifecycle/now 1
	later /sys/class/mdev/mdev_start $UUID
	until_blocked "$LATER" mdev_members_start
	pids+=("$LATER")
	later /sys/class/mdev/mdev_stop $UUID2
	until_blocked "$LATER" mdev_members_stop
	pids+=("$LATER")
	later $DEVICES/$UUID3/remove 1
	until_blocked "$LATER" remove_store
	pids+=("$LATER")
	expect lifecycle/now=1
	release lifecycle
	succeeds "${pids[@]}"
	expect lifecycle/most=1
}

@test "stop pairs with start" {
	offer 0
	write $DOOR0 $UUID
	assert "$(ls /sys/class/mdev)" == $'mdev_start\nmdev_stop'
	write /sys/class/mdev/mdev_start $UUID
	write /sys/class/mdev/mdev_stop $UUID
	write /sys/class/mdev/mdev_start $UUID
	remove $UUID
	expect start/calls=2 stop/calls=2
}

@test "start and stop reach every instance of the machine, on every parent" {
	offer 0
	offer 1
	write $DOOR0 $UUID:1
	write $TYPES0/mdev_test-type1/create $UUID:2
	write $DOOR1 $UUID:3
	write $TYPES1/mdev_test-type1/create $UUID:4
	write $DOOR0 $UUID2
	write $DOOR1 $UUID3
	write /sys/class/mdev/mdev_start $UUID
	assert "$(cat $DEVICES/$UUID-?/state | uniq -c | xargs)" == "4 started"
	assert "$(cat $DEVICES/$UUID2/state $DEVICES/$UUID3/state | uniq -c | xargs)" == "2 stopped"
	expect start/calls=4
	write /sys/class/mdev/mdev_stop $UUID
	assert "$(cat $DEVICES/$UUID-?/state | uniq -c | xargs)" == "4 stopped"
	expect stop/calls=4
}

@test "the instance number is a u32" {
	offer 0
	for number in 2147483648 4294967295; do
		write $DOOR0 $UUID:$number
		assert "$(<$DEVICES/$UUID-$number/instance)" == $number
	done
	refused "Invalid argument" $DOOR0 $UUID:4294967296
}

@test "a UUID that ends early, or goes on, is none" {
	offer 0
	for length in 1 8 9 18 23 35; do
		refused "Invalid argument" $DOOR0 ${UUID:0:length}
	done
	refused "Invalid argument" $DOOR0 ${UUID}0
	refused "Invalid argument" $DOOR0 ${UUID//-/_}
	expect create/calls=0
}

@test "params are told by their names, and the rest reaches the driver as written" {
	offer 0
	write $PARENT0/mdev_create "$UUID:1:b=2,type=mdev_test-type1,a=1:x"
	assert "$(<$DEVICES/$UUID-1/mdev_test/params)" == "b=2,a=1:x"
	write $PARENT0/mdev_create "$UUID:2:type=mdev_test-type1,b=2,,a=1"
	assert "$(<$DEVICES/$UUID-2/mdev_test/params)" == "b=2,,a=1"
	assert "$(readlink $DEVICES/$UUID-2/mdev_type)" =~ mdev_test-type1
}

# The first drop, without anything kept, is mdev_put_device(NULL), which does nothing.
@test "a reference of an instance outlives its parent's registration" {
	control drop
	offer 0
	write $DOOR0 $UUID
	control keep $UUID
	withdraw 0
	control drop
	offer 0
	write $DOOR0 $UUID
	control keep $UUID
	withdraw 0
	offer 0
	write $DOOR0 $UUID
	control drop
	[ -e $DEVICES/$UUID ]
}

@test "a listener that reads everything at the add event misses nothing, 1,000 times" {
	offer 0
	run uevent_reader $DOOR0 1000 uuid instance state mdev_type mdev_type/device_api \
		iommu_group driver subsystem mdev_test/params uevent
	assert "$output" == "announced 1000 missing 0"
	expect create/calls=1000 destroy/calls=1000
}

@test "an instance that could not be made is not lost" {
	offer 0 api=mdev_test
	for i in 1 2 3 4 5; do
		for call in create probe; do
			fail $call 12
			refused "Cannot allocate memory" $DOOR0 $UUID
			fail $call
		done
	done
	assert "$(<$TYPES0/mdev_test-type0/available_instances)" == 4
	for i in 1 2 3 4; do
		write $DOOR0 $UUID:$i
	done
	refused "Too many users" $DOOR0 $UUID:5
}

@test "a remove that is refused can be tried again" {
	offer 0
	write $DOOR0 $UUID
	hold_device $UUID
	for i in 1 2; do
		refused "Device or resource busy" $DEVICES/$UUID/remove 1
	done
	[ -e $DEVICES/$UUID/mdev_type ]
	release_device
	remove $UUID
	[ ! -e $DEVICES/$UUID ]
}

@test "an identity is free at once, also while somebody holds a reference" {
	offer 0
	for i in 1 2 3; do
		write $DOOR0 $UUID
		control keep $UUID
		remove $UUID
		write $DOOR0 $UUID
		remove $UUID
	done
	assert "$(<$TYPES0/mdev_test-type0/available_instances)" == 4
}
