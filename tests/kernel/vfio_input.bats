# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input to an open instance gets the errno that is promised.
#
# Theory of operation: vfio_input and vfio_open make many checks in each test, and print those that
# differ. vfio_fuzz makes random calls in several threads, from FUZZ_SEED, for FUZZ_SECONDS. Afterwards
# the physical engine must still compute; the kernel's log is checked after all suites.

load kernel
load medu

# checks PROGRAM SECTION: all checks of the section pass, and there is at least one
checks() {
	local program=$1 section=$2
	create -t medu-dma $UUID
	run "$program" "$section" $UUID
	echo "$output"
	assert "$status" == 0
	[[ ${lines[-1]} =~ ^[1-9][0-9]*\ checks,\ 0\ differences$ ]]
	assert "$(vfio_user factorial $UUID 5)" == 120
	remove $UUID
}

@test "bad input: VFIO_DEVICE_GET_INFO" {
	checks vfio_input info
}

@test "bad input: VFIO_DEVICE_GET_REGION_INFO, with capabilities" {
	checks vfio_input region-info
}

@test "bad input: VFIO_DEVICE_GET_IRQ_INFO" {
	checks vfio_input irq-info
}

@test "bad input: VFIO_DEVICE_SET_IRQS" {
	checks vfio_input set-irqs
}

@test "bad input: read and write" {
	checks vfio_input access
}

@test "bad input: mmap" {
	checks vfio_input mmap
}

@test "a function with memory space off does not answer in its BARs, and one with bus mastering off does no DMA" {
	checks vfio_input command
}

@test "bad input: ioctls and features that there are not" {
	checks vfio_input unknown
}

@test "bad input: opening by the group, in the wrong order, and by others" {
	checks vfio_open group
}

@test "bad input: DMA out of range, and from memory that is not there" {
	checks vfio_open dma
}

@test "bad input: opening by the device's own file" {
	has_iommufd
	checks vfio_open iommufd
}

# fuzz [--iommufd]: makes random calls to an instance, which must work as a new one afterwards
fuzz() {
	create -t medu-dma $UUID
	local seconds=${FUZZ_SECONDS:-15}
	run timeout $((seconds + HANG)) vfio_fuzz "$@" $UUID "${FUZZ_SEED:-20261123}" "$seconds"
	sed 's/^/# /' <<<"$output" >&3
	assert "$status" == 0
	[[ ${lines[-1]} =~ ^[1-9][0-9]+\ calls ]]
	assert "$(vfio_user factorial $UUID 5)" == 120
	assert "$(vfio_user dma $UUID 'as good as new')" == 'as good as new'
	remove $UUID
}

@test "bad input: everything at random, from several threads" {
	fuzz
}

@test "bad input: everything at random, by the device's own file" {
	has_iommufd
	fuzz --iommufd
}
