# SPDX-License-Identifier: GPL-2.0-or-later
# A guest that boots as a host does: systemd, udev, the project installed, a disk that lasts from
# one boot to the next. For bats suites and the demo; the state of a guest is the folder VM_DIR.
# shellcheck shell=bash

. "${BASH_SOURCE[0]%/*}/lib.bash"

# Seconds that no step takes but one that hangs, on however busy a machine
VM_HANG=600

# Makes what every guest starts from; call it once. Usage: vm_prepare X.Y [FOLDER]; what is in FOLDER is
# in the guest as well.
vm_prepare() {
	"$vm/build-image"
	"$vm/build-guest" "$1" ours "$top/build/vm/initrd-$1-payload" ${2+"$2"}
	"$vm/build-initrd" "$1" "$top/build/vm/initrd-$1"
}

# Gives VM_DIR a guest that was never booted. Usage: vm_new X.Y
vm_new() {
	rm -rf "$VM_DIR"
	mkdir -p "$VM_DIR"
	cp --sparse=always --reflink=auto "$cache/image.ext4" "$VM_DIR/disk"
	echo "$1" >"$VM_DIR/series"
	echo -payload >"$VM_DIR/initrd"
}

# Boots the guest and waits until systemd has started everything. Arguments go to QEMU; VM_APPEND
# to the kernel.
vm_start() {
	local series pipe
	series=$(<"$VM_DIR/series")
	rm -f "$VM_DIR"/{agent,monitor}.{in,out}
	for pipe in agent monitor; do
		mkfifo "$VM_DIR/$pipe.in" "$VM_DIR/$pipe.out"
	done
	machine_options "$series" "$top/build/vm/initrd-$series$(<"$VM_DIR/initrd")" \
		"quiet systemd.show_status=false systemd.default_timeout_start_sec=$VM_HANG ${VM_APPEND-}"
	# shellcheck disable=SC2054 # the commas are QEMU's
	machine+=(
		-smp 2
		-chardev "file,id=console,path=$VM_DIR/console,append=on" -serial chardev:console
		-chardev "pipe,id=agent,path=$VM_DIR/agent" -serial chardev:agent
		-chardev "pipe,id=monitor,path=$VM_DIR/monitor" -mon chardev=monitor,mode=control
		-drive "if=none,id=disk,file=$VM_DIR/disk,format=raw,cache=unsafe"
		-device virtio-blk-pci,drive=disk,bus=pcie.0,addr=4
	)
	# Longer than all tests of a suite; it is here for a guest that was forgotten.
	timeout -k 5 14400 "${machine[@]}" "$@" </dev/null >>"$VM_DIR/qemu" 2>&1 3>&- &
	echo $! >"$VM_DIR/pid"
	: >"$VM_DIR/initrd"
	vm_await_ready || { vm_post_mortem; return 1; }
}

vm_await_ready() {
	local word state
	while read -r -t "$VM_HANG" word <>"$VM_DIR/agent.out"; do
		[ "$word" != ready ] || break
	done
	[ "${word-}" = ready ] || return 1
	state=$(vm_run 'systemctl is-system-running --wait')
	[ "$state" = running ] && return
	echo "systemd says the guest is '$state'" >&2
	vm_run 'systemctl --failed --no-legend' >&2
	return 1
}

vm_post_mortem() {
	tail -n 5 "$VM_DIR/qemu" >&2
	tail -n 40 "$VM_DIR/console" >&2
	vm_kill
}

# Runs a shell command as root in the guest; prints its output, returns its exit status.
vm_run() {
	local id=$RANDOM$RANDOM out word answer status output
	if [ ! -e "$VM_DIR/pid" ] || ! kill -0 "$(<"$VM_DIR/pid")" 2>/dev/null; then
		echo "the guest is off" >&2
		return 125
	fi
	exec {out}<>"$VM_DIR/agent.out"
	vm_send "$id" "$1"
	while read -r -t $((VM_HANG + 60)) word answer status output <&"$out"; do
		[ "$word $answer" = "done $id" ] || continue
		exec {out}>&-
		base64 -d <<<"$output"
		return "$status"
	done
	exec {out}>&-
	echo "the guest does not answer" >&2
	return 125
}

vm_send() {
	printf 'run %s %s\n' "$1" "$(base64 -w 0 <<<"$2")" 1<>"$VM_DIR/agent.in"
}

# Waits until a command succeeds in the guest, for less long than vm_run waits.
vm_wait() {
	vm_run "for ((i = 0; i < $VM_HANG * 5; i++)); do { $1; } >/dev/null 2>&1 && exit; sleep 0.1; done
		echo 'still fails after $((VM_HANG / 2)) s: '${1@Q}; exit 1"
}

# Waits until udev has done what there is to do, and the service of mdev, where it listens: then it is
# in poll() without a limit (7 is poll; who was woken is "running").
vm_settle() {
	vm_run "udevadm settle --timeout=$((VM_HANG / 2))"
	vm_wait '[ ! -e /run/mdev/listener ] || {
		pid=$(systemctl show --value -p MainPID mdev.service)
		read -r call _ _ limit _ </proc/$pid/syscall && [[ $call = 7 && $limit = 0xffffffff* ]]
	}'
	vm_run "udevadm settle --timeout=$((VM_HANG / 2))"
}

vm_log_from_here() {
	vm_run 'journalctl --rotate -q; date +%s.%N >/run/since'
}

vm_log_from_boot() {
	vm_run 'rm -f /run/since'
}

# What mdev, or udev on its behalf, has logged since the guest booted, or vm_log_from_here.
vm_log() {
	vm_run 'sync; journalctl --sync; journalctl -b -o cat --since "@$(cat /run/since 2>/dev/null || echo 0)" \
		-t mdev -t systemd-udevd | grep -F mdev || :'
}

# Gives QEMU's monitor a command, such as "device_del edu1", and prints its answer.
vm_monitor() {
	local in out line
	exec {in}<>"$VM_DIR/monitor.in" {out}<>"$VM_DIR/monitor.out"
	jq -cn --arg line "$1" '{execute: "qmp_capabilities"}, {execute: "human-monitor-command",
		id: "answer", arguments: {"command-line": $line}}' >&"$in"
	while read -r -t "$VM_HANG" line <&"$out"; do
		if jq -e '.id == "answer"' <<<"$line" >/dev/null; then
			exec {in}>&- {out}>&-
			jq -r '.return // .error.desc' <<<"$line"
			return
		fi
	done
	exec {in}>&- {out}>&-
	echo "QEMU's monitor does not answer" >&2
	return 125
}

# Shuts the guest down in good order and waits until QEMU has gone.
vm_stop() {
	vm_send 0 'systemctl --no-block poweroff'
	vm_await_exit
}

# The machine goes off and on again, as for a new boot from the same disk.
vm_reboot() {
	vm_send 0 'systemctl --no-block reboot'
	vm_await_exit
	vm_start "$@"
}

vm_kill() {
	[ ! -e "$VM_DIR/pid" ] || kill "$(<"$VM_DIR/pid")" 2>/dev/null || :
	vm_await_exit
}

vm_await_exit() {
	local tries=$((VM_HANG * 10))
	while [ -e "$VM_DIR/pid" ] && kill -0 "$(<"$VM_DIR/pid")" 2>/dev/null; do
		if ((tries-- == 0)); then
			echo "the guest did not go off in $VM_HANG s" >&2
			kill -KILL "$(<"$VM_DIR/pid")"
			return 1
		fi
		sleep 0.1
	done
	rm -f "$VM_DIR/pid"
}
