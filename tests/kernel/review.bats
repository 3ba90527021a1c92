# SPDX-License-Identifier: GPL-2.0-or-later
# The points R4 to R13 of the design's review table: how long things live, and who may meet whom.
# The other points are held by review-interface.bats and, where they are about the sources, by
# tests/lint/review.
#
# Theory of operation: the module mdev_test is parents and a bus driver at once. A callback of its
# that is told to hold stays inside until it is released, so that the moments between two steps of
# the core last for as long as a test looks at them. See mdev_test/mdev_test.h for what it can be told.

load kernel
load mdev_test

@test "R4 an identity is taken before the driver is asked" {
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

@test "R4 an instance that is being created is not found" {
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

# Both have found the instance, and wait for the start that is under way.
@test "R5 of two destroyers one wins, and the other is told" {
	offer 0
	for round in 1 2; do
		write $DOOR0 $UUID
		hold start
		later /sys/class/mdev/mdev_start $UUID
		starter=$LATER
		await start/now 1
		later $DEVICES/$UUID/remove 1
		one=$LATER
		until_blocked "$one" mdev_device_destroy
		later $PARENT0/mdev_destroy $UUID
		two=$LATER
		until_blocked "$two" mdev_device_destroy
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
		assert "$won" = 1
		expect destroy/calls=$round stop/calls=$round
		[ ! -e $DEVICES/$UUID ]
	done
}

@test "R5 an instance that is being destroyed is not found again" {
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

@test "R6 a parent that lacks something required is refused, and the log says what" {
	before=$(dmesg | grep -c 'mdev_test.0: cannot be a parent: its driver lacks [a-z]') || :
	for words in lack={owner,device_api,types,create,destroy,read,write,region_info,start,stop} \
		types=0 max=0 name= name=a/b; do
		refused "Invalid argument" $KNOBS/control "register 0 $words"
		[ ! -e $TYPES0 ]
	done
	assert "$(dmesg | grep -c 'mdev_test.0: cannot be a parent: its driver lacks [a-z]')" = \
		$((before + 14))
	offer 0 lack=start lack=stop
	write $DOOR0 $UUID
	write /sys/class/mdev/mdev_start $UUID
	assert "$(<$DEVICES/$UUID/state)" = started
}

@test "R6 a bus driver that lacks something required is refused, and the log says what" {
	before=$(dmesg | grep -c 'mdev: bus driver .* lacks ') || :
	for words in lack={name,probe,remove,unpin_pages}; do
		refused "Invalid argument" $KNOBS/control "driver $words"
	done
	assert "$(dmesg | grep -c 'mdev: bus driver .* lacks ')" = $((before + 4))
	control driver
}

@test "R7 when the attributes of an instance fail, the driver's destroy undoes its create" {
	offer 0 twice
	warnings_from_here
	refused "File exists" $DOOR0 $UUID
	warnings_up_to_here 'cannot create duplicate filename'
	expect create/calls=1 destroy/calls=1
	assert "$(<$PARENT0/mdev_test/instances)" = 0
	assert "$(<$TYPES0/mdev_test-type0/available_instances)" = 4
	assert "$(ls $DEVICES)" = ""
	assert "$(ls $TYPES0/mdev_test-type0/devices)" = ""
	withdraw 0
	offer 0
	write $DOOR0 $UUID
}

@test "R8 callbacks of different instances of one parent run at once" {
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

@test "R8 a parent that asks for it gets create, destroy, start and stop one at a time" {
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
	until_blocked "$LATER" mdev_device_start
	pids+=("$LATER")
	later /sys/class/mdev/mdev_stop $UUID2
	until_blocked "$LATER" mdev_device_stop
	pids+=("$LATER")
	later $DEVICES/$UUID3/remove 1
	until_blocked "$LATER" mdev_device_destroy
	pids+=("$LATER")
	expect lifecycle/now=1
	release lifecycle
	succeeds "${pids[@]}"
	expect lifecycle/most=1
}

@test "R8 parents do not wait for one another" {
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

@test "R9 a parent that goes waits for users, then destroys, and leaves nothing" {
	offer 0
	write $DOOR0 $UUID
	write $DOOR0 $UUID2
	write /sys/class/mdev/mdev_start $UUID
	hold_device $UUID
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_unregister_device
	wait_for test ! -e $DEVICES/$UUID2
	wait_for test ! -e $DOOR0
	[ -e $PARENT0/$UUID ]
	expect destroy/calls=1 close/calls=0
	release_device
	succeeds "$LATER"
	expect close/calls=1 stop/calls=1 destroy/calls=2
	assert "$(ls $DEVICES)" = ""
	assert "$(ls /sys/class/mdev_bus)" = ""
	for name in mdev_supported_types mdev_create mdev_destroy mdev_test; do
		[ ! -e $PARENT0/$name ]
	done
}

@test "R9 a driver that fails to stop an instance does not keep it from being destroyed" {
	offer 0
	write $DOOR0 $UUID
	write /sys/class/mdev/mdev_start $UUID
	fail stop 5
	refused "Input/output error" /sys/class/mdev/mdev_stop $UUID
	assert "$(<$DEVICES/$UUID/state)" = started
	withdraw 0
	expect destroy/calls=1 left=0
	fail stop
	offer 0
	write $DOOR0 $UUID
	assert "$(<$DEVICES/$UUID/state)" = stopped
}

@test "R11 a parent is registered once, also while it is not complete, and not seen before it is" {
	hold attrs
	later $KNOBS/control "register 0"
	await attrs/now 1
	refused "File exists" $KNOBS/control "register 0"
	# It was the core that refused, not sysfs.
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

# sysfs numbers its files in the order in which they are made.
@test "R11 what instances are made through is made when all else of the parent is there" {
	offer 0 types=3
	newest=$(find $PARENT0/mdev_test $TYPES0 /sys/class/mdev_bus/mdev_test.0 ! -name create \
		-printf '%i\n' | sort -n | tail -n 1)
	for door in $PARENT0/mdev_{create,destroy} $TYPES0/*/create; do
		[ "$(stat -c %i "$door")" -gt "$newest" ]
	done
}

# What the others meet is never half made: a create without a type, where there are three, would
# succeed while there is one.
@test "R11 creators and readers race with a parent that comes and goes" {
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
	# A shell that finds no file tries to make one, which sysfs denies.
	run grep -vE 'No such (file or directory|device)|File exists|Too many users|Invalid argument|Permission denied' \
		"$running.complaints"
	assert "$output" = ""
	[ ! -e "$running.untyped" ]
	created=$(<$KNOBS/create/calls)
	[ "$created" -ge 15 ]
	expect destroy/calls="$created"
	assert "$(ls $DEVICES)" = ""
}

@test "R12 unregistering returns only when the last instance is gone" {
	offer 0
	write $DOOR0 $UUID
	write $DOOR0 $UUID2
	hold destroy
	later $DEVICES/$UUID/remove 1
	remover=$LATER
	await destroy/now 1
	later $KNOBS/control "unregister 0"
	await destroy/now 2
	until_blocked "$LATER" mdev_unregister_device
	release destroy
	succeeds "$LATER" "$remover"
	expect left=0
}

@test "R12 unregistering waits for an instance that somebody else is destroying" {
	offer 0
	write $DOOR0 $UUID
	hold destroy
	later $DEVICES/$UUID/remove 1
	remover=$LATER
	await destroy/now 1
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_unregister_device
	expect destroy/calls=1
	release destroy
	succeeds "$LATER" "$remover"
	expect left=0
}

@test "R12 unregistering waits for an instance that somebody else is creating" {
	offer 0
	hold create
	later $DOOR0 $UUID
	creator=$LATER
	await create/now 1
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_unregister_device
	release create
	succeeds "$LATER"
	wait_for is_over "$creator"
	expect left=0 create/calls=1 destroy/calls=1
}

# A group's folder goes with the last reference to it, which can come late; see wait_for_unloaded().
@test "R13 an instance has a group while a bus driver is bound, and none after" {
	offer 0
	write $DOOR0 $UUID
	control keep $UUID
	expect_kept "its group has $UUID"
	group=$(realpath $DEVICES/$UUID/iommu_group)
	write /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	expect_kept "no group"
	wait_for test ! -e "$group"
	write /sys/bus/mdev/drivers/vfio_mdev/bind $UUID
	expect_kept "its group has $UUID"
	group=$(realpath $DEVICES/$UUID/iommu_group)
	remove $UUID
	expect_kept "no group"
	wait_for test ! -e "$group"
}
