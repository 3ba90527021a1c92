# SPDX-License-Identifier: GPL-2.0-or-later
# How many system calls one more device, type or definition costs: as many among a thousand as among
# ten.

load ../helpers

setup() {
	requires strace
	make_root
	# A sanitizer cannot look for leaks under strace.
	export ASAN_OPTIONS=detect_leaks=0
	FOLDER=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices
}

# identities FIRST LAST: one a line
identities() {
	printf '4444%04d-aaaa-4bbb-8ccc-000000000000\n' $(seq "$1" "$2")
}

# As a listing sees them: the folder of a type names its devices.
add_devices() {
	identities "$1" "$2" | (cd "$FOLDER" && xargs touch)
}

# add_definitions FIRST LAST [LINE]...: a file for each
add_definitions() {
	local uuid first=$1 last=$2
	shift 2
	for uuid in $(identities "$first" "$last"); do
		printf '%s\n' "[$uuid]" 'parent = soft' 'type = soft-1' "$@" | make_definition "$uuid.conf"
	done
}

# The calls of a mdev command that look at files or change them, as NAME COUNT lines; as mdevctl, where
# that is the first word. By newfstatat some C libraries do what fstat does; below --root openat2 does
# what openat does on a host.
calls_of() {
	local command=("$MDEV" "$1" --root "$ROOT" "${@:2}")
	[ "$1" != mdevctl ] || command=("$BATS_TEST_TMPDIR/mdevctl" "${@:2}")
	MDEVCTL_ENV_ROOT=$ROOT strace -f -c -e trace=file,desc -o "$BATS_TEST_TMPDIR/calls" \
		"${command[@]}" > /dev/null || return
	awk '$4 ~ /^[0-9]+$/ && !/total|mmap/ { sub(/^newfstatat$/, "fstat", $NF); sub(/^openat2$/, "openat", $NF); calls[$NF] += $4 }
		END { for (name in calls) print name, calls[name] }' "$BATS_TEST_TMPDIR/calls" | sort
}

# add_mdevctls FIRST LAST [PARENT]: definitions where mdevctl has them, as it writes them
add_mdevctls() {
	local folder=$ROOT/etc/mdevctl.d/${3:-soft}
	ln -sf "$(realpath "$MDEV")" "$BATS_TEST_TMPDIR/mdevctl"
	mkdir -p "$folder"
	identities "$1" "$2" | (cd "$folder" && while read -r uuid; do
		printf '{\n  "mdev_type": "soft-1",\n  "start": "auto",\n  "attrs": []\n}' > "$uuid"
	done)
}

# growth BEFORE AFTER COUNT: how many more calls of each name there are for each of COUNT things. Calls
# that handle many things at once do not show up.
growth() {
	join -a 1 -a 2 -e 0 -o 0,1.2,2.2 <(echo "$1") <(echo "$2") | awk -v count="$3" '
		($3 - $2) / count >= 0.1 {
			printf "%s%s %g", separator, $1, ($3 - $2) / count
			separator = ", "
		}'
}

# costs EXPECTED ADD ARGUMENT...: what each of 990 more things costs, made by "ADD FIRST LAST"
costs() {
	local expected=$1 add=$2 few many
	shift 2
	$add 1 10
	few=$(calls_of "$@") || return
	$add 11 1000
	many=$(calls_of "$@") || return
	assert "$(growth "$few" "$many" 990)" == "$expected" "system calls of: mdev $*"
}

@test "a live device costs a listing no system call" {
	costs "" add_devices list
}

@test "a live device costs a listing in JSON no system call" {
	costs "" add_devices list --json
}

@test "a column that looks into the folders of devices costs the same for each" {
	add_folders() {
		add_devices "$1" "$2"
		identities "$1" "$2" | (cd "$ROOT/sys/class/mdev_bus/soft" && xargs mkdir)
		identities "$1" "$2" | sed 's|$|/state|' | (cd "$ROOT/sys/class/mdev_bus/soft" && xargs touch)
	}
	# The third is the link to the IOMMU group, which is not there; a host has readlinkat for it.
	costs "close 2, openat 3, read 1" add_folders list -o uuid,machine,group
}

@test "a definition costs the reading of its file" {
	costs "close 1, fstat 1, openat 1, read 1" add_definitions list --defined
}

@test "a definition that begins otherwise costs completion no system call, nor does a device" {
	add_both() {
		add_devices "$1" "$2"
		add_definitions "$1" "$2"
	}
	costs "" add_both --list-words -- show 55
	costs "" add_both --describe-words -- show 55
	costs "" add_both --list-attributes -- "$U1"
}

@test "a definition that is live as it shall be costs the reading of its file" {
	add_live_definitions() {
		add_devices "$1" "$2"
		add_definitions "$1" "$2" "auto = yes"
	}
	costs "close 1, fstat 1, openat 1, read 1" add_live_definitions apply
}

@test "a definition to create costs the reading of its file and one write" {
	add_automatic() {
		add_definitions "$1" "$2" "auto = yes"
	}
	costs "close 1, fstat 1, openat 1, read 1, write 1" add_automatic --quiet apply
}

@test "a definition to create costs no opening of its type's file, however types take turns" {
	local i
	add_mixed() {
		local i=0 uuid
		for uuid in $(identities "$1" "$2"); do
			printf '[%s]\nparent = soft\ntype = mixed-%d\nauto = yes\n' "$uuid" $((i++ % 60))
		done >> "$ROOT/etc/mdev.d/all.conf"
	}
	for ((i = 0; i < 60; i++)); do
		make_type soft "mixed-$i" 100 Mixed
	done
	costs "write 1" add_mixed --quiet apply
}

@test "as few files may be open as a user allows" {
	local i
	for ((i = 0; i < 60; i++)); do
		make_type soft "mixed-$i" 100 Mixed
		printf '[%s]\nparent = soft\ntype = mixed-%d\nauto = yes\n' "$(identities $((i + 1)) $((i + 1)))" "$i"
	done > "$ROOT/etc/mdev.d/all.conf"
	ulimit -S -n 30
	mdev --root "$ROOT" --quiet apply
	ulimit -S -n "$(ulimit -H -n)"
	assert "$(cat "$FOLDER"/../../mixed-*/create | grep -o 'aaaa' | wc -l)" -eq 60
}

# An event for which another run has worked meanwhile finds its request in neither folder.
@test "an event whose work is done reads no definition, and nothing of sysfs" {
	local calls
	add_definitions 1 100 "auto = yes"
	mdev --root "$ROOT" --quiet apply --event -p soft
	: > "$FOLDER/../create"
	strace -o "$BATS_TEST_TMPDIR/calls" -e inject=faccessat2:error=ENOENT \
		"$MDEV" --root "$ROOT" --quiet apply --event -p soft
	calls=$(sed -n '/run\/mdev"/,/exit_group/p' "$BATS_TEST_TMPDIR/calls")
	assert "$calls" =~ "faccessat2\(.*INJECTED"
	assert "$calls" !~ "mdev\.d|sys/|conf"
	assert "$(wc -l <<< "$calls")" -le 16 "system calls of an event whose work is done: $calls"
	assert "$(< "$FOLDER/../create")" == ""
}

@test "an event does what others asked for, and reads the definitions once" {
	local i
	for ((i = 0; i < 50; i++)); do
		make_parent "devices/virtual/many/many-$i" many
		make_type "many-$i" many-1 1 Many
		printf '[%s]\nparent = many-%d\ntype = many-1\nauto = yes\n' "$(identities $((i + 1)) $((i + 1)))" "$i"
	done > "$ROOT/etc/mdev.d/all.conf"
	mdev --root "$ROOT" --quiet apply --event -p soft
	for ((i = 0; i < 40; i++)); do
		: > "$ROOT/run/mdev/asked/many-$i"
	done
	for ((i = 40; i < 49; i++)); do
		: > "$ROOT/run/mdev/taken/many-$i"
	done
	strace -o "$BATS_TEST_TMPDIR/calls" "$MDEV" --root "$ROOT" --quiet apply --event -p many-49
	for ((i = 0; i < 50; i++)); do
		assert "$(< "$ROOT/sys/class/mdev_bus/many-$i/mdev_supported_types/many-1/create")" == "$(identities $((i + 1)) $((i + 1)))"
	done
	assert "$(find "$ROOT/run/mdev" -type f)" == "$ROOT/run/mdev/lock"
	assert "$(grep -c '"all\.conf"\|/all\.conf"' "$BATS_TEST_TMPDIR/calls")" -eq 1 "readings of the file"
	# Of its parent alone, and of that which it names.
	assert "$(grep -c 'many-7[/"]' "$BATS_TEST_TMPDIR/calls")" -le 12 "$(grep 'many-7[/"]' "$BATS_TEST_TMPDIR/calls")"
}

@test "a type costs the reading of its four attributes" {
	add_types() {
		local i
		for i in $(seq "$1" "$2"); do
			cp -r "$FOLDER/.." "$FOLDER/../../soft-1$i"
		done
	}
	echo text > "$FOLDER/../description"
	costs "close 5, openat 5, read 4" add_types types
}

@test "other devices cost showing one nothing" {
	make_device soft soft-1 "$U1"
	costs "" add_devices show "$U1"
}

@test "other devices and definitions cost applying one nothing" {
	add_both() {
		add_devices "$1" "$2"
		add_definitions "$1" "$2" "auto = yes"
	}
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n' "$U1" | make_definition "$U1.conf"
	costs "" add_both --quiet apply "$U1"
	assert "$(< "$FOLDER/../create")" == "$U1"
	make_device soft soft-1 "$U1"
	costs "" add_both --quiet apply "$U1"
}

@test "other devices cost removing one nothing" {
	make_device soft soft-1 "$U1"
	costs "" add_devices destroy "$U1"
}

# make_farm COUNT: so many definitions in one file
make_farm() {
	identities 1 "$1" | sed 's/.*/[&]\nparent = soft\ntype = soft-1\n/' | make_definition farm.conf
}

@test "definitions of one file cost one change of it to remove, however many" {
	local few words
	make_farm 300
	# shellcheck disable=SC2046 # several words
	few=$(calls_of undefine $(identities 1 10))
	assert "$few" =~ "fsync 2"
	for count in 20 100; do
		make_farm 300
		words=$(identities 1 "$count")
		# shellcheck disable=SC2086 # several words
		assert "$(calls_of undefine $words)" == "$few" "$count words"
		assert "$(grep -c '^\[' "$ROOT/etc/mdev.d/farm.conf")" -eq $((300 - count))
	done
}

@test "definitions of one file cost destroy --undefine one change of it, however many" {
	local words
	for count in 1 10 100; do
		make_farm 300
		for uuid in $(identities 1 "$count"); do
			[ -e "$FOLDER/$uuid" ] || make_device soft soft-1 "$uuid"
		done
		words=$(identities 1 "$count")
		# shellcheck disable=SC2086 # several words
		assert "$(calls_of destroy --undefine $words | grep fsync)" == "fsync 2" "$count words"
		assert "$(grep -c '^\[' "$ROOT/etc/mdev.d/farm.conf")" -eq $((300 - count))
	done
}

# The address of the Nth PCI device.
address() {
	printf '0000:%02x:%02x.0' $((0x10 + $1 / 32)) $(($1 % 32))
}

# add_parents FIRST LAST WAY: PCI parents, and for each a definition that names it in that way;
# "absent-" and a way: one of a device that is not there.
add_parents() {
	local i at
	for i in $(seq "$1" "$2"); do
		at=$(address "$i")
		make_parent "devices/pci0000:00/$at" pci 0x10de "$(printf '0x%04x' "$i")"
		case $3 in
		absent-address) at=0001:${at#*:} ;;
		absent-id) at=$(printf 'pci:1af4:%04x' "$i") ;;
		absent-udev) at=udev:ID_PATH=pci-0001:${at#*:} ;;
		absent-path) at=/sys/devices/pci0001:00/$at ;;
		id) at=$(printf 'pci:10de:%04x' "$i") ;;
		udev) at=udev:ID_PATH=pci-$at ;;
		path) at=/sys/devices/pci0000:00/$at ;;
		esac
		printf '[%s]\nparent = %s\ntype = soft-1\n' "$(identities "$i" "$i")" "$at"
	done >>"$ROOT/etc/mdev.d/all.conf"
}

total_calls() {
	local calls
	calls=$(calls_of "$@" 2>"$BATS_TEST_TMPDIR/said") || {
		cat "$BATS_TEST_TMPDIR/said" >&2
		return 1
	}
	echo "$calls" | awk '{ sum += $2 } END { print sum }'
}

# grows_linearly WAY: twice as many parents and definitions cost twice as much, in a root of their
# own. What looks at each parent for each definition would cost four times as much.
grows_linearly() {
	local way=$1 verb count
	local -A few some many
	rm -r "$ROOT"
	make_root
	add_parents 1 10 "$way"
	for verb in list check; do few[$verb]=$(total_calls "$verb") || return; done
	add_parents 11 20 "$way"
	for verb in list check; do some[$verb]=$(total_calls "$verb") || return; done
	add_parents 21 40 "$way"
	for verb in list check; do many[$verb]=$(total_calls "$verb") || return; done
	for verb in list check; do
		count="${few[$verb]}, ${some[$verb]}, ${many[$verb]} system calls"
		assert "$((4 * (many[$verb] - some[$verb])))" -le "$((10 * (some[$verb] - few[$verb])))" \
			"mdev $verb, $way of 10, 20, 40 parents: $count" || return
	done
}

@test "a PCI parent that is not there costs listing and checking as much with more of them" {
	grows_linearly absent-address
	grows_linearly absent-id
}

@test "a parent by udev's properties costs listing and checking as much with more of them" {
	grows_linearly udev
	grows_linearly absent-udev
}

@test "a parent by its path costs listing and checking as much with more of them" {
	grows_linearly path
	grows_linearly absent-path
}

@test "a parent that is not there costs a listing no more than one that is" {
	local way present absent
	for way in address id; do
		rm -r "$ROOT"
		make_root
		add_parents 1 20 "$way"
		present=$(total_calls list) || return
		rm -r "$ROOT"
		make_root
		add_parents 1 20 "absent-$way"
		absent=$(total_calls list) || return
		assert "$absent" -le "$present" "$way" || return
	done
}

@test "a definition of mdevctl's costs the reading of its file, and no library" {
	costs "close 1, fstat 1, openat 1, read 1" add_mdevctls list --defined
	rm -r "$ROOT/etc/mdevctl.d"
	costs "close 1, fstat 1, openat 1, read 1" add_mdevctls mdevctl list --defined
	strace -e trace=%file -o "$BATS_TEST_TMPDIR/calls" "$MDEV" list --defined --root "$ROOT" > /dev/null
	assert "$(grep -c 'json-c' "$BATS_TEST_TMPDIR/calls")" -eq 0
}

@test "as mdevctl: definitions for other parents cost one parent nothing" {
	add_others() {
		add_mdevctls "$1" "$2" other
	}
	add_mdevctls 1 5
	costs "" add_others mdevctl list --defined -p soft
	costs "" add_others mdevctl start-parent-mdevs soft
	assert "$(grep -o aaaa "$FOLDER/../create" | wc -l)" -eq 5 "devices that are started"
}

@test "as mdevctl: a device to start for a parent costs the reading of its file, one look and one write" {
	# They are counted down, and read again when none is left.
	echo 2000 > "$FOLDER/../available_instances"
	costs "close 1, fstat 1, openat 2, read 1, write 1" add_mdevctls mdevctl start-parent-mdevs soft
}

@test "as mdevctl: definitions cost defining one more nothing" {
	local defined=$ROOT/etc/mdevctl.d/soft/$U1
	add_more() {
		rm -f "$defined"
		add_mdevctls "$1" "$2"
	}
	costs "" add_more mdevctl define -u "$U1" -p soft -t soft-1
	# A listing takes many names at a time, and would not show among so few.
	rm "$defined"
	MDEVCTL_ENV_ROOT=$ROOT strace -e trace=getdents64 -y -o "$BATS_TEST_TMPDIR/calls" \
		"$BATS_TEST_TMPDIR/mdevctl" define -u "$U1" -p soft -t soft-1
	assert "$(grep -c 'mdevctl\.d/soft>' "$BATS_TEST_TMPDIR/calls")" -eq 0 "listings of the parent's definitions"
}

@test "a host without mdevctl's folder pays one look for it, and no library" {
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" | make_definition farm.conf
	for verb in list check "show $U1" "apply -n"; do
		# shellcheck disable=SC2086 # several words
		strace -f -e trace=%file -o "$BATS_TEST_TMPDIR/calls" "$MDEV" --root "$ROOT" $verb > /dev/null
		assert "$(grep -c 'mdevctl\.d"' "$BATS_TEST_TMPDIR/calls")" -eq 1 "$verb"
		assert "$(grep -c 'json-c' "$BATS_TEST_TMPDIR/calls")" -eq 0 "$verb"
	done
}

# Whether any driver of VFIO for PCI functions is loaded, or built in, is looked at once for a run.
@test "a host with mediated devices alone costs two looks that fail, however much is done" {
	local command
	add_devices 1 20
	add_definitions 21 40 'auto = yes'
	for command in 'list' 'types' 'apply' "create $U1 -p soft -t soft-1"; do
		# shellcheck disable=SC2086 # words
		strace -f -e trace=file -o "$BATS_TEST_TMPDIR/looks" "$MDEV" $command --root "$ROOT" > /dev/null
		assert "$(grep -c 'vfio_pci_core\|pci/drivers' "$BATS_TEST_TMPDIR/looks" || :)" -le 2 "looks of: $command"
		assert "$(grep 'vfio_pci_core\|pci/drivers' "$BATS_TEST_TMPDIR/looks" | grep -vc ENOENT || :)" -eq 0 "$command"
		assert "$(grep -c 'run/mdev/vf' "$BATS_TEST_TMPDIR/looks" || :)" -eq 0 "records of: $command"
	done
}

# What a function costs is its file of a type, one without as one with a record beside.
@test "a virtual function costs the reading of its type, and one with a type of its record" {
	local i few many
	make_card 0000:41:00.0 2
	few=$(calls_of list)
	make_card 0000:51:00.0 16
	many=$(calls_of list)
	growth "$few" "$many" 16
	for ((i = 0; i < 16; i++)); do
		record_vgpu 0000:51:00.0 $i "$(identities $i $i)" 5
		set_vgpu 0000:51:00.0 $i 5
	done
	assert "$(growth "$many" "$(calls_of list)" 16)" == "close 1, openat 1, read 2" "of a record"
}

# calls_on_card CARD: of creating, listing and destroying an instance there
calls_on_card() {
	calls_of create "$U1" -p "$1" -t nvidia-5 && calls_of list -p "$1" && calls_of destroy "$U1"
}

@test "other cards cost creating, listing and destroying on one nothing" {
	local alone
	make_card 0000:41:00.0 2
	calls_on_card 0000:41:00.0 # what is made once is there
	alone=$(calls_on_card 0000:41:00.0)
	make_card 0000:31:00.0 2
	make_card 0000:51:00.0 16
	assert "$(calls_on_card 0000:41:00.0)" == "$alone"
}
