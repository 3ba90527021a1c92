# SPDX-License-Identifier: GPL-2.0-or-later
# What bad input gets from an open instance: the errno that is promised, and nothing else.
#
# Theory of operation: vfio_input and vfio_open make the checks, many a test, and say which
# differed. vfio_fuzz goes at random and from several threads, from FUZZ_SEED and for FUZZ_SECONDS;
# the kernel's log is read after the suites, and a physical engine that still computes shows that it
# took no harm.

load kernel
load medu

# checks PROGRAM SECTION: all its checks pass, and there are some
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

# fuzz [--iommufd]: goes at an instance at random; it is as good as new after that
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
