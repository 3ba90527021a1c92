#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Definition files that others than root can write: root does not obey them.

load ../helpers

setup() {
	requires root
	make_root
	ETC=$ROOT/etc/mdev.d
	CREATE=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n' "$U1" "$U2" | make_definition farm.conf
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n' "$U3" | make_definition good.conf
}

# distrusted WHY: neither apply nor create obeys farm.conf, apply obeys good.conf, check warns.
distrusted() {
	local message="$ETC/farm.conf: root does not obey it: $1 (chown root, chmod go-w)"
	: > "$CREATE"
	mdev 1 --root "$ROOT" apply -q || return
	assert "$stderr" == "mdev: $message" || return
	assert "$(cat "$CREATE")" == "$U3" "only the other file is obeyed" || return
	mdev 1 --root "$ROOT" create "$U1" || return
	assert "$stderr" == "mdev: cannot create $U1 by $message" || return
	mdev --root "$ROOT" check || return
	assert "$stderr" == "mdev: warning: $message"
}

@test "a file of another user" {
	chown 1000 "$ETC/farm.conf"
	distrusted "it belongs to user 1000"
}

@test "a file that its group or every user can write" {
	chmod 664 "$ETC/farm.conf"
	distrusted "it can be written by group 0"
	chmod 646 "$ETC/farm.conf"
	distrusted "it can be written by every user"
}

@test "a link to a file of another user" {
	mv "$ETC/farm.conf" "$ROOT/theirs"
	chown 1000 "$ROOT/theirs"
	ln -s /theirs "$ETC/farm.conf"
	distrusted "it belongs to user 1000"
}

@test "a folder of another user" {
	mv "$ETC/good.conf" "$ROOT/run/mdev.d"
	chown 1000 "$ETC"
	distrusted "its folder belongs to user 1000"
	chown 0 "$ETC"
	chmod 1777 "$ETC"
	distrusted "its folder can be written by every user"
}

@test "apply --prune destroys no live device because its file is not trusted" {
	make_device soft soft-1 "$U1"
	chown 1000 "$ETC/farm.conf"
	mdev 1 --root "$ROOT" apply --prune
	assert "$output" !~ "destroy"
	assert "$(cat "$ROOT/sys/devices/virtual/soft/soft/$U1/remove")" == ""
}

@test "a dry run says what would not be done" {
	chown 1000 "$ETC/farm.conf"
	mdev 1 --root "$ROOT" apply --dry-run
	assert "$output" =~ "create $U3"
	assert "$output" !~ "$U1|$U2"
}

@test "other users are warned, and their own files in a root of theirs are theirs" {
	chown -R 65534 "$BATS_TEST_TMPDIR"
	chmod a+x "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR/.."
	run --separate-stderr setpriv --reuid 65534 --clear-groups "$MDEV" --root "$ROOT" apply -q
	assert "$status $stderr" == "0 "
	chown 1000 "$ETC/farm.conf"
	run --separate-stderr setpriv --reuid 65534 --clear-groups "$MDEV" --root "$ROOT" apply
	assert "$status" -eq 0
	assert "$stderr" == "mdev: warning: $ETC/farm.conf: root does not obey it: it belongs to user 1000 (chown root, chmod go-w)"
}
