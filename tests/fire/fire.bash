# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the suites under fire share.

load ../helpers

# The made root is in memory, so that fsync() takes no time.
make_fast_root() {
	make_root
	FAST=$(mktemp -d /dev/shm/mdev-fire.XXXXXX)
	mv "$ROOT" "$FAST/root"
	ROOT=$FAST/root
	ETC=$ROOT/etc/mdev.d
}

remove_fast_root() {
	rm -rf "$FAST"
}
