# SPDX-License-Identifier: GPL-2.0-or-later
# mdev monitor: prints what exists when it begins, and then each parent and device that comes or goes, once.

load kernel

setup_file() {
	requires_core ours
	load_modules
}

setup() {
	requires_core ours
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	[ ! -e buffers ] || restore_buffers
	[ -z "${MONITOR_PID-}" ] || kill -KILL "$MONITOR_PID" 2>/dev/null || :
	[ -d "$(types)" ] || modprobe medu
	remove_devices
}

teardown_file() {
	[ "${MDEV_TEST_CORE-}" != ours ] || unload_modules
}

# monitor [OPTION...]: starts it, with its output in the file "out"; waits until it has printed what exists
monitor() {
	"${wrapper[@]}" mdev monitor "$@" >out 2>errors 3>&- &
	MONITOR_PID=$!
	wait_for grep -q "$OTHER_PARENT" out
}

restore_buffers() {
	xargs sysctl -qw <buffers
}

# ends SIGNAL: the signal ends the monitor, with status 0 and no message
ends() {
	local status=0
	kill "-$1" "$MONITOR_PID"
	wait "$MONITOR_PID" || status=$?
	cat out errors
	[ $status = 0 ]
	[ ! -s errors ]
}

@test "monitor: what there is, then what comes and goes, in order" {
	mdev create "$UUID" -p $PARENT -t medu-fact
	monitor
	mdev create "$UUID2:7" -p $OTHER_PARENT -t medu-dma
	wait_for grep -q "create $UUID2:7 " out
	mdev start "$UUID2"
	mdev stop "$UUID2"
	# udev handles events of different devices side by side.
	mdev destroy "$UUID2:7"
	wait_for grep -q "destroy $UUID2:7 " out
	mdev destroy "$UUID"
	wait_for grep -q "destroy $UUID " out
	ends INT
	[ "$(<out)" = "\
present parent $PARENT
present parent $OTHER_PARENT
present $UUID parent $PARENT type medu-fact
create $UUID2:7 parent $OTHER_PARENT type medu-dma
start $UUID2:7 parent $OTHER_PARENT type medu-dma
stop $UUID2:7 parent $OTHER_PARENT type medu-dma
destroy $UUID2:7 parent $OTHER_PARENT type medu-dma
destroy $UUID parent $PARENT type medu-fact" ]
}

@test "monitor: parents go with their devices, and come" {
	mdev create "$UUID" -p $PARENT -t medu-fact
	monitor
	modprobe -r medu
	wait_for grep -q "unregister parent $PARENT" out
	wait_for grep -q "unregister parent $OTHER_PARENT" out
	modprobe medu
	wait_for grep -q "^register parent $PARENT" out
	wait_for grep -q "^register parent $OTHER_PARENT" out
	ends TERM
	# udev handles events of different parents side by side.
	[ "$(grep "$PARENT" out)" = "\
present parent $PARENT
present $UUID parent $PARENT type medu-fact
destroy $UUID parent $PARENT type medu-fact
unregister parent $PARENT
register parent $PARENT" ]
	[ "$(grep "$OTHER_PARENT" out)" = "\
present parent $OTHER_PARENT
unregister parent $OTHER_PARENT
register parent $OTHER_PARENT" ]
}

@test "monitor: JSON is one object a line" {
	monitor --json
	mdev create "$UUID:2" -p $PARENT -t medu-fact
	# Of a device that has gone before the monitor looks, the type is not known any more.
	wait_for grep -q create out
	mdev destroy "$UUID:2"
	wait_for grep -q destroy out
	ends TERM
	while read -r line; do
		jq -e . <<<"$line"
	done <out
	[ "$(jq -cs 'map(.schema) | unique' out)" = '[1]' ]
	[ "$(jq -cs 'map([.action, .parent, .uuid, .instance, .type, .live.name])' out)" = "$(jq -c . <<-E
		[["present","$PARENT",null,null,null,null],["present","$OTHER_PARENT",null,null,null,null],
		["create","$PARENT","$UUID",2,"medu-fact","$UUID-2"],["destroy","$PARENT","$UUID",2,"medu-fact",null]]
	E
	)" ]
}

@test "monitor: when its reader goes it ends by itself" {
	timeout "$HANG" bash -c 'set -o pipefail; mdev monitor 2>errors 3>&- | head -n 1'
	[ ! -s errors ]
}

@test "monitor: a full disk ends it with an error" {
	run -1 --separate-stderr timeout "$HANG" bash -c 'exec mdev monitor >/dev/full'
	# shellcheck disable=SC2154 # set by run
	[ "$stderr" = "mdev: cannot write the output: No space left on device" ]
}

@test "monitor: a hundred at once, each told once" {
	monitor
	local i makers=()
	for i in 1 2 3 4 5 6 7 8; do
		(for _ in $(seq 12); do mdev create "$UUID:$i" -p $PARENT -t medu-fact >/dev/null && mdev destroy "$UUID:$i"; done) 3>&- &
		makers+=($!)
	done
	wait "${makers[@]}"
	mdev create "$UUID2" -p $PARENT -t medu-fact
	wait_for grep -q "create $UUID2" out
	ends INT
	[ "$(grep -c "^create $UUID:" out)" = 96 ]
	[ "$(grep -c "^destroy $UUID:" out)" = 96 ]
}

# With the smallest buffer and the monitor stopped, the kernel drops events.
@test "monitor: when events are lost it looks, and has the right end" {
	sysctl net.core.rmem_default net.core.rmem_max | tr -d ' ' >buffers
	mdev create "$UUID" -p $PARENT -t medu-fact
	sysctl -qw net.core.rmem_default=2304 net.core.rmem_max=2304
	wrapper=(setpriv --bounding-set=-net_admin)
	monitor
	restore_buffers
	kill -STOP "$MONITOR_PID"
	for i in $(seq 20); do
		mdev create "$UUID:$((i % 7 + 1))" -p $OTHER_PARENT -t medu-fact
		udevadm settle --timeout="$HANG"
		mdev destroy "$UUID:$((i % 7 + 1))"
	done
	mdev destroy "$UUID"
	mdev create "$UUID" -p $OTHER_PARENT -t medu-dma
	mdev create "$UUID2" -p $PARENT -t medu-fact
	udevadm settle --timeout="$HANG"
	kill -CONT "$MONITOR_PID"
	wait_for grep -q "create $UUID2 " out
	mdev destroy "$UUID2"
	wait_for grep -q "destroy $UUID2 " out
	ends TERM
	[ "$(grep -c "^create" out)" -lt 22 ]
	grep -qx "destroy $UUID parent $PARENT type medu-fact" out
	[ "$(grep " $UUID " out | tail -n 1)" = "create $UUID parent $OTHER_PARENT type medu-dma" ]
}
