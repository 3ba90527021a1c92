#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev start, mdev stop: what they write, on a made root.

load ../helpers

setup() {
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device 0000:01:00.0 acme-dma "$U2-3"
	make_device soft soft-1 "$U2"
}

@test "the UUID of the machine is written" {
	make_extended
	mdev --root "$ROOT" start 2222
	assert "$(od -c -A n "$ROOT/sys/class/mdev/mdev_start")" == "$(printf %s "$U2" | od -c -A n)"
	assert "$(cat "$ROOT/sys/class/mdev/mdev_stop")" == ""
	mdev --root "$ROOT" stop "${U2^^}"
	assert "$(cat "$ROOT/sys/class/mdev/mdev_stop")" == "$U2"
}

@test "a core without it is said to be one" {
	for verb in start stop; do
		refused 1 "cannot $verb $U1: the loaded mdev core is the kernel's own, which cannot start or stop" \
			--root "$ROOT" "$verb" "$U1"
	done
	rm -r "$ROOT/sys/bus/mdev"
	refused 1 "no mdev core is loaded" --root "$ROOT" start "$U1"
}

@test "start and stop refuse bad names" {
	make_extended
	before=$(fingerprint)
	for verb in start stop; do
		refused 2 "too few arguments" --root "$ROOT" "$verb"
		for uuid in "" x 111 "$U2:3" "${U1}0" ../x $'\xff'; do
			refused 2 "is neither a UUID nor the beginning of one" --root "$ROOT" "$verb" "$U1" "$uuid"
		done
		refused 1 "cannot $verb '9999': no live device has a UUID that begins with it$" --root "$ROOT" "$verb" "$U1" 9999
	done
	make_device soft soft-1 11112222-aaaa-4bbb-8ccc-000000000002
	refused 1 "cannot start '1111': it is the beginning of several UUIDs" --root "$ROOT" start 1111
	rm -r "$ROOT/sys/class/mdev_bus/soft/11112222-aaaa-4bbb-8ccc-000000000002" \
		"$ROOT"/sys/{class/mdev_bus/soft/mdev_supported_types/soft-1/devices,bus/mdev/devices}/11112222-*
	rmdir "$ROOT"/sys/kernel/iommu_groups/3
	rm -r "$ROOT/sys/class/vfio/3"
	assert "$(fingerprint)" == "$before"
}

@test "a virtual function is said to be none that starts and stops, with and without a core" {
	make_card 0000:41:00.0 2
	set_vgpu 0000:41:00.0 1 5
	record_vgpu 0000:41:00.0 1 "$U3" 5
	make_extended
	# The kernel does not take a UUID that it does not know, and neither does a folder.
	rm "$ROOT"/sys/class/mdev/mdev_{start,stop}
	mkdir "$ROOT"/sys/class/mdev/mdev_{start,stop}
	for verb in start stop; do
		refused 1 "cannot $verb $U3: it is virtual function '0000:41:00.5', of kind 'nvidia', whose driver is told nothing of machines: mediated devices alone start and stop" \
			--root "$ROOT" "$verb" "$U3"
	done
	rm -r "$ROOT/sys/bus/mdev" "$ROOT/sys/class/mdev"
	refused 1 "cannot stop $U3: it is virtual function '0000:41:00.5'" --root "$ROOT" stop 3333
	refused 1 "no mdev core is loaded" --root "$ROOT" start "$U1"
}
