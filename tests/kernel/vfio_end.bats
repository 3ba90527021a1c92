# SPDX-License-Identifier: GPL-2.0-or-later
# The use of an instance ends: its user closes it or is killed, or the parent goes away.
#
# Theory of operation: vfio_user holds an instance in every possible way. That nothing is left is checked
# in /sys, in the modules' reference counts, and by making an instance of the same identity at once.
# Hardware that is pulled out is in tests/boot, since that needs QEMU's monitor.

load kernel
load medu

teardown() {
	if [ -n "${USER_PID-}" ]; then
		kill -9 "$USER_PID" 2>/dev/null || :
		# Its instance can be removed only when it has ended.
		wait "$USER_PID" || :
	fi
	[ -e "$(types)" ] || echo 1 >/sys/bus/pci/rescan
	wait_for test -e "$(types)/medu-fact/create"
	remove_devices
}

# Starts vfio_user in the background, and waits for its first line. Its output is $OUT.
start_user() {
	OUT=$BATS_TEST_TMPDIR/out
	vfio_user "$@" >"$OUT" 3>&- &
	USER_PID=$!
	wait_for test -s "$OUT"
}

references() {
	cat /sys/module/vfio_mdev/refcnt /sys/module/medu/refcnt
}

@test "INTx stays masked for any eventfd, and comes at once to a user that begins while it is high" {
	create $UUID
	assert "$(vfio_user mask $UUID)" == "masked 0
unmasked 1
still masked 0
high when listening began 1"
}

@test "MSI comes each time, and instead of INTx" {
	create $UUID
	assert "$(vfio_user msi $UUID)" == "raised 2
intx 0"
}

@test "a user that is killed at work leaves nothing behind, ten times" {
	before=$(references)
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		create -t medu-dma $UUID
		start_user busy $UUID
		kill -9 $USER_PID
		wait $USER_PID || true
		wait_for remove $UUID
	done
	assert "$(references)" == "$before"
	assert "$(cat "$(types)/medu-dma/available_instances")" == 8
	create -t medu-dma $UUID
	assert "$(vfio_user dma $UUID 'the engine works')" == 'the engine works'
}

@test "another user's group is refused, and does not disturb the first" {
	create -t medu-dma $UUID
	start_user busy $UUID
	fails_with "busy" vfio_user info $UUID
	kill -0 $USER_PID
}

@test "a user that is asked to let go, and does, holds nothing up" {
	create $UUID
	start_user yield $UUID 4
	echo $PARENT >/sys/bus/pci/drivers/medu/unbind
	wait $USER_PID
	assert "$(cat "$OUT")" == $'open\nasked'
	[ ! -e $DEVICES/$UUID ]
	echo $PARENT >/sys/bus/pci/drivers/medu/bind
}

@test "the PCI device is removed while an instance is at work: when its user has gone, all is gone" {
	create -t medu-dma $UUID
	create $UUID2
	start_user busy $UUID
	echo 1 >/sys/bus/pci/devices/$PARENT/remove 3>&- &
	pci_remove=$!
	wait_for test ! -e $DEVICES/$UUID2
	# The unbind waits, and the user's instance still works.
	jobs=$(cat $DEVICES/$UUID/medu/jobs)
	more_jobs() { [ "$(cat $DEVICES/$UUID/medu/jobs)" -gt "$jobs" ]; }
	wait_for more_jobs
	kill -0 $pci_remove
	kill -9 $USER_PID
	wait $pci_remove
	[ ! -e /sys/bus/pci/devices/$PARENT ]
	[ ! -e $DEVICES/$UUID ]
	assert "$(ls /sys/class/mdev_bus)" == $OTHER_PARENT
	echo 1 >/sys/bus/pci/rescan
	wait_for test -e "$(types)/medu-fact/create"
	create -t medu-dma $UUID
	assert "$(vfio_user factorial $UUID 5)" == 120
}
