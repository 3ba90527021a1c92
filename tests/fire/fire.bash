# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the suites under fire share.

load ../helpers

# The made root is in memory, so that fsync() takes no time.
make_fast_root() {
	make_root
	FAST=$(mktemp -d /dev/shm/mdev-fire.XXXXXX)
	mv "$ROOT" "$FAST/root"
	ROOT=$FAST/root
	ETC=$ROOT/etc/mdev.d
}

remove_fast_root() {
	rm -rf "$FAST"
}

# strikes KIND CHECK COMMAND...: strikes at one call after the other, runs CHECK after each with the
# status, and the command itself after that: what was left must not be in its way.
strikes() {
	local kind=$1 check=$2 n=0 status
	shift 2
	while ((++n < 1000)); do
		status=0
		STRIKE_ROOT=$ROOT "$BATS_TEST_DIRNAME/../../build/tests/strike" "$kind" "$n" "$@" \
			> "$FAST/stdout" 2> "$FAST/stderr" || status=$?
		[ "$status" != 99 ] || break
		"$check" "$status" || { echo "$kind at call $n of $*: status $status: $(< "$FAST/stderr")" && return 1; }
	done
	assert "$n" -ge 20 "calls that were struck"
}
