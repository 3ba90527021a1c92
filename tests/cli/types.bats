#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev types: what parents offer, on a made root.

load ../helpers

setup() {
	make_root
}

@test "types has parents and types in one table" {
	mdev --root "$ROOT" types
	assert "$(sed 's/ *$//' <<<"$output")" == "\
PARENT       TYPE      AVAILABLE API      NAME      DESCRIPTION
0000:01:00.0 acme-dma          2 vfio-pci DMA
0000:01:00.0 acme-fact         4 vfio-pci Factorial
0000:02:00.0 acme-fact         0 vfio-pci Factorial
soft         soft-1           24 vfio-pci Soft"
}

@test "types -p and -o choose the parent and the columns" {
	mdev --root "$ROOT" types -p 02:00.0 --raw --noheadings -o type,available
	assert "$output" == "acme-fact 0"
	refused 2 "no column 'uuid'" --root "$ROOT" types -o uuid
}

@test "a description of several lines is one cell" {
	printf 'one\ntwo\n' > "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/description"
	mdev --root "$ROOT" types -p soft --noheadings -o description
	assert "$output" == "one, two"
}

@test "types --json has a result for each type" {
	requires jq
	mdev --root "$ROOT" types --json -p soft
	assert "$(jq -c . <<<"$output")" == \
		'{"schema":1,"results":[{"parent":"soft","type":"soft-1","available_instances":24,"device_api":"vfio-pci","name":"Soft","description":null}]}'
}

@test "a number that is none, too large or missing costs its own cell only" {
	requires jq
	cd "$ROOT/sys/class/mdev_bus"
	echo many > 0000:01:00.0/mdev_supported_types/acme-dma/available_instances
	echo 99999999999999999999 > 0000:01:00.0/mdev_supported_types/acme-fact/available_instances
	rm 0000:02:00.0/mdev_supported_types/acme-fact/{available_instances,name}
	printf 'a\0b\n' > soft/mdev_supported_types/soft-1/name
	mdev --root "$ROOT" types --json
	assert "$(jq -c '[.results[] | .available_instances]' <<<"$output")" == '[null,null,null,24]'
	assert "$(jq -c '[.results[] | .name]' <<<"$output")" == '["DMA","Factorial",null,null]'
}

@test "a parent without types is passed over" {
	rm -r "$ROOT/sys/devices/pci0000:00/0000:01:00.0/mdev_supported_types"
	mdev --root "$ROOT" types --noheadings --raw -o parent
	assert "$output" == "0000:02:00.0"$'\n'"soft"
}

@test "types -p takes every way to name a parent" {
	requires root
	mknod "$ROOT/dev/acme0" c 240 7
	mkdir -p "$ROOT/sys/devices/pci0000:00/0000:01:00.0/acme/acme0"
	ln -s ../../devices/pci0000:00/0000:01:00.0/acme/acme0 "$ROOT/sys/dev/char/240:7"
	for parent in 0000:01:00.0 01:00.0 /sys/class/mdev_bus/0000:01:00.0 \
		/sys/bus/pci/devices/0000:01:00.0 /sys/devices/pci0000:00/0000:01:00.0/ \
		"$ROOT/sys/devices/pci0000:00/0000:01:00.0" \
		/dev/acme0 pci:1234:11e8/1 pci:1234:11E8/1 udev:ID_PATH=pci-0000:01:00.0 \
		udev:ID_KIND=mediated,ID_PATH=pci-0000:01:00.0,DRIVER=acme; do
		mdev --root "$ROOT" types -p "$parent" --raw --noheadings -o parent,type
		assert "$output" == "0000:01:00.0 acme-dma"$'\n'"0000:01:00.0 acme-fact" "$parent"
	done
	make_parent devices/pci0000:00/0000:0a:00.0 pci 0x1 0x2
	make_type 0000:0a:00.0 x 1 X
	mdev --root "$ROOT" types -p 0000:0A:00.0 --raw --noheadings -o parent
	assert "$output" == "0000:0a:00.0" "upper case"
}

@test "a parent that is none, or several, is refused with what there is" {
	refused 1 "'pci:1234:11e8' names several PCI devices; say which of 0000:01:00.0 \(/1\), 0000:02:00.0 \(/2\)$" \
		--root "$ROOT" types -p pci:1234:11e8
	refused 1 "'udev:ID_KIND=mediated' names several" --root "$ROOT" types -p udev:ID_KIND=mediated
	refused 1 "no parent '01:00' \(near it: 0000:01:00.0\)" --root "$ROOT" types -p 01:00
	refused 1 "no parent 'nothing' \(registered: 0000:01:00.0, 0000:02:00.0, soft\)" --root "$ROOT" types -p nothing
	refused 1 "no parent 'SOFT' \(near it: soft\)" --root "$ROOT" types -p SOFT
	refused 1 "'0000:03:00.0' has no driver" --root "$ROOT" types -p 03:00.0
	refused 1 "'0000:03:00.0' has no driver" --root "$ROOT" types -p /sys/bus/pci/devices/0000:03:00.0
	refused 1 "no parent 'pci:1234:11e8/3' \(0000:01:00.0 is pci:1234:11e8, 0000:02:00.0 is pci:1234:11e8\)" --root "$ROOT" types -p pci:1234:11e8/3
	refused 1 "no parent 'udev:ID_PATH=x'" --root "$ROOT" types -p udev:ID_PATH=x
	refused 1 "no parent '/dev/nothing'" --root "$ROOT" types -p /dev/nothing
	refused 1 "no parent '/sys/class'" --root "$ROOT" types -p /sys/class
	rm -r "$ROOT/sys/class"
	refused 1 "no parent 'soft': no driver has registered any" --root "$ROOT" types -p soft
	refused 1 "PCI device '0000:01:00.0' has no driver: load the one" --root "$ROOT" types -p 01:00.0
}

@test "a PCI device of several of its kind is ambiguous, though no other is a parent yet" {
	rm "$ROOT/sys/class/mdev_bus/0000:02:00.0"
	refused 1 "'pci:1234:11e8' names several PCI devices" --root "$ROOT" types -p pci:1234:11e8
	mdev --root "$ROOT" types -p pci:1234:11e8/1 --raw --noheadings -o parent,type
	assert "${lines[0]}" == "0000:01:00.0 acme-dma"
	refused 1 "PCI device '0000:02:00.0' has no driver" --root "$ROOT" types -p pci:1234:11e8/2
	rm "$ROOT/sys/bus/pci/devices/0000:02:00.0"
	mdev --root "$ROOT" types -p pci:1234:11e8 --raw --noheadings -o parent,type
	assert "${lines[0]}" == "0000:01:00.0 acme-dma"
}

@test "a FIFO in the place of what udev knows is no property, a large file is an error" {
	local data=$ROOT/run/udev/data/+pci:0000:01:00.0
	rm "$data"
	mkfifo "$data"
	refused 1 "no parent 'udev:ID_PATH=pci-0000:01:00.0'" --root "$ROOT" types -p udev:ID_PATH=pci-0000:01:00.0
	rm "$data"
	truncate -s 3G "$data"
	refused 1 "'udev:ID_PATH=pci-0000:01:00.0' cannot be looked up: what udev knows of '0000:01:00.0': File too large$" \
		--root "$ROOT" types -p udev:ID_PATH=pci-0000:01:00.0
	mdev --root "$ROOT" types -p udev:ID_PATH=pci-0000:02:00.0
}

@test "what could never name a parent is wrong usage" {
	for parent in "" . .. ../soft a/b soft/ /etc /sys/../etc /sys/class/.. pci: pci:1234 pci:1234:11e8/ \
		pci:1234:11e8/0 pci:1234:11e8/x pci:12345:11e8 pci:-1:2 udev: udev:ID_PATH udev:=x \
		$'soft\n' $'\xff' "$(printf 'x%.0s' {1..300})" "$(printf '/sys/%.0s' {1..2000})"; do
		refused 2 "cannot name a parent; try 'mdev types --help'" --root "$ROOT" types -p "$parent"
	done
}

# As a driver with names of several words and long descriptions has them.
@test "a table fits the terminal: one line for each type, what is long is cut" {
	command -v script > /dev/null || skip "needs script"
	local columns type types=$ROOT/sys/class/mdev_bus/0000:01:00.0/mdev_supported_types
	for type in "nvidia-474 GRID A100-5C" "nvidia-475 NVIDIA A100-40C"; do
		make_type 0000:01:00.0 "${type%% *}" 4 "${type#* }"
		echo "num_heads=1, frl_config=60, framebuffer=5120M, max_resolution=4096x2160, max_instance=8" > "$types/${type%% *}/description"
	done
	for columns in 80 120; do
		script -qec "stty cols $columns; NO_COLOR=1 LC_ALL=C.UTF-8 $MDEV --root $ROOT types" /dev/null | tr -d '\r' > "$BATS_TEST_TMPDIR/out"
		assert "$(LC_ALL=C.UTF-8 wc -L < "$BATS_TEST_TMPDIR/out")" -le "$columns"
		assert "$(wc -l < "$BATS_TEST_TMPDIR/out")" -eq "$(("$("$MDEV" --root "$ROOT" types --raw --noheadings | wc -l)" + 1))"
		grep -q '^0000:01:00.0 nvidia-474 *4 vfio-pci GRID A100-5C  *num_heads=1.*…$' "$BATS_TEST_TMPDIR/out"
		grep -q '^0000:01:00.0 nvidia-475 *4 vfio-pci NVIDIA A100-40C num_heads=1.*…$' "$BATS_TEST_TMPDIR/out"
	done
	script -qec "stty cols 80; NO_COLOR=1 $MDEV --root $ROOT types --no-truncate" /dev/null | grep -q 'max_instance=8'
	"$MDEV" --root "$ROOT" types | grep -q 'max_instance=8'
}

# Of the rules of Prometheus' text format, all that a gauge can break: awk reads lines, and fails with the
# first one that is wrong.
well_formed() {
	[ "$(tail -c 1 "$1" | od -An -tx1)" = " 0a" ] || { echo "no newline at the end"; return 1; }
	iconv -f UTF-8 -t UTF-8 "$1" > /dev/null || return
	LC_ALL=C awk '
		function wrong(why) { print NR ": " why ": " $0; failed = 1; exit 1 }
		BEGIN {
			name = "[a-zA-Z_:][a-zA-Z0-9_:]*"
			label = "[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\]|\\\\[\\\\\"n])*\""
		}
		/^# HELP / {
			if ($0 !~ "^# HELP " name " ([^\\\\]|\\\\[\\\\n])+$" || $3 in help) wrong("HELP")
			help[$3]; next
		}
		/^# TYPE / {
			if ($0 !~ "^# TYPE " name " gauge$" || $3 in type || !($3 in help)) wrong("TYPE")
			type[$3]; metric = $3; next
		}
		{
			if ($0 !~ "^" name "{" label "(," label ")*} [0-9]+$") wrong("sample")
			if (substr($0, 1, index($0, "{") - 1) != metric) wrong("not below its TYPE")
			sub(/ [0-9]+$/, "")
			if ($0 in seen) wrong("twice")
			seen[$0]
		}
		END { exit failed }' "$1" || return
	! command -v promtool > /dev/null || promtool check metrics < "$1"
}

# metrics: what types --prometheus prints, samples alone, after its form was checked
metrics() {
	mdev --root "$ROOT" types --prometheus || return
	printf '%s\n' "$output" > "$BATS_TEST_TMPDIR/metrics"
	well_formed "$BATS_TEST_TMPDIR/metrics" || return
	output=$(grep -v '^#' "$BATS_TEST_TMPDIR/metrics" || :)
}

@test "types --prometheus counts the instances of each type by state, and those that are left" {
	make_device soft soft-1 "$U1"
	make_device soft soft-1 "$U2"
	make_device 0000:01:00.0 acme-fact "$U3"
	make_device soft soft-1 44440000-aaaa-4bbb-8ccc-000000000004
	make_process 42 vmm "$(vfio_node 0)"
	make_process 43 vmm "$(vfio_node 2)"
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U2" | make_definition 1.conf
	metrics
	assert "$stderr" == ""
	assert $'\n'"$output" == '
mdev_instances{parent="0000:01:00.0",type="acme-dma",state="held"} 0
mdev_instances{parent="0000:01:00.0",type="acme-dma",state="idle"} 0
mdev_instances{parent="0000:01:00.0",type="acme-dma",state="orphan"} 0
mdev_instances{parent="0000:01:00.0",type="acme-fact",state="held"} 1
mdev_instances{parent="0000:01:00.0",type="acme-fact",state="idle"} 0
mdev_instances{parent="0000:01:00.0",type="acme-fact",state="orphan"} 0
mdev_instances{parent="0000:02:00.0",type="acme-fact",state="held"} 0
mdev_instances{parent="0000:02:00.0",type="acme-fact",state="idle"} 0
mdev_instances{parent="0000:02:00.0",type="acme-fact",state="orphan"} 0
mdev_instances{parent="soft",type="soft-1",state="held"} 1
mdev_instances{parent="soft",type="soft-1",state="idle"} 1
mdev_instances{parent="soft",type="soft-1",state="orphan"} 1
mdev_available_instances{parent="0000:01:00.0",type="acme-dma"} 2
mdev_available_instances{parent="0000:01:00.0",type="acme-fact"} 4
mdev_available_instances{parent="0000:02:00.0",type="acme-fact"} 0
mdev_available_instances{parent="soft",type="soft-1"} 24'
	mdev --root "$ROOT" types --prometheus -p soft
	assert "$(grep -c '^mdev_' <<< "$output")" == 4
	assert "$(grep -c 'parent="soft"' <<< "$output")" == 4
}

@test "types --prometheus escapes what a label may not have, and leaves out what is not known" {
	make_type soft 'a"b\c' x Odd
	make_type soft $'f\xfc"r' 1 Odd
	metrics
	assert "$output" =~ 'type="a\\"b\\\\c",state="held"} 0'
	assert "$output" =~ 'type="f\\\\xfc\\"r",state="held"} 0'
	assert "$output" !~ 'available_instances{parent="soft",type="a'
	rm -r "$ROOT/sys/class/mdev_bus"
	metrics
	assert "$output$stderr" == ""
}

@test "types --prometheus tells by its status when not all was read, and takes no other form" {
	make_device soft soft-1 "$U1"
	make_definition 1.conf <<< nonsense
	mdev 1 --root "$ROOT" types --prometheus
	assert "$stderr" =~ "1.conf:1: "
	rm "$ROOT/etc/mdev.d/1.conf"
	refused 2 "a form of its own" --root "$ROOT" types --prometheus -o type
	mdev 2 --root "$ROOT" --json types --prometheus
}
