#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where a new suite for a verb begins: copy this file to VERB.bats, and replace all but the setup.
#
# This file is a suite that passes. ../helpers.bash has more helpers.

load ../helpers

# Runs before each test. The made root is in $ROOT; bats removes it.
setup() {
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
}

# A name says what holds, in a whole sentence: it is all that is seen of a test that passes.
@test "a device is listed with its parent and its type" {
	# Fails the test where the exit status is not 0. Leaves $output and $stderr.
	mdev --root "$ROOT" list
	assert "$output" =~ "$U1" "the table"
	assert "$stderr" == "" "complaints"
}

@test "a definition that is not there is refused" {
	before=$(fingerprint)
	# Exit status, what the message must match, and the command line.
	refused 1 "$U2" --root "$ROOT" undefine "$U2"
	# What a verb must not touch is compared as a whole.
	assert "$(fingerprint)" == "$before" "the root"
}
