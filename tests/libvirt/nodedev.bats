# SPDX-License-Identifier: GPL-2.0-or-later
# libvirt's verbs for node devices, with the command in the place of mdevctl.

load libvirt

@test "libvirt finds the command in the place of mdevctl, and nobody else's" {
	assert "$(readlink /usr/bin/mdevctl)" == mdev
	assert "$(type -aP mdevctl | xargs -n 1 realpath | sort -u)" == /usr/bin/mdev
	[ ! -e /usr/lib/udev/rules.d/60-mdevctl.rules ]
	virsh version | sed 's/^/# /' >&3
}

@test "nodedev-define, -start, -destroy, -undefine: from nothing and back" {
	nodedev define $UUID
	assert "$(cat $THEIRS/$PARENT/$UUID)" == "$(definition medu-fact manual)"
	assert "$(nodes --inactive)" == "$NODE"
	assert "$(nodes)" == ""
	assert "$(info $NODE)" == "Active no, Persistent yes, Autostart no"
	virsh nodedev-start $NODE
	assert "$(realpath $DEVICES/$UUID)" == "$(realpath /sys/class/mdev_bus/$PARENT)/$UUID"
	wait_for lists $NODE
	assert "$(info $NODE)" == "Active yes, Persistent yes, Autostart no"
	virsh nodedev-destroy $NODE
	[ ! -e $DEVICES/$UUID ]
	wait_for lists $NODE --inactive
	virsh nodedev-undefine $NODE
	[ ! -e $THEIRS/$PARENT/$UUID ]
	wait_for lists_nothing
}

@test "nodedev-define and -create without a UUID: the one that was made up is told" {
	local uuid
	run --separate-stderr nodedev define ''
	assert "$status" -eq 0 "$stderr"
	assert "$output" =~ "Node device 'mdev_[0-9a-f_]{36}_0000_01_00_0' defined"
	uuid=$(ls $THEIRS/$PARENT)
	assert "$(nodes --all)" == "mdev_${uuid//-/_}_${PARENT//[:.]/_}"
	virsh nodedev-undefine "$(nodes --all)"
	run --separate-stderr nodedev create ''
	assert "$status" -eq 0 "$stderr"
	uuid=$(ls $DEVICES)
	assert "$output" =~ "mdev_${uuid//-/_}_0000_01_00_0"
	wait_for lists "mdev_${uuid//-/_}_${PARENT//[:.]/_}"
	virsh nodedev-destroy "mdev_${uuid//-/_}_${PARENT//[:.]/_}"
	assert "$(ls $DEVICES)" == ""
}

@test "nodedev-create: live with its attributes, and not defined" {
	nodedev create $UUID medu/label=first
	assert "$(cat $DEVICES/$UUID/medu/label)" == first
	wait_for lists $NODE
	assert "$(info $NODE)" == "Active yes, Persistent no, Autostart no"
	assert "$(find $THEIRS -type f)" == ""
	refuses "Device already exists" nodedev create $UUID
	virsh nodedev-destroy $NODE
	wait_for lists_nothing
}

@test "nodedev-define with attributes: kept in order, written at the start, and shown" {
	nodedev define $UUID medu/label=one medu/label=two
	assert "$(jq -c .attrs $THEIRS/$PARENT/$UUID)" == '[{"medu/label":"one"},{"medu/label":"two"}]'
	assert "$(virsh -q nodedev-dumpxml $NODE | sed -n "s/.*<attr name='medu.label' value='\(.*\)'.*/\1/p" | xargs)" == "one two"
	virsh nodedev-start $NODE
	assert "$(cat $DEVICES/$UUID/medu/label)" == two
}

@test "nodedev-define again changes the definition, or is refused, and leaves the live device as it is" {
	nodedev define $UUID medu/label=one
	start $NODE
	define_again medu/label=two
	assert "$(cat $THEIRS/$PARENT/$UUID)" == "$(definition medu-fact manual medu/label "$(defined_again one two)")"
	assert "$(cat $DEVICES/$UUID/medu/label)" == one
}

@test "nodedev-autostart on and off" {
	nodedev define $UUID
	virsh nodedev-autostart $NODE
	assert "$(cat $THEIRS/$PARENT/$UUID)" == "$(definition medu-fact auto)"
	wait_for has_info $NODE "Active no, Persistent yes, Autostart yes"
	mdev apply
	wait_for has_info $NODE "Active yes, Persistent yes, Autostart yes"
	virsh nodedev-autostart --disable $NODE
	wait_for has_info $NODE "Active yes, Persistent yes, Autostart no"
}

needs_update() {
	has_update || skip "this libvirt has no nodedev-update"
}

# with_label NODE TEXT: its XML with another value of the attribute
with_label() {
	virsh -q nodedev-dumpxml "${@:3}" "$1" | sed "s/value='[^']*'/value='$2'/" >"$BATS_TEST_TMPDIR/update.xml"
}

@test "nodedev-update --config changes the definition" {
	needs_update
	nodedev define $UUID medu/label=one
	with_label $NODE two
	virsh nodedev-update $NODE "$BATS_TEST_TMPDIR/update.xml" --config
	assert "$(cat $THEIRS/$PARENT/$UUID)" == "$(definition medu-fact manual medu/label two)"
	virsh -q nodedev-dumpxml $NODE | grep -F "value='two'"
}

# A script that can change the attributes of a live device
install_script() {
	cat >$SCRIPTS/medu <<-'END'
		#!/bin/bash
		while [ $# -gt 0 ]; do
			case $1 in -t) type=$2 ;; -e) event=$2 ;; -a) action=$2 ;; -u) uuid=$2 ;; esac
			shift 2
		done
		[[ $type == medu-* ]] || exit 2
		device=/sys/bus/mdev/devices/$uuid
		case $event/$action in
		get/capabilities) echo '{"supports": {"version": 2, "actions": ["start", "stop", "define", "undefine",
			"modify", "attributes", "capabilities"], "events": ["pre", "post", "notify", "get", "live"]}}' ;;
		get/attributes) printf '[{"medu/label": "%s"}]' "$(<$device/medu/label)" ;;
		live/modify) jq -j '.attrs[0]["medu/label"]' >$device/medu/label ;;
		esac
	END
	chmod 755 $SCRIPTS/medu
}

@test "nodedev-update --live: refused where no script can do it, done and kept where one can" {
	needs_update
	nodedev define $UUID medu/label=one
	start $NODE
	with_label $NODE two --inactive
	refuses "Live modification is not supported for this device type" \
		virsh nodedev-update $NODE "$BATS_TEST_TMPDIR/update.xml" --live
	install_script
	virsh nodedev-update $NODE "$BATS_TEST_TMPDIR/update.xml" --live
	assert "$(cat $DEVICES/$UUID/medu/label)" == two
	assert "$(cat $THEIRS/$PARENT/$UUID)" == "$(definition medu-fact manual medu/label one)"
	with_label $NODE three --inactive
	virsh nodedev-update $NODE "$BATS_TEST_TMPDIR/update.xml" --live --config
	assert "$(cat $DEVICES/$UUID/medu/label)" == three
	assert "$(cat $THEIRS/$PARENT/$UUID)" == "$(definition medu-fact manual medu/label three)"
	virsh -q nodedev-dumpxml $NODE | grep -F "value='three'"
}

@test "what is refused: a second start, a type that is none, a parent without room, an attribute that is none" {
	nodedev define $UUID
	start $NODE
	refuses "Device is already active" virsh nodedev-start $NODE
	device_xml $PARENT medu-none $UUID2 >"$BATS_TEST_TMPDIR/none.xml"
	refuses "Parent $PARENT does not support mdev type medu-none" virsh nodedev-create "$BATS_TEST_TMPDIR/none.xml"
	refuses "Invalid attribute 'medu/none'" nodedev create $UUID2 medu/none=1
	refuses "Invalid attribute '../../1'" nodedev create $UUID2 ../../1=1
	[ ! -e $DEVICES/$UUID2 ]
	local n=100
	while [ "$(cat "$(types)/medu-fact/available_instances")" != 0 ]; do
		create "5f0c3b1e-8a45-4c1d-9d5b-000000000$((n++))"
	done
	refuses "No available instances of medu-fact on $PARENT" nodedev create $UUID2
}

@test "blanks, quotes and other letters in an attribute reach the definition and come back" {
	local value
	value=$(printf '%s' {a..z} ' "\' 'ü/' {0..9} | head -c 200 | tr -d "'<&")
	nodedev define $UUID "medu/label=$value"
	assert "$(jq -r '.attrs[0]["medu/label"]' $THEIRS/$PARENT/$UUID)" == "$value"
	virsh -q nodedev-dumpxml $NODE | grep -F "${value%%\"*}"
	# Not as mdevctl writes it, which takes another parser
	mkdir -p $THEIRS/$OTHER_PARENT
	jq -c '. + {note: "ü"}' <$THEIRS/$PARENT/$UUID >$THEIRS/$OTHER_PARENT/$UUID3
	assert "$(mdevctl list --defined --dumpjson -u $UUID3 | jq -r '.attrs[0]["medu/label"]')" == "$value"
}
