#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev show: one device in full, on a made root.

load ../helpers

setup() {
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	DEVICE=$ROOT/sys/devices/pci0000:00/0000:01:00.0/$U1
	echo one > "$DEVICE/medu/label"
	printf 'two\nlines\n' > "$DEVICE/text"
	: > "$DEVICE/assign"
	chmod 200 "$DEVICE/assign"
	make_definition a.conf <<-E
		[$U1]
		parent = 01:00.0
		type = acme-dma
		auto = yes
		params = seed=1
		description = runner
		attr = assign 4
		attr = medu/label other
		[$U2]
		parent = elsewhere
		type = t
		[$U1]
		parent = soft
		type = soft-1
	E
}

# hostdev UUID [MODEL]: the element of a domain of libvirt
hostdev() {
	echo "<hostdev mode='subsystem' type='mdev' model='${2-vfio-pci}'><source><address uuid='$1'/></source></hostdev>"
}

@test "show has what is live beside what is defined" {
	mkdir -p "$DEVICE/vfio-dev/vfio3" "$ROOT/proc/42/fd"
	vfio_number 1 > "$DEVICE/vfio-dev/vfio3/dev"
	echo vmm > "$ROOT/proc/42/comm"
	ln -s "$(vfio_node 0)" "$ROOT/proc/42/fd/3"
	mdev --root "$ROOT" show 1111
	assert "$stderr" == ""
	assert "$output" == "\
$U1
  state:       differs
  parent:      0000:01:00.0
  written as:  01:00.0
  type:        acme-fact (defined: acme-dma)
  machine:     stopped
  path:        /sys/devices/pci0000:00/0000:01:00.0/$U1
  IOMMU group: 0
  VFIO group:  /dev/vfio/0
  VFIO device: /dev/vfio/devices/vfio3
  in use by:   PID 42 'vmm'
  definition:  $ROOT/etc/mdev.d/a.conf:1
  auto:        yes
  params:      seed=1
  description: runner
  attribute:   medu/label = one (defined: other)
  attribute:   text = two\\x0alines
  attribute:   assign = 4 (defined)
  QEMU:        -device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$U1
  libvirt:     $(hostdev $U1)
  not meant:   $ROOT/etc/mdev.d/a.conf:12 for parent soft"
}

# Kernels are built without nodes of devices, or without groups; their folders may be there.
@test "a node under /dev/vfio is named where the kernel has one" {
	mkdir -p "$DEVICE/vfio-dev/vfio3"
	mdev --root "$ROOT" show 1111
	assert "$output" !~ "VFIO device"
	assert "$output" =~ "VFIO group:  /dev/vfio/0"
	vfio_number 1 > "$DEVICE/vfio-dev/vfio3/dev"
	rm -r "$ROOT/sys/class/vfio"
	mdev --root "$ROOT" show 1111
	assert "$output" =~ "VFIO device: /dev/vfio/devices/vfio3"
	assert "$output" !~ "VFIO group"
}

@test "show of several devices, one of which is not there" {
	mdev 1 --root "$ROOT" show 4444 2222
	assert "$stderr" == "mdev: cannot show '4444': there is no device '4444'"
	assert "$output" =~ "state:       defined"
	assert "$output" =~ "parent:      elsewhere"
	refused 2 "is neither a UUID" --root "$ROOT" show 1111 xyz
}

@test "live on another parent than the one defined" {
	make_device soft soft-1 "$U3"
	printf '[%s]\nparent = 02:00.0\ntype = acme-fact\n' "$U3" | make_definition b.conf
	mdev --root "$ROOT" show 3333
	assert "$output" =~ "parent:      soft \(defined: 0000:02:00.0\)"
	assert "$output" =~ "type:        soft-1 \(defined: acme-fact\)"
}

@test "all devices that are shown cost one look at the processes" {
	requires strace
	make_device soft soft-1 "$U3"
	make_process 42 vmm "$(vfio_node 0)"
	make_process 43 backup "$(vfio_node 1)"
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,openat2 -o "$BATS_TEST_TMPDIR/trace" \
		"$MDEV" --root "$ROOT" --json show 1111 3333 1111 > "$BATS_TEST_TMPDIR/shown"
	assert "$(grep -c '/proc"' "$BATS_TEST_TMPDIR/trace")" == 1
	assert "$(jq -c '[.results[].holders[].pid]' "$BATS_TEST_TMPDIR/shown")" == '[42,43,42]'
}

@test "show --json has the device in full" {
	requires jq
	mdev --root "$ROOT" --json show 1111 2222
	assert "$(jq -c '.results[0] | [.live.path, .live.vfio_group, .live.vfio_cdev, .holders]' <<<"$output")" == \
		"[\"/sys/devices/pci0000:00/0000:01:00.0/$U1\",\"/dev/vfio/0\",null,[]]"
	assert "$(jq -c '.results[0].live.attrs' <<<"$output")" == \
		'[{"name":"assign","value":null},{"name":"medu/label","value":"one"},{"name":"text","value":"two\nlines"}]'
	assert "$(jq -r '.results[0].live | .qemu, .libvirt' <<<"$output")" == "-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$U1
$(hostdev "$U1")"
	assert "$(jq -c '[.results[1].live, .results[1].defined.parent]' <<<"$output")" == '[null,"elsewhere"]'
}

@test "show --for prints what a program takes, a line for each device, and nothing else" {
	make_device soft soft-1 "$U3"
	make_process 42 vmm "$(vfio_node 0)"
	echo vfio-ccw > "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/device_api"
	mdev --root "$ROOT" show 1111 3333 --for qemu
	assert "$output$stderr" == "-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$U1
-device vfio-ccw,sysfsdev=/sys/bus/mdev/devices/$U3"
	mdev --root "$ROOT" show 1111 3333 --for libvirt
	assert "$output$stderr" == "$(hostdev "$U1")
$(hostdev "$U3" vfio-ccw)"
}

@test "show --for qemu has an iommufd for each device where the kernel has no VFIO groups" {
	mkdir -p "$DEVICE/vfio-dev/vfio3"
	vfio_number 1 > "$DEVICE/vfio-dev/vfio3/dev"
	mdev --root "$ROOT" show 1111 --for qemu
	assert "$output" == "-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$U1"
	rm -r "$ROOT/sys/class/vfio"
	mdev --root "$ROOT" show 1111 --for qemu
	assert "$output" == "-object iommufd,id=iommufd3 -device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$U1,iommufd=iommufd3"
}

@test "show --for of what no program can have says why, and the others are still printed" {
	make_device soft soft-1 "$U3-7"
	mdev 1 --root "$ROOT" show 2222 "$U3:7" 4444 1111 --for libvirt
	assert "$output" == "$(hostdev "$U1")"
	assert "$stderr" == "mdev: cannot show '2222' for libvirt: it is not live
mdev: cannot show '$U3:7' for libvirt: libvirt has no way to name such a device
mdev: cannot show '4444': there is no device '4444'"
	mdev --root "$ROOT" show "$U3:7" --for qemu
	assert "$output" == "-device vfio-pci,sysfsdev=/sys/bus/mdev/devices/$U3-7"
	for api in vfio-amba '"' vfio-pci,host=0; do
		echo "$api" > "$ROOT/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types/acme-fact/device_api"
		refused 1 "cannot show '1111' for qemu: qemu has no way" --root "$ROOT" show 1111 --for qemu
		mdev --root "$ROOT" show 1111
		assert "$output" !~ "QEMU:|libvirt:"
	done
	refused 2 "'xen' is neither qemu nor libvirt" --root "$ROOT" show 1111 --for xen
	mdev 2 --root "$ROOT" --json show 1111 --for qemu
	assert "$stderr" =~ "--for prints text"
}
