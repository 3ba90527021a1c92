#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Whose the nodes of an instance are: in definitions, as options, and as the kernel has it. The root is
# made; tests/kernel/owner.bats has a user who opens a device.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
	DEFINED="[$U1]"$'\n'"parent = soft"$'\n'"type = soft-1"$'\n'
}

# wrong TEXT SENTENCE: the line of a definition is reported so, and the definition is not used.
wrong() {
	printf '%s%s\n' "$DEFINED" "$1" | make_definition a.conf
	mdev 1 --root "$ROOT" list --noheadings || return
	assert "$output" == "" "$1" || return
	assert "$stderr" == "mdev: $ETC/a.conf:4: $2" "$1"
}

# is_defined JSON: owner and mode of the definition
is_defined() {
	mdev --root "$ROOT" list --json "$U1"
	assert "$(jq -c '.results[0].defined | [.owner, .mode]' <<<"$output")" == "$1"
}

@test "an owner is a user and perhaps a group, by name or number" {
	requires jq
	local owner
	for owner in alice alice:kvm 1000 1000:78 'DOM\user.name@place:the-group$'; do
		printf '%sowner = %s\n' "$DEFINED" "$owner" | make_definition a.conf
		is_defined "$(jq -nc --arg owner "$owner" '[$owner, null]')"
	done
	for owner in : alice: :kvm a:b:c "a b" ../a a:/b; do
		wrong "owner = $owner" "'$owner' is not an owner, which is USER or USER:GROUP"
		refused 2 "'$owner' is not an owner" --root "$ROOT" define "$U2" -p soft -t soft-1 --owner "$owner"
	done
	wrong "owner =" "'owner' has no value"
	wrong $'owner = a\xff' "the value of 'owner' is not UTF-8 text"
}

@test "a mode lets the owner read and write, and nobody execute" {
	requires jq
	local mode
	for mode in 0600 0640 0660 0666 0606; do
		printf '%smode = %s\n' "$DEFINED" "$mode" | make_definition a.conf
		is_defined "[null,\"$mode\"]"
	done
	for mode in 660 0400 0777 0661 04660 0000 0o660 0668 -660 06600 rw-; do
		wrong "mode = $mode" \
			"'$mode' is not a mode such as 0660, which is no less than 0600 and no more than 0666"
		refused 2 "'$mode' is not a mode" --root "$ROOT" create "$U2" -p soft -t soft-1 --mode "$mode"
	done
	wrong $'mode = 0660\nmode = 0660' "a second 'mode' in the section" 2> /dev/null || :
	assert "$stderr" == "mdev: $ETC/a.conf:5: a second 'mode' in the section"
}

@test "[defaults] may give both" {
	requires jq
	printf '[defaults]\nowner = alice\nmode = 0600\n%s' "$DEFINED" | make_definition a.conf
	is_defined '["alice","0600"]'
	printf '[defaults]\nowner = alice\nmode = 0600\n%sowner = bob\n' "$DEFINED" | make_definition a.conf
	is_defined '["bob","0600"]'
	refused 1 "'mode' comes from \[defaults\]" --root "$ROOT" modify "$U1" --mode ''
}

@test "define writes both, modify changes and removes them" {
	requires jq
	mdev --root "$ROOT" define "$U1" -p soft -t soft-1 --owner alice:kvm --mode 0600 -a a=b
	assert "$(tail -n +3 "$ETC/$U1.conf")" == "${DEFINED}auto = no"$'\n'"owner = alice:kvm"$'\n'"mode = 0600"$'\n'"attr = a b"
	mdev --root "$ROOT" modify "$U1" --owner bob
	is_defined '["bob","0600"]'
	mdev --root "$ROOT" modify "$U1" --mode 0666 --dry-run
	assert "$output" =~ "  mode = 0666"
	mdev --root "$ROOT" modify "$U1" --mode '' --owner ''
	assert "$(tail -n +3 "$ETC/$U1.conf")" == "${DEFINED}auto = no"$'\n'"attr = a b"
	mdev --root "$ROOT" modify "$U1" --mode 0660
	assert "$(tail -n +3 "$ETC/$U1.conf")" == "${DEFINED}auto = no"$'\n'"mode = 0660"$'\n'"attr = a b"
	refused 2 "'x y' is not an owner" --root "$ROOT" modify "$U1" --owner "x y"
	mdev --root "$ROOT" define --ensure "$U1" -p soft -t soft-1 --mode 0660 -a a=b
	refused 1 "it is defined otherwise" --root "$ROOT" define --ensure "$U1" -p soft -t soft-1 --mode 0666 -a a=b
}

@test "an editor may change both" {
	requires jq
	printf '%s' "$DEFINED" | make_definition a.conf
	EDITOR="sed -i \"\\\$aowner=carol\"" mdev --root "$ROOT" edit a.conf
	is_defined '["carol",null]'
	EDITOR="sed -i \"\\\$amode=7\"" mdev 1 --root "$ROOT" edit a.conf
	assert "$stderr" =~ "a.conf:5: '7' is not a mode"
	is_defined '["carol",null]'
}

@test "both go out in mdevctl's form with a warning, and come in again" {
	requires jq
	printf '%sowner = alice:kvm\nmode = 0600\n' "$DEFINED" | make_definition a.conf
	"$MDEV" --root "$ROOT" export > "$BATS_TEST_TMPDIR/out" 2> "$BATS_TEST_TMPDIR/warnings"
	assert "$(< "$BATS_TEST_TMPDIR/warnings")" == "mdev: warning: $U1: mdevctl has no word for: owner, mode"
	rm "$ETC/a.conf"
	mdev --root "$ROOT" import "$BATS_TEST_TMPDIR/out"
	is_defined '["alice:kvm","0600"]'
	mdev --root "$ROOT" undefine "$U1"
	sed 's/alice:kvm/alice:/' "$BATS_TEST_TMPDIR/out" > "$BATS_TEST_TMPDIR/bad"
	refused 1 "'alice:' is not an owner" --root "$ROOT" import "$BATS_TEST_TMPDIR/bad"
	sed 's/0600/0700/' "$BATS_TEST_TMPDIR/out" > "$BATS_TEST_TMPDIR/bad"
	refused 1 "'0700' is not a mode" --root "$ROOT" import "$BATS_TEST_TMPDIR/bad"
	assert "$(ls "$ETC")" == ""
}

@test "mdevctl's own files have no place for them" {
	mkdir -p "$ROOT/etc/mdevctl.d/soft"
	echo '{"mdev_type":"soft-1","start":"manual"}' > "$ROOT/etc/mdevctl.d/soft/$U1"
	refused 1 "mdevctl's file cannot say an owner; 'mdev import .*' moves it first" \
		--root "$ROOT" modify "$U1" --owner alice
	refused 1 "mdevctl's file cannot say a mode" --root "$ROOT" modify "$U1" --mode 0660
}

# From here on: nodes. A made device gets its node, which has the number of the host's /dev/zero or so.

# make_live PARENT TYPE UUID: a live device with a group's node, in $NODE
make_live() {
	requires root
	local group number
	make_device "$1" "$2" "$3"
	group=$(basename "$(realpath "$ROOT/sys/bus/mdev/devices/$3/iommu_group")")
	mkdir -p "$ROOT/dev/vfio" "$ROOT/sys/kernel/iommu_groups/$group/devices"
	ln -s "../../../../bus/mdev/devices/$3" "$ROOT/sys/kernel/iommu_groups/$group/devices/$3"
	number=$(vfio_number "$group")
	NODE=$ROOT/dev/vfio/$group
	mknod -m 0600 "$NODE" c "${number%:*}" "${number#*:}"
	printf 'root:x:0:0::/root:/bin/sh\nalice:x:4000:4000::/:/bin/sh\nbob:x:4001:4001::/:/bin/sh\n' > "$ROOT/etc/passwd"
	printf 'root:x:0:\nalice:x:4000:\nteam:x:78:\n' > "$ROOT/etc/group"
}

# make_coming UUID: the same for one that is not live yet. The made root has its folder before it is
# created, but not on the bus.
make_coming() {
	make_live soft soft-1 "$1"
	rm "$ROOT/sys/bus/mdev/devices/$1" "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices/$1"
}

# A node of the device's own
make_cdev() {
	local number
	number=$(vfio_number 3)
	mkdir -p "$ROOT/sys/class/mdev_bus/soft/$1/vfio-dev/vfio7" "$ROOT/dev/vfio/devices"
	echo "$number" > "$ROOT/sys/class/mdev_bus/soft/$1/vfio-dev/vfio7/dev"
	mknod -m 0600 "$ROOT/dev/vfio/devices/vfio7" c "${number%:*}" "${number#*:}"
}

# removed UUID: it was ended; that of a made root stays where it is
removed() {
	assert "$(< "$ROOT/sys/class/mdev_bus/soft/$1/remove")" == 1 "$1 is removed again"
}

@test "create gives all nodes of the instance to their owner" {
	make_coming "$U1"
	make_cdev "$U1"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1 --owner alice:team
	assert "$output" == "$U1"
	assert "$stderr" == ""
	assert "$(stat -c '%u:%g %a' "$NODE" "$ROOT/dev/vfio/devices/vfio7" | uniq)" == "4000:78 660"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1 --owner 4001 --mode 0600
	assert "$(stat -c '%u:%g %a' "$NODE" "$ROOT/dev/vfio/devices/vfio7" | uniq)" == "4001:0 600" "no group is root's"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1 --mode 0666
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4001:0 666" "the mode alone"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4001:0 666" "who says nothing changes nothing"
}

# make_function_live CARD N UUID: a virtual function with a type that others gave it, and its node
make_function_live() {
	local function
	make_live soft soft-1 "$3"
	function=$(realpath "$ROOT/sys/bus/pci/devices/$(vgpu_function "$1" "$2")")
	ln -sr "$(realpath "$ROOT/sys/bus/mdev/devices/$3/iommu_group")" "$function/iommu_group"
	rm "$ROOT/sys/bus/mdev/devices/$3" "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/devices/$3"
	rm "$ROOT/sys/kernel/iommu_groups"/*/devices/*
	set_vgpu "$1" "$2" 5
}

@test "an instance that others made has its owner when it gets its name, or neither" {
	make_card 0000:41:00.0 4
	make_function_live 0000:41:00.0 2 "$U1"
	mdev 0 --root "$ROOT" create "$U2" -p "$(vgpu_function 0000:41:00.0 2)" -t nvidia-5 --owner alice
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4000:0 660"
	assert "$(< "$(vgpu_file 0000:41:00.0 2 ../uevent)")" == "change $U2 MDEV=created"

	rm -r "$ROOT/run/mdev"
	mv "$NODE" "$NODE.away"
	: > "$NODE"
	: > "$(vgpu_file 0000:41:00.0 2 ../uevent)"
	refused 1 "is not the node" --root "$ROOT" create "$U2" -p "$(vgpu_function 0000:41:00.0 2)" -t nvidia-5 --owner alice
	assert "$(ls "$ROOT/run/mdev/vf")" == ""
	assert "$(cat "$(vgpu_file 0000:41:00.0 2 current_vgpu_type)" "$(vgpu_file 0000:41:00.0 2 ../uevent)")" == 5
}

@test "create takes owner and mode of the definition" {
	make_coming "$U1"
	printf '%sowner = alice\n' "$DEFINED" | make_definition a.conf
	mdev --root "$ROOT" create "$U1"
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4000:0 660"
	mdev --root "$ROOT" create "$U1" --owner bob --mode 0640
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4001:0 640"
}

@test "who is not there gets nothing, and nothing is made" {
	make_coming "$U1"
	before=$(fingerprint)
	refused 1 "cannot create $U1: there is no user 'carol' in the root's etc/passwd" \
		--root "$ROOT" create "$U1" -p soft -t soft-1 --owner carol
	refused 1 "there is no group 'crew' in the root's etc/group" \
		--root "$ROOT" create "$U1" -p soft -t soft-1 --owner alice:crew
	refused 1 "there is no user '4294967295'" --root "$ROOT" create "$U1" -p soft -t soft-1 --owner 4294967295
	assert "$(fingerprint)" == "$before"
	rm "$ROOT/etc/passwd"
	refused 1 "user 'alice' cannot be looked up in the root's etc/passwd: No such file" \
		--root "$ROOT" create "$U1" -p soft -t soft-1 --owner alice
	mkdir "$ROOT/etc/passwd"
	refused 1 "user 'alice' cannot be looked up in the root's etc/passwd: Is a directory" \
		--root "$ROOT" create "$U1" -p soft -t soft-1 --owner alice
	ln -sfn /etc/group "$ROOT/etc/group"
	refused 1 "group 'root' cannot be looked up" --root "$ROOT" create "$U1" -p soft -t soft-1 --owner 0:root
	assert "$(< "$ROOT/sys/class/mdev_bus/soft/mdev_supported_types/soft-1/create")" == ""
}

@test "check names the file and line of who is not there" {
	make_coming "$U1"
	printf '%sowner = carol\n[%s]\nparent = soft\ntype = soft-1\nowner = alice:crew\n' "$DEFINED" "$U2" | make_definition a.conf
	mdev 1 --root "$ROOT" check
	assert "$stderr" == "\
mdev: $ETC/a.conf:1: there is no user 'carol' in the root's etc/passwd
mdev: $ETC/a.conf:5: there is no group 'crew' in the root's etc/group"
}

@test "what is not the device's node is left alone, and the instance is removed again" {
	make_coming "$U1"
	local kind
	for kind in other link file none; do
		: > "$ROOT/sys/class/mdev_bus/soft/$U1/remove"
		rm -f "$NODE"
		: > "$ROOT/dev/target"
		case $kind in
		other) mknod -m 0600 "$NODE" c 510 77 ;;
		link) mknod -m 0600 "$ROOT/dev/target2" c 1 5 && ln -s ../target2 "$NODE" ;;
		file) : > "$NODE" ;;
		esac
		run -1 --separate-stderr "$MDEV" --root "$ROOT" create "$U1" -p soft -t soft-1 --owner alice
		assert "$output" == "" "$kind"
		[ "$kind" = none ] || assert "$stderr" =~ "cannot create $U1: /dev/vfio/0 is not the node 1:5 that the kernel has for it" "$kind"
		[ "$kind" != none ] || assert "$stderr" =~ "dev/vfio/0 cannot be opened: No such file" "$kind"
		removed "$U1"
		assert "$(find "$ROOT/dev" -user 4000)" == "" "$kind"
	done
}

@test "an instance without any node is of no use to an owner" {
	make_coming "$U1"
	rm "$ROOT/sys/class/vfio/0/dev"
	refused 1 "cannot create $U1: it has no VFIO node, for no driver of VFIO has it" \
		--root "$ROOT" create "$U1" -p soft -t soft-1 --owner alice
	removed "$U1"
}

# Each call that the nodes need, of the first and the second of them
@test "a call that fails undoes all: the first error is told, the nodes are as they were" {
	requires strace
	make_coming "$U1"
	make_cdev "$U1"
	local what options
	while read -r what options; do
		: > "$ROOT/sys/class/mdev_bus/soft/$U1/remove"
		# shellcheck disable=SC2086 # words
		ASAN_OPTIONS=detect_leaks=0 run -1 --separate-stderr strace -qq -o "$BATS_TEST_TMPDIR/calls" $options \
			"$MDEV" --root "$ROOT" create "$U1" -p soft -t soft-1 --owner alice
		grep -q INJECTED "$BATS_TEST_TMPDIR/calls" || assert "" == "$what" "was reached"
		assert "$stderr" =~ "Input/output error" "$what: $stderr"
		assert "$(grep -c "cannot create" <<<"$stderr")" -eq 1 "$what"
		removed "$U1"
		assert "$(stat -c '%u:%g %a' "$NODE" "$ROOT/dev/vfio/devices/vfio7" | uniq)" == "0:0 600" "$what: $stderr"
	done <<-E
		open -P /dev/vfio/0 -e trace=openat2 -e inject=openat2:error=EIO:when=1
		fstat -P $NODE -e trace=fstat,newfstatat -e inject=fstat,newfstatat:error=EIO:when=1
		chown -e trace=fchownat -e inject=fchownat:error=EIO:when=1
		chown-of-second -e trace=fchownat -e inject=fchownat:error=EIO:when=2
		chmod -e trace=chmod,fchmodat -e inject=chmod,fchmodat:error=EIO:when=1
		chmod-of-second -e trace=chmod,fchmodat -e inject=chmod,fchmodat:error=EIO:when=2
		number -P $ROOT/sys/class/vfio/0/dev -e trace=read -e inject=read:error=EIO:when=1
		number-again -P $ROOT/sys/class/vfio/0/dev -e trace=read -e inject=read:error=EIO:when=2
	E
}

@test "apply sets what differs, says so, and changes nothing when it is run again" {
	make_live soft soft-1 "$U1"
	printf '%sowner = alice:team\n' "$DEFINED" | make_definition a.conf
	mdev --root "$ROOT" apply --dry-run
	assert "$output" == "own $U1 parent soft type soft-1 from $ETC/a.conf"
	assert "$(stat -c '%u:%g %a' "$NODE")" == "0:0 600"
	mdev --root "$ROOT" apply
	assert "$output" == "own $U1 parent soft type soft-1 from $ETC/a.conf"$'\n'"1 given to their owners"
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4000:78 660"
	changed=$(stat -c %z "$NODE")
	mdev --root "$ROOT" apply
	assert "$output" == "1 kept"
	assert "$(stat -c %z "$NODE")" == "$changed"
	chmod 0666 "$NODE"
	requires jq
	mdev --root "$ROOT" apply --json
	assert "$(jq -c '.results[] | [.action, .changed, .error]' <<<"$output")" == '["own",true,null]'
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4000:78 660"
}

@test "apply says whom it cannot give a device to, and does the others" {
	make_live soft soft-1 "$U2"
	make_live soft soft-1 "$U1"
	printf '%sowner = carol\n[%s]\nparent = soft\ntype = soft-1\nowner = alice\n' "$DEFINED" "$U2" | make_definition a.conf
	mdev 1 --root "$ROOT" apply
	assert "$stderr" == "mdev: cannot give to its owner $U1 ($ETC/a.conf:1): there is no user 'carol' in the root's etc/passwd"
	assert "$output" =~ "own $U2"
	assert "$(stat -c '%u' "$NODE" "$ROOT/dev/vfio/0" | paste -sd ' ')" == "0 4000"
}

@test "a file that others can write gives no device away" {
	make_live soft soft-1 "$U1"
	printf '%sowner = alice\n' "$DEFINED" | make_definition a.conf
	chmod 0666 "$ETC/a.conf"
	mdev 1 --root "$ROOT" apply
	assert "$stderr" =~ "a.conf: root does not obey it"
	assert "$(stat -c '%u:%g %a' "$NODE")" == "0:0 600"
}

@test "modify --live gives the nodes away, and takes them back" {
	make_live soft soft-1 "$U1"
	printf '%s' "$DEFINED" | make_definition a.conf
	mdev --root "$ROOT" modify "$U1" --live --owner alice --dry-run
	assert "$(stat -c '%u:%g %a' "$NODE")" == "0:0 600"
	mdev --root "$ROOT" modify "$U1" --live --owner alice
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4000:0 660"
	grep -q '^owner = alice$' "$ETC/a.conf"
	mdev --root "$ROOT" modify "$U1" --live --mode 0600
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4000:0 600"
	mdev --root "$ROOT" modify "$U1" --live --mode ''
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4000:0 660"
	mdev --root "$ROOT" modify "$U1" --live --owner ''
	assert "$(stat -c '%u:%g %a' "$NODE")" == "0:0 600"
	run ! grep -q '^owner\|^mode' "$ETC/a.conf"
}

@test "an attribute that is refused gives the nodes back" {
	make_live soft soft-1 "$U1"
	printf '%s' "$DEFINED" | make_definition a.conf
	refused 1 "cannot modify $U1: the device has no attribute 'no/such'" \
		--root "$ROOT" modify "$U1" --live --owner alice --set-attr no/such=1
	assert "$(stat -c '%u:%g %a' "$NODE")" == "0:0 600"
	run ! grep -q owner "$ETC/a.conf"
	refused 1 "there is no user 'carol'" --root "$ROOT" modify "$U1" --live --owner carol --set-attr medu/label=x
	assert "$(< "$ROOT/sys/bus/mdev/devices/$U1/medu/label")" == ""
}

@test "others of the IOMMU group are named" {
	make_coming "$U1"
	ln -s ../x "$ROOT/sys/kernel/iommu_groups/0/devices/0000:09:00.1"
	mdev --root "$ROOT" create "$U1" -p soft -t soft-1 --owner alice
	assert "$stderr" == "mdev: warning: $U1: who may open it may open all of its IOMMU group, to which belongs 0000:09:00.1"
	assert "$(stat -c '%u:%g %a' "$NODE")" == "4000:0 660"
}

@test "show and list have owner and mode as they are" {
	requires jq
	make_live soft soft-1 "$U1"
	printf '%sowner = 4000:team\n' "$DEFINED" | make_definition a.conf
	mdev --root "$ROOT" show "$U1"
	assert "$(grep -A1 owner: <<<"$output")" == "  owner:       root:root (defined: 4000:team)"$'\n'"  mode:        0600"
	mdev --root "$ROOT" apply
	mdev --root "$ROOT" show "$U1"
	assert "$(grep -A1 owner: <<<"$output")" == "  owner:       alice:team"$'\n'"  mode:        0660"
	chown 4007:4008 "$NODE"
	mdev --root "$ROOT" list --raw --noheadings -o owner,mode
	assert "$output" == "4007:4008 0660"
	mdev --root "$ROOT" show --json "$U1"
	assert "$(jq -c '.results[0] | [.live.owner, .live.mode, .defined.owner, .defined.mode]' <<<"$output")" == \
		'["4007:4008","0660","4000:team",null]'
	mdev --root "$ROOT" list --json -o +owner
	assert "$(jq -c '.results[0].live | [.owner, .mode]' <<<"$output")" == '["4007:4008","0660"]'
}
