#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Instances on virtual functions, and the owners of their nodes, while each system call fails or is the last:
# nothing is made by halves, no instance loses its name, and what is said has the error and the file.

load fire

CARD=0000:41:00.0
ERRORS="Input/output error|Permission denied|Cannot allocate memory"

setup() {
	make_fast_root
	make_card $CARD 3
	RECORDS=$ROOT/run/mdev/vf
	FUNCTION=$(vgpu_function $CARD 1)
	TYPE=$(vgpu_file $CARD 1 current_vgpu_type)
	EVENT=$(vgpu_file $CARD 1 ../uevent)
	mkdir -p "$RECORDS"
	# The file that is locked is there, and stays.
	: > "$RECORDS/.lock"
}

teardown() {
	remove_fast_root
}

# make_node: the node of virtual function 1, which root alone may open
make_node() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	local function=$ROOT/sys/bus/pci/devices/$FUNCTION
	mkdir -p "$ROOT"/sys/kernel/iommu_groups/7/devices "$ROOT"/sys/class/vfio/7 "$ROOT"/dev/vfio
	ln -s ../../../kernel/iommu_groups/7 "$function/iommu_group"
	echo 1:5 > "$ROOT/sys/class/vfio/7/dev"
	NODE=$ROOT/dev/vfio/7
	# /dev/shm may forbid devices, and this one is not opened.
	mknod -m 0600 "$NODE" c 1 5
}

node() {
	[ -z "${NODE-}" ] || stat -c '%u:%g %a' "$NODE"
}

record() {
	[ ! -e "$RECORDS/$FUNCTION" ] || cat "$RECORDS/$FUNCTION"
}

# make_free, make_live: virtual function 1 without an instance, and with $U1, both without its owner
make_free() {
	rm -f "$RECORDS"/[0-9]*
	echo 0 > "$TYPE"
	: > "$EVENT"
	[ -z "${NODE-}" ] || { chown 0:0 "$NODE" && chmod 0600 "$NODE"; }
}

make_live() {
	make_free
	record_vgpu $CARD 1 "$U1" 5
	echo 5 > "$TYPE"
	[ -z "${NODE-}" ] || { chown 4000:0 "$NODE" && chmod 0660 "$NODE"; }
}

# One that failed said what and why.
fits() {
	[ "$1" = 0 ] || [ "$1" = 137 ] || { [ "$1" = 1 ] && [[ $(< "$FAST/stderr") =~ ^mdev:\ .*($ERRORS) ]]; }
}

# What could not be read is what comes after the instance, such as with whom it shares its IOMMU group.
is_made_all_the_same() {
	[[ $(< "$FAST/stderr") == *"cannot be read"* ]] && [ "$(< "$FAST/stdout")" = "$U1" ] &&
		{ [ -z "${NODE-}" ] || [ "$(node)" = "4000:0 660" ]; }
}

# $U1 was made, or not at all; of one that was killed, an instance has its name.
created() {
	local type
	type=$(< "$TYPE")
	fits "$1" || return
	case $1 in
	0)
		[ "$type $(record)" = "5 $U1 nvidia-5" ] || return
		[ -z "${NODE-}" ] || [ "$(node)" = "4000:0 660" ] || return
		;;
	1)
		if [ "$type" = 5 ]; then
			[ "$(record)" = "$U1 nvidia-5" ] || return
			is_made_all_the_same || [[ $(< "$FAST/stderr") == *"could not be removed again"* ]] || return
		elif [ -n "${NODE-}" ] && [ "$(node)" != "0:0 600" ]; then
			[[ $(< "$FAST/stderr") == *"could not be given back"* ]] || return
		fi
		;;
	137)
		[ "$type" = 0 ] || [ "$(record)" = "$U1 nvidia-5" ] || return
		;;
	esac
	if [ "$type" = 0 ]; then
		mdev --root "$ROOT" create "$U1" -p "$FUNCTION" -t nvidia-5 || return
		[ "$(record)" = "$U1 nvidia-5" ] || return
	fi
	make_free
}

@test "create of a vGPU, struck at each system call" {
	for kind in kill EIO look-EIO; do
		make_free
		strikes "$kind" created "$MDEV" --root "$ROOT" create "$U1" -p "$FUNCTION" -t nvidia-5 -a nvidia/vgpu_params=x=1
	done
}

@test "create of a vGPU with an owner, struck at each system call" {
	make_node
	for kind in kill EIO look-EIO; do
		make_free
		strikes "$kind" created "$MDEV" --root "$ROOT" create "$U1" -p "$FUNCTION" -t nvidia-5 --owner 4000
	done
}

# $U1 has ended, or is what it was.
destroyed() {
	local type
	type=$(< "$TYPE")
	fits "$1" || return
	# A record that stays, because it could not be removed, counts for nothing beside no type.
	[ "$1" != 0 ] || [ "$type" = 0 ] || return
	[ "$type" = 0 ] || [ "$(record)" = "$U1 nvidia-5" ] || return
	if [ -n "${NODE-}" ] && [ "$1" = 0 ]; then
		[ "$(node)" = "0:0 600" ] || return
	elif [ -n "${NODE-}" ] && [ "$1 $type" = "1 5" ] && [ "$(node)" != "4000:0 660" ]; then
		[[ $(< "$FAST/stderr") == *"could not be given back"* ]] || return
	fi
	[ "$type" = 0 ] || mdev --root "$ROOT" destroy "$U1" || return
	[ "$(< "$TYPE")" = 0 ] || return
	make_live
}

@test "destroy of a vGPU, struck at each system call" {
	make_node
	make_live
	for kind in kill EIO look-EIO; do
		make_live
		strikes "$kind" destroyed "$MDEV" --root "$ROOT" destroy "$U1"
	done
}

# What is not seen is said. What is there has its name, or that which a name that cannot be read leaves.
listed() {
	fits "$1" || return
	[ "$1" != 0 ] || [ "$(< "$FAST/stdout")" = "$U1 $FUNCTION nvidia-5" ] || return
	[ "$(< "$TYPE") $(record)" = "5 $U1 nvidia-5" ]
}

@test "list of vGPUs, struck at each system call that reads: what is lacking is said" {
	make_live
	for kind in kill EIO look-EIO; do
		strikes "$kind" listed "$MDEV" --root "$ROOT" list --raw --noheadings -o uuid,address,type
	done
}

# Somebody asks for the function of an instance, which is refused. A strike that changes nothing in that has
# no end of its own, so their number is that of a run that is not struck.
@test "an instance keeps its name when somebody asks for its function, struck at each system call" {
	local n status
	make_live
	for kind in EIO look-EIO; do
		for ((n = 1; n < 1000; n++)); do
			status=0
			STRIKE_ROOT=$ROOT "$BATS_TEST_DIRNAME/../../build/tests/strike" "$kind" "$n" \
				"$MDEV" --root "$ROOT" create "$U2" -p "$FUNCTION" -t nvidia-5 \
				> "$FAST/stdout" 2> "$FAST/stderr" || status=$?
			assert "$(< "$TYPE") $(record)" == "5 $U1 nvidia-5" "$kind at call $n: $(< "$FAST/stderr")"
			[ "$status" != 99 ] || break
			assert "$status" == 1
			[[ $(< "$FAST/stderr") =~ $ERRORS ]] || break
		done
		assert "$n" -ge 20 "calls that were struck"
	done
}

# make_plain: a device whose virtual functions are given away as they are, and the driver that takes them
make_plain() {
	local pci=$ROOT/sys/bus/pci
	PLAIN=0000:42:00.1
	FUNCTION=$pci/devices/$PLAIN
	UNBIND=$pci/drivers/vfio-pci/unbind
	mkdir -p "$pci/devices/0000:42:00.0" "$FUNCTION" "$pci/drivers/vfio-pci"
	mkdir -p "$ROOT"/sys/module/vfio_pci_core/holders/vfio_pci "$ROOT"/sys/module/vfio_pci/drivers
	ln -s ../../../bus/pci/drivers/vfio-pci "$ROOT/sys/module/vfio_pci/drivers/pci:vfio-pci"
	for file in total num; do
		echo 1 > "$pci/devices/0000:42:00.0/sriov_${file}vfs"
	done
	echo 1 | tee "$pci/devices/0000:42:00.0"/sriov_{offset,stride} > "$FUNCTION/remove"
	ln -s "../$PLAIN" "$pci/devices/0000:42:00.0/virtfn0"
	ln -s ../0000:42:00.0 "$FUNCTION/physfn"
	: > "$pci/drivers/vfio-pci/bind"
	make_unbound
}

make_unbound() {
	: > "$UNBIND"
	echo '(null)' > "$FUNCTION/driver_override"
	rm -f "$RECORDS"/[0-9]*
}

# bind_plain ARG...: nothing happens in the made root, so that it fails however it is struck
bind_plain() {
	ended=0
	STRIKE_ROOT=$ROOT "$BATS_TEST_DIRNAME/../../build/tests/strike" "$1" "$2" \
		"$MDEV" --root "$ROOT" create "$U1" -p $PLAIN -t vfio-pci > /dev/null 2> "$FAST/stderr" || ended=$?
	said=$(< "$FAST/stderr")
}

@test "a function that no driver kept is as it was, struck at each system call that looks" {
	local n ended said unread=0
	make_plain
	for ((n = 1; n < 1000; n++)); do
		bind_plain look-EIO "$n"
		[ "$ended" != 99 ] || break
		assert "$ended" == 1 "call $n: $said"
		assert "$said" =~ "($ERRORS|took it, but now it has none)"
		[[ $(< "$FUNCTION/driver_override") != vfio-pci* || $said == *"still kept"* ]]
		if [[ $said == *"after it was bound"* ]]; then
			assert "$(< "$UNBIND")" == "$PLAIN" "call $n"
			unread=$((unread + 1))
		fi
		make_unbound
	done
	assert "$unread" -ge 1 "strikes at the look that shows who has it"
}

@test "a function whose giver was killed can be given again" {
	local n ended=137 said
	make_plain
	for ((n = 1; n < 1000 && ended == 137; n++)); do
		bind_plain kill "$n"
		assert "$said" =~ "^(mdev: cannot create $U1: .*took it, but now it has none)?$"
		# The kernel takes a line that is empty for none; in a made file the rest of the old one stays.
		[ -n "$(head -n 1 "$FUNCTION/driver_override")" ] || echo '(null)' > "$FUNCTION/driver_override"
		mdev 1 --root "$ROOT" create "$U2" -p $PLAIN -t vfio-pci
		assert "$stderr" =~ "took it, but now it has none" "call $n"
		make_unbound
	done
	assert "$n" -ge 20 "calls that were struck"
}
