#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion, as bash calls it.

load ../helpers

setup() {
	COMPLETION=$BATS_TEST_DIRNAME/../../completions/mdev
	[ -e /usr/share/bash-completion/bash_completion ] || skip "needs bash-completion"
	[ -e "$COMPLETION" ] || skip "needs the source tree"
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	printf '[%s]\nparent = elsewhere\ntype = t\n' "$U2" | make_definition a.conf
}

# completes LINE WORDS: the line is completed to these words.
completes() {
	# bats' own traps and options would be in the way of bash-completion.
	# shellcheck disable=SC2016 # expanded by that bash
	run env -i PATH="$PATH" "ASAN_OPTIONS=${ASAN_OPTIONS:-}" bash --norc -c '
		. /usr/share/bash-completion/bash_completion
		. "$1"
		COMP_LINE=$2 COMP_POINT=${#2}
		read -ra COMP_WORDS <<< "$2"
		[[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_mdev
		echo "${COMPREPLY[*]}"' - "$COMPLETION" "$1"
	assert "$output" == "$2" "$1"
}

@test "verbs, options, and what they take" {
	completes "$MDEV cre" "create"
	completes "$MDEV list --par" "--parent"
	completes "$MDEV --roo" "--root"
	completes "$MDEV --root $ROOT list " "$U1 $U2"
	completes "$MDEV --root $ROOT destroy " "$U1"
	completes "$MDEV --root $ROOT undefine " "$U2"
	completes "$MDEV --root $ROOT create -p s" "soft"
	completes "$MDEV --root $ROOT create -p soft -t " "soft-1"
	completes "$MDEV --root $ROOT create --parent 01:00.0 --type acme-d" "acme-dma"
	completes "$MDEV list -o MA" "MACHINE"
	completes "$MDEV types -o A" "AVAILABLE API"
	completes "$MDEV define --description " ""
}

@test "every verb completes its options" {
	for verb in $("$MDEV" --list-verbs); do
		completes "$MDEV $verb --js" "--json"
	done
}
