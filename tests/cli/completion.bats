#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# bash completion, as bash calls it, and by a real TAB in a terminal.

load ../helpers

setup() {
	export LC_ALL=C.UTF-8 # a character of a name is one, whatever the locale of the caller
	COMPLETION=$BATS_TEST_DIRNAME/../../completions/mdev
	[ -e /usr/share/bash-completion/bash_completion ] || skip "needs bash-completion"
	[ -e "$COMPLETION" ] || skip "needs the source tree"
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	printf '[%s]\nparent = elsewhere\ntype = t\n' "$U2" | make_definition a.conf
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

# press LINE...: types each line into an interactive bash on a terminal, TABs and all. Leaves in $lines
# what stands on the command line then.
press() {
	local here=$BATS_TEST_TMPDIR/here keys
	mkdir -p "$here"
	rm -f "$BATS_TEST_TMPDIR"/{lines,ready}
	cat > "$BATS_TEST_TMPDIR/bashrc" <<-'END'
		. /usr/share/bash-completion/bash_completion
		. "$COMPLETION"
		HISTFILE=
		keep() {
			printf '%s\0' "$READLINE_LINE" >> "$BATS_TEST_TMPDIR/lines"
			READLINE_LINE='' READLINE_POINT=0
		}
		bind -x '"\C-xk": keep'
		bind -x '"\C-xq": exit'
		PROMPT_COMMAND='touch "$BATS_TEST_TMPDIR/ready"'
	END
	{
		for ((i = 0; i < 100; i++)); do
			[ -e "$BATS_TEST_TMPDIR/ready" ] && break
			sleep 0.1
		done
		printf '%s\030k' "$@"
		printf '\030q'
	} | (
		cd "$here" && env -i "PATH=$PATH" "ASAN_OPTIONS=${ASAN_OPTIONS:-}" LC_ALL=C.UTF-8 \
			"HOME=$BATS_TEST_TMPDIR" TERM=dumb INPUTRC=/dev/null "COMPLETION=$COMPLETION" \
			"BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR" timeout 60 script -qec \
			"bash --noprofile --rcfile '$BATS_TEST_TMPDIR/bashrc' -i" /dev/null
	) > "$BATS_TEST_TMPDIR/screen" 2>&1 3>&-
	mapfile -d '' -t lines < "$BATS_TEST_TMPDIR/lines"
	assert "$(ls -A "$here")" == "" "what was run"
}

# Names that somebody may have chosen; each has a first character of its own.
# shellcheck disable=SC2016 # nothing is meant to be expanded
SPECIAL=('$(touch pwned)' '`touch pwned`' 'x${HOME:=y}' "it's" 'my farm' 'v"b' 'b\c' '*' '~root' 'd;touch pwned'
	'e&touch pwned' 'f|g' 'g>pwned' 'h<i' '(i)' 'j{k,l}' 'k[l]' 'l?' '#m' '!!' 'o!p' 'p=q' 'q:r' "n'" 't"'
	'u^v' 'ü')

# argument_of LINE: the last argument of the command line, as the program would get it
argument_of() {
	(cd "$BATS_TEST_TMPDIR/here" && bash -c "set -- $1"'; printf "%s" "${@: -1}"')
}

# gives_back LINES AFTER NAME...: what was typed became lines whose last argument is the name and AFTER;
# that many lines for each name
gives_back() {
	local count=$1 after=$2 i name
	shift 2
	assert "${#lines[@]}" -eq $(($# * count)) "lines" || return
	for i in "${!lines[@]}"; do
		name=${*:i / count + 1:1}
		assert "$(argument_of "${lines[i]}")" == "$name$after" "${lines[i]}" || return
	done
	assert "$(ls -A "$BATS_TEST_TMPDIR/here")" == "" "what was run"
}

# press_names BEFORE NAME...: behind BEFORE the first character of each name, and a TAB
press_names() {
	local before=$1 name first keys=()
	shift
	for name; do
		printf -v first %q "${name:0:1}"
		keys+=("$before $first"$'\t')
	done
	press "${keys[@]}"
}

@test "names are never expanded, and become one word: types" {
	for name in "${SPECIAL[@]}"; do
		make_type soft "$name" 1 soft
	done
	press_names "$MDEV --root $ROOT list -t" "${SPECIAL[@]}"
	gives_back 1 "" "${SPECIAL[@]}"
}

@test "names are never expanded, and become one word: parents" {
	for name in "${SPECIAL[@]}"; do
		make_parent "devices/virtual/soft/$name" soft
	done
	press_names "$MDEV --root $ROOT create -p" "${SPECIAL[@]}"
	gives_back 1 "" "${SPECIAL[@]}"
}

@test "names are never expanded, and become one word: definition files" {
	rm "$ROOT/etc/mdev.d/a.conf"
	for name in "${SPECIAL[@]}"; do
		: | make_definition "$name.conf"
	done
	press_names "$MDEV --root $ROOT edit" "${SPECIAL[@]}"
	gives_back 1 .conf "${SPECIAL[@]}"
}

# A name of an attribute ends at a blank.
@test "names are never expanded, and become one word: attributes" {
	names=("${SPECIAL[@]// /'${IFS}'}")
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U3" | make_definition b.conf
	printf 'attr = %s value\n' "${names[@]}" >> "$ROOT/etc/mdev.d/b.conf"
	press_names "$MDEV --root $ROOT modify $U3 --remove-attr" "${names[@]}"
	gives_back 1 "" "${names[@]}"
	press_names "$MDEV --root $ROOT modify $U3 --set-attr" "${names[@]}"
	gives_back 1 = "${names[@]}"
}

# Of paths bash itself takes care; this shows that it is asked in the right way.
@test "names are never expanded, and become one word: paths" {
	mkdir "$BATS_TEST_TMPDIR/paths"
	for name in "${SPECIAL[@]}"; do
		: > "$BATS_TEST_TMPDIR/paths/$name"
	done
	keys=()
	for name in "${SPECIAL[@]}"; do
		printf -v first %q "${name:0:1}"
		keys+=("$MDEV --root $ROOT check $BATS_TEST_TMPDIR/paths/$first"$'\t')
	done
	press "${keys[@]}"
	gives_back 1 "" "${SPECIAL[@]/#/$BATS_TEST_TMPDIR/paths/}"
}

@test "a quote that is open is kept, and closed behind the name" {
	keys=()
	for name in "${SPECIAL[@]}"; do
		: | make_definition "$name.conf"
		make_type soft "$name" 1 soft
		first=${name:0:1}
		keys+=("$MDEV --root $ROOT list -t '$first"$'\t')
		[[ $first != [\"\$\`\\] ]] || first=\\$first
		keys+=("$MDEV --root $ROOT list --type \"$first"$'\t')
	done
	press "${keys[@]}"
	gives_back 2 "" "${SPECIAL[@]}"
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
	make_type soft $'m\ttab' 1 soft
	make_type soft $'m\e[2Jclear' 1 soft
	make_type soft $'m\nm$(touch pwned)' 1 soft
	press "$MDEV --root $ROOT list -t m"$'\t'
	assert "${lines[0]}" == "$MDEV --root $ROOT list -t m"
}

@test "a program, a root and words in quotes are understood, and ~/ is the home" {
	mv "$ROOT" "$BATS_TEST_TMPDIR/it's my root"
	mkdir "$BATS_TEST_TMPDIR/my bin"
	ln -s "$MDEV" "$BATS_TEST_TMPDIR/my bin/mdev"
	press "$BATS_TEST_TMPDIR/my\\ bin/mdev --root '$BATS_TEST_TMPDIR/it'\\''s my root' list -p \"soft\" -t"$' \t' \
		"$MDEV \"list\" --root=$BATS_TEST_TMPDIR/it\\'s\\ my\\ root -t s"$'\t' \
		\~"/my\\ bin/mdev --root ~/it\\'s\\ my\\ root list -t s"$'\t'
	for line in "${lines[@]}"; do
		assert "$(argument_of "$line")" == soft-1 "$line"
	done
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
