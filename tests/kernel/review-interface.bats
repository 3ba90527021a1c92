# SPDX-License-Identifier: GPL-2.0-or-later
# The points R15 to R23 of the design's review table: what drivers and user space are promised.
# See review.bats for how.

load kernel
load mdev_test

@test "R15 stop pairs with start" {
	offer 0
	write $DOOR0 $UUID
	assert "$(ls /sys/class/mdev)" = $'mdev_start\nmdev_stop'
	write /sys/class/mdev/mdev_start $UUID
	write /sys/class/mdev/mdev_stop $UUID
	write /sys/class/mdev/mdev_start $UUID
	remove $UUID
	expect start/calls=2 stop/calls=2
}

@test "R16 reads get the offset in the device's file, whatever the region" {
	offer 0
	write $DOOR0 $UUID
	run vfio_regions $UUID
	echo "$output"
	assert "$(grep -c 'read at its offset 0x18' <<<"$output")" = 9
}

@test "R17 the driver sizes the capabilities of its region info" {
	offer 0
	write $DOOR0 $UUID
	for nr in 1000 1; do
		echo $nr >$KNOBS/areas
		run vfio_regions $UUID
		assert "$output" =~ "capability 1 with $nr areas"
	done
}

@test "R18 types are as many, and descriptions as long, as a driver has" {
	offer 0 types=300
	assert "$(ls $TYPES0 | wc -l)" = 300
	assert "$(cat $TYPES0/*/name | sort -u | wc -l)" = 300
	for type in type0 type299; do
		assert "$(wc -c <$TYPES0/mdev_test-$type/description)" = 4095
	done
	write $TYPES0/mdev_test-type299/create $UUID
	assert "$(readlink $DEVICES/$UUID/mdev_type)" =~ mdev_test-type299
}

@test "R19 start and stop reach every instance of the machine, on every parent" {
	offer 0
	offer 1
	write $DOOR0 $UUID:1
	write $TYPES0/mdev_test-type1/create $UUID:2
	write $DOOR1 $UUID:3
	write $TYPES1/mdev_test-type1/create $UUID:4
	write $DOOR0 $UUID2
	write $DOOR1 $UUID3
	write /sys/class/mdev/mdev_start $UUID
	assert "$(cat $DEVICES/$UUID-?/state | uniq -c | xargs)" = "4 started"
	assert "$(cat $DEVICES/$UUID2/state $DEVICES/$UUID3/state | uniq -c | xargs)" = "2 stopped"
	expect start/calls=4
	write /sys/class/mdev/mdev_stop $UUID
	assert "$(cat $DEVICES/$UUID-?/state | uniq -c | xargs)" = "4 stopped"
	expect stop/calls=4
}

@test "R20 the instance number is a u32" {
	offer 0
	for number in 2147483648 4294967295; do
		write $DOOR0 $UUID:$number
		assert "$(<$DEVICES/$UUID-$number/instance)" = $number
	done
	refused "Invalid argument" $DOOR0 $UUID:4294967296
}

@test "R20 a UUID that ends early, or goes on, is none" {
	offer 0
	for length in 1 8 9 18 23 35; do
		refused "Invalid argument" $DOOR0 ${UUID:0:length}
	done
	refused "Invalid argument" $DOOR0 ${UUID}0
	refused "Invalid argument" $DOOR0 ${UUID//-/_}
	expect create/calls=0
}

@test "R20 params are told by their names, and the rest reaches the driver as written" {
	offer 0
	write $PARENT0/mdev_create "$UUID:1:b=2,type=mdev_test-type1,a=1:x"
	assert "$(<$DEVICES/$UUID-1/mdev_test/params)" = "b=2,a=1:x"
	write $PARENT0/mdev_create "$UUID:2:type=mdev_test-type1,b=2,,a=1"
	assert "$(<$DEVICES/$UUID-2/mdev_test/params)" = "b=2,,a=1"
	assert "$(readlink $DEVICES/$UUID-2/mdev_type)" =~ mdev_test-type1
}

# The reference holds the parent, in whatever order they go; and to put nothing is nothing.
@test "R20 a reference of an instance outlives its parent's registration" {
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

@test "R21 a listener that reads everything at the add event misses nothing, 1,000 times" {
	offer 0
	run uevent_reader $DOOR0 1000 uuid instance state mdev_type mdev_type/device_api \
		iommu_group driver subsystem mdev_test/params uevent
	assert "$output" = "announced 1000 missing 0"
	expect create/calls=1000 destroy/calls=1000
}

# no_groups_but BEFORE: none has come; one that is gone can still be there then, and go meanwhile
no_groups_but() {
	assert "$(comm -13 <(sort <<<"$1") <(ls /sys/kernel/iommu_groups | sort))" = ""
}

@test "R21 the core makes no group, and a probe that fails leaves none" {
	offer 0 api=mdev_test
	before=$(ls /sys/kernel/iommu_groups)
	write $DOOR0 $UUID
	control keep $UUID
	expect_kept "no group"
	no_groups_but "$before"
	fail probe 5
	for i in 1 2 3; do
		refused "Input/output error" $DOOR0 $UUID2
	done
	no_groups_but "$before"
}

@test "R22 bus drivers see an instance after the parent's create, and until its destroy" {
	offer 0 api=mdev_test
	hold create
	later $DOOR0 $UUID
	await create/now 1
	[ ! -e $DEVICES/$UUID ]
	expect probe/calls=0
	release create
	succeeds "$LATER"
	expect probe/calls=1
	fail create 12
	refused "Cannot allocate memory" $DOOR0 $UUID2
	expect probe/calls=1
	hold remove
	later $DEVICES/$UUID/remove 1
	await remove/now 1
	expect destroy/calls=0
	release remove
	succeeds "$LATER"
	expect destroy/calls=1
}

@test "R22 create fails with the error of the bus driver, and where there is none" {
	offer 0 api=mdev_test
	offer 1 api=unheard-of
	fail probe 5
	refused "Input/output error" $DOOR0 $UUID
	refused "No such device or address" $DOOR1 $UUID
	# EPROBE_DEFER: nobody comes back to it but who asked.
	fail probe 517
	refused "Resource temporarily unavailable" $DOOR0 $UUID
	expect create/calls=3 destroy/calls=3
	assert "$(ls $DEVICES)" = ""
	fail probe
	write $DOOR0 $UUID
}

@test "R22 match decides which bus driver takes an instance" {
	offer 0
	offer 1 api=mdev_test
	write $DOOR0 $UUID
	write $DOOR1 $UUID2
	assert "$(readlink $DEVICES/$UUID/driver)" =~ drivers/vfio_mdev$
	assert "$(readlink $DEVICES/$UUID2/driver)" =~ drivers/mdev_test$
	expect probe/calls=1
}

@test "R22 a parent's module is pinned while a device is open" {
	offer 0
	write $DOOR0 $UUID
	users=$(</sys/module/mdev_test/refcnt)
	hold_device $UUID
	assert "$(</sys/module/mdev_test/refcnt)" = $((users + 1))
	release_device
	assert "$(</sys/module/mdev_test/refcnt)" = "$users"
}

@test "R23 an instance that could not be made is not lost" {
	offer 0 api=mdev_test
	for i in 1 2 3 4 5; do
		for call in create probe; do
			fail $call 12
			refused "Cannot allocate memory" $DOOR0 $UUID
			fail $call
		done
	done
	assert "$(<$TYPES0/mdev_test-type0/available_instances)" = 4
	for i in 1 2 3 4; do
		write $DOOR0 $UUID:$i
	done
	refused "Too many users" $DOOR0 $UUID:5
}

@test "R23 a remove that is refused can be tried again" {
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

@test "R23 an identity is free at once, also while somebody holds a reference" {
	offer 0
	for i in 1 2 3; do
		write $DOOR0 $UUID
		control keep $UUID
		remove $UUID
		write $DOOR0 $UUID
		remove $UUID
	done
	assert "$(<$TYPES0/mdev_test-type0/available_instances)" = 4
}
