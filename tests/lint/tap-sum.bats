# SPDX-License-Identifier: GPL-2.0-or-later
# The sum at the end of make check: what is missing counts as failed.

# sum TEXT...: each TEXT is one stream
sum() {
	local stream files=()
	for stream; do
		files+=("$BATS_TEST_TMPDIR/${#files[@]}")
		printf '%b' "$stream" >"${files[-1]}"
	done
	run "$BATS_TEST_DIRNAME/../tap-sum" "${files[@]}"
	echo "$output (status $status)"
}

@test "tap-sum: streams add up" {
	sum '1..2\nok 1 a\nok 2 b # skip c\n' 'ok 1 d\n1..1\n'
	[ "$output" = "2 passed, 0 failed, 1 skipped" ]
	[ "$status" = 0 ]
}

@test "tap-sum: a failure is a failure" {
	sum '1..2\nok 1 a\nnot ok 2 b\n'
	[ "$output" = "1 passed, 1 failed, 0 skipped" ]
	[ "$status" = 1 ]
}

@test "tap-sum: results that a plan promised and that are missing have failed" {
	sum '1..3\nok 1 a\n1..1\nok 1 b\n' '1..5\n'
	[ "$output" = "2 passed, 7 failed, 0 skipped" ]
	[ "$status" = 1 ]
}

@test "tap-sum: no results at all are a failure" {
	sum ''
	[ "$output" = "0 passed, 0 failed, 0 skipped" ]
	[ "$status" = 1 ]
}
