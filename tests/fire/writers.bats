#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Two hundred writers at once: no change is lost, each definition is whole, and each writer succeeds or
# says why not.

load fire

setup() {
	make_fast_root
}

teardown() {
	remove_fast_root
}

# all_at_once COMMAND...: 200 of them, with the number in place of NUMBER; status and stderr in $FAST/end.N.
all_at_once() {
	seq 0 199 | xargs -P 200 -INUMBER "$BASH" -c '
		out=$1
		shift
		"$@" > /dev/null 2> "$out.stderr"
		echo $? > "$out.status"' - "$FAST/end.NUMBER" "$@"
	assert "$(find "$FAST" -name 'end.*.status' | wc -l)" -eq 200
}

# statuses: how many ended with which.
statuses() {
	cat "$FAST"/end.*.status | sort | uniq -c | awk '{ printf "%s%s x %s", (NR > 1 ? ", " : ""), $2, $1 }'
}

# every_failure_says PATTERN: one line each.
every_failure_says() {
	local file
	for file in "$FAST"/end.*.status; do
		[ "$(< "$file")" != 0 ] || continue
		assert "$(wc -l < "${file%.status}.stderr")" -eq 1 || return
		assert "$(< "${file%.status}.stderr")" =~ "$1" || return
	done
}

# whole: every definition can be read, and there is no other file.
whole() {
	mdev --root "$ROOT" check -q
	assert "$stderr" == ""
	assert "$(find "$ETC" -name '.*' -not -name .mdev.lock -type f)" == "" "left behind"
}

@test "two hundred writers of different identities, each in a file of its own" {
	all_at_once "$MDEV" --root "$ROOT" define 44440000-aaaa-4bbb-8ccc-000000000000:NUMBER -p soft -t soft-1
	assert "$(statuses)" == "0 x 200"
	assert "$(find "$ETC" -name '*.conf' | wc -l)" -eq 200
	mdev --root "$ROOT" list --raw --noheadings -o UUID
	assert "${#lines[@]}" -eq 200
	whole
}

@test "two hundred writers of different identities, all in one file" {
	all_at_once "$MDEV" --root "$ROOT" define "$U1:NUMBER" -p soft -t soft-1 -a value=NUMBER --file farm
	assert "$(statuses)" == "0 x 200"
	assert "$(ls "$ETC")" == farm.conf
	mdev --root "$ROOT" list --raw --noheadings -o UUID
	assert "${#lines[@]}" -eq 200
	assert "$(grep -c '^attr = value' "$ETC/farm.conf")" -eq 200
	whole
}

@test "two hundred writers of one identity: one wins, each other is told" {
	all_at_once "$MDEV" --root "$ROOT" define "$U1" -p soft -t soft-1 --description "writer NUMBER"
	assert "$(statuses)" == "0 x 1, 1 x 199"
	every_failure_says "^mdev: cannot define $U1: it is already defined in $ETC/$U1.conf:3$"
	assert "$(cat "$ETC/$U1.conf")" =~ "^# Written by mdev; change it with mdev or by hand.

\[$U1\]
parent = soft
type = soft-1
auto = no
description = writer [0-9]+$"
	whole
}

@test "writers that all change one definition lose nothing" {
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	all_at_once "$MDEV" --root "$ROOT" modify "$U1" -a "value=NUMBER"
	assert "$(statuses)" == "0 x 200"
	assert "$(sed -n 's/^attr = value //p' "$ETC/$U1.conf" | sort -n | tr '\n' ' ')" == "$(seq 0 199 | tr '\n' ' ')"
	whole
}

@test "writers with different verbs on one file" {
	local i
	for i in {0..199}; do
		printf '[%s:%d]\nparent = soft\ntype = soft-1\n# mine %d\n' "$U1" "$i" "$i"
	done > "$ETC/farm.conf"
	# A third of the writers removes definitions, a third changes some, and a third adds others.
	# shellcheck disable=SC2016 # for the inner shell
	all_at_once "$BASH" -c '
		case $(($3 % 3)) in
		0) exec "$1" --root "$2" undefine "$4:$3" ;;
		1) exec "$1" --root "$2" modify "$4:$3" --auto ;;
		2) exec "$1" --root "$2" define "$5:$3" -p soft -t soft-1 --file farm ;;
		esac' - "$MDEV" "$ROOT" NUMBER "$U1" "$U2"
	assert "$(statuses)" == "0 x 200"
	assert "$(grep -c "^\[$U1" "$ETC/farm.conf")" -eq 133
	assert "$(grep -c "^\[$U2" "$ETC/farm.conf")" -eq 66
	assert "$(grep -c "^auto = yes" "$ETC/farm.conf")" -eq 67
	assert "$(grep -c "^# mine" "$ETC/farm.conf")" -eq 200 "comments stay"
	whole
}

@test "a writer that is killed does not hold up the others" {
	all_at_once "$BASH" -c '
		[ $(($3 % 4)) != 0 ] || exec "$4" kill $((30 + $3 % 25)) "$1" --root "$2" define "$5:$3" -p soft -t soft-1 --file farm
		exec "$1" --root "$2" define "$5:$3" -p soft -t soft-1 --file farm' - \
		"$MDEV" "$ROOT" NUMBER "$BATS_TEST_DIRNAME/../../build/tests/strike" "$U1"
	assert "$(statuses)" == "0 x 150, 137 x 50"
	mdev --root "$ROOT" define "$U2" -p soft -t soft-1
	assert "$(find "$ETC" -name '.*' -not -name .mdev.lock -type f)" == "" "left behind"
	local i
	for i in {0..199}; do
		((i % 4 == 0)) || grep -q "^\[$U1:$i\]\|^\[$U1\]" "$ETC/farm.conf"
	done
	whole
}
