#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Definition files: what is read from them, and what is wrong with them, by file and line.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U3" > "$ETC/z-good.conf"
}

# wrong TEXT MESSAGE...: a file of this text is refused with these messages, and hides nothing else.
wrong() {
	local text=$1 expected=
	shift
	# shellcheck disable=SC2059 # the text is a format, for bytes that a variable cannot hold
	printf "$text" > "$ETC/a.conf"
	for message; do
		expected+="mdev: $ETC/a.conf:$message"$'\n'
	done
	mdev 1 --root "$ROOT" list --noheadings --raw -o uuid || return
	assert "$stderr" == "${expected%$'\n'}" "$text" || return
	assert "$output" =~ "$U3" "the good file is listed"
}

# right TEXT FILTER EXPECTED: a file of this text is read, and jq's FILTER of its first device is EXPECTED.
right() {
	# shellcheck disable=SC2059
	printf "$1" > "$ETC/a.conf"
	mdev --root "$ROOT" list --json "$U1" || return
	assert "$stderr" == "" || return
	assert "$(jq -c ".results[0].defined | $2" <<<"$output")" == "$3" "$1"
}

@test "each kind of mistake in a file is reported in one line, with file and line" {
	local good="parent=soft\ntype=t\n"
	wrong "[x]\n" "1: 'x' is neither a UUID nor UUID:INSTANCE"
	for vf in -1 65535 1.0 "0 1" one 0x3; do
		wrong "[$U1]\n${good}vf = $vf\n" "4: 'vf' is the number of a virtual function, from 0, not '$vf'"
	done
	wrong "[$U1]\n${good}vf = 1\nvf = 1\n" "5: a second 'vf' in the section"
	wrong "[defaults]\nvf = 1\n[$U1]\n$good" "2: unknown key 'vf' in [defaults]"
	wrong "[]\n" "1: '' is neither a UUID nor UUID:INSTANCE"
	wrong "[$U1:x]\n$good" "1: '$U1:x' is neither a UUID nor UUID:INSTANCE"
	wrong "[$U1:99999999999]\n$good" "1: '$U1:99999999999' is neither a UUID nor UUID:INSTANCE"
	wrong "[ $U1 ]\n$good" "1: ' $U1 ' is neither a UUID nor UUID:INSTANCE"
	wrong "[../../etc]\n$good" "1: '../../etc' is neither a UUID nor UUID:INSTANCE"
	wrong "[$U1\n$good" "1: a section is one identity in brackets and nothing else"
	wrong "[$U1] x\n$good" "1: a section is one identity in brackets and nothing else"
	wrong "[$U1]\nparent=soft\n" "1: the section has no 'type'"
	wrong "[$U1]\n\ntype=t\n" "1: the section has no 'parent'"
	wrong "[$U1]\n${good}[$U1:0]\n$good" "4: the same identity and parent as in line 1"
	wrong "[$U1]\n${good}type=u\n" "4: a second 'type' in the section"
	wrong "[$U1]\n${good}kind=u\n" "4: unknown key 'kind'"
	wrong "[$U1]\n${good}Type=u\n" "4: unknown key 'Type'"
	wrong "[$U1]\n${good}=u\n" "4: unknown key ''"
	wrong "[$U1]\n${good}auto=maybe\n" "4: 'auto' is yes or no, not 'maybe'"
	wrong "[$U1]\n${good}auto=\n" "4: 'auto' is yes or no, not ''"
	wrong "[$U1]\nparent=\ntype=t\n" "2: 'parent' has no value"
	wrong "[$U1]\n${good}params = \n" "4: 'params' has no value"
	wrong "[$U1]\nparent=soft\ntype=../t\n" "3: '../t' cannot be the name of a type"
	wrong "[$U1]\nparent=a/b\ntype=t\n" "1: 'a/b' cannot name a parent"
	wrong "[$U1]\n${good}nonsense\n" "4: no '=' in the line"
	wrong "[$U1]\n${good}description: x\n" "4: a key is followed by '=', not by ':'"
	wrong "[$U1]\n$good  description = x\n" "4: the line begins with a blank"
	wrong "[$U1]\r\n$good" "1: a section is one identity in brackets and nothing else"
	wrong "[$U1]\n${good}description = x\r\n" "4: the line ends in a carriage return; save the file with Unix line ends"
	wrong "[$U1]\n${good}description = a\\0b\n" "4: a NUL byte"
	wrong "[$U1]\n${good}description = \\xff\n" "4: the value of 'description' is not UTF-8 text"
	wrong "[$U1]\0 x\n$good" "1: a section is one identity in brackets and nothing else"
	wrong "[$U1]\n${good}attr = a b\r \n" "4: the line ends in a carriage return; save the file with Unix line ends"
	wrong "[$U1]\n${good}description\r= x\n" "4: a carriage return beside '='"
	wrong "[$U1]\n${good}\rdescription= x\n" "4: a carriage return beside '='"
	wrong "[$U1]\n${good}attr = \ra b\n" "4: a carriage return beside '='"
	wrong "\xef\xbb\xbf\xef\xbb\xbf[x=y]\n[$U1]\n$good" "1: 'x=y' is neither a UUID nor UUID:INSTANCE"
	wrong "parent=soft\n[$U1]\n$good" "1: 'parent' stands before the first section"
	wrong "[$U1]\n${good}[defaults]\n$good" "4: [defaults] stands before all identities"
	wrong "[defaults]\n[defaults]\n[$U1]\n$good" "2: a second [defaults]"
	wrong "[defaults]\nattr=a b\n[$U1]\n$good" "2: unknown key 'attr' in [defaults]"
	wrong "[$U1]\n${good}one\ntwo\n" "4: no '=' in the line" "5: no '=' in the line"
}

@test "each kind of bad attribute is reported" {
	local good="[$U1]\nparent=soft\ntype=t\n"
	for name in "../x" "/x" "a/../b" "a//b" "." ".."; do
		wrong "${good}attr = $name 1\n" "4: '$name' cannot be the name of an attribute of a device"
	done
	wrong "${good}attr = name\n" "4: attribute 'name' has no value"
	wrong "${good}attr = name \n" "4: attribute 'name' has no value"
	wrong "${good}attr =\n" "4: '' cannot be the name of an attribute of a device"
	wrong "${good}attr = \\xff 1\n" "4: '\\xff' cannot be the name of an attribute of a device"
}

@test "a bad section hides neither those before nor those behind it" {
	printf '[%s]\nparent=soft\ntype=t\n[%s]\nbad\n[%s]\nparent=soft\ntype=t\n' "$U1" "$U2" "$U2:5" > "$ETC/a.conf"
	mdev 1 --root "$ROOT" list --noheadings --raw -o uuid
	assert "$output" == "$U1"$'\n'"$U2:5"$'\n'"$U3"
}

@test "with a mistake in [defaults] no section of the file is used" {
	printf '[defaults]\nbad\n[%s]\nparent=soft\ntype=t\n' "$U1" > "$ETC/a.conf"
	mdev 1 --root "$ROOT" list --noheadings --raw -o uuid
	assert "$output" == "$U3"
	assert "$stderr" == "mdev: $ETC/a.conf:2: no '=' in the line"
}

@test "each kind of thing that is no file of definitions is reported" {
	mkdir "$ETC/folder.conf"
	mkfifo "$ETC/fifo.conf"
	ln -s nowhere "$ETC/dangling.conf"
	ln -s folder.conf "$ETC/link.conf"
	truncate -s 17M "$ETC/large.conf"
	mdev 1 --root "$ROOT" list --noheadings --raw -o uuid
	assert "$output" == "$U3"
	assert "$stderr" == "\
mdev: $ETC/dangling.conf: No such file or directory
mdev: $ETC/fifo.conf: not a regular file
mdev: $ETC/folder.conf: a folder in place of a file
mdev: $ETC/large.conf: larger than 16 MiB
mdev: $ETC/link.conf: a folder in place of a file"
}

@test "a file or folder that may not be read" {
	requires root
	chmod 000 "$ETC/z-good.conf"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	run --separate-stderr setpriv --reuid 65534 --clear-groups "$MDEV" --root "$ROOT" list
	assert "$status" -eq 1
	assert "$stderr" == "mdev: $ETC/z-good.conf: Permission denied"
	chmod 000 "$ETC"
	run --separate-stderr setpriv --reuid 65534 --clear-groups "$MDEV" --root "$ROOT" list
	assert "$status" -eq 1
	assert "$stderr" == "mdev: $ETC: Permission denied"
}

@test "a message shows no byte that could steer a terminal" {
	printf '[\e[2J\xc2\x85]\n' > "$ETC/a.conf"
	mdev 1 --root "$ROOT" list
	assert "$stderr" == "mdev: $ETC/a.conf:1: '\\x1b[2J\\xc2\\x85' is neither a UUID nor UUID:INSTANCE"
}

@test "values of attributes keep every byte" {
	requires jq
	local good="[$U1]\nparent=soft\ntype=t\n"
	right "${good}attr = a b\n" '.attrs' '[{"name":"a","value":"b"}]'
	right "${good}attr = a  b ; # c = d: \n" '.attrs[0].value' '" b ; # c = d: "'
	right "${good}attr = a \t\n" '.attrs[0].value' '"\t"'
	right "${good}attr=nvidia/x   \n" '.attrs[0]' '{"name":"nvidia/x","value":"  "}'
	right "${good}attr = a [b]\n" '.attrs[0].value' '"[b]"'
	right "${good}attr = a b" '.attrs[0].value' '"b"'
	right "${good}attr = b 1\nattr = a 2\nattr = b 3\n" '.attrs | map(.name + .value)' '["b1","a2","b3"]'
	right "${good}params = a=b;c #d\n" '.params' '"a=b;c #d"'
	right "${good}description =   grün   \n" '.description' '"grün"'
	right "${good}vf = 0\n" '.vf' '0'
	right "${good}vf=65534\n" '.vf' '65534'
	right "$good" 'has("vf")' 'false'
	right "[$U1]\ntype=t\nparent = udev:A=b:c\n" '.parent' '"udev:A=b:c"'
	right "\xef\xbb\xbf[$U1]\nparent=soft\ntype=t\n" '.line' '1'
	right "\xef\xbb\xbf\xef\xbb\xbf[$U1]\nparent=soft\ntype=t\n" '.line' '1'
	right "${good}attr = a b\r c\n" '.attrs[0].value' '"b\r c"'
	right "# c\n; c\n  # c\n \n[$U1]  \n\nparent=soft\n#x\ntype=t\n" '.line' '5'
	right "[${U1^^}:0]\nparent=soft\ntype=t\n" '.type' '"t"'
}

@test "lines, keys and sections of a file may be long" {
	requires jq
	local long
	long=$(printf 'x%.0s' {1..100000})
	right "[$U1]\nparent=soft\ntype=t\ndescription = $long\nattr = $(printf 'n%.0s' {1..200}) $long\n" \
		'[.description, .attrs[0].value] | map(length)' '[100000,100000]'
	wrong "[$U1]\nparent=soft\ntype=t\n$long = x\n" "4: unknown key '${long:0:128}...' (${#long} bytes)"
	wrong "[$long]\n" "1: '${long:0:128}...' (${#long} bytes) is neither a UUID nor UUID:INSTANCE"
}

@test "[defaults] give what a section lacks" {
	requires jq
	local defaults="[defaults]\nparent = soft\ntype = t\nauto = yes\nparams = p\n"
	right "${defaults}[$U1]\n" '[.parent, .type, .auto, .params, .line]' '["soft","t",true,"p",6]'
	right "${defaults}[$U1]\ntype = u\nauto = no\nparams = q\n" '[.type, .auto, .params]' '["u",false,"q"]'
}

@test "a folder hides files of the same name in later folders, by name alone" {
	printf '[%s]\nparent=soft\ntype=lib\n' "$U1" > "$ROOT/usr/lib/mdev.d/1.conf"
	mdev --root "$ROOT" list --noheadings --raw -o type 1111
	assert "$output" == lib
	printf '[%s]\nparent=soft\ntype=run\n' "$U1" > "$ROOT/run/mdev.d/1.conf"
	mdev --root "$ROOT" list --noheadings --raw -o type 1111
	assert "$output" == run
	printf '[%s]\nparent=soft\ntype=etc\n' "$U1" > "$ETC/1.conf"
	mdev --root "$ROOT" list --noheadings --raw -o type 1111
	assert "$output" == etc
	: > "$ETC/1.conf"
	refused 1 "there is no device '1111'" --root "$ROOT" list 1111
	ln -sf /dev/null "$ETC/1.conf"
	refused 1 "there is no device '1111'" --root "$ROOT" list 1111
}

@test "a link to a file is read; other names are passed over" {
	printf '[%s]\nparent=soft\ntype=t\n' "$U1" > "$ROOT/elsewhere"
	ln -s /elsewhere "$ETC/1.conf"
	for name in .hidden.conf notes x.conf~ x.conf.bak; do
		echo nonsense > "$ETC/$name"
	done
	mdev --root "$ROOT" list --noheadings --raw -o uuid
	assert "$output" == "$U1"$'\n'"$U3"
}

@test "the sample file defines nothing, and is right when its comments are taken off" {
	local sample=$BATS_TEST_DIRNAME/../../conf.d/mdev.d/example.conf
	[ -e "$sample" ] || skip "needs the source tree"
	cp "$sample" "$ETC/a.conf"
	mdev --root "$ROOT" list --noheadings --raw -o uuid
	assert "$output" == "$U3"
	sed -n 's/^#\(\[.*\]\|[a-z]* = .*\|[a-z]*=.*\)$/\1/p' "$sample" > "$ETC/a.conf"
	mdev --root "$ROOT" list --noheadings --raw -o uuid
	assert "${#lines[@]}" -eq 4
}

@test "of a file ten problems are reported, and how many more there are" {
	{ printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" && yes nonsense | head -n 10; } | make_definition a.conf
	{ printf '[%s]\nparent = soft\ntype = soft-1\n' "$U2" && yes nonsense | head -n 13; } | make_definition b.conf
	{ printf '[defaults]\nparent = a/b\ntype = t\n' && printf '[%08d-aaaa-4bbb-8ccc-000000000000]\n' {1..12}; } | make_definition c.conf
	mdev 1 --root "$ROOT" list
	assert "${#stderr_lines[@]}" -eq 32 "a: 10; b and c: 10 and one that counts the others"
	assert "$(grep -c 'a.conf:' <<< "$stderr")" -eq 10
	assert "$stderr" =~ "b.conf: and 3 more"
	assert "$stderr" =~ "c.conf: and 2 more"
	mdev 1 --root "$ROOT" check
	assert "$(grep -c 'error\|mdev: ' <<< "$stderr")" -ge 32
}
