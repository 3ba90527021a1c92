# SPDX-License-Identifier: GPL-2.0-or-later
# The modules' documentation, by the kernel's own means.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
}

# kernel_doc SERIES OPTION...: what that kernel's script says of every file that has kernel-doc
kernel_doc() {
	local series=$1 script
	tests/vm/fetch-kernel "$series"
	script=$(echo build/cache/kernel-"$series"/usr/lib/linux-kbuild-*/scripts/kernel-doc)
	grep -lE '^/\*\*$' -r kmod --include='*.[ch]' | sort | xargs -n 1 perl "$script" -none "${@:2}" 2>&1
}

@test "kernel-doc of 6.1 finds nothing" {
	[ -z "$(kernel_doc 6.1 -Werror | tee /dev/stderr)" ]
}

@test "kernel-doc of 6.12 finds nothing (Wall)" {
	[ -z "$(kernel_doc 6.12 -Werror -Wall | tee /dev/stderr)" ]
}

# exports FILE MODULE CHECKSUM KIND: a Module.symvers with one export of that module
exports() {
	printf '%s\tmdev_register_parent\t%s\t%s\t\n' "$3" "$2" "$4" >"$BATS_TEST_TMPDIR/$1"
}

# compares STATUS CHECKSUM KIND: how a module with that export fits a kernel with 0x1 and EXPORT_SYMBOL
compares() {
	exports kernel drivers/vfio/mdev/mdev 0x1 EXPORT_SYMBOL
	exports ours /root/kmod/mdev "$2" "$3"
	run "-$1" kmod/check-exports "$BATS_TEST_TMPDIR"/{kernel,ours}
}

@test "what is exported otherwise than by the kernel's own core fails the build" {
	bats_require_minimum_version 1.5.0
	compares 0 0x1 EXPORT_SYMBOL
	[ "$output" = "" ]
	compares 1 0x2 EXPORT_SYMBOL
	[[ $output == *"mdev_register_parent is 0x2 EXPORT_SYMBOL instead of 0x1 EXPORT_SYMBOL" ]]
	compares 1 0x1 EXPORT_SYMBOL_GPL
	run -1 kmod/check-exports "$BATS_TEST_TMPDIR/kernel" /dev/null
	[[ $output == *"it lacks mdev_register_parent" ]]
	run -1 kmod/check-exports "$BATS_TEST_TMPDIR/none" "$BATS_TEST_TMPDIR/ours"
	run -0 kmod/check-exports /dev/null "$BATS_TEST_TMPDIR/ours"
}

@test "every function that is exported or in the header is documented" {
	functions=$(sed -nE 's/^EXPORT_SYMBOL(_GPL)?\((\w+)\);/\2/p' kmod/*.c
		sed -nE 's/^(static inline )?[a-z].*\<\*?(mdev_\w+)\(.*/\2/p' kmod/mdev.h)
	[ "$(sort -u <<<"$functions" | wc -l)" -ge 20 ]
	for name in $(sort -u <<<"$functions"); do
		# Not a function: kernel-doc has no way to document it.
		[ "$name" != mdev_bus_type ] || continue
		grep -qE "^ \* $name\(\) - ." kmod/*.[ch] || { echo "$name has no kernel-doc"; return 1; }
	done
}

@test "the sample uses every callback" {
	names=$(sed -n '/^struct parent_ops {/,/^}/s/.*(\*\([a-z_]*\))(.*/\1/p' kmod/mdev.h)
	[ "$(wc -l <<<"$names")" -ge 16 ]
	for name in $names; do
		grep -q "^	\.$name = medu_$name,$" kmod/samples/medu_instance.c || { echo "$name"; return 1; }
	done
}

@test "the guide says how to use every callback" {
	names=$(sed -n '/^struct parent_ops {/,/^}/s/.*(\*\([a-z_]*\))(.*/\1/p' kmod/mdev.h)
	[ "$(wc -l <<<"$names")" -ge 16 ]
	for name in $names; do
		grep -qw "$name" kmod/guide.rst || { echo "guide.rst lacks $name"; return 1; }
	done
}

@test "every lock of the core has its place in the order at the head of mdev_core.c" {
	order=$(sed -n '/^ \* Locking$/,/^ \*\/$/p' kmod/mdev_core.c)
	locks=$(sed -nE 's/^\t(struct mutex|spinlock_t) (\w+);.*/\2/p
		s/^(static )?DEFINE_(MUTEX|SPINLOCK)\((\w+)\);/\3/p' kmod/mdev*.[ch])
	[ "$(wc -l <<<"$locks")" -ge 4 ]
	for lock in $locks; do
		grep -E "^ \* (\w+\.)?$lock\$" <<<"$order" || { echo "no place for $lock"; return 1; }
	done
}

# The text of a function of the core, from the line with its name and parameters to its last brace
body_of() {
	sed -n "/^\([a-z].*\)\?\<$1(.*[^;]\$/,/^}/p" kmod/mdev_*.c
}

@test "a function of the core that says a lock is held asserts it" {
	names=$(sed -nE '/^ \* \w+\(\) - /h; /^ \* Context: \w+ held/{x;s/^ \* (\w+)\(\).*/\1/p}' kmod/mdev_*.c)
	[ -n "$names" ]
	for name in $names; do
		body_of "$name" | grep -q lockdep_assert_held || { echo "$name asserts nothing"; return 1; }
	done
}

# A thread that drops the last reference still has to return from the module's release function.
@test "a module that waits for its last reference waits for the thread that has dropped it, too" {
	files=$(grep -lE 'wait_var_event|wait_for_completion' kmod/*.c)
	[ "$(wc -l <<<"$files")" -ge 3 ]
	for file in mdev_core vfio_mdev_main; do
		sed -n '/__exit.*exit(void)$/,/^}/p' "kmod/$file.c" | grep -q 'synchronize_rcu_tasks();'
	done
}

# The fields are those of Documentation/ABI/README in the kernel's sources.
@test "every entry of ABI.rst is in the kernel's format" {
	fields=$(sed -nE 's/^([A-Z][A-Za-z]*):.*/\1/p' kmod/ABI.rst | tr '\n' ' ')
	[[ $fields =~ ^((What )+Date Contact Description )+$ ]]
	odd=$(grep -nE '^(What|Date|Contact):' kmod/ABI.rst | grep -vE $':\t{1,2}[^\t ]' || :)
	[ -z "$odd" ]
	odd=$(grep -nvE $'^$|^\t\t|^\\.\\. SPDX|^Description:$|^(What|Date|Contact):\t' kmod/ABI.rst || :)
	[ -z "$odd" ]
}

@test "every file of the modules is GPL-2.0-only, and says so first" {
	for file in kmod/*.[ch] kmod/samples/*.[ch] tests/kernel/mdev_{test,odd}/*.[ch] \
		tests/bench/parent/*.[ch]; do
		head -n 1 "$file" | grep -qE '^(//|/\*) SPDX-License-Identifier: GPL-2.0-only( \*/)?$' ||
			{ echo "$file"; return 1; }
	done
}
