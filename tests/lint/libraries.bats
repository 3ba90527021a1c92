# SPDX-License-Identifier: GPL-2.0-or-later
# What the command is linked to, which every run pays for, and what it says of the libraries that it
# opens when it first uses them.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	make -s build/mdev
}

# The texts of the ELF notes, one a line.
notes() {
	readelf --string-dump=.note.dlopen build/mdev | grep -o '\[{.*}\]$'
}

@test "the command is linked to the C library and to inih alone" {
	run readelf --dynamic build/mdev
	needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$output" | sort | paste -sd ' ')
	echo "$needed"
	[ "$needed" = "libc.so.6 libinih.so.1" ]
}

@test "a note for packagers names each library that the command opens" {
	run readelf --notes build/mdev
	echo "$output"
	[ "$(grep -c 'FDO .*0x407c0c0a' <<<"$output")" -eq 4 ]
	sonames=$(notes | jq -r '.[].soname[]' | sort | paste -sd ' ')
	echo "$sonames"
	[ "$sonames" = "libjson-c.so.5 libsmartcols.so.1 libudev.so.1 libuuid.so.1" ]
	# In the files that open them, it is the same name.
	for soname in $sonames; do
		[ "$(grep -l "library = {\"$soname\"" cli/*/*.c | xargs grep -c "LIBRARY_NOTE(")" = 1 ]
	done
}

@test "each library that a note names is there under this name" {
	[ "$(notes | wc -l)" -eq 4 ]
	for soname in $(notes | jq -r '.[].soname[]'); do
		python3 -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$soname"
	done
}

@test "a note has the keys of its specification" {
	notes | jq -e '.[0] | keys == ["description", "feature", "priority", "soname"] and
		(.priority | IN("required", "recommended", "suggested"))'
}
