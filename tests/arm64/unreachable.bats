# SPDX-License-Identifier: GPL-2.0-or-later
# medu on a host without an IOMMU, whose memory begins above the addresses that its engine can use: it
# offers what needs no DMA.

load ../kernel/kernel
load ../kernel/medu

bats_require_minimum_version 1.5.0

@test "unreachable: the device offers one type, and the log says why" {
	assert "$(ls "$(types)")" == medu-fact
	assert "$(dmesg)" =~ "medu $PARENT: the engine's 28 bits of addresses reach no memory of this host"
	run -0 mdev types -p "$PARENT" --json
	assert "$(jq -r '.. | objects | select(.type?) | .type' <<<"$output")" == medu-fact "$output"
}

@test "unreachable: an instance of that type computes" {
	create "$UUID"
	assert "$(vfio_user factorial "$UUID" 10)" == 3628800
}

@test "unreachable: the type that needs DMA is refused" {
	run -1 --separate-stderr mdev create "$UUID" -p "$PARENT" -t medu-dma
	assert "$stderr" =~ medu-dma
	[ ! -e "$DEVICES/$UUID" ]
}
