#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whose the nodes of an instance are: in definitions, as options, and as the kernel has it. The root is
# made; tests/kernel/owner.bats has a user who opens a device.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
	DEFINED="[$U1]"$'\n'"parent = soft"$'\n'"type = soft-1"$'\n'
}

# wrong TEXT SENTENCE: the line of a definition is reported so, and the definition is not used.
wrong() {
	printf '%s%s\n' "$DEFINED" "$1" | make_definition a.conf
	mdev 1 --root "$ROOT" list --noheadings || return
	assert "$output" == "" "$1" || return
	assert "$stderr" == "mdev: $ETC/a.conf:4: $2" "$1"
}

# is_defined JSON: owner and mode of the definition
is_defined() {
	mdev --root "$ROOT" list --json "$U1"
	assert "$(jq -c '.results[0].defined | [.owner, .mode]' <<<"$output")" == "$1"
}

@test "an owner is a user and perhaps a group, by name or number" {
	requires jq
	local owner
	for owner in alice alice:kvm 1000 1000:78 'DOM\user.name@place:the-group$'; do
		printf '%sowner = %s\n' "$DEFINED" "$owner" | make_definition a.conf
		is_defined "$(jq -nc --arg owner "$owner" '[$owner, null]')"
	done
	for owner in : alice: :kvm a:b:c "a b" ../a a:/b; do
		wrong "owner = $owner" "'$owner' is not an owner, which is USER or USER:GROUP"
		refused 2 "'$owner' is not an owner" --root "$ROOT" define "$U2" -p soft -t soft-1 --owner "$owner"
	done
	wrong "owner =" "'owner' has no value"
	wrong $'owner = a\xff' "the value of 'owner' is not UTF-8 text"
}

@test "a mode lets the owner read and write, and nobody execute" {
	requires jq
	local mode
	for mode in 0600 0640 0660 0666 0606; do
		printf '%smode = %s\n' "$DEFINED" "$mode" | make_definition a.conf
		is_defined "[null,\"$mode\"]"
	done
	for mode in 660 0400 0777 0661 04660 0000 0o660 0668 -660 06600 rw-; do
		wrong "mode = $mode" \
			"'$mode' is not a mode such as 0660, which is no less than 0600 and no more than 0666"
		refused 2 "'$mode' is not a mode" --root "$ROOT" create "$U2" -p soft -t soft-1 --mode "$mode"
	done
	wrong $'mode = 0660\nmode = 0660' "a second 'mode' in the section" 2> /dev/null || :
	assert "$stderr" == "mdev: $ETC/a.conf:5: a second 'mode' in the section"
}

@test "[defaults] may give both" {
	requires jq
	printf '[defaults]\nowner = alice\nmode = 0600\n%s' "$DEFINED" | make_definition a.conf
	is_defined '["alice","0600"]'
	printf '[defaults]\nowner = alice\nmode = 0600\n%sowner = bob\n' "$DEFINED" | make_definition a.conf
	is_defined '["bob","0600"]'
	refused 1 "'mode' comes from \[defaults\]" --root "$ROOT" modify "$U1" --mode ''
}

@test "define writes both, modify changes and removes them" {
	requires jq
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1 --owner alice:kvm --mode 0600 -a a=b
	assert "$(tail -n +3 "$ETC/$U1.conf")" == "${DEFINED}auto = no"$'\n'"owner = alice:kvm"$'\n'"mode = 0600"$'\n'"attr = a b"
	mdev --root "$ROOT" modify "$U1" --owner bob
	is_defined '["bob","0600"]'
	mdev --root "$ROOT" modify "$U1" --mode 0666 --dry-run
	assert "$output" =~ "  mode = 0666"
	mdev --root "$ROOT" modify "$U1" --mode '' --owner ''
	assert "$(tail -n +3 "$ETC/$U1.conf")" == "${DEFINED}auto = no"$'\n'"attr = a b"
	mdev --root "$ROOT" modify "$U1" --mode 0660
	assert "$(tail -n +3 "$ETC/$U1.conf")" == "${DEFINED}auto = no"$'\n'"mode = 0660"$'\n'"attr = a b"
	refused 2 "'x y' is not an owner" --root "$ROOT" modify "$U1" --owner "x y"
	mdev --root "$ROOT" define --ensure "$U1" -p soft -t soft-1 --mode 0660 -a a=b
	refused 1 "it is defined otherwise" --root "$ROOT" define --ensure "$U1" -p soft -t soft-1 --mode 0666 -a a=b
}

@test "an editor may change both" {
	requires jq
	printf '%s' "$DEFINED" | make_definition a.conf
	EDITOR="sed -i \"\\\$aowner=carol\"" mdev --root "$ROOT" edit a.conf
	is_defined '["carol",null]'
	EDITOR="sed -i \"\\\$amode=7\"" mdev 1 --root "$ROOT" edit a.conf
	assert "$stderr" =~ "a.conf:5: '7' is not a mode"
	is_defined '["carol",null]'
}

@test "both go out in mdevctl's form with a warning, and come in again" {
	requires jq
	printf '%sowner = alice:kvm\nmode = 0600\n' "$DEFINED" | make_definition a.conf
	"$MDEV" --root "$ROOT" export > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/warnings"
	assert "$(< "$BATS_TEST_TMPDIR/warnings")" == "mdev: warning: $U1: mdevctl has no word for: owner, mode"
	rm "$ETC/a.conf"
	mdev --root "$ROOT" import "$BATS_TEST_TMPDIR/out"
	is_defined '["alice:kvm","0600"]'
	mdev --root "$ROOT" undefine "$U1"
	sed 's/alice:kvm/alice:/' "$BATS_TEST_TMPDIR/out" > "$BATS_TEST_TMPDIR/bad"
	refused 1 "'alice:' is not an owner" --root "$ROOT" import "$BATS_TEST_TMPDIR/bad"
	sed 's/0600/0700/' "$BATS_TEST_TMPDIR/out" > "$BATS_TEST_TMPDIR/bad"
	refused 1 "'0700' is not a mode" --root "$ROOT" import "$BATS_TEST_TMPDIR/bad"
	assert "$(ls "$ETC")" == ""
}

@test "mdevctl's own files have no place for them" {
	mkdir -p "$ROOT/etc/mdevctl.d/soft"
	echo '{"mdev_type":"soft-1","start":"manual"}' > "$ROOT/etc/mdevctl.d/soft/$U1"
	refused 1 "mdevctl's file cannot say an owner; 'mdev import .*' moves it first" \
		--root "$ROOT" modify "$U1" --owner alice
	refused 1 "mdevctl's file cannot say a mode" --root "$ROOT" modify "$U1" --mode 0660
}
