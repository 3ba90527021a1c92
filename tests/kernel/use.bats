# SPDX-License-Identifier: GPL-2.0-or-later
# The use of an instance, from open to close: which callbacks of the parent driver are called, when, and
# with which arguments; and what the bus driver does itself.
#
# Theory of operation: as in mdev_test.bash. vfio_talk reads lines that
# tell it what to do with an instance.

load kernel
load mdev_test

teardown() {
	[ -z "${USER_PID-}" ] || kill "$USER_PID" 2>/dev/null || :
	reset_test_module
}

# talk_to DEVICE: starts vfio_talk. After that, `says LINE ANSWER` sends it a line and checks the answer.
talk_to() {
	local line
	coproc TALKER { exec vfio_talk "$1" 3>&-; }
	# shellcheck disable=SC2153 # bash sets them
	TALKER_IN=${TALKER[1]} TALKER_OUT=${TALKER[0]} USER_PID=$TALKER_PID
	read -r -t "$HANG" line <&"$TALKER_OUT"
	[ "$line" = open ]
}

says() {
	local line=
	printf '%s\n' "$1" >&"$TALKER_IN"
	read -r -t "$HANG" line <&"$TALKER_OUT" || :
	[ "$line" = "$2" ] || { echo "'$1' is answered with '$line', not '$2'"; return 1; }
}

hang_up() {
	eval "exec $TALKER_IN>&-"
	wait "$USER_PID"
	USER_PID=
}

@test "what is for open instances comes between open and close" {
	offer 0
	write $DOOR0 $UUID
	for i in 1 2 3; do
		talk_to $UUID
		says "map 0 1 rw" mapped
		says "read 0" 0
		says "listen 0 4" "done"
		says reset "done"
		expect open/calls=$i close/calls=$((i - 1)) reset/calls=$i validate/calls=$i
		hang_up
		expect close/calls=$i
	done
	expect strays=0 irq_info/calls=$((3 * 4))
}

@test "an open that fails is none" {
	offer 0
	write $DOOR0 $UUID
	fail open 12
	run vfio_talk $UUID
	assert "$output" =~ "Cannot allocate memory"
	expect open/calls=1 close/calls=0 irq_info/calls=0
	fail open
	fail irq_info 5
	run vfio_talk $UUID
	assert "$output" =~ "Input/output error"
	expect open/calls=2 close/calls=1
	fail irq_info
	remove $UUID
	expect strays=0
}

@test "reset: its error is the user's" {
	offer 0
	write $DOOR0 $UUID
	talk_to $UUID
	fail reset 5
	says reset EIO
	fail reset
	says reset "done"
	hang_up
	withdraw 0
	offer 0 lack=reset
	write $DOOR0 $UUID
	talk_to $UUID
	says reset ENOTTY
	hang_up
}

@test "mmap: a page is asked for when it is touched, and once" {
	offer 0
	write $DOOR0 $UUID
	talk_to $UUID
	says "map 0 2 rw" mapped
	expect validate/calls=0
	says "read 1" 0
	says "write 1" 1
	expect validate/calls=1
	# Both pages of the mapping are the same page of memory.
	says "read 0" 1
	says "read 0" 1
	expect validate/calls=2
	hang_up
}

@test "mmap: what is revoked is asked for again, and can be refused then" {
	offer 0
	write $DOOR0 $UUID
	talk_to $UUID
	control keep $UUID
	says "map 0 2 rw" mapped
	says "write 0" 1
	says "write 1" 2
	control revoke
	says "read 0" 2
	expect validate/calls=3
	control revoke
	fail validate 19
	says "read 0" SIGBUS
	says "write 1" SIGBUS
	fail validate
	says "read 1" 2
	hang_up
	control drop
}

@test "mmap: a region that is read-only is so when it is mapped" {
	offer 0
	write $DOOR0 $UUID
	talk_to $UUID
	says "map 1 1 rw" EINVAL
	says "map 1 1 r" mapped
	says "read 0" 0
	says protect EACCES
	says "map 2 1 r" EINVAL
	hang_up
}

@test "mmap: there is none where the driver allows nothing" {
	offer 0 lack=validate_map_request
	write $DOOR0 $UUID
	talk_to $UUID
	says "map 0 1 r" EINVAL
	hang_up
}

# Without that, two threads of a user could wait for each other for ever: one in mmap(), which holds the
# user's mmap lock, for a lock of the driver's; the other, of which the driver reads memory under its
# lock, for the mmap lock.
@test "mmap: waits for no lock that the driver holds while it reads the user's memory" {
	offer 0
	write $DOOR0 $UUID
	talk_to $UUID
	says give "done"
	hold memory
	says fetch started
	await memory/now 1
	says "map 0 1 rw" mapped
	release memory
	says fetched "done"
	# At the open; and vfio_talk asks for region 0, which has capabilities
	expect region_info/calls=$((9 + 1))
	hang_up
}

# mapped_how: how the kernel is told to map a page that is touched now. Bits 3 and 4 (PWT, PCD) choose the
# kind of caching. What is in the page does not matter: nothing need answer at an address of the bus.
mapped_how() {
	local how line
	control revoke
	: >$TRACING/trace
	echo "read 0" >&"$TALKER_IN"
	read -r -t "$HANG" line <&"$TALKER_OUT"
	# Other processes map a page by which they learn the time.
	how=$(sed -n "s/.*-$USER_PID .*vmf_insert_pfn_prot.* prot=//p" $TRACING/trace)
	echo "read $line, mapped $how"
	[ "$line" != SIGBUS ]
	caching=$((how & 0x18))
}

@test "mmap: device memory is not cached, unless the driver says how it is to be mapped" {
	TRACING=/sys/kernel/tracing
	mountpoint -q $TRACING || mount -t tracefs tracefs $TRACING || :
	[ "$(uname -m)" = x86_64 ] && [ -e $TRACING/kprobe_events ] || skip "needs to see the call of a function"
	offer 0
	write $DOOR0 $UUID
	talk_to $UUID
	control keep $UUID
	says "map 0 1 r" mapped
	echo 'p:mdev_test vmf_insert_pfn_prot prot=%cx:x64' >$TRACING/kprobe_events
	echo 1 >$TRACING/events/kprobes/mdev_test/enable
	mapped_how
	memory=$caching
	read -r start _ </sys/bus/pci/devices/$PARENT/resource
	echo $((start >> 12)) >$KNOBS/frame
	mapped_how
	device=$caching
	echo 1 >$KNOBS/combine
	mapped_how
	echo 0 >$TRACING/events/kprobes/mdev_test/enable
	echo >$TRACING/kprobe_events
	assert "$memory $device $caching" == "0 16 8"
	hang_up
	control drop
}

@test "regions: an access ends where its region does" {
	offer 0
	write $DOOR0 $UUID
	talk_to $UUID
	for region in 0 5 8; do
		says "span $region 16 64" 16
		says "span $region 300 900" 300
		says "span $region 0 4" EINVAL
	done
	hang_up
	expect strays=0
}

@test "regions: a driver that fails to describe one fails the open" {
	offer 0
	write $DOOR0 $UUID
	fail region_info 5
	run vfio_talk $UUID
	assert "$output" == "vfio_talk: VFIO_GROUP_GET_DEVICE_FD $UUID: Input/output error"
	expect open/calls=1 close/calls=1
	fail region_info
	remove $UUID
}

@test "regions: a driver that says it has moved more than it was asked for is not believed" {
	offer 0
	write $DOOR0 $UUID
	talk_to $UUID
	warnings_from_here
	echo 1000 >$KNOBS/excess
	says "span 1 64 4" 4
	says "span 1 512 300" 300
	warning=$(dmesg | sed '1,/warnings are expected from here/d' | grep WARNING) || :
	echo "mdev tests: warnings are expected up to here" >/dev/kmsg
	assert "$warning" =~ " vfio_mdev_read+"
	hang_up
}

@test "services: a late use is refused, of an instance that is closed, or has no bus driver any more" {
	offer 0
	write $DOOR0 $UUID
	control keep $UUID
	refused "No such device" $KNOBS/control "signal 1 0"
	talk_to $UUID
	says "listen 0 4" "done"
	control signal 1 0
	hang_up
	await close/calls 1
	refused "No such device" $KNOBS/control "signal 1 0"
	write /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	refused "No such device" $KNOBS/control "signal 1 0"
	control revoke
	# And at every moment in between
	running=$BATS_TEST_TMPDIR/running
	touch "$running"
	{ while [ -e "$running" ]; do control signal 1 0; control revoke; done || :; } 2>/dev/null 3>&- &
	signaller=$!
	for _ in 1 2 3 4 5; do
		write /sys/bus/mdev/drivers/vfio_mdev/bind $UUID
		talk_to $UUID
		says "listen 0 4" "done"
		hang_up
		write /sys/bus/mdev/drivers/vfio_mdev/unbind $UUID
	done
	rm "$running"
	wait_for is_over $signaller
	control drop
}

@test "interrupts: vectors are set up, signalled and taken away by the range" {
	offer 0
	write $DOOR0 $UUID
	talk_to $UUID
	control keep $UUID
	refused "No such file" $KNOBS/control "signal 1 2"
	says "listen 1 2" "done"
	# VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER of the index MSI
	assert "$(<$KNOBS/irqs)" == "0x24 1 1 2"
	control signal 1 2
	control signal 1 2
	control signal 1 1
	says came "0 1 2 0"
	refused "No such file" $KNOBS/control "signal 1 0"
	refused "No such file" $KNOBS/control "signal 1 4"
	refused "No such file" $KNOBS/control "signal 0 0"
	refused "No such file" $KNOBS/control "signal 99 0"
	says "trigger 0 4" "done"
	says came "0 1 1 0"
	says "mute 2 1" "done"
	says "trigger 1 3" "done"
	says came "0 1 0 0"
	says "listen 3 2" EINVAL
	says "trigger 0 0" "done"
	refused "No such file" $KNOBS/control "signal 1 1"
	hang_up
	control drop
}

# yield INDEX: opens an instance, and closes it when it is asked to by this interrupt. Its output is $OUT.
yield() {
	OUT=$BATS_TEST_TMPDIR/out
	vfio_user yield "$UUID" "$1" >"$OUT" 3>&- &
	USER_PID=$!
	wait_for test -s "$OUT"
}

logged() {
	dmesg | grep -c "vfio_mdev $UUID: its user $1"
}

@test "request: the user of an API is asked by its own interrupt, and the driver is told" {
	said=$(logged "is asked to let go of it (request 0)") || :
	for api in vfio-pci:4 vfio-ccw:2 vfio-ap:0; do
		offer 0 api=${api%:*}
		write $DOOR0 $UUID
		yield "${api#*:}"
		expect request/calls=0
		withdraw 0
		wait_for is_over "$USER_PID"
		assert "$(<"$OUT")" == $'open\nasked'
		# And once more, if the user had not let go when it began to be waited for
		assert "$(<$KNOBS/request/calls)" =~ ^[12]$
		echo 0 >$KNOBS/request/calls
	done
	USER_PID=
	assert "$(logged "is asked to let go of it (request 0)")" == $((said + 3))
	expect strays=0
}

# The one in the middle does not let go: the others must not be asked after it only.
@test "request: the users of all instances of a parent that goes are asked at once" {
	local first
	offer 0
	for uuid in $UUID $UUID2 $UUID3; do
		write $DOOR0 $uuid
	done
	hold_device $UUID2
	vfio_user yield $UUID 4 >"$BATS_TEST_TMPDIR/first" 3>&- &
	first=$!
	vfio_user yield $UUID3 4 >"$BATS_TEST_TMPDIR/last" 3>&- &
	USER_PID=$!
	wait_for test -s "$BATS_TEST_TMPDIR/first"
	wait_for test -s "$BATS_TEST_TMPDIR/last"
	later $KNOBS/control "unregister 0"
	wait_for is_over "$first"
	wait_for is_over "$USER_PID"
	USER_PID=
	assert "$(cat "$BATS_TEST_TMPDIR"/{first,last})" == $'open\nasked\nopen\nasked'
	[ -e $DEVICES/$UUID2 ]
	release_device
	succeeds "$LATER"
	expect strays=0
}

@test "request: where there is no interrupt for it the driver is told; without either the log says so" {
	offer 0 api=vfio-platform
	write $DOOR0 $UUID
	hold_device $UUID
	later $KNOBS/control "unregister 0"
	was_told() { [ "$(<$KNOBS/request/calls)" -ge 1 ]; }
	wait_for was_told
	release_device
	succeeds "$LATER"
	told=$(<$KNOBS/request/calls)
	unasked=$(logged "cannot be asked") || :
	offer 0 api=vfio-platform lack=request
	write $DOOR0 $UUID
	hold_device $UUID
	later $KNOBS/control "unregister 0"
	said() { [ "$(logged "cannot be asked")" = $((unasked + 1)) ]; }
	wait_for said
	release_device
	succeeds "$LATER"
	expect request/calls=$told strays=0
}

@test "services: a bus driver without them says so, and what is removed is not opened" {
	offer 0 api=mdev_test
	write $DOOR0 $UUID
	control keep $UUID
	# EOPNOTSUPP and E2BIG
	assert "$(<$KNOBS/services)" == $'open 0\npin -95 read -95 write -95 signal -95\npin too many -7'
	expect open/calls=1 close/calls=1
	remove $UUID
	# ENODEV
	assert "$(<$KNOBS/services)" == "open -19"
	expect open/calls=1
	control drop
}

# dma_unmap has to wait for the open: if a page stayed pinned after it, VFIO would panic.
@test "dma_unmap: what open has pinned is let go of when the open is done" {
	# A type 1 container takes two locks in one order to call dma_unmap, and in the other order to unpin.
	# Lockdep reports that once, and is off from then on.
	! has_lockdep || skip "lockdep would report a flaw of VFIO"
	offer 0
	write $DOOR0 $UUID
	echo 1 >$KNOBS/pin
	hold open
	coproc LATE { exec vfio_late $UUID 3>&-; }
	# shellcheck disable=SC2153 # bash sets them
	USER_PID=$LATE_PID late_in=${LATE[1]}
	# A descriptor of its own: bash closes the coprocess's when it ends, even with output unread.
	exec {late_out}<&"${LATE[0]}"
	await open/now 1
	has_value pinned 1 || { release open; skip "VFIO of this kernel lets nobody pin in open"; }
	echo >&"$late_in"
	until_blocked "$USER_PID" vfio_mdev_dma_unmap
	expect dma_unmap/calls=0
	release open
	read -r -t "$HANG" line <&"$late_out"
	exec {late_out}<&-
	assert "$line" == unmapped
	wait "$USER_PID"
	await close/calls 1
	expect dma_unmap/calls=1 pinned=0 strays=0
}

@test "reads get the offset in the device's file, whatever the region" {
	offer 0
	write $DOOR0 $UUID
	run vfio_regions $UUID
	echo "$output"
	assert "$(grep -c 'read at its offset 0x18' <<<"$output")" == 9
}

@test "the driver sizes the capabilities of its region info" {
	offer 0
	write $DOOR0 $UUID
	for nr in 1000 1; do
		echo $nr >$KNOBS/areas
		run vfio_regions $UUID
		assert "$output" =~ "capability 1 with $nr areas"
	done
}

@test "a region is asked for once, and again only for its capabilities" {
	offer 0
	write $DOOR0 $UUID
	run vfio_regions $UUID
	# Nine at the open. The program asks for each; for region 0, which alone has any, four times.
	expect region_info/calls=$((9 + 4))
}

# With an iommufd, VFIO also calls dma_unmap after the close; the parent driver must not see that.
@test "dma_unmap comes while the instance is open, and not after" {
	has_iommufd
	offer 0
	write $DOOR0 $UUID
	hold_device --iommufd $UUID
	release_device
	expect open/calls=1 close/calls=1 dma_unmap/calls=0
}
