#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The ways to write an identity on the command line, on a made root: each verb takes all of them.

load ../helpers

setup() {
	make_root
	make_extended
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device 0000:01:00.0 acme-dma "$U2-3"
	DIGITS=${U1//-/}
	FORMS=("$U1" "${U1^^}" "{$U1}" "urn:uuid:$U1" "URN:UUID:${U1^^}" "$DIGITS" "${DIGITS^^}")
}

@test "a UUID may be written as other programs print it" {
	for form in "${FORMS[@]}"; do
		mdev --root "$ROOT" list --noheadings --raw -o uuid "$form"
		assert "$output" == "$U1"
		mdev --root "$ROOT" show "$form"
		assert "$output" =~ "$U1"
		mdev --root "$ROOT" start "$form"
		assert "$(< "$ROOT/sys/class/mdev/mdev_start")" == "$U1"
		mdev --root "$ROOT" define "$form" -p soft -t soft-1
		assert "$output" == "$U1"
		mdev --root "$ROOT" modify "$form" --auto
		mdev --root "$ROOT" undefine "$form"
		refused 1 "cannot create $U1: it is live already" --root "$ROOT" create "$form" -p soft -t soft-1
		: > "$ROOT/sys/bus/mdev/devices/$U1/remove"
		mdev --root "$ROOT" destroy "$form"
		assert "$(< "$ROOT/sys/bus/mdev/devices/$U1/remove")" == 1
	done
}

@test "an instance number may stand behind each form" {
	local digits=${U2//-/}
	for form in "$U2:3" "{$U2}:3" "urn:uuid:$U2:3" "$digits:3"; do
		mdev --root "$ROOT" list --noheadings --raw -o uuid "$form"
		assert "$output" == "$U2:3"
		refused 2 "two instance numbers" --root "$ROOT" define "$form" -i 4 -p soft -t soft-1
	done
	mdev --root "$ROOT" define "urn:uuid:$U3" -i 4 -p soft -t soft-1
	assert "$output" == "$U3:4" "the colons of a URN are no instance number"
}

@test "--uuid is another way to give a UUID, in every verb that takes one" {
	mdev --root "$ROOT" list --noheadings --raw -o uuid -u 1111 --uuid="$U2:3"
	assert "$output" == "$U1"$'\n'"$U2:3"
	mdev --root "$ROOT" list --noheadings --raw -o uuid 2222 "-u{$U1}"
	assert "$output" == "$U1"$'\n'"$U2:3" "words and options together"
	mdev --root "$ROOT" define -u "$U3" -p soft -t soft-1
	assert "$output" == "$U3"
	mdev --root "$ROOT" modify --uuid 3333 --auto
	mdev --root "$ROOT" undefine --uuid 3333
	mdev --root "$ROOT" destroy --uuid 1111
	assert "$(< "$ROOT/sys/bus/mdev/devices/$U1/remove")" == 1
	refused 2 "unexpected argument '$U2'" --root "$ROOT" create -u "$U1" -u "$U2" -p soft -t soft-1
	refused 2 "option '--uuid' needs UUID" --root "$ROOT" destroy --uuid
	refused 2 "unknown option '--uuid'" --root "$ROOT" types --uuid "$U1"
}

@test "definitions and sysfs have one way to write a UUID" {
	printf '[{%s}]\nparent = soft\ntype = soft-1\n' "$U3" | make_definition a.conf
	mdev 1 --root "$ROOT" check
	assert "$stderr" =~ "a.conf:1: '\{$U3\}' is neither a UUID nor UUID:INSTANCE"
	mkdir "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices/${U3//-/}"
	rm "$ROOT/etc/mdev.d/a.conf"
	mdev --root "$ROOT" list --active --noheadings --raw -o uuid
	assert "$output" == "$U1"$'\n'"$U2:3"
}
