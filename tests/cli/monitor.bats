#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev monitor on virtual functions that are given a type, of which the kernel makes no event: it sees that
# the files are written. The made tree is mounted in the place of the host's.

load ../helpers

CARD=0000:41:00.0

setup() {
	requires root
	cd "$BATS_TEST_TMPDIR" || return
	make_root
	make_card $CARD 3
}

teardown() {
	[ ! -e pid ] || kill -KILL "$(< pid)" 2> /dev/null || :
}

# monitor LAST [OPTION...]: starts it, with its output in the file "out"; waits until it has printed what
# there is, of which LAST is the last
monitor() {
	local last=$1
	shift
	# shellcheck disable=SC2016 # for the shell that it starts
	with_mounts / -- bash -c 'mount --bind "$1/sys" /sys && mount --bind "$1/run" /run && echo $$ > pid &&
		shift && exec "$@"' - "$ROOT" "$MDEV" monitor "$@" > out 2> errors 3>&- &
	monitor=$!
	said "$last"
}

# said TEXT: waits until a line has it
said() {
	local i
	for ((i = 0; i < 600; i++)); do
		! grep -q "$1" out || return 0
		kill -0 "$monitor" || break
		sleep 0.1
	done
	cat out errors
	return 1
}

# write_type N TYPE: as somebody gives virtual function N a type, by a single write; 0 takes it away
write_type() {
	# Without O_TRUNC, which no driver knows
	printf '%s' "$2" 1<> "$(vgpu_file $CARD "$1" current_vgpu_type)"
}

ends() {
	local status=0
	kill "$(< pid)"
	wait "$monitor" || status=$?
	assert "$status $(< errors)" == "0 "
}

@test "monitor: a type that is written, by mdev or by others, is told once; and so is its end" {
	set_vgpu $CARD 2 7
	record_vgpu $CARD 2 "$U2" 7
	monitor "present $U2"
	record_vgpu $CARD 0 "$U1" 5
	write_type 0 5
	said "create $U1"
	# What was refused is written as well.
	write_type 0 5
	write_type 1 7
	said "create .* type nvidia-7"
	write_type 0 0
	said "destroy $U1"
	write_type 2 5
	said "destroy $U2"
	ends
	assert "$(grep -v " parent [^ ]*$" out | sed -E 's/(create|destroy) [0-9a-f-]*-5[0-9a-f-]* /\1 FOREIGN /')" == "\
present $U2 parent $CARD type nvidia-7
create $U1 parent $CARD type nvidia-5
create FOREIGN parent $CARD type nvidia-7
destroy $U1 parent $CARD type nvidia-5
destroy $U2 parent $CARD type nvidia-7
create FOREIGN parent $CARD type nvidia-5"
}

@test "monitor: JSON has the kind of what is no mediated device, its address and its function" {
	monitor "\"$CARD\"" --json
	record_vgpu $CARD 1 "$U1" 5
	write_type 1 5
	said "\"$U1\""
	ends
	mdev --root "$ROOT" list --active --json "$U1"
	assert "$(grep "$U1" out | jq -c '[.action, .parent, .uuid, .type, .live.kind, .live.address, .live.vf]')" == \
		"$(jq -c '.results[0] | ["create", .parent, .uuid, .type, .live.kind, .live.address, .live.vf]' <<< "$output")"
	assert "$(grep "$U1" out | jq .live.vf)" == 1
}
