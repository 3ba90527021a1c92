#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev import, mdev export: mdevctl's JSON in and out, on a made root.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
	# As mdevctl 1.4.0 prints it.
	cat > "$BATS_TEST_TMPDIR/list" <<-E
		[
		  {
		    "0000:01:00.0": [
		      {
		        "$U1": {
		          "mdev_type": "acme-fact",
		          "start": "auto",
		          "attrs": [
		            {
		              "assign_adapter": "1"
		            },
		            {
		              "assign_adapter": "2"
		            },
		            {
		              "nvidia/vgpu_params": " a;b # c "
		            }
		          ]
		        }
		      },
		      {
		        "$U2": {
		          "mdev_type": "acme-dma",
		          "start": "manual",
		          "attrs": []
		        }
		      }
		    ],
		    "matrix": [
		      {
		        "$U2": {
		          "mdev_type": "vfio_ap-passthrough",
		          "start": "never"
		        }
		      }
		    ]
		  }
		]
	E
	printf '{\n  "mdev_type": "soft-1",\n  "start": "auto",\n  "attrs": []\n}' > "$BATS_TEST_TMPDIR/single"
}

@test "a list goes in and comes out" {
	requires jq
	mdev --root "$ROOT" import "$BATS_TEST_TMPDIR/list"
	assert "$output$stderr" == "$U1"$'\n'"$U2"$'\n'"$U2"
	assert "$(grep -v '^#' "$ETC/$U1.conf")" == "
[$U1]
parent = 0000:01:00.0
type = acme-fact
auto = yes
attr = assign_adapter 1
attr = assign_adapter 2
attr = nvidia/vgpu_params  a;b # c "
	mdev --root "$ROOT" export
	assert "$stderr" == ""
	assert "$(jq -S . <<<"$output")" == "$(jq -S '(.[0].matrix[0] | .[]) |= (.start = "manual" | .attrs = [])' "$BATS_TEST_TMPDIR/list")"
	before=$(fingerprint)
	mdev -v --root "$ROOT" import - < "$BATS_TEST_TMPDIR/list"
	assert "$output" == "" "again"
	assert "$stderr" =~ "is defined so already"
	assert "$(fingerprint)" == "$before"
}

@test "import reads a pipe to its end, in however many pieces" {
	dd if="$BATS_TEST_TMPDIR/list" bs=64 status=none | "$MDEV" --root "$ROOT" import > "$BATS_TEST_TMPDIR/imported"
	assert "$(wc -l < "$BATS_TEST_TMPDIR/imported")" -eq 3
	head -c 17000000 /dev/zero | refused 1 "stdin: larger than 16 MiB" --root "$ROOT" import -
	# shellcheck disable=SC2016 # for the inner shell
	run timeout 30 sh -c 'exec "$0" --root "$1" import - <&-' "$MDEV" "$ROOT"
	assert "$status $output" == "1 mdev: stdin: a folder in place of a file"
}

@test "single definitions: place given, or from the path" {
	mdev --root "$ROOT" import -p soft -u "$U1" < "$BATS_TEST_TMPDIR/single"
	mkdir "$BATS_TEST_TMPDIR/matrix"
	cp "$BATS_TEST_TMPDIR/single" "$BATS_TEST_TMPDIR/matrix/$U2"
	mdev --root "$ROOT" import "$BATS_TEST_TMPDIR/matrix/$U2"
	mdev --root "$ROOT" list --raw --noheadings -o uuid,parent,type,auto
	assert "$output" == "$U2 matrix soft-1 yes"$'\n'"$U1 soft soft-1 yes"
	mdev --root "$ROOT" export --single 1111
	assert "$(tr -d ' \n' <<<"$output")" == '{"mdev_type":"soft-1","start":"auto","attrs":[]}'
	refused 1 "there are 2 such definitions" --root "$ROOT" export --single
	refused 1 "a single definition says neither its parent nor its UUID" --root "$ROOT" import "$BATS_TEST_TMPDIR/single"
	refused 2 "--parent and --uuid go together" --root "$ROOT" import -p soft "$BATS_TEST_TMPDIR/single"
}

@test "what mdevctl has no word for goes out, is warned of, and comes in again" {
	requires jq
	printf '[%s:3]\nparent = 01:00.0\ntype = acme-fact\nparams = seed=1\ndescription = one\nvf = 3\nattr = a \xff\n' "$U1" | make_definition a.conf
	"$MDEV" --root "$ROOT" export > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/warnings"
	assert "$(cat "$BATS_TEST_TMPDIR/warnings")" == "mdev: warning: $U1:3: mdevctl has no word for: instance number, way of naming the parent, params, description, vf, values that are not UTF-8"
	mdev --root "$ROOT" list --json
	before=$(jq -c '.results[0].defined | del(.file, .line)' <<<"$output")
	rm "$ETC/a.conf"
	mdev --root "$ROOT" import "$BATS_TEST_TMPDIR/out"
	mdev --root "$ROOT" list --json
	assert "$(jq -c '.results[0].defined | del(.file, .line)' <<<"$output")" == "$before"
}

@test "what cannot be taken over is said, and nothing is" {
	before=$(fingerprint)
	bad() {
		printf '%s' "$1" > "$BATS_TEST_TMPDIR/bad"
		refused 1 "$2" --root "$ROOT" import -p soft -u "$U1" "$BATS_TEST_TMPDIR/bad"
	}
	bad '' "ends too early"
	bad '{"mdev_type": "a"' "ends too early"
	bad '{"mdev_type": "a"} x' "something follows the JSON, at byte 19"
	bad 'x' "not JSON at byte 0"
	bad '5' "neither a list of definitions nor a definition"
	bad '[5]' "not an object"
	bad '{"soft": 5}' "is not followed by an array"
	bad '{"soft": [5]}' "is not an object"
	bad '{"soft": [{"x": {}}]}' "'x' is neither a UUID"
	bad "{\"soft\": [{\"$U2\": 5}]}" "$U2: there is no 'mdev_type'"
	for vf in '"3"' -1 3.5 true 65535; do
		bad "{\"mdev_type\": \"t\", \"vf\": $vf}" "vf"
	done
	bad '{"mdev_type": 5}' "'mdev_type' is not a string"
	bad '{"mdev_type": [97, 256]}' "'mdev_type' is not a string"
	bad '{"mdev_type": [97.5]}' "'mdev_type' is not a string"
	bad '{"mdev_type": ["a"]}' "'mdev_type' is not a string"
	bad '{"mdev_type": "a", "attrs": 5}' "'attrs' is not an array"
	bad '{"mdev_type": "a", "attrs": [{}]}' "not an object with one key"
	bad '{"mdev_type": "a", "attrs": [{"a": "1", "b": "2"}]}' "not an object with one key"
	bad '{"mdev_type": "a", "attrs": [{"a": ""}]}' "'a' is empty or holds a newline"
	bad '{"mdev_type": "a", "attrs": [{"a": "1\n"}]}' "holds a newline"
	bad '{"mdev_type": "a", "attrs": [{"a": "1\u0000"}]}' "or NUL"
	bad '{"mdev_type": "a", "attrs": [{"../x": "1"}]}' "cannot be the name of an attribute"
	bad '{"mdev_type": "a", "mdev_type": "b"}' "an object has a key twice, of which one would be lost"
	bad '{"mdev_type": "a", "attrs": [{"a": "1", "a": "2"}]}' "has a key twice"
	bad "{\"soft\": [{\"$U2\": {\"mdev_type\": \"a:\\\":\", \"start\": \"x\", \"start\": \"auto\"}}]}" "has a key twice"
	bad '{"mdev_type": "a", "attrs": [{"a\u0000b": "1"}]}' "a key holds a NUL"
	bad '{"mdev_type": "a" /* comment */}' "not JSON at byte"
	bad "{'mdev_type': 'a'}" "not JSON at byte"
	bad '{"mdev_type": "a", "new": 1}' "'new' is not a known key, and would be lost"
	bad '{"mdev_type": "a/b"}' "cannot be the name of a type"
	bad "$(printf '[%.0s' {1..100000})" "nesting too deep|not JSON"
	refused 2 "is neither a UUID" --root "$ROOT" import -p soft -u x
	refused 1 "there is no such file" --root "$ROOT" import "$BATS_TEST_TMPDIR/none"
	assert "$(fingerprint)" == "$before"
}

@test "of several definitions none is taken over when one cannot be" {
	mdev --root "$ROOT" define "$U3" -p soft -t soft-1
	before=$(fingerprint)
	refuses() {
		printf '{"soft": [{"%s": {"mdev_type": "t"}}, {"%s": {"mdev_type": %s}}]}' "$U1" "$2" "$3" > "$BATS_TEST_TMPDIR/bad"
		refused 1 "$1" --root "$ROOT" import "$BATS_TEST_TMPDIR/bad"
		assert "$(fingerprint)" == "$before"
	}
	refuses "cannot import $U2 from .*/bad: .*cannot be the name of a type" "$U2" '"a/b"'
	refuses "cannot import $U3: it is already defined in .*/$U3.conf:3" "$U3" '"other"'
	refuses "cannot import $U1 from .*/bad: it is there twice" "$U1" '"other"'
	printf '{"": [{"%s": {"mdev_type": "t"}}]}' "$U1" > "$BATS_TEST_TMPDIR/bad"
	refused 1 "cannot import $U1 from .*/bad: '' cannot name a parent" --root "$ROOT" import "$BATS_TEST_TMPDIR/bad"
	assert "$(fingerprint)" == "$before"
}

@test "export of nothing is an empty list" {
	mdev --root "$ROOT" export
	assert "$output" == "[]"
	refused 1 "cannot export '1111': it is not defined" --root "$ROOT" export 1111
	refused 2 "cannot name a parent" --root "$ROOT" export -p ../x
}
