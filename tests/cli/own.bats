#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Files that are named for a UUID: what they may hold, what they overrule, and what a command that is
# asked for one identity reads.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
	# A sanitizer cannot look for leaks under strace.
	export ASAN_OPTIONS=detect_leaks=0
}

# define FILE IDENTITY PARENT [LINE]...: a section of the file
define() {
	local file=$1 id=$2 parent=$3
	shift 3
	printf '%s\n' "[$id]" "parent = $parent" 'type = soft-1' "$@" >> "$ETC/$file"
}

# opens ARG...: the files of definitions that the command opens, by name
opens() {
	strace -f -o "$BATS_TEST_TMPDIR/trace" -e trace=open,openat,openat2 -s 300 "$MDEV" --root "$ROOT" "$@" \
		> /dev/null 2>&1
	grep -oE '"[^"]*\.conf".*\) = [0-9]' "$BATS_TEST_TMPDIR/trace" | grep -oE '[^/"]*\.conf' | LC_ALL=C sort -u | xargs
}

@test "a file that is named for a UUID holds that UUID alone" {
	define "$U1.conf" "$U1" soft
	define "$U1.conf" "$U1:4" soft
	define "$U1.conf" "$U2" soft
	define "$U1-7.conf" "$U1:7" soft
	define "$U1-7.conf" "$U1:8" soft
	mdev 1 --root "$ROOT" list --raw --noheadings -o uuid
	assert "$output" == "$U1"$'\n'"$U1:4"$'\n'"$U1:7"
	assert "$stderr" =~ "$U1-7.conf:4: $U1:8 does not belong into a file that is named for $U1:7"
	assert "$stderr" =~ "$U1.conf:7: $U2 does not belong into a file that is named for $U1"
	mdev 1 --root "$ROOT" check
	assert "$stderr" =~ "$U1.conf:7: $U2 does not belong"
	rm "$ETC/$U1.conf"
	refused 1 "$U1.conf cannot hold that: .*$U3 does not belong" \
		--root "$ROOT" define "$U3" -p soft -t soft-1 --file "$U1"
}

@test "names that are not written as mdev writes them are ordinary ones" {
	define "${U1^^}.conf" "$U2" soft
	define "$U1-0.conf" "$U3" soft
	define "$U1-04.conf" "$U1" soft
	mdev --root "$ROOT" list --raw --noheadings -o uuid
	assert "$output" == "$U1"$'\n'"$U2"$'\n'"$U3"
	mdev --root "$ROOT" show --json "$U3"
	assert "$(jq -r '.results[0].defined.file' <<< "$output")" == "$ETC/$U1-0.conf"
}

@test "a file of its own overrules the others while its parent is there" {
	define 00.conf "$U1" 0000:01:00.0
	define "$U1.conf" "$U1" soft
	mdev --root "$ROOT" show --json "$U1"
	assert "$(jq -c '.results[0].defined.file' <<< "$output")" == "\"$ETC/$U1.conf\""
	mdev --root "$ROOT" apply --all --dry-run --raw --noheadings
	assert "$output" =~ "$U1 .*soft"
	make_device 0000:01:00.0 acme-dma "$U1"
	mdev --root "$ROOT" list --json "$U1"
	assert "$(jq -r '.results[] | select(.live) | .state' <<< "$output")" == differs
	mdev 1 --root "$ROOT" apply
	assert "$stderr" =~ "left alone: $U1 .*$U1.conf:1.*live on parent '0000:01:00.0'"
	sed -i 's/soft$/elsewhere/' "$ETC/$U1.conf"
	mdev --root "$ROOT" show --json "$U1"
	assert "$(jq -c '.results[0].defined.file' <<< "$output")" == "\"$ETC/00.conf\""
}

@test "a device stays where another file had it made, when the parent of its own file comes" {
	define "$U1.conf" "$U1" soft
	define 00.conf "$U1" 0000:01:00.0
	sed -i 's/soft-1/acme-fact/' "$ETC/00.conf"
	make_device 0000:01:00.0 acme-fact "$U1"
	for verb in "show $U1" "list $U1" list; do
		# shellcheck disable=SC2086 # words
		mdev --root "$ROOT" --json $verb
		assert "$(jq -c '[.results[] | select(.live) | .state, .defined.file]' <<< "$output")" == "[\"live\",\"$ETC/00.conf\"]" "$verb"
	done
	for words in "" "$U1"; do
		# shellcheck disable=SC2086 # words
		mdev --root "$ROOT" apply $words
		assert "$stderr" =~ "00.conf:1 for parent '0000:01:00.0' is meant, not" "apply $words"
	done
	refused 1 "name one with --of" --root "$ROOT" modify "$U1" --auto
}

@test "of two files that say the same the one that is named for it is meant" {
	define 00.conf "$U1" soft
	define "$U1.conf" "$U1" soft
	define zz.conf "$U1" soft
	for live in "" live; do
		[ ! "$live" ] || make_device soft soft-1 "$U1"
		for verb in "show $U1" "list $U1"; do
			# shellcheck disable=SC2086 # words
			mdev --root "$ROOT" --json $verb
			assert "$(jq -c '[.results[].defined.file]' <<< "$output")" == "[\"$ETC/$U1.conf\"]" "$verb $live"
		done
		mdev --root "$ROOT" show "$U1"
		assert "$output" !~ "not meant"
	done
	mdev --root "$ROOT" --json list
	assert "$(jq -r '.results[] | select(.live) | .defined.file' <<< "$output")" == "$ETC/$U1.conf"
	mdev --root "$ROOT" undefine "$U1"
	assert "$(cd "$ETC" && grep -c "$U1" ./*.conf | xargs)" == "./00.conf:1 ./$U1.conf:0 ./zz.conf:1"
}

@test "what is overruled is reached by its parent" {
	define farm.conf "$U1" 0000:01:00.0
	define "$U1.conf" "$U1" soft
	mdev --root "$ROOT" modify "$U1" --auto
	assert "$(grep -c auto "$ETC/$U1.conf" "$ETC/farm.conf")" == "$ETC/$U1.conf:1"$'\n'"$ETC/farm.conf:0"
	mdev --root "$ROOT" modify "$U1" --of 01:00.0 --auto
	assert "$(grep -c auto "$ETC/farm.conf")" == 1
	mdev --root "$ROOT" undefine -p 01:00.0 "$U1"
	assert "$(grep -c "$U1" "$ETC/farm.conf")" == 0
	assert "$(grep -c "$U1" "$ETC/$U1.conf")" == 1
	mdev --root "$ROOT" undefine "$U1"
	define farm.conf "$U2" soft
	refused 1 "already defined in $ETC/farm.conf" --root "$ROOT" define "$U2" -p soft -t soft-1
}

@test "a command that is asked for one identity reads its file alone" {
	requires strace
	define "$U1.conf" "$U1" soft 'attr = medu/label x'
	define "$U1-3.conf" "$U1:3" soft
	define "$U2.conf" "$U2" soft
	define farm.conf "$U3" soft
	assert "$(opens show "$U1")" == "$U1.conf"
	assert "$(opens list "$U1")" == "$U1.conf"
	assert "$(opens --json show "$U1")" == "$U1.conf"
	assert "$(opens show "$U1:3")" == "$U1-3.conf $U1.conf"
	assert "$(opens create "$U1")" == "$U1.conf"
	assert "$(opens modify --dry-run "$U1" --auto)" == "$U1.conf"
	assert "$(opens undefine --dry-run "$U1")" == "$U1.conf"
	make_device soft soft-1 "$U1"
	assert "$(opens show "$U1")" == "$U1.conf"
	assert "$(opens --json destroy "$U1")" == "$U1.conf"
	assert "$(opens destroy --dry-run --undefine "$U1")" == "$U1.conf"
	assert "$(opens destroy "$U1")" == ""
	# What is new may be defined in any file but those that are named for others.
	assert "$(opens define "$U2:5" -p soft -t soft-1)" == "$U2.conf farm.conf"
	# And so may what has no file of its own, or one whose parent is not there.
	assert "$(opens show "$U3")" == "farm.conf"
	sed -i 's/soft$/elsewhere/' "$ETC/$U1.conf"
	assert "$(opens show "$U1")" == "$U1-3.conf $U1.conf farm.conf"
	# Of a beginning the names tell which.
	assert "$(opens show "${U2:0:6}")" == "$U2-5.conf $U2.conf farm.conf"
}

@test "an error in a file that could not be of the identity is none of its command" {
	define "$U1.conf" "$U1" soft
	echo junk > "$ETC/$U2.conf"
	echo junk > "$ETC/farm.conf"
	mdev --root "$ROOT" show "$U1"
	assert "$stderr" == ""
	# Without a file of its own it could stand in farm.conf, but not in that of another UUID.
	mdev 1 --root "$ROOT" show "$U3"
	assert "$stderr" =~ "farm.conf:1"
	assert "$stderr" !~ "$U2.conf"
	mdev 1 --root "$ROOT" list
	assert "$stderr" =~ "$U2.conf:1"
}

# calls ARG...: how many system calls the command makes
calls() {
	strace -f -c -o "$BATS_TEST_TMPDIR/count" "$MDEV" --root "$ROOT" "$@" > /dev/null || return
	awk '$NF == "total" { print $(NF - 1) }' "$BATS_TEST_TMPDIR/count"
}

# Ten calls more or less: how often memory is asked for is the sanitizer's.
@test "one among two thousand costs what one alone does" {
	requires strace
	define "$U1.conf" "$U1" 0000:01:00.0
	sed -i 's/soft-1/acme-fact/' "$ETC/$U1.conf"
	words=("show $U1" "list $U1" "create $U1" "create $U2 -p soft -t soft-1" "modify -n $U1 --auto" "undefine -n $U1")
	alone=()
	for line in "${words[@]}"; do
		# shellcheck disable=SC2086 # a line of words
		alone+=("$(calls $line)")
	done
	make_device soft soft-1 "$U3"
	make_extended
	alone+=("$(calls destroy -n "$U3")" "$(calls start "$U3")")
	for i in {1000..2999}; do
		define "4444$i-aaaa-4bbb-8ccc-000000000000.conf" "4444$i-aaaa-4bbb-8ccc-000000000000" soft
		touch "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices/4444$i-aaaa-4bbb-8ccc-000000000000"
	done
	words+=("destroy -n $U3" "start $U3")
	for i in "${!words[@]}"; do
		# shellcheck disable=SC2086
		count=$(calls ${words[i]})
		assert "$count" -le $((alone[i] + 10)) "mdev ${words[i]}, ${alone[i]} alone"
	done
}
