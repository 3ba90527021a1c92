# SPDX-License-Identifier: GPL-2.0-or-later
# mdev apply where drivers take their time, and where a parent goes meanwhile: with the module
# mdev_test, whose callbacks stay inside for as long as a test wants.

load kernel
load mdev_test

setup_file() {
	load kernel
	load mdev_test
	requires_core ours
	load_test_modules
}

teardown_file() {
	load kernel
	load mdev_test
	unload_test_modules
}

# After the parents were offered, so that udev has nothing to do for them
define() {
	mdev define "$1" -p "$2" -t mdev_test-type0 --auto
}

teardown() {
	rm -f /etc/mdev.d/5f0c3b1e-*.conf
	reset_test_module
}

# apply_later PARENT: in the background; its output comes to APPLY_OUTPUT
apply_later() {
	APPLY_OUTPUT=$BATS_TEST_TMPDIR/apply-$1
	mdev apply -p "$1" >"$APPLY_OUTPUT" 2>&1 3>&- &
}

@test "apply: a driver that takes its time holds up no other parent" {
	offer 0
	offer 1
	define $UUID mdev_test.0
	define $UUID2 mdev_test.1
	hold create
	apply_later mdev_test.0
	one=$!
	apply_later mdev_test.1
	two=$!
	await create/now 2
	release create
	wait $one
	wait $two
	[ -e $DEVICES/$UUID ]
	[ -e $DEVICES/$UUID2 ]
}

@test "apply: two of one parent take turns" {
	offer 0
	define $UUID mdev_test.0
	define $UUID2 mdev_test.0
	hold create
	apply_later mdev_test.0
	one=$!
	await create/now 1
	apply_later mdev_test.0
	two=$!
	until_blocked $two fcntl_setlk
	release create
	wait $one
	wait $two
	expect create/calls=2 create/most=1
}

@test "apply: an identity for two parents stays where it was made first" {
	offer 1
	define $UUID mdev_test.0
	mdev define $UUID -p mdev_test.1 -t mdev_test-type0 --auto --file more
	mdev apply
	offer 0
	for how in "" "-p mdev_test.0" "-p mdev_test.1"; do
		# shellcheck disable=SC2086 # words
		run mdev -q apply $how
		assert "$status $output" = "0 "
	done
	assert "$(readlink -f $DEVICES/$UUID)" = "$PARENT1/$UUID"
	rm /etc/mdev.d/more.conf
}
