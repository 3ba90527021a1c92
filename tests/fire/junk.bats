#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Junk in names and values of sysfs: only the cell with the junk is missing, JSON can be parsed, and no
# byte of the junk reaches the terminal as a control character.

load fire

setup() {
	make_fast_root
	make_device 0000:01:00.0 acme-fact "$U1"
	PARENT=$ROOT/sys/devices/pci0000:00/0000:01:00.0
	TYPE=$PARENT/mdev_supported_types/acme-fact
}

teardown() {
	remove_fast_root
}

# Escapes as terminals take them: CSI in 7 and 8 bits (C1, in UTF-8 and raw), OSC, DEL, BEL.
STEER=$'a\e[2J\e]0;x\a\x7f\xc2\x9b31m\x9b31mz'
STEER_UTF8=$'a\e[2J\e]0;x\a\x7f\xc2\x9b31mz'

# no_steering FILE: it is UTF-8, and has no control character but newlines.
no_steering() {
	iconv -f UTF-8 -t UTF-8 "$1" > /dev/null || return
	if LC_ALL=C.UTF-8 grep -aP '[\x00-\x09\x0b-\x1f\x7f\x{80}-\x{9f}]' "$1" > "$FAST/odd"; then
		echo "bytes that steer: $(cat -v "$FAST/odd")"
		return 1
	fi
}

# everywhere: no listing fails or prints a control character, and all JSON can be parsed.
everywhere() {
	local words
	while read -r words; do
		# shellcheck disable=SC2086 # several words
		timeout 30 "$MDEV" $words --root "$ROOT" > "$FAST/stdout" 2> "$FAST/stderr" || [ $? = 1 ] || return
		no_steering "$FAST/stdout" && no_steering "$FAST/stderr" || { echo "of: mdev $words" && return 1; }
		[[ $words != *--json* ]] || jq . < "$FAST/stdout" > /dev/null || return
	done <<-E
		list
		list --raw -o +GROUP,MACHINE,PARAMS,DESCRIPTION,FILE
		list -o +GROUP,MACHINE,PARAMS,DESCRIPTION,FILE
		list --tree
		list --json
		types
		types --raw
		types --json
		show $U1
		show $U1 --json
		show $U3
		show $U3 --json
		check
		check --json
		export
		apply --all
		apply --all --json
		apply --all --dry-run
		apply --all --dry-run --json
		--list-parents
		--list-types
		--list-words list
		--list-attributes
		types -p nothing
		create $U2 -p 0000:01:00.0 -t nothing
	E
}

# available VALUE EXPECTED: a type with that value is listed as EXPECTED, in JSON and in the table, and no
# other cell is missing.
available() {
	printf '%b' "$1" > "$TYPE/available_instances"
	mdev --root "$ROOT" types --json -p 0000:01:00.0 || return
	assert "$(jq -c '.results[] | select(.type == "acme-fact") | [.available_instances, .device_api, .name]' <<<"$output")" \
		== "[$2,\"vfio-pci\",\"Factorial\"]" "$1" || return
	mdev --root "$ROOT" types -p 0000:01:00.0 -o TYPE,AVAILABLE --raw --noheadings || return
	assert "$stderr" == "" || return
	[ "$2" = null ] && set -- "$1" -
	assert "${lines[1]}" == "acme-fact $2" "$1"
}

@test "a number that is none costs its cell" {
	requires jq
	available '4\n' 4
	available '0' 0
	available '4294967295\n' 4294967295
	for value in '4294967296\n' '99999999999999999999999999\n' '-1\n' '+1\n' ' 1\n' '1 \n' '0x10\n' '1e3\n' \
		'1.5\n' '\n' '' '1\n2\n' '\0' '1\0' 'many\n' '\xff\n' '\xd9\xa1\n' '\e[2J\n'; do
		available "$value" null
	done
	rm "$TYPE/available_instances"
	mdev --root "$ROOT" types --json -p 0000:01:00.0
	assert "$(jq -c '.results[1] | [.type, .available_instances]' <<<"$output")" == '["acme-fact",null]'
	mkdir "$TYPE/available_instances"
	mdev --root "$ROOT" types --json -p 0000:01:00.0
	assert "$(jq -c '.results[1] | [.type, .available_instances]' <<<"$output")" == '["acme-fact",null]'
}

@test "attributes that are missing, folders, empty or large cost their cells" {
	requires jq
	rm "$TYPE/name"
	mkdir "$TYPE/description"
	: > "$TYPE/device_api"
	head -c 1000000 /dev/zero | tr '\0' 'x' > "$PARENT/mdev_supported_types/acme-dma/name"
	mdev --root "$ROOT" types --json -p 0000:01:00.0
	assert "$(jq -c '.results[1] | [.name, .description, .device_api, .available_instances]' <<<"$output")" == '[null,null,"",4]'
	assert "$(jq '.results[0].name | length' <<<"$output")" -le 65536
	rm "$PARENT/$U1/state" "$PARENT/$U1/iommu_group"
	ln -s nowhere "$PARENT/$U1/iommu_group"
	mdev --root "$ROOT" list --json "$U1"
	mdev --root "$ROOT" show "$U1" --json
	assert "$(jq -c '.results[0].live | [.machine, .iommu_group]' <<<"$output")" == '[null,null]'
	rm "$PARENT/$U1/iommu_group"
	for group in 99999999999999999999 -1 x "$STEER"; do
		ln -sfn "../../../kernel/iommu_groups/$group" "$PARENT/$U1/iommu_group"
		mdev --root "$ROOT" show "$U1" --json
		assert "$(jq -c '.results[0].live.iommu_group' <<<"$output")" == null
	done
	everywhere
}

@test "values with characters that steer a terminal" {
	requires jq
	for value in "$STEER" "$STEER_UTF8"; do
		for file in available_instances device_api name description; do
			printf '%s\n%s\n' "$value" "$value" > "$TYPE/$file"
		done
		for file in state medu/label; do
			printf '%s\n' "$value" > "$PARENT/$U1/$file"
		done
		everywhere
	done
	for locale in C C.UTF-8; do
		LC_ALL=$locale everywhere
	done
}

@test "names with characters that steer a terminal" {
	requires jq
	make_parent "devices/virtual/soft/$STEER" soft
	make_type "$STEER" soft-1 1 x
	echo "ONLY=this" > "$ROOT/sys/devices/virtual/soft/$STEER/uevent"
	printf '[%s]\nparent = udev:ONLY=this\ntype = soft-1\n' "$U3" > "$ROOT/etc/mdev.d/steer.conf"
	make_type soft "$STEER_UTF8" 1 x
	make_device soft "$STEER_UTF8" "$U2"
	printf '%s\n' 1 > "$PARENT/$U1/$STEER"
	printf '%s\n' 1 > "$PARENT/$U1/medu/$STEER"
	everywhere
	LC_ALL=C.UTF-8 everywhere
}

@test "definitions that steer: names of files, and attributes of any bytes" {
	requires jq
	for name in "$STEER" "$STEER_UTF8"; do
		printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\nattr = medu/label %s\n' "$U3" "$name" > "$ROOT/etc/mdev.d/$name.conf"
		everywhere
		printf '[%s]\nparent = %s\ntype = soft-1\n[%s]\nparent = soft\n%s=%s\n[%s]\n' \
			"$U3" "$name" "$U2" "$name" "$name" "$name" > "$ROOT/etc/mdev.d/$name.conf"
		everywhere
	done
	LC_ALL=C.UTF-8 everywhere
}
