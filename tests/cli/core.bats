#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --version: which mediated device core is loaded, and what to do when it is the wrong one.

load ../helpers

setup() {
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
}

# core VERSION [USER...]: a module mdev is loaded, and modules that use it
core() {
	local module=$ROOT/sys/module/mdev
	mkdir -p "$module/holders" "$ROOT/proc/sys/kernel"
	echo "$1" >"$module/version"
	echo live >"$module/initstate"
	for user in "${@:2}"; do
		ln -s "../../$user" "$module/holders/$user"
	done
	echo 6.1.0-99-test >"$ROOT/proc/sys/kernel/osrelease"
}

# The project's core is installed as FILE below updates/
installed() {
	mkdir -p "$(dirname "$ROOT/lib/modules/6.1.0-99-test/updates/$1")"
	: >"$ROOT/lib/modules/6.1.0-99-test/updates/$1"
}

says() {
	mdev --root "$ROOT" --version
	assert "${lines[1]}" == "mdev core in the kernel: $1"
}

@test "this project's core is said to be loaded" {
	make_extended
	core 1.0 vfio_mdev medu
	says "this project's, 1.0"
}

@test "--version says when no core is loaded" {
	rm -r "$ROOT/sys/bus/mdev"
	says "none is loaded"
	refused 1 "cannot start $U1: no mdev core is loaded" --root "$ROOT" start "$U1"
}

@test "a device that is not found because no core is loaded" {
	rm -r "$ROOT/sys/bus/mdev" "$ROOT/sys/class/mdev_bus"
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U2" | make_definition a.conf
	for args in "start ${U1%%-*}" "stop ${U1%%-*}" "show $U1" "list $U1" "destroy $U1" "destroy $U2" \
		"modify --live --set-attr a=b $U1" "modify --live --set-attr a=b $U2"; do
		# shellcheck disable=SC2086 # words
		refused 1 " \(no mdev core is loaded\)$" --root "$ROOT" $args
	done
}

@test "the kernel's own core where this project's is not installed" {
	core 0.1 kvmgt
	says "the kernel's own, 0.1 (this project's is not installed)"
	refused 1 "is the kernel's own, which cannot start or stop machines \(this project's is not installed\)" \
		--root "$ROOT" start "$U1"
}

@test "the kernel's own core where this project's is installed: what to unload" {
	core 0.1 kvmgt mtty
	for file in mdev.ko dkms/mdev.ko mdev.ko.xz dkms/mdev.ko.zst mdev.ko.gz; do
		installed "$file"
		says "the kernel's own, 0.1 ('modprobe -r kvmgt mtty mdev && modprobe vfio_mdev' exchanges it for this project's)"
		rm "$ROOT/lib/modules/6.1.0-99-test/updates/$file"
	done
	installed mdev.ko
	refused 1 "takes no instance number \('modprobe -r kvmgt mtty mdev && modprobe vfio_mdev' exchanges" \
		--root "$ROOT" create "$U2:1" -p 01:00.0 -t acme-fact
	rm -r "$ROOT"/sys/module/mdev/holders
	says "the kernel's own, 0.1 ('modprobe -r mdev && modprobe vfio_mdev' exchanges it for this project's)"
}

@test "the kernel's own core that cannot be unloaded" {
	core 0.1
	installed mdev.ko
	rm "$ROOT/sys/module/mdev/initstate"
	says "the kernel's own, 0.1 (it is built into the kernel)"
}

@test "a root that is none" {
	refused 2 "the root '/proc/nowhere' is not a folder" --root /proc/nowhere --version
}
