# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual functions for machines of users who are not root.

load sriov

USER1=daemon
USER2=games

setup() {
	requires_cards
	command -v qemu-system-x86_64 >/dev/null || skip "needs QEMU in the virtual machine"
	cd "$BATS_TEST_TMPDIR" || return
	udevadm settle --timeout="$HANG"
}

# node N: the node of the VFIO group of virtual function N
node() {
	echo "/dev/vfio/$(basename "$(readlink "$PCI/$CARD/virtfn$1/iommu_group")")"
}

# owned N: whose that node is, and its mode
owned() {
	stat -c '%U:%G %a' "$(node "$1")"
}

# qemu_as USER N LIMIT: a machine of that user with virtual function N and 64 MiB, which may lock LIMIT bytes;
# prints what stands on its bus.
qemu_as() {
	printf 'info pci\nquit\n' | timeout "$HANG" prlimit --memlock="$3" \
		setpriv --reuid "$1" --regid "$1" --clear-groups \
		qemu-system-x86_64 -M q35 -accel tcg -m 64 -nodefaults -display none -S -monitor stdio \
		-device "vfio-pci,host=$(vf "$2"),addr=5" 2>&1
}

@test "QEMU of a user opens the virtual function that is the user's, and no other" {
	mdev create "$UUID" -p $CARD -t nvidia-1148 --owner $USER1
	mdev create "$UUID2" -p $CARD -t nvidia-1148 --owner $USER2
	assert "$(owned 0) $(owned 1) $(owned 2)" == "$USER1:root 660 $USER2:root 660 root:root 600"
	run -0 qemu_as $USER1 0 unlimited
	assert "$output" =~ "device   5"
	run ! qemu_as $USER1 1 unlimited
	assert "$output" =~ "$(node 1): Permission denied"
}

@test "all memory of the machine has to be locked, of which show reminds" {
	mdev create "$UUID" -p $CARD -t nvidia-1148 --owner $USER1
	run -0 mdev show "$UUID"
	assert "$output" =~ "memlock:     all memory of its machine, see LimitMEMLOCK= in systemd.exec\(5\)"
	run ! qemu_as $USER1 0 $((8 << 20))
	assert "$output" =~ "Cannot allocate memory"
	mdev modify "$UUID" --live --owner ''
	run -0 mdev show "$UUID"
	[[ $output != *memlock:* ]]
}

@test "the node goes back to root with the end of the instance" {
	mdev create "$UUID" -p $CARD -t nvidia-1148 --owner $USER1 --mode 0666
	assert "$(owned 0)" == "$USER1:root 666"
	mdev destroy "$UUID"
	assert "$(owned 0)" == "root:root 600"
	mdev create "$UUID2" -p $CARD -t nvidia-1148
	assert "$(owned 0)" == "root:root 600"
}

@test "an owner keeps the node of an instance that is in use" {
	mdev create "$UUID" -p $CARD -t nvidia-1148 --owner $USER1
	exec 7<>"$(node 0)"
	run ! mdev destroy "$UUID"
	exec 7>&-
	assert "$(owned 0)" == "$USER1:root 660"
}
