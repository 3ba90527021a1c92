# SPDX-License-Identifier: GPL-2.0-or-later
# Devices that belong to units: mdev@UUID.service makes one for the unit of a machine that needs it, and
# it ends with that. The machine here only looks whether the device is there, and holds it open if told.
#
# The tests share one guest, and each leaves it without machines and devices.

A=b0074000-0000-4000-8000-00000000000a
B=b0074000-0000-4000-8000-00000000000b
BAD=b0074000-0000-4000-8000-00000000000c
PARENT=0000:01:00.0

. "$BATS_TEST_DIRNAME/../vm/boot.bash"

setup_file() {
	export VM_DIR=$top/build/vm/guest-units
	vm_prepare 6.1
	vm_new 6.1
	vm_start
	vm_run "modprobe -a vfio_iommu_type1 medu
		mdev define $A -p $PARENT -t medu-fact -a medu/label=one
		mdev define $B:3 -p $PARENT -t medu-fact
		mdev define $BAD -p $PARENT -t no-such-type"
	make_machine one "$A"
	make_machine two "$A" "$B:3"
	make_machine bad "$BAD"
	vm_run 'systemctl daemon-reload'
}

teardown_file() {
	vm_kill
}

setup() {
	bats_require_minimum_version 1.5.0
}

teardown() {
	vm_run 'systemctl stop "machine-*" user 2>/dev/null; systemctl reset-failed'
	vm_wait '[ -z "$(ls /sys/bus/mdev/devices)" ]'
}

# make_machine NAME UUID...: a unit that notes what there is at its start, and runs until it is stopped.
make_machine() {
	local name=$1 uuid units=()
	shift
	for uuid; do
		units+=("mdev@$uuid.service")
	done
	vm_run "printf '%s\n' '[Unit]' 'Requires=${units[*]}' 'After=${units[*]}' \
		'[Service]' 'Type=exec' 'ExecStartPre=/bin/sh -c \"ls /sys/bus/mdev/devices >/run/machine-$name\"' \
		'ExecStart=/bin/sleep infinity' \
		'[Install]' 'WantedBy=multi-user.target' >/etc/systemd/system/machine-$name.service"
}

no_device() {
	vm_wait '[ -z "$(ls /sys/bus/mdev/devices)" ]'
}

@test "units: systemd takes the unit without a warning" {
	vm_run "systemd-analyze --man=no verify mdev@$A.service >/run/verify 2>&1; cat /run/verify; ! grep -F mdev@ /run/verify"
}

@test "units: a machine has its device before it starts, with its attributes, and the device ends with it" {
	vm_run 'systemctl start machine-one'
	[ "$(vm_run "cat /run/machine-one /sys/bus/mdev/devices/$A/medu/label")" = "$A"$'\none' ]
	vm_run 'systemctl stop machine-one'
	no_device
	vm_run "[ \$(systemctl show --value -p ActiveState mdev@$A) = inactive ]"
}

@test "units: the device of a machine that is killed ends with it" {
	vm_run 'systemctl start machine-one && systemctl kill -s KILL machine-one'
	no_device
}

@test "units: a device that two machines need ends with the second one" {
	vm_run 'systemctl start machine-one machine-two'
	[ "$(vm_run 'cat /run/machine-two')" = "$A"$'\n'"$B-3" ]
	vm_run "systemctl stop machine-two"
	vm_wait "[ ! -e /sys/bus/mdev/devices/$B-3 ]"
	vm_run "[ -e /sys/bus/mdev/devices/$A ] && systemctl stop machine-one"
	no_device
}

@test "units: a device that was there, and one that went, are no failures" {
	vm_run "mdev apply $A && systemctl start machine-one && mdev destroy $A && systemctl stop machine-one"
	no_device
	vm_run "[ \$(systemctl show --value -p ActiveState mdev@$A) = inactive ]"
}

@test "units: the driver of the parent comes after the machine was asked for" {
	vm_run "modprobe -r medu && systemctl start --no-block machine-one"
	vm_wait "[ \$(systemctl show --value -p ActiveState mdev@$A) = activating ] &&
		grep -q nanosleep /proc/\$(systemctl show --value -p MainPID mdev@$A)/wchan"
	vm_run "[ ! -e /run/machine-one ] || rm /run/machine-one; modprobe medu"
	vm_wait 'systemctl is-active machine-one'
	[ "$(vm_run 'cat /run/machine-one')" = "$A" ]
}

@test "units: a device that cannot be made fails the unit, whose journal says why, and no machine starts" {
	vm_run '! systemctl start machine-bad'
	vm_run '[ ! -e /run/machine-bad ]'
	vm_run "systemctl is-failed mdev@$BAD && journalctl --sync
		journalctl -b -o cat -u mdev@$BAD | grep -F 'cannot create $BAD (/etc/mdev.d/$BAD.conf:3): parent '\''$PARENT'\'' has no type '\''no-such-type'\'''"
	vm_run "! systemctl start mdev@${A/a/f}; journalctl --sync
		journalctl -b -o cat -u mdev@${A/a/f} | grep -F 'cannot apply '\''${A/a/f}'\'': it is not defined'"
}

@test "units: what is called like an option is none" {
	vm_run "! systemctl start mdev@--all.service && [ -z \"\$(ls /sys/bus/mdev/devices)\" ]; journalctl --sync
		journalctl -b -o cat -u mdev@--all.service | grep -F \"'--all' is neither a UUID\""
}

@test "units: a device that somebody has open is waited for" {
	vm_run "systemctl start machine-one
		rm -f /run/input; mkfifo /run/input
		systemd-run -q --unit=user --collect bash -c 'vfio_user hold $A </run/input >/run/output'
		systemd-run -q --unit=keep --collect bash -c 'exec sleep infinity >/run/input'"
	vm_wait '[ -s /run/output ]'
	vm_run "systemctl stop --no-block machine-one"
	vm_wait "[ \$(systemctl show --value -p ActiveState mdev@$A) = deactivating ]"
	vm_run "[ -e /sys/bus/mdev/devices/$A ] && systemctl stop keep"
	no_device
	vm_wait "[ \$(systemctl show --value -p ActiveState mdev@$A) = inactive ]"
}

@test "units: a machine that is enabled has its device after a boot" {
	vm_run 'rm -f /etc/mdev.d/*c.conf; echo medu >/etc/modules-load.d/medu.conf; systemctl enable machine-two'
	vm_reboot
	vm_run 'systemctl is-active machine-two'
	[ "$(vm_run 'cat /run/machine-two')" = "$A"$'\n'"$B-3" ]
}

@test "units: the kernel logged no warning" {
	! vm_run 'dmesg' | grep -E 'WARNING|BUG:|Oops|Call Trace|cannot create duplicate|blocked for more than'
}
