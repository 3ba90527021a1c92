# SPDX-License-Identifier: GPL-2.0-or-later
# Drivers of both interfaces on one core: those of mdev.h (medu, mdev_test) beside the kernel's own
# (mtty, mdpy, mbochs, kvmgt), and what a driver of the kernel's interface can do wrong (mdev_odd).

load kernel
load drivers

CONTROL=/sys/kernel/debug/mdev_test/control

setup_file() {
	requires_core ours
	modprobe vfio_mdev
	modprobe medu
	! has_samples || load_samples
}

teardown_file() {
	[ "${MDEV_TEST_CORE-}" = ours ] || return 0
	[ ! -e $CONTROL ] || modprobe -r mdev_test
	modprobe -r medu vfio_mdev
	! has_samples || unload_samples
}

# begin_log, said TEXT: the log has this text since the last beginning
begin_log() {
	echo "mdev tests: $BATS_TEST_DESCRIPTION" >/dev/kmsg
}

said() {
	local log
	log=$(dmesg | awk '/mdev tests: / { n = 0 } { line[n++] = $0 } END { for (i = 0; i < n; i++) print line[i] }')
	echo "$log"
	[[ $log == *"$1"* ]]
}

@test "interfaces: a driver of the kernel's interface with a flaw is refused, and the log says why" {
	local flaw what
	modprobe mdev_odd
	while read -r flaw what; do
		wait_for odd_is_free
		begin_log
		fails_with "Invalid argument" write $ODD $flaw
		said "mdev_odd: cannot be a parent: its driver lacks $what"
		[ ! -e $ODD_TYPES ]
	done <<-END
		no-driver a struct mdev_driver
		null-types types
		missing-type a valid sysfs_name for each type
		nameless-type a valid sysfs_name for each type
		empty-name a valid sysfs_name for each type
		slash-in-name a valid sysfs_name for each type
	END
	wait_for odd_is_free
	begin_log
	fails_with "Invalid argument" write $ODD no-api
	said "lacks driver.name or device_api"
	wait_for odd_is_free
	begin_log
	fails_with "File exists" write $ODD same-names
	said "two of its types are called one"
	[ ! -e $ODD_TYPES ]
	[ ! -e /sys/bus/mdev/drivers/mdev_odd ]
	wait_for odd_is_free
	# The device is as good as new.
	echo right >$ODD
	create -p mdev_odd -t platform-one $UUID
}

@test "interfaces: a parent without types has an empty folder" {
	modprobe mdev_odd
	wait_for odd_is_free
	echo no-types >$ODD
	assert "$(ls $ODD_TYPES)" == ""
	run mdev types
	assert "$status" == 0
}

@test "interfaces: a device is a parent of one interface only" {
	modprobe mdev_test
	modprobe mdev_odd
	write $CONTROL "register 0"
	wait_for odd_is_free
	begin_log
	fails_with "File exists" write $ODD "right mdev_test.0"
	said "mdev_test.0: is a parent of mediated devices already"
	[ -e /sys/devices/platform/mdev_test.0/mdev_create ]
	create -p mdev_test.0 -t mdev_test-type0 $UUID
	remove $UUID
	write $CONTROL "unregister 0"
	wait_for odd_is_free
	write $ODD "right mdev_test.0"
	begin_log
	fails_with "File exists" write $CONTROL "register 0"
	said "mdev_test.0: is a parent of mediated devices already"
	create -p mdev_test.0 -t mdev_test-one $UUID
	remove $UUID
	write $ODD none
	write $CONTROL "register 0"
	write $CONTROL "unregister 0"
}

@test "interfaces: an identity is one for both" {
	create -p $PARENT -t medu-fact $UUID
	fails_with "File exists" create -p mtty -t mtty-1 $UUID
	remove $UUID
	create_sample mtty $UUID
	fails_with "File exists" create -p $PARENT -t medu-fact $UUID
	fails_with "File exists" create -p $PARENT -t medu-fact $UUID:0
	create -p $PARENT -t medu-fact $UUID:1
	assert "$(ls $DEVICES)" == $UUID$'\n'$UUID-1
}

@test "interfaces: instances of both are used at once, listed, and removed" {
	create -p $PARENT -t medu-fact $UUID
	create_sample mtty $UUID2
	create_sample mdpy $UUID3
	vfio_user hammer $UUID 5 100 >"$BATS_TEST_TMPDIR/five" 3>&- &
	local five=$!
	assert "$(vfio_serial echo $UUID2 'side by side')" == 'side by side'
	vfio_display region $UUID3
	wait $five
	assert "$(<"$BATS_TEST_TMPDIR/five")" == 100
	run mdev list --raw --noheadings
	assert "${#lines[@]}" == 3
	assert "$(ls /sys/class/mdev_bus)" =~ "$PARENT.*mbochs.mdpy.mtty"
}

@test "interfaces: a driver that is unloaded leaves the instances of others alone" {
	! releases_late || skip "the samples cannot be unloaded on this kernel"
	create -p $PARENT -t medu-fact $UUID
	create_sample mtty $UUID2
	create_sample mdpy $UUID3
	rmmod mtty
	assert "$(ls $DEVICES)" == $UUID$'\n'$UUID3
	rmmod medu
	assert "$(ls $DEVICES)" == $UUID3
	modprobe medu
	modprobe mtty
}

@test "interfaces: a machine has instances of both, which start and stop together" {
	create -p $PARENT -t medu-fact $UUID:1
	create_sample mtty $UUID
	write /sys/class/mdev/mdev_start $UUID
	assert "$(cat $DEVICES/$UUID/state $DEVICES/$UUID-1/state)" == $'started\nstarted'
	remove $UUID
	write /sys/class/mdev/mdev_stop $UUID
	assert "$(<$DEVICES/$UUID-1/state)" == stopped
}

@test "interfaces: a driver gets no instance of the other interface" {
	create -p $PARENT -t medu-fact $UUID
	create_sample mtty $UUID2
	write /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	write /sys/bus/mdev/drivers/mtty/unbind $UUID2
	fails_with "No such device" write /sys/bus/mdev/drivers/mtty/bind $UUID
	fails_with "No such device" write /sys/bus/mdev/drivers/vfio_mdev/bind $UUID2
	write /sys/bus/mdev/drivers/vfio_mdev/bind $UUID
	write /sys/bus/mdev/drivers/mtty/bind $UUID2
	assert "$(vfio_user factorial $UUID 5)" == 120
	assert "$(vfio_serial echo $UUID2 'each its own')" == 'each its own'
}

@test "interfaces: only a parent of mdev.h takes instance numbers and params" {
	[ -e /sys/bus/pci/devices/$PARENT/mdev_create ]
	[ ! -e /sys/class/mdev_bus/mtty/mdev_create ]
	[ ! -e /sys/class/mdev_bus/mtty/mdev_destroy ]
	create -p mtty -t mtty-1 $UUID
	[ -e $DEVICES/$UUID/uuid ]
	[ ! -e $DEVICES/$UUID/instance ]
	remove $UUID
	fails_with "Invalid argument" create -p mtty -t mtty-1 $UUID:1
	fails_with "Invalid argument" create -p mtty -t mtty-1 $UUID:0:ports=1
	assert "$(ls $DEVICES)" == ""
}

@test "interfaces: many creators of one identity, at parents of both: one wins" {
	local round i parents=("$PARENT" mtty mdpy mbochs) all_types=(medu-fact mtty-1 mdpy-vga mbochs-small)
	for round in 1 2 3 4 5; do
		for i in 0 1 2 3 0 1 2 3; do
			create -p ${parents[i]} -t ${all_types[i]} $UUID 2>/dev/null 3>&- &&
				echo won >>"$BATS_TEST_TMPDIR/won" &
		done
		wait
		assert "$(wc -l <"$BATS_TEST_TMPDIR/won")" == $round
		remove $UUID
	done
}

@test "interfaces: kvmgt beside medu" {
	modinfo kvmgt >/dev/null 2>&1 || skip "this kernel has no kvmgt"
	modprobe kvmgt
	create -p $PARENT -t medu-fact $UUID
	assert "$(vfio_user factorial $UUID 5)" == 120
	[ -e /sys/bus/mdev/drivers/intel_vgpu_mdev ]
	fails_with "No such device" write /sys/bus/mdev/drivers/intel_vgpu_mdev/bind $UUID
	modprobe -r kvmgt
	assert "$(vfio_user factorial $UUID 5)" == 120
}
