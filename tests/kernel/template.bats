# SPDX-License-Identifier: GPL-2.0-or-later
# Where a new suite for a real kernel begins: copy this file to SUBJECT.bats, and replace the tests.
#
# It runs as it stands, so what it shows works: tests/vm/run --kernel 6.12 tests/kernel/template.bats

load kernel
# The sample parent: loads the modules before the first test, and removes what each test has made.
# With `load mdev_test` instead, a test decides when a callback of the parent driver returns.
load medu

# A name says what holds, in a whole sentence: it is all that is seen of a test that passes.
@test "an instance shows its UUID" {
	create $UUID
	assert "$(<$DEVICES/$UUID/uuid)" == $UUID
}

@test "an identity that is taken is refused" {
	create $UUID
	# The text of the errno, and the command; "it failed" would not be enough.
	fails_with "File exists" create $UUID
}

# Nothing here sleeps for a fixed time, or measures any: wait until what you expect is so. The bound of
# wait_for is for a hang only.
@test "a parent that goes takes its folder of types along" {
	echo $PARENT >/sys/bus/pci/drivers/medu/unbind
	wait_for test ! -e "$(types)"
	echo $PARENT >/sys/bus/pci/drivers/medu/bind
	wait_for test -d "$(types)"
}
