#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing below --root leads out of it: links in the tree are taken as a process in it would.

load ../helpers

setup() {
	make_root
	make_device soft soft-1 "$U2"
	OUT=$BATS_TEST_TMPDIR/outside
	mkdir -p "$OUT/mdev.d"
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" > "$OUT/mdev.d/outside.conf"
	before=$(outside)
}

outside() {
	(cd "$OUT" && find . -printf '%p %y %m %s %T@\n' | sort && find . -type f -exec sha256sum {} +)
}

# Absolute, and relative with as many ".." as lead out.
links_to() {
	echo "$1"
	echo "../../../../../../../../../../../../../../..$1"
}

@test "definitions are neither read nor written outside" {
	while read -r link; do
		rm -rf "${ROOT:?}/etc"
		ln -s "$link" "$ROOT/etc"
		mdev 1 --root "$ROOT" define "$U3" -p soft -t soft-1
		mdev --root "$ROOT" list
		assert "$output" !~ "$U1"
		rm "$ROOT/etc"
		mkdir "$ROOT/etc"
		ln -s "$link/mdev.d" "$ROOT/etc/mdev.d"
		mdev 1 --root "$ROOT" define "$U3" -p soft -t soft-1
		rm "$ROOT/etc/mdev.d"
		mkdir "$ROOT/etc/mdev.d"
		ln -s "$link/mdev.d/outside.conf" "$ROOT/etc/mdev.d/a.conf"
		mdev 1 --root "$ROOT" list
		assert "$stderr" =~ "a.conf: No such file"
		assert "$output" !~ "$U1"
		assert "$(outside)" == "$before"
	done < <(links_to "$OUT")
}

@test "what is said to the log is not noted outside" {
	while read -r link; do
		rm -rf "$ROOT/run"
		ln -s "$link" "$ROOT/run"
		make_definition bad.conf <<< nonsense
		run "$MDEV" --root "$ROOT" --syslog apply
		run "$MDEV" --root "$ROOT" apply
		assert "$(outside)" == "$before"
	done < <(links_to "$OUT")
}

@test "attributes of a device whose folder is outside are neither written nor read" {
	mkdir "$OUT/device"
	: > "$OUT/device/remove"
	echo secret > "$OUT/device/passwd"
	before=$(outside)
	parent=$ROOT/sys/devices/virtual/soft/soft
	while read -r link; do
		ln -s "$link/device" "$parent/$U3"
		ln -sfn "../../../$U3" "$parent/mdev_supported_types/soft-1/devices/$U3"
		run "$MDEV" --root "$ROOT" create "$U3" -p soft -t soft-1 -a passwd=x
		run "$MDEV" --root "$ROOT" modify "$U3" --live --set-attr passwd=x
		run "$MDEV" --root "$ROOT" destroy "$U3"
		mdev --root "$ROOT" show "$U3"
		assert "$output" !~ secret
		ln -sfn "$link/device/passwd" "$parent/$U2/passwd"
		mdev --root "$ROOT" show "$U2"
		assert "$output" !~ secret
		assert "$(outside)" == "$before"
		rm "$parent/$U3"
	done < <(links_to "$OUT")
}

@test "links within the root lead where they lead from there" {
	mkdir -p "$ROOT/opt"
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" > "$ROOT/opt/own.conf"
	ln -s /opt/own.conf "$ROOT/etc/mdev.d/a.conf"
	ln -s ../../opt/own.conf "$ROOT/usr/lib/mdev.d/b.conf"
	ln -s /dev/null "$ROOT/etc/mdev.d/b.conf"
	ln -sfn /sys/devices/virtual/soft/soft "$ROOT/sys/class/mdev_bus/soft"
	mdev --root "$ROOT" list --raw --noheadings -o uuid,parent,state
	assert "$stderr" == ""
	assert "$output" =~ "$U1 soft defined"
	assert "$output" =~ "$U2 soft transient"
	mdev --root "$ROOT" check
	assert "$stderr" == ""
}
