# SPDX-License-Identifier: GPL-2.0-or-later
# How suites talk to the module mdev_test, for `load mdev_test` behind `load kernel`; and how they
# begin and end. What is called often here starts no process: that is slow in an emulated machine.
#
# Theory of operation: the module mdev_test is two parents and a bus driver. A callback that is told
# to hold stays inside until it is released. So a test makes the moment between two steps of the core
# last for as long as it looks at it:
#
#	hold create                     # the parent driver's create will not return
#	later $DOOR0 $UUID              # a write that makes an instance, in the background
#	await create/now 1              # it has come to the parent driver
#	refused "File exists" ...       # what a second write gets meanwhile
#	release create
#	succeeds "$LATER"               # the first write has ended, and well
#
# mdev_test/mdev_test.h says what else the module can be told.
# shellcheck shell=bash

# shellcheck disable=SC2034 # used by the suites
{
	KNOBS=/sys/kernel/debug/mdev_test
	PARENT0=/sys/devices/platform/mdev_test.0 TYPES0=$PARENT0/mdev_supported_types
	PARENT1=/sys/devices/platform/mdev_test.1 TYPES1=$PARENT1/mdev_supported_types
	# The files that make instances of the parents' first type
	DOOR0=$TYPES0/mdev_test-type0/create
	DOOR1=$TYPES1/mdev_test-type0/create
	UUID4=5f0c3b1e-8a45-4c1d-9d5b-000000000004
	UUID5=5f0c3b1e-8a45-4c1d-9d5b-000000000005
}

setup_file() {
	requires_core ours
	load_test_modules
}

teardown_file() {
	[ "${MDEV_TEST_CORE-}" != ours ] || unload_test_modules
}

teardown() {
	reset_test_module
}

load_test_modules() {
	modprobe vfio_iommu_type1
	modprobe vfio_mdev
	modprobe mdev_test
}

unload_test_modules() {
	modprobe -r mdev_test
	modprobe -r vfio_mdev
	wait_for_unloaded
}

# Sets the module back to its initial state, whatever a failed test has left
reset_test_module() {
	local file parent
	[ -z "${HOLDER_PID-}" ] || kill "$HOLDER_PID" 2>/dev/null || :
	for file in "$KNOBS"/*/{hold,error}; do
		echo 0 >"$file"
	done
	until_all_over
	control drop
	for parent in 0 1; do
		[ ! -e /sys/class/mdev_bus/mdev_test.$parent ] || withdraw $parent
	done
	for file in "$KNOBS"/{*/{calls,most},pin,frame,combine,excess,strays}; do
		echo 0 >"$file"
	done
}

control() {
	printf '%s' "$*" >"$KNOBS/control"
}

# offer N [WORD...]: registers a parent
offer() {
	control register "$@"
}

# withdraw N: unregisters it, in another process, which may hang in the kernel without harm to the suite
withdraw() {
	local LATER
	later "$KNOBS/control" "unregister $1"
	succeeds "$LATER"
}

hold() {
	echo 1 >"$KNOBS/$1/hold"
}

release() {
	echo 0 >"$KNOBS/$1/hold"
}

# fail CALL [ERRNO]: makes a callback fail from now on; without ERRNO it succeeds again
fail() {
	echo "${2-0}" >"$KNOBS/$1/error"
}

has_value() {
	local value
	read -r value <"$KNOBS/$1"
	[ "$value" = "$2" ]
}

# await COUNT VALUE: waits until a count has this value
await() {
	wait_for has_value "$1" "$2"
}

# expect COUNT=VALUE...: counts have these values
expect() {
	local count
	for count in "$@"; do
		has_value "${count%=*}" "${count#*=}" || {
			echo "expected $count, got $(<"$KNOBS/${count%=*}")"
			return 1
		}
	done
}

expect_kept() {
	assert "$(<"$KNOBS/kept")" == "$1"
}

# later FILE TEXT: writes in the background; LATER is the process
later() {
	{ write "$1" "$2" 2>"$BATS_TEST_TMPDIR/complaint-$BASHPID"; } 3>&- &
	LATER=$!
}

complaint() {
	echo "$(<"$BATS_TEST_TMPDIR/complaint-$1")"
}

# is_over PROCESS: a child of this shell has ended. (wait would wait without a bound.)
is_over() {
	[ ! -d "/proc/$1" ]
}

# Waits until all processes in the background have ended, with success or not
until_all_over() {
	local pid
	for pid in $(jobs -p); do
		wait_for is_over "$pid" || return
	done
}

# succeeds PROCESS...: writes in the background end, with success
succeeds() {
	local pid
	for pid in "$@"; do
		wait_for is_over "$pid" && wait "$pid" || { complaint "$pid"; return 1; }
	done
}

# refused REASON FILE TEXT: the write fails with this text, and does not hang
refused() {
	local said=
	IFS= read -r -d '' -t "$HANG" said < <({ write "$2" "$3" && echo "it did"; } 2>&1 3>&-) || :
	[[ $said == *"$1"* ]] || {
		echo "'$3' to $2 was not refused with '$1': ${said:-no answer}"
		return 1
	}
}

# is_blocked PROCESS FUNCTION: it sleeps in the kernel, below this function. The process can end at any
# moment, so its files are read with read: with set -e, $(<file) would end the shell if the file is gone.
is_blocked() {
	local status='' stack=''
	{
		IFS= read -r -d '' status <"/proc/$1/status" || :
		IFS= read -r -d '' stack <"/proc/$1/stack" || :
	} 2>/dev/null
	[[ $status == *State:?[DS]* && $stack == *" $2+"* ]]
}

is_blocked_or_over() {
	is_over "$1" || is_blocked "$1" "$2"
}

# until_blocked PROCESS FUNCTION: waits until it is blocked there; fails if it ends instead
until_blocked() {
	wait_for is_blocked_or_over "$1" "$2" 2>/dev/null
	is_blocked "$1" "$2" || { echo "process $1 did not wait in $2"; return 1; }
}

# create_while RUNNING FILE TEXT: makes and removes an instance as long as the file RUNNING exists; notes
# if mdev_create has made one although TEXT has no type
create_while() {
	while [ -e "$1" ]; do
		if write "$2" "$3" 2>>"$1.complaints"; then
			[[ $2 != */mdev_create ]] || echo "$3" >>"$1.untyped"
			remove "${3/:/-}" 2>>"$1.complaints" || :
		fi
	done
}

# read_while RUNNING FOLDER...: reads every file in the folders as long as the file RUNNING exists
read_while() {
	local running=$1
	shift
	while [ -e "$running" ]; do
		find "$@" -type f -readable -exec cat {} + || :
	done >/dev/null 2>&1
}
