#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev create: what it checks and writes. Files of the made root take every write, but no device
# appears; tests/kernel/command.bats has what happens then.

load ../helpers

setup() {
	make_root
	TYPE=$ROOT/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types/acme-fact
}

# The made root has the device already; the signal comes as soon as the kernel was asked for it.
@test "a signal waits until the attributes are written, too" {
	requires strace
	local soft=$ROOT/sys/devices/virtual/soft/soft
	mkdir -p "$soft/$U1/medu"
	for name in HUP INT TERM; do
		: > "$soft/$U1/medu/label"
		status=0
		ASAN_OPTIONS=detect_leaks=0 env --default-signal strace -qq -o /dev/null -P "$soft/mdev_supported_types/soft-1/create" \
			-e trace=write -e inject=write:signal=$name "$MDEV" --root "$ROOT" \
			create "$U1" -p soft -t soft-1 -a medu/label=one > /dev/null || status=$?
		assert "$status" -eq "$((128 + $(kill -l $name)))" "ended by SIG$name"
		assert "$(cat "$soft/$U1/medu/label")" == one "SIG$name"
	done
}

@test "create writes the identity alone, and prints it" {
	mdev --root "$ROOT" create "${U1^^}" -p 01:00.0 -t acme-fact
	assert "$output" == "$U1"
	assert "$(od -c -A n "$TYPE/create")" == "$(printf %s "$U1" | od -c -A n)" "no newline is written"
}

@test "create makes up a UUID when none is given" {
	mdev --root "$ROOT" create -p 01:00.0 -t acme-fact
	assert "$output" =~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
	assert "$(cat "$TYPE/create")" == "$output"
}

@test "an identity that was made up is told before a signal ends it" {
	requires strace
	local told
	status=0
	told=$(ASAN_OPTIONS=detect_leaks=0 env --default-signal strace -qq -o /dev/null -P "$TYPE/create" -e trace=write \
		-e inject=write:signal=INT "$MDEV" --root "$ROOT" create -p 01:00.0 -t acme-fact) || status=$?
	assert "$status" -eq "$((128 + $(kill -l INT)))" "ended by the signal"
	assert "$told" == "$(< "$TYPE/create")"
}

@test "an identity that was made up and cannot be printed is said" {
	requires full
	status=0
	"$MDEV" --root "$ROOT" create -p 01:00.0 -t acme-fact > /dev/full 2> "$BATS_TEST_TMPDIR/err" || status=$?
	assert "$status" -eq 1
	assert "$(head -n 1 "$BATS_TEST_TMPDIR/err")" == \
		"mdev: $(< "$TYPE/create") was created, which could not be printed"
	"$MDEV" --root "$ROOT" define -p soft -t soft-1 > /dev/full 2> "$BATS_TEST_TMPDIR/err" || status=$?
	assert "$(head -n 1 "$BATS_TEST_TMPDIR/err")" == \
		"mdev: $(basename "$ROOT"/etc/mdev.d/*.conf .conf) was defined, which could not be printed"
}

@test "instance number and parameters, on the core that takes them" {
	make_extended
	mdev --root "$ROOT" create "$U1:4" -p 01:00.0 -t acme-fact --params seed=5,x:y
	assert "$output" == "$U1:4"
	assert "$(cat "$TYPE/create")" == "$U1:4:seed=5,x:y"
	: > "$TYPE/create"
	mdev --root "$ROOT" create "$U1" --instance=4 -p 01:00.0 -t acme-fact
	assert "$(cat "$TYPE/create")" == "$U1:4"
	: > "$TYPE/create"
	mdev --root "$ROOT" create "$U1" -p 01:00.0 -t acme-fact --params 77
	assert "$(cat "$TYPE/create")" == "$U1:0:77" "digits are not taken for the instance"
}

# The project's core runs drivers that were made for the kernel's own, too.
@test "a driver that knows neither is not asked, on the core that takes them" {
	make_extended
	rm "$ROOT/sys/class/mdev_bus/soft/mdev_create"
	refused 1 "cannot create $U1:4: the driver of parent 'soft' takes no instance number" \
		--root "$ROOT" create "$U1:4" -p soft -t soft-1
	refused 1 "cannot create $U1: the driver of parent 'soft' takes no parameters" \
		--root "$ROOT" create "$U1" -p soft -t soft-1 --params a=b
	make_definition a.conf <<-E
		[$U2:1]
		parent = soft
		type = soft-1
		auto = yes
	E
	run -1 --separate-stderr "$MDEV" --root "$ROOT" apply
	assert "$stderr" =~ "$U2:1.*the driver of parent 'soft' takes no instance number"
	assert "$(cat "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create")" == ""
	mdev --root "$ROOT" create "$U3" -p soft -t soft-1
	assert "$output" == "$U3"
	mdev --root "$ROOT" create "$U1:4" -p 01:00.0 -t acme-fact
	assert "$output" == "$U1:4"
}

@test "the kernel's own core takes neither" {
	refused 1 "cannot create $U1:4: the loaded mdev core is the kernel's own, which takes no instance number" \
		--root "$ROOT" create "$U1:4" -p 01:00.0 -t acme-fact
	refused 1 "takes no parameters" --root "$ROOT" create "$U1" -p 01:00.0 -t acme-fact --params a=b
	assert "$(cat "$TYPE/create")" == ""
}

@test "refused before anything is written" {
	make_device soft soft-1 "$U2"
	before=$(fingerprint)
	refused 1 "cannot create $U2: it is live already, on parent 'soft' with type 'soft-1'" \
		--root "$ROOT" create "$U2" -p 01:00.0 -t acme-fact
	refused 1 "no instance of type 'acme-fact' is left on parent '0000:02:00.0'" \
		--root "$ROOT" create "$U1" -p 02:00.0 -t acme-fact
	refused 1 "parent 'soft' has no type 'acme' \(it has soft-1 'Soft'\)" --root "$ROOT" create "$U1" -p soft -t acme
	refused 1 "there is no parent 'none'" --root "$ROOT" create "$U1" -p none -t acme
	refused 1 "it is not defined; name --parent and --type" --root "$ROOT" create "$U1"
	assert "$(fingerprint)" == "$before"
}

@test "who takes up the instances is said" {
	make_device 0000:02:00.0 acme-fact "$U2"
	refused 1 "is left on parent '0000:02:00.0': taken up by $U2" --root "$ROOT" create "$U1" -p 02:00.0 -t acme-fact
}

@test "a type may be named as its parent calls it" {
	make_type 0000:01:00.0 acme-474 4 "GRID A100-5C"
	make_type 0000:01:00.0 acme-475 4 "GRID A100-10C"
	make_type 0000:01:00.0 acme-1 4 "Twice"
	make_type 0000:01:00.0 acme-2 4 "Twice"
	local parent=$ROOT/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types
	for name in "GRID A100-5C" GRID_A100-5C; do
		mdev --root "$ROOT" create "$U1" -p 01:00.0 -t "$name"
		assert "$(< "$parent/acme-474/create")" == "$U1"
		: > "$parent/acme-474/create"
		mdev --root "$ROOT" define "$U1" -p 01:00.0 -t "$name"
		mdev --root "$ROOT" list --noheadings --raw -o type -t "$name"
		assert "$output" == acme-474 "definitions have the id"
		mdev --root "$ROOT" modify "$U1" -t "GRID A100-10C"
		assert "$(grep ^type "$ROOT/etc/mdev.d/$U1.conf")" == "type = acme-475"
		mdev --root "$ROOT" undefine "$U1"
	done
	refused 1 "parent '0000:01:00.0' has no type 'GRID A100-5D' \(it has acme-474 'GRID A100-5C', acme-475 'GRID A100-10C'\)" \
		--root "$ROOT" create "$U1" -p 01:00.0 -t "GRID A100-5D"
	refused 1 "parent '0000:01:00.0' calls several types 'Twice': acme-1, acme-2" \
		--root "$ROOT" create "$U1" -p 01:00.0 -t Twice
	mdev --root "$ROOT" list -t Twice
	refused 1 "no parent and no definition has a type 'Thrice'" --root "$ROOT" list --noheadings -t Thrice
	mdev --root "$ROOT" define "$U2" -p absent -t GRID_A100-5C
	assert "$(grep ^type "$ROOT/etc/mdev.d/$U2.conf")" == "type = GRID_A100-5C" "of an absent parent nothing is known"
}

@test "a definition by hand has the id of a type, and a name is told to be one" {
	make_type 0000:01:00.0 acme-474 4 "GRID A100-5C"
	printf '[%s]\nparent = 01:00.0\ntype = GRID A100-5C\n' "$U1" | make_definition a.conf
	refused 1 "parent '0000:01:00.0' has no type 'GRID A100-5C': that is what it calls 'acme-474'" --root "$ROOT" create "$U1"
}

@test "wrong usage of create" {
	before=$(fingerprint)
	for uuid in "" x "$U1:" "$U1:x" "$U1:-1" "$U1:4294967296" "$U1:01" "$U1-1" "$U1 " "../$U1" /etc/passwd \
		"${U1}0" "${U1%?}" 1111 $'\xff' "$(printf 'a%.0s' {1..5000})"; do
		refused 2 "is neither a UUID nor UUID:INSTANCE; try 'mdev create --help'" \
			--root "$ROOT" create -p 01:00.0 -t acme-fact "$uuid"
	done
	for type in "" . .. ../acme-fact acme/fact /etc $'a\n' $'\xff' "$(printf 'a%.0s' {1..256})"; do
		refused 2 "cannot be the name of a type" --root "$ROOT" create "$U1" -p 01:00.0 -t "$type"
	done
	for attr in "" x =x ../x=1 /x=1 a/../b=1 remove=1 uevent=1 a//b=1 a/=1 x= $'x=a\nb' $'\xff=1' "a b=1"; do
		refused 2 "mdev: .*; try 'mdev create --help'" --root "$ROOT" create "$U1" -p 01:00.0 -t acme-fact -a "$attr"
	done
	for n in "" x -1 4294967296; do
		refused 2 "is not an instance number" --root "$ROOT" create "$U1" -p 01:00.0 -t acme-fact --instance="$n"
	done
	refused 2 "two instance numbers" --root "$ROOT" create "$U1:1" -p 01:00.0 -t acme-fact -i 2
	refused 2 "parameters are empty or not plain" --root "$ROOT" create "$U1" -p 01:00.0 -t acme-fact --params ""
	refused 2 "parameters are empty or not plain" --root "$ROOT" create "$U1" -p 01:00.0 -t acme-fact --params $'a\nb'
	refused 2 "\-\-type needs --parent" --root "$ROOT" create "$U1" -t acme-fact
	refused 2 "without a UUID" --root "$ROOT" create -p 01:00.0
	refused 2 "\-\-auto goes with --define" --root "$ROOT" create "$U1" -p 01:00.0 -t acme-fact --auto
	refused 2 "unexpected argument '$U2'" --root "$ROOT" create "$U1" "$U2" -p 01:00.0 -t acme-fact
	assert "$(fingerprint)" == "$before"
}

@test "an attribute of a device that is not there to be found is an error" {
	refused 1 "it is not to be found after it was made" --root "$ROOT" create "$U1" -p 01:00.0 -t acme-fact -a a=b
}

@test "an attribute is written with a newline, and a value that was not kept is warned of" {
	local soft=$ROOT/sys/devices/virtual/soft/soft
	mkdir -p "$soft/$U1/medu"
	: > "$soft/$U1/medu/label"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1 -a medu/label=one
	assert "$(od -c -A n "$soft/$U1/medu/label")" == "$(echo one | od -c -A n)"
	assert "$stderr" == ""
	# The text is longer than what is written over it, and the file does not shrink.
	echo first > "$soft/$U1/medu/label"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1 -a medu/label=two
	assert "$stderr" =~ "warning: $U1: attribute 'medu/label' was given the value 'two', but now has 'two"
}

@test "what no instance can be given is refused before one is made" {
	local value
	value=$(printf 'a%.0s' {1..5000})
	for name in driver_override uevent remove power/control driver/unbind modalias; do
		refused 2 "'$name' is the kernel's own file, not an attribute of the driver's" \
			--root "$ROOT" create "$U1" -p soft -t soft-1 -a "$name=x"
	done
	refused 2 "the value of attribute 'label' is 5000 bytes long, and 4095 can be written" \
		--root "$ROOT" create "$U1" -p soft -t soft-1 -a "label=$value"
	printf '[%s]\nparent = soft\ntype = soft-1\nattr = driver_override x\n' "$U1" | make_definition a.conf
	refused 1 "cannot create $U1: 'driver_override' is the kernel's own file" --root "$ROOT" create "$U1"
	mdev 1 --root "$ROOT" check
	assert "$stderr" =~ "a.conf:1: 'driver_override' is the kernel's own file"
	assert "$(< "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create")" == ""
}

@test "create --define also writes a definition" {
	mdev --root "$ROOT" create "$U1" -p udev:ID_PATH=pci-0000:01:00.0 -t acme-fact --define --auto
	assert "$(tail -n 4 "$ROOT/etc/mdev.d/$U1.conf")" == "\
[$U1]
parent = udev:ID_PATH=pci-0000:01:00.0
type = acme-fact
auto = yes"
}

@test "a definition serves when no type is given" {
	make_extended
	make_definition a.conf <<-E
		[$U1:2]
		parent = elsewhere
		type = acme-9
		[$U1:2]
		parent = 01:00.0
		type = acme-fact
		params = seed=1
		[$U3]
		parent = elsewhere
		type = acme-9
	E
	mdev --root "$ROOT" create 1111
	assert "$output" == "$U1:2"
	assert "$(cat "$TYPE/create")" == "$U1:2:seed=1" "of the definition whose parent is there"
	refused 1 "$U3: it is defined for parent 'elsewhere' \($ROOT/etc/mdev.d/a.conf:8\): there is no parent 'elsewhere' \(registered: " \
		--root "$ROOT" create "$U3"
	refused 1 "$U1:2: it is defined for parent 'elsewhere' .*: there is no parent 'elsewhere' \(registered: " --root "$ROOT" create "$U1:2" -p soft
}
