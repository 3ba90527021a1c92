# SPDX-License-Identifier: GPL-2.0-or-later
# The module mvgpu itself: it does what is known of the two drivers that it stands for, and where they
# differ, each has its own errno. No mdev runs here.

load sriov

setup() {
	requires_cards
}

teardown_file() {
	! has_cards || unload_cards
	[ ! -e /sys/bus/pci/drivers/nvidia-vgpu-vfio ]
}

# refuses ERRNO-TEXT N VALUE [CARD]: a write of the type fails with this text, and changes nothing
refuses() {
	local before
	before=$(type_of "$2" "${4-$CARD}")
	run env LC_ALL=C dd of="$(file "$2" current_vgpu_type "${4-$CARD}")" status=none <<<"$3"
	echo "writing '$3' to virtual function $2 left with $status: $output"
	[ "$status" != 0 ] && [[ $output == *"$1" ]]
	assert "$(type_of "$2" "${4-$CARD}")" == "$before"
}

becomes() {
	unload_cards
	load_cards "$@"
}

HEADING="ID    : vGPU Name"

@test "the physical function has no folder of the vendor's, each virtual function has one" {
	[ ! -e $PCI/$CARD/nvidia ]
	for n in {0..15}; do
		assert "$(type_of "$n")" == 0
	done
	for n in {0..7}; do
		assert "$(type_of "$n" $OTHER_CARD)" == 0
	done
}

@test "each virtual function is in an IOMMU group of its own" {
	for device in $PCI/$CARD $PCI/$CARD/virtfn* $PCI/$OTHER_CARD $PCI/$OTHER_CARD/virtfn*; do
		assert "$(find "$device/iommu_group/devices/" -type l | wc -l)" == 1
	done
}

@test "the types that can be created are listed, for either model of card" {
	assert "$(creatable 0)" == "$HEADING
1147  : NVIDIA TEST-1Q
1148  : NVIDIA TEST-2Q
1149  : NVIDIA TEST-4Q
1150  : NVIDIA TEST-8Q"
	assert "$(creatable 7 $OTHER_CARD)" == "$HEADING
63    : NVIDIA MINI-1B
1148  : NVIDIA MINI-4B"
}

@test "vendor: a number is one line in base 10, with a newline or without" {
	refuses "Invalid argument" 0 ' 1148'
	refuses "Invalid argument" 0 ''
	refuses "Invalid argument" 0 1148x
	set_type 0 1148
	assert "$(type_of 0)" == 1148
	set_type 1 $'1148\n'
	assert "$(type_of 1)" == 1148
}

@test "vendor: errors of a type" {
	set_type 0 1150
	refuses "Operation not permitted" 0 1150
	refuses "Operation not permitted" 0 1149
	refuses "Operation not permitted" 1 0
	refuses "Input/output error" 1 4711
	refuses "Input/output error" 1 1149
	assert "$(creatable 0)" == "$HEADING"
	assert "$(creatable 1)" == "$HEADING
1150  : NVIDIA TEST-8Q"
	set_type 15 1150
	refuses "Input/output error" 1 1150
	assert "$(creatable 1)" == "$HEADING"
	set_type 0 0
	set_type 15 0
	set_type 1 1149
}

@test "vendor: outputs are there while there is a type, and params end with it" {
	fails_with "No such device or address" cat "$(file 0 placement_id)"
	fails_with "No such device or address" cat "$(file 0 gpu_instance_id)"
	fails_with "Operation not permitted" write "$(file 0 vgpu_params)" frame_rate_limiter=0
	set_type 0 1147
	assert "$(cat "$(file 0 placement_id)" "$(file 0 gpu_instance_id)")" == $'0\n0'
	fails_with "Invalid argument" write "$(file 0 vgpu_params)" frame_rate_limiter
	write "$(file 0 vgpu_params)" frame_rate_limiter=0
	assert "$(cat "$(file 0 vgpu_params)")" == frame_rate_limiter=0
	set_type 0 0
	set_type 0 1147
	assert "$(cat "$(file 0 vgpu_params)")" == ""
}

@test "vendor: a function can be opened when it has a type, and keeps it meanwhile" {
	fails_with "No such device" vfio_user info "$(vf 0)"
	set_type 0 1147
	hold_device "$(vf 0)"
	refuses "Operation not permitted" 0 0
	refuses "Operation not permitted" 0 1147
	release_device
	set_type 0 0
}

@test "vendor: slow_close has a closed function count as open for a while" {
	set_type 0 1147
	echo 3600000 >$KNOBS/slow_close
	hold_device "$(vf 0)"
	release_device
	refuses "Operation not permitted" 0 0
	# Others can be used as before.
	set_type 1 1147
	set_type 1 0
	echo 1 >$KNOBS/slow_close
	wait_for set_type 0 0
}

@test "vendor: types of different sizes fit beside each other with heterogeneous" {
	echo 1 >$KNOBS/heterogeneous
	set_type 0 1150
	set_type 1 1149
	refuses "Input/output error" 2 1150
	set_type 2 1148
	echo 0 >$KNOBS/heterogeneous
}

@test "no type outlives its virtual function" {
	set_type 0 1150
	set_type 1 1150
	driver=$(realpath $PCI/$CARD/virtfn0/driver)
	vf 0 >"$driver/unbind"
	[ ! -e "$(file 0 current_vgpu_type)" ]
	vf 0 >"$driver/bind"
	assert "$(type_of 0)" == 0
	enable $CARD 0
	enable $CARD 16
	assert "$(type_of 1)" == 0
	assert "$(creatable 1 | wc -l)" == 5
}

@test "numbers of virtual functions" {
	fails_with "Device or resource busy" write $PCI/$CARD/sriov_numvfs 3
	enable $CARD 0
	fails_with "Numerical result out of range" write $PCI/$CARD/sriov_numvfs 17
	echo 1 >$KNOBS/refuse_raw
	fails_with "Operation not permitted" write $PCI/$CARD/sriov_numvfs 16
	echo 0 >$KNOBS/refuse_raw
	enable $CARD 16
	echo 1 >$KNOBS/refuse_raw
	fails_with "Operation not permitted" write $PCI/$CARD/sriov_numvfs 0
	echo 0 >$KNOBS/refuse_raw
}

@test "a write of a type gives no uevent" {
	udevadm monitor --kernel >"$BATS_TEST_TMPDIR/events" 3>&- &
	monitor=$!
	wait_for grep -q KERNEL "$BATS_TEST_TMPDIR/events"
	set_type 0 1147
	# What comes after it is there.
	echo change >$PCI/$CARD/uevent
	wait_for grep -q "change.*$CARD " "$BATS_TEST_TMPDIR/events"
	kill $monitor
	[[ $(<"$BATS_TEST_TMPDIR/events") != *"$(vf 0)"* ]]
}

@test "rfc: the functions have a driver of their own" {
	becomes flavour=rfc
	assert "$(basename "$(realpath $PCI/$CARD/driver)")" == nova-core
	assert "$(basename "$(realpath "$PCI/$(vf 0)/driver")")" == nvidia-vgpu-vfio
	assert "$(type_of 15)" == 0
}

@test "rfc: errors of a type" {
	assert "$(creatable 0 | head -n 1)" == "$HEADING"
	set_type 1 0
	set_type 0 1150
	refuses "No such device" 1 4711
	refuses "Invalid argument" 1 1149
	assert "$(creatable 0)" == ""
	assert "$(creatable 1)" == "1150  : NVIDIA TEST-8Q"
	set_type 1 1150
	refuses "No space left on device" 2 1150
	assert "$(creatable 2)" == ""
}

@test "rfc: whatever is written to an open function is refused" {
	fails_with "No such device" vfio_user info "$(vf 0)"
	set_type 0 1147
	hold_device "$(vf 0)"
	refuses "Device or resource busy" 0 0
	refuses "Device or resource busy" 0 1147
	release_device
	set_type 0 0
}

# What is counted twice is free again when the module is loaded again.
@test "rfc: a type that is written again counts twice" {
	set_type 0 1150
	set_type 0 1150
	refuses "No space left on device" 1 1150
	set_type 0 0
	assert "$(creatable 1)" == "1150  : NVIDIA TEST-8Q"
	becomes flavour=rfc
	assert "$(creatable 1 | wc -l)" == 5
}

@test "a flavour that there is not is refused" {
	unload_cards
	fails_with "Invalid argument" modprobe mvgpu flavour=strawberry
	load_cards
}
