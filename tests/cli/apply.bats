#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev apply: the plan and what it writes, on a made root that takes every write but shows no new
# device. What follows a write is for the tests in the virtual machine.

load ../helpers

setup() {
	make_root
	FACT=$ROOT/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types/acme-fact/create
	SOFT=$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create
}

# Three good definitions in as many files.
make_definitions() {
	printf '[%s]\nparent = udev:ID_PATH=pci-0000:01:00.0\ntype = acme-fact\nauto = yes\n' "$U1" |
		make_definition 1.conf
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = no\n' "$U2" | make_definition 2.conf
	printf '[%s]\nparent = elsewhere\ntype = soft-1\nauto = yes\n' "$U3" | make_definition 3.conf
}

@test "nothing defined: nothing done, nothing said" {
	for args in "" "-p soft" "-p nonsense" "--all"; do
		# shellcheck disable=SC2086 # words
		mdev --root "$ROOT" apply $args
		assert "$output$stderr" == ""
	done
	assert "$(ls "$ROOT/run")" == $'mdev.d\nudev' "not even locked"
}

@test "what is auto and missing is created" {
	make_definitions
	mdev --root "$ROOT" apply
	assert "$output" == "create $U1 parent 0000:01:00.0 type acme-fact from $ROOT/etc/mdev.d/1.conf"
	assert "$stderr" == ""
	assert "$(cat "$FACT")" == "$U1"
	assert "$(cat "$SOFT")" == ""
}

@test "--all creates the others, too" {
	make_definitions
	mdev --root "$ROOT" --quiet apply --all
	assert "$output" == ""
	assert "$(cat "$SOFT")" == "$U2"
}

@test "what is live as defined is left alone" {
	make_definitions
	make_device 0000:01:00.0 acme-fact "$U1"
	mdev --root "$ROOT" apply
	assert "$output$stderr" == ""
	assert "$(cat "$FACT")" == ""
}

@test "one parent, by any name, and one that nothing is defined for" {
	make_definitions
	mdev --root "$ROOT" apply --all -p soft
	assert "$output" == "create $U2 parent soft type soft-1 from $ROOT/etc/mdev.d/2.conf"
	mdev --root "$ROOT" apply --all -p 02:00.0
	assert "$output$stderr" == ""
	mdev --root "$ROOT" apply -p pci:1234:11e8/1
	assert "$(cat "$FACT")" == "$U1"
	refused 1 "there is no parent 'nonsense'" --root "$ROOT" apply -p nonsense
	refused 2 "cannot name a parent" --root "$ROOT" apply -p ../soft
}

@test "--dry-run prints the plan and does nothing" {
	make_definitions
	make_device soft soft-1 "$U2"
	before=$(fingerprint)
	mdev --root "$ROOT" apply --dry-run
	assert "$output" == "\
create $U1 parent 0000:01:00.0 type acme-fact from $ROOT/etc/mdev.d/1.conf
keep $U2 parent soft type soft-1 from $ROOT/etc/mdev.d/2.conf
absent $U3 parent elsewhere type soft-1 from $ROOT/etc/mdev.d/3.conf"
	assert "$(fingerprint)" == "$before"
}

@test "a parent that is not there is told to who asks" {
	make_definitions
	mdev --root "$ROOT" -v apply
	assert "$stderr" == "mdev: $U3: its parent 'elsewhere' is not there, ignoring"
}

@test "another type or parent is reported and left alone" {
	make_definitions
	make_device 0000:01:00.0 acme-dma "$U1"
	refused 1 "^mdev: left alone: $U1 \($ROOT/etc/mdev.d/1.conf:1\): it is live on parent '0000:01:00.0' with type 'acme-dma', but defined for parent '0000:01:00.0' with type 'acme-fact'" \
		--root "$ROOT" apply
	assert "$(cat "$FACT")" == ""
}

@test "one that is refused stops no other" {
	local id=44440000-aaaa-4bbb-8ccc-000000000004
	make_definitions
	printf '[%s]\nparent = 01:00.0\ntype = no-such\nauto = yes\n' "$id" | make_definition 0.conf
	mdev 1 --root "$ROOT" apply
	assert "$stderr" == "mdev: cannot create $id ($ROOT/etc/mdev.d/0.conf:1): parent '0000:01:00.0' has no type 'no-such' (it has acme-dma, acme-fact)"
	assert "$(cat "$FACT")" == "$U1"
}

@test "one that cannot be read stops no other" {
	make_definitions
	make_definition 0.conf <<< "nonsense"
	mdev 1 --root "$ROOT" apply
	assert "$stderr" == "mdev: $ROOT/etc/mdev.d/0.conf:1: no '=' in the line"
	assert "$(cat "$FACT")" == "$U1"
}

@test "what is wrong is said to the log once, not for each parent and event" {
	make_definitions
	make_definition 0.conf <<< "nonsense"
	printf '[%s]\nparent = 01:00.0\ntype = no-such\nauto = yes\n' 44440000-aaaa-4bbb-8ccc-000000000004 | make_definition 9.conf
	logged() {
		"$MDEV" --root "$ROOT" --syslog -q apply "$@" || return # udev would log a failure, too
		cat "$ROOT/run/mdev.said"
	}
	first=$(logged -p 01:00.0)
	assert "$first" == "\
$ROOT/etc/mdev.d/0.conf:1: no '=' in the line
cannot create 44440000-aaaa-4bbb-8ccc-000000000004 ($ROOT/etc/mdev.d/9.conf:1): parent '0000:01:00.0' has no type 'no-such' (it has acme-dma, acme-fact)"
	before=$(stat -c '%i %y' "$ROOT/run/mdev.said")
	assert "$(logged -p 01:00.0)" == "$first"
	assert "$(logged -p soft)" == "$first"
	assert "$(stat -c '%i %y' "$ROOT/run/mdev.said")" == "$before" "not even written again"
	mdev 1 --root "$ROOT" apply -p soft
	assert "$stderr" =~ "0.conf:1: no '='" "who looks at it is told each time"
	assert "$(ls "$ROOT/run")" == $'mdev.d\nmdev.lock\nudev' "and so is the log then"
}

@test "what is said to the log once has a line, whatever a file is called" {
	printf 'nonsense\n' > "$ROOT/etc/mdev.d/a"$'\n'"b.conf"
	for _ in 1 2; do
		mdev --root "$ROOT" --syslog apply -p soft
		assert "$(< "$ROOT/run/mdev.said")" == "$ROOT/etc/mdev.d/a\\x0ab.conf:1: no '=' in the line"
	done
}

@test "a parent that is several, or can be none, is named with file and line" {
	make_definition 0.conf <<-E
		[$U1]
		parent = pci:1234:11e8
		type = acme-fact
		auto = yes
		[$U2]
		parent = ../soft
		type = soft-1
		auto = yes
	E
	mdev 1 --root "$ROOT" apply
	assert "$stderr" == "\
mdev: $ROOT/etc/mdev.d/0.conf:1: 'pci:1234:11e8' names several PCI devices; say which of 0000:01:00.0 (/1), 0000:02:00.0 (/2)
mdev: $ROOT/etc/mdev.d/0.conf:5: '../soft' cannot name a parent"
	assert "$output" == ""
}

@test "several definitions of one identity: the first whose parent is there is meant" {
	for parent in elsewhere soft 01:00.0; do
		printf '[%s]\nparent = %s\ntype = soft-1\nauto = yes\n' "$U1" "$parent"
	done | make_definition 0.conf
	mdev --root "$ROOT" apply
	assert "$output" == "create $U1 parent soft type soft-1 from $ROOT/etc/mdev.d/0.conf"
	assert "$stderr" =~ "$U1: $ROOT/etc/mdev.d/0.conf:5 for parent 'soft' is meant, not $ROOT/etc/mdev.d/0.conf:9 for '01:00.0'"
}

@test "several definitions of one identity: by which it is live, that one is meant" {
	for parent in soft 01:00.0; do
		printf '[%s]\nparent = %s\ntype = acme-fact\nauto = yes\n' "$U1" "$parent"
	done | make_definition 0.conf
	make_device 0000:01:00.0 acme-fact "$U1"
	mdev --root "$ROOT" -v apply
	assert "$output" == ""
	assert "$stderr" =~ "0.conf:5 for parent '01:00.0' is meant, not $ROOT/etc/mdev.d/0.conf:1 for 'soft'"
}

@test "udev's parent that went again meanwhile is no failure" {
	make_definitions
	mdev --root "$ROOT" --syslog apply -p 0000:05:00.0
	assert "$stderr" == ""
	[ ! -e "$ROOT/run/mdev.said" ]
	refused 1 "there is no parent '0000:05:00.0'" --root "$ROOT" apply -p 0000:05:00.0
}

@test "--prune destroys what is not defined, unless a definition cannot be read" {
	make_definitions
	make_device soft soft-1 "$U2"
	make_device soft soft-1 "$U3-7"
	make_device 0000:01:00.0 acme-dma 44440000-aaaa-4bbb-8ccc-000000000004
	mdev --root "$ROOT" apply --prune -p soft
	assert "$output" == "destroy $U3:7 parent soft type soft-1"
	assert "$(cat "$ROOT"/sys/bus/mdev/devices/*/remove)" == "1"
	make_definition 0.conf <<< "nonsense"
	mdev 1 --root "$ROOT" apply --prune
	assert "$stderr" =~ "nothing is destroyed: a definition that cannot be read"
	assert "$(cat "$ROOT"/sys/bus/mdev/devices/*/remove)" == "1"
}

@test "--prune leaves what is in use, and says by whom" {
	make_definitions
	make_device soft soft-1 "$U3"
	make_device soft soft-1 "$U3-7"
	mkdir -p "$ROOT/proc/42/fd"
	echo vmm > "$ROOT/proc/42/comm"
	ln -s "$(vfio_node 0)" "$ROOT/proc/42/fd/3"
	mdev 1 --root "$ROOT" apply --prune -p soft
	assert "$output" == "destroy $U3:7 parent soft type soft-1"
	assert "$stderr" == "mdev: cannot destroy $U3: it is in use by PID 42 'vmm'"
	assert "$(cat "$ROOT/sys/bus/mdev/devices/$U3/remove")" == ""
}

@test "JSON has the devices, the actions and the errors" {
	requires jq
	make_definitions
	printf '[%s]\nparent = 01:00.0\ntype = no-such\nauto = yes\n' "$U2" | make_definition 0.conf
	mdev 1 --root "$ROOT" apply --json
	assert "$(jq -c '.results | map([.uuid[0:4], .action, .error != null])' <<<"$output")" == \
		'[["2222","create",true],["1111","create",false],["2222","shadowed",false],["3333","absent",false]]'
	assert "$(jq -c '.results[0] | keys_unsorted' <<<"$output")" == \
		'["word","uuid","instance","parent","type","state","live","defined","holders","action","changed","code","error"]'
}

# Holds the lock of all parents, as an open file's own (F_OFD_SETLK), until its input ends.
hold_lock() {
	perl -e 'open(my $file, "+>", $ARGV[0]) or die; my $lock = pack("s s x4 q q l x4", 1, 0, 0, 0, 0);
		fcntl($file, 37, $lock) or die; print "held\n"; close(STDOUT); <STDIN>' "$ROOT/run/mdev.lock"
}

# That those of different parents do not is shown where there are drivers that take their time.
@test "an apply waits for another one, which holds the lock" {
	make_definitions
	coproc HOLDER { hold_lock; }
	read -r <&"${HOLDER[0]}"
	"$MDEV" --root "$ROOT" -q apply -p 01:00.0 3>&- &
	"$MDEV" --root "$ROOT" -q apply -p soft --all 3>&- &
	for _ in $(seq 1000); do
		[ "$(grep -c -e '-> OFDLCK' /proc/locks)" = 2 ] && break
		read -rt 0.01 <> <(:) || :
	done
	assert "$(cat "$FACT" "$SOFT")" == "" "nothing is written meanwhile"
	eval "exec ${HOLDER[1]}>&-"
	wait
	assert "$(cat "$FACT" "$SOFT")" == "$U1$U2"
}
