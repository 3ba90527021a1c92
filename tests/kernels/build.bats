# SPDX-License-Identifier: GPL-2.0-or-later
# What of the modules takes too long to look at every time.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

@test "the modules build for the newest kernel of Debian sid without a warning (W=1, sparse)" {
	tests/vm/build-modules sid check
}

@test "the modules build for arm64, whose kernel has no core of its own, without a warning (W=1, sparse)" {
	tests/vm/build-modules 6.1-arm64 check
	tests/vm/build-modules 6.12-arm64 check
}

@test "the modules build for a kernel of 32 bits without a warning (W=1, sparse)" {
	tests/vm/build-modules 6.1-i386 check
}

@test "the modules build for a big-endian kernel without a warning (W=1, sparse)" {
	tests/vm/build-modules 6.1-s390x check
}
