# SPDX-License-Identifier: GPL-2.0-or-later
# The paths in sysfs by which other programs make, find and remove instances without any command; and that
# the command manages what they have made. Each test does what the program does that it is named after.

load kernel
load medu

# managed UUID: the command knows it as one of medu-fact
managed() {
	assert "$(mdev list --raw --noheadings -o uuid,parent,type "$1")" == "$1 $PARENT medu-fact"
}

@test "vdsm: an instance is made, given its parameters and removed by way of the class" {
	local bus=/sys/class/mdev_bus
	local type=$bus/$PARENT/mdev_supported_types/medu-fact
	assert "$(ls $bus)" == "$PARENT
$OTHER_PARENT"
	[ -s $type/name ] && [ -s $type/available_instances ] && [ -s $type/device_api ]
	echo $UUID >$type/create
	echo some parameters >$DEVICES/$UUID/medu/label
	assert "$(<$DEVICES/$UUID/medu/label)" == "some parameters"
	managed $UUID
	echo 1 >$bus/$PARENT/$UUID/remove
	[ ! -e $DEVICES/$UUID ]
}

@test "LXD: an instance is made and looked for below the address of the card, and removed by the bus" {
	local card=/sys/bus/pci/devices/$PARENT
	[ ! -e $card/$UUID ]
	printf %s $UUID >$card/mdev_supported_types/medu-fact/create
	[ -d $card/$UUID ]
	managed $UUID
	fails_with "File exists" write $card/mdev_supported_types/medu-fact/create $UUID
	printf '1\n' >$DEVICES/$UUID/remove
	[ ! -e $card/$UUID ]
}

@test "KubeVirt: each instance that is left of a type is made, and all are found with type, parent and group" {
	local parent type device link n=0 group
	for type in /sys/class/mdev_bus/*/mdev_supported_types/*; do
		[[ $type == */$PARENT/* ]] && [ "$(<"$type/name")" = "edu factorial engine" ] || continue
		read -r count <"$type/available_instances"
		while ((n < count)); do
			printf '5f0c3b1e-8a45-4c1d-9d5b-%012d' $((++n)) >"$type/create"
		done
		assert "$(<"$type/available_instances")" == 0
	done
	assert "$n" -ge 1
	for device in $DEVICES/*; do
		[ -L "$device" ]
		link=$(readlink "$device")
		parent=${link%/*}
		assert "${parent##*/}" == $PARENT
		assert "$(<"$device/mdev_type/name")" == "edu factorial engine"
		assert "$(basename "$(readlink "$device/mdev_type")")" == medu-fact
		group=$(basename "$(readlink "$device/iommu_group")")
		[ -c "/dev/vfio/$group" ]
	done
	assert "$(mdev list --raw --noheadings -o uuid | wc -l)" -eq "$n"
	for device in $DEVICES/*; do
		printf 1 >"$device/remove"
	done
	assert "$(ls $DEVICES)" == ""
	assert "$(<"$(types)/medu-fact/available_instances")" -eq "$n"
}
