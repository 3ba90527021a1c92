# SPDX-License-Identifier: GPL-2.0-or-later
# Instances given to QEMU, inside the virtual machine.
#
# The nested machine never runs (see qemu.bash). What the registers answer is computed by the edu of the
# outer machine, whose count of jobs shows it.

load ../kernel/kernel
load qemu

BAR0=$((0xe0000000))
BAR2=$((0xe0100000))
ID=$((0x11e81234))
MSI_TARGET=$((0x100000))

setup_file() {
	load ../kernel/kernel
	requires_core ours
	command -v qemu-system-x86_64 >/dev/null || skip "needs QEMU in the virtual machine"
	load_modules
}

teardown_file() {
	load ../kernel/kernel
	unload_modules
}

teardown() {
	stop_qemu
	remove_devices
}

# Starts QEMU with the instance $1 at $SLOT.
start_qemu() {
	start_qemu_with -device "vfio-pci,sysfsdev=$DEVICES/$1,addr=$SLOT"
}

# bar ADDRESS [VALUE]: a word of memory, or of what stands there
bar() {
	if [ $# = 2 ]; then
		qtest writel "$1" "$2" >/dev/null
	else
		printf '%d\n' "$(qtest readl "$1")"
	fi
}

# Gives the BARs their places, and lets the device answer there and reach memory.
enable_device() {
	config 0x10 $BAR0
	config 0x18 $BAR2
	config 0x04 6
}

# MSI becomes a write of a number into the nested machine's memory, where it can be seen.
enable_msi() {
	config 0x44 $MSI_TARGET
	config 0x48 0
	config 0x4c 4711
	config 0x40 $(($(config 0x40) | 1 << 16))
}

msi_came() {
	[ "$(bar $MSI_TARGET)" = 4711 ]
}

jobs_are() {
	[ "$(bar $((BAR2 + 0x1000)))" = "$1" ]
}

# The last change of the interrupt line. QEMU's answer to anything comes after the news of it; what
# is asked here is not an access to a BAR, which would make QEMU lower the line and unmask.
irq_is() {
	config 0 >/dev/null
	[ "$(tail -n 1 "$IRQS" | cut -d ' ' -f 1)" = "$1" ]
}

@test "QEMU: the instance stands on the nested machine's bus" {
	create $UUID
	start_qemu $UUID
	found=
	for slot in $(seq 0 31); do
		config_address "$slot" 0
		[ $(($(qtest inl 0xcfc))) != $ID ] || found+=" $slot"
	done
	assert "$found" == " $SLOT"
	assert "$(config 0x08)" == $((0x00ff0010))
	# No physical function stands behind it that could report errors of the bus.
	assert "$(grep -v 'Could not enable error recovery' "$BATS_TEST_TMPDIR/qemu")" == ""
}

@test "QEMU: it has the instance by the options that mdev show prints, pasted as they are" {
	create $UUID
	read -ra options < <(command mdev show $UUID --for qemu)
	start_qemu_with "${options[@]}"
	found=
	for slot in $(seq 0 31); do
		config_address "$slot" 0
		[ $(($(qtest inl 0xcfc))) != $ID ] || found+=" $slot"
	done
	assert "$found" =~ "^ [0-9]+$"
}

@test "QEMU: the BARs have their sizes and can be moved" {
	create $UUID
	start_qemu $UUID
	config 0x10 $((0xffffffff))
	config 0x18 $((0xffffffff))
	assert "$(config 0x10)" == $((0xfff00000))
	assert "$(config 0x18)" == $((0xffffe000))
	for other in 0x14 0x1c 0x20 0x24; do
		config $other $((0xffffffff))
		assert "$(config $other)" == 0
	done
	enable_device
	assert "$(bar $BAR0)" == $((0x010000ed))
	config 0x10 $((BAR0 + 0x10000000))
	assert "$(bar $((BAR0 + 0x10000000)))" == $((0x010000ed))
}

@test "QEMU: the physical engine computes a factorial for the nested machine, with INTx" {
	before=$(cat /sys/bus/pci/devices/$PARENT/medu/jobs_total)
	create $UUID
	start_qemu $UUID
	enable_device
	bar $((BAR0 + 0x20)) $((0x80))
	bar $((BAR0 + 0x08)) 10
	wait_for irq_is raise
	assert "$(bar $((BAR0 + 0x08)))" == 3628800
	assert "$(cat /sys/bus/pci/devices/$PARENT/medu/jobs_total)" == $((before + 1))
	# A level: those accesses made QEMU unmask, which brings it again, until it is acknowledged.
	wait_for irq_is raise
	bar $((BAR0 + 0x64)) 1
	wait_for irq_is lower
	assert "$(bar $((BAR0 + 0x24)))" == 0
}

@test "QEMU: the same with MSI" {
	create $UUID
	start_qemu $UUID
	enable_device
	enable_msi
	bar $((BAR0 + 0x20)) $((0x80))
	bar $((BAR0 + 0x08)) 12
	wait_for msi_came
	assert "$(bar $((BAR0 + 0x08)))" == 479001600
	assert "$(cat "$IRQS")" == ""
}

# dma SRC DST SIZE CMD: one transfer, until its interrupt has come. The engine is at 0x40000.
dma() {
	bar $MSI_TARGET 0
	bar $((BAR0 + 0x80)) "$1"
	bar $((BAR0 + 0x88)) "$2"
	bar $((BAR0 + 0x90)) "$3"
	bar $((BAR0 + 0x98)) "$4"
	wait_for msi_came
	bar $((BAR0 + 0x64)) $((0x100))
}

# hex TEXT COUNT: the text COUNT times, as qtest has it
hex() {
	local text all
	text=$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')
	printf -v all "%$2s"
	echo "0x${all// /$text}"
}

pinned_kb() {
	awk '$1 == "VmLck:" { print $2 }' "/proc/$QEMU_PID/status"
}

@test "QEMU: DMA between the nested machine's memory and the physical engine" {
	create -t medu-dma $UUID
	start_qemu $UUID
	enable_device
	enable_msi
	# A little is copied, more goes by way of pinned pages, here of two that are neighbours.
	for count in 1 100; do
		text=$(hex 'through two machines' $count)
		size=$((20 * count))
		qtest write 0x200c00 $size "$text"
		dma 0x200c00 0x40000 $size 5
		dma 0x40000 0x300c00 $size 7
		assert "$(qtest read 0x300c00 $size)" == "$text"
	done
	assert "$(cat $DEVICES/$UUID/medu/jobs)" == 4
	assert "$(pinned_kb)" == 16
}

# The chipset has a register for what stands at 0xc0000 and above: memory, or the bus.
shadow_memory() {
	qtest outl 0xcf8 $((0x80000090)) >/dev/null
	qtest outb 0xcfd "$1" >/dev/null
}

@test "QEMU: memory that goes while a page of it is pinned" {
	create -t medu-dma $UUID
	start_qemu $UUID
	enable_device
	enable_msi
	old=$(hex 'the old text' 30) new=$(hex 'the new text' 30)
	qtest write 0x200000 360 "$old"
	shadow_memory 0x33
	dma 0x200000 0x40000 360 5
	dma 0x40000 0xc1000 360 7
	assert "$(qtest read 0xc1000 360)" == "$old"
	assert "$(pinned_kb)" == 8
	shadow_memory 0
	assert "$(pinned_kb)" == 4
	qtest write 0x200000 360 "$new"
	dma 0x200000 0x40000 360 5
	dma 0x40000 0xc1000 360 7
	assert "$(pinned_kb)" == 4
	shadow_memory 0x33
	assert "$(qtest read 0xc1000 360)" == "$old"
	dma 0x40000 0xc1000 360 7
	assert "$(qtest read 0xc1000 360)" == "$new"
}

@test "QEMU: the page that can be mapped, and the one beside it that can not" {
	create $UUID
	start_qemu $UUID
	enable_device
	bar $BAR2 $((0x12345678))
	assert "$(bar $BAR2)" == $((0x12345678))
	assert "$(bar $((BAR2 + 0x1000)))" == 0
	bar $((BAR0 + 0x08)) 3
	wait_for jobs_are 1
	grep -qF '[vfio-mdev]' "/proc/$QEMU_PID/maps"
}

@test "QEMU: an instance is held while QEMU runs, and free when it is killed" {
	create $UUID
	start_qemu $UUID
	fails_with "Device or resource busy" remove $UUID
	kill -9 "$QEMU_PID"
	wait_for remove $UUID
}
