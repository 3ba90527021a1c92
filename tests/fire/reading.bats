#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every verb that reads, while one of its system calls fails: it prints what it prints otherwise, or
# says what could not be read, with status 1. A look-up that failed is never taken for "none":
# nothing is missing in silence, and nothing is destroyed that may be in use or defined.

load fire

U4=44440000-aaaa-4bbb-8ccc-000000000004
U5=55550000-aaaa-4bbb-8ccc-000000000005

# Two live devices, one of them held and both defined; a definition for each way to name a parent.
setup() {
	make_fast_root
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device soft soft-1 "$U2"
	mkdir -p "$ROOT/sys/class/mdev_bus/0000:01:00.0/$U1/vfio-dev/vfio3" "$ROOT"/proc/{42,43}/fd
	vfio_number 3 > "$ROOT/sys/class/mdev_bus/0000:01:00.0/$U1/vfio-dev/vfio3/dev"
	echo vmm | tee "$ROOT/proc/42/comm" > "$ROOT/proc/43/comm"
	ln -s "$(vfio_node 0)" "$ROOT/proc/42/fd/3"
	make_definition a.conf <<-F
		[$U1]
		parent = pci:1234:11e8/1
		type = acme-fact
		[$U3]
		parent = udev:ID_PATH=pci-0000:02:00.0
		type = acme-fact
	F
	make_definition usr/lib/mdev.d/b.conf <<-F
		[$U2]
		parent = /sys/devices/virtual/soft/soft
		type = soft-1
		auto = yes
	F
}

teardown() {
	remove_fast_root
}

# fails_well FIRST COMMAND...: strikes at the calls FIRST, FIRST + 2, ... with each error in turn.
# $says begins a message, and $listed is the status with which what can be read may be listed beside one.
fails_well() {
	local n=$1 error status=0 out=$FAST/out.$1 err=$FAST/err.$1
	shift
	for (( ; status != 99; n += 2)); do
		for error in ENFILE ENOMEM EACCES EIO; do
			status=0
			"$BATS_TEST_DIRNAME/../../build/tests/strike" "look-$error" "$n" "$@" > "$out" 2> "$err" || status=$?
			[ "$status" != 99 ] || break
			[ "$status" != "$right" ] || ! cmp -s "$out" "$FAST/right" || ! undated "$err" | cmp -s - "$FAST/right.err" || continue
			[ "$status" != 1 ] && [ "$status" != "$listed" ] || ! grep -q "^$says.*$(message_of "$error")" "$err" || continue
			echo "$error at call $n of $*: status $status"
			diff "$FAST/right" "$out"
			cat "$err"
			return 1
		done
	done
	assert "$n" -ge 20 "calls of $*"
}

# A warning of mdevctl's has a date.
undated() {
	sed -E 's/^\[[^ ]*/[/' "$1"
}

message_of() {
	case $1 in
	ENFILE) echo "Too many open files in system" ;;
	EMFILE) echo "Too many open files" ;;
	ENOMEM) echo "Cannot allocate memory\|out of memory" ;;
	EACCES) echo "Permission denied" ;;
	EIO) echo "Input/output error" ;;
	esac
}

# struck VERB...: at every call, on two processors; with the right answer as it is undisturbed.
struck() {
	says="mdev: "
	listed=1
	strike_both "$MDEV" --root "$ROOT" "$@"
}

# The same of the program under the name of mdevctl, whose listings end with 0 all the same.
struck_as_mdevctl() {
	listed=1
	[[ $1 != list && $1 != types ]] || listed=0
	ln -sf "$(realpath "$MDEV")" "$FAST/mdevctl"
	export MDEVCTL_ENV_ROOT=$ROOT
	says='\(\[.* WARN  mdevctl\] \|Error: \|    \)'
	strike_both "$FAST/mdevctl" "$@"
}

strike_both() {
	local right=0
	export STRIKE_ROOT=$ROOT
	"$@" > "$FAST/right" 2> "$FAST/err" || right=$?
	undated "$FAST/err" > "$FAST/right.err"
	fails_well 1 "$@" &
	fails_well 2 "$@" && wait $!
}

make_mdevctls() {
	mkdir -p "$ROOT/etc/mdevctl.d/soft" "$ROOT/etc/mdevctl.d/gone"
	printf '{"mdev_type": "soft-1", "start": "auto", "attrs": [{"a": "1"}]}' | tee "$ROOT/etc/mdevctl.d/soft/$U4" > "$ROOT/etc/mdevctl.d/gone/$U5"
}

@test "list" {
	struck list
	struck list --json -o +MACHINE,GROUP
}

@test "types" {
	struck types
}

@test "show" {
	struck show "$U1" "$U3"
}

# One has a file of its own, which makes that the only one to be read; the other has not.
@test "what changes a definition" {
	cp "$ROOT/usr/lib/mdev.d/b.conf" "$ROOT/etc/mdev.d/$U2.conf"
	for id in "$U1" "$U2"; do
		struck show "$id"
		struck --json modify --dry-run "$id" --auto
		struck --json undefine --dry-run "$id"
		struck --json destroy --dry-run --undefine "$id"
	done
	struck list "$U2"
}

# The definition of the package is of another type than the administrator's, which is in its place.
@test "a file that cannot be looked at hides the one that it hides otherwise" {
	local id=$U4 n status below=$ROOT/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types/acme-fact/create
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$id" | make_definition "$id.conf"
	printf '[%s]\nparent = 0000:01:00.0\ntype = acme-fact\n' "$id" | make_definition "usr/lib/mdev.d/$id.conf"
	export STRIKE_ROOT=$ROOT
	for error in EIO EACCES; do
		for ((n = 1, status = 0; status != 99; n++)); do
			status=0
			"$BATS_TEST_DIRNAME/../../build/tests/strike" "look-$error" "$n" \
				"$MDEV" --root "$ROOT" create "$id" > /dev/null 2>&1 || status=$?
			assert "$(< "$below")" == "" "$error at call $n"
		done
		assert "$n" -ge 20
	done
}

@test "check" {
	struck check
}

@test "apply --dry-run" {
	struck apply --all --prune --dry-run
}

@test "what is defined in mdevctl's folder" {
	make_mdevctls
	struck list
	struck export
	struck check
	struck --json modify --dry-run "$U4" --manual
	struck apply --all --dry-run
}

# A host on which nothing is defined needs nothing else: that it cannot be known is another thing.
@test "apply for udev, of what is defined in mdevctl's folder alone" {
	local n status error create=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create
	rm "$ROOT"/etc/mdev.d/* "$ROOT"/usr/lib/mdev.d/* "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices/$U2"
	make_mdevctls
	export STRIKE_ROOT=$ROOT
	for error in EIO EMFILE; do
		for ((n = 1, status = 0; status != 99; n++)); do
			rm -rf "$ROOT"/run/mdev*
			: > "$create"
			status=0
			"$BATS_TEST_DIRNAME/../../build/tests/strike" "look-$error" "$n" \
				"$MDEV" --root "$ROOT" apply --event -p soft > /dev/null 2> "$FAST/err" || status=$?
			[[ $(< "$create") == "$U4" ]] || assert "$(< "$FAST/err")" =~ "$(message_of $error)" "$error at call $n"
		done
		assert "$n" -ge 20
	done
}

@test "mdevctl list and types" {
	make_mdevctls
	struck_as_mdevctl list
	struck_as_mdevctl list -d --dumpjson
	struck_as_mdevctl list -d -v -p soft
	struck_as_mdevctl types
}

# What is refused, or started on the made root, is the same in each run.
@test "mdevctl define, modify, undefine, start and stop" {
	make_mdevctls
	struck_as_mdevctl define -u "$U4" -p soft -t soft-1
	struck_as_mdevctl modify -u "$U4" --delattr -i 7
	struck_as_mdevctl undefine -u "$U3" -p soft
	struck_as_mdevctl start -u "$U3"
	struck_as_mdevctl stop -u "$U1"
}

# The device in use stays, whatever cannot be read; and so does the other, which is asked for, too.
@test "destroy" {
	struck destroy "$U1" "$U2"
	assert "$(cat "$ROOT"/sys/class/mdev_bus/*/*/remove)" == ""
	struck destroy -p 0000:01:00.0 --all
	assert "$(cat "$ROOT"/sys/class/mdev_bus/*/*/remove)" == ""
}

# changed VERB...: strikes at every call of a command that changes definitions, on two processors, each of
# which has a root of its own that is made anew for each strike. The command says what could not be read, and
# leaves the old definitions, or it does all; what was done in an editor is kept where it is not taken.
changed() {
	local half
	for half in 1 2; do
		rm -rf "${FAST:?}/$half"
		mkdir -p "$FAST/$half"
		cp -a "$ROOT" "$FAST/$half/root"
		rm -rf "$FAST/$half/root/etc"
	done
	changes_well 1 "$@" &
	changes_well 2 "$@" && wait $!
}

# In a root of its own: the words of the command have ROOT where it is.
changes_well() {
	local n=$1 error status=0 top=$FAST/$1
	local words=("${@:2}") root=$top/root
	words=("${words[@]//ROOT/$root}")
	export STRIKE_ROOT=$root TMPDIR=$top/tmp
	anew && "${words[@]}" > /dev/null 2>&1 < "$FAST/stdin"
	cp -a "$root/etc" "$top/new"
	! diff -rq "$ROOT/etc" "$top/new" > /dev/null || { echo "it changes nothing: $*" && return 1; }
	for (( ; status != 99; n += 2)); do
		for error in EMFILE EIO; do
			anew
			status=0
			"$BATS_TEST_DIRNAME/../../build/tests/strike" "look-$error" "$n" "${words[@]}" \
				> "$top/out" 2> "$top/err" < "$FAST/stdin" || status=$?
			[ "$status" != 99 ] || break
			is_changed_well "$status" || { echo "$error at call $n of $*: status $status: $(< "$top/err")" && return 1; }
		done
	done
	assert "$n" -ge 40 "calls of $*"
}

anew() {
	rm -rf "${root:?}/etc" "${top:?}/tmp"
	mkdir "$top/tmp"
	cp -a "$ROOT/etc" "$root/etc"
}

# Whoever edited finds the text in the definitions or in the copy. A move may stand in both places.
is_changed_well() {
	[ ! -e "$root/etc/mdev.d/.mdev.tmp" ] || return
	case $1 in
	0) diff -r "$top/new" "$root/etc" ;;
	1)
		grep -q "^mdev: .*$(message_of "$error")" "$top/err" || return
		! diff -r "$ROOT/etc" "$root/etc" > /dev/null || { is_kept && return; }
		eval "${BETWEEN:-false}"
		;;
	*) return 1 ;;
	esac
}

is_kept() {
	[ ! -e "$top/tmp/edited" ] || diff -r "$top/new" "$root/etc" > /dev/null || grep -rq "$EDITED" "$top"/tmp/mdev-*
}

make_editor() {
	# shellcheck disable=SC2016 # for the shell of the editor
	printf '#!/bin/sh\necho "%s" >> "$1" && : > "$TMPDIR/edited"\n' "$EDITED" > "$FAST/editor"
	chmod 755 "$FAST/editor"
	export EDITOR=$FAST/editor
	: > "$FAST/stdin"
}

@test "edit: what was written is taken, or kept beside what there was" {
	EDITED="# by the user"
	make_editor
	changed "$MDEV" --root ROOT edit "$U1"
	changed "$MDEV" --root ROOT edit
}

@test "import: all of it is taken over, or nothing" {
	make_mdevctls
	printf '[{"soft": [{"%s": {"mdev_type": "soft-1", "start": "auto"}}]}]' "$U4" > "$FAST/stdin"
	rm "$ROOT/etc/mdevctl.d/soft/$U4"
	changed "$MDEV" --root ROOT import
	make_mdevctls
	BETWEEN="diff -r \"$ROOT/etc/mdevctl.d\" \"\$root/etc/mdevctl.d\" && diff -r \"\$top/new/mdev.d\" \"\$root/etc/mdev.d\""
	changed "$MDEV" --root ROOT import "ROOT/etc/mdevctl.d/soft/$U4"
}
