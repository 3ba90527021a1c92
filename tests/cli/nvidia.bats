# SPDX-License-Identifier: GPL-2.0-or-later
# Virtual functions of NVIDIA's cards, which have a type, beside mediated devices.

load ../helpers

CARD=0000:41:00.0

setup() {
	make_root
	make_card $CARD 4
}

# A virtual function of the card has that type, and nothing else was written.
current() {
	assert "$(cat "$(vgpu_file $CARD "$1" current_vgpu_type)")" == "$2" "type of virtual function $1"
}

# assert_lines TEXT LINE...
assert_lines() {
	local text=$1
	shift
	assert "$text" == "$(printf '%s\n' "$@")"
}

# What is recorded in run/mdev/vf, by name; the lock is no record.
records() {
	[ ! -d "$ROOT/run/mdev/vf" ] || (cd "$ROOT/run/mdev/vf" && for name in *; do
		[ ! -L "$name" ] && [ ! -e "$name" ] || echo "$name $(readlink "$name" || cat "$name")"
	done)
}

@test "a card offers the types of its free functions, as many as there can be at most" {
	set_vgpu $CARD 2 9
	mdev types --root "$ROOT" -p $CARD -o TYPE,AVAILABLE,API,NAME --noheadings --raw
	assert_lines "$output" \
		'nvidia-5 <=3 vfio-pci NVIDIA\x20L40S-1Q' \
		'nvidia-7 <=3 vfio-pci NVIDIA\x20L40S-4Q' \
		'nvidia-9 0 vfio-pci -'
	requires jq
	mdev types --root "$ROOT" -p $CARD --json
	assert "$(jq -c '.results[0] | [.available_instances, .at_most, .device_api]' <<< "$output")" == '[3,true,"vfio-pci"]'
}

@test "a card without virtual functions is no parent" {
	make_card 0000:51:00.0 0
	refused 1 'virtual functions .* 0 of 16 are enabled' types --root "$ROOT" -p 0000:51:00.0
}

@test "each function that has a type is a device, by the record of it or by its address" {
	record_vgpu $CARD 0 "$U1" 5
	set_vgpu $CARD 0 5
	record_vgpu $CARD 1 "$U2" 5
	set_vgpu $CARD 1 7
	record_vgpu $CARD 2 "$U3" 5
	# UUIDs of version 5 for pci:0000:41:00.5 among URLs
	mdev list --root "$ROOT" -o UUID,TYPE,KIND,ADDRESS,VF --noheadings --raw
	assert_lines "$output" \
		"$U1 nvidia-5 nvidia 0000:41:00.4 0" \
		"$(foreign 1) nvidia-7 nvidia 0000:41:00.5 1"
	mdev list --root "$ROOT"
	assert "$output" =~ " ADDRESS"
}

foreign() {
	local address
	address=$(vgpu_function $CARD "$1")
	python3 -c 'import sys, uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "pci:" + sys.argv[1]))' "$address"
}

@test "a record that is none, or of another type, does not count" {
	local text
	set_vgpu $CARD 0 5
	mkdir -p "$ROOT/run/mdev/vf"
	for text in '' "$U1" "$U1 nvidia-7" "$U1 nvidia-5 more" "x nvidia-5" "$U1  nvidia-5"; do
		echo "$text" > "$ROOT/run/mdev/vf/0000:41:00.4"
		mdev list --root "$ROOT" -o UUID --noheadings
		assert "$output" == "$(foreign 0)" "with the record '$text'"
	done
	printf '%s nvidia-5' "$U1" > "$ROOT/run/mdev/vf/0000:41:00.4"
	mdev list --root "$ROOT" -o UUID --noheadings
	assert "$output" == "$(foreign 0)" "with a record without an end"
}

@test "show has the address, the function and the driver's own attributes, nothing of PCI's" {
	set_vgpu $CARD 3 5
	record_vgpu $CARD 3 "$U1" 5
	mdev show --root "$ROOT" "$U1"
	assert "$output" =~ "address:     0000:41:00.7"
	assert "$output" =~ "vf:          3"
	assert "$output" =~ "attribute:   nvidia/vgpu_params"
	assert "$output" !~ driver_override
	assert "$output" !~ current_vgpu_type
}

@test "create takes the first free function, and destroy frees it" {
	set_vgpu $CARD 0 7
	mdev create --root "$ROOT" "$U1" -p $CARD -t nvidia-5
	current 1 5
	assert_lines "$(records)" "0000:41:00.5 $U1 nvidia-5" "$U1 0000:41:00.5"
	assert "$(cat "$ROOT/sys/bus/pci/devices/0000:41:00.5/uevent")" == "change $U1 MDEV=created"
	mdev create --root "$ROOT" "$U2" -p $CARD -t L40S-1Q
	current 2 5
	mdev destroy --root "$ROOT" "$U1"
	current 1 0
	assert_lines "$(records)" "0000:41:00.6 $U2 nvidia-5" "$U2 0000:41:00.6"
	mdev create --root "$ROOT" "$U3:4" -p $CARD -t 'NVIDIA L40S-4Q'
	current 1 7
	mdev list --root "$ROOT" -p $CARD -o UUID --noheadings
	assert "$output" =~ "$U3:4"
}

@test "an identity is one instance's alone, of whatever kind" {
	make_device soft soft-1 "$U1"
	refused 1 "it is live already, on parent 'soft'" create --root "$ROOT" "$U1" -p $CARD -t nvidia-5
	mdev create --root "$ROOT" "$U2" -p $CARD -t nvidia-5
	refused 1 "it is live already, on parent '$CARD'" create --root "$ROOT" "$U2" -p $CARD -t nvidia-5
	refused 1 "it is live already, on parent '$CARD'" create --root "$ROOT" "$U2" -p soft -t soft-1
	current 1 0
}

@test "a stale record is no instance, and gives way" {
	record_vgpu $CARD 3 "$U1" 5
	mdev create --root "$ROOT" "$U1" -p $CARD -t nvidia-5
	assert "$(readlink "$ROOT/run/mdev/vf/$U1")" == 0000:41:00.4
	mdev show --root "$ROOT" "$U1"
	assert "$output" =~ "vf:          0"
}

@test "a card without a free function says what is on it" {
	local i
	for i in 0 1 2; do set_vgpu $CARD $i 5; done
	set_vgpu $CARD 3 7
	refused 1 'nvidia-5 on 3, nvidia-7 on 1' create --root "$ROOT" "$U1" -p $CARD -t nvidia-5
	assert "$(records)" == ""
}

@test "a type that no function can have beside the others says of another size" {
	local i
	set_vgpu $CARD 0 7
	for i in 1 2 3; do printf 'ID    : vGPU Name\n7     : NVIDIA L40S-4Q\n' > "$(vgpu_file $CARD $i creatable_vgpu_types)"; done
	refused 1 "has no type 'nvidia-5' .it has nvidia-7 .*virtual functions: nvidia-7 on 1 .*-shm 1" create --root "$ROOT" "$U1" -p $CARD -t nvidia-5
	set_vgpu $CARD 0 5
	refused 1 'no room for type .nvidia-5. .*: nvidia-5 on 1 .*-shm 1' create --root "$ROOT" "$U1" -p $CARD -t nvidia-5
}

@test "parameters and attributes of PCI's are refused before anything is written" {
	local name
	refused 1 'takes no parameters' create --root "$ROOT" "$U1" -p $CARD -t nvidia-5 --params x
	for name in remove reset enable config resource0 nvidia/current_vgpu_type nvidia/creatable_vgpu_types physfn/remove; do
		refused 1 "kernel's own file" create --root "$ROOT" "$U1" -p $CARD -t nvidia-5 -a "$name=1" ||
			refused 2 "kernel's own file" create --root "$ROOT" "$U1" -p $CARD -t nvidia-5 -a "$name=1"
	done
	current 0 0
	assert "$(records)" == ""
}

@test "an attribute that is refused leaves neither instance nor record" {
	refused 1 "no attribute 'nvidia/x'" create --root "$ROOT" "$U1" -p $CARD -t nvidia-5 -a nvidia/vgpu_params=a -a nvidia/x=1
	current 0 0
	assert "$(records)" == ""
}

@test "apply makes what is defined, on the functions that are named, and keeps it" {
	make_definition a.conf <<- END
		[$U1]
		parent = $CARD
		type = nvidia-5
		auto = yes
		[$U2]
		parent = $CARD
		type = nvidia-5
		auto = yes
		vf = 0
	END
	mdev apply --root "$ROOT"
	assert "${lines[-1]}" == "2 created"
	assert_lines "$(records)" "0000:41:00.4 $U2 nvidia-5" "0000:41:00.5 $U1 nvidia-5" "$U1 0000:41:00.5" "$U2 0000:41:00.4"
	mdev apply --root "$ROOT"
	assert "$output" == "2 kept"
}

@test "what others made on the function of a definition becomes its instance, if it has the type" {
	set_vgpu $CARD 2 5
	set_vgpu $CARD 3 7
	make_definition a.conf <<- END
		[$U1]
		parent = $CARD
		type = nvidia-5
		auto = yes
		vf = 2
		[$U2]
		parent = $CARD
		type = nvidia-5
		auto = yes
		vf = 3
	END
	mdev 1 apply --root "$ROOT"
	# shellcheck disable=SC2154 # by mdev
	assert "$stderr" =~ "virtual function 3 .0000:41:00.7. has type 'nvidia-7', which mdev did not make"
	assert "$output" == "1 kept, 1 failed"
	assert_lines "$(records)" "0000:41:00.6 $U1 nvidia-5" "$U1 0000:41:00.6"
}

@test "a function that is not there, or has no driver, is said to be so" {
	make_definition a.conf <<- END
		[$U1]
		parent = $CARD
		type = nvidia-5
		vf = 9
		[$U2]
		parent = $CARD
		type = nvidia-5
		vf = 1
	END
	refused 1 'virtual function 9 .* is not there: 4 of 16 are enabled' create --root "$ROOT" "$U1"
	rm -r "$ROOT/sys/bus/pci/devices/0000:41:00.5/nvidia"
	refused 1 'virtual function 1 .0000:41:00.5. has no driver' create --root "$ROOT" "$U2"
}

@test "what others made is destroyed when it is named, by all of its card only with --foreign" {
	set_vgpu $CARD 0 5
	set_vgpu $CARD 1 5
	record_vgpu $CARD 2 "$U1" 5
	set_vgpu $CARD 2 5
	mdev destroy --root "$ROOT" "$(foreign 0)"
	current 0 0
	mdev destroy --root "$ROOT" -p $CARD --all
	current 1 5
	current 2 0
	mdev apply --root "$ROOT" --prune
	current 1 5
	mdev apply --root "$ROOT" --prune --foreign
	current 1 0
}

@test "a function that somebody has open keeps its type" {
	set_vgpu $CARD 0 5
	record_vgpu $CARD 0 "$U1" 5
	mkdir -p "$ROOT/sys/kernel/iommu_groups/1" "$ROOT/sys/class/vfio/1"
	ln -s ../../../kernel/iommu_groups/1 "$ROOT/sys/devices/pci0000:41/0000:41:00.4/iommu_group"
	vfio_number 1 > "$ROOT/sys/class/vfio/1/dev"
	make_process 4242 qemu-system-x86 "$(vfio_node 1)"
	make_extended
	refused 1 "in use by PID 4242" destroy --root "$ROOT" "$U1"
	current 0 5
}

@test "a PCI address is taken where a UUID is, and a function where its card is" {
	mdev create --root "$ROOT" "$U1" -p 41:00.6 -t nvidia-5
	current 2 5
	mdev show --root "$ROOT" 41:00.6
	assert "${lines[0]}" == "$U1"
	refused 1 "no instance is on that PCI device" destroy --root "$ROOT" 41:00.5
	refused 1 "virtual function 2 .0000:41:00.6. is $U1" create --root "$ROOT" "$U2" -p 0000:41:00.6 -t nvidia-5
	mdev destroy --root "$ROOT" 0000:41:00.6
	current 2 0
}

@test "what create --define writes names the function, and no other definition's" {
	make_definition a.conf <<- END
		[$U2]
		parent = $CARD
		type = nvidia-5
		vf = 0
	END
	mdev create --root "$ROOT" "$U1" -p $CARD -t nvidia-5 --define
	current 1 5
	assert "$(grep vf "$ROOT/etc/mdev.d/$U1.conf")" == "vf = 1"
}

@test "mdevctl knows mediated devices alone, live and defined" {
	make_device soft soft-1 "$U1"
	set_vgpu $CARD 0 5
	record_vgpu $CARD 0 "$U2" 5
	make_definition a.conf <<- END
		[$U2]
		parent = $CARD
		type = nvidia-5
		[$U3]
		parent = 0000:51:00.0
		type = nvidia-5
		vf = 3
	END
	ln -s "$(realpath "$MDEV")" "$BATS_TEST_TMPDIR/mdevctl"
	export MDEVCTL_ENV_ROOT=$ROOT
	run -0 "$BATS_TEST_TMPDIR/mdevctl" list
	assert "$output" == "$U1 soft soft-1 manual"
	run -0 "$BATS_TEST_TMPDIR/mdevctl" list --defined
	assert "$output" == ""
	run -0 "$BATS_TEST_TMPDIR/mdevctl" types
	assert "$output" !~ "$CARD"
}

@test "QEMU gets a function by its address with the UUID of its machine, libvirt one that keeps its driver" {
	set_vgpu $CARD 3 5
	record_vgpu $CARD 3 $U1 5
	mdev show --root "$ROOT" $U1 --for qemu
	assert "$output" == "-device vfio-pci,host=0000:41:00.7 -uuid $U1"
	mdev show --root "$ROOT" $U1 --for libvirt
	assert "$output" == "<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x0000' bus='0x41' slot='0x00' function='0x7'/></source></hostdev>"
}

@test "functions that nobody has open and no definition names are orphans, and are counted" {
	set_vgpu $CARD 0 5
	record_vgpu $CARD 0 $U1 5
	set_vgpu $CARD 3 5
	record_vgpu $CARD 3 $U2 5
	printf '[%s]\nparent = %s\ntype = nvidia-5\nvf = 3\n' $U2 $CARD | make_definition a.conf
	mdev list --root "$ROOT" --orphans --raw --noheadings -o uuid
	assert "$output" == "$U1"
	mdev types --root "$ROOT" --prometheus -p $CARD
	assert "$(grep 'type="nvidia-5"' <<< "$output")" == "\
mdev_instances{parent=\"$CARD\",type=\"nvidia-5\",state=\"held\"} 0
mdev_instances{parent=\"$CARD\",type=\"nvidia-5\",state=\"idle\"} 1
mdev_instances{parent=\"$CARD\",type=\"nvidia-5\",state=\"orphan\"} 1
mdev_available_instances{parent=\"$CARD\",type=\"nvidia-5\"} 2"
}

# Holds the locks of all cards and identities, as an open file's own (F_OFD_SETLK), until its input ends.
hold_locks() {
	perl -e 'open(my $file, "+>", $ARGV[0]) or die; my $lock = pack("s s x4 q q l x4", 1, 0, 0, 0, 0);
		fcntl($file, 37, $lock) or die; print "held\n"; close(STDOUT); <STDIN>' "$ROOT/run/mdev/vf/.lock"
}

@test "a change that comes too late is not made to another instance on the same function" {
	local inode pid ended=0
	set_vgpu $CARD 0 5
	record_vgpu $CARD 0 "$U1" 5
	coproc HOLDER { hold_locks; }
	read -r <&"${HOLDER[0]}"
	inode=$(stat -c %i "$ROOT/run/mdev/vf/.lock")
	"$MDEV" --root "$ROOT" modify "$U1" --live -a nvidia/vgpu_params=mine > "$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	pid=$!
	for _ in $(seq 1000); do
		! grep -qE -- "-> OFDLCK .*:$inode " /proc/locks || break
		read -rt 0.01 <> <(:) || :
	done
	record_vgpu $CARD 0 "$U2" 5
	eval "exec ${HOLDER[1]}>&-"
	wait $pid || ended=$?
	assert "$(cat "$(vgpu_file $CARD 0 vgpu_params)")" != mine
	assert "$ended $(cat "$BATS_TEST_TMPDIR/said")" == "1 mdev: cannot modify $U1: it went away meanwhile"
}
