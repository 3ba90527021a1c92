#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --ensure: what is as it shall be already is a success without a change, on a made root.

load ../helpers

setup() {
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	SOFT=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1
}

# unchanged STATUS ARG...: mdev ends so, and nothing in the root is another way.
unchanged() {
	local before status=$1
	before=$(fingerprint)
	mdev "$status" --root "$ROOT" "${@:2}"
	assert "$(fingerprint)" == "$before"
}

# results FILTER: of the JSON that mdev printed
results() {
	jq -c "[.results[] | $1]" <<< "$output"
}

@test "create: live with this parent and type already" {
	requires jq
	unchanged 0 create "$U1" -p 01:00.0 -t acme-fact --ensure
	assert "$output$stderr" == "$U1"
	unchanged 0 create "$U1" -p 01:00.0 -t acme-fact --ensure --json
	assert "$(results '[.word, .live.name, .changed, .code]')" == "[[\"$U1\",\"$U1\",false,null]]"
	mdev --root "$ROOT" create "$U2" -p soft -t soft-1 --ensure --json
	assert "$(results '[.word, .changed, .code]')" == "[[\"$U2\",true,null]]"
	assert "$(< "$SOFT/create")" == "$U2"
}

@test "create: live as something else is a failure, and says as what" {
	unchanged 1 create "$U1" -p soft -t soft-1 --ensure
	assert "$stderr" == "mdev: cannot create $U1: it is live already, on parent '0000:01:00.0' with type 'acme-fact'"
	unchanged 1 create "$U1" -p 01:00.0 -t acme-dma --ensure
	assert "$stderr" =~ "it is live already, on parent '0000:01:00.0' with type 'acme-fact'"
	unchanged 2 create -p 01:00.0 -t acme-dma --ensure
	assert "$stderr" =~ "--ensure needs a UUID"
}

@test "create --define: what is missing of the two is made" {
	mdev --root "$ROOT" create "$U1" -p 01:00.0 -t acme-fact --define --auto --ensure
	assert "$(grep -c '^auto = yes' "$ROOT/etc/mdev.d/$U1.conf")" -eq 1
	unchanged 0 create "$U1" -p 0000:01:00.0 -t acme-fact --define --auto --ensure
	unchanged 1 create "$U1" -p 01:00.0 -t acme-fact --define --ensure
	assert "$stderr" == "mdev: cannot create $U1: it is defined otherwise, in $ROOT/etc/mdev.d/$U1.conf:3"
}

@test "define: defined so already, or otherwise" {
	requires jq
	mdev --root "$ROOT" define "$U1" -p 01:00.0 -t acme-fact --ensure -a medu/label=one --json
	assert "$(results '[.changed, .code]')" == '[[true,null]]'
	unchanged 0 define "$U1" -p 0000:01:00.0 -t acme-fact --ensure -a medu/label=one
	assert "$output$stderr" == "$U1"
	unchanged 0 define "$U1" -p 01:00.0 -t acme-fact --ensure -a medu/label=one --json
	assert "$(results '[.changed, .code]')" == '[[false,null]]'
	for other in "--auto -a medu/label=one" "-a medu/label=two" ""; do
		# shellcheck disable=SC2086 # words
		unchanged 1 define "$U1" -p 01:00.0 -t acme-fact --ensure $other
		assert "$stderr" == "mdev: cannot define $U1: it is defined otherwise, in $ROOT/etc/mdev.d/$U1.conf:3"
	done
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1 --ensure # for another parent it is not defined
	unchanged 2 define -p soft -t soft-1 --ensure
}

@test "destroy: not live already" {
	requires jq
	unchanged 0 destroy "$U2" --ensure
	assert "$output$stderr" == ""
	unchanged 0 destroy "$U2" --ensure --json
	assert "$(results '[.word, .changed, .code]')" == "[[\"$U2\",false,null]]"
	unchanged 1 destroy 2222 --ensure
	assert "$stderr" == "mdev: cannot destroy '2222': there is no device '2222'" "a beginning of nothing"
	unchanged 1 destroy -p soft "$U1" --ensure
	assert "$stderr" == "mdev: cannot destroy '$U1': it is live on another parent"
	mdev --root "$ROOT" destroy "$U1" "$U2" --ensure
	assert "$(< "$ROOT/sys/bus/mdev/devices/$U1/remove")" == 1
}

@test "destroy --undefine: the definition goes, live or not" {
	mdev --root "$ROOT" define "$U2" -p soft -t soft-1
	unchanged 0 destroy "$U2" --ensure
	mdev --root "$ROOT" destroy "$U2" --ensure --undefine
	assert "$(ls "$ROOT/etc/mdev.d")" == ""
	unchanged 0 destroy "$U2" --ensure --undefine
	make_definition bad.conf <<< nonsense
	unchanged 1 destroy "$U2" --ensure --undefine
	assert "$stderr" =~ "bad.conf:1" "it may be defined in what cannot be read"
}

@test "undefine: not defined already" {
	requires jq
	unchanged 0 undefine "$U2" --ensure
	assert "$output$stderr" == ""
	unchanged 0 undefine "$U2" --ensure --json
	assert "$(results '[.word, .changed, .code]')" == "[[\"$U2\",false,null]]"
	mdev --root "$ROOT" define "$U3" -p soft -t soft-1
	mdev --root "$ROOT" undefine "$U2" "$U3" --ensure
	assert "$(ls "$ROOT/etc/mdev.d")" == ""
	make_definition bad.conf <<< nonsense
	unchanged 1 undefine "$U2" --ensure
	assert "$stderr" =~ "bad.conf:1" "it may be defined in what cannot be read"
}
