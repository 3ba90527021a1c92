# SPDX-License-Identifier: GPL-2.0-or-later
# No run of suites may leave anything. Runs last, in the guest.

load checks
load ../../kernel/kernel

# After tests/debug/detectors.bats has planted bugs, nothing here would pass.
setup() {
	[ ! -e /run/planted ] || skip "bugs were planted"
}

@test "no mediated device is left" {
	for device in /sys/bus/mdev/devices/*; do
		if [ -e "$device" ]; then
			echo "left: $device"
			return 1
		fi
	done
}

@test "no definition is left" {
	diff /run/definitions <(find /etc/mdev.d /run/mdev.d -not -name .mdev.lock 2>/dev/null)
}

# While the modules are loaded, so that a report has the names of their functions.
@test "no memory is lost" {
	[ -e /sys/kernel/debug/kmemleak ] || skip "this kernel has no kmemleak"
	no_leak_is_found
}

a_sample_is_loaded() {
	[ -e /sys/module/mtty ] || [ -e /sys/module/mdpy ] || [ -e /sys/module/mbochs ]
}

# A kernel that releases objects late takes seconds for each module, and more when the host is busy:
# the limit is for what hangs.
@test "the modules unload" {
	if releases_late && a_sample_is_loaded; then
		skip "the kernel's samples are loaded, and cannot be unloaded on this kernel"
	fi
	for module in medu mtty mdpy mbochs mdev_odd kvmgt vfio_mdev mdev vfio_iommu_type1; do
		if [ -e /sys/module/$module ]; then
			timeout 300 modprobe -r "$module"
		fi
	done
	[ ! -e /sys/module/mdev ]
	[ ! -e /sys/bus/mdev ]
}

@test "the modules lose no memory with what they hold" {
	[ -e /sys/kernel/debug/kmemleak ] || skip "this kernel has no kmemleak"
	no_leak_is_found
}

@test "lockdep has watched to the end" {
	[ -e /proc/lockdep_stats ] || skip "this kernel has no lockdep"
	lockdep_is_on
}

# The kernel takes NAME.X=... on its command line for a parameter of a module NAME.
@test "no module was given a parameter that it does not know" {
	! dmesg | grep 'unknown parameter'
}

@test "the kernel log holds no warning" {
	log_is_whole
	log_is_clean
	dmesg | sift_log known | sort | uniq -c | sed 's/^ */# known, times /' >&3
}
