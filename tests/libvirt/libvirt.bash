# SPDX-License-Identifier: GPL-2.0-or-later
# What the suites share that have libvirt call the command as mdevctl, inside the virtual machine. libvirt
# is that of a release of Debian, unchanged, and so is its QEMU. The parents are those of medu, on our core.
# shellcheck shell=bash

load ../kernel/kernel

# shellcheck disable=SC2034 # used by the suites
{
	INI=/etc/mdev.d
	THEIRS=/etc/mdevctl.d
	SCRIPTS=/usr/lib/mdevctl/scripts.d/callouts
	NODE=mdev_${UUID//-/_}_${PARENT//[:.]/_}
	NODE2=mdev_${UUID2//-/_}_${PARENT//[:.]/_}
	NODE3=mdev_${UUID3//-/_}_${OTHER_PARENT//[:.]/_}
	export LIBVIRT_DEFAULT_URI=qemu:///system
	# Each try is a virsh, which takes a second where processors are emulated.
	HANG=30
}

setup_file() {
	load ../kernel/kernel
	requires_core ours
	command -v libvirtd >/dev/null || skip "needs libvirt in the virtual machine"
	load_modules
	start_libvirt
}

teardown_file() {
	[ -e /run/test-libvirtd.pid ] || return 0
	kill "$(</run/test-libvirtd.pid)"
	wait_for test ! -e "/proc/$(</run/test-libvirtd.pid)"
	rm /run/test-libvirtd.pid
	unload_modules
}

# Without systemd, and with no network of its own, which would need a bridge.
start_libvirt() {
	rm -f /etc/libvirt/qemu/networks/autostart/*
	mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
	grep -q '^stdio_handler' /etc/libvirt/qemu.conf || echo 'stdio_handler = "file"' >>/etc/libvirt/qemu.conf
	touch /run/before-suite
	env LIBVIRT_LOG_OUTPUTS=3:file:/run/libvirtd.log libvirtd >/run/libvirtd.out 2>&1 3>&- &
	echo $! >/run/test-libvirtd.pid
	wait_for knows "$(pci_node $PARENT)" || { cat /run/libvirtd.out /run/libvirtd.log; return 1; }
	wait_for knows "$(pci_node $OTHER_PARENT)"
}

# What a test has left, also one that failed
teardown() {
	local domain
	for domain in $(virsh -q list --all --name); do
		virsh -q destroy "$domain" 2>/dev/null || :
		virsh -q undefine "$domain" || :
	done
	rm -f $SCRIPTS/*
	wait_for remove_devices_all
	# The folders of parents stay, as with mdevctl: libvirt watches one that comes again once more, beside
	# the watches from before, and has as many refreshes of each change in it, one after the other.
	find $THEIRS -type f -delete
	# libvirt does not watch those.
	[ -z "$(find $INI -type f -newer /run/before-suite -not -name .mdev.lock -print -delete)" ] || touch $THEIRS
	wait_for lists_nothing
}

# One that was in use goes when the last user has gone.
remove_devices_all() {
	remove_devices
	[ -z "$(ls $DEVICES)" ]
}

# pci_node ADDRESS: libvirt's name for it
pci_node() {
	echo "pci_${1//[:.]/_}"
}

knows() {
	virsh -q nodedev-list --cap mdev_types | grep -qx "$1 *"
}

# nodes OPTION...: the mediated devices that libvirt knows, on one line; active ones without options
nodes() {
	virsh -q nodedev-list --cap mdev "$@" | sort | xargs
}

lists_nothing() {
	[ "$(nodes --all)" = "" ]
}

# lists NODES OPTION...: what nodes() says is this
lists() {
	[ "$(nodes "${@:2}")" = "$1" ]
}

# info NODE: what nodedev-info says of it: "Active yes, Persistent no, Autostart no"
info() {
	virsh -q nodedev-info "$1" | awk '/^(Active|Persistent|Autostart)/ {
		printf "%s%s %s", separator, $1, $2
		separator = ", "
	}' | tr -d :
}

has_info() {
	[ "$(info "$1")" = "$2" ]
}

# Starts it, and waits until libvirt knows that the live device is the one that is defined.
start() {
	virsh "nodedev-start" "$1"
	wait_for has_info "$1" "Active yes, Persistent yes, Autostart no"
}

# device_xml PARENT TYPE UUID [NAME=VALUE]...: without a UUID for ""
device_xml() {
	local attr
	echo "<device><parent>$(pci_node "$1")</parent><capability type='mdev'><type id='$2'/>"
	[ ! "$3" ] || echo "<uuid>$3</uuid>"
	for attr in "${@:4}"; do
		echo "<attr name='${attr%%=*}' value='${attr#*=}'/>"
	done
	echo '</capability></device>'
}

# nodedev VERB UUID [NAME=VALUE]...: a virsh command that takes a file, here of type medu-fact on the first
# parent
nodedev() {
	device_xml $PARENT medu-fact "${@:2}" >"$BATS_TEST_TMPDIR/device.xml"
	virsh "nodedev-$1" "$BATS_TEST_TMPDIR/device.xml"
}

# Since it has this verb, libvirt has mdevctl modify what is defined already. Before, it had mdevctl define it
# once more, which is refused.
has_update() {
	virsh help nodedev-update >/dev/null 2>&1
}

# define_again NAME=VALUE...: the device that is defined already
define_again() {
	if has_update; then
		nodedev define $UUID "$@"
	else
		refuses "Cowardly refusing to overwrite existing config" nodedev define $UUID "$@"
	fi
}

# defined_again OLD NEW: which of them holds after that
defined_again() {
	if has_update; then echo "$2"; else echo "$1"; fi
}

# refuses TEXT COMMAND...: it fails, and says that
refuses() {
	local text=$1
	shift
	run "$@"
	echo "'$*' left with $status: $output"
	[ "$status" -ne 0 ] && [[ $output == *"$text"* ]]
}

# definition TYPE START [ATTRIBUTE VALUE]: as it stands in mdevctl's folder
definition() {
	printf '{\n  "mdev_type": "%s",\n  "start": "%s",\n  "attrs": [' "$1" "$2"
	[ "${3-}" = "" ] || printf '\n    {\n      "%s": "%s"\n    }\n  ' "$3" "$4"
	printf ']\n}'
}
