# SPDX-License-Identifier: GPL-2.0-or-later
# The service that waits for parents, beside the runs that udev starts where it does not listen: many
# parents that register at once, while it is killed, stopped, started, or loses events.
# Whatever happens, each has the instance that is defined for it in the end, and the log says nothing.
#
# The tests share one guest and go on from where the one before left it.

# A slow guest takes long for each; LISTENER_PARENTS=1000 makes a real crowd.
PARENTS=${LISTENER_PARENTS:-60}
FEW=20
PARENT=0000:01:00.0
A=b0072000-0000-4000-8000-00000000000a

. "$BATS_TEST_DIRNAME/../vm/boot.bash"

setup_file() {
	export VM_DIR=$top/build/vm/guest-listener
	vm_prepare 6.1
	vm_new 6.1
	vm_start
	vm_run "
		echo 'options mdev_test parents=$PARENTS' >/etc/modprobe.d/mdev_test.conf
		{
			printf '[defaults]\ntype = mdev_test-type0\nauto = yes\n'
			for ((n = 0; n < $PARENTS; n++)); do
				printf '[b0073000-0000-4000-8000-%012u]\nparent = mdev_test.%u\n' \$n \$n
			done
		} >/etc/mdev.d/crowd.conf
		cat >/usr/local/bin/crowd <<-'END'
			#!/bin/bash
			# Usage: crowd register|unregister FIRST LAST
			for ((n = \$2; n <= \$3; n++)); do
				echo -n \"\$1 \$n\" >/sys/kernel/debug/mdev_test/control
			done
		END
		sed '/SYSTEMD_WANTS/d; s|RUN+=.*|RUN+=\"/usr/local/bin/count %k\"|' \
			/usr/lib/udev/rules.d/60-mdev.rules >/etc/udev/rules.d/61-count.rules
		[ \$(grep -c 'RUN+=' /etc/udev/rules.d/61-count.rules) = 1 ]
		printf '#!/bin/sh\necho \"\$1\" >>/run/runs\n' >/usr/local/bin/count
		chmod +x /usr/local/bin/*
		udevadm control --reload
		modprobe -a vfio_mdev mdev_test"
}

teardown_file() {
	vm_kill
}

setup() {
	bats_require_minimum_version 1.5.0
	vm_log_from_here
	vm_run ': >/run/runs'
}

nothing_is_logged() {
	local said
	said=$(vm_log)
	echo "$said"
	[ "$said" = "" ]
}

# Every parent that registered has its instance, and there is nothing else.
all_are_live() {
	vm_settle
	vm_wait "[ \$(ls /sys/bus/mdev/devices | wc -l) = ${1-$PARENTS} ]"
	vm_run "cd /sys/bus/mdev/devices && for uuid in *; do
			number=\$((10#\${uuid##*-}))
			[[ \$(readlink \$uuid) == */mdev_test.\$number/\$uuid ]] || echo \"\$uuid: \$(readlink \$uuid)\"
		done"
}

# Usage: is_crowded: all are live, and the listener is at work
is_crowded() {
	[ "$(all_are_live)" = "" ]
	listens
	nothing_is_logged
}

listens() {
	vm_run 'systemctl is-active mdev.service && [ -e /run/mdev/listener ]'
}

nobody_is_there() {
	vm_run "crowd unregister 0 $((PARENTS - 1)) 2>/dev/null; [ -z \"\$(ls /sys/bus/mdev/devices)\" ]"
	vm_settle
}

# Usage: in_the_middle COMMAND: while parents register, when some instances are there
in_the_middle() {
	vm_run "crowd register 0 $((PARENTS - 1)) &
		until [ \$(ls /sys/bus/mdev/devices | wc -l) -ge $((PARENTS / 20)) ]; do sleep 0.01; done
		$1
		wait"
}

@test "listener: the service runs with the core, and uses little" {
	listens
	vm_run 'grep -E "^(VmRSS|RssAnon)" /proc/$(systemctl show --value -p MainPID mdev.service)/status'
}

@test "listener: systemd takes the unit without a warning" {
	vm_run 'systemd-analyze --man=no verify mdev.service >/run/verify 2>&1; cat /run/verify; ! grep -F mdev.service /run/verify'
}

# udev gets all events before it works at the first: else it could be through after each.
@test "listener: a crowd of parents, in few batches and without a run for each" {
	vm_run "pid=\$(systemctl show --value -p MainPID mdev.service)
		strace -qq -p \$pid -e trace=clone,clone3,fork -o /run/batches &
		udevadm control --stop-exec-queue
		crowd register 0 $((PARENTS - 1))
		udevadm control --start-exec-queue"
	[ "$(all_are_live)" = "" ]
	vm_run 'pkill -x strace; cat /run/batches; wc -l </run/runs'
	[ "$(vm_run 'wc -l </run/runs')" = 0 ]
	vm_run "[ \$(grep -c 'clone\|fork' /run/batches) -lt $((PARENTS / 3)) ]"
	nothing_is_logged
}

@test "listener: the event again changes nothing and says nothing" {
	vm_run "stat -c '%n %i' /sys/bus/mdev/devices/*/ >/run/before
		for i in 1 2 3; do
			udevadm trigger --action=add --subsystem-match=platform
		done"
	is_crowded
	vm_run "stat -c '%n %i' /sys/bus/mdev/devices/*/ | diff /run/before -"
}

@test "listener: it is not woken by what is no parent" {
	local switches='grep ctxt_switches /proc/$(systemctl show --value -p MainPID mdev.service)/status'
	vm_settle
	vm_run "$switches >/run/before
		udevadm trigger --action=change --subsystem-match=mem --subsystem-match=tty --subsystem-match=cpu
		udevadm settle
		$switches | diff /run/before -"
}

@test "listener: killed in the middle of a crowd" {
	nobody_is_there
	in_the_middle 'systemctl kill --signal=KILL --kill-who=main mdev.service'
	vm_wait 'systemctl is-active mdev.service'
	is_crowded
	[ "$(vm_run 'systemctl show --value -p NRestarts mdev.service')" = 1 ]
}

@test "listener: one of its processes is killed" {
	nobody_is_there
	vm_run 'echo 1 >/sys/kernel/debug/mdev_test/create/hold
		crowd register 0 9'
	vm_wait '[ "$(cat /sys/kernel/debug/mdev_test/create/now)" -ge 1 ]'
	vm_run 'pkill -KILL -P $(systemctl show --value -p MainPID mdev.service)
		echo 0 >/sys/kernel/debug/mdev_test/create/hold'
	vm_wait '[ "$(systemctl show --value -p NRestarts mdev.service)" = 2 ] && systemctl is-active mdev.service'
	[ "$(all_are_live 10)" = "" ]
	listens
}

@test "listener: stopped in the middle of a crowd, it leaves the rest to runs" {
	nobody_is_there
	in_the_middle 'systemctl stop mdev.service'
	[ "$(all_are_live)" = "" ]
	# Those that came after the stop; where all had come before, one that comes now.
	vm_run '[ ! -e /run/mdev/listener ]
		udevadm trigger --action=add /sys/devices/platform/mdev_test.1; udevadm settle
		[ -s /run/runs ]'
	[ "$(vm_run 'systemctl show --value -p Result mdev.service')" = success ]
	nothing_is_logged
}

@test "listener: where it does not run, each parent has a run" {
	nobody_is_there
	vm_run ': >/run/runs; systemctl mask --runtime mdev.service'
	vm_run "crowd register 0 $((FEW - 1))"
	[ "$(all_are_live $FEW)" = "" ]
	[ "$(vm_run 'sort -u /run/runs | wc -l')" = $FEW ]
	vm_run 'systemctl unmask --runtime mdev.service'
	nothing_is_logged
}

@test "listener: what is there when it starts is done" {
	nobody_is_there
	vm_run "touch /run/mdev/listener
		crowd register 0 $((FEW - 1))
		udevadm settle
		[ -z \"\$(ls /sys/bus/mdev/devices)\" ]
		systemctl start mdev.service"
	[ "$(all_are_live $FEW)" = "" ]
	[ "$(vm_run 'wc -l </run/runs')" = 0 ]
	listens
	nothing_is_logged
}

@test "listener: started anew in the middle of a crowd" {
	nobody_is_there
	in_the_middle 'systemctl restart mdev.service'
	is_crowded
}

@test "listener: definitions are those of now" {
	vm_run "uuid=b0073000-0000-4000-8000-000000000005
		crowd unregister 5 5
		mdev modify \$uuid --type mdev_test-type1
		crowd register 5 5"
	is_crowded
	vm_run '[ $(basename $(readlink /sys/bus/mdev/devices/b0073000-0000-4000-8000-000000000005/mdev_type)) = mdev_test-type1 ]'
	vm_run 'mdev modify b0073000-0000-4000-8000-000000000005 --type mdev_test-type0'
}

# The event comes all the same; the other instance is missed only when everything is looked at.
@test "listener: where events were lost, it looks at everything" {
	vm_run "mdev destroy b0073000-0000-4000-8000-000000000007
		[ ! -e /sys/bus/mdev/devices/b0073000-0000-4000-8000-000000000007 ]
		strace -qq -p \$(systemctl show --value -p MainPID mdev.service) -e trace=recvmsg \
			-e inject=recvmsg:error=ENOBUFS:when=1 -o /run/lost &
		until [ \"\$(sed -n 's/^TracerPid:\t//p' /proc/\$(systemctl show --value -p MainPID mdev.service)/status)\" != 0 ]; do :; done
		udevadm trigger --action=add /sys/devices/platform/mdev_test.9"
	[ "$(all_are_live)" = "" ]
	vm_run 'pkill -x strace; grep INJECTED /run/lost'
	listens
}

@test "listener: a driver that hangs holds up its own parent alone" {
	vm_run "mdev define $A -p $PARENT -t medu-fact --auto
		crowd unregister 0 9
		echo 1 >/sys/kernel/debug/mdev_test/create/hold
		crowd register 0 9"
	vm_wait '[ "$(cat /sys/kernel/debug/mdev_test/create/now)" = 10 ]'
	vm_run "udevadm trigger --action=add /sys/bus/pci/devices/$PARENT"
	vm_wait "[ -e /sys/bus/mdev/devices/$A ]"
	vm_run "[ \$(ls /sys/bus/mdev/devices | wc -l) = $((PARENTS - 9)) ]
		mdev undefine $A && mdev destroy $A
		echo 0 >/sys/kernel/debug/mdev_test/create/hold"
	is_crowded
}

@test "listener: a second one is refused, and one by hand" {
	vm_run '! NOTIFY_SOCKET=/run/nobody mdev apply --event --listen'
	vm_run 'mdev apply --event --listen; [ $? = 2 ]'
	listens
}

@test "listener: it keeps no memory of crowds" {
	vm_run 'grep -E "^(VmRSS|RssAnon)" /proc/$(systemctl show --value -p MainPID mdev.service)/status'
	vm_run '[ $(sed -n "s/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p" /proc/$(systemctl show --value -p MainPID mdev.service)/status) -lt 2048 ]'
}

@test "listener: it ends when the host shuts down" {
	nobody_is_there
	vm_reboot
	vm_settle
	listens
	vm_run 'journalctl -b -1 -o cat -u mdev.service >/run/before; tail -n 3 /run/before
		grep -q "^Stopped " /run/before && ! tail -n 3 /run/before | grep -i "fail\|timed out\|killed"'
}

@test "listener: the kernel logged no warning" {
	! vm_run 'dmesg' | grep -E 'WARNING|BUG:|Oops|Call Trace|cannot create duplicate|blocked for more than'
}
