#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Output that cannot be written. A full disk is an error, and a closed pipe ends the program quietly.
# Where a standard stream is closed from the start, no file that is opened later gets its number.

load fire

setup() {
	make_fast_root
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device 0000:01:00.0 acme-dma "$U2"
	make_definition farm.conf <<-E
		[$U1]
		parent = 0000:01:00.0
		type = acme-fact
		[$U3]
		parent = soft
		type = soft-1
		auto = yes
	E
}

teardown() {
	remove_fast_root
}

# printing REDIRECTION STATUS STDERR: every way of printing, its stdout redirected so.
printing() {
	local words status
	while read -r words; do
		status=0
		# shellcheck disable=SC2086 # several words
		eval "timeout 30 \"$MDEV\" $words --root \"$ROOT\"" "$1" 2> "$FAST/stderr" || status=$?
		assert "$status" -eq "$2" "status of: mdev $words $1: $(< "$FAST/stderr")" || return
		assert "$(< "$FAST/stderr")" == "$3" "stderr of: mdev $words $1" || return
		rm -f "$ETC"/4444*
	done < <(ways)
}

ways() {
	"$MDEV" --list-verbs | sed 's/$/ --help/'
	cat <<-E
		--help
		--version
		--list-verbs
		--list-options list
		--list-words list
		--list-attributes
		--list-types
		--list-columns
		list
		list --json
		list --raw
		list --tree
		list --help
		show $U1
		show $U1 $U3 --json
		types
		types --json
		check
		check --json
		export
		export --single $U1
		apply --dry-run
		apply --dry-run --json
		create 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1
		create 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1 --define --json
		define 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1
		define 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1 --json
		modify $U3 --manual --json
	E
}

@test "a full disk is an error" {
	requires full
	printing "> /dev/full" 1 "mdev: cannot write the output: No space left on device"
}

@test "a closed pipe is a quiet end" {
	mkfifo "$FAST/pipe"
	exec 8<> "$FAST/pipe" 9> "$FAST/pipe" 8<&-
	printing ">&9" 1 ""
	exec 9>&-
}

@test "a closed stdout is an error" {
	printing ">&-" 1 "mdev: cannot write the output: Bad file descriptor"
}

@test "what is done is done, whatever becomes of the output" {
	for to in "> /dev/full" ">&-" "2>&-" ">&- 2>&-" "<&- >&- 2>&-"; do
		eval "\"$MDEV\" --root \"$ROOT\" define 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1 $to" || :
		assert "$(cat "$ETC"/4444*)" == "\
# Written by mdev; change it with mdev or by hand.

[44440000-aaaa-4bbb-8ccc-000000000004]
parent = soft
type = soft-1
auto = no" "$to"
		rm "$ETC"/4444*
	done
}

@test "no message and no output goes to a file that took the place of a closed stream" {
	local i
	# More output than stdout buffers, from a verb that has files of the kernel open meanwhile.
	for i in {10000..10999}; do
		printf '[44440000-aaaa-4bbb-8ccc-0000000%s]\nparent = soft\ntype = soft-1\nauto = yes\nattr = no/such 1\n' "$i"
	done > "$ETC/many.conf"
	for to in ">&-" "2>&-" ">&- 2>&-" "<&- >&- 2>&-"; do
		eval "\"$MDEV\" --root \"$ROOT\" apply --json $to" 2> "$FAST/stderr" || :
		assert "$(tr -d '0-9a-f\n-' < "$ROOT/sys/devices/virtual/soft/soft/mdev_supported_types/soft-1/create")" == "" "$to"
		assert "$(cat "$ROOT"/run/mdev.*)" == "" "$to"
	done
}

@test "a reader that stops early is no error to be told of" {
	local i
	for i in {10000..11999}; do
		printf '[44440000-aaaa-4bbb-8ccc-0000000%s]\nparent = soft\ntype = soft-1\n' "$i"
	done > "$ETC/many.conf"
	for format in --raw --json --tree --noheadings; do
		"$MDEV" --root "$ROOT" list $format 2> "$FAST/stderr" | head -n 1 > "$FAST/first"
		assert "${PIPESTATUS[0]} $(< "$FAST/stderr")" == "1 " "$format"
		[ -s "$FAST/first" ]
	done
}
