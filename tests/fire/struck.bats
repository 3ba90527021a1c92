#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck disable=SC2030,SC2031 # each test has a BETWEEN of its own
# Every verb that writes definitions is killed at each of its system calls, and each of its calls on a
# file is made to fail as a bad disk would. Each definition must then be the whole old or the whole new
# one, the message right, no lock held, and no file left behind. under-fire makes these checks.

load fire

U4=44440000-aaaa-4bbb-8ccc-000000000004
U5=55550000-aaaa-4bbb-8ccc-000000000005
U6=66660000-aaaa-4bbb-8ccc-000000000006
U7=77770000-aaaa-4bbb-8ccc-000000000007

# A file by hand with two definitions, and one of a device's own.
setup() {
	make_fast_root
	printf '# by hand\n[defaults]\nparent=soft\n\n[%s]\ntype =  soft-1\n; one\n[%s]\ntype = soft-1\nattr = a 1\n# end' \
		"$U1" "$U2" > "$ETC/farm.conf"
	printf '# Written by mdev; change it with mdev or by hand.\n\n[%s]\nparent = soft\ntype = soft-1\nauto = no\n' \
		"$U3" > "$ETC/$U3.conf"
}

teardown() {
	remove_fast_root
}

# struck VERB...; for more: FIRE_KINDS="kill ENOSPC EIO EDQUOT EROFS EACCES ENOMEM"
# shellcheck disable=SC2086 # several words
struck() {
	"$BATS_TEST_DIRNAME/under-fire" "$ROOT" ${FIRE_KINDS:-kill ENOSPC EIO} -- "$MDEV" --root "$ROOT" "$@"
}

# The same of the program under the name of mdevctl, and what is defined where mdevctl keeps it.
# shellcheck disable=SC2086 # several words
struck_as_mdevctl() {
	ln -sf "$(realpath "$MDEV")" "$FAST/mdevctl"
	MDEVCTL_ENV_ROOT=$ROOT "$BATS_TEST_DIRNAME/under-fire" "$ROOT" ${FIRE_KINDS:-kill ENOSPC EIO} -- "$FAST/mdevctl" "$@"
}

make_mdevctls() {
	local uuid
	THEIRS=$ROOT/etc/mdevctl.d
	mkdir -p "$THEIRS/soft" "$THEIRS/other"
	for uuid in "$U4" "$U5"; do
		printf '{\n  "mdev_type": "soft-1",\n  "start": "manual",\n  "attrs": [],\n  "note": [1e400]\n}' > "$THEIRS/soft/$uuid"
	done
	cp "$THEIRS/soft/$U4" "$THEIRS/other"
}

@test "define in a file of its own, struck at each system call" {
	struck define "$U4" -p soft -t soft-1 --auto -a x=1
}

@test "define in a file with others, struck at each system call" {
	struck define "$U4" -p soft -t soft-1 --file farm
}

@test "define where there is no folder yet, struck at each system call" {
	rm -r "$ETC"
	struck define "$U4" -p soft -t soft-1
}

@test "undefine of a device's own file, struck at each system call" {
	struck undefine "$U3"
}

@test "undefine in a file with others, struck at each system call" {
	struck undefine "$U2"
}

@test "undefine of several, struck at each system call: each is removed by itself" {
	export BETWEEN="grep -q $U3 $ETC/*.conf || grep -q $U1 $ETC/farm.conf"
	struck undefine "$U1" "$U3"
}

@test "modify, struck at each system call" {
	struck modify "$U2" --auto --description "grüner Läufer" --set-attr a=2 -a b=3
}

@test "edit, struck at each system call" {
	# shellcheck disable=SC2016 # for the shell of the editor
	printf '#!/bin/sh\nsed -i "s/soft-1/soft-2/" "$1"\n' > "$FAST/editor"
	chmod 755 "$FAST/editor"
	mkdir "$FAST/tmp"
	TMPDIR=$FAST/tmp EDITOR=$FAST/editor struck edit farm.conf
}

@test "import, struck at each system call: each definition is written by itself" {
	cat > "$FAST/definitions.json" <<-E
		[{"soft": [{"$U4": {"mdev_type": "soft-1", "start": "auto", "attrs": [{"a": "1"}]}},
		 {"$U5": {"mdev_type": "soft-1", "start": "manual"}}]}]
	E
	export BETWEEN="diff -r -x .mdev.tmp -x .mdev.lock -x $U4.conf -x $U5.conf $FAST/root.fire/old/mdev.d $ETC"
	BETWEEN+=" && { [ ! -e $ETC/$U4.conf ] || cmp $ETC/$U4.conf $FAST/root.fire/new/mdev.d/$U4.conf; }"
	BETWEEN+=" && { [ ! -e $ETC/$U5.conf ] || cmp $ETC/$U5.conf $FAST/root.fire/new/mdev.d/$U5.conf; }"
	struck import "$FAST/definitions.json"
}

@test "create --define, struck at each system call" {
	struck create "$U4" -p soft -t soft-1 --define --auto
}

@test "destroy --undefine, struck at each system call" {
	make_device soft soft-1 "$U2"
	struck destroy "$U2" --undefine
}

@test "mdevctl's folder: modify, edit and undefine, struck at each system call" {
	make_mdevctls
	struck modify "$U5" --auto --set-attr a=2
	# shellcheck disable=SC2016 # for the shell of the editor
	printf '#!/bin/sh\nsed -i "s/soft-1/soft-2/" "$1"\n' > "$FAST/editor"
	chmod 755 "$FAST/editor"
	mkdir "$FAST/tmp"
	TMPDIR=$FAST/tmp EDITOR=$FAST/editor struck edit "$U5"
	struck undefine "$U5"
}

@test "mdevctl's folder: define and create --define, struck at each system call" {
	make_mdevctls
	struck define "$U1" -p matrix -t vfio_ap-passthrough --auto -a x=1
	rm -r "$THEIRS"
	make_parent devices/virtual/matrix matrix
	make_type matrix vfio_ap-passthrough 1 vfio-ap
	FIRE_KINDS="kill ENOSPC" struck create "$U2" -p matrix -t vfio_ap-passthrough --define
}

# It may stand in both places for a moment, and never in none.
@test "mdevctl's folder: import moves a definition, struck at each system call" {
	make_mdevctls
	sed -i '/note/d; s/\[\],/[]/' "$THEIRS/soft/$U5"
	export BETWEEN="cmp $FAST/root.fire/new/mdev.d/$U5.conf $ETC/$U5.conf && cmp $FAST/root.fire/old/mdevctl.d/soft/$U5 $THEIRS/soft/$U5"
	struck import "$THEIRS/soft/$U5"
}

@test "mdevctl define, struck at each system call" {
	make_mdevctls
	struck_as_mdevctl define -u "$U6" -p soft -t soft-1 -a
	struck_as_mdevctl define -u "$U6" -p new -t soft-1
	printf '{"mdev_type": "soft-1", "start": "auto", "attrs": [{"a": "1"}]}' > "$FAST/definition"
	struck_as_mdevctl define -u "$U7" -p soft --jsonfile "$FAST/definition"
}

@test "mdevctl define where there is no folder yet, struck at each system call" {
	rm -rf "$ROOT"/etc/mdev*
	struck_as_mdevctl define -u "$U4" -p soft -t soft-1
}

@test "mdevctl modify, in either place, struck at each system call" {
	make_mdevctls
	struck_as_mdevctl modify -u "$U5" --addattr a --value 2
	struck_as_mdevctl modify -u "$U2" -m -t soft-2
	printf '{"mdev_type": "soft-1", "start": "auto", "attrs": [{"a": "1"}]}' > "$FAST/definition"
	struck_as_mdevctl modify -u "$U5" -p soft --jsonfile "$FAST/definition"
	struck_as_mdevctl modify -u "$U6" -p new --jsonfile "$FAST/definition"
}

# Definitions of one UUID go one by one, those of each parent.
@test "mdevctl undefine, in either place, struck at each system call" {
	make_mdevctls
	struck_as_mdevctl undefine -u "$U5"
	struck_as_mdevctl undefine -u "$U2"
	export BETWEEN="[ \$(ls $THEIRS/*/$U4 | wc -l) = 1 ]"
	struck_as_mdevctl undefine -u "$U4"
}

@test "mdevctl start and stop change no definition, struck at each system call" {
	make_mdevctls
	struck_as_mdevctl start -u "$U5"
	make_device soft soft-1 "$U5"
	struck_as_mdevctl stop -u "$U5"
	struck_as_mdevctl start-parent-mdevs soft
}

# A script that holds a lock from before each action until after it, as the one for crypto cards of s390
# does. Of a process that is gone the lock counts for nothing.
make_guard() {
	mkdir -p "$ROOT"/usr/lib/mdevctl/scripts.d/{callouts,notifiers}
	cat > "$ROOT/usr/lib/mdevctl/scripts.d/callouts/10-guard" <<-'E'
		#!/bin/sh
		lock=${0%/usr/*}/lock
		case $4 in
		get) exit 2 ;;
		pre)
			[ ! -e "$lock" ] || ! kill -0 "$(cat "$lock")" 2> /dev/null || { echo "it is locked" >&2; exit 1; }
			echo "$PPID" > "$lock"
			;;
		post)
			[ "$(cat "$lock")" = "$PPID" ] || exit 1
			rm "$lock"
			;;
		esac
	E
	ln -sf "$(realpath "$MDEV")" "$FAST/mdevctl"
	printf '#!/bin/sh\nMDEVCTL_ENV_ROOT=%s %s list -d > /dev/null\nexit 1\n' "$ROOT" "$FAST/mdevctl" \
		> "$ROOT/usr/lib/mdevctl/scripts.d/notifiers/note"
	chmod 755 "$ROOT"/usr/lib/mdevctl/scripts.d/*/*
}

@test "define and modify with scripts around them, struck at each system call" {
	umask 022
	make_guard
	FIRE_KINDS="kill EIO" struck define "$U4" -p soft -t soft-1 --auto -a x=1
	FIRE_KINDS="kill" struck modify "$U2" --auto --set-attr a=2
	FIRE_KINDS="kill EIO" struck_as_mdevctl define -u "$U5" -p soft -t soft-1
	FIRE_KINDS="kill" struck_as_mdevctl undefine -u "$U5"
}

# One definition that apply creates, and one that cannot be read.
make_applied() {
	create=$ROOT/sys/devices/virtual/soft/soft/mdev_supported_types/soft-1/create
	said=$ROOT/run/mdev.said
	rm "$ETC"/*
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n' "$U4" > "$ETC/good.conf"
	before=$(fingerprint_of_definitions)
}

fingerprint_of_definitions() {
	grep -r '' "$ETC"
}

# The instance was created or not, the definitions are unchanged, and the next apply does the rest.
applied() {
	[ "$1" = 137 ] || [ "$1" = 0 ] || { [ "$1" = 1 ] && [[ $(< "$FAST/stderr") == "mdev: "* ]]; } || return
	[ "$1" != 0 ] || assert "$(< "$create")" == "$U4" || return
	[[ $(< "$create") == "" || $(< "$create") == "$U4" ]] || return
	assert "$(fingerprint_of_definitions)" == "$before" || return
	: > "$create"
	mdev --root "$ROOT" apply -q && assert "$(< "$create")" == "$U4" || return
	: > "$create"
}

@test "apply that was killed: its lock is free, and the next one does its work" {
	make_applied
	for kind in kill ENOSPC EIO EACCES; do
		rm -f "$ROOT/run/mdev.lock"
		strikes "$kind" applied "$MDEV" --root "$ROOT" apply
	done
}

# A problem is reported by the next apply at the latest, and not again after that. The file of what was
# reported has no half lines. It may also have the failure that the strike caused.
applied_for_udev() {
	local known
	[ "$1" = 137 ] || [ "$1" = 0 ] || return
	[ ! -s "$said" ] || ! grep -Ev "^($ROOT/|cannot create $U4 ).*(: no '=' in the line|$error.*)$" "$said" || return
	mdev --root "$ROOT" apply --event -p soft -q || return
	assert "$(grep -c "bad.conf:1: no '=' in the line" "$said") $(< "$create")" == "1 $U4" || return
	known=$(< "$said")
	mdev --root "$ROOT" apply --event -p soft -q || return
	assert "$(< "$said")" == "$known" "said once" || return
	rm "$said"
	: > "$create"
}

@test "apply for udev: what was said is known whole or not at all" {
	make_applied
	printf 'nonsense\n' > "$ETC/bad.conf"
	error="(No space left on device|there is no room|Input/output error|Permission denied)"
	for kind in kill ENOSPC EIO EACCES; do
		strikes "$kind" applied_for_udev "$MDEV" --root "$ROOT" apply --event -p soft -q
	done
}

# The made root takes what is written to "create", and has the device already.
@test "create with attributes: each failure is undone, or told of" {
	local n=0 status device=$ROOT/sys/devices/virtual/soft/soft/$U4
	local create=$ROOT/sys/devices/virtual/soft/soft/mdev_supported_types/soft-1/create
	mkdir "$device" "$device/medu"
	while ((++n < 1000)); do
		: > "$create"
		: > "$device/remove"
		: > "$device/medu/label"
		status=0
		STRIKE_ROOT=$ROOT "$BATS_TEST_DIRNAME/../../build/tests/strike" EIO "$n" "$MDEV" --root "$ROOT" \
			create "$U4" -p soft -t soft-1 -a medu/label=one 2> "$FAST/stderr" > /dev/null || status=$?
		[ "$status" != 99 ] || break
		if [ "$status" = 0 ]; then
			assert "$(< "$create") $(< "$device/medu/label") $(< "$device/remove")" == "$U4 one "
			continue
		fi
		assert "$status" == 1
		assert "$(< "$FAST/stderr")" =~ "^mdev: .*Input/output error" "call $n"
		[ -s "$create" ] || continue
		[ -s "$device/remove" ] || assert "$(< "$FAST/stderr")" =~ "could not be removed again"
	done
	assert "$n" -ge 5
}
