# SPDX-License-Identifier: GPL-2.0-or-later
# The interface to drivers, where the design's review table (review.bats and review-interface.bats)
# has no word of it.
#
# Theory of operation: as in review.bats.

load kernel
load mdev_test

setup_file() {
	load kernel
	load mdev_test
	requires_core ours
	load_test_modules
}

teardown_file() {
	load kernel
	load mdev_test
	unload_test_modules
}

teardown() {
	reset_test_module
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
	assert "$(ls $DEVICES)" = ""
}

@test "an instance whose file is open, and no more than that, is not removed: EBUSY at once" {
	has_iommufd
	offer 0
	write $DOOR0 $UUID
	exec 7<>"/dev/vfio/devices/$(ls $DEVICES/$UUID/vfio-dev)"
	for i in 1 2; do
		refused "Device or resource busy" $DEVICES/$UUID/remove 1
	done
	exec 7>&-
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
