# SPDX-License-Identifier: GPL-2.0-or-later
# What every run of suites must leave: nothing. Runs last, in the guest.

@test "no mediated device is left" {
	for device in /sys/bus/mdev/devices/*; do
		if [ -e "$device" ]; then
			echo "left: $device"
			return 1
		fi
	done
}

@test "no definition is left" {
	diff /run/definitions <(find /etc/mdev.d /run/mdev.d 2>/dev/null)
}

@test "the modules unload" {
	for module in medu mtty vfio_mdev mdev vfio_iommu_type1; do
		if [ -e /sys/module/$module ]; then
			timeout 20 modprobe -r "$module"
		fi
	done
	[ ! -e /sys/module/mdev ]
	[ ! -e /sys/bus/mdev ]
}

@test "the kernel log holds no warning" {
	run dmesg
	[ "$status" -eq 0 ]
	# A test that provokes a warning looks at it itself; see tests/kernel/mdev_test.bash.
	output=$(sed '/warnings are expected from here/,/warnings are expected up to here/d' <<<"$output")
	grep -E -A 20 "$(tr -d '\n' <<-'END'
		WARNING|BUG:|Oops|Call Trace|possible (circular|recursive) lock|suspicious RCU|
		refcount_t|cannot create duplicate|general protection|unable to handle|
		blocked for more than|KASAN|UBSAN|memory leak|unreferenced object|stack-protector|
		disagrees about version
	END
	)" <<<"$output" && return 1
	return 0
}
