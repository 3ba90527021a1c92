#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every verb that reads, while one of its system calls fails: it prints what it prints otherwise, or
# says what could not be read, with status 1. A look-up that failed is never taken for "none":
# nothing is missing in silence, and nothing is destroyed that may be in use or defined.

load fire

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

# fails_well FIRST VERB...: strikes at the calls FIRST, FIRST + 2, ... with each error in turn.
fails_well() {
	local n=$1 error status=0 out=$FAST/out.$1 err=$FAST/err.$1
	shift
	for (( ; status != 99; n += 2)); do
		for error in ENFILE ENOMEM EACCES EIO; do
			status=0
			"$BATS_TEST_DIRNAME/../../build/tests/strike" "look-$error" "$n" \
				"$MDEV" --root "$ROOT" "$@" > "$out" 2> "$err" || status=$?
			[ "$status" != 99 ] || break
			[ "$status" != "$right" ] || ! cmp -s "$out" "$FAST/right" || ! cmp -s "$err" "$FAST/right.err" || continue
			[ "$status" != 1 ] || ! grep -q "^mdev: .*$(message_of "$error")" "$err" || continue
			echo "$error at call $n of mdev $*: status $status"
			diff "$FAST/right" "$out"
			cat "$err"
			return 1
		done
	done
	assert "$n" -ge 20 "calls of mdev $*"
}

message_of() {
	case $1 in
	ENFILE) echo "Too many open files in system" ;;
	ENOMEM) echo "Cannot allocate memory\|out of memory" ;;
	EACCES) echo "Permission denied" ;;
	EIO) echo "Input/output error" ;;
	esac
}

# struck VERB...: at every call, on two processors; with the right answer as it is undisturbed.
struck() {
	local right=0
	export STRIKE_ROOT=$ROOT
	"$MDEV" --root "$ROOT" "$@" > "$FAST/right" 2> "$FAST/right.err" || right=$?
	fails_well 1 "$@" &
	fails_well 2 "$@" && wait $!
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
	local id=44440000-aaaa-4bbb-8ccc-000000000004 n status below=$ROOT/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types/acme-fact/create
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

# The device in use stays, whatever cannot be read; and so does the other, which is asked for, too.
@test "destroy" {
	struck destroy "$U1" "$U2"
	assert "$(cat "$ROOT"/sys/class/mdev_bus/*/*/remove)" == ""
	struck destroy -p 0000:01:00.0 --all
	assert "$(cat "$ROOT"/sys/class/mdev_bus/*/*/remove)" == ""
}
