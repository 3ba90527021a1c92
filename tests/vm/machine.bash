# SPDX-License-Identifier: GPL-2.0-or-later
# The machines that tests boot, as options of QEMU in the array machine. Each has two parents:
#
#   amd64, i386, arm64  edu at 0000:01:00.0 and 0000:02:00.0, each behind a root port of its own; a third
#                       port (0000:03) is left free for hot-plugging. VM_PARENTS names other ports, or none.
#                       VM_CARDS adds cards with virtual functions, at 0000:04:00.0 and on: a number for
#                       each, how many it has. They are QEMU's nvme, and each function is behind an
#                       IOMMU, in a group of its own. amd64 only.
#   s390x               the subchannels of the channel devices 0.0.1001 (rng) and 0.0.1002 (balloon). edu
#                       cannot be there: PCI devices of that architecture have MSI-X.
#
# A /dev/kvm may exist and hang: always TCG.
# shellcheck shell=bash disable=SC2054,SC2154 # the commas are QEMU's; lib.bash sets what is used here

# A busy host may keep a guest's processor waiting for longer than the kernel's 21 seconds, after which it
# reports a stall of RCU.
# Usage: machine_options KERNEL INITRD APPEND: begins the array
machine_options() {
	local initrd=$2 append="panic=-1 rcupdate.rcu_cpu_stall_timeout=300 $3"
	machine_begin "$(arch_of "$1")"
	machine+=(
		-m 1G -nodefaults -display none -no-reboot
		-kernel "$cache/kernel-$1/boot/vmlinuz-$(<"$cache/kernel-$1/version")"
		-initrd "$initrd" -append "${machine_append[*]} $append"
	)
}

machine_begin() {
	case $1 in
	# On a busy host the kernel may find its emulated timer too slow at first and give up, unless it is
	# told not to look.
	amd64 | i386)
		machine=(qemu-system-x86_64 -M q35 -accel tcg)
		machine_append=(console=ttyS0 no_timer_check)
		machine_ports
		machine_cards
		;;
	# Without an IOMMU edu would reach none of the memory, which begins above its 28 bits of addresses.
	arm64)
		machine=(qemu-system-aarch64 -M "virt${VM_IOMMU-,iommu=smmuv3}" -accel tcg
			-cpu max,pauth-impdef=on)
		machine_append=(console=ttyAMA0)
		machine_ports
		;;
	s390x)
		machine=(qemu-system-s390x -M s390-ccw-virtio -accel tcg -cpu max
			-device virtio-rng-ccw,devno=fe.0.1001 -device virtio-balloon-ccw,devno=fe.0.1002)
		machine_append=(console=ttysclp0)
		;;
	esac
}

machine_ports() {
	local port
	for port in 1 2 3; do
		machine+=(-device "pcie-root-port,id=port$port,bus=pcie.0,addr=$port,chassis=$port")
	done
	for port in ${VM_PARENTS-port1 port2}; do
		machine+=(-device "edu,id=edu${port#port},bus=$port")
	done
}

# QEMU wants two queues and an interrupt for each virtual function.
machine_cards() {
	local vfs port=4
	[ -n "${VM_CARDS-}" ] || return 0
	machine+=(-device intel-iommu)
	for vfs in $VM_CARDS; do
		machine+=(
			-device "pcie-root-port,id=port$port,bus=pcie.0,addr=$((port + 1)),chassis=$port"
			-device "nvme-subsys,id=card$port"
			-device "nvme,serial=card$port,subsys=card$port,bus=port$port,sriov_max_vfs=$vfs,sriov_vq_flexible=$((2 * vfs)),sriov_vi_flexible=$vfs"
		)
		port=$((port + 1))
	done
}

# Adds a disk. Usage: machine_disk ARCH OPTIONS of -drive
machine_disk() {
	machine+=(-drive "if=none,id=disk,$2")
	case $1 in
	s390x) machine+=(-device virtio-blk-ccw,drive=disk) ;;
	*) machine+=(-device virtio-blk-pci,drive=disk,bus=pcie.0,addr=4) ;;
	esac
}

# Adds a port for results, and a way out: QEMU's status when the guest has left by it is machine_status.
# Usage: machine_results ARCH CHARDEV
machine_results() {
	case $1 in
	amd64 | i386)
		machine+=(-serial "chardev:$2" -device isa-debug-exit,iobase=0xf4,iosize=4)
		machine_status=33
		;;
	arm64)
		machine+=(-device virtio-serial-pci,bus=pcie.0,addr=5 -device "virtserialport,chardev=$2")
		machine_status=0
		;;
	s390x)
		machine+=(-device virtio-serial-ccw -device "virtserialport,chardev=$2")
		machine_status=0
		;;
	esac
}
