#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev check: errors and warnings, on a made root.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
}

@test "check counts the definitions when nothing is wrong" {
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n' "$U1" | make_definition a.conf
	mdev --root "$ROOT" check
	assert "$output" == "definitions: 1, errors: 0, warnings: 0"
	assert "$stderr" == ""
	mdev --root "$ROOT" check -q
	assert "$output" == ""
}

@test "check reports as an error what cannot be read, and what cannot be a parent" {
	make_definition a.conf <<< "[$U1]"$'\nparent = pci:1234:11e8\ntype = t\nbogus = 1'
	make_definition b.conf <<< "[$U2]"$'\nparent = pci:1234:11e8\ntype = acme-fact'
	mdev 1 --root "$ROOT" check
	assert "$stderr" == "\
mdev: $ETC/a.conf:4: unknown key 'bogus'
mdev: $ETC/b.conf:1: 'pci:1234:11e8' names several PCI devices; say which of 0000:01:00.0 (/1), 0000:02:00.0 (/2)"
	assert "$output" == "definitions: 1, errors: 2, warnings: 0"
}

@test "check warns of what depends on the host" {
	make_device soft soft-1 "$U3"
	make_definition a.conf <<-E
		[$U1]
		parent = elsewhere
		type = t
		[$U1]
		parent = soft
		type = no-such
		[$U1]
		parent = 01:00.0
		type = acme-fact
		[$U3]
		parent = 01:00.0
		type = acme-fact
	E
	for i in 1 2 3; do
		printf '[%s:%s]\nparent = 01:00.0\ntype = acme-dma\nauto = yes\n' "$U2" $i
	done | make_definition b.conf
	mdev --root "$ROOT" check
	assert "$stderr" == "\
mdev: warning: $ETC/a.conf:1: there is no parent 'elsewhere' (registered: 0000:01:00.0, 0000:02:00.0, soft)
mdev: warning: $ETC/a.conf:4: parent 'soft' has no type 'no-such'
mdev: warning: $ETC/a.conf:7: the identity is defined in $ETC/a.conf:4 for parent 'soft', too, which is meant
mdev: warning: $ETC/a.conf:10: it is live on parent 'soft' with type 'soft-1'
mdev: warning: $ETC/b.conf:9: 3 more instances of type 'acme-dma' are to be created on parent '0000:01:00.0', which has 2 left"
	assert "$output" == "definitions: 7, errors: 0, warnings: 5"
}

@test "check reads the files that are named, wherever they are" {
	printf 'x\n' | make_definition broken.conf
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" > "$BATS_TEST_TMPDIR/new"
	mdev --root "$ROOT" check "$BATS_TEST_TMPDIR/new"
	assert "$output" == "definitions: 1, errors: 0, warnings: 0"
	mdev 1 --root "$ROOT" check "$BATS_TEST_TMPDIR/new" "$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR"
	assert "$stderr" == "\
mdev: $BATS_TEST_TMPDIR/none: No such file or directory
mdev: $BATS_TEST_TMPDIR: a folder in place of a file"
}

@test "check --json has findings with severity, file and line" {
	requires jq
	printf '[%s]\nparent = soft\ntype = x\n[y]\n' "$U1" | make_definition a.conf
	mdev 1 --root "$ROOT" --json check
	assert "$(jq -c '.results | map([.severity, (.file | split("/")[-1]), .line, .text[0:13]])' <<<"$output")" == \
		'[["error","a.conf",4,"'\''y'\'' is neithe"],["warning","a.conf",1,"parent '\''soft'\''"]]'
}
