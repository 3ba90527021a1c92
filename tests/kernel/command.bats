# SPDX-License-Identifier: GPL-2.0-or-later
# The command on the project's core and sample parent: what a made root cannot show.

load kernel

setup_file() {
	requires_core ours
	load_modules
	# So that udev has no events of the boot left when a test uses --wait
	udevadm settle --timeout="$HANG"
}

setup() {
	requires_core ours
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	remove_devices
	rm -f /etc/mdev.d/5f0c3b1e-*.conf
}

teardown_file() {
	[ "${MDEV_TEST_CORE-}" != ours ] || unload_modules
}

@test "types of the parent, by every name it has" {
	for parent in 0000:01:00.0 01:00.0 pci:1234:11e8/1 /sys/bus/pci/devices/0000:01:00.0 udev:PCI_SLOT_NAME=0000:01:00.0; do
		run -0 --separate-stderr mdev types -p "$parent" --raw --noheadings -o parent,type
		echo "$parent: $output $stderr"
		[ "$output" = "0000:01:00.0 medu-dma"$'\n'"0000:01:00.0 medu-fact" ]
	done
}

@test "create writes attributes in order, destroy removes" {
	run -0 --separate-stderr mdev create "$UUID:3" -p 01:00.0 -t medu-fact -a medu/label=one -a medu/label=two --wait
	[ "$output" = "$UUID:3" ]
	[ "$stderr" = "" ]
	[ "$(cat "$DEVICES/$UUID-3/medu/label")" = two ]
	run -0 mdev list --raw --noheadings -o uuid,parent,type,state,machine
	[ "$output" = "$UUID:3 0000:01:00.0 medu-fact transient stopped" ]
	run -0 mdev start "$UUID"
	run -0 mdev list --raw --noheadings -o machine
	[ "$output" = started ]
	run -0 mdev stop "$UUID"
	run -0 mdev destroy 5f0c
	[ ! -e "$DEVICES/$UUID-3" ]
}

@test "an attribute that is refused undoes the instance, and is named" {
	long=$(printf 'x%.0s' {1..64})
	run -1 --separate-stderr mdev create "$UUID" -p 01:00.0 -t medu-fact -a medu/label=ok -a "medu/label=$long"
	echo "$stderr"
	[ "$stderr" = "mdev: cannot create $UUID: attribute 'medu/label' refused '$long': Invalid argument" ]
	[ ! -e "$DEVICES/$UUID" ]
	run -1 --separate-stderr mdev create "$UUID" -p 01:00.0 -t medu-fact -a medu/jobs=1
	echo "$stderr"
	[ ! -e "$DEVICES/$UUID" ]
	run -2 --separate-stderr mdev create "$UUID" -p 01:00.0 -t medu-fact -a driver/unbind=1
	echo "$stderr"
	[[ $stderr == *"'driver/unbind' is the kernel's own file"* ]]
	[ ! -e "$DEVICES/$UUID" ]
	run -1 --separate-stderr mdev create "$UUID" -p 01:00.0 -t medu-fact -a no/such=1
	echo "$stderr"
	[[ $stderr == *"has no attribute 'no/such'" ]]
	[ ! -e "$DEVICES/$UUID" ]
}

@test "the kernel's refusals are explained" {
	run -1 --separate-stderr mdev create "$UUID" -p 01:00.0 -t medu-fact --params colour=red
	echo "$stderr"
	[[ $stderr == *"the driver refused the parameters 'colour=red'" ]]
	for i in 1 2 3 4 5 6 7 8; do
		mdev create "$UUID:$i" -p 01:00.0 -t medu-fact
	done
	run -1 --separate-stderr mdev create "$UUID2" -p 01:00.0 -t medu-dma
	echo "$stderr"
	[[ $stderr == *"no instance of type 'medu-dma' is left on parent '0000:01:00.0': taken up by $UUID:1, "* ]]
	run -1 --separate-stderr mdev create "$UUID:1" -p 01:00.0 -t medu-dma
	[[ $stderr == *"it is live already, on parent '0000:01:00.0' with type 'medu-fact'" ]]
	run -1 --separate-stderr mdev start "$UUID3"
	[ "$stderr" = "mdev: cannot start $UUID3: no instance of it is live" ]
	run -0 mdev destroy -p 01:00.0 --all
	run -0 mdev list --noheadings
	[ "$output" = "" ]
}

@test "a device in use is not removed, nor another with it, and its holder is named" {
	mdev create "$UUID" -p 01:00.0 -t medu-fact
	mdev create "$UUID2" -p 01:00.0 -t medu-fact
	group=$(basename "$(readlink "$DEVICES/$UUID/iommu_group")")
	exec 7<>"/dev/vfio/$group"
	run -1 --separate-stderr mdev destroy "$UUID2" "$UUID"
	echo "$stderr"
	[[ $stderr == "mdev: cannot destroy $UUID: it is in use by PID "*" 'bash'"* ]]
	[ -e "$DEVICES/$UUID2" ]
	exec 7>&-
	run -0 mdev destroy "$UUID2" "$UUID"
}

@test "a device whose node is only pointed at, as udev does, is not in use" {
	mdev create "$UUID" -p 01:00.0 -t medu-fact --wait
	# 010000000 is O_PATH.
	perl -e '$| = 1; sysopen(my $node, shift, 010000000) or die; print "there\n"; sleep' \
		"/dev/vfio/$(basename "$(readlink "$DEVICES/$UUID/iommu_group")")" >pointed 3>&- &
	local pid=$!
	wait_for test -s pointed
	run -0 --separate-stderr mdev destroy "$UUID"
	[ "$stderr" = "" ]
	kill "$pid"
}

@test "destroy --wait waits for the user, and no longer than it is told to" {
	mdev create "$UUID" -p 01:00.0 -t medu-fact
	hold_device "$UUID"
	run -1 --separate-stderr mdev destroy --wait=1 "$UUID"
	echo "$stderr"
	[[ $stderr == "mdev: cannot destroy $UUID: it is in use by PID $HOLDER_PID 'vfio_user'"* ]]
	[ -e "$DEVICES/$UUID" ]
	mdev destroy --wait "$UUID" 3>&- &
	local pid=$!
	wait_for grep -q '^State:.[SD]' "/proc/$pid/status"
	[ -e "$DEVICES/$UUID" ]
	release_device
	wait "$pid"
	[ ! -e "$DEVICES/$UUID" ]
}

@test "create --wait returns when udev is done, not before" {
	udevadm settle
	udevadm control --stop-exec-queue
	mdev create "$UUID" -p 01:00.0 -t medu-fact --wait >out 2>errors 3>&- &
	local pid=$!
	wait_for test -e "$DEVICES/$UUID/mdev_type"
	kill -0 "$pid"
	[ ! -s out ]
	udevadm control --start-exec-queue
	wait "$pid"
	cat out errors
	[ "$(<out)" = "$UUID" ]
	[ ! -s errors ]
}

@test "show: what sysfs and VFIO say of a device, and who has it open" {
	mdev create "$UUID:2" -p 01:00.0 -t medu-fact -a medu/label=one --define
	local group
	group=$(basename "$(readlink "$DEVICES/$UUID-2/iommu_group")")
	hold_device "$UUID-2"
	run -0 --separate-stderr mdev show 5f0c
	echo "$output$stderr"
	local line
	for line in "$UUID:2" "state:       live" "parent:      0000:01:00.0" "written as:  01:00.0" "type:        medu-fact" \
		"path:        $(readlink -f "$DEVICES/$UUID-2")" "IOMMU group: $group" \
		"VFIO group:  /dev/vfio/$group" "in use by:   PID $HOLDER_PID 'vfio_user'" \
		"definition:  /etc/mdev.d/$UUID-2.conf:3" "attribute:   medu/label = one"; do
		grep -qxF -e "  $line" -e "$line" <<<"$output"
	done
	run -0 mdev show --json 5f0c
	jq -e --arg pid "$HOLDER_PID" '.results[0].holders | map(.pid) == [$pid | tonumber]' <<<"$output"
	release_device
}

# info_as USER: what a program of that user is told of the device, by its own file
info_as() {
	setpriv --reuid "$1" --regid "$1" --clear-groups vfio_user --iommufd info $UUID
}

@test "an owner opens the device by its own file below /dev/vfio/devices, nobody else does" {
	has_iommufd
	mdev create $UUID -p $PARENT -t medu-fact --owner daemon
	own=/dev/vfio/devices/$(ls $DEVICES/$UUID/vfio-dev)
	assert "$(stat -c '%U:%G %a' "$own")" == "daemon:root 660"
	# A host that has such users opens it to them by a rule of udev.
	mode=$(stat -c %a /dev/iommu)
	chmod 0666 /dev/iommu
	run -0 info_as daemon
	run ! info_as games
	chmod "$mode" /dev/iommu
	assert "$output" == "vfio_user: the file of $UUID: Permission denied"
	mdev modify $UUID --live --owner ''
	assert "$(stat -c '%U:%G %a' "$own")" == "root:root 600"
}

@test "modify --live: the device and the definition; a value that is refused leaves both" {
	mdev create "$UUID" -p 01:00.0 -t medu-fact -a medu/label=one --define
	mdev modify --live "$UUID" --set-attr medu/label=two
	[ "$(<"$DEVICES/$UUID/medu/label")" = two ]
	grep -qx 'attr = medu/label two' "/etc/mdev.d/$UUID.conf"
	long=$(printf 'x%.0s' {1..64})
	run -1 --separate-stderr mdev modify --live "$UUID" -a medu/label=three -a "medu/label=$long"
	echo "$stderr"
	[[ $stderr == "mdev: cannot modify $UUID: attribute 'medu/label' refused '$long': Invalid argument"* ]]
	[ "$(<"$DEVICES/$UUID/medu/label")" = two ]
	[ "$(grep -c '^attr' "/etc/mdev.d/$UUID.conf")" = 1 ]
}

@test "apply twenty times at once: each exactly once, with its attributes" {
	for i in 1 2 3 4 5 6; do
		mdev define "$UUID:$i" -p 01:00.0 -t medu-fact --auto -a medu/label=a -a "medu/label=$i"
	done
	for _ in $(seq 20); do
		mdev apply -p 0000:01:00.0 >> out 2>> errors 3>&- &
	done
	wait
	cat out errors
	[ ! -s errors ]
	[ "$(grep -c ^create out)" = 6 ]
	for i in 1 2 3 4 5 6; do
		[ "$(cat "$DEVICES/$UUID-$i/medu/label")" = "$i" ]
	done
	run -0 --separate-stderr mdev apply
	[ "$output$stderr" = "6 kept" ]
}

@test "create --define --auto, destroy --undefine" {
	run -0 mdev create "$UUID" -p udev:PCI_SLOT_NAME=0000:01:00.0 -t medu-dma --define --auto
	run -0 mdev list --raw --noheadings -o uuid,auto,state
	[ "$output" = "$UUID yes live" ]
	run -0 mdev destroy --undefine "$UUID"
	[ ! -e "/etc/mdev.d/$UUID.conf" ]
}

@test "create --wait of what is refused does not wait, and --json has the definition" {
	# If create waited for udev, it would print that udev has not answered.
	udevadm control --stop-exec-queue
	run -1 --separate-stderr mdev create "$UUID" -p 01:00.0 -t medu-fact -a no/such=1 --wait
	udevadm control --start-exec-queue
	echo "$stderr"
	[[ $stderr == *"has no attribute 'no/such'" ]]
	run -0 --separate-stderr mdev create "$UUID" -p 01:00.0 -t medu-fact --define --json
	echo "$output"
	jq -e --arg uuid "$UUID" '.results[0] | .live.name == $uuid and
		.defined.file == "/etc/mdev.d/\($uuid).conf" and .defined.line > 0' <<<"$output"
}
