# SPDX-License-Identifier: GPL-2.0-or-later
# The interface to drivers, where the design's review table (review.bats and review-interface.bats)
# has no word of it.
#
# Theory of operation: as in review.bats.

load kernel
load mdev_test

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
	assert "$(ls $DEVICES)" = ""
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
	assert "$(<$DEVICES/$UUID/state)" = started
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

@test "a parent that goes while a bus driver is being taken away waits for the same user" {
	offer 0
	write $DOOR0 $UUID
	hold_device $UUID
	later /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	unbind=$LATER
	until_blocked "$unbind" vfio_unregister_group_dev
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_unregister_device
	release_device
	succeeds "$unbind" "$LATER"
	expect left=0 close/calls=1 destroy/calls=1
}

# The files through which instances come are made one after another, and one of them can not be.
@test "a parent that could not be registered leaves no instance, in however short a time" {
	running=$BATS_TEST_TMPDIR/running
	touch "$running"
	for i in 1 2; do
		timeout 120 knock "$running" $PARENT0/mdev_create "$UUID:$i:type=mdev_test-type0" >/dev/null 3>&- &
	done
	warnings_from_here
	for round in $(seq 50); do
		refused "File exists" $KNOBS/control "register 0 occupied"
		has_value create/calls 0 || break
	done
	rm "$running"
	wait
	warnings_up_to_here 'cannot create duplicate filename' >/dev/null
	assert "$(ls $DEVICES)" = ""
	created=$(<$KNOBS/create/calls)
	[ "$created" -gt 0 ]
	expect destroy/calls="$created"
	offer 0
	write $DOOR0 $UUID
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
	# Nor does anybody wait who comes while a bus driver waits for that file to be closed.
	later /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	until_blocked "$LATER" vfio_unregister_group_dev
	refused "Device or resource busy" $DEVICES/$UUID/remove 1
	release_device
	succeeds "$LATER"
	remove $UUID
	expect open/calls=0 destroy/calls=1
}

# VFIO takes an iommufd's memory away once more when the instance has been closed.
@test "dma_unmap comes while the instance is open, and not after" {
	has_iommufd
	offer 0
	write $DOOR0 $UUID
	hold_device --iommufd $UUID
	release_device
	expect open/calls=1 close/calls=1 dma_unmap/calls=0
}
