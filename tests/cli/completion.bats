#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion, as bash calls it, and by a real TAB in a terminal.

load completion

setup_shell() {
	COMPLETION=$COMPLETIONS/mdev
	[ -e /usr/share/bash-completion/bash_completion ] || skip "needs bash-completion"
	shell=(bash)
	interactive="bash --noprofile --rcfile '$TMP/bashrc' -i"
	cat > "$TMP/bashrc" <<-'RC'
		. /usr/share/bash-completion/bash_completion
		. "$COMPLETIONS/mdev"
		HISTFILE=
		keep() {
			printf '%s\0' "$READLINE_LINE" >> "$TMP/lines"
			READLINE_LINE='' READLINE_POINT=0
		}
		bind -x '"\C-xk": keep'
		bind -x '"\C-xq": exit'
		PROMPT_COMMAND='touch "$TMP/ready"'
	RC
}

code_for() {
	echo "set -- $1"
	# shellcheck disable=SC2016 # expanded by that bash
	echo 'printf "%s\0" "${@: -1}"'
}

# completes LINE WORDS: for the line, completion offers these words.
completes() {
	# A new bash: the traps and options of bats would disturb bash-completion.
	# shellcheck disable=SC2016 # expanded by that bash
	run env -i PATH="$PATH" "MDEVCTL_ENV_ROOT=${MDEVCTL_ENV_ROOT:-}" "ASAN_OPTIONS=${ASAN_OPTIONS:-}" bash --norc -c '
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

@test "names are never expanded, and become one word: types" {
	names_become_types
}

@test "names are never expanded, and become one word: parents" {
	names_become_parents
}

@test "names are never expanded, and become one word: definition files" {
	names_become_files
}

@test "names are never expanded, and become one word: attributes" {
	names_become_attributes
}

# Of paths bash itself takes care; this shows that it is asked in the right way.
@test "names are never expanded, and become one word: paths" {
	names_become_paths
}

@test "a quote that is open is kept, and closed behind the name" {
	names_become_quoted
}

@test "what several names have in common is inserted, and can be completed further" {
	rm "$ROOT/etc/mdev.d/a.conf"
	for name in "my farm" "my fox" "it's :a" "it's :b"; do
		: | make_definition "$name.conf"
	done
	before="$MDEV --root $ROOT edit"
	press "$before m"$'\t' "$before m"$'\to\t' "$before 'm"$'\ta\t' "$before i"$'\t' "$before i"$'\tb\t' "$before \"i"$'\ta\t'
	assert "${lines[0]#"$before "}" == 'my\ f'
	assert "$(argument_of "${lines[1]}")" == "my fox.conf"
	assert "$(argument_of "${lines[2]}")" == "my farm.conf"
	assert "${lines[3]#"$before "}" == "it\\'s\\ :"
	assert "$(argument_of "${lines[4]}")" == "it's :b.conf"
	assert "$(argument_of "${lines[5]}")" == "it's :a.conf"
}

@test "a name with control characters is not offered" {
	no_control_characters
}

@test "a program, a root and words in quotes are understood, and ~/ is the home" {
	quoted_words_are_understood
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
	completes "$MDEV define --parent-by p" "port"
	completes "$MDEV define --parent-by=x" ""
	completes "$MDEV create --owner roo" "root"
	completes "$MDEV create --owner root:roo" "root"
	completes "$MDEV modify --mode 066" "0660 0666"
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
	(cd "$ROOT" && completes "$MDEV check --quiet us" "usr" && completes "$MDEV import us" "usr")
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

@test "no value of an attribute, and no further word than the verb takes" {
	printf '[%s]\nparent = 01:00.0\ntype = acme-dma\nattr = rate 1\n' "$U3" | make_definition b.conf
	completes "$MDEV --root $ROOT modify $U3 --set-attr rate=" ""
	completes "$MDEV --root $ROOT modify $U3 --set-attr=rate=" ""
	completes "$MDEV --root $ROOT modify $U3 --remove-attr rate=" ""
	completes "$MDEV --root $ROOT modify $U3 " ""
	completes "$MDEV --root $ROOT modify --auto --type acme-dma $U3 " ""
	completes "$MDEV --root $ROOT modify --auto --type acme-dma " "$U2 $U3"
	completes "$MDEV --root $ROOT edit a.conf " ""
	completes "$MDEV --root $ROOT create $U2 " ""
	completes "$MDEV --root $ROOT undefine $U3 " "$U2"
	completes "$MDEV --root $ROOT undefine -u $U3 " "$U2"
	completes "$MDEV --root $ROOT undefine --uuid=$U3 -u " "$U2"
	completes "$MDEV --root $ROOT undefine -u $U3 --uuid=2" "$U2"
	completes "$MDEV --root $ROOT modify -u $U3 " ""
	completes "$MDEV --root $ROOT import --uuid=" ""
	completes "$MDEV help unde" "undefine"
}

@test "parents that have the type, types that the parent has" {
	completes "$MDEV --root $ROOT create -t acme-dma -p " "0000:01:00.0"
	completes "$MDEV --root $ROOT create -tacme-fact -p " "0000:01:00.0 0000:02:00.0"
	completes "$MDEV --root $ROOT create --type=soft-1 --parent=" "soft"
	completes "$MDEV --root $ROOT create -t nothing -p " ""
	completes "$MDEV --root $ROOT create -p 02:00.0 -t " "acme-fact"
	completes "$MDEV --root $ROOT list -t " "acme-dma acme-fact soft-1"
}

@test "the program gives those answers only that begin as asked" {
	mdev --list-verbs -- "" un
	assert "$output" == undefine
	mdev --list-options -- list --c
	assert "$output" == --columns=COLUMNS
	mdev --list-types --root "$ROOT" -- soft s
	assert "$output" == soft-1
	mdev --list-words --root "$ROOT" -- show 2222
	assert "$output" == "$U2"
	mdev --list-files --root "$ROOT" -- "" b
	assert "$output" == ""
}

@test "the program describes its answers for a shell that asks so, and names are the same" {
	printf '[%s]\nparent = 01:00.0\ntype = acme-fact\ndescription = of Alice\nattr = rate 1\n' "$U1" |
		make_definition b.conf
	mdev --describe-verbs -- "" un
	assert "$output" == $'undefine\tRemove definitions; live instances stay'
	mdev --describe-options -- types --pa
	assert "$output" == "--parent=PARENT"$'\t'"types of this parent only"
	mdev --describe-columns -- types
	assert "$output" =~ $'AVAILABLE\tinstances that can still be created'
	mdev --describe-types --root "$ROOT" -- 01:00.0
	assert "$output" == $'acme-dma\tDMA\nacme-fact\tFactorial'
	mdev --describe-parents --root "$ROOT" -- acme-fact
	assert "$output" == $'0000:01:00.0\t4 left\n0000:02:00.0\t0 left'
	mdev --describe-words --root "$ROOT" -- list
	assert "$output" == "$U1"$'\t0000:01:00.0 acme-fact live: of Alice\n'"$U2"$'\telsewhere t defined'
	mdev --describe-words --root "$ROOT" -- destroy
	assert "$output" == "$U1"$'\t0000:01:00.0 acme-fact live: of Alice'
	for question in verbs "options list" "options modify" parents types "types soft" "parents acme-fact" columns \
		"columns types" files attributes "attributes $U1" "words list" "words stop" "words edit" "words help" \
		"identities start"; do
		# shellcheck disable=SC2086 # a word each
		mdev --list-${question%% *} --root "$ROOT" -- ${question#"${question%% *}"}
		names=$output
		# shellcheck disable=SC2086
		mdev --describe-${question%% *} --root "$ROOT" -- ${question#"${question%% *}"}
		assert "$(cut -f 1 <<< "$output")" == "$names" "$question" || return
		[ "$names" ]
	done
	refused 2 "^mdev: unknown option '--describe-bogus'; try 'mdev --help'$" --describe-bogus
}

@test "a description with control characters is left out, and an answer that has none has no tab" {
	make_type soft s1 1 $'m\e[2Jclear'
	make_type soft s2 1 $'a\tb'
	make_type soft s3 1 $'\xff'
	make_type soft s4 1 ""
	mdev --describe-types --root "$ROOT" -- soft s
	assert "$output" == $'s1\ns2\ns3\ns4\nsoft-1\tSoft'
}

@test "of an identity that is there twice one description is given" {
	printf '[%s]\nparent = 02:00.0\ntype = acme-fact\n' "$U1" | make_definition b.conf
	printf '[%s]\nparent = other\ntype = t\n' "$U2" | make_definition c.conf
	mdev --describe-words --root "$ROOT" -- list
	assert "$(cut -f 1 <<< "$output")" == "$U1"$'\n'"$U2"
}

# Only what begins so is read at all: of files named for a UUID, and of one for many.
@test "of identities the same are offered, however they were begun, as without a beginning" {
	local verb all begun
	rm "$ROOT/etc/mdev.d/a.conf"
	printf '[%s]\nparent = elsewhere\ntype = t\n' "$U2" | make_definition "$U2.conf"
	printf '[%s:7]\nparent = 01:00.0\ntype = acme-fact\n' "$U3" | make_definition "$U3-7.conf"
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U3" 2222aaaa-aaaa-4bbb-8ccc-000000000004 |
		make_definition all.conf
	make_device soft soft-1 "$U3-7"
	for verb in list destroy create define undefine start edit; do
		mdev --list-words --root "$ROOT" -- "$verb"
		all=$output
		assert "$all" =~ "-aaaa-4bbb-8ccc-"
		for begun in 2 22 222 2222 2222a 22220000- "${U2:0:35}" "$U2" "$U3" "$U3:" "$U3:7" "$U3:8" "$U3-7" \
			1 3333 22a2 2222A 2222- x a all.conf; do
			mdev --list-words --root "$ROOT" -- "$verb" "$begun"
			assert "$output" == "$(grep "^$begun" <<< "$all")" "$verb $begun"
		done
	done
}

@test "every verb completes its options" {
	for verb in $("$MDEV" --list-verbs); do
		completes "$MDEV $verb --js" "--json"
	done
}

# as_mdevctl NAME LINE WORDS: for the line, of which the first word is a link of that name, completion
# offers these words.
as_mdevctl() {
	local COMPLETION=${COMPLETION}ctl
	ln -sfn "$(realpath "$MDEV")" "$BATS_TEST_TMPDIR/$1"
	MDEVCTL_ENV_ROOT=$ROOT PATH=$BATS_TEST_TMPDIR:$PATH completes "$1 $2" "$3"
}

@test "the names of mdevctl: verbs, options, and values that are there" {
	as_mdevctl mdevctl "s" "start stop start-parent-mdevs"
	as_mdevctl mdevctl "modify --de" "--delattr --defined"
	as_mdevctl mdevctl "start -u " "$U2"
	as_mdevctl mdevctl "stop --uuid=" "$U1"
	as_mdevctl mdevctl "undefine -u " "$U2"
	as_mdevctl mdevctl "define -p 0000:0" "01:00.0 02:00.0"
	as_mdevctl mdevctl "define -p soft -t " "soft-1"
	as_mdevctl mdevctl "start-parent-mdevs s" "soft"
	as_mdevctl mdevctl "start " ""
	as_mdevctl lsmdev "--d" "--defined --dumpjson"
	as_mdevctl lsmdev "-u 1" "$U1"
}
