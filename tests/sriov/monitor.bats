# SPDX-License-Identifier: GPL-2.0-or-later
# mdev monitor on cards: the kernel makes no event of a type that is written.

load sriov

setup() {
	requires_cards
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	[ -z "${MONITOR_PID-}" ] || kill -KILL "$MONITOR_PID" 2>/dev/null || :
	end_holder
	clear_types
	rm -f $RECORDS/[0-9a-f]*
}

# monitor LAST: starts it, with its output in the file "out"; LAST is of what there is
monitor() {
	mdev monitor >out 2>errors 3>&- &
	MONITOR_PID=$!
	wait_for grep -q "present .*$1" out
}

# ends: with status 0 and no message
ends() {
	local status=0
	kill "$MONITOR_PID"
	wait "$MONITOR_PID" || status=$?
	cat out errors
	assert "$status $(<errors)" == "0 "
}

# is_watched N: as many files as there are functions, and not those of before
is_watched() {
	[ "$(cat /proc/"$MONITOR_PID"/fdinfo/* | grep -c '^inotify')" = "$1" ]
}

devices() {
	grep -v ' parent [^ ]*$' out
}

@test "monitor: instances come and go, each told once, by whomever; a refused write is no news" {
	mdev create $UUID -p $CARD -t nvidia-1148
	monitor $UUID
	set_type 3 1148
	foreign=$(foreign_id "$(vf 3)")
	wait_for grep -q "create $foreign " out
	run ! write "$(file 3 current_vgpu_type)" 1148
	set_type 3 0
	wait_for grep -q "destroy $foreign " out
	mdev create $UUID2 -p $CARD -t nvidia-1148
	wait_for grep -q "create $UUID2 " out
	mdev destroy $UUID2
	wait_for grep -q "destroy $UUID2 " out
	ends
	assert "$(devices)" == "\
present $UUID parent $CARD type nvidia-1148
create $foreign parent $CARD type nvidia-1148
destroy $foreign parent $CARD type nvidia-1148
create $UUID2 parent $CARD type nvidia-1148
destroy $UUID2 parent $CARD type nvidia-1148"
}

@test "monitor: functions that are switched off and on are followed again, and cards are parents while they have some" {
	mdev create $UUID -p $CARD -t nvidia-1148
	monitor $UUID
	enable $CARD 0
	wait_for grep -q "unregister parent $CARD" out
	enable $CARD 16
	wait_for grep -q "^register parent $CARD" out
	udevadm settle --timeout="$HANG"
	set_type 9 1148
	foreign=$(foreign_id "$(vf 9)")
	wait_for grep -q "create $foreign " out
	wait_for is_watched 24
	ends
	assert "$(grep -w $CARD out)" == "\
present parent $CARD
present $UUID parent $CARD type nvidia-1148
destroy $UUID parent $CARD type nvidia-1148
unregister parent $CARD
register parent $CARD
create $foreign parent $CARD type nvidia-1148"
}

@test "monitor: a type that is changed to another, and a name that is given to what others made" {
	set_type 3 1148
	foreign=$(foreign_id "$(vf 3)")
	monitor "$foreign"
	set_type 3 0
	set_type 3 1147
	wait_for grep -q "create $foreign .*1147" out
	mdev create $UUID -p "$(vf 3)" -t nvidia-1147
	wait_for grep -q "create $UUID " out
	ends
	assert "$(devices)" == "\
present $foreign parent $CARD type nvidia-1148
destroy $foreign parent $CARD type nvidia-1148
create $foreign parent $CARD type nvidia-1147
destroy $foreign parent $CARD type nvidia-1147
create $UUID parent $CARD type nvidia-1147"
}
