# SPDX-License-Identifier: GPL-2.0-or-later
# Boot under stress: 500 definitions over four parents, two bad ones among them, parents that come
# and go in any order. Whatever happens, each good definition is live exactly once in the end, the
# log says one line for each bad one, and udev runs the command no more often than it has to.
#
# The service that waits for parents is masked, but for the last boot: listener.bats is about it.
#
# The tests share one guest and go on from where the one before left it.

PARENTS=(0000:01:00.0 0000:02:00.0 0000:03:00.0 0000:04:00.0)
EACH=125
REFUSED=b0071000-0000-4000-8000-0000000000bd
# shellcheck disable=SC2054 # the commas are QEMU's
MACHINE=(
	-device pcie-root-port,id=port4,bus=pcie.0,addr=5,chassis=5
	-device edu,id=edu3,bus=port3 -device edu,id=edu4,bus=port4
)

. "$BATS_TEST_DIRNAME/../vm/boot.bash"

setup_file() {
	export VM_DIR=$top/build/vm/guest-stress
	vm_prepare 6.1
	vm_new 6.1
	vm_start "${MACHINE[@]}"
	write_definitions
	count_events
	vm_run 'systemctl mask --now mdev.service'
}

teardown_file() {
	vm_kill
}

setup() {
	bats_require_minimum_version 1.5.0
	vm_log_from_here
}

# Half of each parent's in one file, the other half in a file each, beside two bad ones. What shall
# be live is in /expected: a line of mdev list, and the label.
write_definitions() {
	vm_run "
		echo 'options medu instances=$((EACH + 3))' >/etc/modprobe.d/medu.conf
		i=0
		for parent in ${PARENTS[*]}; do
			i=\$((i + 1)) folder=/etc/mdev.d
			printf '[defaults]\nparent = %s\ntype = medu-fact\nauto = yes\n' \$parent >\$folder/parent\$i.conf
			for ((n = 0; n < $EACH; n++)); do
				printf -v uuid b007000%u-0000-4000-8000-%012x \$i \$n
				if ((n % 2)); then
					printf '[%s]\nattr = medu/label %u\n' \$uuid \$n >>\$folder/parent\$i.conf
				else
					printf '[%s]\nparent = %s\ntype = medu-dma\nauto = yes\nattr = medu/label %u\n' \
						\$uuid \$parent \$n >\$folder/\$uuid.conf
				fi
				types=(medu-dma medu-fact)
				echo \"\$uuid \$parent \${types[n % 2]} \$n\"
			done
		done | sort >/expected
		printf '[$REFUSED]\nparent = ${PARENTS[0]}\ntype = medu-fact\nauto = yes\nparams = nonsense\n' \
			>/etc/mdev.d/00-refused.conf
		printf 'no definition\n' >/etc/mdev.d/00-broken.conf"
}

# A line in /run/events for each event on which udev runs the command, by the same conditions
count_events() {
	vm_run "sed '/SYSTEMD_WANTS/d; s|RUN+=.*|RUN+=\"/usr/local/bin/count %k\"|' \
			/usr/lib/udev/rules.d/60-mdev.rules >/etc/udev/rules.d/61-count.rules
		[ \$(grep -c 'RUN+=' /etc/udev/rules.d/61-count.rules) = 1 ]
		printf '#!/bin/sh\necho \"\$1 \$ACTION\" >>/run/events\n' >/usr/local/bin/count
		chmod +x /usr/local/bin/count
		udevadm control --reload"
}

# Each is there once, where it shall be, with its attribute written.
all_are_live() {
	vm_run "cd /sys/bus/mdev/devices &&
		paste -d ' ' <(mdev list --active --raw --noheadings -o uuid,parent,type | sort) \
			<(sed '' */medu/label) | diff /expected - &&
		[ \$(ls | wc -l) = \$(wc -l </expected) ]"
}

nothing_is_logged() {
	local said
	said=$(vm_log)
	echo "$said"
	[ "$said" = "" ]
}

# bind_commands N...: the commands that give parents to their driver
bind_commands() {
	local n
	for n; do
		echo "echo ${PARENTS[n]} >/sys/bus/pci/drivers/medu/bind"
	done
}

unbind_all() {
	vm_run "for parent in ${PARENTS[*]}; do echo \$parent >/sys/bus/pci/drivers/medu/unbind; done
		[ -z \"\$(ls /sys/bus/mdev/devices)\" ]"
	vm_settle
}

# The root is mounted for writing only when udev has done its work.
@test "stress: a boot from a root that is read-only at first brings 500 instances" {
	vm_run "
		cat >/etc/systemd/system/late-write.service <<-END
			[Unit]
			DefaultDependencies=no
			Wants=systemd-udev-settle.service
			After=systemd-udev-settle.service
			Before=local-fs.target systemd-random-seed.service
			[Service]
			Type=oneshot
			ExecStart=/bin/sh -c 'ls /sys/bus/mdev/devices | wc -l >/run/live-before'
			ExecStart=/bin/sh -c 'grep ^/dev/vda /proc/mounts >/run/mount-before'
			ExecStart=/bin/mount -o remount,rw /
			[Install]
			WantedBy=local-fs.target
		END
		systemctl -q enable late-write"
	VM_APPEND=ro vm_reboot "${MACHINE[@]}"
	vm_settle
	vm_run "cat /run/mount-before /run/live-before"
	vm_run "grep -q '^/dev/vda / ext4 ro' /run/mount-before && [ \$(</run/live-before) = \$(wc -l </expected) ]"
	all_are_live
	vm_run "systemctl -q disable late-write"
}

@test "stress: the log has one line for each bad definition, and none for the rest" {
	local said
	vm_log_from_boot
	said=$(vm_log)
	echo "$said"
	[ "$(wc -l <<<"$said")" = 2 ]
	[ "$(grep -c "cannot create $REFUSED" <<<"$said")" = 1 ]
	[ "$(grep -c '/00-broken.conf:1: ' <<<"$said")" = 1 ]
}

@test "stress: the command runs once for each parent" {
	vm_run 'cat /run/events'
	[ "$(vm_run 'sort /run/events')" = "$(printf '%s change\n' "${PARENTS[@]}")" ]
}

@test "stress: the event again, ten times at once, changes nothing and says nothing" {
	vm_run "stat -c '%n %i' /sys/bus/mdev/devices/*/ >/run/before
		for i in 1 2 3 4 5 6 7 8 9 10; do
			for parent in ${PARENTS[*]}; do
				udevadm trigger --action=add /sys/bus/pci/devices/\$parent &
			done
		done
		wait"
	vm_settle
	all_are_live
	vm_run "stat -c '%n %i' /sys/bus/mdev/devices/*/ | diff /run/before -"
	nothing_is_logged
}

@test "stress: parents appear in another order, and all at once" {
	unbind_all
	vm_run "$(bind_commands 2 0 3 1)"
	vm_settle
	all_are_live
	unbind_all
	vm_run "$(bind_commands 3 1 0 2 | sed 's/$/ \&/')
		wait"
	vm_settle
	all_are_live
	nothing_is_logged
}

@test "stress: a parent is unplugged and plugged in while its instances are being made" {
	vm_monitor 'device_del edu3'
	vm_wait "[ ! -e /sys/bus/pci/devices/${PARENTS[2]} ]"
	vm_run "[ \$(ls /sys/bus/mdev/devices | wc -l) = $((3 * EACH)) ]"
	vm_monitor 'device_add edu,id=edu3,bus=port3'
	vm_wait "[ -e /sys/bus/mdev/devices/b0070003-0000-4000-8000-000000000000 ]"
	vm_run "echo 1 >/sys/bus/pci/devices/${PARENTS[2]}/remove"
	vm_settle
	vm_run "[ \$(ls /sys/bus/mdev/devices | wc -l) = $((3 * EACH)) ]"
	vm_run "echo 1 >/sys/bus/pci/rescan"
	vm_wait "[ -e /sys/bus/pci/devices/${PARENTS[2]}/mdev_supported_types ]"
	vm_settle
	all_are_live
	nothing_is_logged
}

# Functions of devices 6 to 8 of the root bus, into the array "more"
list_more() {
	local slot function
	for slot in 6 7 8; do
		for function in 0 1 2 3 4 5 6 7; do
			more+=(-device "edu,addr=$slot.$function,multifunction=on,bus=pcie.0")
		done
	done
}

# What an event did alone, having waited in vain, is still asked for; the next one does it.
ask_again() {
	vm_run 'find /run/mdev -type f
		for parent in $(find /run/mdev -name "*:*" -printf "%f\n"); do mdev apply --event -p $parent; done'
	all_are_live
}

@test "stress: 24 more parents, which come at once at boot" {
	local more=()
	list_more
	vm_run "
		for slot in 6 7 8; do
			for function in 0 1 2 3 4 5 6 7; do
				for n in 1 2 3; do
					uuid=b00700\$slot\$function-0000-4000-8000-00000000000\$n
					printf '[%s]\nparent = 0000:00:0%u.%u\ntype = medu-fact\nauto = yes\nattr = medu/label %u\n' \
						\$uuid \$slot \$function \$n >>/etc/mdev.d/more.conf
					echo \"\$uuid 0000:00:0\$slot.\$function medu-fact \$n\"
				done
			done
		done >>/expected
		sort -o /expected /expected"
	vm_reboot "${MACHINE[@]}" "${more[@]}"
	vm_settle
	all_are_live
	vm_run "sort /run/events | uniq -c"
	# Some register before udev has come to their "add".
	[ "$(vm_run 'cut -d " " -f 1 /run/events | sort -u | wc -l')" = 28 ]
	ask_again
	vm_run '[ -z "$(find /run/mdev -type f ! -name lock)" ]'
}

@test "stress: the same by the service" {
	local more=()
	list_more
	vm_run 'systemctl unmask mdev.service'
	vm_reboot "${MACHINE[@]}" "${more[@]}"
	vm_settle
	vm_wait "[ \$(ls /sys/bus/mdev/devices | wc -l) = \$(wc -l </expected) ]"
	all_are_live
	vm_run 'systemctl is-active mdev.service; wc -l </run/events'
	# Parents that register while the service starts have a run each.
	ask_again
	[ "$(vm_run 'find /run/mdev -name lock -o -type f -print')" = /run/mdev/listener ]
}

@test "stress: the kernel logged no warning" {
	! vm_run 'dmesg' | grep -E 'WARNING|BUG:|Oops|Call Trace|cannot create duplicate|blocked for more than'
}
