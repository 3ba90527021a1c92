#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --json of every verb: one schema, of what was done and of what failed, on a made root.

load ../helpers

setup() {
	requires jq
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device soft soft-1 "$U2-3"
	ETC=$ROOT/etc/mdev.d
	printf '[%s]\nparent = 01:00.0\ntype = acme-fact\nattr = a b\n' "$U1" | make_definition a.conf
	printf '[%s]\nparent = elsewhere\ntype = t\n' "$U3" | make_definition b.conf
}

# json STATUS ARGUMENT...: runs mdev --json; the output must be a document with results of devices.
json() {
	mdev "$1" --root "$ROOT" --json "${@:2}" || return
	assert "$(jq -c '[.schema, (.results | map(keys_unsorted) | unique)]' <<<"$output")" == \
		'[1,[["word","uuid","instance","parent","type","state","live","defined","holders","action","changed","code","error"]]]' "mdev --json ${*:2}"
}

# has FILTER EXPECTED: jq's FILTER of the first device.
has() {
	assert "$(jq -c ".results[0] | $1" <<<"$output")" == "$2" "$1"
}

@test "--json: what was done, and the device as it is then" {
	json 0 define 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1
	has '[.action, .error, .live, .parent, .defined.parent]' '["define",null,null,"soft","soft"]'
	json 0 modify "$U1" --description new
	has '[.action, .error, .live.name, .defined.description]' "[\"modify\",null,\"$U1\",\"new\"]"
	json 0 undefine "$U1"
	has '[.action, .error, .live.name, .defined]' "[\"undefine\",null,\"$U1\",null]"
	json 0 destroy "$U1" 2222
	has '[.action, .error, .live, .parent]' '["destroy",null,null,"0000:01:00.0"]'
	assert "$(jq -c '.results | map(.instance)' <<<"$output")" == '[0,3]'
	json 0 create 55550000-aaaa-4bbb-8ccc-000000000005 -p soft -t soft-1 --define
	has '[.action, .error, .parent, .defined.file]' "[\"create\",null,\"soft\",\"$ETC/55550000-aaaa-4bbb-8ccc-000000000005.conf\"]"
	printf '[{"soft": [{"66660000-aaaa-4bbb-8ccc-000000000006": {"mdev_type": "soft-1", "start": "auto"}}]}]' > "$BATS_TEST_TMPDIR/list"
	json 0 import "$BATS_TEST_TMPDIR/list"
	has '[.action, .error, .defined.file]' "[\"import\",null,\"$ETC/66660000-aaaa-4bbb-8ccc-000000000006.conf\"]"
	json 0 import "$BATS_TEST_TMPDIR/list"
	has '[.action, .error]' '["keep",null]'
	json 0 apply --all
	assert "$(jq -c '.results | map([.uuid[0:4], .action, .live.name != null])' <<<"$output")" == \
		'[["4444","create",true],["5555","create",true],["6666","create",true],["3333","absent",false]]'
}

@test "--json: start and stop have each instance of the machine, with its state" {
	make_extended
	make_device 0000:01:00.0 acme-dma "$U2"
	for verb in start stop; do
		json 0 "$verb" 2222
		assert "$(jq -c '.results | map([.instance, .parent, .action, .live.machine])' <<<"$output")" == \
			"[[0,\"0000:01:00.0\",\"$verb\",\"stopped\"],[3,\"soft\",\"$verb\",\"stopped\"]]"
	done
}

@test "--json: what was changed, and what was so before" {
	json 0 modify "$U1" --description new
	has .changed true
	json 0 apply
	assert "$(jq -c '.results | map([.action, .changed])' <<<"$output")" == '[["keep",false],["absent",false]]'
	json 0 apply --all --prune --dry-run
	assert "$(jq -c '.results | map([.action, .changed])' <<<"$output")" == \
		'[["destroy",true],["keep",false],["absent",false]]' "what would be"
	json 0 destroy 2222
	has .changed true
	json 0 list
	assert "$(jq -c '.results | map([.action, .changed]) | unique' <<<"$output")" == '[["list",false]]'
}

@test "--json: what failed, why, and the device as it stayed" {
	json 1 create "$U1" -p soft -t soft-1
	has '[.action, .changed, .code, .live.parent, .defined.line, .error]' \
		"[\"create\",false,\"exists\",\"0000:01:00.0\",1,\"it is live already, on parent '0000:01:00.0' with type 'acme-fact'\"]"
	assert "$stderr" == "mdev: cannot create $U1: it is live already, on parent '0000:01:00.0' with type 'acme-fact'"
	json 1 create 44440000-aaaa-4bbb-8ccc-000000000004 -p 02:00.0 -t acme-fact
	has '[.code, .uuid[0:4], .live]' '["full","4444",null]'
	json 1 define "$U1" -p 01:00.0 -t acme-fact
	has '[.action, .changed, .code, .defined.line]' '["define",false,"exists",1]'
	json 1 define 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1 --file a/b
	has '[.action, .code, .defined]' '["define","invalid",null]'
	json 1 modify "$U1" --remove-attr zz
	has '[.action, .changed, .code, .defined.attrs[0].name, .error]' '["modify",false,"absent","a","there is no attribute '"'zz'"' in the definition"]'
	mkdir "$ROOT/usr/lib/mdev.d/x"
	mv "$ETC/b.conf" "$ROOT/usr/lib/mdev.d"
	json 1 undefine "$U3"
	has '[.action, .changed, .defined.parent, (.error | test("belongs to a package"))]' '["undefine",false,"elsewhere",true]'
	json 1 start "$U1"
	has '[.action, .code, .changed, (.error | test("cannot start or stop"))]' '["start","unsupported",false,true]'
}

@test "of several devices one is in use: each has a result, and only one says that it is busy" {
	mkdir -p "$ROOT/proc/42/fd"
	echo vmm > "$ROOT/proc/42/comm"
	ln -s "$(vfio_node 0)" "$ROOT/proc/42/fd/3"
	json 1 destroy "$U1" 2222
	assert "$(jq -c '.results | map([.word, .live != null, .changed, .code, .error])' <<<"$output")" == \
		'[["'"$U1"'",true,false,"busy","it is in use by PID 42 '"'vmm'"' (--wait waits for that to end)"],["2222",true,false,"skipped","left alone, for another is in use"]]'
	assert "$(jq -c '.results | map(.holders)' <<<"$output")" == '[[{"pid":42,"program":"vmm"}],null]'
	assert "${#stderr_lines[@]}" -eq 1
}

@test "a word that names nothing has a result, and those beside it" {
	for verb in destroy undefine start; do
		json 1 "$verb" 9999 1111
		assert "$(jq -c '.results | map([.word, .uuid != null, .action, .changed, .code])' <<<"$output")" == \
			"[[\"9999\",false,\"$verb\",false,\"absent\"],[\"1111\",true,\"$verb\",false,\"skipped\"]]" "$verb"
		assert "$(jq -r '.results[0].error' <<<"$output")" == "${stderr#mdev: }"
	done
	for verb in list show; do
		json 1 "$verb" 9999 1111
		assert "$(jq -c '.results | map([.word, .code]) | sort' <<<"$output")" == '[["1111",null],["9999","absent"]]' "$verb"
	done
	json 1 export 9999
	has '[.word, .code]' '["9999","absent"]'
	json 1 modify 9999 --auto
	has '[.word, .code]' '["9999","absent"]'
	json 1 edit 9999
	has '[.word, .code]' '["9999","absent"]'
	json 1 import /proc/nowhere
	has '[.word, .code]' '["/proc/nowhere","unreadable"]'
}

@test "--json: a command that cannot begin has a result, too" {
	json 1 create "$U3" -p nowhere -t t
	has '[.word, .uuid, .code]' "[\"$U3\",null,\"absent\"]"
	json 1 apply -p nowhere
	has '[.word, .action, .code]' '[null,"apply","absent"]'
	json 1 types -p nowhere
	has '[.word, .action, .code]' '[null,"types","absent"]'
	json 2 create "$U3" -t t
	has '[.word, .code, .error]' "[\"$U3\",\"usage\",\"--type needs --parent; try 'mdev create --help'\"]"
	json 2 destroy --no-such-option "$U1"
	has '[.word, .action, .code]' '[null,"destroy","usage"]'
	mdev 2 --root "$ROOT" destroy --no-such-option --json
	has '[.action, .code]' '["destroy","usage"]'
}

@test "a definition that cannot be read is a result beside the devices" {
	echo nonsense | make_definition c.conf
	for verb in list "show 1111" apply; do
		# shellcheck disable=SC2086 # a verb and its word
		json 1 $verb
		assert "$(jq -c '.results | map(select(.code) | [.uuid, .code])' <<<"$output")" == '[[null,"unreadable"]]' "$verb"
		assert "$(jq -r '.results[] | .error // empty' <<<"$output")" == "$(grep -v warning: <<<"${stderr#mdev: }" | sed 's/^mdev: //')" "$verb"
	done
}
