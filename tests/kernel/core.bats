# SPDX-License-Identifier: GPL-2.0-or-later
# The core, as user space meets it in sysfs: parents, types, instances, machines, identities.
#
# Theory of operation: medu offers two types, fact and dma, on each of two edu devices, with eight
# instances each. The files are those of kmod/ABI.rst.

load kernel
load medu

@test "a registered parent is linked in the class mdev_bus" {
	assert "$(ls /sys/class/mdev_bus)" == "$PARENT"$'\n'"$OTHER_PARENT"
	assert "$(readlink -f /sys/class/mdev_bus/$PARENT)" == "$(readlink -f /sys/bus/pci/devices/$PARENT)"
}

@test "a parent shows its types, one value a file" {
	assert "$(ls "$(types)")" == $'medu-dma\nmedu-fact'
	assert "$(cat "$(types)/medu-fact/device_api")" == vfio-pci
	assert "$(cat "$(types)/medu-fact/available_instances")" == 8
	assert "$(cat "$(types)/medu-fact/name")" == "edu factorial engine"
	assert "$(cat "$(types)/medu-dma/description")" =~ dma=yes
	assert "$(stat -c %a "$(types)/medu-fact/create")" == 200
}

@test "an instance comes by the type's create and goes by its remove" {
	create $UUID
	assert "$(cat $DEVICES/$UUID/uuid)" == $UUID
	assert "$(cat $DEVICES/$UUID/instance)" == 0
	assert "$(cat $DEVICES/$UUID/state)" == stopped
	assert "$(readlink -f $DEVICES/$UUID/mdev_type)" == "$(readlink -f "$(types)/medu-fact")"
	assert "$(readlink -f "$(types)/medu-fact/devices/$UUID")" == "$(readlink -f $DEVICES/$UUID)"
	assert "$(basename "$(readlink -f $DEVICES/$UUID/driver)")" == vfio_mdev
	[ -c "/dev/vfio/$(basename "$(readlink $DEVICES/$UUID/iommu_group)")" ]
	assert "$(cat "$(types)/medu-dma/available_instances")" == 7
	remove $UUID
	[ ! -e $DEVICES/$UUID ]
	[ ! -e "$(types)/medu-fact/devices/$UUID" ]
	assert "$(cat "$(types)/medu-dma/available_instances")" == 8
}

@test "an instance number is part of the identity and of the name" {
	create $UUID:7
	assert "$(cat $DEVICES/$UUID-7/instance)" == 7
	create $UUID:8
	create $UUID
	assert "$(ls "$(types)/medu-fact/devices" | wc -l)" == 3
}

@test "a UUID without a number is instance 0" {
	create $UUID
	fails_with "File exists" create $UUID:0
	remove $UUID
	create $UUID:0
	[ -e $DEVICES/$UUID-0 ]
	fails_with "File exists" create $UUID
}

@test "an identity is taken on the whole host" {
	create $UUID
	fails_with "File exists" create $UUID
	fails_with "File exists" create -t medu-dma $UUID
	fails_with "File exists" create -p $OTHER_PARENT $UUID
	assert "$(cat "$(types $OTHER_PARENT)/medu-fact/available_instances")" == 8
}

@test "an upper-case UUID is the same identity" {
	create $UUID
	fails_with "File exists" create "${UUID^^}"
}

@test "both types draw on one pool of instances" {
	types=(medu-dma medu-fact)
	for i in 1 2 3 4 5 6 7 8; do
		create -t ${types[i % 2]} $UUID:$i
	done
	fails_with "Too many users" create $UUID2
	fails_with "Too many users" create -t medu-dma $UUID2
	create -p $OTHER_PARENT $UUID2
	remove $UUID-3
	create $UUID3
}

@test "mdev_create takes the type from the params" {
	parent=/sys/bus/pci/devices/$PARENT
	write $parent/mdev_create "$UUID:1:type=medu-fact"
	assert "$(basename "$(readlink $DEVICES/$UUID-1/mdev_type)")" == medu-fact
	write $parent/mdev_create "$UUID:2:seed=5,type=medu-dma"
	assert "$(basename "$(readlink $DEVICES/$UUID-2/mdev_type)")" == medu-dma
	write $parent/mdev_create "$UUID:3:type=medu-dma,seed=5"
	run vfio_user info $UUID-3
	assert "$output" =~ "liveness 0x5"
	fails_with "Invalid argument" write $parent/mdev_create "$UUID:4"
	fails_with "Invalid argument" write $parent/mdev_create "$UUID:4:type=medu"
	fails_with "Invalid argument" write $parent/mdev_create "$UUID:4:type=medu-factor"
	fails_with "Invalid argument" write $parent/mdev_create "$UUID:4:type=medu-fact,type=medu-fact"
	fails_with "Invalid argument" write $parent/mdev_create "$UUID:4:type="
	fails_with "Invalid argument" write $parent/mdev_create "$UUID:type=medu-fact"
	fails_with "Invalid argument" write $parent/mdev_create "$UUID:4:type=medu-fact,seed="
	assert "$(ls $DEVICES | wc -l)" == 3
}

@test "mdev_destroy removes the parent's instances, and only those" {
	parent=/sys/bus/pci/devices/$PARENT
	create $UUID:1
	create $UUID
	create -p $OTHER_PARENT $UUID2
	write $parent/mdev_destroy "$UUID:1"
	[ ! -e $DEVICES/$UUID-1 ]
	write $parent/mdev_destroy $UUID$'\n'
	[ ! -e $DEVICES/$UUID ]
	fails_with "No such device" write $parent/mdev_destroy $UUID
	fails_with "No such device" write $parent/mdev_destroy $UUID2
	fails_with "Invalid argument" write $parent/mdev_destroy $UUID2:0:x
	[ -e $DEVICES/$UUID2 ]
}

@test "the driver gets the params untouched, and can refuse them" {
	create $UUID:seed=0x11
	run vfio_user info $UUID
	assert "$output" =~ "liveness 0x11"
	create $UUID:1:seed=7
	fails_with "Invalid argument" create $UUID2:seed
	fails_with "Invalid argument" create $UUID2:seed=x
	fails_with "Invalid argument" create $UUID2:1:seed=1,seed=2
	fails_with "Invalid argument" create $UUID2:colour=blue
	assert "$(cat "$(types)/medu-fact/available_instances")" == 6
}

@test "malformed identities are refused with EINVAL" {
	long=$(printf '%4096s' '' | tr ' ' x)
	for text in x "${UUID%?}" "${UUID}1" "${UUID}-1" " $UUID" "$UUID " "$UUID:" "$UUID:1:" \
		"$UUID::" "$UUID:-1" "$UUID:4294967296" "$UUID:99999999999999999999" \
		"${UUID//-/}" "{$UUID}" "${UUID/5f/g0}" "$UUID"$'\n\n' "$UUID"$'\n'x \
		"../../$UUID" "$UUID:seed=$long" "$long"; do
		fails_with "Invalid argument" create "$text"
	done
	for text in "$UUID\\0" '\n'; do
		# shellcheck disable=SC2059 # the escapes are to be heeded
		run bash -c 'printf "$1" >"$2"' -- "$text" "$(types)/medu-fact/create"
		[ "$status" -ne 0 ]
	done
	assert "$(ls $DEVICES)" == ""
}

@test "the greatest instance number is taken" {
	create $UUID:4294967295
	assert "$(cat $DEVICES/$UUID-4294967295/instance)" == 4294967295
}

@test "remove takes a number; zero does nothing" {
	create $UUID
	write $DEVICES/$UUID/remove 0
	[ -e $DEVICES/$UUID ]
	fails_with "Invalid argument" write $DEVICES/$UUID/remove x
	fails_with "Invalid argument" write $DEVICES/$UUID/remove "1 1"
	fails_with "Invalid argument" write $DEVICES/$UUID/remove 99999999999999999999
	write $DEVICES/$UUID/remove $'1\n'
	[ ! -e $DEVICES/$UUID ]
}

@test "an identity can be used again at once" {
	for i in $(seq 50); do
		create $UUID
		remove $UUID
	done
}

# drivers_autoprobe off, then a driver that probes asynchronously
@test "an instance is bound when create returns, however the driver core binds" {
	echo 0 >/sys/bus/mdev/drivers_autoprobe
	run create $UUID
	echo 1 >/sys/bus/mdev/drivers_autoprobe
	assert "$status$output" == 0
	assert "$(basename "$(readlink -f $DEVICES/$UUID/driver)")" == vfio_mdev
	remove $UUID
	modprobe -r vfio_mdev
	modprobe vfio_mdev async_probe=1
	create $UUID
	assert "$(basename "$(readlink -f $DEVICES/$UUID/driver)")" == vfio_mdev
	[ -c "/dev/vfio/$(basename "$(readlink $DEVICES/$UUID/iommu_group)")" ]
	remove $UUID
	modprobe -r vfio_mdev
	modprobe vfio_mdev
}

# With DEBUG_KOBJECT_RELEASE, objects are released after the modules have gone.
@test "the modules unload at once after their last instance" {
	local i
	for i in 1 2 3; do
		create $UUID
		create -p $OTHER_PARENT -t medu-dma $UUID2
		remove $UUID
		modprobe -r medu
		modprobe -r vfio_mdev
		[ ! -e /sys/module/mdev ]
		wait_for_unloaded
		load_modules
	done
}

@test "start and stop reach every instance of the machine, on every parent" {
	create $UUID
	create -p $OTHER_PARENT $UUID:1
	create $UUID2
	write /sys/class/mdev/mdev_start $UUID
	assert "$(cat $DEVICES/$UUID/state $DEVICES/$UUID-1/state $DEVICES/$UUID2/state)" == \
		$'started\nstarted\nstopped'
	write /sys/class/mdev/mdev_start $UUID
	write /sys/class/mdev/mdev_stop $UUID$'\n'
	assert "$(cat $DEVICES/$UUID/state $DEVICES/$UUID-1/state)" == $'stopped\nstopped'
	write /sys/class/mdev/mdev_stop $UUID
}

@test "a start that fails half way starts nothing" {
	create $UUID:1
	create $UUID:2
	create $UUID:3
	echo 2 >/sys/module/medu/parameters/max_started
	fails_with "Device or resource busy" write /sys/class/mdev/mdev_start $UUID
	echo 0 >/sys/module/medu/parameters/max_started
	assert "$(cat $DEVICES/$UUID-{1,2,3}/state)" == $'stopped\nstopped\nstopped'
	# The driver has been told to stop the first two: it can start three again.
	echo 3 >/sys/module/medu/parameters/max_started
	write /sys/class/mdev/mdev_start $UUID
	echo 0 >/sys/module/medu/parameters/max_started
	assert "$(cat $DEVICES/$UUID-{1,2,3}/state)" == $'started\nstarted\nstarted'
}

@test "an instance that is started is stopped when it is removed" {
	create $UUID
	write /sys/class/mdev/mdev_start $UUID
	remove $UUID
	echo 1 >/sys/module/medu/parameters/max_started
	create $UUID2
	write /sys/class/mdev/mdev_start $UUID2
	echo 0 >/sys/module/medu/parameters/max_started
	assert "$(cat $DEVICES/$UUID2/state)" == started
}

@test "start and stop refuse what is no machine" {
	create $UUID
	fails_with "No such device" write /sys/class/mdev/mdev_start $UUID2
	fails_with "No such device" write /sys/class/mdev/mdev_stop $UUID2
	for text in x "$UUID:0" "$UUID:x" "$UUID "; do
		fails_with "Invalid argument" write /sys/class/mdev/mdev_start "$text"
		fails_with "Invalid argument" write /sys/class/mdev/mdev_stop "$text"
	done
	assert "$(cat $DEVICES/$UUID/state)" == stopped
}

@test "the driver's attributes are there, and keep what is written" {
	create $UUID
	printf 'runner 1\n' >$DEVICES/$UUID/medu/label
	assert "$(cat $DEVICES/$UUID/medu/label)" == "runner 1"
	assert "$(cat $DEVICES/$UUID/medu/jobs)" == 0
	fails_with "Invalid argument" write $DEVICES/$UUID/medu/label "$(printf '%64s' x)"
	write $DEVICES/$UUID/medu/label "$(printf '%63s' x)"
}

# listen SUBSYSTEM: starts udevadm monitor, which prints a line for each event; waits until it listens
listen() {
	udevadm monitor --kernel --property --subsystem-match="$1" >"$BATS_TEST_TMPDIR/events" 3>&- &
	LISTENER=$!
	wait_for grep -q KERNEL "$BATS_TEST_TMPDIR/events"
}

heard() {
	wait_for grep -q "$1" "$BATS_TEST_TMPDIR/events"
}

@test "uevents tell of instances and of machines" {
	listen mdev
	create $UUID
	heard '^ACTION=add'
	write /sys/class/mdev/mdev_start $UUID
	heard '^ACTION=online'
	write /sys/class/mdev/mdev_stop $UUID
	heard '^ACTION=offline'
	remove $UUID
	heard '^ACTION=remove'
	kill $LISTENER
	assert "$(grep -c '^ACTION=add' "$BATS_TEST_TMPDIR/events")" == 1
}

@test "uevents tell of parents" {
	listen pci
	echo $PARENT >/sys/bus/pci/drivers/medu/unbind
	heard '^MDEV_STATE=unregistered'
	echo $PARENT >/sys/bus/pci/drivers/medu/bind
	heard '^MDEV_STATE=registered'
	kill $LISTENER
}

@test "a parent that goes takes its instances along, and nothing is left" {
	create $UUID
	create $UUID:1
	create -p $OTHER_PARENT $UUID2
	echo $PARENT >/sys/bus/pci/drivers/medu/unbind
	assert "$(ls $DEVICES)" == $UUID2
	assert "$(ls /sys/class/mdev_bus)" == $OTHER_PARENT
	[ ! -e "$(types)" ]
	[ ! -e /sys/bus/pci/devices/$PARENT/mdev_create ]
	[ ! -e /sys/bus/pci/devices/$PARENT/medu ]
	echo $PARENT >/sys/bus/pci/drivers/medu/bind
	assert "$(cat "$(types)/medu-fact/available_instances")" == 8
}

@test "create fails when nothing could bind the instance" {
	modprobe -r vfio_mdev 2>/dev/null || rmmod vfio_mdev
	fails_with "No such device or address" create $UUID
	assert "$(ls $DEVICES)" == ""
	assert "$(cat "$(types)/medu-fact/available_instances")" == 8
	modprobe vfio_mdev
	create $UUID
}

@test "many creators of one identity: one wins" {
	types=(medu-dma medu-fact)
	for round in $(seq 10); do
		for i in $(seq 8); do
			create -t ${types[i % 2]} $UUID 2>/dev/null 3>&- && echo won >>"$BATS_TEST_TMPDIR/won" &
		done
		wait
		assert "$(wc -l <"$BATS_TEST_TMPDIR/won")" == "$round"
		remove $UUID
	done
}

@test "many destroyers of one instance: one wins" {
	for round in $(seq 10); do
		create $UUID
		for i in $(seq 8); do
			remove $UUID 2>/dev/null 3>&- && echo won >>"$BATS_TEST_TMPDIR/won" &
		done
		wait
		assert "$(wc -l <"$BATS_TEST_TMPDIR/won")" == "$round"
		[ ! -e $DEVICES/$UUID ]
	done
}
