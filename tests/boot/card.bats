# SPDX-License-Identifier: GPL-2.0-or-later
# A host with a card whose virtual functions are none after a boot: the unit that udev has started enables
# them as a definition file says, by the vendor's program, whatever that does to the card on its way. Then
# each of 16 definitions is live exactly once, and always at the same address.
#
# VM_KERNEL=6.12 runs the suite on another kernel than 6.1.
#
# The tests share one guest and go on from where the one before left it. The card is QEMU's nvme with the
# driver mvgpu, which refuses the number that the kernel would take, as vendors' drivers do.

CARD=0000:04:00.0
UNIT=mdev-vfs@$CARD.service
TOOL=/usr/lib/nvidia/sriov-manage
# The one that a unit has made at the first boot, for a machine of its own
BY_UNIT=b00ca4d0-0000-4000-8000-000000000014
# How each of the definitions is to be live: UUID, VF, ADDRESS
EXPECTED=/usr/local/share/mdev-tests/expected

. "$BATS_TEST_DIRNAME/../vm/boot.bash"

# make_definitions FOLDER: one for each function. Every other one names its function, from the last to the
# first; the others get what is left, in order. The first has an attribute, the second an owner.
make_definitions() {
	local i uuid vf
	mkdir -p "$1/etc/mdev.d" "$1${EXPECTED%/*}"
	echo "[defaults]
parent = $CARD
type = nvidia-1147
auto = yes" >"$1/etc/mdev.d/instances.conf"
	for i in {0..15}; do
		uuid=$(printf 'b00ca4d0-0000-4000-8000-%012d' "$i")
		vf=$((i % 2 ? i - 1 : 15 - i))
		printf '[%s]\n' "$uuid"
		((i % 2)) || echo "vf = $vf"
		[ "$uuid" != "$BY_UNIT" ] || echo 'auto = no'
		[ "$i" != 0 ] || echo 'attr = nvidia/vgpu_params frame_rate_limiter=0'
		[ "$i" != 1 ] || printf 'owner = daemon:kvm\nmode = 0640\n'
		# The function after the card's own is the first, and there are eight to a slot.
		printf '%s %d 0000:04:%02x.%d\n' "$uuid" $vf $(((vf + 1) / 8)) $(((vf + 1) % 8)) >&3
	done >>"$1/etc/mdev.d/instances.conf" 3>"$1$EXPECTED"
}

# make_machine FOLDER: a unit that is started at boot and needs an instance. It notes how many functions the
# card had when the programs of the section ran.
make_machine() {
	local units=$1/etc/systemd/system
	mkdir -p "$units/multi-user.target.wants"
	printf '%s\n' '[Unit]' "Requires=mdev@$BY_UNIT.service" "After=mdev@$BY_UNIT.service" \
		'[Service]' Type=oneshot RemainAfterExit=yes 'ExecStart=/bin/cp /run/then /run/machine' \
		'[Install]' WantedBy=multi-user.target > "$units/machine.service"
	ln -s ../machine.service "$units/multi-user.target.wants/"
}

# What the vendor's program does: the card loses its driver and gets it back, then its functions.
# /run/mode says what else: "idle" leaves the functions out, and "busy N" has no lock N times.
make_extras() {
	local extras=$1
	rm -rf "$extras"
	mkdir -p "$extras"/{etc/mdev.d,etc/modprobe.d,etc/modules-load.d,usr/lib/nvidia}
	echo 'blacklist nvme' > "$extras/etc/modprobe.d/cards.conf"
	echo 'options mvgpu refuse_raw=1' >> "$extras/etc/modprobe.d/cards.conf"
	echo mvgpu > "$extras/etc/modules-load.d/cards.conf"
	printf '[parent pci:1b36:0010]\nvfs = max\nthen = /bin/sh -c "cat /sys/bus/pci/devices/%s/sriov_numvfs >> /run/then"\n' \
		$CARD > "$extras/etc/mdev.d/card.conf"
	make_definitions "$extras"
	make_machine "$extras"
	cat > "$extras$TOOL" <<-'S'
		#!/bin/sh
		echo "$@" >> /run/calls
		card=/sys/bus/pci/devices/$2
		read -r mode times < /run/mode
		if [ "$mode" = busy ] && [ "$(wc -l < /run/calls)" -le "$times" ]; then
			echo "Cannot obtain unbindLock for $2" >&2
			exit 1
		fi
		echo "$2" > /sys/bus/pci/drivers/nvidia/unbind
		echo "$2" > /sys/bus/pci/drivers/nvidia/bind
		[ "$mode" != idle ] || exit 0
		echo 0 > /sys/module/mvgpu/parameters/refuse_raw
		cat "$card/sriov_totalvfs" > "$card/sriov_numvfs"
		echo 1 > /sys/module/mvgpu/parameters/refuse_raw
	S
	chmod 755 "$extras$TOOL"
	chmod 644 "$extras"/etc/*/*.conf
}

setup_file() {
	export VM_DIR=$top/build/vm/guest-card VM_CARDS=16
	make_extras "$top/build/vm/guest-card-extras"
	vm_prepare "${VM_KERNEL:-6.1}" "$top/build/vm/guest-card-extras"
	vm_new "${VM_KERNEL:-6.1}"
	vm_start
}

teardown_file() {
	vm_kill
}

setup() {
	bats_require_minimum_version 1.5.0
	vm_log_from_here
}

# Until all 16 functions are there with their files, and nothing is under way.
await_functions() {
	vm_wait "[ \$(cat /sys/bus/pci/devices/$CARD/sriov_numvfs) = 16 ] &&
		[ \$(ls -d /sys/bus/pci/devices/$CARD/virtfn*/nvidia | wc -l) = 16 ] &&
		[ ! -e /run/mdev/unready/$CARD ]"
	await_unit
}

# udev has done what there is to do, and so has the unit; that may give udev more to do.
await_unit() {
	vm_wait "udevadm settle && [ \$(systemctl show --value -p ActiveState $UNIT) != activating ] &&
		udevadm settle && [ \$(systemctl show --value -p ActiveState $UNIT) != activating ]"
}

# Each definition is live once, on its function, with all that it says; and nothing was complained of.
await_instances() {
	local node="/dev/vfio/\$(basename \$(readlink /sys/bus/pci/devices/$CARD/virtfn0/iommu_group))"
	await_functions
	vm_wait "diff <(mdev list --active --raw --noheadings -o UUID,VF,ADDRESS | sort) $EXPECTED &&
		grep -x frame_rate_limiter=0 /sys/bus/pci/devices/$CARD/virtfn15/nvidia/vgpu_params &&
		[ \"\$(stat -c '%U:%G %a' $node)\" = 'daemon:kvm 640' ]" || {
		vm_run "mdev list -o UUID,VF,ADDRESS,STATE; ls -l $node; journalctl -b -o cat -t mdev | tail -n 30"
		return 1
	}
	has_no_complaints
}

# Prints those since the test began.
has_no_complaints() {
	vm_run 'journalctl --sync
		! journalctl -b -o cat --since "@$(cat /run/since 2>/dev/null || echo 0)" -t mdev -t systemd-udevd |
			grep -E "^mdev: |mdev.*failed"'
}

@test "card: a boot enables its virtual functions once, by the unit, and runs the programs after that" {
	await_functions
	[ "$(vm_run 'cat /run/calls')" = "-e $CARD" ]
	[ "$(vm_run 'cat /run/then')" = 16 ]
	vm_run "[ \$(systemctl show --value -p Result $UNIT) = success ]"
	vm_run "[ ! -e /run/mdev/no-cards ]"
}

@test "card: the boot made the instance of each definition, each on its function" {
	vm_log_from_boot
	await_instances
}

@test "card: what a unit needs was made when the card was ready, by the unit alone" {
	[ "$(vm_run 'systemctl is-active machine')" = active ]
	[ "$(vm_run 'cat /run/machine')" = 16 ]
	vm_run "journalctl -b -o cat -u mdev@$BY_UNIT | grep '^create $BY_UNIT'"
	vm_run "systemctl -q disable machine && mdev modify $BY_UNIT --auto"
}

@test "card: they are back after its driver was loaded again" {
	vm_run 'rm /run/calls /run/then; modprobe -r mvgpu && modprobe mvgpu'
	await_functions
	[ "$(vm_run 'cat /run/calls')" = "-e $CARD" ]
	[ "$(vm_run 'cat /run/then')" = 16 ]
	await_instances
}

@test "card: the instances are back when the number of functions was 0, and is what it was" {
	vm_run "rm /run/calls /run/then; cd /sys/bus/pci/devices/$CARD && echo 0 > /sys/module/mvgpu/parameters/refuse_raw &&
		echo 0 > sriov_numvfs && echo 16 > sriov_numvfs && echo 1 > /sys/module/mvgpu/parameters/refuse_raw"
	await_instances
	vm_run '[ ! -e /run/calls ] && touch /run/calls /run/then'
}

@test "card: the instances are back when somebody else has run the vendor's program" {
	vm_run "rm /run/calls; $TOOL -e $CARD || echo 'it was interrupted, with $?'"
	await_instances
}

@test "card: they stay as they are when the event comes again, and when apply is run" {
	vm_run "rm /run/calls /run/then; udevadm trigger --action=add /sys/bus/pci/devices/$CARD; mdev apply"
	await_unit
	vm_run '[ ! -e /run/calls ] && [ ! -e /run/then ]'
	await_instances
}

@test "card: apply enables them by hand, when somebody has disabled them" {
	vm_run "echo 0 > /sys/module/mvgpu/parameters/refuse_raw && echo 0 > /sys/bus/pci/devices/$CARD/sriov_numvfs && mdev apply"
	vm_run "[ \$(cat /sys/bus/pci/devices/$CARD/sriov_numvfs) = 16 ]"
	await_instances
}

@test "card: the vendor's program is called again while it does not get its lock" {
	vm_run "rm /run/calls; echo busy 2 > /run/mode; modprobe -r mvgpu && modprobe mvgpu"
	await_functions
	[ "$(vm_run 'wc -l < /run/calls')" = 3 ]
	await_instances
}

@test "card: a program that enables nothing makes the unit fail, with the reason, and comes to an end" {
	vm_run "rm /run/calls; echo idle > /run/mode; systemctl reset-failed $UNIT; modprobe -r mvgpu && modprobe mvgpu"
	vm_wait "[ \$(systemctl show --value -p ActiveState $UNIT) = failed ]"
	await_unit
	vm_run "journalctl -b -o cat -u $UNIT | grep -F \"cannot prepare card '$CARD' (/etc/mdev.d/card.conf:1): '$TOOL -e $CARD' enabled no virtual function: exit status 0\""
	vm_run "[ \$(wc -l < /run/calls) -le 11 ]"
	run ! has_no_complaints
	vm_run "rm /run/calls /run/mode; systemctl reset-failed $UNIT; systemctl start $UNIT"
	await_functions
}

@test "card: a reboot brings them back" {
	vm_reboot
	await_functions
	[ "$(vm_run 'cat /run/calls')" = "-e $CARD" ]
	vm_log_from_boot
	await_instances
}

@test "card: the kernel logged no warning" {
	! vm_run 'dmesg' | grep -E 'WARNING|BUG:|Oops|Call Trace|cannot create duplicate|blocked for more than'
}

@test "card: where no file has a section, the first card costs one run and no further one does" {
	vm_run 'rm /etc/mdev.d/card.conf'
	vm_reboot
	vm_settle
	vm_run '[ -e /run/mdev/no-cards ] && [ ! -e /run/calls ]'
	vm_run "[ \$(systemctl show --value -p ActiveState $UNIT) = inactive ]"
	vm_run "[ \$(cat /sys/bus/pci/devices/$CARD/sriov_numvfs) = 0 ]"
}
