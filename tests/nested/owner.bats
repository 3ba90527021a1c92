# SPDX-License-Identifier: GPL-2.0-or-later
# Machines of users who are not root: whose the node of an instance is decides who can open it.

load ../kernel/kernel
load owner

setup_file() {
	[ "${MDEV_TEST_CORE-}" = ours ] || return 0
	load_modules
	# So that udev has no events of the boot left that could touch a node
	udevadm settle --timeout="$HANG"
}

teardown_file() {
	[ "${MDEV_TEST_CORE-}" = ours ] || return 0
	unload_modules
}

setup() {
	requires_core ours
	command -v qemu-system-x86_64 >/dev/null || skip "needs QEMU in the virtual machine"
}

teardown() {
	remove_devices
	rm -f /etc/mdev.d/owner.conf
}

folder() {
	echo "$DEVICES/$1"
}

@test "QEMU of a user opens the instance that is the user's, and no other" {
	mdev create "$UUID" -p $PARENT -t medu-fact --owner $USER1
	mdev create "$UUID2" -p $PARENT -t medu-fact --owner $USER2:$USER2 --mode 0600
	mdev create "$UUID3" -p $PARENT -t medu-fact
	assert "$(owned "$UUID") $(owned "$UUID2") $(owned "$UUID3")" == \
		"$USER1:root 660 $USER2:$USER2 600 root:root 600"
	run -0 qemu_as $USER1 "$UUID"
	assert "$output" =~ 1234:11e8
	run -0 qemu_as $USER2 "$UUID2"
	assert "$output" =~ 1234:11e8
	for other in "$UUID2" "$UUID3"; do
		run ! qemu_as $USER1 "$other"
		assert "$output" =~ "failed to open $(node "$other"): Permission denied"
	done
}

@test "a device becomes the user's while it is live, and root's again" {
	mdev create "$UUID" -p $PARENT -t medu-fact
	run ! qemu_as $USER1 "$UUID"
	mdev modify "$UUID" --live --owner $USER1
	run -0 qemu_as $USER1 "$UUID"
	assert "$output" =~ 1234:11e8
	mdev modify "$UUID" --live --owner ''
	assert "$(owned "$UUID")" == "root:root 600"
	run ! qemu_as $USER1 "$UUID"
}

@test "udev leaves owner and mode as they are, at first and at later events" {
	mdev create "$UUID" -p $PARENT -t medu-fact --owner $USER1 --wait
	udevadm settle --timeout="$HANG"
	assert "$(owned "$UUID")" == "$USER1:root 660"
	for action in change add; do
		udevadm trigger --action=$action --subsystem-match=vfio
		udevadm settle --timeout="$HANG"
		assert "$(owned "$UUID")" == "$USER1:root 660" "$action"
	done
}

@test "apply gives what is defined, and what is live already, to its owner" {
	printf '[%s]\nparent = %s\ntype = medu-fact\nauto = yes\nowner = %s\n' "$UUID" $PARENT $USER1 >/etc/mdev.d/owner.conf
	mdev apply
	assert "$(owned "$UUID")" == "$USER1:root 660"
	chown root "$(node "$UUID")"
	assert "$(mdev apply | head -n 1)" == "own $UUID parent $PARENT type medu-fact from /etc/mdev.d/owner.conf"
	assert "$(owned "$UUID")" == "$USER1:root 660"
	assert "$(mdev apply)" == "1 kept"
	sed -i "s/$USER1/nobody-at-all/" /etc/mdev.d/owner.conf
	run ! mdev apply
	assert "$output" =~ "owner.conf:1\): there is no user 'nobody-at-all'"
	run ! mdev check
	assert "$output" =~ "owner.conf:1: there is no user 'nobody-at-all'"
}

@test "the node of a number that is used again is root's" {
	mdev create "$UUID" -p $PARENT -t medu-fact --owner $USER1
	first=$(node "$UUID")
	mdev destroy "$UUID"
	mdev create "$UUID2" -p $PARENT -t medu-fact
	assert "$(node "$UUID2")" == "$first"
	assert "$(owned "$UUID2")" == "root:root 600"
}

@test "what has the name of the node and is not it stays as it is" {
	mdev create "$UUID" -p $PARENT -t medu-fact
	node=$(node "$UUID")
	mv "$node" "$node.kept"
	mknod -m 0600 "$node" c 1 3
	run ! mdev modify "$UUID" --live --owner $USER1
	assert "$output" =~ "$node is not the node [0-9]+:[0-9]+ that the kernel has for it"
	assert "$(stat -c '%U %a' "$node" "$node.kept" | uniq)" == "root 600"
	ln -sf null "$node"
	run ! mdev modify "$UUID" --live --owner $USER1
	assert "$(stat -c '%U' /dev/null)" == root
	mv "$node.kept" "$node"
	mdev modify "$UUID" --live --owner $USER1
	assert "$(owned "$UUID")" == "$USER1:root 660"
}
