#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The mark for programs that watch mdevctl's folder, as libvirt does: the folder's own time is set anew when
# a definition has changed in a place that they do not watch.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
	THEIRS=$ROOT/etc/mdevctl.d
	mkdir -p "$THEIRS/soft"
	single soft-1 manual > "$THEIRS/soft/$U3"
}

# single TYPE START: a definition as mdevctl writes it
single() {
	printf '{\n  "mdev_type": "%s",\n  "start": "%s",\n  "attrs": []\n}' "$1" "$2"
}

define_two() {
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" | make_definition "$U1.conf"
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U2" | make_definition farm.conf
}

forget() {
	touch -d @1000 "$THEIRS"
}

is_marked() {
	[ "$(stat -c %Y "$THEIRS")" != 1000 ]
}

# marks ARGUMENT...: a mdev command sets the mark, and leaves nothing else in the folder
marks() {
	local before
	before=$(find "$THEIRS" | sort)
	forget
	mdev --root "$ROOT" "$@" || return
	is_marked || { echo "no mark: mdev $*"; return 1; }
	assert "$(find "$THEIRS" | sort)" == "$before" "the folder after: mdev $*"
}

# leaves_alone [STATUS] ARGUMENT...: sets none
leaves_alone() {
	local status=0
	[[ ! $1 =~ ^[0-9]+$ ]] || { status=$1; shift; }
	forget
	mdev "$status" --root "$ROOT" "$@" || return
	! is_marked || { echo "a mark: mdev $*"; return 1; }
}

@test "each verb that changes a definition sets the mark" {
	local editor=$BATS_TEST_TMPDIR/editor
	marks define "$U1" -p soft -t soft-1
	marks define "$U2" -p soft -t soft-1 --file farm
	marks modify "$U1" --auto
	marks undefine "$U1" "$U2"
	define_two
	printf '#!/bin/sh\necho "description = x" >> "$1"\n' > "$editor"
	chmod 755 "$editor"
	EDITOR=$editor marks edit farm.conf
	make_device soft soft-1 "$U1"
	marks destroy --undefine "$U1"
}

@test "create --define sets the mark, and import" {
	printf '[{"soft": [{"%s": {"mdev_type": "soft-1", "start": "auto"}}]}]' "$U2" > "$BATS_TEST_TMPDIR/definitions"
	marks import "$BATS_TEST_TMPDIR/definitions"
	marks create --define "$U1" -p soft -t soft-1
}

@test "under the name of mdevctl as well, where the definition is one of mdev" {
	define_two
	ln -s "$(realpath "$MDEV")" "$BATS_TEST_TMPDIR/mdevctl"
	forget
	MDEVCTL_ENV_ROOT=$ROOT "$BATS_TEST_TMPDIR/mdevctl" modify -u "$U1" --auto
	is_marked
	forget
	MDEVCTL_ENV_ROOT=$ROOT "$BATS_TEST_TMPDIR/mdevctl" undefine -u "$U2"
	is_marked
}

@test "apply sets the mark, for what was changed by hand; not when udev runs it, nor when it only looks" {
	define_two
	marks apply
	marks apply "$U1"
	marks apply -p soft
	leaves_alone apply --dry-run
	leaves_alone apply --event -p soft
	leaves_alone apply --event
}

@test "nothing that changes no definition sets the mark" {
	define_two
	leaves_alone list
	leaves_alone list --defined
	leaves_alone show "$U1"
	leaves_alone check
	leaves_alone types
	leaves_alone export
	leaves_alone 1 define "$U1" -p soft -t soft-1
	leaves_alone undefine --dry-run "$U1"
	leaves_alone modify --dry-run "$U1" --auto
	leaves_alone modify "$U1" --manual
	leaves_alone 1 undefine 9999
}

@test "a change in the folder itself is seen there, and sets no mark beside it" {
	leaves_alone modify "$U3" --auto
	leaves_alone undefine "$U3"
}

@test "no folder is made for the mark, and a link out of the root is not followed" {
	rm -r "$THEIRS"
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	mdev --root "$ROOT" apply --quiet "$U3" || :
	[ ! -e "$THEIRS" ]
	mkdir "$BATS_TEST_TMPDIR/outside"
	touch -d @1000 "$BATS_TEST_TMPDIR/outside"
	ln -s "$BATS_TEST_TMPDIR/outside" "$THEIRS"
	mdev --root "$ROOT" define "$U2" -p soft -t soft-1
	assert "$(stat -c %Y "$BATS_TEST_TMPDIR/outside")" == 1000
}

@test "the mark comes behind the change, once for each file that has changed" {
	requires strace
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1
	export ASAN_OPTIONS=detect_leaks=0
	strace -o "$BATS_TEST_TMPDIR/calls" -e trace=renameat,unlinkat,utimensat \
		"$MDEV" --root "$ROOT" modify "$U1" --auto
	assert "$(grep -o '^renameat\|^utimensat' "$BATS_TEST_TMPDIR/calls" | tr '\n' ' ')" == "renameat utimensat "
	strace -o "$BATS_TEST_TMPDIR/calls" -e trace=unlinkat,utimensat \
		"$MDEV" --root "$ROOT" undefine "$U1"
	assert "$(sed -n 's/^\(unlinkat\).*\.conf".*/\1/p; s/^\(utimensat\).*/\1/p' "$BATS_TEST_TMPDIR/calls" |
		tr '\n' ' ')" == "unlinkat utimensat "
}

@test "killed before the mark, the definition is whole, and the next change or apply sets it" {
	requires strace
	export ASAN_OPTIONS=detect_leaks=0
	for heal in "define $U2 -p soft -t soft-1" apply; do
		forget
		run strace -o /dev/null -e inject=utimensat:signal=KILL:when=1 -e trace=utimensat \
			"$MDEV" --root "$ROOT" define "$U1" -p soft -t soft-1
		assert "$status" -eq 137
		mdev --root "$ROOT" list --defined --raw --noheadings -o uuid,parent,type
		assert "$output" =~ "$U1 soft soft-1"
		marks $heal
		mdev --root "$ROOT" undefine "$U1"
	done
}

@test "a mark that cannot be set is no failure" {
	requires strace
	export ASAN_OPTIONS=detect_leaks=0
	run --separate-stderr strace -o /dev/null -e inject=utimensat:error=EROFS -e trace=utimensat \
		"$MDEV" --root "$ROOT" define "$U1" -p soft -t soft-1
	assert "$status$stderr" == 0
	[ -e "$ETC/$U1.conf" ]
}
