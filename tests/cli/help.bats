#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What holds for every verb: the form of --help, wrong arguments, exit statuses, output that fails.

load ../helpers

setup() {
	make_root
	mapfile -t verbs < <("$MDEV" --list-verbs)
}

@test "--list-verbs lists the verbs that these tests go through" {
	assert "${#verbs[@]}" -ge 9
}

@test "what is meant for the program of BusyBox is refused, and says which that is" {
	for options in -s -d -df -S -sf; do
		refused 2 "^mdev: '$options' is for the mdev of BusyBox, .*busybox mdev $options" "$options"
	done
	refused 2 "unknown option '-Z'" -Z
	refused 2 "unknown option '-s'; try" -sx
}

@test "--help of every verb, on stdout" {
	for verb in "${verbs[@]}"; do
		mdev "$verb" --help
		assert "$stderr" == ""
		assert "${lines[0]}" =~ ^"Usage: mdev $verb "
		assert "$output" =~ "Options of every verb:"
		mdev --help "$verb"
		assert "$output" =~ "$verb" "the list of verbs"
	done
	mdev -h
	assert "${lines[0]}" == "Usage: mdev [OPTION]... VERB [OPTION]... [ARGUMENT]..."
}

@test "--help is no wider than a terminal" {
	for verb in "" "${verbs[@]}"; do
		# shellcheck disable=SC2086 # nothing, or one word
		mdev $verb --help
		assert "$(wc -L <<<"$output")" -le 80 "$verb --help"
	done
}

@test "a wrong option of every verb is wrong usage, and changes nothing" {
	before=$(fingerprint)
	for verb in "${verbs[@]}"; do
		refused 2 "^mdev: unknown option '--bogus'; try 'mdev $verb --help'$" --root "$ROOT" "$verb" --bogus
		refused 2 "^mdev: unknown option '--bogus'; try 'mdev $verb --help'$" --root "$ROOT" "$verb" --bogus=1
		refused 2 "^mdev: unknown option '-Z'; try 'mdev $verb --help'$" --root "$ROOT" "$verb" -Z
		refused 2 "^mdev: option '--root' needs DIR" "$verb" --root
		refused 2 "^mdev: option '--root' is given twice" --root "$ROOT" "$verb" --root "$ROOT"
		refused 2 "^mdev: option '--json' takes no argument" --root "$ROOT" "$verb" --json=yes
	done
	assert "$(fingerprint)" == "$before"
}

@test "every option with an argument wants one" {
	for verb in "${verbs[@]}"; do
		for option in $("$MDEV" --list-options "$verb" | grep '='); do
			refused 2 "^mdev: option '${option%%=*}' needs [][A-Z=:]+; try 'mdev $verb --help'$" --root="$ROOT" "$verb" "${option%%=*}"
		done
	done
}

@test "no verb, a wrong verb, a wrong option before it" {
	refused 2 "^mdev: no verb is given; try 'mdev --help'$" --raw
	refused 2 "^mdev: unknown verb 'frob'; try 'mdev --help'$" frob
	refused 2 "^mdev: unknown verb 'frob'; try 'mdev --help'$" help frob
	refused 2 "^mdev: unknown verb ''" ""
	refused 2 "^mdev: unknown option '--bogus'; try 'mdev --help'$" --bogus list
	refused 2 "^mdev: unknown option '--list-bogus'; try 'mdev --help'$" --list-bogus
	refused 2 "^mdev: the root '/proc/nowhere' is not a folder" --root /proc/nowhere list
	refused 2 "^mdev: the root '' is not a folder" --root "" list
}

@test "a slip of the hand: the verb or the option that may have been meant" {
	local wrong
	for wrong in lst lits List listt ilst; do
		refused 2 "^mdev: unknown verb '$wrong' \\(did you mean 'list'\\?\\); try 'mdev --help'$" "$wrong"
		refused 2 "^mdev: unknown verb '$wrong' \\(did you mean 'list'\\?\\)" help "$wrong"
	done
	refused 2 "unknown option '--colums' \\(did you mean '--columns'\\?\\)" list --colums=uuid
	refused 2 "unknown option '--jsn' \\(did you mean '--json'\\?\\)" --jsn list
	refused 2 "unknown option '--evnt';" apply --evnt
	refused 2 "unknown verb '$(printf 'a%.0s' {1..100000})';" "$(printf 'a%.0s' {1..100000})"
}

@test "called alone it helps, and is wrong usage; help [VERB] is --help" {
	mdev --help
	help=$output
	mdev 2
	assert "$output$stderr" == "$help"
	mdev help
	assert "$output$stderr" == "$help"
	for verb in "${verbs[@]}"; do
		mdev "$verb" --help
		help=$output
		mdev help "$verb"
		assert "$output$stderr" == "$help"
	done
	mdev --list-words -- help un
	assert "$output" == "undefine"
	refused 2 "unexpected argument 'list'" help list list
}

@test "options stand before or behind, in every form, up to --" {
	make_device soft soft-1 "$U1"
	for args in "-p soft -o uuid" "-psoft -ouuid" "--parent=soft --columns=uuid" "--parent soft --columns uuid"; do
		# shellcheck disable=SC2086 # words
		mdev --root "$ROOT" list --raw --noheadings "$U1" $args
		assert "$output" == "$U1" "$args"
		# shellcheck disable=SC2086
		mdev list $args --raw --noheadings --root="$ROOT" -- "$U1"
		assert "$output" == "$U1" "$args"
	done
	mdev --root "$ROOT" list -aqvd --raw --noheadings -o uuid
	assert "$output" == "$U1" "flags in one word"
	refused 2 "'--raw' is neither a UUID" --root "$ROOT" list -- --raw
	refused 2 "'-' is neither a UUID" --root "$ROOT" list -
}

@test "--version prints the version, and which core is loaded" {
	mdev --version
	assert "$output" =~ ^mdev\ [0-9]+\.[0-9]+
	mdev -V
	assert "$output" =~ ^mdev\ [0-9]+\.[0-9]+
	for verb in "${verbs[@]}"; do
		mdev --root "$ROOT" "$verb" --version
		assert "$output" =~ ^mdev\ [0-9]+\.[0-9]+ "mdev $verb --version"
	done
}

@test "monitor follows the running system only" {
	refused 2 "^mdev: nothing happens in a tree below --root; try 'mdev monitor --help'$" --root "$ROOT" monitor
}

@test "a full disk is an error, a closed pipe a quiet end" {
	requires full
	make_device soft soft-1 "$U1"
	for verb in "list" "types" "list --json" "--help" "--version" "--list-verbs"; do
		# shellcheck disable=SC2086 # words
		run --separate-stderr bash -c '"$0" --root "$@" > /dev/full' "$MDEV" "$ROOT" $verb
		[[ $verb == --list-* ]] && continue
		assert "$status" -eq 1 "$verb to a full disk"
		assert "$stderr" == "mdev: cannot write the output: No space left on device"
	done
	run --separate-stderr bash -c '"$0" --root "$1" types | :; exit ${PIPESTATUS[0]}' "$MDEV" "$ROOT"
	assert "$stderr" == "" "nobody reads"
	run --separate-stderr bash -c '"$0" --root "$1" types >&-' "$MDEV" "$ROOT"
	assert "$status" -eq 1 "no stdout at all"
	assert "$stderr" == "mdev: cannot write the output: Bad file descriptor"
}

@test "messages can go to the system's log" {
	mdev 1 --syslog --root "$ROOT" types -p nothing
	assert "$stderr$output" == ""
}

@test "-q leaves errors, -v adds what was passed over" {
	printf '[%s]\nparent = elsewhere\ntype = t\nauto = yes\n' "$U1" | make_definition a.conf
	mdev --root "$ROOT" apply
	assert "$stderr" =~ "warning: .*, ignoring"
	mdev --root "$ROOT" -q apply
	assert "$stderr" == ""
	mdev --root "$ROOT" define -p elsewhere -t t
	assert "$stderr" == ""
	mdev --root "$ROOT" -v define -p elsewhere -t t
	assert "$stderr" =~ "there is no parent 'elsewhere'"
	refused 1 "there is no parent" -q --root "$ROOT" types -p nothing
}

@test "completion asks the program" {
	make_device soft soft-1 "$U1"
	printf '[%s]\nparent = elsewhere\ntype = t\n' "$U2" | make_definition a.conf
	mdev --list-words --root "$ROOT" destroy
	assert "$output" == "$U1"
	mdev --list-words --root "$ROOT" undefine
	assert "$output" == "$U2"
	mdev --list-words --root "$ROOT" list
	assert "$output" == "$U1"$'\n'"$U2"
	mdev --list-words check
	assert "$output" == "FILE"
	mdev --list-words types
	assert "$output" == ""
	mdev 1 --list-words bogus
	mdev --list-options modify
	assert "$output" =~ "--remove-attr=NAME[[]=VALUE]"
	mdev --list-parents --root "$ROOT"
	assert "$output" == "0000:01:00.0"$'\n'"0000:02:00.0"$'\n'"soft"
	mdev --list-types --root "$ROOT" 01:00.0
	assert "$output" == "acme-dma"$'\n'"acme-fact"
	mdev --list-columns types
	assert "${lines[2]}" == "AVAILABLE"
}
