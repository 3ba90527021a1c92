# SPDX-License-Identifier: GPL-2.0-or-later
# What of the modules takes too long to look at every time.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

@test "the modules build for the newest kernel of Debian sid without a warning (W=1, sparse)" {
	tests/vm/build-modules sid check
}
