#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The sanitizers of the tests find the mistakes that they are for: a program with one mistake, built
# with the same options, fails.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

# planted STATEMENTS PATTERN: a program of these statements fails, and its output has the pattern
planted() {
	printf '#include <stdlib.h>\n#include <limits.h>\nint main(int argc, char **argv) { (void)argv; %s }\n' "$1" \
		> "$BATS_TEST_TMPDIR/planted.c"
	# shellcheck disable=SC2046 # several options
	cc $(make -s print-sanitize) -Wno-all -o "$BATS_TEST_TMPDIR/planted" "$BATS_TEST_TMPDIR/planted.c" || return
	run timeout 60 "$BATS_TEST_TMPDIR/planted"
	[ "$status" -ne 0 ] || { echo "it did not fail: $1" && return 1; }
	[[ $output == *"$2"* ]] || { echo "$output" && return 1; }
}

@test "a leak" {
	planted 'char *volatile p = malloc(10); p = NULL; return p != NULL;' "LeakSanitizer: detected memory leaks"
}

@test "a read behind the end" {
	planted 'char *volatile p = malloc(10); volatile int c = p[9 + argc]; (void)c; free(p); return 0;' "heap-buffer-overflow"
}

@test "a use after it was freed" {
	planted 'char *volatile p = malloc(10); free(p); volatile int c = p[argc]; (void)c; return 0;' "heap-use-after-free"
}

@test "an overflow of a number" {
	planted 'volatile int i = INT_MAX; i = i + argc; return 0;' "signed integer overflow"
}

@test "a program without a mistake ends well" {
	run planted 'return 0;' ""
	[ "$status" -ne 0 ]
	[[ $output == "it did not fail: return 0;"* ]]
}
