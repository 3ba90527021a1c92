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

# json STATUS ARGUMENT...: as mdev; what it prints is an array of devices with an action.
json() {
	mdev "$1" --root "$ROOT" --json "${@:2}" || return
	assert "$(jq -c 'map(keys_unsorted) | unique' <<<"$output")" == \
		'[["uuid","instance","parent","type","live","defined","action","error"]]' "mdev --json ${*:2}"
}

# has FILTER EXPECTED: jq's FILTER of the first device.
has() {
	assert "$(jq -c ".[0] | $1" <<<"$output")" == "$2" "$1"
}

@test "what was done: the device as it is then" {
	json 0 define 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1
	has '[.action, .error, .live, .parent, .defined.parent]' '["define",null,null,"soft","soft"]'
	json 0 modify "$U1" --description new
	has '[.action, .error, .live.name, .defined.description]' "[\"modify\",null,\"$U1\",\"new\"]"
	json 0 undefine "$U1"
	has '[.action, .error, .live.name, .defined]' "[\"undefine\",null,\"$U1\",null]"
	json 0 destroy "$U1" 2222
	has '[.action, .error, .live, .parent]' '["destroy",null,null,"0000:01:00.0"]'
	assert "$(jq -c 'map(.instance)' <<<"$output")" == '[0,3]'
	json 0 create 55550000-aaaa-4bbb-8ccc-000000000005 -p soft -t soft-1 --define
	has '[.action, .error, .parent, .defined.file]' "[\"create\",null,\"soft\",\"$ETC/55550000-aaaa-4bbb-8ccc-000000000005.conf\"]"
	printf '[{"soft": [{"66660000-aaaa-4bbb-8ccc-000000000006": {"mdev_type": "soft-1", "start": "auto"}}]}]' > "$BATS_TEST_TMPDIR/list"
	json 0 import "$BATS_TEST_TMPDIR/list"
	has '[.action, .error, .defined.file]' "[\"import\",null,\"$ETC/66660000-aaaa-4bbb-8ccc-000000000006.conf\"]"
	json 0 import "$BATS_TEST_TMPDIR/list"
	has '[.action, .error]' '["keep",null]'
	json 0 apply --all
	assert "$(jq -c 'map([.uuid[0:4], .action, .live.name != null])' <<<"$output")" == \
		'[["4444","create",true],["5555","create",true],["6666","create",true],["3333","absent",false]]'
}

@test "start and stop: each instance of the machine, with its state" {
	make_extended
	make_device 0000:01:00.0 acme-dma "$U2"
	for verb in start stop; do
		json 0 "$verb" 2222
		assert "$(jq -c 'map([.instance, .parent, .action, .live.state])' <<<"$output")" == \
			"[[0,\"0000:01:00.0\",\"$verb\",\"stopped\"],[3,\"soft\",\"$verb\",\"stopped\"]]"
	done
}

@test "what failed: why, and the device as it stayed" {
	json 1 create "$U1" -p soft -t soft-1
	has '[.action, .live, .error]' "[\"create\",null,\"it is live already, on parent '0000:01:00.0' with type 'acme-fact'\"]"
	assert "$stderr" == "mdev: cannot create $U1: it is live already, on parent '0000:01:00.0' with type 'acme-fact'"
	json 1 define 44440000-aaaa-4bbb-8ccc-000000000004 -p soft -t soft-1 --file a/b
	has '[.action, .defined]' '["define",null]'
	json 1 modify "$U1" --remove-attr zz
	has '[.action, .defined.attrs[0].name, .error]' '["modify","a","there is no attribute '"'zz'"' in the definition"]'
	mkdir "$ROOT/usr/lib/mdev.d/x"
	mv "$ETC/b.conf" "$ROOT/usr/lib/mdev.d"
	json 1 undefine "$U3"
	has '[.action, .defined.parent, (.error | test("belongs to a package"))]' '["undefine","elsewhere",true]'
	json 1 start "$U1"
	has '[.action, (.error | test("cannot start or stop"))]' '["start",true]'
	mkdir -p "$ROOT/proc/42/fd"
	echo vmm > "$ROOT/proc/42/comm"
	ln -s "$(vfio_node 0)" "$ROOT/proc/42/fd/3"
	json 1 destroy "$U1" 2222
	assert "$(jq -c 'map([.uuid[0:4], .live != null, .error])' <<<"$output")" == \
		'[["1111",true,"it is in use by PID 42 '"'vmm'"' (--wait waits for that to end)"],["2222",true,"left alone, for another is in use"]]'
	assert "${#stderr_lines[@]}" -eq 1
}

@test "what cannot begin prints nothing" {
	refused 1 "there is no device '9999'" --root "$ROOT" --json destroy 9999
	refused 1 "no definition of it was found" --root "$ROOT" --json undefine 9999
	refused 1 "no live UUID begins so" --root "$ROOT" --json start 9999
	refused 1 "there is no parent" --root "$ROOT" --json create "$U3" -p nowhere -t t
	refused 2 "needs --parent" --root "$ROOT" --json create "$U3" -t t
}
