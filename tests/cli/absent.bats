#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Parents that are not there: the message names the cause and what to do about it.

load ../helpers

setup() {
	make_root
	PCI=$ROOT/sys/bus/pci/devices
}

# A PCI device that is no parent: ADDRESS [DRIVER [TOTAL ENABLED]], with virtual functions from
# the next bus on, or at OFFSET and STRIDE.
make_pci() {
	local dir=$ROOT/sys/devices/pci0000:00/$1
	mkdir -p "$dir"
	[ -e "$PCI/$1" ] || ln -s "../../../devices/pci0000:00/$1" "$PCI/$1"
	echo 0x10de >"$dir/vendor"
	echo 0x2235 >"$dir/device"
	[ -z "${2-}" ] || ln -s "../../../bus/pci/drivers/$2" "$dir/driver"
	[ -z "${3-}" ] || {
		echo "$3" >"$dir/sriov_totalvfs"
		echo "$4" >"$dir/sriov_numvfs"
		echo "${OFFSET-256}" >"$dir/sriov_offset"
		echo "${STRIDE-1}" >"$dir/sriov_stride"
	}
}

# A kernel of that release, with these lines in its list of modules.
make_kernel() {
	mkdir -p "$ROOT/proc/sys/kernel" "$ROOT/lib/modules/6.9.0-test"
	echo 6.9.0-test >"$ROOT/proc/sys/kernel/osrelease"
	printf '%s\n' "$@" >"$ROOT/lib/modules/6.9.0-test/modules.dep"
}

@test "a parent whose driver is not loaded: the message names the driver" {
	refused 1 "PCI device '0000:03:00.0' has no driver: load the one that makes it a parent$" --root "$ROOT" types -p 03:00.0
	make_pci 0000:04:00.0
	refused 1 "PCI device '0000:04:00.0' has no driver" --root "$ROOT" create -p pci:10de:2235 -t x
}

@test "a parent that another driver has: the message names both" {
	make_pci 0000:04:00.0 vfio-pci
	refused 1 "'0000:04:00.0' is bound to 'vfio-pci', to be given away as a whole: bind it to the driver that makes it a parent$" \
		--root "$ROOT" types -p 04:00.0
	make_pci 0000:05:00.0 i915
	refused 1 "'0000:05:00.0' is not registered as a parent by its driver 'i915' \(it may need another module or a parameter for that\)$" \
		--root "$ROOT" types -p 05:00.0
}

# A subchannel with the device behind it: SUBCHANNEL DEVICE [DRIVER]
make_subchannel() {
	local dir=$ROOT/sys/devices/css0/$1
	mkdir -p "$dir/$2" "$ROOT"/sys/bus/{css,ccw}/devices
	ln -s "../../../devices/css0/$1" "$ROOT/sys/bus/css/devices/$1"
	ln -s "../../../devices/css0/$1/$2" "$ROOT/sys/bus/ccw/devices/$2"
	[ -z "${3-}" ] || ln -s "../../../bus/css/drivers/$3" "$dir/driver"
}

@test "a subchannel that another driver has: the message says how to bind it" {
	make_subchannel 0.0.0002 0.0.1a2b io_subchannel
	local way="bind it to 'vfio_ccw' \(driverctl -b css set-override 0.0.0002 vfio_ccw\)$"
	refused 1 "^mdev: subchannel '0.0.0002' is bound to 'io_subchannel', for this system's own use: $way" \
		--root "$ROOT" types -p 0.0.0002
	refused 1 "^mdev: device '0.0.1a2b' is no parent, but its subchannel can be: subchannel '0.0.0002' is bound to 'io_subchannel', for this system's own use: $way" \
		--root "$ROOT" create -p 0.0.1a2b -t vfio_ccw-io
	rm "$ROOT/sys/devices/css0/0.0.0002/driver"
	refused 1 "^mdev: subchannel '0.0.0002' has no driver: $way" --root "$ROOT" types -p 0.0.0002
	ln -s ../../../bus/css/drivers/vfio_ccw "$ROOT/sys/devices/css0/0.0.0002/driver"
	refused 1 "^mdev: subchannel '0.0.0002' is not registered as a parent by its driver 'vfio_ccw'; the kernel's log may say why$" \
		--root "$ROOT" types -p 0.0.0002
	# One name of both is the subchannel's.
	make_subchannel 0.0.0003 0.0.0002
	refused 1 "^mdev: subchannel '0.0.0002'" --root "$ROOT" types -p 0.0.0002
	refused 1 "there is no parent '0.0.0004'" --root "$ROOT" types -p 0.0.0004
}

@test "a definition for a parent that another driver has: each command says so" {
	make_pci 0000:05:00.0 vfio-pci
	printf '[%s]\nparent = 05:00.0\ntype = soft-1\nauto = yes\n' "$U1" | make_definition a.conf
	local reason="PCI device '0000:05:00.0' is bound to 'vfio-pci', to be given away as a whole"
	refused 1 "$reason" --root "$ROOT" create "$U1"
	for args in "list -p 0000:05:00.0" "list -p 05:00.0" apply check; do
		# shellcheck disable=SC2086 # words
		mdev --root "$ROOT" $args
		assert "$stderr" =~ "$reason" "$args"
	done
	mdev --root "$ROOT" list -p 0000:05:00.0 --raw --noheadings -o uuid
	assert "$output" == "$U1"
}

@test "a function of a card that is a parent" {
	make_card 0000:41:00.0 2
	refused 1 "PCI device '0000:41:00.5' is virtual function 1 of parent '0000:41:00.0'" --root "$ROOT" types -p 41:00.5
}

@test "a port that no device is behind" {
	make_pci 0000:00:06.0 pcieport
	echo 0x060400 >"$PCI/0000:00:06.0/class"
	refused 1 "no device is behind port '0000:00:06.0'$" --root "$ROOT" types -p /sys/devices/pci0000:00/0000:00:06.0
	mkdir -p "$ROOT/sys/devices/pci0000:00/0000:00:06.0/0000:05:00.0"
	ln -s ../../../devices/pci0000:00/0000:00:06.0/0000:05:00.0 "$PCI/0000:05:00.0"
	refused 1 "PCI device '0000:05:00.0' has no driver" --root "$ROOT" types -p /sys/devices/pci0000:00/0000:00:06.0
}

@test "the virtual functions are not enabled yet" {
	make_pci 0000:41:00.0 nvidia 16 0
	local enable="of which 0 of 16 are enabled \(enable them with the vendor's tool, or write their number to /sys/bus/pci/devices/0000:41:00.0/sriov_numvfs\)$"
	refused 1 "'0000:41:00.0' is not registered as a parent by its driver 'nvidia'; its virtual functions may be, $enable" \
		--root "$ROOT" types -p 41:00.0
	refused 1 "PCI device '0000:42:00.0' is not there: it is virtual function 1 of '0000:41:00.0', $enable" --root "$ROOT" types -p 42:00.0
	refused 1 "virtual function 16 of" --root "$ROOT" types -p 42:01.7
	refused 1 "there is no parent '42:02.0'" --root "$ROOT" types -p 42:02.0
	refused 1 "there is no parent '0001:42:00.0'" --root "$ROOT" types -p 0001:42:00.0
	OFFSET=4 STRIDE=2 make_pci 0000:41:00.1 nvidia 16 3
	refused 1 "'0000:41:01.1' is not there: it is virtual function 3 of '0000:41:00.1', of which 3 of 16 are enabled" \
		--root "$ROOT" types -p 41:01.1
	refused 1 "there is no parent '41:01.2'" --root "$ROOT" types -p 41:01.2
	echo many >"$PCI/0000:41:00.0/sriov_stride"
	refused 1 "there is no parent '42:00.0'" --root "$ROOT" types -p 42:00.0
}

@test "no parent at all: no driver has registered one, no core is loaded, or the kernel has none" {
	rm -r "$ROOT/sys/class"
	mdev --root "$ROOT" types
	assert "$output" == ""
	assert "$stderr" == "mdev: warning: there is no parent: no driver has registered any (load the one of the device to share)"
	rm -r "$ROOT/sys/bus/mdev"
	refused 1 "there is no parent 'soft': no mdev core is loaded \(load the driver of the device to share: it brings the core\)$" \
		--root "$ROOT" types -p soft
	make_kernel "kernel/drivers/vfio/vfio.ko.xz:" "kernel/drivers/vfio/mdev/mdev.ko.xz: kernel/drivers/vfio/vfio.ko.xz"
	refused 1 "no mdev core is loaded" --root "$ROOT" types -p soft
	make_kernel "kernel/drivers/vfio/vfio.ko.xz:" "extra/notmdev.ko: kernel/drivers/vfio/mdev/mdev.ko.xz"
	refused 1 "the kernel has no support for mediated devices: there is no module 'mdev' for 6.9.0-test \(install " --root "$ROOT" types -p soft
	mdev --root "$ROOT" --json types
	assert "$output" == '{"schema":1,"results":[]}'
	mdev --root "$ROOT" -q types
	assert "$stderr" == ""
}

@test "a parent without a type" {
	rm -r "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1"
	mdev --root "$ROOT" types -p soft
	assert "$stderr" == "mdev: warning: parent 'soft' offers no type"
	rm -r "$ROOT"/sys/class/mdev_bus/*/mdev_supported_types
	mdev --root "$ROOT" types
	assert "$stderr" == "mdev: warning: no parent offers a type"
}

@test "a mistyped parent: the message names those that come near" {
	refused 1 "no parent '0000:01:00.1' \(near it: 0000:01:00.0\)$" --root "$ROOT" types -p 0000:01:00.1
	refused 1 "no parent 'sft' \(near it: soft\)$" --root "$ROOT" types -p sft
	refused 1 "no parent 'sofft' \(near it: soft\)$" --root "$ROOT" types -p sofft
	refused 1 "no parent 'osft' \(registered: " --root "$ROOT" types -p osft
	refused 1 "no parent 'udev:ID_PATH=pci-0000:09:00.0' \(ID_PATH of 0000:01:00.0 is pci-0000:01:00.0, ID_PATH of 0000:02:00.0 is pci-0000:02:00.0\)$" \
		--root "$ROOT" types -p udev:ID_PATH=pci-0000:09:00.0
	refused 1 "no parent 'udev:NOTHING=x' \(registered: " --root "$ROOT" types -p udev:NOTHING=x
}

@test "udev's data that cannot be read is not taken for a parent that is not there" {
	local reason="'udev:ID_PATH=pci-0000:01:00.0' cannot be looked up"
	rm -r "$ROOT/run/udev"
	printf '[%s]\nparent = udev:ID_PATH=pci-0000:01:00.0\ntype = acme-fact\n' "$U1" | make_definition a.conf
	mdev --root "$ROOT" check
	assert "$stderr" =~ "$reason, for udev's data cannot be read here: $ROOT/run/udev/data: No such file or directory"
	# What the kernel itself says of the device is there all the same.
	refused 1 "'udev:DRIVER=acme' names several parents" --root "$ROOT" types -p udev:DRIVER=acme
	mkdir -p "$ROOT/run/udev/data/+pci:0000:01:00.0"
	refused 1 "$reason: what udev knows of '0000:01:00.0': Is a directory$" --root "$ROOT" types -p udev:ID_PATH=pci-0000:01:00.0
}

@test "a user who is not root is told so" {
	requires root
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	chmod 200 "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create"
	make_device soft soft-1 "$U2"
	chmod 200 "$ROOT/sys/bus/mdev/devices/$U2/remove"
	for args in "create $U1 -p soft -t soft-1" "destroy $U2" "define $U1 -p soft -t soft-1" "apply --all"; do
		[ "$args" != "apply --all" ] || printf '[%s]\nparent = soft\ntype = soft-1\n' "$U3" | make_definition a.conf
		# shellcheck disable=SC2086 # words
		run --separate-stderr setpriv --reuid 65534 --clear-groups "$MDEV" --root "$ROOT" $args
		assert "$status" -eq 1
		assert "$stderr" =~ "Permission denied \(only root may\)" "$args"
	done
}
