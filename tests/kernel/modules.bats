# SPDX-License-Identifier: GPL-2.0-or-later
# The modules and the kernel's own core, which are both installed: only one of them can be loaded.

load kernel

OWN=/lib/modules/$(uname -r)/kernel/drivers/vfio/mdev/mdev.ko

setup() {
	requires_core ours
	[ -e "$OWN" ] || skip "this kernel was built without a core of its own"
}

teardown_file() {
	load kernel
	[ "${MDEV_TEST_CORE-}" != ours ] || unload_modules
}

# A checksum of the sources of a module, which its file and the loaded module both have
source_version() {
	modinfo -F srcversion "$1"
}

@test "modprobe takes the modules in updates/ before the kernel's own core" {
	[ ! -e /sys/module/mdev ]
	for module in mdev vfio_mdev medu; do
		assert "$(modinfo -n $module)" =~ ^/lib/modules/[^/]+/updates/
	done
	load_modules
	assert "$(</sys/module/mdev/srcversion)" == "$(source_version "$(modinfo -n mdev)")"
	assert "$(</sys/module/mdev/srcversion)" != "$(source_version "$OWN")"
	run mdev --version
	assert "${lines[0]}" == "mdev $(</sys/module/mdev/version)"
	assert "${lines[1]}" == "mdev core in the kernel: this project's, $(modinfo -F version "$(modinfo -n mdev)")"
}

# DKMS installs no module whose version is not above that of the kernel's own.
@test "the modules are of a higher version than the kernel's own core" {
	for module in mdev vfio_mdev medu; do
		highest=$(printf '%s\n' "$(modinfo -F version $module)" "$(modinfo -F version "$OWN")" |
			sort -V | tail -n 1)
		assert "$(modinfo -F version $module)" == "$highest"
	done
	assert "$(modinfo -F version mdev)" != "$(modinfo -F version "$OWN")"
}

@test "the kernel's own core is refused beside this one" {
	load_modules
	fails_with "File exists" insmod "$OWN"
	assert "$(</sys/module/mdev/srcversion)" == "$(source_version mdev)"
	create "$UUID"
	remove "$UUID"
}
