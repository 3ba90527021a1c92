#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The service that waits for parents, while one of its own system calls fails, whichever it is: it gives
# up and says why, or all parents are done. The processes that do them are those of other suites.

load fire

PARENTS="one two three"

setup() {
	local parent i=0
	make_fast_root
	for parent in $PARENTS; do
		make_parent "devices/virtual/few/$parent" few
		make_type "$parent" few-1 1 Few
		printf '[44440000-aaaa-4bbb-8ccc-%012d]\nparent = %s\ntype = few-1\nauto = yes\n' $((++i)) "$parent"
	done > "$ETC/all.conf"
}

teardown() {
	remove_fast_root
}

# What the kernel was asked to make.
made() {
	find "$ROOT/sys/devices/virtual/few" -name create -size +0 | wc -l
}

# crowd [COMMAND...]: the service, for which all parents come, and that ends then
crowd() {
	find "$ROOT/sys/devices/virtual/few" -name create -exec truncate -s 0 {} +
	rm -rf "$ROOT/run"
	# shellcheck disable=SC2086 # names
	printf '%s\n' $PARENTS | NOTIFY_SOCKET=@none STRIKE_ROOT=$ROOT timeout 60 "$@" \
		"$BATS_TEST_DIRNAME/../../build/tests/mdev-crowd" --root "$ROOT" apply --event --listen > /dev/null
}

@test "the service for parents, while a call fails" {
	local error n status
	run crowd
	assert "$status $output $(made)" == "0  3"
	for error in EIO ENFILE ENOSPC EACCES look-EIO look-ENFILE; do
		for ((n = 1; ; n++)); do
			run crowd "$BATS_TEST_DIRNAME/../../build/tests/strike" "$error" "$n"
			[ "$status" != 99 ] || break
			[ "$status" = 0 ] && [ "$(made)" = 3 ] && continue
			assert "$status $output" =~ ^[012]\ mdev:\  "$error at call $n, made $(made)"
		done
		assert "$n" -ge 10 "calls"
	done
}
