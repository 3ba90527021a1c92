#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# zsh completion, by a real TAB in a terminal.

load completion

setup_shell() {
	command -v zsh > /dev/null || skip "needs zsh"
	shell=(zsh -f -i -s) # to read "\!" as on a terminal
	interactive="zsh -d -i"
	# ^X a inserts all that can stand there.
	cat > "$TMP/.zshrc" <<-'RC'
		fpath=("$COMPLETIONS" $fpath)
		autoload -Uz compinit
		compinit -u -D
		HISTFILE= LISTMAX=10000
		keep() {
			printf '%s\0' "$BUFFER" >> "$TMP/lines"
			BUFFER=''
		}
		leave() { exit }
		zle -N keep
		zle -N leave
		zle -C all complete-word _generic
		zstyle ':completion:all:*' completer _all_matches _complete
		zstyle ':completion:all:*' insert true
		bindkey '^Xk' keep
		bindkey '^Xq' leave
		bindkey '^Xa' all
		zle-line-init() { : > "$TMP/ready" }
		zle -N zle-line-init
	RC
}

code_for() {
	echo "set -- $1"
	# shellcheck disable=SC2016 # expanded by that zsh
	echo 'printf "%s\0" "${@[-1]}"'
}

# completes [LINE WORDS]...: for each line, completion offers these words, of which one alone is followed
# by a blank, or by what stands behind the words.
completes() {
	local i line expected before keys=()
	for ((i = 1; i < $#; i += 2)); do
		keys+=("${!i}"$'\030a')
	done
	press "${keys[@]}" || return
	assert "${#lines[@]}" -eq $(($# / 2)) "lines" || return
	for ((i = 1; i < $#; i += 2)); do
		before=${!i}
		expected=${*:i + 1:1}
		[ ! "$expected" ] || before=${before%"${before##*[ =]}"}
		line=$before$expected
		assert "${lines[i / 2]% }" == "${line% }" "${!i}" || return
	done
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

# Of paths zsh itself takes care; this shows that it is asked in the right way.
@test "names are never expanded, and become one word: paths" {
	names_become_paths
}

@test "a quote that is open is kept, and closed behind the name" {
	names_become_quoted
}

@test "names that have what zsh and the listing heed: dashes, colons, backslashes, percents" {
	SPECIAL=('-w' '%F{red}' '+a\:b' '@\' ':c' '^d')
	names_become_types
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

@test "descriptions are shown beside what several can stand there" {
	make_type soft "soft-%F{red}" 1 'a:b \c %d'
	press "$MDEV un"$'\t' "$MDEV st"$'\t' "$MDEV --root $ROOT list -t soft-"$'\t' "$MDEV --root $ROOT list "$'\t' \
		"$MDEV types --p"$'\t'
	for text in "start  -- Tell drivers that a machine starts" 'soft-%F{red}  -- a:b \c %d ' \
		"$U1  -- 0000:01:00.0 acme-fact transient" "--parent      -- types of this parent only"; do
		grep -F -e "$text" "$TMP/screen" || return
	done
}

@test "verbs, and options with what they take" {
	: > "$TMP/x.conf"
	mkdir "$TMP/folder"
	completes "$MDEV cre" "create" \
		"$MDEV list --par" "--parent" \
		"$MDEV --roo" "--root" \
		"$MDEV --root $ROOT create -p s" "soft" \
		"$MDEV --root $ROOT create -p soft -t " "soft-1" \
		"$MDEV --root $ROOT create --parent 01:00.0 --type acme-d" "acme-dma" \
		"$MDEV --root $ROOT create --parent=01:00.0 --type=acme-d" "acme-dma" \
		"$MDEV --root=$ROOT modify --of so" "soft" \
		"$MDEV --root $ROOT define --file " "a.conf" \
		"$MDEV define --description " "" \
		"$MDEV define --parent-by p" "port" \
		"$MDEV define --parent-by=x" "" \
		"$MDEV create --owner roo" "root" \
		"$MDEV create --owner root:roo" "root:root" \
		"$MDEV modify --mode 066" "0660 0666" \
		"$MDEV show --for q" "qemu" \
		"$MDEV --root $ROOT destroy --wa" "--wait" \
		"$MDEV --bogus=" "" \
		"$MDEV --root $TMP/fol" "$TMP/folder/" \
		"$MDEV --root $TMP/x" "" \
		"$MDEV check $TMP/x" "$TMP/x.conf" \
		"$MDEV help unde" "undefine" \
		"MDEVCTL_ENV_ROOT=/ command $MDEV --root $ROOT create -p s" "soft"
}

@test "identities: live ones, defined ones, each as the verb needs, and none twice" {
	make_device 0000:01:00.0 acme-fact "$U3-7"
	printf '[%s:7]\nparent = 01:00.0\ntype = acme-fact\n' "$U3" | make_definition b.conf
	completes "$MDEV --root $ROOT list " "$U1 $U2 $U3:7" \
		"$MDEV --root $ROOT show 2" "$U2" \
		"$MDEV --root $ROOT destroy " "$U1 $U3:7" \
		"$MDEV --root $ROOT destroy $U1 " "$U3:7" \
		"$MDEV --root $ROOT start " "$U1 $U3" \
		"$MDEV --root $ROOT undefine " "$U2 $U3:7" \
		"$MDEV --root $ROOT edit " "$U2 $U3:7 a.conf b.conf" \
		"$MDEV --root $ROOT create " "$U2" \
		"$MDEV --root $ROOT define " "$U1" \
		"$MDEV --root $ROOT undefine -u $U2 " "$U3:7" \
		"$MDEV --root $ROOT undefine -u $U2 --uuid=3" "$U3:7" \
		"$MDEV --root $ROOT undefine --uuid=$U2 -u " "$U3:7" \
		"$MDEV --root $ROOT modify -u $U2 " "" \
		"$MDEV --root $ROOT edit a.conf " "" \
		"$MDEV --root $ROOT types " ""
	press "$MDEV --root $ROOT show $U3:"$'\t' "$MDEV --root $ROOT show '333"$'\t'
	assert "$(argument_of "${lines[0]}")" == "$U3:7"
	assert "$(argument_of "${lines[1]}")" == "$U3:7"
}

@test "columns, the last of several, in upper and lower case" {
	completes "$MDEV list -o MA" "MACHINE," "$MDEV list --columns=FI" "FILE," "$MDEV types -o AV" "AVAILABLE,"
	press "$MDEV list -o uuid,ma"$'\t' "$MDEV list --columns=+fi"$'\t ' "$MDEV list -o UUID,MACHINE,GR"$'\t,PAR\t'
	assert "${lines[0]}" == "$MDEV list -o uuid,MACHINE,"
	assert "${lines[1]}" == "$MDEV list --columns=+FILE "
	assert "${lines[2]}" == "$MDEV list -o UUID,MACHINE,GROUP,PAR"
}

@test "attributes of the device, or of the type, but none of their values" {
	printf '[%s]\nparent = 01:00.0\ntype = acme-dma\nattr = rate 1\nattr = rate 2\nattr = size 3\n' "$U3" | make_definition b.conf
	completes "$MDEV --root $ROOT modify $U3 --set-attr r" "rate=" \
		"$MDEV --root $ROOT modify $U3 --set-attr=s" "size=" \
		"$MDEV --root $ROOT modify $U3 --remove-attr s" "size" \
		"$MDEV --root $ROOT modify $U1 --live --set-attr " "medu/label=" \
		"$MDEV --root $ROOT create -p 01:00.0 -t acme-dma -a r" "rate=" \
		"$MDEV --root $ROOT define -p soft -t soft-1 -a " "" \
		"$MDEV --root $ROOT modify $U3 --set-attr rate=" "" \
		"$MDEV --root $ROOT modify $U3 --set-attr=rate=" ""
}

@test "parents that have the type, types that the parent has" {
	completes "$MDEV --root $ROOT create -t acme-dma -p " "0000:01:00.0" \
		"$MDEV --root $ROOT create -tacme-fact -p " "0000:01:00.0 0000:02:00.0" \
		"$MDEV --root $ROOT create --type=soft-1 --parent=" "soft" \
		"$MDEV --root $ROOT create -t nothing -p " "" \
		"$MDEV --root $ROOT create -p 02:00.0 -t " "acme-fact" \
		"$MDEV --root $ROOT list -t " "acme-dma acme-fact soft-1"
}

@test "every verb completes its options" {
	keys=()
	for verb in $("$MDEV" --list-verbs); do
		keys+=("$MDEV $verb --js" "--json")
	done
	completes "${keys[@]}"
}

@test "the names of mdevctl: verbs, options, and values that are there" {
	mkdir "$TMP/bin"
	ln -s "$(realpath "$MDEV")" "$TMP/bin/mdevctl"
	ln -s "$(realpath "$MDEV")" "$TMP/bin/lsmdev"
	PATH=$TMP/bin:$PATH MDEVCTL_ENV_ROOT=$ROOT completes "mdevctl s" "start start-parent-mdevs stop" \
		"mdevctl modify --de" "--defined --delattr" \
		"mdevctl start -u " "$U2" \
		"mdevctl stop --uuid=" "$U1" \
		"mdevctl undefine -u " "$U2" \
		"mdevctl define -p 0000:02" "0000:02:00.0" \
		"mdevctl define -p soft -t " "soft-1" \
		"mdevctl start-parent-mdevs s" "soft" \
		"mdevctl start " "" \
		"lsmdev --d" "--defined --dumpjson" \
		"lsmdev -u 1" "$U1"
}
