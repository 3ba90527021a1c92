# SPDX-License-Identifier: GPL-2.0-or-later
# Instances in use: opened through VFIO as a virtual machine monitor would.
#
# Theory of operation: vfio_user opens an instance by its group and a container of its own. What it
# gets back (a factorial, data moved by DMA) is computed by the one physical edu of the parent, whose
# count of jobs shows that it was.

load kernel
load medu

jobs_total() {
	cat /sys/bus/pci/devices/$PARENT/medu/jobs_total
}

@test "an instance looks like an edu of its own" {
	create $UUID
	run vfio_user info $UUID
	assert "$output" == "flags 0x3 regions 9 irqs 5
region 0 size 0x100000 flags 0x3
region 2 size 0x2000 flags 0xf
region 7 size 0x100 flags 0x3
irq 0 count 1 flags 0x7
irq 1 count 1 flags 0x9
irq 4 count 1 flags 0x9
vendor 1234 device 11e8
id 0x10000ed
liveness 0"
}

@test "the physical engine computes the factorial, and interrupts" {
	create $UUID
	before=$(jobs_total)
	assert "$(vfio_user factorial $UUID 5)" == 120
	assert "$(jobs_total)" == $((before + 1))
	assert "$(cat $DEVICES/$UUID/medu/jobs)" == 1
	assert "$(vfio_user factorial $UUID 0)" == 1
	assert "$(vfio_user factorial $UUID 12)" == 479001600
	assert "$(vfio_user factorial $UUID 33)" == 2147483648
	assert "$(vfio_user factorial $UUID 34)" == 0
	assert "$(vfio_user factorial $UUID 4294967295)" == 0
}

@test "two instances at once each get their own answer" {
	create $UUID
	create -t medu-dma $UUID:1
	before=$(jobs_total)
	vfio_user hammer $UUID 5 300 >"$BATS_TEST_TMPDIR/five" 3>&- &
	five=$!
	vfio_user hammer $UUID-1 7 300 >"$BATS_TEST_TMPDIR/seven" 3>&- &
	seven=$!
	wait $five
	wait $seven
	assert "$(cat "$BATS_TEST_TMPDIR/five" "$BATS_TEST_TMPDIR/seven")" == $'300\n300'
	assert "$(jobs_total)" == $((before + 600))
	assert "$(cat $DEVICES/$UUID/medu/jobs $DEVICES/$UUID-1/medu/jobs)" == $'300\n300'
}

@test "INTx is masked when it comes, and comes again while its condition holds" {
	create $UUID
	run vfio_user intx $UUID
	assert "$output" == "raised 1
masked 0
unmasked 1
acknowledged 0"
}

@test "an eventfd of the user's unmasks INTx" {
	create $UUID
	assert "$(vfio_user resample $UUID)" == "raised 1
resampled 1
raised again 1"
}

@test "a region is mapped where the parent driver allows it" {
	create $UUID
	run vfio_user map $UUID hello
	assert "$status" == $((128 + $(kill -l BUS)))
	assert "$(grep -v Bus <<<"$output")" == "flags 0xf argsz grown cap_offset 0
cap 1 areas 1 offset 0 size page of two
written mapped, read: hello
written, read mapped: xello
jobs 0
closed, read mapped: xello"
	wait_for remove $UUID
}

@test "DMA moves guest memory through the physical engine" {
	create -t medu-dma $UUID
	assert "$(vfio_user dma $UUID 'text through the engine')" == 'text through the engine'
	assert "$(cat $DEVICES/$UUID/medu/jobs)" == 2
}

# pins_are_let_go [--iommufd]: vfio_dma finds nothing wrong
pins_are_let_go() {
	create -t medu-dma $UUID
	assert "$(vfio_dma "$@" pins $UUID)" == "moved, pinned 2
moved, pinned 2
taken away, pinned 0
asked for, pinned 0
replaced, pinned 1
reset, pinned 0
moved, pinned 2
closed, pinned 0"
	assert "$(vfio_dma "$@" race $UUID)" == "20 rounds"
}

@test "guest memory stays pinned until it is taken away, and is not touched after that" {
	# A type 1 container takes two locks in one order to call dma_unmap, and in the other order to unpin.
	# Lockdep reports that once, and is off from then on.
	! has_lockdep || skip "lockdep would report a flaw of VFIO"
	pins_are_let_go
}

@test "the same of an iommufd's memory" {
	has_iommufd
	pins_are_let_go --iommufd
}

@test "the types share the instances, and the DMA engine is in fewer of them" {
	unload_modules
	load_modules dma_instances=2
	left() { cat "$(types)"/medu-{dma,fact}/available_instances; }
	assert "$(left)" == $'2\n8'
	create -t medu-dma $UUID:1
	create -t medu-dma $UUID:2
	assert "$(left)" == $'0\n6'
	fails_with "Too many users" create -t medu-dma $UUID:3
	for i in 3 4 5 6 7; do
		create $UUID:$i
	done
	remove $UUID-1
	assert "$(left)" == $'1\n2'
	create $UUID:8
	create $UUID:9
	assert "$(left)" == $'0\n0'
	fails_with "Too many users" create -t medu-dma $UUID:10
	fails_with "Too many users" create $UUID:10
	unload_modules
	load_modules
}

@test "reset brings an instance back to its beginning" {
	create $UUID:seed=0x77
	assert "$(vfio_user reset $UUID)" == $'liveness 0xffffffff memory 1\ncommand 0\nliveness 0x77 memory 0'
}

@test "an open instance is not removed: EBUSY at once" {
	create $UUID
	hold_device $UUID
	fails_with "Device or resource busy" remove $UUID
	fails_with "Device or resource busy" write /sys/bus/pci/devices/$PARENT/mdev_destroy $UUID
	[ -e $DEVICES/$UUID/remove ]
	release_device
	remove $UUID
	[ ! -e $DEVICES/$UUID ]
}

@test "an open instance pins its parent's module" {
	create $UUID
	hold_device $UUID
	fails_with "in use" rmmod medu
	release_device
}

@test "a parent that goes waits for the user of an instance" {
	create $UUID
	create $UUID:1
	hold_device $UUID
	echo $PARENT >/sys/bus/pci/drivers/medu/unbind 3>&- &
	unbind=$!
	# Closed instances are removed and none can be made, but the open one still works.
	wait_for test ! -e "$(types)/medu-fact/create"
	wait_for test ! -e $DEVICES/$UUID-1
	[ -e /sys/bus/pci/devices/$PARENT/$UUID ]
	kill -0 $unbind
	release_device
	wait $unbind
	assert "$(ls $DEVICES)" == ""
	[ ! -e "$(types)" ]
	echo $PARENT >/sys/bus/pci/drivers/medu/bind
}

@test "a user that is killed leaves nothing behind" {
	create $UUID
	hold_device $UUID
	kill -9 $HOLDER_PID
	wait $HOLDER_PID || true
	wait_for remove $UUID
}

@test "a group that is only open does not hold an instance up" {
	create $UUID
	group=/dev/vfio/$(basename "$(readlink $DEVICES/$UUID/iommu_group)")
	exec 7<>"$group"
	remove $UUID
	exec 7>&-
	[ ! -e $DEVICES/$UUID ]
}

@test "an instance is opened by its own file, with an iommufd" {
	has_iommufd
	create -t medu-dma $UUID
	assert "$(vfio_user --iommufd factorial $UUID 5)" == 120
	assert "$(vfio_user --iommufd dma $UUID 'without a group')" == 'without a group'
	assert "$(vfio_user --iommufd info $UUID)" == "$(vfio_user info $UUID)"
	assert "$(cat $DEVICES/$UUID/medu/jobs)" == 3
}
