# SPDX-License-Identifier: GPL-2.0-or-later
# A host that boots: systemd, udev, definitions on disk. Whatever order the host comes up in, each
# definition that is auto is live exactly once in the end, and the log speaks of failures only.
#
# The tests share one guest and go on from where the one before left it: a boot takes ten seconds.

A=b0070000-0000-4000-8000-00000000000a
B=b0070000-0000-4000-8000-00000000000b
C=b0070000-0000-4000-8000-00000000000c
BAD=b0070000-0000-4000-8000-0000000000bd
PARENT=0000:01:00.0
HOTPLUG=0000:03:00.0
LATE=/etc/modprobe.d/late.conf
EARLY=/etc/systemd/system/systemd-udevd-kernel.socket.d

. "$BATS_TEST_DIRNAME/../vm/boot.bash"

setup_file() {
	export VM_DIR=$top/build/vm/guest-boot
	vm_prepare 6.1
	vm_new 6.1
	vm_start
}

teardown_file() {
	vm_kill
}

setup() {
	bats_require_minimum_version 1.5.0
	vm_run "journalctl --rotate -q; date +%s.%N >/run/since"
}

# What a test that failed half way did not put back would fail the next ones as well.
teardown() {
	vm_run "rm -rf $LATE $EARLY /etc/mdev.d/00-*.conf"
}

# What mdev, or udev on its behalf, has logged since the test began or the guest booted.
log() {
	vm_run 'sync; journalctl --sync; journalctl -b -o cat --since "@$(cat /run/since 2>/dev/null || echo 0)" \
		-t mdev -t systemd-udevd | grep -F mdev || :'
}

# is_live UUID LABEL: live exactly once, and its attribute has the value
is_live() {
	vm_run "[ \$(mdev list --active --raw --noheadings | grep -c '^$1 ') = 1 ] &&
		[ \$(cat /sys/bus/mdev/devices/$1/medu/label) = $2 ]"
}

# Waits until udev has done what there is to do.
settle() {
	vm_run 'udevadm settle --timeout=60'
}

@test "boot: a defined instance is back after a reboot, once, with its attributes" {
	vm_run "modprobe medu && mdev define $A -p $PARENT -t medu-fact --auto -a medu/label=first -a medu/label=second"
	vm_run "mdev define $C -p $PARENT -t medu-fact"
	vm_run "[ -z \"\$(ls /sys/bus/mdev/devices)\" ]"
	vm_reboot
	settle
	is_live "$A" second
	vm_run "[ \"\$(ls /sys/bus/mdev/devices)\" = $A ]"
	[ "$(log)" = "" ]
}

@test "boot: the event again changes nothing and says nothing" {
	local before
	before=$(vm_run "stat -c %i /sys/bus/mdev/devices/$A/")
	vm_run "for i in 1 2 3 4 5 6 7 8 9 10; do udevadm trigger --action=add /sys/bus/pci/devices/$PARENT; done"
	settle
	is_live "$A" second
	[ "$(vm_run "stat -c %i /sys/bus/mdev/devices/$A/")" = "$before" ]
	[ "$(log)" = "" ]
}

@test "boot: an instance that was destroyed is back when the event comes again" {
	vm_run "mdev destroy $A && udevadm trigger --action=add /sys/bus/pci/devices/$PARENT"
	settle
	is_live "$A" second
}

@test "boot: the parent's driver is reloaded" {
	vm_run "modprobe -r medu && [ -z \"\$(ls /sys/bus/mdev/devices)\" ] && modprobe medu"
	settle
	is_live "$A" second
	[ "$(log)" = "" ]
}

@test "boot: the parent's driver is bound again" {
	vm_run "echo $PARENT >/sys/bus/pci/drivers/medu/unbind && [ -z \"\$(ls /sys/bus/mdev/devices)\" ] &&
		echo $PARENT >/sys/bus/pci/drivers/medu/bind"
	settle
	is_live "$A" second
	[ "$(log)" = "" ]
}

@test "boot: the parent's driver is loaded late" {
	vm_run "echo 'blacklist medu' >$LATE"
	vm_reboot
	settle
	vm_run '[ ! -e /sys/module/medu ] && [ ! -e /sys/bus/mdev ]'
	vm_run 'modprobe medu'
	settle
	is_live "$A" second
	[ "$(log)" = "" ]
}

# Before even its socket, which keeps the events of early boot for it.
@test "boot: the parent registered before udev started" {
	vm_run "mkdir -p $EARLY && printf '[Socket]\nExecStartPre=/sbin/modprobe medu\n' >$EARLY/early.conf"
	vm_reboot
	settle
	is_live "$A" second
	[ "$(log)" = "" ]
}

@test "boot: one refused definition is named in the log and does not stop the others" {
	vm_run "mdev define $B -p $PARENT -t medu-dma --auto -a medu/label=third"
	vm_run "printf '[$BAD]\nparent = $PARENT\ntype = medu-fact\nauto = yes\nparams = nonsense\n' >/etc/mdev.d/00-refused.conf"
	vm_run "printf 'no definition\n' >/etc/mdev.d/00-broken.conf"
	vm_reboot
	settle
	is_live "$A" second
	is_live "$B" third
	vm_run "[ ! -e /sys/bus/mdev/devices/$BAD ]"
	local said
	said=$(log)
	echo "$said"
	[ "$(grep -c "$BAD" <<<"$said")" = 1 ]
	[ "$(grep -c '00-broken.conf:1:' <<<"$said")" -ge 1 ]
	[ "$(grep -cE "$A|$B" <<<"$said")" = 0 ]
}

@test "boot: an instance that was undefined does not come back" {
	vm_run "mdev undefine $B && modprobe -r medu && modprobe medu"
	settle
	is_live "$A" second
	vm_run "[ ! -e /sys/bus/mdev/devices/$B ]"
}

@test "boot: a parent is plugged in, out, and in again" {
	vm_run "mdev define $B -p $HOTPLUG -t medu-fact --auto -a medu/label=plugged"
	for _ in 1 2; do
		vm_monitor 'device_add edu,id=edu3,bus=port3'
		vm_wait 60 "[ \"\$(cat /sys/bus/mdev/devices/$B/medu/label)\" = plugged ]"
		settle
		is_live "$B" plugged
		vm_monitor 'device_del edu3'
		vm_wait 60 "[ ! -e /sys/bus/pci/devices/$HOTPLUG ]"
		vm_run "[ ! -e /sys/bus/mdev/devices/$B ]"
	done
	is_live "$A" second
	[ "$(log)" = "" ]
	vm_run "mdev undefine $B"
}

@test "boot: a host without definitions boots without a word" {
	vm_run "mdev undefine $A $C"
	vm_reboot
	settle
	vm_run '[ -e /sys/module/medu ] && [ -z "$(ls /sys/bus/mdev/devices)" ]'
	[ "$(log)" = "" ]
}

@test "boot: the kernel logged no warning" {
	! vm_run 'dmesg' | grep -E 'WARNING|BUG:|Oops|Call Trace|cannot create duplicate|blocked for more than'
}
