#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Sections [parent NAME]: what a card itself shall be before instances are made on it.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
}

# wrong LINES MESSAGE...: a file that begins with these lines (of printf) has these problems, "LINE: TEXT",
# and what another section of it defines is there all the same.
wrong() {
	local lines=$1 expected=
	shift
	# shellcheck disable=SC2059 # the text is a format, for bytes that a variable cannot hold
	printf "$lines\n[$U1]\nparent = soft\ntype = soft-1\n" > "$ETC/a.conf"
	for message; do
		expected+="mdev: $ETC/a.conf:$message"$'\n'
	done
	mdev 1 --root "$ROOT" list --defined --noheadings --raw -o uuid || return
	assert "$stderr" == "${expected%$'\n'}" "$lines" || return
	assert "$output" == "$U1" "the other section"
}

@test "each kind of mistake in the section of a parent is reported with file and line" {
	local bad
	wrong "[parent]" "1: a section [parent NAME] names no parent"
	wrong "[parent \t]" "1: a section [parent NAME] names no parent"
	wrong "[parent a]b]" "1: a section is one identity in brackets and nothing else"
	wrong "[parent \xff]" "1: the name of the parent is not UTF-8 text"
	wrong "[parents a]" "1: 'parents a' is neither a UUID nor UUID:INSTANCE"
	for bad in 0 -1 65536 all "1 2" 0x2 MAX; do
		wrong "[parent soft]\nvfs = $bad" "2: 'vfs' is max or a number from 1, not '$bad'"
	done
	wrong "[parent soft]\nvfs = 1\nvfs = 1" "3: a second 'vfs' in the section"
	wrong "[parent soft]\nvfs =" "2: 'vfs' is max or a number from 1, not ''"
	for bad in "" echo bin/echo "''" "'/bin/echo" '"/bin/echo x'; do
		case $bad in
		"'/"* | '"'*) wrong "[parent soft]\nthen = $bad" "2: a quote has no end" ;;
		*) wrong "[parent soft]\nthen = $bad" "2: 'then' begins with the whole path of a program" ;;
		esac
	done
	wrong "[parent soft]\nattr = x" "2: attribute 'x' has no value"
	wrong "[parent soft]\nattr = ../x 1" "2: '../x' cannot be the name of an attribute of a device"
	wrong "[parent soft]\ntype = x\nauto = yes" "2: unknown key 'type' in a section of a parent" \
		"3: unknown key 'auto' in a section of a parent"
	wrong "[parent soft]\nvfs = 1\n[parent soft]\nvfs = 1" "3: the same parent as in line 1"
	wrong "[parent soft]\n[defaults]" "2: [defaults] stands before all identities"
}

@test "the section of a parent is read, wherever it stands and in whatever way it names it" {
	printf '[parent 41:00.0]\n[defaults]\n' > "$ETC/a.conf"
	printf '[defaults]\nparent = soft\ntype = soft-1\n\n[parent  udev:ID_PATH=pci-0000:41:00.0 ]\nvfs = max\nthen = /bin/a "b c"\nattr = x/y  1 \n\n[%s]\n[parent pci:10de:2230/2]\nvfs=7\n' \
		"$U1" > "$ETC/a.conf"
	mdev --root "$ROOT" list --defined --noheadings --raw -o uuid
	assert "$stderr" == ""
	assert "$output" == "$U1"
}

@test "a file that is named for a UUID has no section of a parent" {
	printf '[%s]\nparent = soft\ntype = soft-1\n[parent soft]\nvfs = max\n' "$U1" > "$ETC/$U1.conf"
	mdev 1 --root "$ROOT" list --defined --noheadings --raw -o uuid
	assert "$stderr" == "mdev: $ETC/$U1.conf:4: a section of a parent does not belong into a file that is named for a UUID"
}

@test "every change of a file keeps the sections of parents in it, byte for byte" {
	local section=$'\t; why\n[parent  41:00.0 ]\n; so\nvfs=max\nthen = /bin/a  "b c"  \n\nattr = x  1 \n'
	section=${section#$'\t'}
	printf '%s[%s]\nparent = soft\ntype = soft-1\n%s[%s]\nparent = soft\ntype = soft-1\n' \
		"$section" "$U1" "${section//41/42}" "$U2" > "$ETC/farm.conf"
	keeps() {
		assert "$(sed -n '/why/!{/parent  4/,/attr/p}' "$ETC/farm.conf")" == \
			"$(printf '%s%s' "$section" "${section//41/42}" | sed -n '/parent  4/,/attr/p')" "$1"
	}
	keeps "as written"
	mdev --root "$ROOT" modify "$U1" --auto --description x -a a=1
	keeps "modify of the section before one"
	mdev --root "$ROOT" define "$U3" -p soft -t soft-1 --file farm
	keeps "define"
	mdev --root "$ROOT" undefine "$U1" "$U3"
	keeps "undefine"
	printf '#!/bin/sh\nsed -i s/soft-1/soft-2/ "$1"\n' > "$BATS_TEST_TMPDIR/editor"
	chmod +x "$BATS_TEST_TMPDIR/editor"
	EDITOR=$BATS_TEST_TMPDIR/editor mdev --root "$ROOT" edit "$U2"
	keeps "edit"
	mdev --root "$ROOT" undefine "$U2"
	keeps "undefine of the last"
	assert "$(cat "$ETC/farm.conf")" =~ "parent  42"
}

@test "a file that has a mistake in the section of a parent is not changed" {
	printf '[parent soft]\nvfs = many\n[%s]\nparent = soft\ntype = soft-1\n' "$U1" > "$ETC/farm.conf"
	cp "$ETC/farm.conf" "$BATS_TEST_TMPDIR/before"
	mdev 1 --root "$ROOT" modify "$U1" --auto
	assert "$stderr" =~ "the file is left as it is"
	cmp "$ETC/farm.conf" "$BATS_TEST_TMPDIR/before"
}

@test "a section of a parent in a file that others can write is a problem, with its line" {
	requires root
	local message="$ETC/farm.conf:4: root does not obey it: "
	printf '[%s]\nparent = soft\ntype = soft-1\n[parent 41:00.0]\nvfs = max\n' "$U1" > "$ETC/farm.conf"
	check_says() {
		mdev 1 --root "$ROOT" check
		assert "$stderr" =~ "mdev: $message$1 \(chown root, chmod go-w\)"
		mdev 1 --root "$ROOT" apply
		assert "$stderr" =~ "mdev: $message$1"
	}
	chmod 664 "$ETC/farm.conf"
	check_says "it can be written by group 0"
	chmod 644 "$ETC/farm.conf"
	chown 1000 "$ETC/farm.conf"
	check_says "it belongs to user 1000"
	chown 0 "$ETC/farm.conf"
	chmod 1777 "$ETC"
	check_says "its folder can be written by every user"
}
