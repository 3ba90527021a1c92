# SPDX-License-Identifier: GPL-2.0-or-later
# A parent driver from outside of the tree, on the core as it is installed. That it can be built with
# nothing but that is in tests/kernels/dkms.bats.

load kernel

MINV=/usr/local/share/mdev-tests/modules/minv.ko

setup_file() {
	requires_core ours
	modprobe vfio_iommu_type1
	modprobe vfio_mdev
	insmod $MINV
}

teardown_file() {
	[ "${MDEV_TEST_CORE-}" = ours ] || return 0
	remove_devices
	rmmod minv
	modprobe -r vfio_mdev
	wait_for_unloaded
}

teardown() {
	remove_devices
}

@test "a driver from outside of the tree shares its hardware by instances" {
	assert "$(cat "$(types)/minv-word"/{device_api,available_instances})" == $'vfio-platform\n16'
	create -t minv-word $UUID
	create -t minv-word $UUID:1
	assert "$(vfio_user invert $UUID 0x12345678)" == $'before 0\nafter 0xedcba987'
	assert "$(vfio_user invert $UUID-1 0)" == $'before 0\nafter 0xffffffff'
	assert "$(vfio_user invert $UUID 0xffffffff)" == $'before 0\nafter 0'
}

@test "a driver from outside of the tree refuses params that it does not know" {
	fails_with "Invalid argument" create -t minv-word $UUID:speed=9
	assert "$(ls $DEVICES)" == ""
}

@test "a driver from outside of the tree has what modprobe needs to load the bus driver with it" {
	assert "$(modinfo -F depends $MINV)" =~ '(^|,)mdev(,|$)'
	assert "$(modinfo -F softdep $MINV)" == "pre: vfio_mdev"
}
