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
	assert "$(find "$ROOT/etc" -name '.*' -not -name .mdev.lock -type f)" == "" "left behind"
}

# The program under the name of mdevctl, which has a place of definitions of its own.
as_mdevctl() {
	ln -s "$(realpath "$MDEV")" "$FAST/mdevctl"
	export MDEVCTL_ENV_ROOT=$ROOT
	THEIRS=$ROOT/etc/mdevctl.d
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

@test "two hundred writers of different identities, in both places" {
	as_mdevctl
	# shellcheck disable=SC2016 # for the inner shell
	all_at_once "$BASH" -c '
		uuid=$(printf "44440000-aaaa-4bbb-8ccc-%012d" "$3")
		[ $(($3 % 2)) = 0 ] || exec "$1" --root "$2" define "$uuid" -p soft -t soft-1
		exec "$4" define -u "$uuid" -p soft -t soft-1' - "$MDEV" "$ROOT" NUMBER "$FAST/mdevctl"
	assert "$(statuses)" == "0 x 200"
	assert "$(find "$THEIRS" -type f | wc -l) $(find "$ETC" -name '*.conf' | wc -l)" == "100 100"
	assert "$("$FAST/mdevctl" list -d | wc -l)" -eq 200
	mdev --root "$ROOT" list --raw --noheadings -o UUID
	assert "${#lines[@]}" -eq 200
	whole
}

@test "two hundred writers of one identity, in both places: one wins" {
	as_mdevctl
	# shellcheck disable=SC2016 # for the inner shell
	all_at_once "$BASH" -c '
		[ $(($3 % 2)) = 0 ] || exec "$1" --root "$2" define "$4" -p soft -t soft-1
		exec "$5" define -u "$4" -p soft -t soft-1' - "$MDEV" "$ROOT" NUMBER "$U1" "$FAST/mdevctl"
	assert "$(statuses)" == "0 x 1, 1 x 199"
	every_failure_says "^(mdev: cannot define $U1: it is already defined in .*|Error: Device $U1 on soft already defined)$"
	assert "$(find "$THEIRS" "$ETC" -type f -not -name '.mdev.lock' | wc -l)" -eq 1
	whole
}

@test "writers by both names that all change one definition of mdevctl's lose nothing" {
	as_mdevctl
	"$FAST/mdevctl" define -u "$U1" -p soft -t soft-1
	# shellcheck disable=SC2016 # for the inner shell
	all_at_once "$BASH" -c '
		[ $(($3 % 2)) = 0 ] || exec "$1" --root "$2" modify "$4" -a "value=$3"
		exec "$5" modify -u "$4" --addattr value --value "$3"' - "$MDEV" "$ROOT" NUMBER "$U1" "$FAST/mdevctl"
	assert "$(statuses)" == "0 x 200"
	assert "$(sed -n 's/^ *"value": "\(.*\)"$/\1/p' "$THEIRS/soft/$U1" | sort -n | tr '\n' ' ')" == "$(seq 0 199 | tr '\n' ' ')"
	whole
}

@test "writers with different verbs in mdevctl's folder, some of which are killed" {
	as_mdevctl
	local i
	mkdir -p "$THEIRS/soft"
	for i in {0..199}; do
		printf '{"mdev_type":"soft-1","start":"manual","note":%d}' "$i" > "$THEIRS/soft/$(printf '44440000-aaaa-4bbb-8ccc-%012d' "$i")"
	done
	# Of each eight writers one is killed on its way; a fourth of the others removes definitions, a fourth
	# moves some to the other place, a fourth changes some, and a fourth adds others.
	# shellcheck disable=SC2016 # for the inner shell
	all_at_once "$BASH" -c '
		uuid=$(printf "44440000-aaaa-4bbb-8ccc-%012d" "$3") strike=
		[ $(($3 % 8)) != 7 ] || strike="$5 kill $((30 + $3 % 40))"
		case $(($3 % 4)) in
		0) exec $strike "$4" undefine -u "$uuid" ;;
		1) sed -i "s/,.note.*/}/" "$6/soft/$uuid" && exec $strike "$1" --root "$2" import "$6/soft/$uuid" ;;
		2) exec $strike "$4" modify -u "$uuid" -a ;;
		3) exec $strike "$4" define -u "$uuid" -p other -t soft-1 ;;
		esac' - "$MDEV" "$ROOT" NUMBER "$FAST/mdevctl" "$BATS_TEST_DIRNAME/../../build/tests/strike" "$THEIRS"
	assert "$(statuses)" == "0 x 175, 137 x 25"
	assert "$(find "$ETC" -name '*.conf' | wc -l)" -eq 50 "moved"
	assert "$(grep -l auto "$THEIRS"/soft/* | wc -l) $(grep -l note "$THEIRS"/soft/* | wc -l)" == "50 100" "changed, and kept"
	assert "$(find "$THEIRS/other" -type f | wc -l)" -ge 25 "added"
	for i in {3..199..8}; do
		[ -s "$THEIRS/other/$(printf '44440000-aaaa-4bbb-8ccc-%012d' "$i")" ]
	done
	"$FAST/mdevctl" define -u "$U2" -p soft -t soft-1
	whole
}
