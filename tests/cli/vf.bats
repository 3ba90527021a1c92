#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual functions that are given away as they are, by a driver of VFIO: on a made root, where nothing
# happens by itself.

load ../helpers

CARD=0000:41:00.0

setup() {
	make_root
	PCI=$ROOT/sys/bus/pci
	make_physical $CARD 4
	make_vfio
}

# make_physical ADDRESS COUNT: a device with so many virtual functions, from the next address on
make_physical() {
	local dir=$PCI/devices/$1 number function
	mkdir -p "$dir"
	echo 8 > "$dir/sriov_totalvfs"
	echo "$2" > "$dir/sriov_numvfs"
	echo 1 > "$dir/sriov_offset"
	echo 1 > "$dir/sriov_stride"
	printf '%s\n' 0x10de > "$dir/vendor"
	printf '%s\n' 0x2235 > "$dir/device"
	for ((number = 0; number < $2; number++)); do
		function=${1%.*}.$((number + 1))
		mkdir -p "$PCI/devices/$function"
		ln -s "../$function" "$dir/virtfn$number"
		ln -s "../$1" "$PCI/devices/$function/physfn"
		echo '(null)' > "$PCI/devices/$function/driver_override"
		echo 'pci:v00008086d000056C0sv00008086sd00000000bc03sc80i00' > "$PCI/devices/$function/modalias"
		: > "$PCI/devices/$function/remove"
		: > "$PCI/devices/$function/reset"
	done
}

# VFIO for PCI is loaded, with its driver for any device.
make_vfio() {
	mkdir -p "$ROOT/sys/module/vfio_pci_core/holders/vfio_pci" "$ROOT/sys/module/vfio_pci/drivers"
	mkdir -p "$PCI/drivers/vfio-pci"
	ln -s ../../../bus/pci/drivers/vfio-pci "$ROOT/sys/module/vfio_pci/drivers/pci:vfio-pci"
	: > "$PCI/drivers/vfio-pci/bind"
	: > "$PCI/drivers/vfio-pci/unbind"
}

# vf N: the address of virtual function N
vf() {
	echo "${CARD%.*}.$(($1 + 1))"
}

# bind N DRIVER: virtual function N has that driver
bind() {
	local folder
	folder=$PCI/devices/$(vf "$1")
	mkdir -p "$PCI/drivers/$2"
	ln -s "../../drivers/$2" "$folder/driver"
	ln -s "../../devices/$(vf "$1")" "$PCI/drivers/$2/$(vf "$1")"
	[ "$2" != vfio-pci ] || echo vfio-pci > "$folder/driver_override"
}

# record N UUID: mdev has bound virtual function N
record() {
	mkdir -p "$ROOT/run/mdev/vf"
	echo "$2 vfio-pci" > "$ROOT/run/mdev/vf/$(vf "$1")"
	ln -sf "$(vf "$1")" "$ROOT/run/mdev/vf/$2"
	bind "$1" vfio-pci
}

# override N: what its driver_override has
override() {
	head -n 1 "$PCI/devices/$(vf "$1")/driver_override"
}

# By another program: uuid5(NAMESPACE_URL, "pci:0000:41:00.2")
FOREIGN=$(python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "pci:0000:41:00.2"))' 2> /dev/null)

@test "the types of a device's virtual functions are the drivers of VFIO, with how many nobody uses" {
	bind 1 vfio-pci
	bind 2 nvme
	mdev --root "$ROOT" types -p $CARD --raw --noheadings -o parent,type,available,api
	assert "$output" == "$CARD vfio-pci 2 vfio-pci"
	mkdir -p "$ROOT/proc/sys/kernel" "$ROOT/lib/modules/6.9.0-test"
	echo 6.9.0-test > "$ROOT/proc/sys/kernel/osrelease"
	printf '%s\n' 'alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci' 'alias vfio_pci:v00008086d*sv*sd*bc03sc80i* xe_vfio_pci' \
		> "$ROOT/lib/modules/6.9.0-test/modules.alias"
	mdev --root "$ROOT" types -p 41:00.0 --raw --noheadings -o type,available
	assert "$output" == "vfio-pci 2
xe-vfio-pci 2"
}

@test "a device with virtual functions is among the parents that are listed where VFIO for PCI is loaded" {
	mdev --root "$ROOT" types --raw --noheadings -o parent,type
	assert "$output" =~ "$CARD vfio-pci"
	rm -r "$ROOT/sys/module" "$PCI/drivers"
	mdev --root "$ROOT" types --raw --noheadings -o parent,type
	assert "$output" !~ "$CARD"
	mdev --root "$ROOT" types -p $CARD --raw --noheadings -o parent,type
	assert "$output" == "$CARD vfio-pci"
}

@test "a device without virtual functions, or whose functions are not enabled, is no parent" {
	echo 0 > "$PCI/devices/$CARD/sriov_numvfs"
	ln -s ../../drivers/xe "$PCI/devices/$CARD/driver"
	refused 1 "'$CARD' .*of which 0 of 8 are enabled" --root "$ROOT" types -p $CARD
	refused 1 "'0000:01:00.0' offers no type|has no driver|unknown|no type 'vfio-pci'" \
		--root "$ROOT" create "$U1" -p 0000:01:00.0 -t vfio-pci
}

@test "what VFIO has is listed, by its record or by its address" {
	record 0 "$U1"
	bind 1 vfio-pci
	bind 2 nvme
	mdev --root "$ROOT" list --active --raw --noheadings -o uuid,parent,type
	assert "$output" == "$(printf '%s\n' "$U1 $CARD vfio-pci" "$FOREIGN $CARD vfio-pci" | sort)"
	mdev --root "$ROOT" list -p $CARD --json
	assert "$output" =~ '"parent":"0000:41:00.0"'
	mdev --root "$ROOT" show "$U1"
	assert "$output" =~ "vfio-pci"
}

@test "a record of something else does not count" {
	record 0 "$U1"
	echo "$U1 other-vfio-pci" > "$ROOT/run/mdev/vf/$(vf 0)"
	mdev --root "$ROOT" list --active --raw --noheadings -o uuid
	assert "$output" != "$U1"
	echo "$U2 vfio-pci" > "$ROOT/run/mdev/vf/$(vf 1)"
	mdev 1 --root "$ROOT" show "$U2"
}

@test "a device that is given away as a whole, and functions that need a vendor's type, are no instances" {
	mkdir -p "$PCI/devices/0000:42:00.0"
	ln -s ../../devices/0000:42:00.0 "$PCI/drivers/vfio-pci/0000:42:00.0"
	mkdir -p "$ROOT/sys/module/vfio_pci_core/holders/mvgpu" "$ROOT/sys/module/mvgpu/drivers"
	ln -s ../../../bus/pci/drivers/other "$ROOT/sys/module/mvgpu/drivers/pci:other"
	bind 0 other
	# The same driver has the card, which comes first.
	ln -s ../../devices/$CARD "$PCI/drivers/other/$CARD"
	mkdir "$PCI/devices/$(vf 0)/nvidia"
	echo 0 > "$PCI/devices/$(vf 0)/nvidia/current_vgpu_type"
	mdev --root "$ROOT" list --active --raw --noheadings -o uuid
	assert "$output" == ""
}

# The made root does not bind anything: the driver that says that it did is not believed.
@test "an instance is made by the override and the driver's bind, read back, and undone" {
	refused 1 "driver 'vfio-pci' took it, but now it has none$" --root "$ROOT" create "$U1" -p $CARD -t vfio-pci
	assert "$(< "$PCI/drivers/vfio-pci/bind")" == "$(vf 0)"
	for number in 0 1 2 3; do
		assert "$(override $number)" =~ "^(\(null\)|)$" "function $number"
	done
	[ ! -e "$ROOT/run/mdev/vf/$U1" ]
	[ ! -e "$ROOT/run/mdev/vf/$(vf 0)" ]
}

@test "a function that has a driver is not taken, and the message says how to free it" {
	local number
	for number in 0 1 2 3; do
		bind $number nvme
	done
	refused 1 "no virtual function of parent '$CARD' is left: of 4, 0 are named by other definitions; $(vf 0) has driver 'nvme', for this host's own use \(unbind it: echo $(vf 0) > /sys/bus/pci/drivers/nvme/unbind\), $(vf 1) " \
		--root "$ROOT" create "$U1" -p $CARD -t vfio-pci
	printf '[%s]\nparent = %s\ntype = vfio-pci\nvf = 2\n' "$U1" $CARD | make_definition a.conf
	refused 1 "virtual function 2 \($(vf 2)\) has driver 'nvme', for this host's own use" --root "$ROOT" create "$U1"
	assert "$(< "$PCI/drivers/vfio-pci/bind")" == ""
}

@test "a function that is kept for a driver is not taken, unless an ended run of mdev has left that" {
	echo vfio-pci > "$PCI/devices/$(vf 1)/driver_override"
	printf '[%s]\nparent = %s\ntype = vfio-pci\nvf = 1\n' "$U1" $CARD | make_definition a.conf
	refused 1 "virtual function 1 \($(vf 1)\) is kept for driver 'vfio-pci' \(clear that: echo > /sys/bus/pci/devices/$(vf 1)/driver_override\)$" \
		--root "$ROOT" create "$U1"
	assert "$(override 1)" == vfio-pci
	mkdir -p "$ROOT/run/mdev/vf"
	echo "$U2 vfio-pci" > "$ROOT/run/mdev/vf/$(vf 1)"
	refused 1 "took it, but now it has none" --root "$ROOT" create "$U1"
	assert "$(override 1)" == ""
}

@test "a type that is neither any driver's nor the device's own is refused" {
	refused 1 "evil-vfio-pci" --root "$ROOT" create "$U1" -p $CARD -t evil-vfio-pci
	mdev 1 --root "$ROOT" create "$U1" -p $CARD -t soft-1
	refused 1 "type 'vfio-pci' takes no parameters" --root "$ROOT" create "$U1" -p $CARD -t vfio-pci --params x=1
	assert "$(< "$PCI/drivers/vfio-pci/bind")" == ""
}

@test "files of the kernel's are no attributes of a virtual function" {
	local name
	record 0 "$U1"
	for name in driver_override remove reset config resource0 enable ../virtfn1/remove driver/unbind physfn/sriov_numvfs; do
		run --separate-stderr "$MDEV" --root "$ROOT" create "$U2" -p $CARD -t vfio-pci -a "$name=1"
		[ "$status" -ne 0 ]
		assert "$stderr" =~ "is the kernel's own file, not an attribute|cannot be the name of an attribute" "$name"
		run "$MDEV" --root "$ROOT" modify "$U1" --live -a "$name=1"
		[ "$status" -ne 0 ] || { echo "$name is an attribute"; return 1; }
	done
	assert "$(cat "$PCI/devices/$(vf 0)/remove" "$PCI/devices/$(vf 0)/reset")" == ""
	assert "$(override 0)" == vfio-pci
}

@test "what Xe lets one set of a virtual function is its attributes" {
	local profile=$PCI/devices/$CARD/sriov_admin/vf1/profile
	record 0 "$U1"
	refused 1 "has no attribute 'profile/exec_quantum_ms'" --root "$ROOT" modify "$U1" --live -a profile/exec_quantum_ms=20
	mkdir -p "$profile"
	echo 0 > "$profile/exec_quantum_ms"
	: > "$profile/../stop"
	mdev --root "$ROOT" modify "$U1" --live -a profile/exec_quantum_ms=20
	assert "$(< "$profile/exec_quantum_ms")" == 20
	mdev --root "$ROOT" show "$U1"
	assert "$output" =~ "profile/exec_quantum_ms = 20"
	assert "$output" !~ stop
	refused 1 "'stop' is the kernel's own file" --root "$ROOT" modify "$U1" --live -a stop=1
}

@test "a parent is found by its address, path, port, vendor and device, and udev's ID_PATH" {
	local way dir=$ROOT/sys/devices/pci0000:40/0000:40:01.0/$CARD
	mkdir -p "${dir%/*}"
	mv "$PCI/devices/$CARD" "$dir"
	ln -s "../../../devices/pci0000:40/0000:40:01.0/$CARD" "$PCI/devices/$CARD"
	ln -srf "$PCI/devices/$(vf 0)" "$dir/virtfn0"
	ln -s ../../../../bus/pci "$dir/subsystem"
	printf 'DRIVER=xe\n' > "$dir/uevent"
	printf 'I:1\nE:ID_PATH=pci-%s\n' $CARD > "$ROOT/run/udev/data/+pci:$CARD"
	for way in $CARD 41:00.0 /sys/bus/pci/devices/$CARD "/sys/devices/pci0000:40/0000:40:01.0" \
		"/sys/devices/pci0000:40/0000:40:01.0/$CARD" pci:10de:2235 udev:ID_PATH=pci-$CARD; do
		mdev --root "$ROOT" types -p "$way" --raw --noheadings -o parent,type
		assert "$output" == "$CARD vfio-pci" "$way"
	done
}

@test "who names a virtual function means its device, and that function" {
	refused 1 "driver 'vfio-pci' took it, but now it has none$" --root "$ROOT" create "$U1" -p "$(vf 2)" -t vfio-pci
	assert "$(< "$PCI/drivers/vfio-pci/bind")" == "$(vf 2)"
	record 3 "$U2"
	mdev --root "$ROOT" show "$(vf 3)"
	assert "$output" =~ ^$U2
	printf '[%s]\nparent = %s\ntype = vfio-pci\n' "$U2" "$(vf 3)" | make_definition a.conf
	mdev --root "$ROOT" apply "$U2"
	assert "$output" == "1 kept"
}

@test "a listing looks at the devices of VFIO alone, and not at all where there is none" {
	local number
	requires strace
	export ASAN_OPTIONS=detect_leaks=0
	for ((number = 0; number < 300; number++)); do
		mkdir -p "$PCI/devices/$(printf '0001:%02x:%02x.0' $((number / 32)) $((number % 32)))"
	done
	record 0 "$U1"
	strace -f -e trace=%file -o "$BATS_TEST_TMPDIR/calls" "$MDEV" --root "$ROOT" list > /dev/null
	assert "$(grep -c '0001:' "$BATS_TEST_TMPDIR/calls")" -eq 0
	rm -r "$ROOT/sys/module" "$PCI/drivers"
	strace -f -e trace=%file -o "$BATS_TEST_TMPDIR/calls" "$MDEV" --root "$ROOT" list > /dev/null
	assert "$(grep -c 'vfio_pci\|bus/pci' "$BATS_TEST_TMPDIR/calls")" -le 2 "$(grep 'vfio_pci\|bus/pci' "$BATS_TEST_TMPDIR/calls")"
}
