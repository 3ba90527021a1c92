# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the bats suites share: running mdev, comparing, skipping, made roots.

bats_require_minimum_version 1.5.0
. "${BASH_SOURCE[0]%/*}/assert.bash"

# The binary under test; in the virtual machine it is the installed one.
MDEV=${MDEV:-mdev}

# Identities for tests: the first digits differ, so that each can be shortened to four.
U1=11110000-aaaa-4bbb-8ccc-000000000001
U2=22220000-aaaa-4bbb-8ccc-000000000002
U3=33330000-aaaa-4bbb-8ccc-000000000003
export U1 U2 U3

# mdev [STATUS] ARG...: runs mdev, fails when its exit status is not STATUS (0).
# Leaves $output (stdout), $stderr and $status.
# shellcheck disable=SC2034 # output, stderr and status are for the tests
mdev() {
	local expected=0
	if [[ $1 =~ ^[0-9]+$ ]]; then
		expected=$1
		shift
	fi
	[ ! "${MDEV_WHOLE:-}" ] || run_whole "$@"
	run --separate-stderr timeout 300 "$MDEV" "$@"
	[ ! "${MDEV_WHOLE:-}" ] || same_as_whole "$@" || return
	if [ "$status" -ne "$expected" ]; then
		printf 'mdev %s\nexit status %s, expected %s\nstdout: %s\nstderr: %s\n' \
			"$*" "$status" "$expected" "$output" "$stderr"
		return 1
	fi
}

# With MDEV_WHOLE, a mdev that reads everything, each command on $ROOT is run by that as well, on a copy
# of the root: both have to say and to leave the same.

# What is said, and what there is, wherever the root is
whole_result() {
	local root=$1
	shift
	printf '%s\n' "$@" "$(ROOT=$root fingerprint)" | sed -e "s#$BATS_TEST_TMPDIR/whole#ROOT#g" -e "s#$ROOT#ROOT#g"
}

run_whole() {
	local copy=$BATS_TEST_TMPDIR/whole
	rm -rf "$copy"
	[[ $* == *"--root $ROOT"* ]] || return 0
	cp -a "$ROOT" "$copy"
	run --separate-stderr timeout 300 "$MDEV_WHOLE" "${@//"$ROOT"/$copy}"
	whole_result "$copy" "$status" "$output" "$stderr" > "$BATS_TEST_TMPDIR/whole.result"
}

# Not of an identity that each of them makes up.
same_as_whole() {
	[ -d "$BATS_TEST_TMPDIR/whole" ] || return 0
	! [[ $output =~ ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$ && $* != *"$output"* ]] || return 0
	whole_result "$ROOT" "$status" "$output" "$stderr" | diff "$BATS_TEST_TMPDIR/whole.result" - >&2 || {
		echo "not as mdev $* when it reads everything"
		return 1
	}
}

# requires WHAT...: skips the test with a reason when this machine lacks one of them.
requires() {
	local what
	for what; do
		case $what in
		root) [ "$(id -u)" -eq 0 ] || skip "needs root" ;;
		jq | strace | valgrind) command -v "$what" > /dev/null || skip "needs $what" ;;
		full) [ -c /dev/full ] || skip "needs /dev/full" ;;
		kmod) [ -e /sys/class/mdev/mdev_start ] || skip "needs the project's mdev core" ;;
		*) echo "requires: unknown $what" && return 1 ;;
		esac
	done
}

# refused STATUS PATTERN ARG...: mdev fails with one line on stderr and nothing on stdout.
refused() {
	local status=$1 pattern=$2
	shift 2
	mdev "$status" "$@" || return
	assert "$output" == "" "stdout of: mdev $*" || return
	assert "${#stderr_lines[@]}" -eq 1 "lines on stderr of: mdev $*: $stderr" || return
	assert "$stderr" =~ "$pattern" "stderr of: mdev $*"
}

# A made root in $ROOT: two PCI parents (the second without a free instance), and one that is
# not PCI, as sysfs shows them. It does not react: what is written to "create" stays in the file.
make_root() {
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir -p "$ROOT"/{sys/class/mdev_bus,sys/bus/pci/devices,sys/bus/mdev/devices,sys/dev/char}
	mkdir -p "$ROOT"/{etc/mdev.d,run/mdev.d,run/udev/data,usr/lib/mdev.d,proc,dev}
	make_parent devices/pci0000:00/0000:01:00.0 pci 0x1234 0x11e8
	make_type 0000:01:00.0 acme-fact 4 "Factorial"
	make_type 0000:01:00.0 acme-dma 2 "DMA"
	make_parent devices/pci0000:00/0000:02:00.0 pci 0x1234 0x11e8
	make_type 0000:02:00.0 acme-fact 0 "Factorial"
	make_parent devices/virtual/soft/soft soft
	make_type soft soft-1 24 "Soft"
	mkdir -p "$ROOT/sys/devices/pci0000:00/0000:03:00.0"
	ln -s ../../../devices/pci0000:00/0000:03:00.0 "$ROOT/sys/bus/pci/devices/0000:03:00.0"
}

# make_parent DEVPATH SUBSYSTEM [VENDOR DEVICE]
make_parent() {
	local dir=$ROOT/sys/$1 name=${1##*/}
	mkdir -p "$dir/mdev_supported_types" "$ROOT/sys/bus/$2"
	ln -s "$(realpath --relative-to="$dir" "$ROOT/sys/bus/$2")" "$dir/subsystem"
	ln -s "../../$1" "$ROOT/sys/class/mdev_bus/$name"
	printf 'DRIVER=acme\nMADE_BY=test\n' > "$dir/uevent"
	if [ "$2" = pci ]; then
		echo "$3" > "$dir/vendor"
		echo "$4" > "$dir/device"
		ln -s "../../../$1" "$ROOT/sys/bus/pci/devices/$name"
		printf 'I:1\nE:ID_PATH=pci-%s\nE:ID_KIND=mediated\n' "$name" > "$ROOT/run/udev/data/+pci:$name"
	fi
}

# make_type PARENT TYPE AVAILABLE NAME
make_type() {
	local dir=$ROOT/sys/class/mdev_bus/$1/mdev_supported_types/$2
	mkdir -p "$dir/devices"
	echo "$3" > "$dir/available_instances"
	echo "$4" > "$dir/name"
	echo vfio-pci > "$dir/device_api"
	: > "$dir/create"
}

# A device node that anybody may open, for the node of a VFIO group: nodes of VFIO's numbers could be
# made by root alone, and what counts is the number.
vfio_node() {
	local nodes=(/dev/zero /dev/full /dev/random /dev/urandom)
	echo "${nodes[$1]}"
}

# vfio_number N: the number of that node as sysfs has it; VFIO has any number of groups.
vfio_number() {
	local number=510:$1
	[ "$1" -ge 4 ] || number=$((0x$(stat -c %t "$(vfio_node "$1")"))):$((0x$(stat -c %T "$(vfio_node "$1")")))
	echo "$number"
}

# make_device PARENT TYPE NAME: a live device, as the kernel would show it.
make_device() {
	local parent dir group
	parent=$(realpath "$ROOT/sys/class/mdev_bus/$1")
	dir=$parent/$3
	group=$(find "$ROOT/sys/bus/mdev/devices" -mindepth 1 | wc -l)
	mkdir -p "$dir/medu" "$ROOT/sys/kernel/iommu_groups/$group"
	ln -s "../../../$3" "$parent/mdev_supported_types/$2/devices/$3"
	ln -s "../mdev_supported_types/$2" "$dir/mdev_type"
	ln -sr "$ROOT/sys/kernel/iommu_groups/$group" "$dir/iommu_group"
	ln -sr "$dir" "$ROOT/sys/bus/mdev/devices/$3"
	mkdir -p "$ROOT/sys/class/vfio/$group"
	vfio_number "$group" > "$ROOT/sys/class/vfio/$group/dev"
	echo stopped > "$dir/state"
	: > "$dir/remove"
	: > "$dir/medu/label"
}

# A process of the made root that has a file open: PID PROGRAM NODE
make_process() {
	mkdir -p "$ROOT/proc/$1/fd"
	echo "$2" > "$ROOT/proc/$1/comm"
	ln -s "$3" "$ROOT/proc/$1/fd/7"
	ln -s /dev/null "$ROOT/proc/$1/fd/8"
}

# The project's own core is loaded in the made root.
make_extended() {
	local parent
	mkdir -p "$ROOT/sys/class/mdev"
	: > "$ROOT/sys/class/mdev/mdev_start"
	: > "$ROOT/sys/class/mdev/mdev_stop"
	for parent in "$ROOT"/sys/class/mdev_bus/*; do
		: > "$parent/mdev_create"
	done
}

# make_definition FILE: writes a file with the text from stdin. FILE is a name in etc/mdev.d of the root,
# or a path below the root.
make_definition() {
	case $1 in
	*/*) cat > "$ROOT/$1" ;;
	*) cat > "$ROOT/etc/mdev.d/$1" ;;
	esac
}

# with_mounts PATH [UNSHARE-OPTION...] -- COMMAND...: runs the command where it may mount on the path
# and below it, and nobody else sees that. In a changed root (chroot) unshare alone cannot do it.
with_mounts() {
	local path=$1 options=()
	shift
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2016 # for the shell that it starts
	unshare -m --propagation unchanged "${options[@]}" bash -c \
		'mount --make-rprivate "$(findmnt -n -f -o TARGET --target "$1")" && shift && exec "$@"' - "$path" "$@"
}

# A text that changes with anything in the root, except for the file that writers lock.
fingerprint() {
	(cd "$ROOT" && find . -not -name .mdev.lock -printf '%p %y %m %s %l\n' | sort &&
		find . -type f -not -name .mdev.lock -exec sha256sum {} + | sort)
}

# make_card ADDRESS COUNT: an NVIDIA card whose first COUNT of 16 virtual functions are enabled, none
# with a type, at BUS:00.4 and behind it. Types are nvidia-5 and nvidia-7, of one digit, for what is written
# to a file replaces as many bytes. It changes no other file.
make_card() {
	local slot=${1%.0} bus devices=$ROOT/sys/bus/pci/devices dir i vf
	bus=${slot#*:}
	bus=${bus%:*}
	dir=$ROOT/sys/devices/pci0000:$bus
	mkdir -p "$ROOT/sys/module/vfio_pci_core" "$ROOT/sys/bus/pci/drivers/nvidia" "$dir/$1"
	ln -s "../../../devices/pci0000:$bus/$1" "$devices/$1"
	ln -s "../../../../devices/pci0000:$bus/$1" "$ROOT/sys/bus/pci/drivers/nvidia/$1"
	ln -s ../../../bus/pci/drivers/nvidia "$dir/$1/driver"
	: > "$ROOT/sys/bus/pci/drivers/nvidia/bind"
	echo 16 > "$dir/$1/sriov_totalvfs"
	echo "$2" > "$dir/$1/sriov_numvfs"
	echo 4 > "$dir/$1/sriov_offset"
	echo 1 > "$dir/$1/sriov_stride"
	echo 0x10de > "$dir/$1/vendor"
	echo 0x26b9 > "$dir/$1/device"
	for ((i = 0; i < $2; i++)); do
		vf=$(vgpu_function "$1" "$i")
		mkdir -p "$dir/$vf/nvidia"
		ln -s "../$1" "$dir/$vf/physfn"
		ln -s "../$vf" "$dir/$1/virtfn$i"
		ln -s ../../../bus/pci/drivers/nvidia "$dir/$vf/driver"
		ln -s "../../../devices/pci0000:$bus/$vf" "$devices/$vf"
		ln -s "../../../../devices/pci0000:$bus/$vf" "$ROOT/sys/bus/pci/drivers/nvidia/$vf"
		echo 0x10de > "$dir/$vf/vendor"
		echo 0x26b9 > "$dir/$vf/device"
		: > "$dir/$vf/driver_override"
		: > "$dir/$vf/remove"
		: > "$dir/$vf/uevent"
		: > "$dir/$vf/nvidia/vgpu_params"
		set_vgpu "$1" "$i" 0
	done
}

# vgpu_function CARD N: the address of its virtual function N
vgpu_function() {
	local number=$(($2 + 4))
	printf '%s:%02x.%x\n' "${1%:*}" $((number / 8)) $((number % 8))
}

# vgpu_file CARD N NAME: the path of a file that NVIDIA's driver gives the virtual function
vgpu_file() {
	echo "$ROOT/sys/bus/pci/devices/$(vgpu_function "$1" "$2")/nvidia/$3"
}

# set_vgpu CARD N TYPE: somebody gives virtual function N a type, or takes it away (0)
set_vgpu() {
	echo "$3" > "$(vgpu_file "$1" "$2" current_vgpu_type)"
	{
		echo 'ID    : vGPU Name'
		[ "$3" != 0 ] || printf '%-5s : %s\n' 5 'NVIDIA L40S-1Q' 7 'NVIDIA L40S-4Q'
	} > "$(vgpu_file "$1" "$2" creatable_vgpu_types)"
}

# record_vgpu CARD N UUID TYPE: what mdev writes down of an instance that it made
record_vgpu() {
	local function
	function=$(vgpu_function "$1" "$2")
	mkdir -p "$ROOT/run/mdev/vf"
	echo "$3 nvidia-$4" > "$ROOT/run/mdev/vf/$function"
	ln -sfn "$function" "$ROOT/run/mdev/vf/$3"
}
