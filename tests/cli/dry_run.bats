#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --dry-run of verbs that name what they change: what they print, and that they do nothing, on a
# made root. That of apply is in apply.bats.

load ../helpers

setup() {
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	printf '[%s]\nparent = 01:00.0\ntype = acme-fact\nattr = a 1\n' "$U1" | make_definition farm.conf
	FARM=$ROOT/etc/mdev.d/farm.conf
	touch "$ROOT/etc/mdev.d/.mdev.lock"
	BEFORE=$(fingerprint)
}

teardown() {
	assert "$(fingerprint)" == "$BEFORE" "nothing is changed"
}

@test "destroy" {
	mdev --root "$ROOT" destroy 1111 --dry-run
	assert "$output" == "destroy $U1 parent 0000:01:00.0 type acme-fact"
	mdev --root "$ROOT" destroy -p 01:00.0 --all -n --undefine
	assert "$output" == "destroy $U1 parent 0000:01:00.0 type acme-fact
undefine $U1 parent 0000:01:00.0 type acme-fact from $FARM"
	mdev --root "$ROOT" -q destroy 1111 --dry-run
	assert "$output" == ""
	refused 1 "cannot destroy '2222': there is no device" --root "$ROOT" destroy 1111 2222 -n
	requires jq
	mdev --root "$ROOT" --json destroy 1111 --undefine -n
	assert "$(jq -c '[.results[] | [.action, .changed, .code, .live.name]]' <<<"$output")" == "[[\"destroy\",true,null,\"$U1\"]]"
}

@test "destroy of what is in use fails as it would, without waiting" {
	make_process 4242 vmm "$(vfio_node 0)"
	BEFORE=$(fingerprint)
	refused 1 "cannot destroy $U1: it is in use by PID 4242 'vmm'" --root "$ROOT" destroy --wait=600 1111 -n
}

@test "undefine" {
	mdev --root "$ROOT" undefine 1111 --dry-run
	assert "$output" == "undefine $U1 parent 0000:01:00.0 type acme-fact from $FARM"
	printf '[%s]\nnonsense\n' "$U2" >> "$FARM"
	BEFORE=$(fingerprint)
	mdev 1 --root "$ROOT" undefine 1111 --dry-run
	assert "$stderr" =~ "the file is left as it is" "the run would fail, too"
}

@test "modify" {
	mdev --root "$ROOT" modify 1111 -n --auto --type acme-dma --remove-attr a=1 --set-attr b=2 -a "c=x y"
	assert "$output" == "modify $U1 parent 0000:01:00.0 type acme-fact from $FARM
  auto = yes
  type = acme-dma
  remove attr a=1
  set attr b = 2
  add attr c = x y"
	refused 1 "cannot modify $U1: there is no attribute 'zz'" --root "$ROOT" modify 1111 -n --remove-attr zz
	mdev --root "$ROOT" modify 1111 --live --dry-run --set-attr medu/label=one
	refused 1 "cannot modify $U1: the device has no attribute 'nothing'" \
		--root "$ROOT" modify 1111 --live --dry-run --set-attr nothing=1
	requires jq
	mdev --root "$ROOT" --json modify 1111 --dry-run --auto
	assert "$(jq -c '[.results[] | [.action, .changed, .code, .defined.auto]]' <<<"$output")" == '[["modify",true,null,false]]'
}
