# SPDX-License-Identifier: GPL-2.0-or-later
# The beginning and the end of suites that use instances of medu; for `load medu` behind `load kernel`.
# shellcheck shell=bash

setup_file() {
	requires_core ours
	load_modules
}

teardown_file() {
	[ "${MDEV_TEST_CORE-}" != ours ] || unload_modules
}

teardown() {
	remove_devices
}
