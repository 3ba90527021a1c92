# SPDX-License-Identifier: GPL-2.0-or-later
# Checks of the sources that do not run them.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	bats_require_minimum_version 1.5.0
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

# The files that git knows. In an exported tree these are all files but what was built.
sources() {
	if [ -e .git ]; then
		git ls-files --cached --others --exclude-standard
	else
		find . -path ./build -prune -o -type f -print | sed 's|^\./||'
	fi
}

@test "the layers of the command hold" {
	tests/lint/layers
}

# Of files whose form has no comments debian/copyright says it, which is one of them.
@test "every file carries its licence" {
	output=$(sources | grep -Ev '^COPYING$|^tests/data/|\.(md|rst)$|/debian/(changelog|copyright|.*\.dkms|source/format)$' |
		xargs grep -L SPDX-License-Identifier || :)
	echo "$output"
	[ -z "$output" ]
}

@test "shellcheck finds nothing in the scripts" {
	sources | grep -Ev '^tests/data/|\.bats$|\.bash$' |
		xargs grep -lE '^#!/bin/(ba)?sh|^#!/usr/bin/env bash|^# shellcheck shell=' |
		xargs shellcheck -x -P SCRIPTDIR
}

@test "zsh and fish can parse their completions" {
	for file in completions/_*; do
		zsh -n "$file"
	done
	for file in completions/*.fish; do
		fish --no-execute "$file"
	done
}

# bats sets variables of its own, and runs functions in ways that shellcheck does not see.
@test "shellcheck finds nothing in the suites" {
	sources | grep -E '\.(bats|bash)$' | xargs shellcheck -s bash -S warning \
		-e SC1091,SC2030,SC2031,SC2034,SC2154
}

# iput is a function of the kernel, and "lits" is mistyped by a test on purpose. lits is misspelled on purpose, by tests.
@test "codespell finds nothing" {
	sources | grep -Ev '^COPYING$|^tests/data/' | xargs codespell -L iput,lits
}

@test "the modules build for 6.1 without a warning (W=1, sparse)" {
	tests/vm/build-modules 6.1 check
}

@test "the modules build for 6.12 without a warning (W=1, sparse)" {
	tests/vm/build-modules 6.12 check
}

# Out of tree there is no MAINTAINERS file, and a version check is what compat.h is for.
@test "checkpatch finds nothing in the modules" {
	mapfile -t modules < <(sources | grep -E '^(kmod|tests/kernel/(mdev_(test|odd)|mvgpu)|tests/bench/parent)/.*\.[ch]$')
	tests/vm/fetch-source 6.1
	perl build/cache/source-6.1/scripts/checkpatch.pl --no-tree --strict --terse --show-types \
		--max-line-length=100 --ignore FILE_PATH_CHANGES,LINUX_VERSION_CODE,CONSTANT_COMPARISON \
		-f "${modules[@]}"
}
