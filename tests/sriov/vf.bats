# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual functions that are given away as they are, by vfio-pci: those of QEMU's nvme. The card itself has
# pci-pf-stub, the kernel's driver for cards that only have functions.

load sriov
load killed
load ../nested/owner
load ../nested/qemu

COUNT=8

setup_file() {
	has_cards || return 0
	modprobe vfio_iommu_type1
	modprobe pci-pf-stub
	echo pci-pf-stub >$PCI/$CARD/driver_override
	echo $CARD >/sys/bus/pci/drivers_probe
	echo 0 >$PCI/$CARD/sriov_drivers_autoprobe
	enable $CARD $COUNT
	udevadm settle --timeout="$HANG"
}

teardown_file() {
	has_cards || return 0
	enable $CARD 0
	echo 1 >$PCI/$CARD/sriov_drivers_autoprobe
	echo >$PCI/$CARD/driver_override
	modprobe -r vfio-pci pci-pf-stub
}

setup() {
	requires_cards
	cd "$BATS_TEST_TMPDIR" || return
}

# Frees what a failed test may have left, so that the next test does not fail as well.
teardown() {
	local number
	[ -z "${MONITOR_PID-}" ] || kill -KILL "$MONITOR_PID" 2>/dev/null || :
	end_holder
	stop_qemu
	for ((number = 0; number < COUNT; number++)); do
		set_free "$number" || :
	done
	rm -rf $RECORDS /etc/mdev.d/vf.conf
}

# folder N: of virtual function N
folder() {
	echo "$PCI/$(vf "$1")"
}

set_free() {
	[ ! -e "$(folder "$1")/driver" ] || vf "$1" >"$(folder "$1")/driver/unbind"
	echo >"$(folder "$1")/driver_override"
}

# driver_of N: what virtual function N has; "kept for" what is its override, "-" for none
driver_of() {
	local driver override
	driver=$(readlink "$(folder "$1")/driver") || :
	override=$(<"$(folder "$1")/driver_override")
	[ "$override" != "(null)" ] || override=-
	echo "${driver##*/} kept for $override"
}

is_taken() {
	assert "$(driver_of "$1")" == "vfio-pci kept for vfio-pci" "virtual function $1"
}

is_free() {
	assert "$(driver_of "$1")" == " kept for -" "virtual function $1"
}

are_free() {
	local number
	for ((number = 0; number < COUNT; number++)); do
		is_free "$number"
	done
	assert "$(find $RECORDS -mindepth 1 -not -name .lock)" == ""
}

# bind_by_hand N DRIVER: as a script does it that knows nothing of mdev
bind_by_hand() {
	modprobe "$2"
	echo "$2" >"$(folder "$1")/driver_override"
	vf "$1" >/sys/bus/pci/drivers_probe
	assert "$(driver_of "$1")" == "$2 kept for $2"
}

live() {
	mdev list --active --raw --noheadings -o uuid,address,type -p $CARD | sort
}

# refuses TEXT VERB...: the command fails, and says so
refuses() {
	run -1 --separate-stderr mdev "${@:2}"
	assert "$stderr" =~ "$1"
}

# Of QEMU's nvme as it stands on a bus: the class, and the revision
NVME=1080202

# look: for killed.bash. A driver that is still wanted of a function is left by a command that was killed, and
# is forgiven until the next one has ended.
look() {
	local folder record
	WHERE=
	for folder in $PCI/$CARD/virtfn*; do
		[ -e "$folder/driver" ] || continue
		[ -z "$WHERE" ] || { echo "two have a driver: $WHERE $folder" && return 1; }
		[ "$folder/driver" -ef /sys/bus/pci/drivers/vfio-pci ]
		WHERE=$(readlink -f "$folder")
		WHERE=${WHERE##*/}
		read -r record <"$RECORDS/$WHERE"
		assert "$record" == "$UUID vfio-pci"
	done
}

@test "create: vfio-pci is loaded, and has the function until destroy" {
	[ ! -e /sys/module/vfio_pci ]
	run -0 --separate-stderr mdev types -p $CARD --raw --noheadings -o type,available
	assert "$output" == "vfio-pci $COUNT"
	run -0 --separate-stderr mdev create $UUID -p $CARD -t vfio-pci
	assert "$output$stderr" == "$UUID"
	is_taken 0
	is_free 1
	assert "$(live)" == "$UUID $(vf 0) vfio-pci"
	run -0 mdev show $UUID
	assert "$output" =~ "$(node 0)"
	run -0 mdev types -p $CARD --raw --noheadings -o available
	assert "$output" == $((COUNT - 1))
	run -0 --separate-stderr mdev destroy $UUID
	assert "$output$stderr" == ""
	are_free
}

@test "create: undone where an attribute is not there" {
	refuses "cannot create $UUID: .*'profile/exec_quantum_ms'" \
		create $UUID -p $CARD -t vfio-pci -a profile/exec_quantum_ms=1
	are_free
}

@test "create: eight at once get a function each, and the next one is refused" {
	local number pids=()
	for number in {0..7}; do
		mdev create 5f0c3b1e-8a45-4c1d-9d5b-00000000010"$number" -p $CARD -t vfio-pci 3>&- &
		pids+=($!)
	done
	for number in "${pids[@]}"; do
		wait "$number"
	done
	for ((number = 0; number < COUNT; number++)); do
		is_taken "$number"
	done
	assert "$(live | cut -d ' ' -f 1 | sort -u | wc -l)" == $COUNT
	assert "$(live | cut -d ' ' -f 2 | sort -u | wc -l)" == $COUNT
	refuses "no virtual function of parent '$CARD' is left" create $UUID -p $CARD -t vfio-pci
	mdev destroy -p $CARD --all
	are_free
}

@test "create: no function that another driver has, nor one that is kept for a driver" {
	bind_by_hand 0 pci-stub
	echo none >"$(folder 1)/driver_override"
	mdev create $UUID -p $CARD -t vfio-pci
	is_taken 2
	refuses "virtual function 0 \($(vf 0)\) has driver 'pci-stub'" create $UUID2 -p "$(vf 0)" -t vfio-pci
	refuses "virtual function 1 \($(vf 1)\) is kept for driver 'none'" create $UUID2 -p "$(vf 1)" -t vfio-pci
	assert "$(driver_of 0), $(driver_of 1)" == "pci-stub kept for pci-stub,  kept for none"
	mdev destroy $UUID
	is_free 2
	set_free 0
	modprobe -r pci-stub
}

@test "what others have bound is listed, not pruned, and freed when that is asked for" {
	local foreign
	foreign=$(foreign_id "$(vf 1)")
	bind_by_hand 1 vfio-pci
	assert "$(live)" == "$foreign $(vf 1) vfio-pci"
	mdev apply --prune
	mdev destroy -p $CARD --all
	is_taken 1
	mdev destroy "$foreign"
	are_free
}

@test "destroy: not while somebody has the function open, who is named" {
	mdev create $UUID -p $CARD -t vfio-pci
	hold_device "$(vf 0)"
	refuses "cannot destroy $UUID: it is in use by PID $HOLDER_PID 'vfio_user'" destroy $UUID
	is_taken 0
	release_device
	mdev destroy $UUID
	are_free
}

@test "apply: each definition on the same function, however often these come and go" {
	local times
	cat >/etc/mdev.d/vf.conf <<-END
		[defaults]
		parent = $CARD
		type = vfio-pci
		auto = yes
		[$UUID]
		vf = 2
		[$UUID2]
	END
	for times in once again; do
		mdev apply
		assert "$(live)" == "$UUID $(vf 2) vfio-pci"$'\n'"$UUID2 $(vf 0) vfio-pci" "$times"
		run -0 mdev apply
		assert "$output" == "2 kept"
		enable $CARD 0
		assert "$(live)" == "" "$times"
		enable $CARD $COUNT
	done
}

@test "create, killed at each system call that changes something, and destroy as well" {
	survives_kills vfio-pci
	are_free
}

@test "QEMU: the function stands on the nested machine's bus, until it is destroyed" {
	command -v qemu-system-x86_64 >/dev/null || skip "needs QEMU in the virtual machine"
	mdev create $UUID -p $CARD -t vfio-pci
	start_qemu_with -device "vfio-pci,host=$(vf 0),addr=$SLOT"
	assert "$(printf %x "$(config 0x08)")" == $NVME
	refuses "cannot destroy $UUID: it is in use by PID $QEMU_PID 'qemu-system-x86'" destroy $UUID
	stop_qemu
	mdev destroy $UUID
	are_free
}

@test "QEMU of a user opens the function that is the user's, and no other" {
	command -v qemu-system-x86_64 >/dev/null || skip "needs QEMU in the virtual machine"
	mdev create $UUID -p $CARD -t vfio-pci --owner $USER1
	mdev create $UUID2 -p $CARD -t vfio-pci --owner $USER2 --mode 0600
	assert "$(owned 0) $(owned 1)" == "$USER1:root 660 $USER2:root 600"
	run -0 qemu_as $USER1 0 unlimited
	assert "$output" =~ "device   5"
	run ! qemu_as $USER1 1 unlimited
	assert "$output" =~ "$(node 1): Permission denied"
	mdev modify $UUID2 --live --owner $USER1
	run -0 qemu_as $USER1 1 unlimited
	assert "$output" =~ "device   5"
}

@test "the node of a function that is free is nobody's" {
	local node
	mdev create $UUID -p $CARD -t vfio-pci --owner $USER1 --mode 0666
	node=$(node 0)
	mdev destroy $UUID
	[ ! -e "$node" ]
	mdev create $UUID2 -p $CARD -t vfio-pci
	assert "$(owned 0)" == "root:root 600"
}

# Without udev's event there would be a warning.
@test "--wait returns when udev is done with the function" {
	run -0 --separate-stderr mdev create $UUID -p $CARD -t vfio-pci --wait
	assert "$output$stderr" == $UUID
}

@test "monitor: functions that are given away and taken back, and their card with them" {
	mdev create $UUID -p $CARD -t vfio-pci
	mdev monitor >out 2>errors 3>&- &
	MONITOR_PID=$!
	wait_for grep -q "present $UUID" out
	mdev create $UUID2 -p $CARD -t vfio-pci
	wait_for grep -q "create $UUID2 " out
	mdev destroy $UUID2
	wait_for grep -q "destroy $UUID2 " out
	mdev destroy $UUID
	wait_for grep -q "unregister parent $CARD" out
	kill $MONITOR_PID
	wait $MONITOR_PID
	MONITOR_PID=
	assert "$(<out)$(<errors)" == "\
present parent $CARD
present $UUID parent $CARD type vfio-pci
create $UUID2 parent $CARD type vfio-pci
destroy $UUID2 parent $CARD type vfio-pci
destroy $UUID parent $CARD type vfio-pci
unregister parent $CARD"
}
