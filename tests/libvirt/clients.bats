# SPDX-License-Identifier: GPL-2.0-or-later
# The sequences of programs that use libvirt or mdevctl for mediated devices.

load libvirt

@test "Nova: create, define while it is live, set it to start by itself" {
	nodedev create $UUID
	wait_for lists $NODE
	assert "$(info $NODE)" == "Active yes, Persistent no, Autostart no"
	nodedev define $UUID
	wait_for has_info $NODE "Active yes, Persistent yes, Autostart no"
	virsh nodedev-autostart $NODE
	wait_for has_info $NODE "Active yes, Persistent yes, Autostart yes"
	assert "$(cat $THEIRS/$PARENT/$UUID)" == "$(definition medu-fact auto)"
	# After a restart of the host
	remove $UUID
	wait_for lists $NODE --inactive
	mdev apply --event -p $PARENT
	wait_for has_info $NODE "Active yes, Persistent yes, Autostart yes"
	virsh nodedev-destroy $NODE
	virsh nodedev-undefine $NODE
	wait_for lists_nothing
}

@test "tp-libvirt: start and stop what is not defined" {
	mdevctl start -u $UUID -p $PARENT -t medu-fact
	wait_for lists $NODE
	mdevctl list -u $UUID | grep $UUID
	mdevctl stop -u $UUID
	wait_for lists_nothing
	assert "$(mdevctl list -u $UUID)" == ""
}

@test "tp-libvirt: define, add attributes, set to start by itself, start, list" {
	mdevctl define -p $PARENT -t medu-fact -u $UUID
	mdevctl modify -u $UUID --addattr medu/label --value 0x02
	mdevctl modify -u $UUID --addattr medu/label --value 0x03
	mdevctl modify -u $UUID -a
	mdevctl start -u $UUID
	assert "$(cat $DEVICES/$UUID/medu/label)" == 0x03
	mdevctl list -u $UUID | grep $UUID
	wait_for has_info $NODE "Active yes, Persistent yes, Autostart yes"
	mdevctl modify -u $UUID -m
	wait_for has_info $NODE "Active yes, Persistent yes, Autostart no"
	mdevctl stop -u $UUID
	mdevctl undefine -u $UUID
	wait_for lists_nothing
}

@test "tp-libvirt: define, autostart, info, start, destroy, undefine by virsh" {
	nodedev define $UUID
	virsh nodedev-autostart $NODE
	virsh nodedev-info $NODE
	virsh nodedev-start $NODE
	mdevctl list | grep "^$UUID $PARENT medu-fact auto (defined)$"
	mdevctl list -d | grep "^$UUID $PARENT medu-fact auto (active)$"
	wait_for lists $NODE
	virsh nodedev-destroy $NODE
	wait_for lists $NODE --inactive
	virsh nodedev-undefine $NODE
	assert "$(mdevctl list)$(mdevctl list -d)" == ""
}

@test "scripts: promote a live device, or define one whose UUID is read from the output" {
	mdevctl start -u $UUID -p $PARENT --type medu-fact
	mdevctl define --auto -u $UUID
	wait_for has_info $NODE "Active yes, Persistent yes, Autostart yes"
	uuid=$(mdevctl define --parent $PARENT --type medu-fact)
	mdevctl start --parent $PARENT --uuid "$uuid"
	assert "$(mdevctl list | cut -d ' ' -f 1 | sort)" == "$(printf '%s\n' $UUID "$uuid" | sort)"
	assert "$(mdevctl list | wc -l)" -eq 2
}
