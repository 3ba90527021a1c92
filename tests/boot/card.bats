# SPDX-License-Identifier: GPL-2.0-or-later
# A host with a card whose virtual functions are none after a boot: the unit that udev has started enables
# them as a definition file says, by the vendor's program, whatever that does to the card on its way.
#
# The tests share one guest and go on from where the one before left it. The card is QEMU's nvme with the
# driver mvgpu, which refuses the number that the kernel would take, as vendors' drivers do.

CARD=0000:04:00.0
UNIT=mdev-vfs@$CARD.service
TOOL=/usr/lib/nvidia/sriov-manage

. "$BATS_TEST_DIRNAME/../vm/boot.bash"

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
	vm_prepare 6.1 "$top/build/vm/guest-card-extras"
	vm_new 6.1
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

@test "card: a boot enables its virtual functions once, by the unit, and runs the programs after that" {
	await_functions
	[ "$(vm_run 'cat /run/calls')" = "-e $CARD" ]
	[ "$(vm_run 'cat /run/then')" = 16 ]
	vm_run "[ \$(systemctl show --value -p Result $UNIT) = success ]"
	vm_run "[ ! -e /run/mdev/no-cards ]"
}

@test "card: they are back after its driver was loaded again" {
	vm_run 'rm /run/calls /run/then; modprobe -r mvgpu && modprobe mvgpu'
	await_functions
	[ "$(vm_run 'cat /run/calls')" = "-e $CARD" ]
	[ "$(vm_run 'cat /run/then')" = 16 ]
}

@test "card: they stay as they are when the event comes again, and when apply is run" {
	vm_run "rm /run/calls /run/then; udevadm trigger --action=add /sys/bus/pci/devices/$CARD; mdev apply"
	await_unit
	vm_run '[ ! -e /run/calls ] && [ ! -e /run/then ]'
}

@test "card: apply enables them by hand, when somebody has disabled them" {
	vm_run "echo 0 > /sys/module/mvgpu/parameters/refuse_raw && echo 0 > /sys/bus/pci/devices/$CARD/sriov_numvfs && mdev apply"
	vm_run "[ \$(cat /sys/bus/pci/devices/$CARD/sriov_numvfs) = 16 ]"
	await_functions
}

@test "card: the vendor's program is called again while it does not get its lock" {
	vm_run "rm /run/calls; echo busy 2 > /run/mode; modprobe -r mvgpu && modprobe mvgpu"
	await_functions
	[ "$(vm_run 'wc -l < /run/calls')" = 3 ]
}

@test "card: a program that enables nothing makes the unit fail, with the reason, and comes to an end" {
	vm_run "rm /run/calls; echo idle > /run/mode; systemctl reset-failed $UNIT; modprobe -r mvgpu && modprobe mvgpu"
	vm_wait "[ \$(systemctl show --value -p ActiveState $UNIT) = failed ]"
	await_unit
	vm_run "journalctl -b -o cat -u $UNIT | grep -F \"cannot prepare card '$CARD' (/etc/mdev.d/card.conf:1): '$TOOL -e $CARD' enabled no virtual function: exit status 0\""
	vm_run "[ \$(wc -l < /run/calls) -le 11 ]"
	vm_run "rm /run/calls /run/mode; systemctl reset-failed $UNIT; systemctl start $UNIT"
	await_functions
}

@test "card: a reboot brings them back" {
	vm_reboot
	await_functions
	[ "$(vm_run 'cat /run/calls')" = "-e $CARD" ]
}

@test "card: where no file has a section, the first card costs one run and no further one does" {
	vm_run 'rm /etc/mdev.d/card.conf'
	vm_reboot
	vm_settle
	vm_run '[ -e /run/mdev/no-cards ] && [ ! -e /run/calls ]'
	vm_run "[ \$(systemctl show --value -p ActiveState $UNIT) = inactive ]"
	vm_run "[ \$(cat /sys/bus/pci/devices/$CARD/sriov_numvfs) = 0 ]"
}
