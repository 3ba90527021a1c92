# SPDX-License-Identifier: GPL-2.0-or-later
# How suites give an instance to QEMU, inside the virtual machine; for `load qemu` behind `load kernel`.
#
# Theory of operation: the nested machine never runs. QEMU's test protocol (docs/devel/qtest in its
# sources) plays its processor: ports, memory, and what arrives at the interrupt controller.
# shellcheck shell=bash

# Where the device that config asks stands on the nested machine's bus
SLOT=5

# Starts QEMU with these options, and waits until it answers.
start_qemu_with() {
	IRQS=$BATS_TEST_TMPDIR/irqs
	: >"$IRQS"
	coproc QEMU { exec qemu-system-x86_64 -M q35 -accel tcg -m 64 -nodefaults -display none -S \
		-qtest stdio -qtest-log none "$@" 2>"$BATS_TEST_TMPDIR/qemu" 3>&-; }
	# shellcheck disable=SC2153 # bash sets it
	QEMU_IN=${QEMU[1]} QEMU_OUT=${QEMU[0]}
	qtest irq_intercept_in ioapic || { cat "$BATS_TEST_TMPDIR/qemu"; return 1; }
}

stop_qemu() {
	[ -n "${QEMU_PID-}" ] || return 0
	local pid=$QEMU_PID
	kill "$pid" 2>/dev/null || :
	wait "$pid" || :
}

# qtest COMMAND...: sends it to QEMU and prints the answer; interrupts on the way go to $IRQS
qtest() {
	local word value
	printf '%s\n' "$*" >&"$QEMU_IN"
	while read -r -t "$HANG" word value <&"$QEMU_OUT"; do
		case $word in
		IRQ) echo "$value" >>"$IRQS" ;;
		OK) printf '%s\n' "$value"; return ;;
		*) echo "qtest: '$*' is answered with '$word $value'" >&2; return 1 ;;
		esac
	done
	echo "QEMU does not answer '$*'" >&2
	return 1
}

config_address() {
	qtest outl 0xcf8 $((0x80000000 | $1 << 11 | $2)) >/dev/null
}

# config OFFSET [VALUE]: a word of the device's config space
config() {
	config_address $SLOT "$1"
	if [ $# = 2 ]; then
		qtest outl 0xcfc "$2" >/dev/null
	else
		printf '%d\n' "$(qtest inl 0xcfc)"
	fi
}
