# SPDX-License-Identifier: GPL-2.0-or-later
# The command with the kernel's own vfio_ccw, whose parents are I/O subchannels: on the kernel's own core,
# and, the same module unchanged, on ours. The machine has two subchannels for that: those of the channel
# devices 0.0.1001 (rng) and 0.0.1002 (balloon).

load ../kernel/kernel

TYPE=vfio_ccw-io
CSS=/sys/bus/css

setup_file() {
	bats_require_minimum_version 1.5.0
	modprobe vfio_iommu_type1
	modprobe vfio_ccw
	await_online
	RNG=$(subchannel_of 0.0.1001)
	BALLOON=$(subchannel_of 0.0.1002)
	export RNG BALLOON
}

setup() {
	PARENT=$RNG OTHER_PARENT=$BALLOON
	[ "$(driver_of "$PARENT")" = vfio_ccw ] || take "$PARENT"
}

teardown() {
	remove_devices
	rm -f "/etc/mdev.d/$UUID.conf"
	give_back "$OTHER_PARENT"
}

teardown_file() {
	give_back "$RNG"
	modprobe -r vfio_ccw
	wait_for_unloaded
}

# subchannel_of NUMBER: that of a channel device which has its driver
subchannel_of() {
	basename "$(dirname "$(readlink -f "/sys/bus/ccw/devices/$1")")"
}

driver_of() {
	basename "$(readlink -f "$CSS/devices/$1/driver")"
}

# rebind SUBCHANNEL DRIVER OVERRIDE
rebind() {
	echo "$3" >"$CSS/devices/$1/driver_override"
	[ ! -e "$CSS/devices/$1/driver" ] || echo "$1" >"$CSS/devices/$1/driver/unbind"
	echo "$1" >"$CSS/drivers/$2/bind"
}

take() {
	rebind "$1" vfio_ccw vfio_ccw
}

give_back() {
	[ "$(driver_of "$1")" = io_subchannel ] || rebind "$1" io_subchannel ""
	await_online
}

# What sets a device online runs in the background, and does not notice that the subchannel is taken away:
# its program would be written where vfio_ccw by then has data of its own.
await_online() {
	local device
	for device in /sys/bus/ccw/devices/*; do
		wait_for grep -qx 1 "$device/online"
	done
}

# refused PATTERN ARGUMENT...: mdev fails with status 1 and one line that matches
refused() {
	local pattern=$1
	shift
	run -1 --separate-stderr mdev "$@"
	assert "$output" == ""
	assert "$(wc -l <<<"$stderr")" == 1
	assert "$stderr" =~ "$pattern" "mdev $*"
}

# hold HOW: opens the instance, and keeps it as vfio_ccw_user does
hold() {
	local line
	coproc USER { exec vfio_ccw_user "$1" "$UUID" 3>&-; }
	# bash closes its own end as soon as the program has ended.
	exec {USER_OUT}<&"${USER[0]}"
	HELD_BY=$USER_PID
	read -r -t "$HANG" line <&"$USER_OUT"
	assert "$line" == open
}

let_go() {
	kill "$HELD_BY"
	wait "$HELD_BY" || :
}

@test "ccw: this machine is big-endian, and the core is the one under test" {
	assert "$(printf '\x01\x02' | od -An -tx2 | tr -d ' ')" == 0102
	run -0 mdev --version
	case $MDEV_TEST_CORE in
	ours) assert "${lines[1]}" == "mdev core in the kernel: this project's, $(modinfo -F version mdev)" ;;
	in-tree) assert "${lines[1]}" =~ "mdev core in the kernel: the kernel's own, 0.1" ;;
	esac
	# The module is the one that was built with the kernel, on either core.
	assert "$(modinfo -n vfio_ccw)" == "/lib/modules/$(uname -r)/kernel/drivers/s390/cio/vfio_ccw.ko"
}

@test "ccw: a subchannel has one type, of which there is one instance" {
	run -0 mdev types -p "$PARENT" --json
	assert "$(jq -c '.. | objects | select(.type?) | [.type, .name, .device_api, .available_instances]' <<<"$output")" \
		== "[\"$TYPE\",\"I/O subchannel (Non-QDIO)\",\"vfio-ccw\",1]" "$output"
	run -0 mdev types
	assert "$output" =~ "$PARENT" "types"
	assert "$output" =~ "$TYPE" "types"
}

@test "ccw: an instance is created, found, shown and destroyed" {
	run -0 mdev create "$UUID" -p "$PARENT" -t "$TYPE"
	assert "$output" == "$UUID"
	assert "$(basename "$(dirname "$(readlink -f "$DEVICES/$UUID")")")" == "$PARENT"
	[ -c "/dev/vfio/$(basename "$(readlink "$DEVICES/$UUID/iommu_group")")" ]
	run -0 mdev list --raw --noheadings
	assert "$output" =~ "^$UUID +.*$PARENT +$TYPE"
	run -0 mdev show "$UUID"
	assert "$output" =~ "$PARENT"
	run -0 mdev list --json
	assert "$(jq -r '.. | objects | select(.uuid?) | .uuid' <<<"$output")" == "$UUID" "$output"
	refused "$PARENT.*$TYPE" create "$UUID2" -p "$PARENT" -t "$TYPE"
	run -0 mdev destroy "$UUID"
	[ ! -e "$DEVICES/$UUID" ]
	# At once again
	run -0 mdev create "$UUID" -p "$PARENT" -t "$TYPE"
	run -0 mdev destroy "$UUID"
}

@test "ccw: what does not fit is refused, and nothing is made" {
	refused "no type.*vfio_ccw-nothing|vfio_ccw-nothing" create "$UUID" -p "$PARENT" -t vfio_ccw-nothing
	refused "instance" create "$UUID" --instance 3 -p "$PARENT" -t "$TYPE"
	refused "param" create "$UUID" --params a=1 -p "$PARENT" -t "$TYPE"
	assert "$(ls "$DEVICES")" == ""
}

@test "ccw: a subchannel that has another driver is no parent, and the message says how it becomes one" {
	assert "$(driver_of "$OTHER_PARENT")" == io_subchannel
	local way="bind it to 'vfio_ccw' .driverctl -b css set-override $OTHER_PARENT vfio_ccw.$"
	refused "subchannel '$OTHER_PARENT' is bound to 'io_subchannel', for this system's own use: $way" \
		create "$UUID" -p "$OTHER_PARENT" -t "$TYPE"
	refused "device '0.0.1002' is no parent, but its subchannel can be: subchannel '$OTHER_PARENT'.*$way" \
		types -p 0.0.1002
	assert "$(ls "$DEVICES")" == ""
}

@test "ccw: what is defined is made by apply, once" {
	mdev define "$UUID" -p "$PARENT" -t "$TYPE" --auto
	mdev apply
	assert "$(ls "$DEVICES")" == "$UUID"
	run -0 --separate-stderr mdev apply
	assert "$output$stderr" == "1 kept"
}

@test "ccw: what is defined comes by udev when the subchannel is bound" {
	mdev define "$UUID" -p "$OTHER_PARENT" -t "$TYPE" --auto
	run -0 --separate-stderr mdev apply
	assert "$stderr" =~ "absent|subchannel '$OTHER_PARENT'" "apply, before"
	[ ! -e "$DEVICES/$UUID" ]
	take "$OTHER_PARENT"
	wait_for test -e "$DEVICES/$UUID/mdev_type"
	udevadm settle
	run -0 --separate-stderr mdev apply
	assert "$output$stderr" == "1 kept"
}

@test "ccw: definitions go out as JSON and come in again" {
	mdev define "$UUID" -p "$PARENT" -t "$TYPE" --auto
	run -0 mdev show "$UUID" --json
	local before=$output
	run -0 mdev export
	echo "$output" >"$BATS_TEST_TMPDIR/definitions.json"
	assert "$(jq -r ".[0][\"$PARENT\"][0] | keys[0]" "$BATS_TEST_TMPDIR/definitions.json")" == "$UUID"
	mdev undefine "$UUID"
	mdev import "$BATS_TEST_TMPDIR/definitions.json"
	run -0 mdev show "$UUID" --json
	assert "$output" == "$before"
}

@test "ccw: an instance is a subchannel for its user: it runs a channel program" {
	mdev create "$UUID" -p "$PARENT" -t "$TYPE"
	run -0 vfio_ccw_user info "$UUID"
	assert "${lines[0]}" =~ "ccw 1 regions [0-9]+ irqs 3"
	# What the control unit of a channel device of virtio says of itself; 04 is an rng.
	run -0 vfio_ccw_user sense "$UUID"
	assert "$output" == "unit 3832 model 04"
}

@test "ccw: an instance in use is not destroyed, and its user is named" {
	mdev create "$UUID" -p "$PARENT" -t "$TYPE"
	hold hold
	refused "$HELD_BY.*vfio_ccw_user" destroy "$UUID"
	refused "$HELD_BY.*vfio_ccw_user" destroy "$UUID" --wait=1
	run -0 mdev show "$UUID"
	assert "$output" =~ "PID $HELD_BY 'vfio_ccw_user'"
	mdev destroy --wait "$UUID" 3>&- &
	local waiting=$!
	let_go
	wait "$waiting"
	[ ! -e "$DEVICES/$UUID" ]
}

@test "ccw: the user of a subchannel that is taken away is asked to go, and goes" {
	mdev create "$UUID" -p "$PARENT" -t "$TYPE"
	hold yield
	local line
	echo "$PARENT" >"$CSS/drivers/vfio_ccw/unbind" 3>&- &
	local unbinding=$!
	read -r -t "$HANG" line <&"$USER_OUT"
	assert "$line" == asked
	wait "$HELD_BY" || :
	wait "$unbinding"
	[ ! -e "$DEVICES/$UUID" ]
	[ ! -e "/sys/class/mdev_bus/$PARENT" ]
}

@test "ccw: monitor tells of instances and parents" {
	cd "$BATS_TEST_TMPDIR"
	mdev monitor >out 2>errors 3>&- &
	local pid=$!
	wait_for grep -q parent out
	mdev create "$UUID" -p "$PARENT" -t "$TYPE"
	wait_for grep -q "create $UUID parent $PARENT type $TYPE" out
	mdev destroy "$UUID"
	wait_for grep -q "destroy $UUID parent $PARENT type $TYPE" out
	take "$OTHER_PARENT"
	wait_for grep -q "$OTHER_PARENT" out
	kill "$pid"
	wait "$pid" || :
	assert "$(<errors)" == ""
}

# The emulated machine has no adjunct processors.
@test "ccw: vfio_ap loads as far as there is hardware for it" {
	run -1 modprobe vfio_ap
	assert "$output" =~ "No such device"
	! dmesg | grep -E 'vfio_ap: (disagrees|Unknown symbol)'
}
