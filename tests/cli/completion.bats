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
		compopt() { :; } # only to be had while readline completes
		COMP_LINE=$2 COMP_POINT=${#2}
		# As readline splits it: colons and equals signs are words of their own.
		mapfile -t COMP_WORDS < <(grep -oE "[^ :=]+|[:=]+" <<< "$2")
		[[ $2 != *[\ :=] ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_mdev
		echo "${COMPREPLY[*]}"' - "$COMPLETION" "$1"
	assert "$output" == "$2" "$1"
}

@test "verbs, and options with what they take" {
	completes "$MDEV cre" "create"
	completes "$MDEV list --par" "--parent"
	completes "$MDEV list -" "$("$MDEV" --list-options list | sed 's/=.*//' | paste -sd ' ')"
	completes "$MDEV --roo" "--root"
	completes "$MDEV --root $ROOT create -p s" "soft"
	completes "$MDEV --root $ROOT create -p soft -t " "soft-1"
	completes "$MDEV --root $ROOT create --parent 01:00.0 --type acme-d" "acme-dma"
	completes "$MDEV --root $ROOT create --parent=01:00.0 --type=acme-d" "acme-dma"
	completes "$MDEV --root=$ROOT modify --of so" "soft"
	completes "$MDEV --root $ROOT define --file " "a.conf"
	completes "$MDEV define --description " ""
	completes "$MDEV --root $ROOT destroy --wa" "--wait"
}

@test "identities: live ones, defined ones, each as the verb needs, and none twice" {
	make_device 0000:01:00.0 acme-fact "$U3-7"
	printf '[%s:7]\nparent = 01:00.0\ntype = acme-fact\n' "$U3" | make_definition b.conf
	completes "$MDEV --root $ROOT list " "$U1 $U2 $U3:7"
	completes "$MDEV --root $ROOT show 2" "$U2"
	completes "$MDEV --root $ROOT destroy " "$U1 $U3:7"
	completes "$MDEV --root $ROOT destroy $U1 " "$U3:7"
	completes "$MDEV --root $ROOT start " "$U1 $U3"
	completes "$MDEV --root $ROOT undefine " "$U2 $U3:7"
	completes "$MDEV --root $ROOT modify --auto " "$U2 $U3:7"
	completes "$MDEV --root $ROOT export " "$U2 $U3:7"
	completes "$MDEV --root $ROOT edit " "$U2 $U3:7 a.conf b.conf"
	completes "$MDEV --root $ROOT create " "$U2"
	completes "$MDEV --root $ROOT define " "$U1"
	completes "$MDEV --root $ROOT show $U3:" "7"
	completes "$MDEV --root $ROOT types " ""
	completes "$MDEV --root $ROOT monitor " ""
	(cd "$ROOT" && completes "$MDEV check us" "usr" && completes "$MDEV import us" "usr")
}

@test "columns, the last of several, in upper and lower case" {
	completes "$MDEV list -o MA" "MACHINE"
	completes "$MDEV types -o A" "AVAILABLE API"
	completes "$MDEV list -o uuid,ma" "uuid,machine"
	completes "$MDEV list --columns=+FI" "+FILE"
	completes "$MDEV list -o UUID,MACHINE,GR" "UUID,MACHINE,GROUP"
}

@test "attributes of the device, or of the type" {
	printf '[%s]\nparent = 01:00.0\ntype = acme-dma\nattr = rate 1\nattr = rate 2\nattr = size 3\n' "$U3" | make_definition b.conf
	completes "$MDEV --root $ROOT modify $U3 --set-attr " "rate= size="
	completes "$MDEV --root $ROOT modify $U3 --remove-attr s" "size"
	completes "$MDEV --root $ROOT modify $U1 --live --set-attr " "medu/label="
	completes "$MDEV --root $ROOT create -p 01:00.0 -t acme-dma -a r" "rate="
	completes "$MDEV --root $ROOT create -p 01:00.0 -t acme-fact --attr m" "medu/label="
	completes "$MDEV --root $ROOT define -a " "medu/label= rate= size="
}

@test "every verb completes its options" {
	for verb in $("$MDEV" --list-verbs); do
		completes "$MDEV $verb --js" "--json"
	done
}
