#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The libraries that are opened when they are first used: what works without them, and what the verbs
# say that need them.

load ../helpers

# The made root is the root of the command, with the libraries that it is linked to and no others.
setup() {
	requires root
	make_root
	make_device soft soft-1 "$U1"
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n' "$U2" | make_definition a.conf
	# In a plain chroot only what is mounted in it can be had for this test alone.
	if ! findmnt -n --target "$ROOT" > /dev/null; then
		SHARED=$(mktemp -d /dev/shm/mdev-library.XXXXXX)
		cp -a "$ROOT" "$SHARED"
		ROOT=$SHARED/root
	fi
	CREATE=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create
	cp "$MDEV" "$ROOT/mdev"
	ldd "$MDEV" | grep -o '/[^ ]*' | xargs cp -L --parents -t "$ROOT"
	MISSING="cannot open shared object file: No such file or directory; install it (in Debian it is package"
}

teardown() {
	[ ! "${SHARED:-}" ] || rm -rf "$SHARED"
}

# inside COMMAND...: runs the command of this machine, for which $ROOT has the processes, too.
inside() {
	# shellcheck disable=SC2016 # for the shell that it starts
	with_mounts "$ROOT" -- bash -c 'mount --rbind /proc "$1/proc" && shift && exec "$@"' - "$ROOT" "$@"
}

# without STATUS ARG...: as mdev(), where no library is
without() {
	local expected=$1
	shift
	run --separate-stderr inside timeout 300 chroot "$ROOT" /mdev "$@"
	assert "$status" -eq "$expected" "exit status of: mdev $*: $stderr"
}

# without_on_terminal ARG...: what mdev writes on a terminal, and its exit status
without_on_terminal() {
	inside script -qec "TERM=xterm chroot $ROOT /mdev $*; echo \$?" /dev/null | tr -d '\r'
}

@test "without any of them devices and definitions are listed, made, changed and removed" {
	without 0 list
	assert "$output" =~ "$U1"
	assert "$output" =~ "$U2"
	without 0 types --raw
	without 0 show "$U2"
	without 0 check
	without 0 --version
	for verb in list types; do
		without 0 "$verb" --json
		[ "$verb" = types ] || assert "$output" =~ "$U1"
	done
	without 0 define "$U3" -p soft -t soft-1
	without 0 modify "$U3" --auto
	without 0 undefine "$U3"
	without 0 apply
	assert "$(< "$CREATE")" == "$U2"
	without 0 create "$U3" -p soft -t soft-1
	without 0 --list-words -- show 1111
	assert "$output" == "$U1"
}

@test "a table on a terminal, or of other letters than ASCII, needs libsmartcols" {
	local error="mdev: cannot print a table: libsmartcols.so.1: $MISSING libsmartcols1), or use --raw or --json"
	command -v script > /dev/null || skip "needs script"
	for args in "list" "types" "list --tree"; do
		assert "$(without_on_terminal "$args")" == "$error"$'\n'1 "$args"
	done
	without 1 list --tree
	assert "$output$stderr" == "$error"
	echo "Füßen" > "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/name"
	without 1 types -o name
	assert "$output$stderr" == "$error"
	assert "$(without_on_terminal list --raw --noheadings -o uuid)" == "$U1"$'\n'"$U2"$'\n'0
	assert "$(without_on_terminal show "$U2" | tail -n 1)" == 0
}

@test "import needs json-c, and takes over nothing without it; export does not" {
	local error="libjson-c.so.5: $MISSING libjson-c5)"
	local before
	echo "[{\"soft\": [{\"$U3\": {\"mdev_type\": \"soft-1\"}}]}]" > "$ROOT/theirs"
	before=$(fingerprint)
	without 1 import theirs
	assert "$output$stderr" == "mdev: cannot import: $error"
	without 1 import --json theirs
	assert "$(jq -c '.results[] | [.word, .code, .error]' <<< "$output")" == "[\"theirs\",\"unsupported\",\"cannot import: $error\"]"
	assert "$(fingerprint)" == "$before" "what import left"
	without 0 export
	assert "$(jq -r '.[0][][] | keys[]' <<< "$output")" == "$U2"
}

@test "what mdevctl defines is read; what only JSON can say needs json-c, and is named without it" {
	mkdir -p "$ROOT/etc/mdevctl.d/soft"
	printf '{"mdev_type": "soft-1", "start": "auto", "attrs": []}' > "$ROOT/etc/mdevctl.d/soft/$U3"
	without 0 list --raw --noheadings -o uuid
	assert "$output$stderr" == "$U1"$'\n'"$U2"$'\n'"$U3"
	printf '{"mdev_type": "soft-1", "start": "auto", "more": 1}' > "$ROOT/etc/mdevctl.d/soft/$U3"
	without 1 list --raw --noheadings -o uuid
	assert "$output" == "$U1"$'\n'"$U2"
	assert "$stderr" == "mdev: /etc/mdevctl.d/soft/$U3: libjson-c.so.5: $MISSING libjson-c5)"
}

@test "a UUID that is made up needs libuuid" {
	local error="no UUID can be made up: libuuid.so.1: $MISSING libuuid1), or name a UUID" before
	before=$(fingerprint)
	without 1 create -p soft -t soft-1
	assert "$output$stderr" == "mdev: cannot create: $error"
	without 1 define -p soft -t soft-1 --json
	assert "$(jq -c '.results[] | [.code, .error]' <<< "$output")" == "[\"unsupported\",\"cannot define: $error\"]"
	assert "$(fingerprint)" == "$before" "what was made"
}

@test "monitor needs libudev" {
	without 1 monitor
	assert "$output$stderr" == "mdev: cannot follow the kernel's events: libudev.so.1: $MISSING libudev1)"
	without 1 monitor --json
	assert "$(jq -r .code <<< "$output")" == unsupported
}

@test "create --wait needs libudev where udev runs, and makes nothing without it" {
	: > "$ROOT/run/udev/control"
	without 1 create "$U3" -p soft -t soft-1 --wait
	assert "$output$stderr" == "mdev: cannot create $U3: libudev.so.1: $MISSING libudev1)"
	without 1 create "$U3" -p soft -t soft-1 --wait --json
	assert "$(jq -r '.results[].code' <<< "$output")" == unsupported
	assert "$(< "$CREATE")" == ""
	rm "$ROOT/run/udev/control"
	without 0 create "$U3" -p soft -t soft-1 --wait
	assert "$(< "$CREATE")" == "$U3"
}

# A parent that cannot be looked up may be there: that is not one that is absent.
@test "a parent by udev's properties needs libudev, without which nothing is made or destroyed" {
	local error="mdev: properties of udev cannot be read: libudev.so.1: $MISSING libudev1)"
	make_device 0000:01:00.0 acme-fact "$U3"
	printf '[%s]\nparent = udev:ID_PATH=pci-0000:01:00.0\ntype = acme-fact\nauto = yes\n' "$U3" "$U1" |
		make_definition a.conf
	for verb in list check apply "apply --prune" "apply -p soft"; do
		# shellcheck disable=SC2086 # several words
		without 1 $verb
		assert "$stderr" =~ "${error//[()]/.}" "$verb"
		assert "$stderr" !~ "not there" "$verb"
	done
	without 1 apply --prune --json
	assert "$(jq -r '[.results[] | select(.error) | .code] | unique[]' <<< "$output")" == unreadable
	without 1 create "$U2" -p udev:ID_PATH=pci-0000:01:00.0 -t acme-fact
	assert "$output$stderr" == "$error"
	without 1 types -p udev:ID_PATH=pci-0000:01:00.0
	assert "$output$stderr" == "$error"
	assert "$(cat "$ROOT"/sys/class/mdev_bus/*/mdev_supported_types/*/create)" == "" "what was made"
	assert "$(cat "$ROOT"/sys/bus/mdev/devices/*/remove)" == "" "what was removed"
}

@test "a library that is no library, or lacks a function, is refused by its path" {
	local libraries=$BATS_TEST_TMPDIR/libraries
	command -v cc > /dev/null || skip "needs cc"
	mkdir "$libraries"
	: > "$libraries/libjson-c.so.5"
	run --separate-stderr env "LD_LIBRARY_PATH=$libraries" "$MDEV" --root "$ROOT" import theirs
	assert "$status" -eq 1
	assert "$stderr" == "mdev: cannot import: $libraries/libjson-c.so.5: file too short; install it (in Debian it is package libjson-c5)"
	cc -shared -o "$libraries/libjson-c.so.5" -x c /dev/null
	run --separate-stderr env "LD_LIBRARY_PATH=$libraries" "$MDEV" --root "$ROOT" import theirs
	assert "$status" -eq 1
	assert "$stderr" =~ "mdev: cannot import: $libraries/libjson-c.so.5: undefined symbol: json_"
}
