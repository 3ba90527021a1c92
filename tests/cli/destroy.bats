#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev destroy: which instances it removes, and when it removes none, on a made root.

load ../helpers

setup() {
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device 0000:01:00.0 acme-dma "$U2-3"
	make_device soft soft-1 "$U3"
}

# removed NAME...: these devices, and no others, were removed (their file "remove" was written).
removed() {
	assert "$(cd "$ROOT/sys/bus/mdev/devices" && grep -l 1 -- */remove | sed 's|/remove||' | paste -sd ' ')" == "$*"
}

@test "destroy takes one device, several, shortened ones, and one named twice" {
	mdev --root "$ROOT" destroy "$U1"
	assert "$output$stderr" == ""
	removed "$U1"
	mdev --root "$ROOT" destroy 2222:3 3333 "$U3"
	removed "$U1" "$U2-3" "$U3"
}

@test "destroy --all removes all devices of a parent" {
	mdev --root "$ROOT" destroy -p 01:00.0 --all
	removed "$U1" "$U2-3"
}

@test "destroy removes nothing when one of the devices is not there" {
	refused 1 "cannot destroy '4444': there is no device '4444'" --root "$ROOT" destroy "$U1" 4444
	refused 1 "cannot destroy '$U2': there is no instance 0 of '$U2', only $U2:3" --root "$ROOT" destroy "$U1" "$U2"
	refused 1 "cannot destroy '$U1': it is live on another parent$" --root "$ROOT" destroy -p soft "$U1"
	printf '[44440000-aaaa-4bbb-8ccc-000000000004]\nparent = soft\ntype = soft-1\n' | make_definition a.conf
	refused 1 "cannot destroy '4444': it is defined, but not live$" --root "$ROOT" destroy "$U1" 4444
	removed
}

@test "destroy removes nothing when one of the devices is in use, and names its holder" {
	make_process 4242 qemu-system-x86 "$(vfio_node 0)"
	refused 1 "cannot destroy $U1: it is in use by PID 4242 'qemu-system-x86'" --root "$ROOT" destroy "$U1" 3333
	removed
	mdev --root "$ROOT" destroy 3333
	removed "$U3"
}

@test "all who hold it are named, each once" {
	make_process 42 vmm "$(vfio_node 0)"
	ln -s "$(vfio_node 0)" "$ROOT/proc/42/fd/9"
	make_process 43 backup "$(vfio_node 0)"
	refused 1 "cannot destroy $U1: it is in use by PID 4[23] '[a-z]*', PID 4[23] '[a-z]*' \(--wait" --root "$ROOT" destroy "$U1"
	assert "$stderr" =~ "PID 42 'vmm'"
	assert "$stderr" =~ "PID 43 'backup'"
	rm "$ROOT/proc/42/comm"
	mkfifo "$ROOT/proc/42/comm"
	refused 1 "PID 42 '[?]'" --root "$ROOT" destroy "$U1"
	removed
}

# A process in a chroot or another mount namespace sees the node under another path.
@test "destroy finds a holder whatever it calls the node, by the number of the node alone" {
	mkdir -p "$ROOT/jail/vfio"
	ln -s "$(vfio_node 0)" "$ROOT/jail/vfio/elsewhere"
	make_process 42 vmm "$ROOT/jail/vfio/elsewhere"
	refused 1 "cannot destroy $U1: it is in use by PID 42 'vmm'" --root "$ROOT" destroy "$U1"
	removed
	ln -sfn "$(vfio_node 3)" "$ROOT/jail/vfio/elsewhere"
	mdev --root "$ROOT" destroy "$U1"
	removed "$U1"
}

@test "destroy also finds the holder of a device's own node" {
	mkdir -p "$ROOT/sys/class/mdev_bus/soft/$U3/vfio-dev/vfio9"
	vfio_number 3 > "$ROOT/sys/class/mdev_bus/soft/$U3/vfio-dev/vfio9/dev"
	make_process 77 vmm "$(vfio_node 3)"
	refused 1 "cannot destroy $U3: it is in use by PID 77 'vmm'" --root "$ROOT" destroy 3333
	removed
}

@test "destroy --wait waits until the holder lets go, within its time" {
	make_process 4242 vmm "$(vfio_node 0)"
	refused 1 "cannot destroy $U1: it is in use by PID 4242 'vmm'" --root "$ROOT" destroy --wait=1 "$U1" 3333
	removed
	"$MDEV" --root "$ROOT" destroy --wait "$U1" 3333 3>&- &
	rm -r "$ROOT/proc/4242"
	wait $!
	removed "$U1" "$U3"
	refused 2 "'x' is not a number of seconds" --root "$ROOT" destroy --wait=x "$U2"
	refused 2 "is not a number of seconds" --root "$ROOT" destroy --wait=-1 "$U2"
}

# looks ARG...: how many times the command looks at the processes
looks() {
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=openat,openat2 -o "$BATS_TEST_TMPDIR/trace" \
		"$MDEV" --root "$ROOT" "$@" > /dev/null || return
	grep -c '/proc"' "$BATS_TEST_TMPDIR/trace" || true
}

@test "the project's core says itself that a device is in use; of several none is to be removed" {
	requires strace
	assert "$(looks destroy "$U3")" == 1 "on the kernel's own core"
	make_device soft soft-1 "$U2"
	make_extended
	assert "$(looks destroy "$U1")" == 0 "on the project's"
	assert "$(looks destroy --dry-run "$U1")" == 1 "only foreseen"
	assert "$(looks destroy "$U2" "$U3")" == 1 "two"
	assert "$(looks apply --prune)" == 0 "apply --prune"
}

@test "destroy says that a device went away meanwhile" {
	rm "$ROOT/sys/class/mdev_bus/soft/$U3/remove"
	refused 1 "cannot destroy $U3: it went away meanwhile" --root "$ROOT" destroy 3333
}

@test "destroy --undefine also removes the definition" {
	mdev --root "$ROOT" define 1111
	make_definition bad.conf <<< "nonsense"
	mdev --root "$ROOT" destroy --undefine 1111
	removed "$U1"
	assert "$(ls "$ROOT/etc/mdev.d")" == "bad.conf"
}

@test "wrong usage of destroy" {
	before=$(fingerprint)
	refused 2 "either UUIDs or --parent with --all" --root "$ROOT" destroy
	refused 2 "either UUIDs or --parent with --all" --root "$ROOT" destroy --all
	refused 2 "either UUIDs or --parent with --all" --root "$ROOT" destroy -p soft
	refused 2 "either UUIDs or --parent with --all" --root "$ROOT" destroy -p soft --all 3333
	for uuid in "" 333 x ../x "$U1:" "$U1:x" "${U1}0" $'\xff' "$(printf '1%.0s' {1..5000})"; do
		refused 2 "is neither a UUID, UUID:INSTANCE nor the beginning of one" --root "$ROOT" destroy "$U1" "$uuid"
	done
	assert "$(fingerprint)" == "$before"
}
