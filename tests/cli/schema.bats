#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What every verb prints with --json, whether it succeeds or fails, against the JSON Schema that is
# installed with the documentation.

load ../helpers

setup() {
	SCHEMA=$BATS_TEST_DIRNAME/../../man/mdev.schema.json
	[ -e "$SCHEMA" ] || skip "needs the source tree"
	/usr/bin/python3 -c 'import jsonschema' 2> /dev/null || skip "needs python3-jsonschema"
	make_root
	make_extended
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device soft soft-1 "$U2-3"
	ETC=$ROOT/etc/mdev.d
	DOCUMENTS=$BATS_TEST_TMPDIR/documents
	mkdir "$DOCUMENTS"
	printf '[%s]\nparent = 01:00.0\ntype = acme-fact\nauto = yes\nattr = a b\n' "$U1" | make_definition a.conf
	printf '[%s]\nparent = elsewhere\ntype = t\n' "$U3" | make_definition b.conf
}

# prints STATUS ARGUMENT...: what mdev prints is kept, to be validated in the end.
prints() {
	mdev "$1" --root "$ROOT" --json "${@:2}" || return
	assert "$output" != "" "mdev --json ${*:2}" || return
	printf '%s\n' "$output" > "$DOCUMENTS/$(printf %03d "$(find "$DOCUMENTS" -type f | wc -l)") ${*//\//}"
}

# Draft 2020-12, by the validator itself; it knows the draft from the schema.
validates() {
	local arguments=() file
	for file in "$DOCUMENTS"/*; do
		arguments+=(-i "$file")
	done
	/usr/bin/python3 -m jsonschema "${arguments[@]}" "$SCHEMA"
}

# fails TEXT: the validator refuses the text.
fails() {
	printf '%s\n' "$1" > "$BATS_TEST_TMPDIR/text"
	run /usr/bin/python3 -m jsonschema -i "$BATS_TEST_TMPDIR/text" "$SCHEMA"
	assert "$status" == 1 "$1"
}

@test "the schema fits what verbs print that succeed" {
	prints 0 list
	prints 0 list -o +machine,group 1111
	prints 0 list -p 02:00.0
	prints 0 show 1111 2222 3333
	mkdir -p "$ROOT/usr/lib/mdevctl/scripts.d/callouts"
	(umask 022 && printf '#!/bin/sh\necho "[{\\"a\\":\\"1\\"}]"\n' > "$ROOT/usr/lib/mdevctl/scripts.d/callouts/10-a")
	chmod 755 "$ROOT/usr/lib/mdevctl/scripts.d/callouts/10-a"
	prints 0 show "$U1"
	assert "$output" =~ script_attrs
	rm -r "$ROOT/usr/lib/mdevctl"
	prints 0 types
	prints 0 check
	prints 0 create 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1 --define
	prints 0 define 55550000-aaaa-4bbb-8ccc-000000000005 -p soft -t soft-1 --params x -a a=b --description d
	prints 0 define 2222
	prints 0 modify "$U1" --description new
	prints 0 modify 2222 --live --set-attr medu/label=x
	prints 0 apply --all --prune --dry-run
	prints 0 apply 1111 2222 --dry-run
	prints 0 apply
	prints 0 start 1111
	prints 0 stop 1111 2222
	EDITOR=true prints 0 edit b.conf
	"$MDEV" --root "$ROOT" export 1111 > "$BATS_TEST_TMPDIR/exported"
	prints 0 undefine 1111
	prints 0 import "$BATS_TEST_TMPDIR/exported"
	prints 0 import "$BATS_TEST_TMPDIR/exported"
	prints 0 destroy 1111 2222 --undefine
	validates
}

@test "the schema fits verbs that fail, for each word and as a whole" {
	local verb
	for verb in list show destroy define undefine create modify start stop edit export; do
		case $verb in
		modify) prints 1 modify 9999 --auto ;;
		define | create) prints 1 $verb 99990000-aaaa-4bbb-8ccc-000000000009 ;;
		*) prints 1 $verb 9999 ;;
		esac
	done
	for verb in destroy undefine start show list export; do
		prints 1 $verb 9999 1111
	done
	for verb in list types apply "destroy --all"; do
		# shellcheck disable=SC2086 # a verb and its option
		prints 1 $verb -p nowhere
	done
	prints 1 create "$U1" -p soft -t soft-1
	prints 1 create -p 02:00.0 -t acme-fact
	prints 1 create -p soft -t no-such-type
	prints 1 create -p nowhere -t t
	prints 1 define "$U1" -p 01:00.0 -t acme-fact
	prints 1 import /proc/nowhere
	echo '[' > "$BATS_TEST_TMPDIR/broken"
	prints 1 import "$BATS_TEST_TMPDIR/broken"
	EDITOR=false prints 1 edit b.conf
	# The project's core would refuse by itself what is in use; this one is the kernel's own.
	rm -r "$ROOT/sys/class/mdev"
	make_process 42 vmm "$(vfio_node 0)"
	make_process 43 vmm "$(vfio_node 1)"
	prints 1 destroy 1111 2222
	prints 1 apply --prune
	validates
}

@test "the schema fits wrong usage of every verb" {
	local verb
	for verb in $("$MDEV" --list-verbs); do
		prints 2 "$verb" --no-such-option
	done
	prints 2 create "$U1" -t t
	prints 2 list -o nonsense
	prints 2 monitor
	prints 2 show zzz
	validates
}

@test "definitions that cannot be read" {
	local verb
	printf 'nonsense\n[%s]\nparent = \xff\n' "$U2" | make_definition c.conf
	for verb in list "show 1111" apply check "undefine 9999"; do
		# shellcheck disable=SC2086 # a verb and its word
		prints 1 $verb
	done
	validates
}

@test "the schema fits values of any bytes" {
	printf '[%s]\nparent = soft\ntype = soft-1\nattr = a \xff\x01b\n' "$U2" > "$ETC/c.conf"
	prints 0 list 2222
	printf 'a\xffb' > "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/name"
	echo nonsense > "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/available_instances"
	prints 0 types
	validates
}

@test "the schema fits a lock that cannot be had" {
	mkdir "$ROOT/run/mdev.lock"
	prints 1 apply
	assert "$(jq -c '.results | map([.action, .changed, .code != null])' <<<"$output")" == '[["apply",false,true]]'
	validates
}

@test "what the schema does not know does not validate" {
	fails '[]'
	fails '{"schema": 2, "results": []}'
	fails '{"schema": 1, "results": [], "more": 1}'
	prints 0 list 1111
	fails "$(jq -c '.results[0].more = 1' <<<"$output")"
	fails "$(jq -c '.results[0].live.more = 1' <<<"$output")"
	fails "$(jq -c '.results[0].defined.more = 1' <<<"$output")"
	fails "$(jq -c '.results[0].code = "nonsense"' <<<"$output")"
	fails "$(jq -c 'del(.results[0].changed)' <<<"$output")"
}
