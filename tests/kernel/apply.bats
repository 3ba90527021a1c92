# SPDX-License-Identifier: GPL-2.0-or-later
# mdev apply while a driver takes long to make an instance, and while a parent goes: with the module
# mdev_test, whose callbacks return when a test lets them.

load kernel
load mdev_test

# offer_all N...: registers parents, and waits until udev has applied definitions for them (of which there
# are none yet)
offer_all() {
	local n
	for n; do
		offer "$n"
	done
	udevadm settle --timeout="$HANG"
}

define() {
	mdev define "$1" -p "$2" -t mdev_test-type0 --auto
}

teardown() {
	rm -f /etc/mdev.d/{5f0c3b1e-*,more}.conf
	reset_test_module
}

# apply_later PARENT [OPTION]...: applies in the background
apply_later() {
	mdev apply -p "$@" >>"$BATS_TEST_TMPDIR/output" 2>&1 3>&- &
}

# Waits until the applies in the background have ended, with success
applied() {
	local pid
	for pid; do
		wait "$pid" || { cat "$BATS_TEST_TMPDIR/output"; return 1; }
	done
}

# Two parents with a definition each, and a driver that takes its time with every instance
hold_two() {
	offer_all 0 1
	define $UUID mdev_test.0
	define $UUID2 mdev_test.1
	hold create
}

@test "apply: a driver that takes its time holds up no other parent" {
	hold_two
	apply_later mdev_test.0
	one=$!
	apply_later mdev_test.1
	two=$!
	await create/now 2
	release create
	applied $one $two
	[ -e $DEVICES/$UUID ]
	[ -e $DEVICES/$UUID2 ]
}

@test "apply: an event whose driver takes its time holds up no other parent's" {
	hold_two
	apply_later mdev_test.0 --event
	one=$!
	await create/now 1
	apply_later mdev_test.1 --event
	two=$!
	await create/now 2
	release create
	applied $one $two
	[ -e $DEVICES/$UUID ]
	[ -e $DEVICES/$UUID2 ]
	expect create/calls=2
}

@test "apply: an event serves others that wait meanwhile, each once" {
	offer_all 0 1
	define $UUID mdev_test.0
	define $UUID2 mdev_test.1
	for _ in 1 2 3 4 5 6 7 8; do
		apply_later mdev_test.0 --event
		pids+=($!)
		apply_later mdev_test.1 --event
		pids+=($!)
	done
	applied "${pids[@]}"
	[ -e $DEVICES/$UUID ]
	[ -e $DEVICES/$UUID2 ]
	expect create/calls=2
	assert "$(<"$BATS_TEST_TMPDIR/output")" !~ cannot
}

@test "apply: two of one parent take turns" {
	offer_all 0
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
	applied $one $two
	expect create/calls=2 create/most=1
}

@test "apply: a parent that goes while its instances are made is no failure" {
	offer_all 0
	define $UUID mdev_test.0
	define $UUID2 mdev_test.0
	hold create
	apply_later mdev_test.0
	apply=$!
	await create/now 1
	later $KNOBS/control "unregister 0"
	until_blocked "$LATER" mdev_parent_unregister
	release create
	succeeds "$LATER"
	applied $apply
	[[ $(<"$BATS_TEST_TMPDIR/output") != *cannot* ]]
	expect create/calls=1 destroy/calls=1
}

@test "apply: an identity for two parents stays where it was made first" {
	offer_all 1
	define $UUID mdev_test.0
	mdev define $UUID -p mdev_test.1 -t mdev_test-type0 --auto --file more
	mdev apply
	offer_all 0
	for how in "" "-p mdev_test.0" "-p mdev_test.1"; do
		# shellcheck disable=SC2086 # words
		run -0 --separate-stderr mdev apply $how
		[ "$stderr" = "" ] || assert "$stderr" =~ "more.conf:3 for parent 'mdev_test.1' is meant, not"
		[[ $stderr != *$'\n'* ]]
	done
	assert "$(readlink -f $DEVICES/$UUID)" == "$PARENT1/$UUID"
}
