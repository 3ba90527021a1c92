#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The command is killed while scripts take part that behave badly: they hang, flood, close their stdin, leave
# a child behind, or run the command themselves. Each definition is the whole old or the whole new one, no
# lock is held, and the next command works, whatever the script still does.

load fire

U4=44440000-aaaa-4bbb-8ccc-000000000004
U5=55550000-aaaa-4bbb-8ccc-000000000005
U6=66660000-aaaa-4bbb-8ccc-000000000006
STRIKE=$BATS_TEST_DIRNAME/../../build/tests/strike

setup() {
	umask 022
	make_fast_root
	make_device soft soft-1 "$U1"
	THEIRS=$ROOT/etc/mdevctl.d
	mkdir -p "$THEIRS/soft" "$ROOT"/usr/lib/mdevctl/scripts.d/{callouts,notifiers}
	printf '{"mdev_type": "soft-1", "start": "auto", "attrs": []}' > "$THEIRS/soft/$U4"
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n' "$U2" > "$ETC/farm.conf"
	printf '{"mdev_type": "soft-1", "start": "manual", "attrs": [{"medu/label": "2"}]}' > "$FAST/definition"
	ln -s "$(realpath "$MDEV")" "$FAST/mdevctl"
	export MDEVCTL_ENV_ROOT=$ROOT STRIKE_ROOT=$ROOT FAST MDEV ROOT STRIKE
	# Leaks cannot be looked for where system calls are watched.
	export ASAN_OPTIONS=detect_leaks=0
	CREATE=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create
}

# A script that hangs outlives the command, and a test that failed.
teardown() {
	[ ! -e "$FAST/scripts" ] || xargs -n 1 kill < "$FAST/scripts" 2> /dev/null || :
	remove_fast_root
}

# Behaves badly by the shell commands from stdin, once in the event EVENT or EVENT/ACTION that is in $AT, and
# is quiet otherwise. It says what it supports, unless that is where it is bad.
bad_script() {
	{
		cat <<-'E'
			#!/bin/bash
			type=$2 event=$4 action=$6 uuid=${10}
			if [ -n "$AT" ] && [[ $event/$action == $AT* ]]; then
				at=$AT
				export AT=
		E
		cat
		cat <<-'E'
			fi
			case $event/$action in
			get/capabilities) [ "$at" ] || echo '{"supports": {"version": 2,
				"actions": ["start", "stop", "define", "undefine", "modify", "attributes"],
				"events": ["pre", "post", "live", "get", "notify"]}}' ;;
			get/attributes) echo '[]' ;;
			esac
			exit 0
		E
	} | tee "$ROOT/usr/lib/mdevctl/scripts.d/callouts/10-bad" > "$ROOT/usr/lib/mdevctl/scripts.d/notifiers/bad"
	chmod 755 "$ROOT"/usr/lib/mdevctl/scripts.d/*/*
}

definitions() {
	find "$ROOT/etc" -type f -not -name .mdev.tmp -not -name .mdev.lock -exec sha256sum {} + | sort
}

restore() {
	rm -rf "${ROOT:?}/etc"
	cp -a "$FAST/old" "$ROOT/etc"
	: > "$CREATE"
}

# What another command does next. One that would have to wait for a lock gives up some time, and fails.
next_works() {
	AT='' timeout 300 "$MDEV" --root "$ROOT" define 99990000-aaaa-4bbb-8ccc-000000000009 -p soft -t soft-1 > /dev/null &&
		AT='' timeout 300 "$FAST/mdevctl" undefine -u 99990000-aaaa-4bbb-8ccc-000000000009 &&
		[ ! -e "$ETC/.mdev.tmp" ]
}

# The commands that have scripts, each with where the script is bad: EVENT/ACTION COMMAND...
commands() {
	cat <<-E
		get/capabilities mdev define $U5 -p soft -t soft-1
		pre mdev define $U5 -p soft -t soft-1
		post mdev define $U5 -p soft -t soft-1 --auto
		notify mdev define $U5 -p soft -t soft-1
		get/attributes mdev define $U1
		pre mdev modify $U2 --manual
		post mdev undefine $U2
		pre mdev import FAST/imported
		post/define mdev create $U5 -p soft -t soft-1 --define
		pre/start mdev apply
		post/start mdev apply --event -p soft
		pre mdevctl define -u $U5 -p new -t soft-1
		get/attributes mdevctl define -u $U1
		post mdevctl define -u $U5 -p soft --jsonfile FAST/definition
		notify mdevctl modify -u $U4 -m
		live mdevctl modify -u $U1 -p soft --live --defined --jsonfile FAST/definition
		post mdevctl undefine -u $U4
		pre mdevctl start -u $U4
		notify mdevctl start-parent-mdevs soft
	E
}

# each_command DO: with where, and the words of the command
each_command() {
	local line where words n=0
	printf '{"mdev_type": "soft-1", "start": "manual", "attrs": []}' > "$THEIRS/soft/$U1"
	mkdir -p "$FAST/elsewhere/soft"
	cp "$THEIRS/soft/$U4" "$FAST/elsewhere/soft/$U6"
	cp -a "$ROOT/etc" "$FAST/with"
	rm "$THEIRS/soft/$U1"
	cp -a "$ROOT/etc" "$FAST/without"
	while read -r line; do
		line=${line//FAST\/imported/$FAST/elsewhere/soft/$U6}
		read -r -a words <<< "${line//FAST/$FAST}"
		where=${words[0]} words=("${words[@]:1}")
		case ${words[0]} in
		mdev) words=("$MDEV" --root "$ROOT" "${words[@]:1}") ;;
		mdevctl) words=("$FAST/mdevctl" "${words[@]:1}") ;;
		esac
		rm -rf "$FAST/old" "$FAST/new"
		cp -a "$FAST/without" "$FAST/old"
		[ "$where" != live ] || cp -a "$FAST/with/." "$FAST/old"
		"$1" "$where" "${words[@]}" || { echo "bad in $where: ${words[*]}" && return 1; }
		n=$((n + 1))
	done < <(commands)
	assert "$n" -ge 19
}

# The process of the script that hangs, once it does
await_script() {
	read -r -t 300 script <&7 || { echo "no script was bad" && return 1; }
	echo "$script" >> "$FAST/scripts"
}

# ended PROCESS: by itself
ended() {
	local tries=600
	while [ -e "/proc/$1" ]; do
		((--tries)) || { echo "process $1 is still there" && return 1; }
		read -r -t 0.1 <> <(:) || :
	done
}

# Before the action nothing was done, and after it all, but for further devices of the same command. The same
# command again does the rest.
hung() {
	local where=$1 old new created status=0 script
	shift
	restore
	old=$(definitions)
	AT='' "$@" > /dev/null
	new=$(definitions)
	created=$(< "$CREATE")
	assert "$old" != "$new$created" || return
	restore
	AT=$where "$@" > /dev/null 2>&1 7<&- &
	await_script || return
	kill -9 $!
	wait $! 2> /dev/null || status=$?
	assert "$status" -eq 137 "killed" || return
	case $where in
	post* | notify*) assert "$(definitions)" == "$new" && [[ $created == "$(< "$CREATE")"* ]] && { [ ! "$created" ] || [ -s "$CREATE" ]; } ;;
	pre* | get*) assert "$(definitions)$(< "$CREATE")" == "$old" ;;
	live*) assert "$(definitions)" == "$old" ;;
	esac || return
	next_works || return
	AT='' timeout 300 "$@" > /dev/null 2>&1 || :
	assert "$(definitions)" == "$new" "after the same command" || return
	[[ $(< "$CREATE") == *"$created" ]] && kill "$script" && rm "$FAST/scripts"
}

@test "killed while a script hangs: all of it was done or nothing, and nobody waits for the script" {
	mkfifo "$FAST/at"
	exec 7<> "$FAST/at"
	# shellcheck disable=SC2016 # for the script
	bad_script <<< 'echo $$ > "$FAST/at"; exec sleep infinity'
	each_command hung
}

@test "killed while a script floods: the script ends as well" {
	local where pid script
	mkfifo "$FAST/at"
	exec 7<> "$FAST/at"
	# shellcheck disable=SC2016 # for the script
	bad_script <<< 'echo $$ > "$FAST/at"; exec <&-; exec yes "$0"'
	for where in pre notify; do
		AT=$where "$MDEV" --root "$ROOT" modify "$U2" --manual > /dev/null 2>&1 7<&- &
		pid=$!
		await_script
		kill -9 "$pid"
		wait "$pid" 2> /dev/null || :
		ended "$script"
		rm "$FAST/scripts"
		next_works
	done
	assert "$(grep ^auto "$ETC/farm.conf")" == "auto = no"
}

# At some calls of each command, and at others of the next one.
struck_in_between() {
	local where=$1 old new there status=0
	shift
	restore
	old=$(definitions)
	AT='' "$@" > /dev/null
	new=$(definitions)
	for ((at_call += 8, at_call %= 37; at_call < 1000; at_call += 37)); do
		restore
		status=0
		AT=$where timeout 300 "$STRIKE" kill "$((at_call + 1))" "$@" > /dev/null 2>&1 || status=$?
		there=$(definitions)
		[ "$status" != 99 ] || break
		[ "$status" = 137 ] && { [ "$there" = "$old" ] || [ "$there" = "$new" ]; } && next_works ||
			{ echo "killed at call $((at_call + 1)): status $status: $there" && return 1; }
	done
	assert "$there" == "$new" "in the end"
}

@test "killed around scripts that flood, close their stdin, leave a child, and run the command themselves" {
	local at_call=0
	# shellcheck disable=SC2016 # for the script
	bad_script <<-'E'
		exec <&-
		[ "$event" = get ] || head -c 70000 /dev/zero | tr '\0' x
		head -c 70000 /dev/zero | tr '\0' y >&2
		tail --pid="$PPID" -s 0.01 -f /dev/null &
		"$FAST/mdevctl" list -d > /dev/null
		"$FAST/mdevctl" define -u 88880000-aaaa-4bbb-8ccc-000000000008 -p soft -t soft-1 &&
			"$FAST/mdevctl" undefine -u 88880000-aaaa-4bbb-8ccc-000000000008
	E
	each_command struck_in_between
}

@test "a script whose own command is killed keeps nobody" {
	local n other=$THEIRS/soft/88880000-aaaa-4bbb-8ccc-000000000008 status=0
	# shellcheck disable=SC2016 # for the script
	bad_script <<< '"$STRIKE" kill "$(< "$FAST/call")" "$FAST/mdevctl" define -u 88880000-aaaa-4bbb-8ccc-000000000008 -p soft -t soft-1; echo $? > "$FAST/status"'
	printf '{\n  "mdev_type": "soft-1",\n  "start": "manual",\n  "attrs": []\n}' > "$FAST/whole"
	cp -a "$ROOT/etc" "$FAST/old"
	for ((n = 1; status != 99; n += 3)); do
		restore
		echo "$n" > "$FAST/call"
		AT=pre timeout 300 "$FAST/mdevctl" define -u "$U5" -p soft -t soft-1 2> /dev/null
		status=$(< "$FAST/status")
		cmp "$THEIRS/soft/$U5" "$FAST/whole"
		[ ! -e "$other" ] || cmp "$other" "$FAST/whole"
		next_works
	done
	[ -e "$other" ]
	assert "$n" -ge 40
}
