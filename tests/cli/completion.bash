# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the suites of completion share: a made root, names that are hard to quote, and a real TAB in a
# terminal. Each says which shell that is:
#   interactive     the command that starts it on a terminal. There ^X k is to call keep(), which writes
#                   the command line and a NUL to $TMP/lines and empties it; ^X q is to end the shell,
#                   and $TMP/ready is to be there as soon as it reads keys
#   shell           the command by which it runs a script from stdin
#   code_for LINE   the code by which it prints the last argument of a command line, and a NUL

load ../helpers

# Names that somebody may have chosen; each has a first character of its own.
# shellcheck disable=SC2016,SC2034 # nothing is meant to be expanded; for the suites
SPECIAL=('$(touch pwned)' '`touch pwned`' 'x${HOME:=y}' "it's" 'my farm' 'v"b' 'b\c' '*' '~root' 'd;touch pwned'
	'e&touch pwned' 'f|g' 'g>pwned' 'h<i' '(i)' 'j{k,l}' 'k[l]' 'l?' '#m' '!!' 'o!p' 'p=q' 'q:r' "n'" 't"'
	'u^v' 'ü')

setup() {
	export LC_ALL=C.UTF-8 # a character of a name is one, whatever the locale of the caller
	COMPLETIONS=$(realpath "$BATS_TEST_DIRNAME/../../completions")
	[ -e "$COMPLETIONS" ] || skip "needs the source tree"
	TMP=$BATS_TEST_TMPDIR
	HERE=$TMP/here # where the shell is; anything that is run by mistake leaves a file there
	mkdir "$HERE"
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	printf '[%s]\nparent = elsewhere\ntype = t\n' "$U2" | make_definition a.conf
	setup_shell
}

# In an environment that has nothing of the caller's own
in_shell() {
	(cd "$HERE" && env -i "PATH=$PATH" "MDEVCTL_ENV_ROOT=${MDEVCTL_ENV_ROOT:-}" \
		"ASAN_OPTIONS=${ASAN_OPTIONS:-}" LC_ALL=C.UTF-8 "HOME=$TMP" TERM=dumb INPUTRC=/dev/null \
		"ZDOTDIR=$TMP" "TMP=$TMP" "COMPLETIONS=$COMPLETIONS" timeout 300 "$@" 3>&-)
}

# press LINE...: types each line into an interactive shell, TABs and all. Leaves in $lines what stands on
# the command line then.
press() {
	rm -f "$TMP"/{lines,ready}
	{
		for ((i = 0; i < 300; i++)); do
			[ -e "$TMP/ready" ] && break
			sleep 0.1
		done
		printf '%s\030k' "$@"
		printf '\030q'
	} | in_shell script -qec "$interactive" /dev/null > "$TMP/screen" 2>&1
	mapfile -d '' -t lines < "$TMP/lines"
	assert "$(ls -A "$HERE")" == "" "what was run"
}

# arguments_of LINE...: sets arguments to the last argument of each command line, as the program would
# get it.
arguments_of() {
	local line
	for line; do
		code_for "$line"
	done > "$TMP/script"
	in_shell "${shell[@]}" < "$TMP/script" > "$TMP/arguments" 2> /dev/null
	mapfile -d '' -t arguments < "$TMP/arguments"
	assert "$(ls -A "$HERE")" == "" "what was run"
}

# argument_of LINE: the same of one
argument_of() {
	local arguments
	arguments_of "$1" && printf '%s' "${arguments[0]}"
}

# gives_back COUNT AFTER NAME...: what was typed became lines whose last argument is the name and AFTER;
# that many lines for each name
gives_back() {
	local count=$1 after=$2 i name arguments
	shift 2
	assert "${#lines[@]}" -eq $(($# * count)) "lines" || return
	arguments_of "${lines[@]}" || return
	for i in "${!lines[@]}"; do
		name=${*:i / count + 1:1}
		assert "${arguments[i]-}" == "$name$after" "${lines[i]}" || return
	done
}

# press_names BEFORE NAME...: behind BEFORE the first character of each name, and a TAB
press_names() {
	local before=$1 name first keys=()
	shift
	for name; do
		printf -v first %q "${name:0:1}"
		keys+=("$before$first"$'\t')
	done
	press "${keys[@]}"
}

# Makes each name that of a type, of a parent, of a definition file, of an attribute (which ends at a
# blank) and of a path, has its first character completed, and looks at what that becomes.
names_become_types() {
	for name in "${SPECIAL[@]}"; do
		make_type soft "$name" 1 "soft: $name"
	done
	press_names "$MDEV --root $ROOT list -t " "${SPECIAL[@]}"
	gives_back 1 "" "${SPECIAL[@]}"
}

names_become_parents() {
	for name in "${SPECIAL[@]}"; do
		make_parent "devices/virtual/soft/$name" soft
	done
	press_names "$MDEV --root $ROOT create -p " "${SPECIAL[@]}"
	gives_back 1 "" "${SPECIAL[@]}"
}

names_become_files() {
	rm "$ROOT/etc/mdev.d/a.conf"
	for name in "${SPECIAL[@]}"; do
		: | make_definition "$name.conf"
	done
	press_names "$MDEV --root $ROOT edit " "${SPECIAL[@]}"
	gives_back 1 .conf "${SPECIAL[@]}"
}

names_become_attributes() {
	local names=("${SPECIAL[@]// /'${IFS}'}")
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U3" | make_definition b.conf
	printf 'attr = %s value\n' "${names[@]}" >> "$ROOT/etc/mdev.d/b.conf"
	press_names "$MDEV --root $ROOT modify $U3 --remove-attr " "${names[@]}"
	gives_back 1 "" "${names[@]}" || return
	press_names "$MDEV --root $ROOT modify $U3 --set-attr " "${names[@]}"
	gives_back 1 = "${names[@]}"
}

names_become_paths() {
	mkdir "$TMP/paths"
	for name in "${SPECIAL[@]}"; do
		: > "$TMP/paths/$name"
	done
	press_names "$MDEV --root $ROOT check $TMP/paths/" "${SPECIAL[@]}"
	gives_back 1 "" "${SPECIAL[@]/#/$TMP/paths/}"
}

# In quotes, as the value of an option, in the same word or in the next
names_become_quoted() {
	local name first keys=()
	for name in "${SPECIAL[@]}"; do
		make_type soft "$name" 1 soft
		first=${name:0:1}
		keys+=("$MDEV --root $ROOT list -t '$first"$'\t')
		[[ $first != [\"\$\`\\] ]] || first=\\$first
		keys+=("$MDEV --root $ROOT list --type \"$first"$'\t')
	done
	press "${keys[@]}"
	gives_back 2 "" "${SPECIAL[@]}"
}

no_control_characters() {
	make_type soft $'m\ttab' 1 soft
	make_type soft $'m\e[2Jclear' 1 soft
	make_type soft $'m\nm$(touch pwned)' 1 soft
	press "$MDEV --root $ROOT list -t m"$'\t'
	assert "${lines[0]}" == "$MDEV --root $ROOT list -t m"
}

quoted_words_are_understood() {
	mv "$ROOT" "$TMP/it's my root"
	mkdir "$TMP/my bin"
	ln -s "$(realpath "$MDEV")" "$TMP/my bin/mdev"
	press "$TMP/my\\ bin/mdev --root '$TMP/it'\\''s my root' list -p \"soft\" -t"$' \t' \
		"$MDEV \"list\" --root=$TMP/it\\'s\\ my\\ root -t s"$'\t' \
		\~"/my\\ bin/mdev --root ~/it\\'s\\ my\\ root list -t s"$'\t'
	assert "${#lines[@]}" -eq 3 "lines" || return
	for line in "${lines[@]}"; do
		assert "$(argument_of "$line")" == soft-1 "$line" || return
	done
}
