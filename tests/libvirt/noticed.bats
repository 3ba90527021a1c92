# SPDX-License-Identifier: GPL-2.0-or-later
# What changes behind libvirt's back is noticed by it: by the command under either name, and by hand.

load libvirt

@test "mdev define, modify and undefine in its own folder are noticed" {
	mdev define $UUID -p $PARENT -t medu-fact
	[ -e $INI/$UUID.conf ] && [ ! -e $THEIRS/$PARENT/$UUID ]
	wait_for lists $NODE --inactive
	wait_for has_info $NODE "Active no, Persistent yes, Autostart no"
	mdev modify $UUID --auto
	wait_for has_info $NODE "Active no, Persistent yes, Autostart yes"
	mdev undefine $UUID
	wait_for lists_nothing
}

@test "mdevctl define, modify and undefine are noticed" {
	mdevctl define -u $UUID -p $PARENT -t medu-fact
	wait_for lists $NODE --inactive
	mdevctl define -u $UUID2 -p $PARENT -t medu-fact --auto
	wait_for lists "$NODE $NODE2" --inactive
	mdevctl modify -u $UUID -a
	wait_for has_info $NODE "Active no, Persistent yes, Autostart yes"
	mdevctl undefine -u $UUID
	wait_for lists $NODE2 --inactive
	mdevctl undefine -u $UUID2
	wait_for lists_nothing
}

@test "mdev modify and undefine of a definition in mdevctl's folder are noticed, and import, which moves it" {
	mdevctl define -u $UUID -p $PARENT -t medu-fact
	wait_for lists $NODE --inactive
	mdev modify $UUID --auto
	wait_for has_info $NODE "Active no, Persistent yes, Autostart yes"
	mdev import $THEIRS/$PARENT/$UUID
	[ -e $INI/$UUID.conf ] && [ ! -e $THEIRS/$PARENT/$UUID ]
	wait_for has_info $NODE "Active no, Persistent yes, Autostart yes"
	mdev modify $UUID --manual
	wait_for has_info $NODE "Active no, Persistent yes, Autostart no"
	mdev undefine $UUID
	wait_for lists_nothing
}

@test "several that come and go together are all noticed" {
	local n
	for n in {10..29}; do
		mdev define -q "5f0c3b1e-8a45-4c1d-9d5b-0000000000$n" -p $PARENT -t medu-fact
	done
	wait_for has_count 20
	mdev undefine -q 5f0c3b1e-8a45-4c1d-9d5b-0000000000{10..29}
	wait_for lists_nothing
}

has_count() {
	[ "$(virsh -q nodedev-list --cap mdev --all | grep -c .)" = "$1" ]
}

@test "a file of mdevctl's that is written, changed and removed by hand is noticed" {
	mkdir -p $THEIRS/$OTHER_PARENT
	definition medu-fact manual >$THEIRS/$OTHER_PARENT/$UUID3
	wait_for lists $NODE3 --inactive
	sed -i s/manual/auto/ $THEIRS/$OTHER_PARENT/$UUID3
	wait_for has_info $NODE3 "Active no, Persistent yes, Autostart yes"
	rm $THEIRS/$OTHER_PARENT/$UUID3
	wait_for lists_nothing
}

@test "a definition of mdev's that is written by hand is noticed at the next apply" {
	printf '[%s]\nparent = %s\ntype = medu-fact\n' $UUID $PARENT >$INI/farm.conf
	mdev apply
	wait_for lists $NODE --inactive
	rm $INI/farm.conf
	mdev apply
	wait_for lists_nothing
}

@test "a broken file by hand hides no other definition" {
	mkdir -p $THEIRS/$PARENT
	printf '{"mdev_type": ' >$THEIRS/$PARENT/$UUID2
	mdevctl define -u $UUID -p $PARENT -t medu-fact
	wait_for lists $NODE --inactive
	start $NODE
	virsh nodedev-destroy $NODE
	wait_for lists $NODE --inactive
	mdevctl undefine -u $UUID2
	virsh nodedev-undefine $NODE
}

@test "a definition of mdev's own can be started, set to start by itself, stopped and undefined by libvirt" {
	mdev define $UUID -p $PARENT -t medu-fact --description 'by mdev' -a medu/label=one
	wait_for lists $NODE --inactive
	start $NODE
	assert "$(cat $DEVICES/$UUID/medu/label)" == one
	virsh nodedev-autostart $NODE
	assert "$(mdev list --raw --noheadings -o auto,description $UUID)" == "yes by\\x20mdev"
	define_again medu/label=two
	[ "$(defined_again one two)" = one ] || mdev show $UUID | grep -F 'medu/label = one (defined: two)'
	wait_for lists $NODE
	virsh nodedev-destroy $NODE
	wait_for lists $NODE --inactive
	virsh nodedev-undefine $NODE
	wait_for lists_nothing
	[ ! -e $INI/$UUID.conf ]
}

@test "a parent that is named by its kind is told by its name" {
	printf '[%s]\nparent = /sys/devices/pci0000:00/0000:00:01.0/%s\ntype = medu-fact\n' $UUID $PARENT >$INI/farm.conf
	mdev apply
	wait_for lists $NODE --inactive
	start $NODE
	assert "$(info $NODE)" == "Active yes, Persistent yes, Autostart no"
}

@test "devices that are created and destroyed by mdev and in sysfs are noticed" {
	mdev create $UUID -p $PARENT -t medu-fact
	wait_for lists $NODE
	create $UUID2
	wait_for lists "$NODE $NODE2"
	mdev destroy $UUID
	wait_for lists $NODE2
	remove $UUID2
	wait_for lists_nothing
}
