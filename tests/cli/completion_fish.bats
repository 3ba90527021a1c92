#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# fish completion, by a real TAB in a terminal, and as fish lists what there is.

load completion

setup_shell() {
	command -v fish > /dev/null || skip "needs fish"
	# A "*" that is typed is a wildcard to fish when it completes, even in quotes.
	SPECIAL=("${SPECIAL[@]/#\*/z*}")
	shell=(fish --no-config)
	interactive="fish --no-config -i -C 'source $TMP/rc.fish'"
	# As installed: fish looks for them by the name of a command that there is.
	cp -r "$COMPLETIONS" "$TMP/found"
	ln -s mdevctl.fish "$TMP/found/lsmdev.fish"
	mkdir "$TMP/bin"
	for name in mdev mdevctl lsmdev; do
		ln -s "$(realpath "$MDEV")" "$TMP/bin/$name"
	done
	PATH=$TMP/bin:$PATH
	cat > "$TMP/rc.fish" <<-'RC'
		set fish_complete_path $TMP/found
		function keep
			printf '%s\0' "$(commandline)" >>$TMP/lines
			commandline ''
		end
		function fish_prompt
			touch $TMP/ready
		end
		bind \cxk keep
		bind \cxq exit
	RC
}

code_for() {
	echo "set words $1"
	# shellcheck disable=SC2016 # expanded by that fish
	echo 'printf "%s\0" $words[-1]'
}

# answers [LINE]...: sets answers to what fish offers for each line, with descriptions, joined by "|"
answers() {
	in_shell fish --no-config -c '
		set fish_complete_path $TMP/found
		for line in $argv
			set -l all (complete -C"$line")
			printf "%s\n" (string join "|" -- $all "" | string replace -r "\|\$" "")
		end' -- "$@" > "$TMP/answers"
	mapfile -t answers < "$TMP/answers"
	assert "$(ls -A "$HERE")" == "" "what was run"
}

# completes [LINE WORDS]...: for each line, completion offers these words, joined by "|".
completes() {
	local i lines=() words=()
	for ((i = 1; i < $#; i += 2)); do
		lines+=("${!i}")
		words+=("${*:i + 1:1}")
	done
	answers "${lines[@]}" || return
	assert "${#answers[@]}" -eq "${#lines[@]}" "lines" || return
	for i in "${!lines[@]}"; do
		assert "$(sed 's/\t[^|]*//g' <<< "${answers[i]}")" == "${words[i]}" "${lines[i]}" || return
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

# Of paths fish itself takes care; this shows that it is asked in the right way.
@test "names are never expanded, and become one word: paths" {
	names_become_paths
}

# A backtick means nothing to fish, and so a backslash before it stands for itself.
@test "a quote that is open is kept, and closed behind the name" {
	for i in "${!SPECIAL[@]}"; do
		[[ ${SPECIAL[i]} != \`* ]] || unset "SPECIAL[i]"
	done
	SPECIAL=("${SPECIAL[@]}")
	names_become_quoted
}

@test "names that have what fish and options heed: dashes, equals signs, backslashes, percents" {
	SPECIAL=('-w' '=y' '%z' '+a\:b' '@\' ':c' '^d')
	names_become_types
}

@test "what several names have in common is inserted, and can be completed further" {
	rm "$ROOT/etc/mdev.d/a.conf"
	for name in "my farm" "my fox" "it's :a" "it's :b"; do
		: | make_definition "$name.conf"
	done
	before="$MDEV --root $ROOT edit"
	press "$before m"$'\t' "$before my\\ fox"$'\t' "$before 'my fa"$'\t' "$before i"$'\t' "$before it\\'s\\ :b"$'\t'
	assert "${lines[0]#"$before "}" == 'my\ f'
	assert "$(argument_of "${lines[1]}")" == "my fox.conf"
	assert "$(argument_of "${lines[2]}")" == "my farm.conf"
	assert "${lines[3]#"$before "}" == "it\\'s\\ :"
	assert "$(argument_of "${lines[4]}")" == "it's :b.conf"
}

@test "a name with control characters is not offered" {
	no_control_characters
}

@test "a program, a root and words in quotes are understood, and ~/ is the home" {
	quoted_words_are_understood
}

@test "descriptions stand beside the names" {
	make_type soft "hard" 1 'a:b \c %d $(touch pwned)'
	answers "$MDEV un" "$MDEV --root $ROOT list -t h" "$MDEV --root $ROOT list " "$MDEV types --pa" \
		"$MDEV --root $ROOT create --type=acme-fact --parent=" "$MDEV types -o AV"
	assert "${answers[0]}" == $'undefine\tRemove definitions; live instances stay'
	assert "${answers[1]}" == $'hard\ta:b \\c %d $(touch pwned)'
	assert "${answers[2]}" == "$U1"$'\t0000:01:00.0 acme-fact transient|'"$U2"$'\telsewhere t defined'
	assert "${answers[3]}" == $'--parent\ttypes of this parent only'
	assert "${answers[4]}" == $'--parent=0000:01:00.0\t4 left|--parent=0000:02:00.0\t0 left'
	assert "${answers[5]}" == $'AVAILABLE\tinstances that can still be created'
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
		"$MDEV --root $ROOT create --parent=01:00.0 --type=acme-d" "--type=acme-dma" \
		"$MDEV --root=$ROOT modify --of so" "soft" \
		"$MDEV --root $ROOT define --file " "a.conf" \
		"$MDEV define --description " "" \
		"$MDEV define --parent-by p" "port" \
		"$MDEV define --parent-by=x" "" \
		"$MDEV create --owner roo" "root" \
		"$MDEV create --owner root:roo" "root:root" \
		"$MDEV create --owner=root:roo" "--owner=root:root" \
		"$MDEV modify --mode 066" "0660|0666" \
		"$MDEV show --for q" "qemu" \
		"$MDEV --root $ROOT destroy --wa" "--wait" \
		"$MDEV --bogus=" "" \
		"$MDEV --root $TMP/fol" "$TMP/folder/" \
		"$MDEV --root $TMP/x" "" \
		"$MDEV check $TMP/x" "$TMP/x.conf" \
		"$MDEV check ~/x" \~/x.conf \
		"$MDEV help unde" "undefine" \
		"MDEVCTL_ENV_ROOT=/ $MDEV --root $ROOT create -p s" "soft" \
		"ls; $MDEV --root $ROOT create -p s" "soft"
}

@test "identities: live ones, defined ones, each as the verb needs, and none twice" {
	make_device 0000:01:00.0 acme-fact "$U3-7"
	printf '[%s:7]\nparent = 01:00.0\ntype = acme-fact\n' "$U3" | make_definition b.conf
	completes "$MDEV --root $ROOT list " "$U1|$U2|$U3:7" \
		"$MDEV --root $ROOT show 2222" "$U2" \
		"$MDEV --root $ROOT destroy " "$U1|$U3:7" \
		"$MDEV --root $ROOT destroy $U1 " "$U3:7" \
		"$MDEV --root $ROOT start " "$U1|$U3" \
		"$MDEV --root $ROOT undefine " "$U2|$U3:7" \
		"$MDEV --root $ROOT edit " "$U2|$U3:7|a.conf|b.conf" \
		"$MDEV --root $ROOT create " "$U2" \
		"$MDEV --root $ROOT define " "$U1" \
		"$MDEV --root $ROOT undefine -u $U2 " "$U3:7" \
		"$MDEV --root $ROOT undefine -u $U2 --uuid=3333" "--uuid=$U3:7" \
		"$MDEV --root $ROOT undefine --uuid=$U2 -u " "$U3:7" \
		"$MDEV --root $ROOT modify -u $U2 " "" \
		"$MDEV --root $ROOT edit a.conf " "" \
		"$MDEV --root $ROOT types " "" \
		"$MDEV --root $ROOT show $U3:" "$U3:7"
	press "$MDEV --root $ROOT show $U3:"$'\t' "$MDEV --root $ROOT show '333"$'\t'
	assert "$(argument_of "${lines[0]}")" == "$U3:7"
	assert "$(argument_of "${lines[1]}")" == "$U3:7"
}

@test "columns, the last of several, in upper and lower case" {
	completes "$MDEV list -o MA" "MACHINE" "$MDEV list --columns=FI" "--columns=FILE" "$MDEV types -o AV" "AVAILABLE" \
		"$MDEV list -o uuid,ma" "uuid,MACHINE" "$MDEV list --columns=+fi" "--columns=+FILE" \
		"$MDEV list -o UUID,MACHINE,GR" "UUID,MACHINE,GROUP"
}

@test "attributes of the device, or of the type, but none of their values" {
	printf '[%s]\nparent = 01:00.0\ntype = acme-dma\nattr = rate 1\nattr = rate 2\nattr = size 3\n' "$U3" | make_definition b.conf
	completes "$MDEV --root $ROOT modify $U3 --set-attr r" "rate=" \
		"$MDEV --root $ROOT modify $U3 --set-attr=s" "--set-attr=size=" \
		"$MDEV --root $ROOT modify $U3 --remove-attr s" "size" \
		"$MDEV --root $ROOT modify $U1 --live --set-attr " "medu/label=" \
		"$MDEV --root $ROOT create -p 01:00.0 -t acme-dma -a r" "rate=" \
		"$MDEV --root $ROOT define -p soft -t soft-1 -a " "" \
		"$MDEV --root $ROOT modify $U3 --set-attr rate=" "" \
		"$MDEV --root $ROOT modify $U3 --set-attr=rate=" ""
}

@test "parents that have the type, types that the parent has" {
	completes "$MDEV --root $ROOT create -t acme-dma -p " "0000:01:00.0" \
		"$MDEV --root $ROOT create -tacme-fact -p " "0000:01:00.0|0000:02:00.0" \
		"$MDEV --root $ROOT create --type=soft-1 --parent=" "--parent=soft" \
		"$MDEV --root $ROOT create -t nothing -p " "" \
		"$MDEV --root $ROOT create -p 02:00.0 -t " "acme-fact" \
		"$MDEV --root $ROOT list -t " "acme-dma|acme-fact|soft-1"
}

@test "every verb completes its options" {
	keys=()
	for verb in $("$MDEV" --list-verbs); do
		keys+=("$MDEV $verb --js" "--json")
	done
	completes "${keys[@]}"
}

@test "the names of mdevctl: verbs, options, and values that are there" {
	MDEVCTL_ENV_ROOT=$ROOT completes "mdevctl star" "start|start-parent-mdevs" \
		"mdevctl modify --de" "--defined|--delattr" \
		"mdevctl start -u " "$U2" \
		"mdevctl stop --uuid=" "--uuid=$U1" \
		"mdevctl undefine -u " "$U2" \
		"mdevctl define -p 0000:02" "0000:02:00.0" \
		"mdevctl define -p soft -t " "soft-1" \
		"mdevctl start-parent-mdevs s" "soft" \
		"mdevctl start " "" \
		"lsmdev --d" "--defined|--dumpjson" \
		"lsmdev -u 1111" "$U1"
}
