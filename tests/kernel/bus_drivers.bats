# SPDX-License-Identifier: GPL-2.0-or-later
# Bus drivers: which instances they get, when, and how an instance is unbound from one again.

load kernel
load mdev_test

@test "a bus driver that lacks something required is refused, and the log says what" {
	before=$(dmesg | grep -c 'mdev: bus driver .* lacks ') || :
	for words in lack={name,probe,remove,unpin_pages}; do
		refused "Invalid argument" $KNOBS/control "driver $words"
	done
	assert "$(dmesg | grep -c 'mdev: bus driver .* lacks ')" == $((before + 4))
	control driver
}

@test "match decides which bus driver takes an instance" {
	offer 0
	offer 1 api=mdev_test
	write $DOOR0 $UUID
	write $DOOR1 $UUID2
	assert "$(readlink $DEVICES/$UUID/driver)" =~ drivers/vfio_mdev$
	assert "$(readlink $DEVICES/$UUID2/driver)" =~ drivers/mdev_test$
	expect probe/calls=1
}

@test "a bus driver that is asked whether it matches is waited for before the instance ends" {
	local driver
	offer 0
	write $DOOR0 $UUID
	hold match
	later $KNOBS/control driver
	driver=$LATER
	await match/now 1
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_parent_unregister
	expect destroy/calls=0
	release match
	succeeds "$driver" "$LATER"
	expect destroy/calls=1
}

@test "bus drivers see an instance after the parent's create, and until its destroy" {
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

@test "create fails with the error of the bus driver, and where there is none" {
	offer 0 api=mdev_test
	offer 1 api=unheard-of
	fail probe 5
	refused "Input/output error" $DOOR0 $UUID
	refused "No such device or address" $DOOR1 $UUID
	# EPROBE_DEFER: create is not deferred, so user space is told to try again.
	fail probe 517
	refused "Resource temporarily unavailable" $DOOR0 $UUID
	expect create/calls=3 destroy/calls=3
	assert "$(ls $DEVICES)" == ""
	fail probe
	write $DOOR0 $UUID
}

# A group's folder can disappear late; see wait_for_unloaded().
@test "an instance has a group while a bus driver is bound, and none after" {
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

# no_groups_but BEFORE: there is no group that is not in this list. Those in it can disappear late.
no_groups_but() {
	assert "$(comm -13 <(sort <<<"$1") <(ls /sys/kernel/iommu_groups | sort))" == ""
}

@test "the core makes no group, and a probe that fails leaves none" {
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

@test "a parent's module is pinned while a device is open" {
	offer 0
	write $DOOR0 $UUID
	users=$(</sys/module/mdev_test/refcnt)
	hold_device $UUID
	assert "$(</sys/module/mdev_test/refcnt)" == $((users + 1))
	release_device
	assert "$(</sys/module/mdev_test/refcnt)" == "$users"
}

@test "an instance outlives its bus driver, and is offered to the next" {
	offer 0
	write $DOOR0 $UUID
	modprobe -r vfio_mdev
	[ ! -e $DEVICES/$UUID/driver ]
	[ ! -e $DEVICES/$UUID/iommu_group ]
	expect destroy/calls=0
	modprobe vfio_mdev
	assert "$(readlink $DEVICES/$UUID/driver)" =~ drivers/vfio_mdev$
	hold_device $UUID
	release_device
	expect open/calls=1 close/calls=1
	remove $UUID
}

@test "an instance without a bus driver is removed like any other" {
	offer 0
	write $DOOR0 $UUID
	write /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	remove $UUID
	expect destroy/calls=1
	assert "$(ls $DEVICES)" == ""
}

@test "an instance whose bus driver is coming or going is not removed: EBUSY at once" {
	offer 0 api=mdev_test
	write $DOOR0 $UUID
	for call in remove/unbind probe/bind; do
		hold ${call%/*}
		later /sys/bus/mdev/drivers/mdev_test/${call#*/} $UUID
		await ${call%/*}/now 1
		refused "Device or resource busy" $DEVICES/$UUID/remove 1
		refused "Device or resource busy" $PARENT0/mdev_destroy $UUID
		release ${call%/*}
		succeeds "$LATER"
	done
	remove $UUID
	expect destroy/calls=1
}

@test "a bus driver that is taken away waits for the user, and everybody else goes on" {
	offer 0
	write $DOOR0 $UUID
	hold_device $UUID
	later /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	until_blocked "$LATER" vfio_unregister_group_dev
	refused "Device or resource busy" $DEVICES/$UUID/remove 1
	write /sys/class/mdev/mdev_start $UUID
	assert "$(<$DEVICES/$UUID/state)" == started
	write $DOOR0 $UUID2
	remove $UUID2
	release_device
	succeeds "$LATER"
	[ ! -e $DEVICES/$UUID/driver ]
	expect close/calls=1
	write /sys/bus/mdev/drivers/vfio_mdev/bind $UUID
	hold_device $UUID
	release_device
	remove $UUID
	expect open/calls=2 close/calls=2 destroy/calls=2
}

@test "an instance whose file is open, and no more than that, is not removed: EBUSY at once" {
	has_iommufd
	offer 0
	write $DOOR0 $UUID
	coproc HOLDER { exec cat 7<>"/dev/vfio/devices/$(ls $DEVICES/$UUID/vfio-dev)" 3>&-; }
	HOLDER_IN=${HOLDER[1]}
	wait_for test -e "/proc/$HOLDER_PID/fd/7"
	for i in 1 2; do
		refused "Device or resource busy" $DEVICES/$UUID/remove 1
	done
	# The same while a bus driver waits for that file to be closed.
	later /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	until_blocked "$LATER" vfio_unregister_group_dev
	refused "Device or resource busy" $DEVICES/$UUID/remove 1
	release_device
	succeeds "$LATER"
	remove $UUID
	expect open/calls=0 destroy/calls=1
}
