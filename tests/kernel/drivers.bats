# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own drivers of mediated devices, as Debian and its kernel source have them, at work.
#
# The suite runs on either core: the kernel's own is the reference, and what is better on this
# project's stands beside it. Their instances have VFIO devices that the drivers have made themselves.

load kernel
load drivers

@test "drivers: modprobe has taken the core under test" {
	local file
	file=$(modinfo -n mdev)
	if on_ours; then
		assert "$file" =~ /updates/
	else
		assert "$file" =~ /kernel/drivers/vfio/mdev/
	fi
	assert "$(</sys/module/mdev/srcversion)" == "$(modinfo -F srcversion "$file")"
}

# Checksums too, where the kernel has them; a driver with another one would not load.
@test "drivers: depmod finds every symbol that a module needs" {
	run depmod -n -e -E /usr/local/share/mdev-tests/Module.symvers
	grep -i warning <<<"$output" || :
	assert "$status" == 0
	assert "$(grep -ci warning <<<"$output")" == 0
}

@test "drivers: the types of each are there, and the command lists them" {
	assert "$(cd "$(types mtty)" && echo *)" == "mtty-1 mtty-2"
	assert "$(cd "$(types mdpy)" && echo *)" == "mdpy-hd mdpy-vga mdpy-xga"
	assert "$(cd "$(types mbochs)" && echo *)" == "mbochs-large mbochs-medium mbochs-small"
	wait_for has_left mtty mtty-2 12
	assert "$(cat "$(types mtty)"/*/{name,device_api,available_instances})" == \
		"$(printf '%s\n' "Single port serial" "Dual port serial" vfio-pci vfio-pci 24 12)"
	assert "$(cat "$(types mbochs)/mbochs-medium/description")" == "virtual display, 16 MB video memory"
	assert "$(cat "$(types mdpy)/mdpy-hd/description")" == "virtual display, 1920x1080 framebuffer"
	[ ! -e "$(types mtty)/mtty-1/description" ]
	run mdev types --json
	assert "$status" == 0
	assert "$(jq -r '[.. | .type? // .name? // empty] | map(select(test("^(mtty|mdpy|mbochs)-"))) |
		unique | length' <<<"$output")" == 8
}

@test "drivers: an instance has its driver, its type, its group and its driver's attributes" {
	local sample device=$DEVICES/$UUID
	for sample in $SAMPLES; do
		create_sample $sample $UUID
		assert "$(realpath $device/driver)" == "/sys/bus/mdev/drivers/$sample"
		assert "$(realpath $device/mdev_type)" == "$(realpath "$(types $sample)")/${A_TYPE[$sample]}"
		assert "$(realpath $device)" == "$(realpath /sys/class/mdev_bus/$sample)/$UUID"
		assert "$(realpath "$(types $sample)/${A_TYPE[$sample]}/devices/$UUID")" == "$(realpath $device)"
		[ -e "$(realpath $device/iommu_group)/devices/$UUID" ]
		[ -n "$(ls $device/vfio-dev)" ] || [ ! -e /sys/class/vfio-dev ]
		[ -n "$(ls $device/vendor)" ]
		run mdev list --raw --noheadings $UUID
		assert "$output" =~ "$UUID.*$sample.*${A_TYPE[$sample]}"
		remove $UUID
		[ ! -e $device ]
	done
}

@test "drivers: the attributes of a driver say what it knows, and go with the instance" {
	create_sample mtty $UUID
	assert "$(<$DEVICES/$UUID/vendor/sample_mdev_dev)" == "This is MDEV $UUID"
	create_sample mbochs $UUID2
	assert "$(<$DEVICES/$UUID2/vendor/memory)" == "4 MB"
	exec {held}<$DEVICES/$UUID2/vendor/memory
	remove $UUID2
	run cat <&"$held"
	exec {held}<&-
	assert "$output" =~ "No such device"
}

# Where the kernel's own core sends the event, the instance has no driver yet.
@test "drivers: a listener that reads everything at the add event misses nothing" {
	on_ours || skip "the kernel's own core announces an instance before it is complete"
	run uevent_reader "$(types mdpy)/mdpy-vga/create" 100 mdev_type mdev_type/device_api \
		iommu_group driver subsystem vendor/resolution uevent
	assert "$output" == "announced 100 missing 0"
	run uevent_reader "$(types mtty)/mtty-1/create" 6 mdev_type iommu_group driver vendor/sample_mdev_dev
	assert "$output" == "announced 6 missing 0"
}

@test "drivers: an identity that is taken is refused, whichever parent has it" {
	local sample other
	for sample in $SAMPLES; do
		create_sample $sample $UUID
		for other in $SAMPLES; do
			fails_with "File exists" create -p $other -t "${A_TYPE[$other]}" $UUID
		done
		remove $UUID
	done
}

@test "drivers: what is left of a type goes down and up, and none left is refused" {
	local i
	wait_for has_left mbochs mbochs-large 4
	for i in 1 2 3 4; do
		assert "$(left mbochs mbochs-large) $(left mbochs mbochs-medium)" == "$((5 - i)) $((20 - 4 * i))"
		create_sample mbochs 6b1f2c3d-0000-4000-8000-00000000000$i mbochs-large
	done
	fails_with "No space left on device" create -p mbochs -t mbochs-large $UUID
	for i in 1 2 3 4; do
		assert "$(left mdpy mdpy-vga) $(left mdpy mdpy-hd)" == "$((5 - i)) $((5 - i))"
		create_sample mdpy 6b1f2c3d-0000-4000-8000-00000000001$i
	done
	fails_with "Too many users" create -p mdpy -t mdpy-hd $UUID
	[ ! -e $DEVICES/$UUID ]
	remove_devices
	assert "$(left mdpy mdpy-hd)" == 4
	# The driver counts what VFIO has released.
	wait_for has_left mbochs mbochs-large 4
}

@test "drivers: an instance is made again as soon as it is removed" {
	local sample round
	for sample in $SAMPLES; do
		for round in 1 2 3 4 5 6 7 8; do
			create_sample $sample $UUID
			remove $UUID
		done
	done
	assert "$(ls $DEVICES)" == ""
}

@test "drivers: an instance number, params and what is no UUID are refused" {
	local text
	for text in $UUID:1 $UUID:0:seed=1 $UUID:: "${UUID%?}" x "$(printf '%5000s' x)"; do
		fails_with "Invalid argument" create -p mtty -t mtty-1 "$text"
	done
	# The kernel's own core takes any one byte for the newline.
	! on_ours || fails_with "Invalid argument" create -p mtty -t mtty-1 "${UUID}x"
	assert "$(ls $DEVICES)" == ""
}

@test "drivers: mtty: regions, a serial port that answers, and its interrupt" {
	create_sample mtty $UUID mtty-2
	assert "$(vfio_serial info $UUID)" == "flags 0x2 regions 9 irqs 5
region 0 size 0x8 flags 0x3
region 1 size 0x8 flags 0x3
region 7 size 0xff flags 0x3
vendor 4348 device 3253"
	assert "$(vfio_serial echo $UUID 'over the wire')" == "over the wire"
	assert "$(vfio_serial irq $UUID)" == $'before 0\nreceived 1'
}

# What the driver has is seen in its code, so that nothing is missed that it has and does not offer.
@test "drivers: mtty: what it can of migration and of DMA logging is offered" {
	local migration=ENOTTY logging=ENOTTY
	create_sample mtty $UUID
	! has mtty mtty_set_state || migration=offered
	! has mtty mtty_log_start || logging=offered
	run vfio_serial features $UUID
	assert "${lines[0]}" == "migration $migration"
	assert "${lines[1]}" == "logging $logging"
}

@test "drivers: mtty: the state of a port migrates to another instance" {
	has mtty mtty_set_state || skip "this kernel's mtty cannot be migrated"
	create_sample mtty $UUID
	create_sample mtty $UUID2
	run vfio_serial migrate $UUID $UUID2 'moved by data'
	assert "${lines[0]}" =~ '^before the stop ([1-9][0-9]*) of ([0-9]+)$'
	assert "${BASH_REMATCH[1]}" == "${BASH_REMATCH[2]}"
	assert "${output#*$'\n'}" == $'states 2 2\nscratch 0x5a\nmoved by data\nmoved by data'
}

@test "drivers: mtty: logging of DMA starts, reports and stops" {
	has mtty mtty_log_start || skip "this kernel's mtty logs no DMA"
	local report=0
	# VFIO itself reports, if the kernel was built with drivers for that.
	grep -qw iova_bitmap_alloc /proc/kallsyms || report=EOPNOTSUPP
	create_sample mtty $UUID
	assert "$(vfio_serial log $UUID)" == "started, page size 4096
report $report
stopped"
}

@test "drivers: mdpy: its picture is in a region that is mapped" {
	create_sample mdpy $UUID
	assert "$(vfio_display region $UUID)" == "region offered
dma-buf EINVAL
640x480 stride 2560 format XR24
region 16 flags 0x7
rows 480
written, mapped again: 0x77
closed: 0x77"
}

@test "drivers: mbochs: its picture is a dma-buf, and its memory is mapped" {
	create_sample mbochs $UUID
	assert "$(vfio_display dmabuf $UUID)" == "region EINVAL
dma-buf offered
640x480 stride 2560 format XR24
bytes 1228800 of 1228800
another: ENOENT
memory 4194304, mapped again: 0x11"
}

# is_the_same_by_file KIND SAMPLE UUID: of a new instance each time, since it keeps what was written to it
is_the_same_by_file() {
	local by_file
	by_file=$(vfio_display --iommufd "$1" "$3")
	remove "$3"
	create_sample "$2" "$3"
	assert "$by_file" == "$(vfio_display "$1" "$3")"
}

@test "drivers: the same by the instances' own files, with an iommufd" {
	has_iommufd
	create_sample mtty $UUID
	create_sample mdpy $UUID2
	create_sample mbochs $UUID3
	assert "$(vfio_serial --iommufd echo $UUID 'without a group')" == 'without a group'
	is_the_same_by_file region mdpy $UUID2
	is_the_same_by_file dmabuf mbochs $UUID3
}

# open_is_kept [--iommufd]: an open instance of each driver stays until it is closed
open_is_kept() {
	local sample removal
	for sample in $SAMPLES; do
		create_sample $sample $UUID
		hold_device "$@" $UUID
		if on_ours; then
			fails_with "Device or resource busy" remove $UUID
			fails_with "Device or resource busy" remove $UUID
			[ -e $DEVICES/$UUID/driver ]
			release_device
			remove $UUID
		else
			remove $UUID 3>&- &
			removal=$!
			wait_for test ! -e $DEVICES/$UUID/remove
			kill -0 $removal
			release_device
			wait $removal
		fi
		[ ! -e $DEVICES/$UUID ]
		create_sample $sample $UUID
		remove $UUID
	done
}

@test "drivers: an open instance is not removed" {
	open_is_kept
}

@test "drivers: an instance that is open by its own file is not removed" {
	has_iommufd
	open_is_kept --iommufd
}

@test "drivers: a user that is killed leaves nothing behind" {
	create_sample mtty $UUID
	hold_device $UUID
	kill -9 $HOLDER_PID
	wait $HOLDER_PID || true
	wait_for remove $UUID
	[ ! -e $DEVICES/$UUID ]
}

@test "drivers: a module is not unloaded while an instance is open" {
	local sample
	for sample in $SAMPLES; do
		create_sample $sample $UUID
		hold_device $UUID
		fails_with "in use" rmmod $sample
		release_device
		remove $UUID
	done
}

@test "drivers: a module that is unloaded takes its instances along" {
	! releases_late || skip "the samples cannot be unloaded on this kernel"
	local sample
	for sample in $SAMPLES; do
		create_sample $sample $UUID
		create_sample $sample $UUID2
		rmmod $sample
		assert "$(ls $DEVICES)" == ""
		[ ! -e /sys/class/mdev_bus/$sample ]
		[ ! -e /sys/bus/mdev/drivers/$sample ]
		modprobe $sample
		create_sample $sample $UUID
		remove $UUID
	done
}

# The kernel's own core binds an instance when it makes it, and not again.
@test "drivers: an instance is unbound from its driver, and removed" {
	create_sample mtty $UUID
	write /sys/bus/mdev/drivers/mtty/unbind $UUID
	[ ! -e $DEVICES/$UUID/driver ]
	[ ! -e $DEVICES/$UUID/iommu_group ]
	[ ! -e $DEVICES/$UUID/vendor ]
	fails_with "No such device" write /sys/bus/mdev/drivers/mdpy/bind $UUID
	fails_with "File exists" create -p mtty -t mtty-1 $UUID
	if on_ours; then
		write /sys/bus/mdev/drivers/mtty/bind $UUID
		assert "$(vfio_serial echo $UUID 'bound again')" == 'bound again'
	fi
	remove $UUID
	create_sample mtty $UUID
}

@test "drivers: unbinding waits for the user of an instance" {
	create_sample mtty $UUID
	hold_device $UUID
	write /sys/bus/mdev/drivers/mtty/unbind $UUID 3>&- &
	local unbind=$!
	wait_for grep -q vfio_unregister_group_dev /proc/$unbind/stack
	! on_ours || fails_with "Device or resource busy" remove $UUID
	release_device
	wait $unbind
	[ ! -e $DEVICES/$UUID/driver ]
	remove $UUID
}

@test "drivers: an instance whose driver fails is not made" {
	modprobe mdev_odd
	wait_for odd_is_free
	echo failing >$ODD
	fails_with "Input/output error" create -p mdev_odd -t platform-one $UUID
	assert "$(ls $DEVICES)" == ""
	assert "$(cat $ODD_TYPES/*/available_instances)" == $'2\n2'
}

@test "drivers: making an instance, each allocation fails in turn" {
	on_ours || skip "needs this project's core"
	[ -e /proc/self/fail-nth ] || skip "needs a kernel with fault injection"
	fail_quietly
	# VFIO goes on without this one, and takes a lock that does not exist when the instance is opened.
	fail_without vfio_assign_device_set
	every create_mtty
}

@test "drivers: instances without a VFIO device come and go" {
	modprobe mdev_odd
	wait_for odd_is_free
	echo right >$ODD
	create -p mdev_odd -t platform-one $UUID
	create -p mdev_odd -t platform-other $UUID2
	assert "$(<$DEVICES/$UUID/odd/mark)" == odd
	[ ! -e $DEVICES/$UUID/iommu_group ]
	fails_with "Too many users" create -p mdev_odd -t platform-one $UUID3
	remove $UUID
	echo none >$ODD
	assert "$(ls $DEVICES)" == ""
	[ ! -e $ODD_TYPES ]
	modprobe -r mdev_odd
	modprobe mdev_odd
	wait_for odd_is_free
	echo right >$ODD
	create -p mdev_odd -t platform-one $UUID
}

@test "drivers: a driver without a device API is refused" {
	modprobe mdev_odd
	fails_with "Invalid argument" write $ODD no-api
}

# fuzz SAMPLE [--iommufd]: makes random calls to an instance, which must work as a new one afterwards
fuzz() {
	local seconds=${FUZZ_SECONDS:-10}
	create_sample "$1" $UUID
	run timeout $((seconds + HANG)) vfio_fuzz "${@:2}" --within $UUID "${FUZZ_SEED:-20261130}" "$seconds"
	sed 's/^/# /' <<<"$output" >&3
	assert "$status" == 0
	[[ ${lines[-1]} =~ ^[1-9][0-9]+\ calls ]]
	remove $UUID
	create_sample "$1" $UUID
}

# mtty_keeps_eventfds: the one of 6.1 puts an eventfd each time that an interrupt is disabled, and takes one
# from an empty array. The one that migrates does not.
mtty_keeps_eventfds() {
	has mtty mtty_set_state || skip "this kernel's mtty uses eventfds that it has put"
}

@test "drivers: everything at random to an instance of mtty" {
	mtty_keeps_eventfds
	fuzz mtty
	assert "$(vfio_serial echo $UUID 'as good as new')" == 'as good as new'
}

@test "drivers: everything at random to an instance of mdpy" {
	fuzz mdpy
	vfio_display region $UUID
}

@test "drivers: everything at random, by the instances' own files" {
	has_iommufd
	mtty_keeps_eventfds
	fuzz mtty --iommufd
	assert "$(vfio_serial --iommufd echo $UUID 'as good as new')" == 'as good as new'
}

# Debian's own binary. Without an Intel GPU it makes no parent.
@test "drivers: kvmgt loads, registers its driver and unloads" {
	modinfo kvmgt >/dev/null 2>&1 || skip "this kernel has no kvmgt"
	assert "$(modinfo -n kvmgt)" =~ /kernel/drivers/gpu/drm/i915/
	modprobe kvmgt
	[ -e /sys/bus/mdev/drivers/intel_vgpu_mdev ]
	assert "$(cd /sys/module/mdev/holders && echo kvmgt*)" == kvmgt
	create_sample mtty $UUID
	remove $UUID
	modprobe -r kvmgt
	[ ! -e /sys/bus/mdev/drivers/intel_vgpu_mdev ]
	[ ! -e /sys/module/i915 ]
}
