# SPDX-License-Identifier: GPL-2.0-or-later
# The points of the design's review table that show in the sources of the modules. Those that show in
# behaviour are held by tests/kernel/review.bats and review-interface.bats.

setup() {
	cd "$BATS_TEST_DIRNAME/../../kmod" || return
}

# nowhere PATTERN FILE...: no line matches; prints those that do
nowhere() {
	! grep -nE "$@"
}

# The text of a function, found by its name at the beginning of a line's end
body_of() {
	sed -n "/^[a-z].*\<$1(.*[^;]\$/,/^}/p" mdev_*.c
}

# The names of the files and folders that the core makes in sysfs
sysfs_names() {
	sed -nE 's/.*__ATTR_(RO|WO|RW)\((\w+)\);/\2/p
		s/^static (DEVICE|CLASS)_ATTR_(RO|WO|RW)\((\w+)\);/\3/p
		s/.*mdev_door_init\(.*"(\w+)"\);/\1/p
		s/.*kobject_create_and_add\("(\w+)".*/\1/p
		s/.*kset_create_and_add\("(\w+)".*/\1/p
		s/.*sysfs_create_link\(.*"(\w+)"\);/\1/p
		s/.*class_compat_register\("(\w+)"\);/\1/p' mdev_*.c | sort -u
}

@test "R1 what there is in sysfs is described in ABI.rst" {
	names=$(sysfs_names)
	[ "$(wc -l <<<"$names")" -ge 17 ]
	for name in $names; do
		grep -E "^What:.*/$name(/|\$)" ABI.rst || { echo "ABI.rst lacks $name"; return 1; }
	done
}

@test "R1 the header says what this is, and the guide how to use every callback" {
	grep '^ \* DOC: What a mediated device is$' mdev.h
	callbacks=$(sed -n '/^struct parent_ops {/,/^}/s/.*(\*\([a-z_]*\))(.*/\1/p' mdev.h)
	[ "$(wc -l <<<"$callbacks")" -ge 16 ]
	for name in $callbacks; do
		grep -qw "$name" guide.rst || { echo "guide.rst lacks $name"; return 1; }
	done
}

@test "R2 the config symbol is VFIO_MDEV, and depends on VFIO" {
	sed -n '/^config VFIO_MDEV$/,/^config/p' Kconfig | grep -x $'\tdepends on VFIO'
	nowhere '^config +MDEV' Kconfig
}

@test "R3 lists and locks of the core are there from the beginning" {
	grep -E '^(static )?LIST_HEAD\(' mdev_*.c
	grep -E '^(static )?DEFINE_MUTEX\(' mdev_*.c
	# What is initialized when it runs is a member of something that was allocated.
	! grep -nE '\<(INIT_LIST_HEAD|mutex_init|spin_lock_init)\(' mdev_*.c | grep -v -e '->'
}

@test "R6 what registration requires is called so in the header" {
	flaws=$(body_of mdev_ops_flaw)
	names=$(grep -o 'ops->[a-z_]*' <<<"$flaws" | sed 's/ops->//' | sort -u)
	[ "$(wc -l <<<"$names")" -ge 12 ]
	for name in $names; do
		# It is one of the two, and the other one says when it is required.
		[ "$name" != max_instances ] || continue
		sed -n "/^ \* @$name:/,/^ \* @\|^ \*\$/p" mdev.h | sed '1!{/^ \* @/d}' |
			grep -E 'Required|[Gg]oes with' ||
			{ echo "mdev.h does not say that $name is required"; return 1; }
	done
}

@test "R8 the header says what is serialized, and how a parent asks for more" {
	doc=$(sed -n '/^ \* DOC: What the core serializes$/,/\*\/$/p' mdev.h)
	for word in create destroy start stop open close read write serialize; do
		grep -qw "$word" <<<"$doc" || { echo "no word of $word"; return 1; }
	done
	# The reader of mdev_core.c finds the lock behind it in the order of locks.
	grep -E '^ \* parent_device\.ops_lock$' mdev_core.c
}

@test "R10 every lock has its place in the order at the head of mdev_core.c" {
	head=$(sed -n '/^ \* Locking$/,/^ \*\/$/p' mdev_core.c)
	locks=$(sed -nE 's/^\t(struct mutex|spinlock_t) (\w+);.*/\2/p
		s/^(static )?DEFINE_(MUTEX|SPINLOCK)\((\w+)\);/\3/p' mdev*.[ch])
	[ "$(wc -l <<<"$locks")" -ge 4 ]
	for lock in $locks; do
		grep -E "^ \* (\w+\.)?$lock\$" <<<"$head" || { echo "no place for $lock"; return 1; }
	done
}

@test "R10 what is called with a lock held asserts it" {
	for lock in mdev_lock mdev-\>op_lock; do
		grep -F "lockdep_assert_held(&$lock)" mdev_*.c
	done
	names=$(sed -nE '/^ \* \w+\(\) - /h; /^ \* Context: \w+ held/{x;s/^ \* (\w+)\(\).*/\1/p}' mdev_*.c)
	[ -n "$names" ]
	for name in $names; do
		body_of "$name" | grep lockdep_assert_held || { echo "$name asserts nothing"; return 1; }
	done
}

# pointers TYPE NAMES: pointers to a structure have one of the names
pointers() {
	! grep -noE "struct $1 \*+[a-z_]+[;,)= ]" -- *.[ch] samples/*.[ch] |
		grep -vE "\*($2)[;,)= ]\$"
}

@test "R14 one thing has one name" {
	nowhere '\<(mdrv|mdriver|mdev_drv)\>' -- *.[ch] samples/*.[ch]
	pointers mdev_driver drv
	pointers mdev_device 'mdev|next|devices'
	pointers parent_device parent
	pointers mdev_type 'type|next'
	pointers mdev_machine machine
}

@test "R15 the opposite of start is stop" {
	nowhere -i 'shut ?down' -- *.[ch] samples/*.[ch] ABI.rst guide.rst
	grep -E '\(\*stop\)' mdev.h
}

@test "R16 the core knows nothing of PCI, nor of kinds of spaces" {
	nowhere -i '\<pci|_pci_|emul' mdev*.[ch]
	grep -E '\(\*read\)\(struct mdev_device \*mdev, char \*buf, size_t count,$' mdev.h
}

@test "R17 region info is VFIO's own, with its capabilities" {
	sed -n '/(\*get_region_info)/,/;/p' mdev.h | tr -s ' \n\t' ' ' |
		grep -F 'struct vfio_region_info *info, struct vfio_info_cap *caps);'
}

@test "R18 nothing is printed or copied into a buffer of fixed size" {
	nowhere '\<(v?sprintf|s[cn]+printf|strcpy|strcat|strncpy|strlcpy)\(' mdev*.[ch] vfio_mdev*.[ch]
	nowhere '\<char \w+\[[^]]' mdev*.[ch] vfio_mdev*.[ch]
	[ "$(cat mdev_*.c | grep -c 'sysfs_emit(')" -ge 4 ]
}

@test "R20 types fit what they hold, and UUIDs are parsed by the kernel" {
	nowhere '%(d|i|ld)\>' mdev*.[ch]
	grep -E '^	u32 instance;$' mdev.h
	grep -w guid_parse mdev_request.c
	nowhere '\<(isxdigit|hex_to_bin|hex2bin|strsep|simple_strto\w+|sscanf)\(' mdev*.[ch]
}
