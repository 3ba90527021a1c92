#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Thirty parents of which events come at once, while the run that does the work of all is killed. After
# one more event each defined instance has been made, and none twice.

load fire

PARENTS=30

setup() {
	local i
	make_fast_root
	for ((i = 0; i < PARENTS; i++)); do
		make_parent "devices/virtual/many/many-$i" many
		make_type "many-$i" many-1 1 Many
		printf '[%s]\nparent = many-%d\ntype = many-1\nauto = yes\n' "$(instance "$i")" "$i"
	done > "$ETC/all.conf"
	TWICE=$FAST/twice
	begin
}

teardown() {
	remove_fast_root
}

instance() {
	printf '44440000-aaaa-4bbb-8ccc-%012d' "$1"
}

# No instance is live, and nothing was asked for since the boot.
begin() {
	rm -rf "$ROOT"/sys/devices/virtual/many/*/mdev_supported_types/many-1/devices/* "$ROOT/run/mdev"
	: > "$TWICE"
}

# event [COMMAND...] PARENT: as udev runs it, with a kernel that makes instances; COMMAND runs it.
event() {
	LIVE_TWICE=$TWICE LD_PRELOAD=$BATS_TEST_DIRNAME/../../build/tests/live.so STRIKE_ROOT=$ROOT \
		"${@:1:$#-1}" "$MDEV" --root "$ROOT" --quiet apply --event -p "${*: -1}"
}

# One more event. What a run has no time for any more, on a busy machine, it leaves to the next one.
next_event() {
	local i
	for i in {1..20}; do
		event "$1"
		[ -n "$(find "$ROOT/run/mdev" -type f -not -name lock)" ] || break
	done
}

# All are live, none was made twice, and nobody is asked for any more.
is_complete() {
	local live
	live=$(cd "$ROOT/sys/devices/virtual/many" && echo */mdev_supported_types/many-1/devices/* | wc -w)
	assert "$live" -eq "$PARENTS" "instances" || return
	assert "$(ls "$ROOT"/sys/devices/virtual/many/many-7/mdev_supported_types/many-1/devices)" == "$(instance 7)" || return
	assert "$(< "$TWICE")" == "" "made twice" || return
	assert "$(find "$ROOT/run/mdev" -type f)" == "$ROOT/run/mdev/lock" "asked for"
}

strike() {
	"$BATS_TEST_DIRNAME/../../build/tests/strike" "$@"
}

@test "the run that does the work of thirty, killed at each system call" {
	local n=0 status
	while ((++n < 10000)); do
		begin
		mkdir -p "$ROOT/run/mdev"/{asked,taken}
		touch "$ROOT"/run/mdev/asked/many-{1..29}
		status=0
		event strike kill "$n" many-0 || status=$?
		[ "$status" != 99 ] || break
		[ "$status" = 137 ] || { echo "call $n: status $status" && return 1; }
		next_event many-0
		is_complete || { echo "killed at call $n" && return 1; }
	done
	next_event many-0
	is_complete
	assert "$n" -ge 300 "calls that were struck"
}

@test "thirty at once, of which one is killed" {
	local n i
	for n in 20 {40..400..12}; do
		begin
		for ((i = 0; i < PARENTS; i++)); do
			if ((i == n % PARENTS)); then
				event strike kill "$n" "many-$i" || : &
			else
				event "many-$i" &
			fi
		done 3>&-
		wait
		next_event "many-$((n % PARENTS))"
		is_complete || { echo "killed at call $n" && return 1; }
	done
}
