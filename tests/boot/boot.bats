# SPDX-License-Identifier: GPL-2.0-or-later
# A host that boots: systemd, udev, definitions on disk. Whatever order the host comes up in, each
# definition that is auto is live exactly once in the end, and the log speaks of failures only.
#
# The tests share one guest and go on from where the one before left it: a boot takes ten seconds.

A=b0070000-0000-4000-8000-00000000000a
B=b0070000-0000-4000-8000-00000000000b
C=b0070000-0000-4000-8000-00000000000c
STAYS=b0070000-0000-4000-8000-00000000000d
NTH=b0070000-0000-4000-8000-00000000000e
PARENT=0000:01:00.0
HOTPLUG=0000:02:00.0
LATE=/etc/modprobe.d/late.conf
EARLY=/etc/systemd/system/systemd-udevd-kernel.socket.d

. "$BATS_TEST_DIRNAME/../vm/boot.bash"

# What stands ready in the guest: what "make install DROPIN=1" adds, and mdevctl's package.
SHARE=/usr/local/share/mdev-tests

make_extras() {
	local share=$top/build/vm/guest-boot-extras$SHARE
	rm -rf "$top/build/vm/guest-boot-extras"
	mkdir -p "$share"
	make -s -C "$top" install DROPIN=1 DESTDIR="$share/dropin" prefix=/usr >/dev/null
	fetch_package mdevctl "$share"
}

setup_file() {
	export VM_DIR=$top/build/vm/guest-boot
	make_extras
	vm_prepare 6.1 "$top/build/vm/guest-boot-extras"
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

# What a test that failed half way did not put back would fail the next ones as well.
teardown() {
	vm_run "rm -rf $LATE $EARLY"
}

# is_live UUID LABEL: live exactly once, and its attribute has the value
is_live() {
	vm_run "[ \$(mdev list --active --raw --noheadings | grep -c '^$1 ') = 1 ] &&
		[ \$(cat /sys/bus/mdev/devices/$1/medu/label) = $2 ]"
}

@test "boot: a defined instance is back after a reboot, once, with its attributes" {
	vm_run "modprobe medu && mdev define $A -p $PARENT -t medu-fact --auto -a medu/label=first -a medu/label=second --owner daemon:kvm --mode 0640"
	vm_run "mdev define $C -p $PARENT -t medu-fact"
	vm_run "[ -z \"\$(ls /sys/bus/mdev/devices)\" ]"
	vm_reboot
	vm_settle
	is_live "$A" second
	vm_run "[ \"\$(ls /sys/bus/mdev/devices)\" = $A ]"
	[ "$(vm_log)" = "" ]
}

@test "boot: its node is its owner's after the reboot, and still when udev has its event again" {
	local owner="stat -c '%U:%G %a' /dev/vfio/\$(basename \$(readlink /sys/bus/mdev/devices/$A/iommu_group))"
	[ "$(vm_run "$owner")" = "daemon:kvm 640" ]
	vm_run 'udevadm trigger --subsystem-match=vfio --action=change'
	vm_settle
	[ "$(vm_run "$owner")" = "daemon:kvm 640" ]
}

@test "boot: the event again changes nothing and says nothing" {
	local before
	before=$(vm_run "stat -c %i /sys/bus/mdev/devices/$A/")
	vm_run "for i in 1 2 3 4 5 6 7 8 9 10; do udevadm trigger --action=add /sys/bus/pci/devices/$PARENT; done"
	vm_settle
	is_live "$A" second
	[ "$(vm_run "stat -c %i /sys/bus/mdev/devices/$A/")" = "$before" ]
	[ "$(vm_log)" = "" ]
}

@test "boot: an instance that was destroyed is back when the event comes again" {
	vm_run "mdev destroy $A && udevadm trigger --action=add /sys/bus/pci/devices/$PARENT"
	vm_settle
	is_live "$A" second
}

THEIRS=/etc/mdevctl.d
BOTH=b0070000-0000-4000-8000-00000000000f

# each_once: A by its definition in /etc/mdev.d, and the two of /etc/mdevctl.d, one on each parent
each_once() {
	vm_settle
	is_live "$A" second
	is_live "$B" theirs
	is_live "$BOTH" theirs
	vm_run "[ \$(ls /sys/bus/mdev/devices | wc -l) = 3 ]"
}

@test "boot: definitions in both places, as mdevctl: each device is live once" {
	vm_run "
		cp -a --remove-destination $SHARE/dropin/usr $SHARE/dropin/etc / &&
		mdevctl define -u $B -p $HOTPLUG -t medu-fact -a &&
		mdevctl modify -u $B --addattr medu/label --value theirs &&
		mdevctl define -u $BOTH -p $PARENT -t medu-fact -a &&
		mdevctl modify -u $BOTH --addattr medu/label --value theirs &&
		sed s/theirs/hidden/ $THEIRS/$PARENT/$BOTH >$THEIRS/$PARENT/$A"
	vm_reboot
	each_once
	[ "$(vm_log)" = "" ]
	vm_run "mdevctl start-parent-mdevs $PARENT && mdevctl start-parent-mdevs $HOTPLUG"
	each_once
	[ "$(vm_run 'mdevctl list -d | cut -d" " -f1,4-')" = "\
$A auto (active)
$C manual
$BOTH auto (active)
$B auto (active)" ]
	[ "$(vm_log)" = "" ]
	vm_run "rm $THEIRS/$PARENT/$A"
}

# Debian's package has the program in /usr/bin, and a rule that runs it in /usr/sbin.
@test "boot: beside mdevctl, whose rule finds no program: each device is live once" {
	vm_run "rm /usr/bin/mdevctl /usr/bin/lsmdev && dpkg --install $SHARE/mdevctl.deb &&
		[ ! -e /usr/sbin/mdevctl ] && modprobe -r medu && modprobe medu"
	each_once
	[ "$(vm_log)" = "" ]
}

@test "boot: beside mdevctl, whose rule starts what it defines: each device is live once" {
	vm_run 'ln -s ../bin/mdevctl /usr/sbin/mdevctl'
	vm_reboot
	each_once
	[ "$(vm_log)" = "" ]
}

@test "boot: what is left to mdevctl's rule is not started by ours" {
	vm_run "
		rm /usr/sbin/mdevctl &&
		printf '#!/bin/sh\necho \"\$@\" >>/run/asked\n' >/usr/sbin/mdevctl &&
		chmod 755 /usr/sbin/mdevctl &&
		modprobe -r medu && modprobe medu"
	vm_settle
	is_live "$A" second
	vm_run "[ \"\$(ls /sys/bus/mdev/devices)\" = $A ] && grep -qx 'start-parent-mdevs $HOTPLUG' /run/asked"
	vm_run "mdev apply -n | grep -q '^create $B'"
	[ "$(vm_log)" = "" ]
	vm_run "rm -r /usr/sbin/mdevctl $THEIRS/$PARENT $THEIRS/$HOTPLUG && dpkg --remove mdevctl"
}

@test "boot: the parent's driver is reloaded" {
	vm_run "modprobe -r medu && [ -z \"\$(ls /sys/bus/mdev/devices)\" ] && modprobe medu"
	vm_settle
	is_live "$A" second
	[ "$(vm_log)" = "" ]
}

@test "boot: the parent's driver is bound again" {
	vm_run "echo $PARENT >/sys/bus/pci/drivers/medu/unbind && [ -z \"\$(ls /sys/bus/mdev/devices)\" ] &&
		echo $PARENT >/sys/bus/pci/drivers/medu/bind"
	vm_settle
	is_live "$A" second
	[ "$(vm_log)" = "" ]
}

@test "boot: the parent's driver is loaded late" {
	vm_run "echo 'blacklist medu' >$LATE"
	vm_reboot
	vm_settle
	vm_run '[ ! -e /sys/module/medu ] && [ ! -e /sys/bus/mdev ]'
	vm_run 'modprobe medu'
	vm_settle
	is_live "$A" second
	[ "$(vm_log)" = "" ]
}

# reboot_with PORT: with another parent in that port, which the firmware gives the number 77
reboot_with() {
	VM_PARENTS=port1 vm_reboot -device "edu,id=moving,bus=$1,acpi-index=77"
}

# Before even udev's socket, which keeps the events of early boot for it.
@test "boot: the parent registered before udev started" {
	vm_run "mkdir -p $EARLY && printf '[Socket]\nExecStartPre=/sbin/modprobe medu\n' >$EARLY/early.conf"
	reboot_with port2
	vm_settle
	is_live "$A" second
	[ "$(vm_log)" = "" ]
}

# is_on UUID PARENT: live there
is_on() {
	vm_settle
	vm_run 'mdev list --active --raw --noheadings -o uuid,parent'
	vm_run "[ \"\$(readlink -f /sys/bus/mdev/devices/$1)\" = \$(readlink -f /sys/bus/pci/devices/$2)/$1 ]"
}

@test "boot: a parent is named by a property of udev's, and by its place among its kind" {
	vm_run "
		echo 'ACTION!=\"remove\", SUBSYSTEM==\"pci\", ATTR{acpi_index}==\"?*\", ENV{ID_SLOT}=\"\$attr{acpi_index}\"' \
			>/etc/udev/rules.d/50-slot.rules
		udevadm control --reload
		udevadm trigger --settle --subsystem-match=pci
		mdev define $STAYS -p udev:ID_SLOT=77 -t medu-fact --auto
		mdev define $NTH -p pci:1234:11e8/2 -t medu-dma --auto
		udevadm trigger --settle --action=add --subsystem-match=pci"
	is_on $STAYS 0000:02:00.0
	is_on $NTH 0000:02:00.0
}

@test "boot: a parent that has moved to another slot is found there" {
	reboot_with port3
	is_on $STAYS 0000:03:00.0
	is_on $NTH 0000:03:00.0
	is_live "$A" second
	[ "$(vm_log)" = "" ]
}

@test "boot: the Nth of a kind is the same one in whatever order the drivers come" {
	vm_run "cd /sys/bus/pci/drivers/medu && echo 0000:01:00.0 >unbind && echo 0000:03:00.0 >unbind &&
		echo 0000:03:00.0 >bind"
	is_on $NTH 0000:03:00.0
	vm_run "echo 0000:01:00.0 >/sys/bus/pci/drivers/medu/bind"
	is_on $NTH 0000:03:00.0
	is_on $A 0000:01:00.0
	[ "$(vm_log)" = "" ]
}

@test "boot: an instance that was undefined does not come back" {
	vm_run "mdev undefine $NTH && modprobe -r medu && modprobe medu"
	vm_settle
	is_live "$A" second
	is_on $STAYS 0000:03:00.0
	vm_run "[ ! -e /sys/bus/mdev/devices/$NTH ]"
}

@test "boot: a parent is plugged in, out, and in again" {
	vm_run "mdev define $B -p $HOTPLUG -t medu-fact --auto -a medu/label=plugged"
	for _ in 1 2; do
		vm_monitor 'device_add edu,id=edu2,bus=port2'
		vm_wait "[ \"\$(cat /sys/bus/mdev/devices/$B/medu/label)\" = plugged ]"
		vm_settle
		is_live "$B" plugged
		vm_monitor 'device_del edu2'
		vm_wait "[ ! -e /sys/bus/pci/devices/$HOTPLUG ]"
		vm_run "[ ! -e /sys/bus/mdev/devices/$B ]"
	done
	is_live "$A" second
	[ "$(vm_log)" = "" ]
	vm_run "mdev undefine $B"
}

@test "boot: a host without definitions boots without a word" {
	vm_run "mdev undefine $A $C $STAYS"
	vm_reboot
	vm_settle
	vm_run '[ -e /sys/module/medu ] && [ -z "$(ls /sys/bus/mdev/devices)" ]'
	[ "$(vm_log)" = "" ]
}

@test "boot: the kernel logged no warning" {
	! vm_run 'dmesg' | grep -E 'WARNING|BUG:|Oops|Call Trace|cannot create duplicate|blocked for more than'
}
