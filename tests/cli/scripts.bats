#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Scripts that are asked before something is done to a device and told afterwards: which of them run
# when, with what; what their answers do; and those that behave badly.

load ../helpers

setup() {
	umask 022
	make_root
	SCRIPTS=$ROOT/usr/lib/mdevctl/scripts.d
	LOG=$BATS_TEST_TMPDIR/log
	CREATE=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create
	ETC=$ROOT/etc/mdev.d
	mkdir -p "$SCRIPTS"/{callouts,notifiers} "$ROOT"/etc/mdevctl.d/scripts.d/{callouts,notifiers}
	: > "$LOG"
	export ROOT LOG MDEV
}

# script NAME: a callout of that name, or what the path below the folder of scripts says, with the shell
# commands from stdin. Each run is logged: "NAME EVENT ACTION STATE", and $uuid and $type are set.
script() {
	local path=$SCRIPTS/callouts/$1
	[[ $1 != */* ]] || path=$SCRIPTS/$1
	{
		printf '#!/bin/sh\ntype=$2 event=$4 action=$6 state=$8 uuid=${10} parent=${12}\n'
		printf 'echo "${0##*/} $event $action $state" >> "$LOG"\n'
		cat
	} > "$path"
	chmod 755 "$path"
}

# supporting NAME ACTIONS EVENTS: a script that says what it supports, else as above.
supporting() {
	local answer="{\"supports\":{\"version\":2,\"actions\":[$2],\"events\":[$3]}}"
	{
		printf '[ "$action" != capabilities ] || { echo '\''%s'\''; exit 0; }\n' "$answer"
		cat
	} | script "$1"
}

# What was run since the last look, but for the questions for capabilities, which come first.
calls() {
	grep -v ' capabilities ' "$LOG" || :
	: > "$LOG"
}

# around ACTION...: what a callout "10-a" and a notifier "note" see of each
around() {
	local action
	for action; do
		printf '10-a pre %s none\n10-a post %s success\nnote notify %s success\n' "$action" "$action" "$action"
	done
}

quiet_scripts() {
	script 10-a <<< ''
	script notifiers/note <<< ''
}

define() {
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n' "$@" | make_definition farm.conf
}

@test "a script is told type, event, action, state, UUID and parent, and reads the device" {
	cat > "$SCRIPTS/callouts/10-a" <<-'E'
		#!/bin/sh
		printf '%s|' "$#" "$@" "$(cat)" "$PWD" "$MARK" >> "$LOG"
		echo >> "$LOG"
	E
	chmod 755 "$SCRIPTS/callouts/10-a"
	cd "$BATS_TEST_TMPDIR" || return
	MARK=kept mdev --root "$ROOT" define "$U1" -p soft -t soft-1 --auto -a 'x=a"b' -a x=2
	local rest="none|-u|$U1|-p|soft|"
	assert "$(< "$LOG")" == "\
12|-t|soft-1|-e|get|-a|capabilities|-s|$rest{\"provides\":{\"version\":2,\"actions\":[\"start\",\"stop\",\"define\",\"undefine\",\"modify\",\"attributes\",\"capabilities\"],\"events\":[\"pre\",\"post\",\"notify\",\"get\",\"live\"]}}|$PWD|kept|
12|-t|soft-1|-e|pre|-a|define|-s|$rest{\"mdev_type\":\"soft-1\",\"start\":\"auto\",\"attrs\":[{\"x\":\"a\\\"b\"},{\"x\":\"2\"}]}|$PWD|kept|
12|-t|soft-1|-e|post|-a|define|-s|success|-u|$U1|-p|soft|{\"mdev_type\":\"soft-1\",\"start\":\"auto\",\"attrs\":[{\"x\":\"a\\\"b\"},{\"x\":\"2\"}]}|$PWD|kept|"
}

@test "every verb that changes something has its action" {
	quiet_scripts
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$(calls)" == "$(around start)"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1 --define
	assert "$(calls)" == "$(around start define)"
	mdev --root "$ROOT" modify "$U1" --auto
	assert "$(calls)" == "$(around modify)"
	mdev --root "$ROOT" apply
	assert "$(calls)" == "$(around start)"
	make_device soft soft-1 "$U1"
	mdev --root "$ROOT" destroy "$U1" --undefine
	assert "$(calls)" == "$(around stop undefine)"
	mdev --root "$ROOT" define "$U2" -p soft -t soft-1
	assert "$(calls)" == "$(around define)"
	mdev --root "$ROOT" apply --prune
	assert "$(calls)" == "$(around stop)"
	mdev --root "$ROOT" undefine "$U2"
	assert "$(calls)" == "$(around undefine)"
	mdev --root "$ROOT" import <<< "[{\"soft\":[{\"$U2\":{\"mdev_type\":\"soft-1\",\"start\":\"auto\"}}]}]"
	assert "$(calls)" == "$(around define)"
}

@test "what changes nothing runs no script" {
	quiet_scripts
	define "$U1"
	make_device soft soft-1 "$U1"
	mdev --root "$ROOT" list
	mdev --root "$ROOT" types
	mdev --root "$ROOT" check
	mdev --root "$ROOT" export
	mdev --root "$ROOT" apply
	mdev --root "$ROOT" modify "$U1" --auto
	mdev --root "$ROOT" create --ensure "$U1"
	mdev --root "$ROOT" modify "$U1" --manual --dry-run
	mdev --root "$ROOT" undefine "$U1" --dry-run
	mdev --root "$ROOT" destroy "$U1" --dry-run
	mdev --root "$ROOT" apply --prune --dry-run
	mdev 1 --root "$ROOT" create "$U1" -p soft -t soft-1
	mdev 1 --root "$ROOT" define "$U1" -p soft -t soft-1
	assert "$(< "$LOG")" == ""
}

@test "a script refuses: nothing is done, its reason is the error, and notifiers hear of it" {
	local script=$SCRIPTS/callouts/10-a verb
	script 10-a <<< '[ "$event" != pre ] || { printf "not now\nsecond line\n" >&2; exit 3; }'
	script notifiers/note <<< ''
	define "$U2"
	make_device soft soft-1 "$U3"
	(umask 077 && : > "$ROOT/run/mdev.lock")
	local before
	before=$(fingerprint)
	refuses() {
		mdev 1 --root "$ROOT" "${@:3}" || return
		# Of apply the last line is not an error.
		assert "${stderr%$'\n'1 failed}" == "mdev: warning: 10-a: second line
mdev: $1: script '$script' refused it (status 3): not now" || return
		assert "$(calls)" == "10-a pre $2 none
note notify $2 none" || return
		assert "$(fingerprint)" == "$before" "the root after mdev ${*:3}"
	}
	refuses "cannot create $U1" start create "$U1" -p soft -t soft-1
	refuses "cannot create $U1" start create "$U1" -p soft -t soft-1 --define
	refuses "cannot create $U2 ($ETC/farm.conf:1)" start apply "$U2"
	refuses "cannot destroy $U3" stop destroy "$U3"
	refuses "cannot destroy $U3" stop destroy "$U3" --undefine
	refuses "cannot define $U1" define define "$U1" -p soft -t soft-1
	refuses "cannot undefine $U2" undefine undefine "$U2"
	refuses "cannot modify $U2" modify modify "$U2" --manual
	mdev 1 --root "$ROOT" --json create "$U1" -p soft -t soft-1
	assert "$output" =~ '"code":"refused","error":"script .* refused it \(status 3\): not now"'
}

@test "by force it is done all the same, with a warning, and told to the script" {
	script 10-a <<< '[ "$event" != pre ] || { echo "not now" >&2; exit 3; }'
	define "$U2"
	make_device soft soft-1 "$U3"
	forced() {
		mdev --root "$ROOT" "${@:2}" || return
		assert "$stderr" == "mdev: warning: going on by force, though script '$SCRIPTS/callouts/10-a' refused it (status 3): not now" || return
		assert "$(calls)" == "10-a pre $1 none
10-a post $1 success"
	}
	forced start create --force "$U1" -p soft -t soft-1
	assert "$(< "$CREATE")" == "$U1"
	forced stop destroy -f "$U3"
	assert "$(< "$ROOT/sys/bus/mdev/devices/$U3/remove")" == 1
	forced define define -f "$U1" -p soft -t soft-1
	forced modify modify -f "$U1" --auto
	forced undefine undefine -f "$U1"
}

@test "the action fails: scripts are told so" {
	quiet_scripts
	chmod 555 "$ETC"
	rm "$CREATE"
	mkdir "$CREATE"
	mdev 1 --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$(calls)" == "10-a pre start none
10-a post start failure
note notify start failure"
}

@test "a definition that cannot be kept: the instance goes again, and scripts hear of both" {
	script 10-a <<< '[ "$event $action" != "pre define" ] || exit 1'
	make_device soft soft-1 "$U3"
	: > "$CREATE"
	rm "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices/$U3" "$ROOT/sys/bus/mdev/devices/$U3"
	# It comes to be when it is asked for.
	script notifiers/note <<-'E'
		[ "$action" != start ] || ln -s "../../../$uuid" "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices/$uuid"
		[ "$action" != start ] || ln -sr "$ROOT/sys/devices/virtual/soft/soft/$uuid" "$ROOT/sys/bus/mdev/devices/$uuid"
	E
	mdev 1 --root "$ROOT" create "$U3" -p soft -t soft-1 --define
	assert "$(calls)" == "10-a pre start none
10-a post start success
note notify start success
10-a pre define none
note notify define none
10-a pre stop none
10-a post stop success
note notify stop success"
	assert "$(< "$ROOT/sys/bus/mdev/devices/$U3/remove")" == 1
	assert "$(ls "$ETC")" == ""
}

@test "scripts are asked by name, those of /usr/lib first, until one takes the device" {
	script 9-last <<< 'exit 1'
	script 10-other <<< 'exit 2'
	script 20-mine <<< ''
	script 05-other <<< 'exit 2'
	script ../../../../etc/mdevctl.d/scripts.d/callouts/00-etc <<< 'exit 1'
	script notifiers/b <<< 'exit 1'
	script notifiers/a <<< 'echo "nobody hears this" >&2; exit 1'
	script ../../../../etc/mdevctl.d/scripts.d/notifiers/0 <<< ''
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$stderr" == ""
	assert "$(< "$LOG")" == "05-other get capabilities none
10-other get capabilities none
20-mine get capabilities none
9-last get capabilities none
00-etc get capabilities none
05-other pre start none
10-other pre start none
20-mine pre start none
20-mine post start success
a notify start success
b notify start success
0 notify start success"
	: > "$LOG"
	script 20-mine <<< 'exit 2'
	script 9-last <<< 'exit 2'
	mdev 1 --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$stderr" =~ "etc/mdevctl.d/scripts.d/callouts/00-etc' refused it \(status 1\)$"
	rm "$ROOT/etc/mdevctl.d/scripts.d/callouts/00-etc"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
}

@test "a script that says what it supports serves the type alone" {
	script 05-old <<< 'exit 1'
	supporting 10-a '"start","define"' '"pre","post"' <<< ''
	script 20-old <<< 'exit 1'
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1 --define
	assert "$(< "$LOG")" == "05-old get capabilities none
10-a get capabilities none
10-a pre start none
10-a post start success
10-a pre define none
10-a post define success"
	refused 1 "^mdev: cannot undefine $U1: script '.*/10-a' does not support the action 'undefine'$" --root "$ROOT" undefine "$U1"
	mdev --root "$ROOT" undefine -f "$U1"
	supporting 10-a '"define"' '"post"' <<< ''
	refused 1 "^mdev: cannot define $U1: script '.*/10-a' does not support the event 'pre'$" --root "$ROOT" define "$U1" -p soft -t soft-1
	: > "$LOG"
	supporting 10-a '"define"' '"pre"' <<< ''
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	assert "$(calls)" == "10-a pre define none" "and is not told of what it does not support"
	supporting 10-a '"modify"' '"pre"' <<< 'exit 2'
	refused 1 "'.*/10-a' refused it \(status 2\)$" --root "$ROOT" modify "$U1" --auto
}

@test "each type of each parent is asked for once" {
	supporting 10-a '"define","undefine"' '"pre"' <<< ''
	mdev --root "$ROOT" import <<-E
		[{"soft": [{"$U1": {"mdev_type": "soft-1", "start": "auto"}}, {"$U2": {"mdev_type": "soft-1", "start": "auto"}}],
		  "0000:01:00.0": [{"$U3": {"mdev_type": "soft-1", "start": "auto"}}]}]
	E
	assert "$(grep -c capabilities "$LOG")" -eq 2
}

# It serves nobody then: it is asked like all others.
@test "an answer about capabilities that is none" {
	local answer said n=0
	while read -r said; do
		: > "$LOG"
		printf '[ "$action" != capabilities ] || { printf '\''%s'\''; exit 0; }\necho "from $event" >&2\n' "$said" | script 10-a
		mdev --root "$ROOT" create "$U1" -p soft -t soft-1
		assert "$(calls)" == "10-a pre start none
10-a post start success" "$said"
		assert "$stderr" == "mdev: warning: 10-a: from pre
mdev: warning: 10-a: from post" "what is said of capabilities is dropped: $said"
		((++n))
	done <<-'E'

		\n
		nonsense
		{"supports":{"version":2,"actions":["start"],"events":["post"]}
		{"supports":{"version":2,"actions":["start"],"events":["post"]}} {}
		{"supports":{"version":"2","actions":["start"],"events":["post"]}}
		{"supports":{"version":-2,"actions":["start"],"events":["post"]}}
		{"supports":{"version":2,"actions":["start"]}}
		{"supports":{"version":2,"actions":[2],"events":["post"]}}
		{"supports":{"version":2,"actions":["start\377"],"events":["post"]}}
		{"provides":{"version":2,"actions":["start"],"events":["post"]}}
		{"supports":{"version":2,"version":3,"actions":["start"],"events":["post"]}}
	E
	assert "$n" -eq 12
	# Of more than a MiB nobody knows what it would have been, and one that was killed said nothing.
	script 10-a <<< '[ "$action" != capabilities ] || { echo "{\"supports\":{\"version\":2,\"actions\":[],\"events\":[]}}"; head -c 2000000 /dev/zero | tr "\0" " "; exit 0; }'
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
	script 10-a <<< '[ "$action" != capabilities ] || { echo "{\"supports\":{\"version\":2,\"actions\":[],\"events\":[]}}"; kill -9 $$; }'
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
}

@test "words of a later version are passed over, with a warning" {
	supporting 10-a '"start","fly"' '"pre","dream"' <<< ''
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$stderr" == "mdev: warning: script '$SCRIPTS/callouts/10-a' supports an action that is not known here
mdev: warning: script '$SCRIPTS/callouts/10-a' supports an event that is not known here"
	# An action that mdevctl knows, and never asks for.
	supporting 10-a '"start","test"' '"pre"' <<< ''
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$stderr" == ""
}

@test "what is no program is passed over" {
	script 10-a <<< 'exit 1'
	chmod 644 "$SCRIPTS/callouts/10-a"
	printf '#!/proc/nowhere/sh\n' > "$SCRIPTS/callouts/20-b"
	printf 'exit 1\n' > "$SCRIPTS/callouts/30-c"
	: > "$SCRIPTS/callouts/40-d"
	chmod 755 "$SCRIPTS"/callouts/{20-b,30-c,40-d}
	mkdir "$SCRIPTS/callouts/50-e"
	ln -s nowhere "$SCRIPTS/callouts/60-f"
	ln -s 70-g "$SCRIPTS/callouts/70-g"
	mkfifo "$SCRIPTS/callouts/80-h"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$stderr" == ""
	assert "$(< "$CREATE")" == "$U1"
}

@test "a script that is killed has not agreed, unless another one does" {
	script 10-a <<< '[ "$event" != pre ] || kill -9 $$'
	mdev 1 --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$stderr" == "mdev: warning: script '$SCRIPTS/callouts/10-a' was killed by signal 9
mdev: cannot create $U1: script '$SCRIPTS/callouts/10-a' was killed by signal 9"
	assert "$(< "$CREATE")" == ""
	script 20-b <<< ''
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
	supporting 10-a '"start"' '"pre"' <<< 'kill -9 $$'
	refused 1 "^mdev: cannot create $U2: script '.*/10-a' was killed by signal 9$" --root "$ROOT" create "$U2" -p soft -t soft-1
	assert "$(< "$CREATE")" == "$U1"
}

# The build that waits a second instead of two minutes.
impatient() {
	[ -x "$MDEV-impatient" ] || skip "needs the build with less patience"
	MDEV=$MDEV-impatient mdev "$@"
}

@test "a script that does not end in time: what it was asked for is refused, and it is not asked again" {
	script 10-a <<< '[ "$event" != pre ] || exec sleep 300'
	script notifiers/note <<< ''
	make_device soft soft-1 "$U1"
	make_device soft soft-1 "$U2"
	impatient 1 --root "$ROOT" destroy "$U1" "$U2"
	assert "$stderr" == "mdev: cannot destroy $U1: script '$SCRIPTS/callouts/10-a' did not end in time
mdev: cannot destroy $U2: script '$SCRIPTS/callouts/10-a' did not end in time before, and is not run again"
	assert "$(calls)" == "10-a pre stop none
note notify stop none
note notify stop none"
	impatient --root "$ROOT" destroy -f "$U1" "$U2"
	assert "$(cat "$ROOT/sys/bus/mdev/devices/"*/remove)" == 11
}

@test "a script that does not end in time afterwards, or is only told, keeps nobody" {
	script 10-a <<< '[ "$event" != post ] || { trap "" TERM; while :; do sleep 1; done; }'
	script notifiers/note <<< 'exec sleep 300'
	script notifiers/other <<< ''
	impatient --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$(calls)" == "10-a pre start none
10-a post start success
note notify start success
other notify start success"
}

@test "scripts get no more time of an event than udev gives it" {
	local i
	for i in 1 2 3 4; do
		make_type soft "slow-$i" 4 Slow
		# It takes what is its own, and does not end. The first type comes to the last script.
		printf '[ "$type" = slow-%d ] || exit 2\n[ "$event" = get ] || exec sleep 300\n' "$i" | script "$((9 - i))"
		printf '[%s]\nparent = soft\ntype = slow-%d\nauto = yes\n' "$i$i$i$i${U1:4}" "$i"
	done > "$ETC/slow.conf"
	mkdir -p "$ROOT/run/mdev"
	impatient --root "$ROOT" apply --event -p soft
	assert "$(grep -c ' pre ' "$LOG")" -eq 7 "four for the first, three for the second, none for the others"
	assert "${stderr_lines[0]}" =~ "cannot create 1111.*/8' did not end in time$"
	assert "${stderr_lines[1]}" =~ "cannot create 2222.*/7' did not end in time$"
	assert "${stderr_lines[2]}" =~ "cannot create 3333.* is not run, for scripts have taken too long already$"
	assert "${stderr_lines[3]}" =~ "cannot create 4444.* is not run, for scripts have taken too long already$"
	: > "$LOG"
	MDEV=$MDEV-impatient as_mdevctl start-parent-mdevs soft
	assert "$status $(grep -c ' pre ' "$LOG")" == "0 7"
	assert "$stderr" =~ "Script '\"[^ ]*/8\"' failed with status 'unknown'"
	assert "$(cat "$ROOT"/sys/class/mdev_bus/soft/mdev_supported_types/slow-*/create)" == ""
}

@test "a script may flood, close its stdin, read late, and leave a child behind" {
	local i value attrs=()
	value=$(printf '%03000d' 0)
	for i in $(seq 60); do
		attrs+=(-a "a$i=$value")
	done
	script 10-a <<-'E'
		[ "$event" = pre ] || exit 0
		head -c 3000000 /dev/zero | tr '\0' x
		head -c 3000000 /dev/zero | tr '\0' y >&2
		cat | wc -c >> "$LOG"
		sleep 60 &
		echo "$!" > "$LOG.child"
	E
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1 "${attrs[@]}"
	kill "$(< "$LOG.child")"
	assert "$(sed -n 3p "$LOG")" -ge 180000 "bytes that it read"
	assert "${#stderr}" -eq $((65536 + $(printf 'mdev: warning: 10-a: ' | wc -c))) "what is passed on of a flood"
	script 10-a <<< 'exec <&-; exec >&- 2>&-'
	mdev --root "$ROOT" modify "$U1" --auto
	assert "$stderr" == ""
}

@test "a script's words cannot steer a terminal" {
	script 10-a <<< '[ "$event" != pre ] || { printf "\033[31mred\n\377\n" >&2; exit 1; }'
	mdev 1 --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$stderr" == "mdev: warning: 10-a: \\xff
mdev: cannot create $U1: script '$SCRIPTS/callouts/10-a' refused it (status 1): \\x1b[31mred"
	mdev 1 --root "$ROOT" --json create "$U1" -p soft -t soft-1
}

@test "nothing is locked while a script runs, and it may run the command itself" {
	script 10-a <<-'E'
		[ "$event" != get ] || exit 2
		for lock in "$ROOT"/etc/mdev.d/.mdev.lock "$ROOT"/run/mdev.lock; do
			[ ! -e "$lock" ] || flock -n "$lock" true || echo "$lock is locked" >> "$LOG"
		done
		"$MDEV" --root "$ROOT" list > /dev/null || echo "list failed" >> "$LOG"
	E
	script notifiers/note <<-'E'
		chmod 644 "$ROOT"/usr/lib/mdevctl/scripts.d/*/*
		"$MDEV" --root "$ROOT" --quiet apply || echo "apply failed" >> "$LOG"
		"$MDEV" --root "$ROOT" define 99990000${uuid#????????} -p soft -t soft-1 > /dev/null || echo "define failed" >> "$LOG"
		"$MDEV" --root "$ROOT" undefine 99990000${uuid#????????} || echo "undefine failed" >> "$LOG"
		chmod 755 "$ROOT"/usr/lib/mdevctl/scripts.d/*/*
	E
	export ASAN_OPTIONS=detect_leaks=0
	define "$U2"
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	assert "$(calls)" == "$(around define)"
	mdev --root "$ROOT" -q apply
	assert "$(calls)" == "$(around start)"
	mdev --root "$ROOT" undefine "$U1"
	assert "$(calls)" == "$(around undefine)"
}

@test "what is defined while scripts have their time is not defined twice" {
	script 10-a <<-'E'
		[ "$event" = pre ] || exit 0
		chmod 644 "$0"
		"$MDEV" --root "$ROOT" define "$uuid" -p soft -t soft-1 --file other > /dev/null
		chmod 755 "$0"
	E
	export ASAN_OPTIONS=detect_leaks=0
	refused 1 "cannot define $U1: it is already defined in $ETC/other.conf:3$" --root "$ROOT" define "$U1" -p soft -t soft-1
	assert "$(calls)" == "10-a pre define none
10-a post define failure"
	assert "$(ls "$ETC")" == other.conf
}

@test "attributes of a live device are defined as a script says them" {
	local said n=0
	make_device soft soft-1 "$U1"
	answers() {
		printf '[ "$action" != attributes ] || { printf '\''%s'\''; exit 0; }\n' "$1" | script 10-a
	}
	answers '[{"assign":"1"},{"assign":"2"},{"vendor/x":"a b"}]\n'
	mdev --root "$ROOT" define "$U1"
	assert "$(grep ^attr "$ETC/$U1.conf")" == "attr = assign 1
attr = assign 2
attr = vendor/x a b"
	assert "$(calls)" == "10-a pre define none
10-a get attributes none
10-a post define success"
	mdev --root "$ROOT" undefine "$U1"
	for said in '' '[]' '[{}]' '[{}]\n' '[{}]\0\0'; do
		answers "$said"
		mdev --root "$ROOT" define "$U1"
		assert "$(grep -c ^attr "$ETC/$U1.conf")" -eq 0 "attributes of $said"
		mdev --root "$ROOT" undefine "$U1"
	done
	while read -r said; do
		answers "$said"
		refused 1 "^mdev: cannot define $U1: (script '.*/10-a' gives no list of attributes: .|'remove' is the kernel's own|.*'../x' cannot be the name of an attribute)" --root "$ROOT" define "$U1"
		assert "$(ls "$ETC")" == "" "nothing is defined: $said"
		((++n))
	done <<-'E'
		nonsense
		{}
		["a"]
		[{"a":"1"},{}]
		[{"a":1}]
		[{"a":"\377"}]
		[{"remove":"1"}]
		[{"../x":"1"}]
	E
	assert "$n" -eq 8
	answers '[{"a":"1\\n2"}]'
	mdev 1 --root "$ROOT" define "$U1"
	script 10-a <<< '[ "$action" != attributes ] || exit 1'
	refused 1 "^mdev: cannot define $U1: script '.*/10-a' refused it \(status 1\)" --root "$ROOT" define "$U1"
	: > "$LOG"
	mdev --root "$ROOT" define "$U1" -a x=1
	assert "$(calls)" !~ "attributes" "what is given is not asked for"
}

@test "attributes of a live device are shown as a script says them" {
	make_device soft soft-1 "$U1"
	script 10-a <<< '[ "$action" != attributes ] || echo "[{\"assign\":\"1\"},{\"assign\":\"2\"}]"'
	script notifiers/note <<< ''
	mdev --root "$ROOT" show "$U1"
	assert "$output" =~ "attribute: +assign = 1 \(a script says\)
 *attribute: +assign = 2 \(a script says\)"
	assert "$(calls)" == "10-a get attributes none"
	mdev --root "$ROOT" --json show "$U1"
	assert "$output" =~ '"script_attrs":[[][{]"name":"assign","value":"1"[}],[{]"name":"assign","value":"2"[}][]]'
	script 10-a <<< '[ "$action" != attributes ] || echo nonsense'
	mdev --root "$ROOT" --json show "$U1"
	assert "$stderr" =~ "^mdev: warning: $U1: script '.*/10-a' gives no list of attributes: it is not JSON: .*, ignoring$"
	assert "$output" !~ script_attrs
}

@test "a live device is changed by the script that can, with all of what it is to be" {
	supporting 10-a '"modify","attributes"' '"pre","post","live","get"' <<-'E'
		[ "$event" != live ] || cat >> "$LOG"
		[ "$action" != attributes ] || echo '[{"b":"7"}]'
	E
	script notifiers/note <<< ''
	make_device soft soft-1 "$U1"
	mdev --root "$ROOT" modify "$U1" --live --set-attr b=8 -a c=9
	assert "$(calls)" == "10-a get attributes none
10-a live modify none
{\"mdev_type\":\"soft-1\",\"start\":\"manual\",\"attrs\":[{\"b\":\"8\"},{\"c\":\"9\"}]}note notify modify none"
	printf '[%s]\nparent = soft\ntype = soft-1\nattr = a 1\n' "$U1" | make_definition farm.conf
	mdev --root "$ROOT" modify "$U1" --live -a medu/label=x
	assert "$(calls)" == "10-a live modify none
{\"mdev_type\":\"soft-1\",\"start\":\"manual\",\"attrs\":[{\"a\":\"1\"},{\"medu/label\":\"x\"}]}note notify modify none
10-a pre modify none
10-a post modify success
note notify modify success"
	assert "$(grep ^attr "$ETC/farm.conf")" == "attr = a 1
attr = medu/label x"
	supporting 10-a '"modify"' '"pre","live"' <<< '[ "$event" != live ] || { echo no >&2; exit 1; }'
	refused 1 "^mdev: cannot modify $U1: script '.*/10-a' refused it \(status 1\): no$" --root "$ROOT" modify -f "$U1" --live -a d=1
	assert "$(grep -c ^attr "$ETC/farm.conf")" -eq 2
	supporting 10-a '"modify"' '"pre"' <<< ''
	: > "$LOG"
	mdev --root "$ROOT" modify "$U1" --live --set-attr medu/label=y
	assert "$(cat "$ROOT/sys/bus/mdev/devices/$U1/medu/label")" == y "without such a script it is written here"
	assert "$(calls)" == "10-a pre modify none
note notify modify success"
}

@test "a script that others than root can write is not run, and what it could refuse is not done" {
	quiet_scripts
	chmod 757 "$SCRIPTS/callouts/10-a"
	refused 1 "^mdev: cannot create $U1: script '.*/10-a' is not run: it can be written by every user \(chown root, chmod go-w\)$" --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$(calls)" == "note notify start none"
	mdev --root "$ROOT" create -f "$U1" -p soft -t soft-1
	assert "$stderr" =~ "going on by force, though script '.*/10-a' is not run"
	assert "$(calls)" == "note notify start success"
	chmod 755 "$SCRIPTS/callouts/10-a"
	chmod 775 "$SCRIPTS/callouts"
	refused 1 "its folder can be written by group" --root "$ROOT" create "$U1" -p soft -t soft-1
	chmod 755 "$SCRIPTS/callouts"
	: > "$LOG"
	chmod 775 "$SCRIPTS/notifiers"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$stderr" =~ "^mdev: warning: script '.*/note' is not run: its folder can be written by group 0 \(chown root, chmod go-w\)$"
	assert "$(calls)" == "10-a pre start none
10-a post start success"
}

@test "a folder of scripts that cannot be read keeps everything from being done" {
	requires root
	rmdir "$SCRIPTS/callouts"
	ln -s callouts "$SCRIPTS/callouts"
	mdev 1 --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$stderr" =~ "cannot create $U1: scripts cannot be asked: .*/callouts: Too many levels of symbolic links"
	rm "$SCRIPTS/callouts"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
}

# As the kernel's drivers for crypto cards on s390 have it: who defines and undefines holds a lock from
# before the action until after it, by the process that runs the script; one that has it already waits
# for itself, and gives up. The file of the definition must be there or not.
guard() {
	script 10-guard <<-'E'
		lock=$ROOT/lock
		file=$ROOT/etc/mdev.d/$uuid.conf
		[ "$parent" != matrix ] || file=$ROOT/etc/mdevctl.d/matrix/$uuid
		case $event/$action in
		get/*) exit 2 ;;
		pre/*)
			until mkdir "$lock" 2> /dev/null; do
				[ "$(cat "$lock/owner")" != "$PPID" ] || { echo "locked by myself" >&2; exit 1; }
				kill -0 "$(cat "$lock/owner")" 2> /dev/null || rm -r "$lock"
			done
			echo "$PPID" > "$lock/owner"
			;;
		post/*)
			[ "$(cat "$lock/owner")" = "$PPID" ] || { echo "not my lock" >> "$LOG"; exit 1; }
			rm -r "$lock"
			;;
		esac
		why=
		case $event/$action in
		pre/define) [ ! -e "$file" ] || why="it is defined" ;;
		pre/modify | pre/undefine) [ -e "$file" ] || why="it is not defined" ;;
		esac
		[ -z "$why" ] || { rm -r "$lock"; echo "$why" >&2; exit 1; }
	E
}

@test "a lock from before an action until after it is held for one device at a time" {
	guard
	guarded() {
		mdev --root "$ROOT" "$@" || return
		assert "$stderr" !~ "script|lock" || return
		assert "$(ls -d "$ROOT/lock" 2> /dev/null)" == "" "the lock after mdev $*" || return
		assert "$(grep -c 'not my lock' "$LOG")" -eq 0
	}
	guarded define "$U1" -p soft -t soft-1 --auto
	guarded import <<-E
		[{"soft": [{"$U2": {"mdev_type": "soft-1", "start": "auto"}}, {"$U3": {"mdev_type": "soft-1", "start": "auto"}}]}]
	E
	guarded modify "$U2" --manual
	guarded -q apply --all
	make_device soft soft-1 "$U1"
	make_device soft soft-1 "$U2"
	make_device soft soft-1 "$U3"
	guarded destroy "$U1" --undefine
	guarded undefine "$U2" "$U3"
	guarded -q apply --prune
	: > "$CREATE"
	rm "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices/$U1" "$ROOT/sys/bus/mdev/devices/$U1"
	guarded create "$U1" -p soft -t soft-1 --define
}

# edited SED NAME: the file, changed by sed in the editor
edited() {
	printf '#!/bin/sh\nsed -i "%s" "$1"\n' "$1" > "$BATS_TEST_TMPDIR/editor"
	chmod 755 "$BATS_TEST_TMPDIR/editor"
	VISUAL=$BATS_TEST_TMPDIR/editor TMPDIR=$BATS_TEST_TMPDIR mdev --root "$ROOT" edit "${@:2}"
}

@test "an edited file has the scripts of each definition that differs" {
	quiet_scripts
	printf '# farm\n[defaults]\nparent = soft\n[%s]\ntype = soft-1\n[%s]\ntype = soft-1\n' "$U1" "$U2" | make_definition farm.conf
	edited s,farm,barn, farm
	assert "$(calls)" == "" "a comment is nobody's business"
	edited "/$U2/aauto = yes" farm
	assert "$(calls)" == "$(around modify)"
	edited "s/$U2/$U3/; s/$U1.*/&\\nauto = yes/" farm
	assert "$(calls)" == "$(around undefine modify define)"
	assert "$(< "$ETC/farm.conf")" == "# barn
[defaults]
parent = soft
[$U1]
auto = yes
type = soft-1
[$U3]
auto = yes
type = soft-1"
	mv "$ETC/farm.conf" "$ROOT/usr/lib/mdev.d/farm.conf"
	edited "s/type.*/type = soft-2/" farm.conf
	assert "$(calls)" == "$(around modify modify)"
	assert "$(grep -c soft-2 "$ETC/farm.conf")" -eq 2
	assert "$(grep -c soft-2 "$ROOT/usr/lib/mdev.d/farm.conf")" -eq 0
}

@test "an edited file of which a script refuses a part" {
	script 10-a <<< '[ "$event" != pre ] || [ "$uuid" != "$U2" ] || { echo no >&2; exit 1; }'
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" "$U2" "$U3" | make_definition farm.conf
	local before
	before=$(< "$ETC/farm.conf")
	printf '#!/bin/sh\nsed -i "/$U2/aauto = yes" "$1"\n' > "$BATS_TEST_TMPDIR/editor"
	chmod 755 "$BATS_TEST_TMPDIR/editor"
	VISUAL=$BATS_TEST_TMPDIR/editor TMPDIR=$BATS_TEST_TMPDIR mdev 1 --root "$ROOT" edit farm
	assert "${stderr_lines[0]}" =~ "^mdev: script '.*/10-a' refused it \(status 1\): no$"
	assert "${stderr_lines[1]}" =~ "farm.conf is left as it is; the text is kept"
	assert "$(< "$ETC/farm.conf")" == "$before"
	printf '#!/bin/sh\nsed -i "s/^type.*/&\\nauto = yes/" "$1"\n' > "$BATS_TEST_TMPDIR/editor"
	VISUAL=$BATS_TEST_TMPDIR/editor TMPDIR=$BATS_TEST_TMPDIR mdev 1 --root "$ROOT" edit farm
	assert "${stderr_lines[0]}" =~ "^mdev: $U2: script '.*/10-a' refused it \(status 1\): no \(definitions that come before it have been changed\)$"
	assert "${stderr_lines[1]}" =~ "^mdev: $ETC/farm.conf does not say all of it; the text is kept: mdev edit --from .* farm.conf$"
	assert "$(grep -c auto "$ETC/farm.conf")" -eq 1
}

@test "definitions of one file go one by one where scripts are asked for each" {
	script 10-a <<-'E'
		[ "$event" != pre ] || [ "$uuid" != "$U2" ] || { echo "keep it" >&2; exit 1; }
	E
	define "$U1" "$U2"
	printf '[%s]\nparent = soft\ntype = soft-1\n[%s]\nparent = soft\ntype = soft-1\n[%s]\nparent = soft\ntype = soft-1\n' \
		"$U1" "$U2" "$U3" | make_definition farm.conf
	mdev 1 --root "$ROOT" undefine "$U1" "$U2" "$U3"
	assert "$stderr" =~ "^mdev: cannot undefine $U2: script '.*' refused it \(status 1\): keep it$"
	assert "$(grep '^\[' "$ETC/farm.conf")" == "[$U2]"
}

@test "without scripts each folder of them is looked for once, and nothing else" {
	requires strace
	rm -r "$ROOT/usr/lib/mdevctl" "$ROOT/etc/mdevctl.d"
	identities() {
		printf '4444%04d-aaaa-4bbb-8ccc-000000000000\n' $(seq 1 "$1")
	}
	looks() {
		ASAN_OPTIONS=detect_leaks=0 strace -f -o "$BATS_TEST_TMPDIR/calls" "$MDEV" --root "$ROOT" "$@" > /dev/null
		grep -c 'scripts\.d' "$BATS_TEST_TMPDIR/calls" || :
		grep -E 'clone|fork|json' "$BATS_TEST_TMPDIR/calls" || :
	}
	assert "$(looks create "$U1" -p soft -t soft-1 --define)" == 4
	# shellcheck disable=SC2046 # several words
	define $(identities 50)
	assert "$(looks -q apply)" == 4
	assert "$(looks list)" == 0
	# shellcheck disable=SC2046 # several words
	assert "$(looks undefine $(identities 50))" == 4
}

# The same scripts under the name of mdevctl, whose words and order those of mdevctl are.
as_mdevctl() {
	ln -sf "$(realpath "$MDEV")" "$BATS_TEST_TMPDIR/mdevctl"
	run --separate-stderr env MDEVCTL_ENV_ROOT="$ROOT" timeout 60 "$BATS_TEST_TMPDIR/mdevctl" "$@"
	stderr=$(sed -E 's/^\[....-..-..T..:..:..Z (WARN ) mdevctl\]/\1/' <<< "$stderr")
}

@test "as mdevctl: every verb that changes something has its action" {
	quiet_scripts
	as_mdevctl define -u "$U1" -p soft -t soft-1
	assert "$status $(calls)" == "0 $(around define)"
	as_mdevctl modify -u "$U1" --auto
	assert "$status $(calls)" == "0 $(around modify)"
	as_mdevctl start -u "$U1"
	assert "$status $(calls)" == "0 $(around start)"
	as_mdevctl start-parent-mdevs soft
	assert "$status $(calls)" == "0 $(around start)"
	make_device soft soft-1 "$U1"
	as_mdevctl list
	assert "$status $(calls)" == "0 10-a get attributes none"
	as_mdevctl list -d
	assert "$status $(calls)" == "0 "
	as_mdevctl stop -u "$U1"
	assert "$status $(calls)" == "0 $(around stop)"
	as_mdevctl undefine -u "$U1"
	assert "$status $(calls)" == "0 $(around undefine)"
}

@test "as mdevctl: a script refuses, by its status, and can be forced" {
	local script=$SCRIPTS/callouts/10-a
	script 10-a <<< '[ "$event" != pre ] || { printf "not now\nsecond line" >&2; exit 3; }'
	as_mdevctl define -u "$U1" -p soft -t soft-1
	assert "$status $stderr" == "1 10-a: not now
second lineError: Script '\"$script\"' failed with status '3'"
	as_mdevctl define -f -u "$U1" -p soft -t soft-1
	assert "$status $stderr" =~ "^0 10-a: not now.*Forcing operation 'define' despite callout failure. Error was: Script '\"$script\"' failed with status '3'$"
	as_mdevctl undefine -u "$U1"
	assert "$stderr" =~ "Undefine of $U1 on parent soft failed with error: Script '\"$script\"' failed with status '3'"
	assert "$stderr" =~ "Error: Undefine failed$"
	supporting 10-a '"start"' '"post"' <<< ''
	as_mdevctl start -u "$U1"
	assert "$status $stderr" == "1 Error: Script \"$script\" does not support event 'Pre'"
	as_mdevctl modify -u "$U1" --auto
	assert "$status $stderr" == "1 Error: Script \"$script\" does not support action 'Modify'"
}

@test "as mdevctl: attributes and changes of a live device are the script's" {
	supporting 10-a '"modify","attributes","define"' '"pre","post","live","get"' <<-'E'
		[ "$event" != live ] || cat >> "$LOG"
		[ "$action" != attributes ] || printf '[{"b":"7"}]\n'
	E
	make_device soft soft-1 "$U1"
	as_mdevctl list -v
	assert "$output" == "$U1 soft soft-1 manual
  Attrs:
    @{0}: {\"b\":\"7\"}"
	as_mdevctl define -u "$U1"
	assert "$(< "$ROOT/etc/mdevctl.d/soft/$U1")" =~ '"b": "7"'
	: > "$LOG"
	printf '{"mdev_type":"soft-1","start":"manual","attrs":[{"b":"8"}]}' > "$BATS_TEST_TMPDIR/new"
	as_mdevctl modify -u "$U1" --live --defined --jsonfile "$BATS_TEST_TMPDIR/new"
	assert "$status $stderr" == "0 "
	assert "$(calls)" == "10-a get attributes none
10-a live modify none
{\"mdev_type\":\"soft-1\",\"start\":\"manual\",\"attrs\":[{\"b\":\"8\"}]}10-a pre modify none
10-a post modify success"
	assert "$(< "$ROOT/etc/mdevctl.d/soft/$U1")" =~ '"b": "8"'
	script 10-a <<< ''
	as_mdevctl modify -u "$U1" --live --jsonfile "$BATS_TEST_TMPDIR/new"
	assert "$status $stderr" =~ "^1 Error: Live modification is not supported for this device type"
}

# Definitions for crypto cards stand where the script looks for them, whether mdev or mdevctl writes them.
@test "as mdevctl and as mdev: the guard of crypto cards sees every definition" {
	local program
	guard
	make_parent devices/vfio_ap/matrix vfio_ap
	make_type matrix vfio_ap-passthrough 10 "AP"
	for program in as_mdevctl mdev; do
		if [ "$program" = mdev ]; then
			mdev --root "$ROOT" define "$U1" -p matrix -t vfio_ap-passthrough
			mdev --root "$ROOT" modify "$U1" --auto
			mdev --root "$ROOT" create "$U1"
			[ -e "$ROOT/sys/bus/mdev/devices/$U1" ] || make_device matrix vfio_ap-passthrough "$U1"
			mdev --root "$ROOT" destroy "$U1"
			mdev --root "$ROOT" undefine "$U1"
		else
			as_mdevctl define -u "$U1" -p matrix -t vfio_ap-passthrough
			assert "$status $stderr" == "0 "
			as_mdevctl modify -u "$U1" --addattr assign_adapter --value 0x02
			assert "$status $stderr" == "0 "
			as_mdevctl modify -u "$U1" --delattr
			as_mdevctl start -u "$U1"
			assert "$status $stderr" == "0 "
			as_mdevctl undefine -u "$U1"
			assert "$status $stderr" == "0 "
		fi
		assert "$(ls -d "$ROOT/lock" "$ROOT/etc/mdevctl.d/matrix/$U1" 2> /dev/null)" == "" "$program"
	done
	assert "$(grep -c 'not my lock' "$LOG")" -eq 0
}
