# SPDX-License-Identifier: GPL-2.0-or-later
# kmod/ABI.rst and sysfs agree: what the document has exists, what exists is in the document, and an error
# that is possible for a short time only is the one that the document promises.
#
# Theory of operation: an instance of medu has every file of the document.

load kernel
load medu

ABI=$BATS_TEST_DIRNAME/../../kmod/ABI.rst

# The paths of the document, with names of this machine in place of its placeholders, and the first word
# of each description
documented() {
	awk '/^What:/ { what[++n] = $2 }
		/^\t\t[A-Z]/ { for (i = 1; i <= n; i++) print what[i], $1; n = 0 }' "$ABI" |
		sed "s|/sys/class/mdev_bus/<parent>|/sys/class/mdev_bus/$PARENT|
			s|^<parent>|/sys/bus/pci/devices/$PARENT|
			s|<driver>-<type>|medu-dma|
			s|^<device>|$DEVICES/$UUID|
			s|<name>|$UUID|"
}

# The files of the core in sysfs, without those that the driver core and VFIO make in an instance's folder
present() {
	find -L /sys/class/mdev_bus /sys/class/mdev -mindepth 1 -maxdepth 1
	ls -d /sys/bus/pci/devices/$PARENT/mdev_{create,destroy} "$(types)"/medu-dma/
	find "$(types)/medu-dma/" -mindepth 1 -maxdepth 1 ! -name devices
	find "$(types)/medu-dma/devices/" "$DEVICES" -mindepth 1
	find "$DEVICES/$UUID/" -mindepth 1 -maxdepth 1 \
		! -name driver ! -name subsystem ! -name uevent ! -name vfio-dev ! -name medu
}

@test "what ABI.rst describes is there, and can be read or written as it says" {
	create -t medu-dma $UUID
	documented >"$BATS_TEST_TMPDIR/documented"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/documented")" -ge 19 ]
	while read -r path kind; do
		[ -e "$path" ] || { echo "there is no $path"; return 1; }
		case $kind in
		Write-only.) assert "$path $(stat -c %a "$path")" == "$path 200" ;;
		Read-only.) assert "$path $(stat -c %a "$path")" == "$path 444" ;;
		esac
	done <"$BATS_TEST_TMPDIR/documented"
}

@test "what is there is described in ABI.rst" {
	create -t medu-dma $UUID
	documented | awk '{ print $1 }' | sed 's|/$||' >"$BATS_TEST_TMPDIR/documented"
	[ "$(present | wc -l)" -ge 19 ]
	present | sed "s|//|/|g; s|/\$||; s|$OTHER_PARENT|$PARENT|" | sort -u >"$BATS_TEST_TMPDIR/present"
	run grep -vxFf "$BATS_TEST_TMPDIR/documented" "$BATS_TEST_TMPDIR/present"
	assert "$output" == ""
}

@test "a create that is begun while the parent is there, and written when it is not: ENODEV" {
	exec 7>"$(types)/medu-dma/create" 8>/sys/bus/pci/devices/$PARENT/mdev_create
	echo $PARENT >/sys/bus/pci/drivers/medu/unbind
	for fd in 7 8; do
		run bash -c "echo $UUID:1:type=medu-dma >&$fd"
		assert "$output" =~ "No such device"
	done
	exec 7>&- 8>&-
	echo $PARENT >/sys/bus/pci/drivers/medu/bind
	create $UUID
}
