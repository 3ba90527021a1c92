# SPDX-License-Identifier: GPL-2.0-or-later
# The command with a driver of the kernel's own (mtty: serial ports, types mtty-1 and mtty-2 of one and
# two ports each, 24 ports in all), on either core. Where an answer differs, the test says on which.

load kernel
load drivers

PARENT=mtty
UUID=6b1f2c3d-0000-4000-8000-000000000001
UUID2=6b1f2c3d-0000-4000-8000-000000000002
OURS=/usr/local/share/mdev-tests/modules # the project's modules, built for this kernel
INSTALLED=/lib/modules/$(uname -r)/updates

setup_file() {
	[ "${MDEV_TEST_VM-}" = 1 ] || skip "needs the virtual machine"
	modprobe vfio_iommu_type1
	! has_samples || modprobe mtty
}

teardown() {
	remove_devices
	rm -f "/etc/mdev.d/$UUID.conf" "/etc/mdev.d/$UUID2.conf"
	on_ours || uninstall_ours
}

types_folder() {
	echo "$(readlink -f "/sys/class/mdev_bus/$PARENT")/mdev_supported_types"
}

# Installs the project's modules where modprobe takes them first, while the kernel's core is loaded
install_ours() {
	cp "$OURS"/{mdev,vfio_mdev,medu}.ko "$INSTALLED/"
	depmod
}

uninstall_ours() {
	[ -e "$INSTALLED/mdev.ko" ] || return 0
	rm "$INSTALLED"/{mdev,vfio_mdev,medu}.ko
	depmod
}

core_is() {
	run mdev --version
	assert "${lines[1]}" =~ "mdev core in the kernel: $1"
}

# refused PATTERN ARGUMENT...: mdev fails with status 1 and one line that matches; nothing is made
refused() {
	local pattern=$1
	shift
	run -1 --separate-stderr mdev "$@"
	echo "mdev $*: $stderr"
	[ "$output" = "" ]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr =~ $pattern ]]
}

@test "in-tree: the types of the parent are listed" {
	run -0 mdev types -p "$PARENT" --json
	echo "$output"
	[ "$(jq -r '[.. | .type? // .name? // empty] | map(select(startswith("mtty-"))) | unique | join(" ")' \
		<<<"$output")" = "mtty-1 mtty-2" ]
}

@test "in-tree: an instance is created, listed and destroyed" {
	run -0 mdev create "$UUID" -p "$PARENT" -t mtty-1
	[ "$output" = "$UUID" ]
	[ "$(readlink -f "$DEVICES/$UUID/mdev_type")" = "$(types_folder)/mtty-1" ]
	run -0 mdev list --raw --noheadings
	echo "$output"
	[[ $output == *"$UUID"*"$PARENT"*mtty-1* ]]
	[ "$(wc -l <<<"$output")" = 1 ]
	run -0 mdev destroy "$UUID"
	[ ! -e "$DEVICES/$UUID" ]
	run -1 mdev list "$UUID"
}

@test "in-tree: a UUID is made up when none is given" {
	run -0 mdev create -p "$PARENT" -t mtty-2
	[[ $output =~ ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$ ]]
	[ -e "$DEVICES/$output" ]
}

@test "in-tree: an identity that is taken is refused" {
	mdev create "$UUID" -p "$PARENT" -t mtty-1
	refused "$UUID" create "$UUID" -p "$PARENT" -t mtty-2
	[ "$(basename "$(readlink -f "$DEVICES/$UUID/mdev_type")")" = mtty-1 ]
}

@test "in-tree: no instance left is said with a sentence" {
	local left
	left=$(cat "/sys/class/mdev_bus/$PARENT/mdev_supported_types/mtty-1/available_instances")
	for ((i = 0; i < left; i++)); do
		mdev create -p "$PARENT" -t mtty-1
	done
	refused 'mtty-1' create "$UUID" -p "$PARENT" -t mtty-1
	[ ! -e "$DEVICES/$UUID" ]
}

@test "in-tree: instance numbers and params are refused, and nothing is made" {
	refused "instance" create "$UUID" --instance 3 -p "$PARENT" -t mtty-1
	refused "param" create "$UUID" --params ports=1 -p "$PARENT" -t mtty-1
	[ -z "$(ls "$DEVICES")" ]
}

@test "in-tree: an unknown type or parent is refused" {
	refused mtty-9 create "$UUID" -p "$PARENT" -t mtty-9
	refused nothing create "$UUID" -p nothing -t mtty-1
	[ -z "$(ls "$DEVICES")" ]
}

@test "in-tree: an attribute that is refused undoes the instance" {
	refused 'no/such' create "$UUID" -p "$PARENT" -t mtty-1 -a no/such=1
	[ ! -e "$DEVICES/$UUID" ]
	# mtty's own attribute cannot be written.
	refused 'vendor/sample_mdev_dev' create "$UUID" -p "$PARENT" -t mtty-1 -a vendor/sample_mdev_dev=1
	[ ! -e "$DEVICES/$UUID" ]
}

@test "in-tree: apply makes what is defined once" {
	mdev define "$UUID" -p "$PARENT" -t mtty-1 --auto
	mdev define "$UUID2" -p "$PARENT" -t mtty-2 --auto
	mdev apply
	[ "$(ls "$DEVICES")" = "$UUID"$'\n'"$UUID2" ]
	local before
	before=$(readlink "$DEVICES/$UUID/iommu_group")
	run -0 --separate-stderr mdev apply
	[ "$output$stderr" = "2 kept" ]
	[ "$(readlink "$DEVICES/$UUID/iommu_group")" = "$before" ]
}

@test "in-tree: start and stop work, or say that this core has none" {
	mdev create "$UUID" -p "$PARENT" -t mtty-1
	if on_ours; then
		mdev start "$UUID"
		assert "$(<"$DEVICES/$UUID/state")" == started
		mdev stop "$UUID"
		assert "$(<"$DEVICES/$UUID/state")" == stopped
	else
		[ ! -e /sys/class/mdev/mdev_start ]
		refused 'core' start "$UUID"
		refused 'core' stop "$UUID"
	fi
}

# On the kernel's own core a write to remove would block until the user has closed the instance.
@test "in-tree: destroying a device in use names its user and does not block" {
	mdev create "$UUID" -p "$PARENT" -t mtty-1
	coproc vfio_user hold "$UUID" 3>&-
	read -r -t "$HANG" line <&"${COPROC[0]}"
	[[ $line == open* ]]
	local pid=$COPROC_PID
	refused "$pid.*vfio_user" destroy "$UUID"
	refused "$pid.*vfio_user" destroy "$UUID" --wait=1
	[ -e "$DEVICES/$UUID/remove" ]
	mdev destroy --wait "$UUID" 3>&- &
	local waiting=$!
	kill "$pid"
	wait "$pid" || :
	wait "$waiting"
	[ ! -e "$DEVICES/$UUID" ]
}

# What its files are called there is not what they are called here.
@test "in-tree: a user in a root of its own is named" {
	mdev create "$UUID" -p "$PARENT" -t mtty-1
	# shellcheck disable=SC2016 # for the shell that it starts
	coproc unshare -m bash -c 'mkdir -p /run/jail && mount --rbind / /run/jail &&
		exec chroot /run/jail vfio_user hold "$1"' - "$UUID" 3>&-
	read -r -t "$HANG" line <&"${COPROC[0]}"
	[[ $line == open* ]]
	local pid=$COPROC_PID
	[[ $(readlink "/proc/$pid/fd/"*) == */run/jail/dev/vfio/* ]]
	run -0 mdev show "$UUID"
	[[ $output == *"PID $pid 'vfio_user'"* ]]
	refused "$pid.*vfio_user" destroy "$UUID"
	kill "$pid"
	wait "$pid" || :
	rmdir /run/jail
	mdev destroy --wait "$UUID"
}

# The kernel's own core announces a device before it links it to its type.
# created COUNT: so many creations of the device were told
created() {
	[ "$(grep -c "^create $UUID " out)" -ge "$1" ]
}

# Of a device that has gone before the monitor looks, the type is not known any more.
@test "in-tree: monitor knows the type of every device that it has seen" {
	cd "$BATS_TEST_TMPDIR"
	mdev monitor >out 2>errors 3>&- &
	local pid=$!
	wait_for grep -q parent out
	for i in 1 2 3 4 5; do
		mdev create "$UUID" -p "$PARENT" -t mtty-2
		wait_for created "$i"
		mdev destroy "$UUID"
	done
	mdev create "$UUID2" -p "$PARENT" -t mtty-1
	wait_for grep -q "create $UUID2" out
	kill "$pid"
	wait "$pid"
	cat out errors
	[ ! -s errors ]
	[ "$(grep -c "^create $UUID parent $PARENT type mtty-2$" out)" = 5 ]
	[ "$(grep -c "^destroy $UUID parent $PARENT type mtty-2$" out)" = 5 ]
	[ "$(tail -n 1 out)" = "create $UUID2 parent $PARENT type mtty-1" ]
}

@test "in-tree: this project's modules are refused beside the kernel's core, and the command says what to unload" {
	! on_ours || skip "this project's core is loaded"
	core_is "the kernel's own, 0.1 .this project's is not installed."
	install_ours
	warnings_from_here
	fails_with "File exists" insmod "$OURS/mdev.ko"
	fails_with "Unknown symbol in module" insmod "$OURS/vfio_mdev.ko"
	fails_with "could not insert 'medu'" modprobe medu
	warnings_up_to_here "vfio_mdev: Unknown symbol mdev_register_bus_driver"
	core_is "the kernel's own, 0.1 .'modprobe -r mtty mdev && modprobe vfio_mdev' exchanges it for this project's."
	mdev create "$UUID" -p "$PARENT" -t mtty-1
	refused "modprobe -r mtty mdev" start "$UUID"
}

@test "in-tree: what the command says exchanges the core, drivers and all, and back" {
	! on_ours || skip "this project's core is loaded"
	install_ours
	local advice
	advice=$(mdev --version | sed -n "s/.*('\(modprobe.*\)' exchanges.*/\1/p")
	echo "$advice"
	eval "$advice"
	core_is "this project's, $(modinfo -F version mdev)"
	modprobe medu
	[ -e "/sys/class/mdev_bus/0000:01:00.0" ]
	modprobe mtty
	mdev create "$UUID" -p "$PARENT" -t mtty-1
	assert "$(vfio_serial echo "$UUID" "exchanged")" == "exchanged"
	modprobe -r mtty medu vfio_mdev
	uninstall_ours
	modprobe mtty
	core_is "the kernel's own, 0.1 .this project's is not installed."
	mdev create "$UUID" -p "$PARENT" -t mtty-1
}
