# SPDX-License-Identifier: GPL-2.0-or-later
# Instances given to domains of libvirt, whose QEMU runs without KVM in the virtual machine.

load libvirt

# domain_xml NAME UUID: with the element that mdev show prints for it
domain_xml() {
	cat <<-END
		<domain type='qemu'>
		  <name>$1</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    $(mdev show "$2" --for libvirt)
		    <memballoon model='none'/>
		  </devices>
		</domain>
	END
}

define_domain() {
	domain_xml "$1" "$2" >"$BATS_TEST_TMPDIR/$1.xml"
	virsh -q define --validate "$BATS_TEST_TMPDIR/$1.xml"
}

# The log of a domain says why its QEMU left.
start_domain() {
	virsh -q start "$1" || { cat "/var/log/libvirt/qemu/$1.log" /run/libvirtd.log; return 1; }
}

@test "a domain starts with an instance, which is held and named, and gives it back" {
	nodedev define $UUID
	start $NODE
	define_domain first $UUID
	define_domain second $UUID
	start_domain first
	assert "$(virsh -q domstate first)" == running
	refuses "it is in use by PID $(</run/libvirt/qemu/first.pid) 'qemu-system-x86'" mdev destroy $UUID
	refuses "in use" virsh nodedev-destroy $NODE
	[ -e $DEVICES/$UUID ]
	refuses "$UUID is in use by driver QEMU, domain first" virsh start second
	virsh destroy first
	virsh nodedev-destroy $NODE
	[ ! -e $DEVICES/$UUID ]
	wait_for lists $NODE --inactive
	virsh nodedev-start $NODE
	start_domain second
	virsh destroy second
}

@test "a domain cannot start while another program has the instance, nor without it" {
	create $UUID
	wait_for lists $NODE
	define_domain first $UUID
	hold_device $UUID
	refuses "" virsh start first
	assert "$(virsh -q domstate first)" == "shut off"
	release_device
	start_domain first
	virsh destroy first
	wait_for remove_devices_all
	wait_for lists_nothing
	refuses "$UUID" virsh start first
}
