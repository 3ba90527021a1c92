#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev list: what is live and what is defined, on a made root.

load ../helpers

setup() {
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device 0000:01:00.0 acme-dma "$U2-3"
	make_definition a.conf <<-E
		[$U1]
		parent = 01:00.0
		type = acme-fact
		auto = yes
		[$U3]
		parent = elsewhere
		type = acme-9
		description = not there yet
	E
}

@test "list has what is live and what is defined in one table" {
	mdev --root "$ROOT" list
	assert "$output" == "\
UUID                                   PARENT       TYPE      AUTO STATE
11110000-aaaa-4bbb-8ccc-000000000001   0000:01:00.0 acme-fact yes  live
22220000-aaaa-4bbb-8ccc-000000000002:3 0000:01:00.0 acme-dma       transient
33330000-aaaa-4bbb-8ccc-000000000003   elsewhere    acme-9    no   defined"
	assert "$stderr" == ""
}

@test "a device that is live on another parent than it is defined for is one device, which differs" {
	requires jq
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n' "$U2:3" | make_definition b.conf
	local options
	for options in "2222" "-p soft" "-p 01:00.0 2222"; do
		# shellcheck disable=SC2086 # several words
		mdev --root "$ROOT" list --raw --noheadings $options
		assert "$output" == "$U2:3 0000:01:00.0 acme-dma yes differs" "$options"
	done
	mdev --root "$ROOT" list --json 2222
	assert "$(jq -c '.results | map([.state, .live.parent, .defined.parent])' <<<"$output")" == '[["differs","0000:01:00.0","soft"]]'
	mdev --root "$ROOT" show 2222
	assert "$output" =~ "state:       differs"$'\n'"  parent:      0000:01:00.0 \(defined: soft\)"
	printf '[%s]\nparent = soft\ntype = soft-1\n[%s]\nparent = 01:00.0\ntype = acme-dma\n' "$U2:3" "$U2:3" | make_definition b.conf
	mdev --root "$ROOT" list --raw --noheadings -o parent,state 2222
	assert "$output" == "0000:01:00.0 live"$'\n'"soft defined" "the definition by which it is live is meant"
	printf '[%s]\nparent = gone\ntype = x\n[%s]\nparent = 01:00.0\ntype = acme-fact\n' "$U2:3" "$U2:3" | make_definition b.conf
	mdev --root "$ROOT" list --raw --noheadings -o parent,state 2222
	assert "$output" == "0000:01:00.0 differs"$'\n'"gone defined" "the type"
}

@test "list calls missing what is auto and not live" {
	printf '[%s]\nparent = soft\ntype = soft-1\nauto = yes\n[%s:1]\nparent = gone\ntype = t\nauto = yes\n' "$U2" "$U2" | make_definition b.conf
	mdev --root "$ROOT" list --raw --noheadings -o parent,state "$U2" "$U2:1"
	assert "$output" == "gone missing"$'\n'"soft missing"
}

@test "a type that nothing has is not one that has no device" {
	mdev --root "$ROOT" list -t soft-1
	assert "$output$stderr" == ""
	refused 1 "no parent and no definition has a type 'soft'; 'mdev types' lists them" --root "$ROOT" list -t soft
	mdev --root "$ROOT" list -t acme-9 --active
	assert "$output$stderr" == "" "defined"
}

@test "options of list choose what is listed" {
	mdev --root "$ROOT" list --noheadings --raw -o uuid --active
	assert "$output" == "$U1"$'\n'"$U2:3"
	mdev --root "$ROOT" list --noheadings --raw -o uuid --defined
	assert "$output" == "$U1"$'\n'"$U3"
	mdev --root "$ROOT" list --noheadings --raw -o uuid -t acme-dma
	assert "$output" == "$U2:3"
	mdev --root "$ROOT" list --noheadings --raw -o uuid -p soft
	assert "$output" == ""
	mdev --root "$ROOT" list --noheadings --raw -o uuid -p pci:1234:11e8/1
	assert "$output" == "$U1"$'\n'"$U2:3"
	mdev --root "$ROOT" list --noheadings --raw -o uuid -p elsewhere
	assert "$output" == "$U3" "a parent that is not there, as the definition calls it"
	refused 1 "there is no parent 'nowhere'" --root "$ROOT" list -p nowhere
}

# On a terminal libsmartcols fits columns to the screen; in a pipe the command prints them itself.
@test "a table is the same on a terminal, in a pipe, and with letters that are not ASCII" {
	command -v script > /dev/null || skip "needs script"
	for args in "list" "list --noheadings -o uuid,params,group,description" "list -o group,type" "types" "types -o name,available,type"; do
		script -qec "stty cols 250; NO_COLOR=1 LC_ALL=C.UTF-8 $MDEV --root $ROOT $args" /dev/null | tr -d '\r' > "$BATS_TEST_TMPDIR/terminal"
		LC_ALL=C.UTF-8 "$MDEV" --root "$ROOT" $args > "$BATS_TEST_TMPDIR/pipe"
		diff "$BATS_TEST_TMPDIR/terminal" "$BATS_TEST_TMPDIR/pipe"
		assert "$(wc -l < "$BATS_TEST_TMPDIR/pipe")" -ge 3
	done
	echo "Füßen" > "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/name"
	LC_ALL=C.UTF-8 mdev --root "$ROOT" types -o name,type
	assert "${lines[0]}" == "NAME      TYPE"
	assert "${lines[4]}" == "Füßen     soft-1"
}

# on_terminal VARIABLES ARGUMENTS: what mdev writes on a terminal of 80 columns
on_terminal() {
	script -qec "stty cols 80; env HOME=$BATS_TEST_TMPDIR $1 $MDEV --root $ROOT $2" /dev/null | tr -d '\r'
}

@test "colours on a terminal, unless they are turned off" {
	command -v script > /dev/null || skip "needs script"
	local esc=$'\e'
	printf '[%s:9]\nparent = soft\ntype = soft-1\nauto = yes\n' "$U1" | make_definition b.conf
	assert "$(on_terminal TERM=xterm "list -o uuid,state --noheadings")" == "\
$U1   ${esc}[32mlive${esc}[0m
$U2:3 ${esc}[32mtransient${esc}[0m
$U3   defined
$U1:9 ${esc}[33mmissing${esc}[0m"
	assert "$(on_terminal TERM=xterm "types -o available --noheadings -p 02:00.0")" =~ "${esc}[[]31m +0$esc"
	for off in "TERM=dumb" "-u TERM" "TERM=xterm NO_COLOR=1"; do
		assert "$(on_terminal "$off" list)" !~ "$esc" "$off"
	done
	mkdir -p "$BATS_TEST_TMPDIR/.config/terminal-colors.d"
	: > "$BATS_TEST_TMPDIR/.config/terminal-colors.d/disable"
	assert "$(on_terminal TERM=xterm list)" !~ "$esc" "disable"
	: > "$BATS_TEST_TMPDIR/.config/terminal-colors.d/mdev.enable"
	assert "$(on_terminal TERM=xterm list)" =~ "$esc" "mdev.enable"
	: > "$BATS_TEST_TMPDIR/.config/terminal-colors.d/mdev.disable"
	assert "$(on_terminal TERM=xterm list)" !~ "$esc" "mdev.disable"
	TERM=xterm mdev --root "$ROOT" list
	assert "$output" !~ "$esc" "in a pipe"
}

# Names of types may be long, as "vfio_ap-passthrough" is, and an identity has a number at its end.
@test "a table fits the terminal, one line for each device, its identity whole" {
	command -v script > /dev/null || skip "needs script"
	local long="one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
	make_type soft vfio_ap-passthrough 4 "VFIO AP Passthrough Device"
	make_device 0000:01:00.0 acme-fact "$U1-17"
	printf '[%s:12]\nparent = soft\ntype = vfio_ap-passthrough\nauto = yes\ndescription = %s\n' "$U1" "$long" | make_definition b.conf
	for options in "" "-o +description" "-o description,uuid,file,params,parent"; do
		on_terminal "NO_COLOR=1 LC_ALL=C.UTF-8" "list $options" > "$BATS_TEST_TMPDIR/out"
		assert "$(LC_ALL=C.UTF-8 wc -L < "$BATS_TEST_TMPDIR/out")" -le 80 "list $options"
		assert "$(wc -l < "$BATS_TEST_TMPDIR/out")" -eq 6 "list $options"
		assert "$(grep -oE '[0-9a-f-]{36}(:[0-9]+)?' "$BATS_TEST_TMPDIR/out" | sort)" == \
			"$(printf '%s\n' "$U1" "$U1:12" "$U1:17" "$U2:3" "$U3" | sort)" "list $options"
	done
	assert "$(on_terminal "NO_COLOR=1 LC_ALL=C.UTF-8" "list -o uuid,parent,type,auto,state 1111:12" | tail -1)" == \
		"$U1:12 soft   vfio_ap-passthrough yes  missing" "what fits is not cut"
	assert "$(on_terminal "NO_COLOR=1 LC_ALL=C.UTF-8" "list -o uuid,description 1111:12" | tail -1)" == \
		"$U1:12 one two three four five six seven eight…"
	assert "$(on_terminal "NO_COLOR=1 LC_ALL=C" "list -o uuid,description 1111:12" | tail -1)" == \
		"$U1:12 one two three four five six seven eig..."
	assert "$(on_terminal "NO_COLOR=1" "list --no-truncate --noheadings -o uuid,description 1111:12")" == "$U1:12 $long"
	mdev --root "$ROOT" list --noheadings -o description 1111:12
	assert "$output" == "$long" "in a pipe"
}

@test "list --raw has one blank between fields, none within, and a dash for an empty one" {
	printf '[%s:9]\nparent = soft\ntype = soft-1\nparams = -\ndescription = a - \\b\n' "$U1" | make_definition b.conf
	mdev --root "$ROOT" list --raw -o uuid,auto,params,description
	assert "$output" == "\
UUID AUTO PARAMS DESCRIPTION
$U1 yes - -
$U2:3 - - -
$U3 no - not\\x20there\\x20yet
$U1:9 no \\x2d a\\x20-\\x20\\x5cb"
	mdev --root "$ROOT" list --raw --tree --noheadings -o uuid,auto 2222
	assert "$output" == "$U2:3 -" "no branches"
}

@test "what a screen does not show is told by its bytes" {
	requires jq
	command -v script > /dev/null || skip "needs script"
	local text
	for text in '\u200b' '\u200f' '\u202e' '\u2066' '\u2060' '\ufeff' '\u061c' '\u00ad' '\u180e' '\U000e0041' '\ufff9' '\u009b' '\u2028'; do
		text=$(LC_ALL=C.UTF-8 printf "%b" "$text")
		printf '[%s:9]\nparent = soft\ntype = soft-1\nattr = a%s x\n' "$U1" "$text" | make_definition b.conf
		printf 'A%sZ\n' "$text" > "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/name"
		local bytes
		bytes=$(printf %s "$text" | od -An -tx1 | tr -d '\n' | sed 's/ /\\x/g')
		LC_ALL=C.UTF-8 mdev --root "$ROOT" types --noheadings -o name -p soft
		assert "$output" == "A${bytes}Z" "a table"
		assert "$(on_terminal "NO_COLOR=1 LC_ALL=C.UTF-8" "types --noheadings -o name -p soft")" == "A${bytes}Z" "a terminal"
		run --separate-stderr env LC_ALL=C.UTF-8 "$MDEV" --root "$ROOT" show "A${text}Z"
		assert "$stderr" =~ "A${bytes//\\/\\\\}Z" "a message"
		mdev --root "$ROOT" types --json -p soft
		assert "$(LC_ALL=C grep -c '[^ -~]' <<<"$output")" == 0 "JSON"
		assert "$(jq -r '.results[].name' <<<"$output")" == "A${text}Z"
	done
}

@test "list takes devices by name, also shortened" {
	mdev --root "$ROOT" list --noheadings --raw -o uuid 3333 "$U2:3"
	assert "$output" == "$U2:3"$'\n'"$U3"
	mdev --root "$ROOT" list --noheadings --raw -o uuid 2222
	assert "$output" == "$U2:3" "the one instance that there is"
	mdev 1 --root "$ROOT" list --noheadings --raw -o uuid 4444 1111
	assert "$output" == "$U1" "the rest is listed all the same"
	assert "$stderr" == "mdev: there is no device '4444'"
	refused 2 "^mdev: '111' is neither a UUID" --root "$ROOT" list 111
	mdev 1 --root "$ROOT" list "$U2"
	assert "$stderr" == "mdev: there is no instance 0 of '$U2', only $U2:3"
}

@test "a beginning of several devices lists them" {
	make_device soft soft-1 11112222-aaaa-4bbb-8ccc-000000000001
	mdev 1 --root "$ROOT" list 1111
	assert "$stderr" =~ "beginning of several devices: $U1, 11112222-" "candidates"
}

@test "columns: by name, added to the default, unknown" {
	mdev --root "$ROOT" list -o uuid,machine,group 1111
	assert "${lines[0]}" =~ ^UUID\ +MACHINE\ +GROUP$
	assert "${lines[1]}" =~ ^$U1\ stopped\ +0$
	mdev --root "$ROOT" list -o +file 3333
	assert "${lines[1]}" =~ "$ROOT/etc/mdev.d/a.conf:5"
	refused 2 "no column 'bogus'" --root "$ROOT" list -o uuid,bogus
	refused 2 "no column ''" --root "$ROOT" list -o ""
}

@test "list --tree has devices below types below parents" {
	LC_ALL=C.UTF-8 mdev --root "$ROOT" list --tree -o uuid,state
	assert "$output" == "\
UUID                                       STATE
0000:01:00.0                               
├─acme-dma                                 
│ └─22220000-aaaa-4bbb-8ccc-000000000002:3 transient
└─acme-fact                                
  └─11110000-aaaa-4bbb-8ccc-000000000001   live
elsewhere                                  
└─acme-9                                   
  └─33330000-aaaa-4bbb-8ccc-000000000003   defined"
}

@test "list --tree has one branch for a type, in whichever order its devices come" {
	make_device 0000:01:00.0 acme-fact "$U3"
	rm "$ROOT/etc/mdev.d/a.conf"
	LC_ALL=C.UTF-8 mdev --root "$ROOT" list --tree -o uuid
	assert "$output" == "\
UUID
0000:01:00.0
├─acme-dma
│ └─22220000-aaaa-4bbb-8ccc-000000000002:3
└─acme-fact
  ├─11110000-aaaa-4bbb-8ccc-000000000001
  └─33330000-aaaa-4bbb-8ccc-000000000003"
}

@test "list --json has what is live and what is defined side by side" {
	requires jq
	mdev --root "$ROOT" list --json
	assert "$(jq -c '.results[0] | keys_unsorted' <<<"$output")" == \
		'["word","uuid","instance","parent","type","state","live","defined","holders","action","changed","code","error"]'
	assert "$(jq -c '.results[0].defined' <<<"$output")" == \
		'{"parent":"01:00.0","type":"acme-fact","auto":true,"params":null,"description":null,"owner":null,"mode":null,"attrs":[],"file":"'"$ROOT"'/etc/mdev.d/a.conf","line":1}'
	assert "$(jq -c '[.results[].instance]' <<<"$output")" == '[0,3,0]'
	assert "$(jq -c '.results[1].live' <<<"$output")" == \
		'{"name":"'"$U2-3"'","kind":"mdev","parent":"0000:01:00.0","type":"acme-dma"}'
	assert "$(jq -c '.results[2] | [.live, .parent, .defined.description]' <<<"$output")" == \
		'[null,"elsewhere","not there yet"]'
	mdev --root "$ROOT" list --json -o +machine,group 1111
	assert "$(jq -c '.results[0].live | [.machine, .iommu_group]' <<<"$output")" == '["stopped",0]'
}

@test "list --json of nothing is a document without results" {
	requires jq
	mdev --root "$ROOT" list --json -p soft
	assert "$(jq -c . <<<"$output")" == '{"schema":1,"results":[]}'
}

@test "a value that is not UTF-8 is an array of bytes in JSON" {
	requires jq
	printf '[%s]\nparent = soft\ntype = soft-1\nattr = a \xff\x01b\n' "$U2" > "$ROOT/etc/mdev.d/b.conf"
	mdev --root "$ROOT" list --json --defined 2222
	assert "$(jq -c '.results[0].defined.attrs' <<<"$output")" == '[{"name":"a","value":[255,1,98]}]'
}

@test "what cannot be read costs its own cell or line only" {
	rm -r "$ROOT/sys/devices/pci0000:00/0000:02:00.0/mdev_supported_types"
	ln -s ../../devices/nowhere "$ROOT/sys/class/mdev_bus/0000:09:00.0"
	ln -s ../../../nowhere "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices/garbage"
	rm -r "$ROOT/sys/class/mdev_bus/0000:01:00.0/$U1"
	mdev --root "$ROOT" list --noheadings --raw -o uuid,group
	assert "${#lines[@]}" -eq 3
	assert "$stderr" == ""
}

@test "list without any mediated devices in the kernel is empty" {
	rm -r "$ROOT/sys/class" "$ROOT/etc/mdev.d"
	mdev --root "$ROOT" list --noheadings
	assert "$output" == ""
}

@test "list --orphans has what is live, not defined, and open nowhere" {
	requires root
	local orphan=44440000-aaaa-4bbb-8ccc-000000000004 held=55550000-aaaa-4bbb-8ccc-000000000005
	make_device soft soft-1 "$orphan"
	make_device soft soft-1 "$held"
	make_process 42 vmm "$(vfio_node 3)"
	for options in --orphans "--orphans --active"; do
		# shellcheck disable=SC2086 # several words
		mdev --root "$ROOT" list $options --raw --noheadings -o uuid,state
		assert "$output$stderr" == "$U2:3 transient
$orphan transient"
	done
	mdev --root "$ROOT" list --orphans -p soft --raw --noheadings -o uuid 4444
	assert "$output" == "$orphan"
	mdev 1 --root "$ROOT" list --orphans 5555
	assert "$stderr" =~ "there is no device '5555'"
	refused 2 "what is defined is no orphan" --root "$ROOT" list --orphans --defined
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR"
	chmod 700 "$ROOT/proc/42/fd"
	run --separate-stderr setpriv --reuid 65534 --clear-groups "$MDEV" --root "$ROOT" list --orphans
	assert "$status $stderr" =~ "^0 mdev: warning: "
	assert "$stderr" == "mdev: warning: processes of others that only root may look into: 1; more may be in use"
}

@test "list --orphans where a definition cannot be read is no success, for that may be of one of them" {
	make_device soft soft-1 44440000-aaaa-4bbb-8ccc-000000000004
	make_definition 0.conf <<< nonsense
	mdev 1 --root "$ROOT" list --orphans --raw --noheadings -o uuid
	assert "$output" =~ 44440000
	assert "$stderr" =~ "0.conf:1: "
}
