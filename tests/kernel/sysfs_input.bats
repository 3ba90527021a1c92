# SPDX-License-Identifier: GPL-2.0-or-later
# Bad input to the files that make, remove, start and stop instances gets the errno that kmod/ABI.rst
# promises.
#
# Theory of operation: the first tests write values at each limit. sysfs_fuzz writes random lines, from
# FUZZ_SEED, for FUZZ_SECONDS; it computes the expected result of each. The kernel's log is checked after
# all suites.

load kernel
load medu

# bytes COUNT [CHARACTER]: a text of that many bytes
bytes() {
	local text
	printf -v text '%*s' "$1" ''
	printf '%s' "${text// /${2-x}}"
}

# answers ERRNO-TEXT FILE FORMAT...: one write of what printf makes of the format fails with this text, or
# succeeds if it is ""
answers() {
	local said
	# shellcheck disable=SC2059 # escapes are to be heeded
	said=$(printf -- "${@:3}" |
		LC_ALL=C dd of="$2" bs=65536 iflag=fullblock conv=notrunc status=none 2>&1) || :
	[[ ${said##*: } == "$1" ]] || {
		echo "$2 answers '$said' to ${*:3}"
		return 1
	}
}

files() {
	local parent=/sys/bus/pci/devices/$PARENT
	echo "$(types)"/medu-{fact,dma}/create $parent/mdev_{create,destroy} \
		/sys/class/mdev/mdev_{start,stop} $DEVICES/$UUID/remove
}

@test "bad input: NULs, newlines, and a page of them" {
	local file text length
	create $UUID
	for file in $(files); do
		for text in '\n' '\n\n' '\0' '\0\n' ' ' ':' ':\n' '%%s%%n' '/' '..' '\377'; do
			answers "Invalid argument" "$file" "$text"
		done
		for length in 36 4095 4096 8192; do
			answers "Invalid argument" "$file" "$(bytes $length)"
			answers "Invalid argument" "$file" "$(bytes $length '\0')"
			answers "Invalid argument" "$file" "$(bytes $length '\n')"
		done
	done
	assert "$(ls $DEVICES)" == $UUID
}

@test "bad input: lines that are right but for their end" {
	local file end number
	create $UUID:1
	create $UUID
	for file in $(files); do
		[[ $file != */remove ]] || continue
		for end in '\0' '\n\n' '\n\0' '\0\n' ' ' '\t' '\r\n' 'x' '-' ':' ':1:' '::' \
			':4294967296' ':18446744073709551617' ':-1' ':+1' ':0x' ':1 ' ':1\0'; do
			answers "Invalid argument" "$file" "$UUID2$end"
		done
	done
	for end in '\0' '\n\n' '\n\0' '\0\n' ' ' x '\r\n'; do
		answers "Invalid argument" $DEVICES/$UUID/remove "1$end"
	done
	for number in -1 0x 08 1.0 18446744073709551616 "$(bytes 4095 9)"; do
		answers "Invalid argument" $DEVICES/$UUID/remove "$number"
	done
	assert "$(ls $DEVICES)" == $UUID$'\n'$UUID-1
	assert "$(cat $DEVICES/$UUID/state)" == stopped
}

@test "bad input: the longest line that there can be, and one byte more" {
	local seed
	seed=$(bytes $((4095 - 36 - 6 - 1)) 0)
	answers "" "$(types)/medu-fact/create" "$UUID:seed=${seed}7"
	run vfio_user info $UUID
	assert "$output" =~ "liveness 0x7"
	answers "Invalid argument" "$(types)/medu-fact/create" "$UUID2:seed=${seed}07"
	answers "Invalid argument" "$(types)/medu-fact/create" "$UUID2:seed=${seed}7\n"
	answers "Invalid argument" $DEVICES/$UUID/remove "$(bytes 4096 0)"
	answers "Invalid argument" $DEVICES/$UUID/remove "$(bytes 4096 0)1"
	answers "" $DEVICES/$UUID/remove "$(bytes 4094 0)1"
	assert "$(ls $DEVICES)" == ""
}

@test "bad input: lines at random, each with the answer that it must get" {
	local seconds=${FUZZ_SECONDS:-15}
	! has_samples || modprobe mtty
	run timeout $((seconds + HANG)) sysfs_fuzz "${FUZZ_SEED:-20261123}" "$seconds"
	sed 's/^/# /' <<<"$output" >&3
	assert "$status" == 0
	[[ ${lines[-1]} =~ ^[1-9][0-9]+\ writes,\ 0\ differences$ ]]
	assert "$(ls $DEVICES)" == ""
	! has_samples || releases_late || modprobe -r mtty
}
