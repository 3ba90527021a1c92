#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Sections [parent NAME]: what a card itself shall be before instances are made on it.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
}

# wrong LINES MESSAGE...: a file that begins with these lines (of printf) has these problems, "LINE: TEXT",
# and what another section of it defines is there all the same.
wrong() {
	local lines=$1 expected=
	shift
	# shellcheck disable=SC2059 # the text is a format, for bytes that a variable cannot hold
	printf "$lines\n[$U1]\nparent = soft\ntype = soft-1\n" > "$ETC/a.conf"
	for message; do
		expected+="mdev: $ETC/a.conf:$message"$'\n'
	done
	mdev 1 --root "$ROOT" list --defined --noheadings --raw -o uuid || return
	assert "$stderr" == "${expected%$'\n'}" "$lines" || return
	assert "$output" == "$U1" "the other section"
}

@test "each kind of mistake in the section of a parent is reported with file and line" {
	local bad
	wrong "[parent]" "1: a section [parent NAME] names no parent"
	wrong "[parent \t]" "1: a section [parent NAME] names no parent"
	wrong "[parent a]b]" "1: a section is one identity in brackets and nothing else"
	wrong "[parent \xff]" "1: the name of the parent is not UTF-8 text"
	wrong "[parents a]" "1: 'parents a' is neither a UUID nor UUID:INSTANCE"
	for bad in 0 -1 65536 all "1 2" 0x2 MAX; do
		wrong "[parent soft]\nvfs = $bad" "2: 'vfs' is max or a number from 1, not '$bad'"
	done
	wrong "[parent soft]\nvfs = 1\nvfs = 1" "3: a second 'vfs' in the section"
	wrong "[parent soft]\nvfs =" "2: 'vfs' is max or a number from 1, not ''"
	for bad in "" echo bin/echo "''" "'/bin/echo" '"/bin/echo x'; do
		case $bad in
		"'/"* | '"'*) wrong "[parent soft]\nthen = $bad" "2: a quote has no end" ;;
		*) wrong "[parent soft]\nthen = $bad" "2: 'then' begins with the whole path of a program" ;;
		esac
	done
	wrong "[parent soft]\nattr = x" "2: attribute 'x' has no value"
	wrong "[parent soft]\nattr = ../x 1" "2: '../x' cannot be the name of an attribute of a device"
	wrong "[parent soft]\ntype = x\nauto = yes" "2: unknown key 'type' in a section of a parent" \
		"3: unknown key 'auto' in a section of a parent"
	wrong "[parent soft]\nvfs = 1\n[parent soft]\nvfs = 1" "3: the same parent as in line 1"
	wrong "[parent soft]\n[defaults]" "2: [defaults] stands before all identities"
}

@test "the section of a parent is read, wherever it stands and in whatever way it names it" {
	printf '[parent 41:00.0]\n[defaults]\n' > "$ETC/a.conf"
	printf '[defaults]\nparent = soft\ntype = soft-1\n\n[parent  udev:ID_PATH=pci-0000:41:00.0 ]\nvfs = max\nthen = /bin/a "b c"\nattr = x/y  1 \n\n[%s]\n[parent pci:10de:2230/2]\nvfs=7\n' \
		"$U1" > "$ETC/a.conf"
	mdev --root "$ROOT" list --defined --noheadings --raw -o uuid
	assert "$stderr" == ""
	assert "$output" == "$U1"
}

@test "a file that is named for a UUID has no section of a parent" {
	printf '[%s]\nparent = soft\ntype = soft-1\n[parent soft]\nvfs = max\n' "$U1" > "$ETC/$U1.conf"
	mdev 1 --root "$ROOT" list --defined --noheadings --raw -o uuid
	assert "$stderr" == "mdev: $ETC/$U1.conf:4: a section of a parent does not belong into a file that is named for a UUID"
}

@test "every change of a file keeps the sections of parents in it, byte for byte" {
	local section=$'\t; why\n[parent  41:00.0 ]\n; so\nvfs=max\nthen = /bin/a  "b c"  \n\nattr = x  1 \n'
	section=${section#$'\t'}
	printf '%s[%s]\nparent = soft\ntype = soft-1\n%s[%s]\nparent = soft\ntype = soft-1\n' \
		"$section" "$U1" "${section//41/42}" "$U2" > "$ETC/farm.conf"
	keeps() {
		assert "$(sed -n '/why/!{/parent  4/,/attr/p}' "$ETC/farm.conf")" == \
			"$(printf '%s%s' "$section" "${section//41/42}" | sed -n '/parent  4/,/attr/p')" "$1"
	}
	keeps "as written"
	mdev --root "$ROOT" modify "$U1" --auto --description x -a a=1
	keeps "modify of the section before one"
	mdev --root "$ROOT" define "$U3" -p soft -t soft-1 --file farm
	keeps "define"
	mdev --root "$ROOT" undefine "$U1" "$U3"
	keeps "undefine"
	printf '#!/bin/sh\nsed -i s/soft-1/soft-2/ "$1"\n' > "$BATS_TEST_TMPDIR/editor"
	chmod +x "$BATS_TEST_TMPDIR/editor"
	EDITOR=$BATS_TEST_TMPDIR/editor mdev --root "$ROOT" edit "$U2"
	keeps "edit"
	mdev --root "$ROOT" undefine "$U2"
	keeps "undefine of the last"
	assert "$(cat "$ETC/farm.conf")" =~ "parent  42"
}

@test "a file that has a mistake in the section of a parent is not changed" {
	printf '[parent soft]\nvfs = many\n[%s]\nparent = soft\ntype = soft-1\n' "$U1" > "$ETC/farm.conf"
	cp "$ETC/farm.conf" "$BATS_TEST_TMPDIR/before"
	mdev 1 --root "$ROOT" modify "$U1" --auto
	assert "$stderr" =~ "the file is left as it is"
	cmp "$ETC/farm.conf" "$BATS_TEST_TMPDIR/before"
}

@test "a section of a parent in a file that others can write is a problem, with its line" {
	requires root
	local message="$ETC/farm.conf:4: root does not obey it: "
	printf '[%s]\nparent = soft\ntype = soft-1\n[parent 41:00.0]\nvfs = max\n' "$U1" > "$ETC/farm.conf"
	check_says() {
		mdev 1 --root "$ROOT" check
		assert "$stderr" =~ "mdev: $message$1 \(chown root, chmod go-w\)"
		mdev 1 --root "$ROOT" apply
		assert "$stderr" =~ "mdev: $message$1"
	}
	chmod 664 "$ETC/farm.conf"
	check_says "it can be written by group 0"
	chmod 644 "$ETC/farm.conf"
	chown 1000 "$ETC/farm.conf"
	check_says "it belongs to user 1000"
	chown 0 "$ETC/farm.conf"
	chmod 1777 "$ETC"
	check_says "its folder can be written by every user"
}

# make_card ADDRESS TOTAL DRIVER: a card without virtual functions. What enables them, "functions ADDRESS N"
# in $BIN, makes each a parent with two instances of type acme-vf.
make_card() {
	local dir=$ROOT/sys/devices/pci0000:40/$1
	mkdir -p "$dir" "$ROOT/sys/bus/pci/drivers/$3"
	ln -s "../../../devices/pci0000:40/$1" "$ROOT/sys/bus/pci/devices/$1"
	ln -s "../../../bus/pci/drivers/$3" "$dir/driver"
	echo 0x10de > "$dir/vendor"
	echo 0x2230 > "$dir/device"
	echo "$2" > "$dir/sriov_totalvfs"
	echo 0 > "$dir/sriov_numvfs"
	echo 1 > "$dir/sriov_offset"
	echo 1 > "$dir/sriov_stride"
	echo 1 > "$dir/sriov_drivers_autoprobe"
	: > "$dir/remove"
	ln -s ../../../bus/pci "$dir/subsystem"
	printf 'DRIVER=%s\n' "$3" > "$dir/uevent"
	printf 'I:1\nE:ID_PATH=pci-%s\n' "$1" > "$ROOT/run/udev/data/+pci:$1"
	BIN=$ROOT/usr/lib/nvidia
	mkdir -p "$BIN"
	cat > "$BATS_TEST_TMPDIR/functions" <<-'S'
		#!/bin/bash
		# ROOT, ADDRESS, N
		for ((i = 0; i < $3; i++)); do
			vf=${2%.*}.$((i + 1)) dir=$1/sys/devices/pci0000:40/${2%.*}.$((i + 1))
			mkdir -p "$dir/mdev_supported_types/acme-vf/devices"
			echo 2 > "$dir/mdev_supported_types/acme-vf/available_instances"
			echo vfio-pci > "$dir/mdev_supported_types/acme-vf/device_api"
			: > "$dir/mdev_supported_types/acme-vf/create"
			echo 0x10de > "$dir/vendor"
			echo 0x2230 > "$dir/device"
			ln -sfn "../$2" "$dir/physfn"
			ln -sfn "../$vf" "$1/sys/devices/pci0000:40/$2/virtfn$i"
			ln -sfn "../../../devices/pci0000:40/$vf" "$1/sys/bus/pci/devices/$vf"
			ln -sfn "../../devices/pci0000:40/$vf" "$1/sys/class/mdev_bus/$vf"
		done
		echo "$3" > "$1/sys/devices/pci0000:40/$2/sriov_numvfs"
	S
	chmod +x "$BATS_TEST_TMPDIR/functions"
}

# make_tool: the vendor's program, which notes its words, then does what stdin says.
make_tool() {
	printf '#!/bin/bash\nROOT=%q\nfunctions() { %q "$ROOT" "$@"; }\nprintf "%%s " "$@" >> %q\necho >> %q\ntries=$(wc -l < %q)\n' \
		"$ROOT" "$BATS_TEST_TMPDIR/functions" "$BATS_TEST_TMPDIR/calls"{,,} > "$BIN/sriov-manage"
	cat >> "$BIN/sriov-manage"
	chmod 755 "$BIN/sriov-manage"
	: > "$BATS_TEST_TMPDIR/calls"
}

CARD=0000:41:00.0

# created VF: the identity that was written to "create" of the virtual function
created() {
	cat "$ROOT/sys/bus/pci/devices/0000:41:00.$1/mdev_supported_types/acme-vf/create"
}

calls() {
	wc -l < "$BATS_TEST_TMPDIR/calls"
}

# The kernel's part, when a number is written to the card's file.
react() {
	local file=$ROOT/sys/bus/pci/devices/$CARD/sriov_numvfs
	until [ "$(cat "$file")" != 0 ]; do sleep 0.02; done
	cp "$file" "$BATS_TEST_TMPDIR/written"
	"$BATS_TEST_TMPDIR/functions" "$ROOT" "$CARD" "$(cat "$file")"
}

@test "the number of virtual functions is written where the vendor has no program for it" {
	local vfs
	for vfs in max:6 4:4; do
		make_card $CARD 6 acme
		printf '[parent %s]\nvfs = %s\n[%s]\nparent = 0000:41:00.2\ntype = acme-vf\nauto = yes\n' \
			$CARD "${vfs%:*}" "$U1" > "$ETC/a.conf"
		timeout 100 bash -c "$(declare -f react); CARD=$CARD ROOT=$ROOT BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR; react" 3>&- &
		mdev --root "$ROOT" apply
		assert "$(cat "$BATS_TEST_TMPDIR/written")" == "${vfs#*:}"
		assert "$(created 2)" == "$U1"
		rm -r "$ROOT"/sys/devices/pci0000:40 "$ROOT"/sys/bus/pci/devices/0000:41* "$ROOT"/sys/class/mdev_bus/0000:41*
	done
	make_card $CARD 6 acme
	printf '[parent %s]\nvfs = 7\n' $CARD > "$ETC/a.conf"
	mdev 1 --root "$ROOT" apply
	assert "$stderr" == "mdev: cannot prepare card '$CARD' ($ETC/a.conf:1): it can have 6 virtual functions, not 7"
}

@test "a card that has virtual functions is left alone, however many" {
	make_card $CARD 6 nvidia
	make_tool <<< 'functions $2 6'
	"$BATS_TEST_TMPDIR/functions" "$ROOT" $CARD 2
	printf '[parent %s]\nvfs = max\nattr = sriov_drivers_autoprobe 0\nthen = /bin/false\n[%s]\nparent = 0000:41:00.2\ntype = acme-vf\nauto = yes\n' \
		$CARD "$U1" > "$ETC/a.conf"
	mdev --root "$ROOT" apply
	assert "$(cat "$ROOT/sys/bus/pci/devices/$CARD/sriov_numvfs" "$ROOT/sys/bus/pci/devices/$CARD/sriov_drivers_autoprobe")" == $'2\n1'
	assert "$(calls)" -eq 0
	assert "$(created 2)" == "$U1"
}

@test "the vendor's program counts by what the card has after it, not by its exit status" {
	make_card $CARD 6 nvidia
	printf '[parent 41:00.0]\nvfs = max\n[%s]\nparent = 0000:41:00.2\ntype = acme-vf\nauto = yes\n' "$U1" > "$ETC/a.conf"
	make_tool <<< 'echo; echo "Enabling VFs on $2"; echo; exit 0'
	mdev 1 --root "$ROOT" apply
	assert "$stderr" =~ "cannot prepare card '$CARD' \($ETC/a.conf:1\): '$BIN/sriov-manage -e $CARD' enabled no virtual function: exit status 0: Enabling VFs on $CARD"
	assert "$(cat "$BATS_TEST_TMPDIR/calls")" == "-e $CARD "
	make_tool <<< 'rm "$ROOT/sys/bus/pci/devices/$2/driver"; exit 3'
	mdev 1 --root "$ROOT" apply
	assert "$stderr" =~ "exit status 3 \(and the card was left without its driver\)"
	ln -s "../../../bus/pci/drivers/nvidia" "$ROOT/sys/bus/pci/devices/$CARD/driver"
	make_tool <<< 'functions $2 6; exit 1'
	mdev --root "$ROOT" apply
	assert "$stderr" == ""
	assert "$(created 2)" == "$U1"
	mdev --root "$ROOT" apply
	assert "$(calls)" -eq 1 "a second apply"
}

@test "the vendor's program is tried five times where it does not get the driver's lock" {
	make_card $CARD 6 nvidia
	printf '[parent %s]\nvfs = max\n' $CARD > "$ETC/a.conf"
	make_tool <<< '[ $tries -lt 3 ] || functions $2 6; [ $tries -ge 3 ] || echo "Cannot obtain unbindLock for $2" >&2'
	mdev --root "$ROOT" apply
	assert "$(calls)" -eq 3
	"$BATS_TEST_TMPDIR/functions" "$ROOT" $CARD 0
	rm "$ROOT/sys/bus/pci/devices/$CARD"/virtfn*
	make_tool <<< 'echo "Cannot obtain unbindLock for $2"; exit 1'
	mdev 1 --root "$ROOT" apply
	assert "$stderr" =~ "exit status 1: Cannot obtain unbindLock for $CARD"
	assert "$(calls)" -eq 5
}

@test "the vendor's program is not run when others can write it" {
	requires root
	make_card $CARD 6 nvidia
	printf '[parent %s]\nvfs = max\n' $CARD > "$ETC/a.conf"
	make_tool <<< 'functions $2 6'
	chmod 777 "$BIN/sriov-manage"
	mdev 1 --root "$ROOT" apply
	assert "$stderr" =~ "'$BIN/sriov-manage' is not run: it can be written by every user"
	assert "$(calls)" -eq 0
}

@test "programs are run in order, and no instance is made where one failed, until all succeed" {
	local out=$BATS_TEST_TMPDIR/out
	make_card $CARD 6 nvidia
	make_tool <<< 'functions $2 6'
	printf '#!/bin/sh\nprintf "[%%s]" "$@" >> %q\necho >> %q\n[ "$1" != fail ] || { echo why >&2; exit 19; }\n' "$out" "$out" > "$BATS_TEST_TMPDIR/run"
	chmod 755 "$BATS_TEST_TMPDIR/run"
	printf '[parent %s]\nvfs = max\nthen = %s one "two words" $HOME\nthen = %s fail\nthen = %s three\n[%s]\nparent = 0000:41:00.2\ntype = acme-vf\nauto = yes\n' \
		$CARD "$BATS_TEST_TMPDIR/run"{,,} "$U1" > "$ETC/a.conf"
	mdev 1 --root "$ROOT" apply
	assert "$stderr" =~ "cannot prepare card '$CARD' \($ETC/a.conf:1\): '.*/run fail' failed: exit status 19: why"
	assert "$stderr" =~ "cannot create $U1 \($ETC/a.conf:6\): its card is not ready"
	assert "$(cat "$out")" == $'[one][two words][$HOME]\n[fail]'
	assert "$(created 2)" == ""
	sed -i 's/run fail/run good/' "$ETC/a.conf"
	: > "$out"
	mdev --root "$ROOT" apply -p $CARD
	assert "$(cat "$out")" == $'[one][two words][$HOME]\n[good]\n[three]'
	assert "$(created 2)" == "$U1"
	assert "$(calls)" -eq 1
	mdev --root "$ROOT" apply -p $CARD
	assert "$(wc -l < "$out")" -eq 3 "a second apply"
	sed -i 's/^then = .*three/then = \/not\/there/' "$ETC/a.conf"
	"$BATS_TEST_TMPDIR/functions" "$ROOT" $CARD 0
	rm "$ROOT/sys/bus/pci/devices/$CARD"/virtfn*
	mdev 1 --root "$ROOT" apply -p $CARD
	assert "$stderr" =~ "'/not/there' cannot be run: No such file or directory"
}

@test "attributes of the card are written before virtual functions are enabled" {
	local bad
	make_card $CARD 6 nvidia
	make_tool <<< 'cat "$ROOT/sys/bus/pci/devices/$2/sriov_drivers_autoprobe" > "$ROOT/seen"; functions $2 6'
	printf '[parent %s]\nvfs = max\nattr = sriov_drivers_autoprobe 0\n' $CARD > "$ETC/a.conf"
	mdev --root "$ROOT" apply
	assert "$(cat "$ROOT/seen")" == 0
	rm "$ROOT/sys/bus/pci/devices/$CARD"/virtfn*
	echo 0 > "$ROOT/sys/bus/pci/devices/$CARD/sriov_numvfs"
	for bad in remove reset config driver_override sriov_numvfs resource0 uevent; do
		: > "$ROOT/sys/bus/pci/devices/$CARD/$bad"
		[ $bad != sriov_numvfs ] || echo 0 > "$ROOT/sys/bus/pci/devices/$CARD/$bad"
		printf '[parent %s]\nvfs = max\nattr = %s 1\n' $CARD $bad > "$ETC/a.conf"
		mdev 1 --root "$ROOT" apply
		assert "$stderr" =~ "'$bad' is the kernel's own file, not an attribute of a card"
	done
	printf '[parent %s]\nvfs = max\nattr = driver/unbind %s\n' $CARD $CARD > "$ETC/a.conf"
	: > "$ROOT/sys/bus/pci/drivers/nvidia/unbind"
	mdev 1 --root "$ROOT" apply
	assert "$(cat "$ROOT/sys/bus/pci/drivers/nvidia/unbind")" == ""
	assert "$(calls)" -eq 1
}

@test "a dry run prepares no card, and says which it would" {
	make_card $CARD 6 nvidia
	make_tool <<< 'functions $2 6'
	printf '[parent %s]\nvfs = max\n' $CARD > "$ETC/a.conf"
	before=$(fingerprint)
	mdev -v --root "$ROOT" apply --dry-run
	assert "$stderr" =~ "card '$CARD' would be prepared first \($ETC/a.conf:1\)"
	assert "$(fingerprint)" == "$before"
}

@test "cards are named as parents are; one whose name means none, or several, is said" {
	local name
	make_card $CARD 6 nvidia
	make_tool <<< 'functions $2 6'
	for name in 0000:41:00.0 41:00.0 pci:10de:2230 pci:10DE:2230/1 udev:ID_PATH=pci-$CARD "/sys/bus/pci/devices/$CARD"; do
		printf '[parent %s]\nvfs = max\n' "$name" > "$ETC/a.conf"
		mdev --root "$ROOT" apply
		assert "$stderr" == ""
		assert "$(cat "$ROOT/sys/bus/pci/devices/$CARD/sriov_numvfs")" -eq 6 "$name"
		rm "$ROOT/sys/bus/pci/devices/$CARD"/virtfn*
		echo 0 > "$ROOT/sys/bus/pci/devices/$CARD/sriov_numvfs"
	done
	for name in 0000:42:00.0 soft pci:1234:5678; do
		printf '[parent %s]\nvfs = max\n' "$name" > "$ETC/a.conf"
		mdev --root "$ROOT" apply
		assert "$stderr" == "mdev: warning: $ETC/a.conf:1: no card '$name' with virtual functions is there, ignoring"
	done
	make_card 0000:43:00.0 6 nvidia
	printf '[parent pci:10de:2230]\nvfs = max\n' > "$ETC/a.conf"
	mdev 1 --root "$ROOT" apply
	assert "$stderr" =~ "$ETC/a.conf:1: 'pci:10de:2230' names several PCI devices"
	printf '[parent ../x]\nvfs = max\n' > "$ETC/a.conf"
	mdev 1 --root "$ROOT" apply
	assert "$stderr" =~ "$ETC/a.conf:1: '../x' cannot name a parent"
}

@test "of two sections for one card the first counts; one card that fails stops no other" {
	make_card $CARD 6 nvidia
	make_card 0000:42:00.0 4 nvidia
	make_tool <<< '[ $2 = 0000:41:00.0 ] || functions $2 4'
	printf '[parent 41:00.0]\nvfs = max\n[parent %s]\nvfs = max\nthen = /bin/false\n' $CARD > "$ETC/a.conf"
	printf '[parent 42:00.0]\nvfs = max\n[%s]\nparent = 0000:42:00.3\ntype = acme-vf\nauto = yes\n' "$U1" > "$ETC/b.conf"
	mdev 1 --root "$ROOT" apply
	assert "$(cat "$BATS_TEST_TMPDIR/calls")" == $'-e 0000:41:00.0 \n-e 0000:42:00.0 '
	assert "$(cat "$ROOT/sys/bus/pci/devices/0000:42:00.3/mdev_supported_types/acme-vf/create")" == "$U1"
	assert "$(grep -c "cannot prepare card '$CARD' ($ETC/a.conf:1)" <<< "$stderr")" -eq 1
	make_tool <<< 'functions $2 6'
	mdev --root "$ROOT" apply -p 42:00.0
	assert "$(calls)" -eq 0 "another card"
}

@test "apply with words prepares the cards of these alone, and makes nothing where that fails" {
	local fails=$BATS_TEST_TMPDIR/fails
	make_card $CARD 6 nvidia
	make_card 0000:42:00.0 4 nvidia
	make_tool <<< 'functions $2 4'
	printf '#!/bin/sh\n[ ! -e %q ]\n' "$fails" > "$BATS_TEST_TMPDIR/run"
	chmod 755 "$BATS_TEST_TMPDIR/run"
	printf '[parent 42:00.0]\nvfs = max\n[parent 41:00.0]\nvfs = max\nthen = %s\n' "$BATS_TEST_TMPDIR/run" > "$ETC/cards.conf"
	printf '[%s]\nparent = 41:00.2\ntype = acme-vf\n' "$U1" > "$ETC/$U1.conf"
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U2" > "$ETC/$U2.conf"
	: > "$fails"
	mdev --root "$ROOT" apply "$U2"
	assert "$(calls)" -eq 0
	mdev 1 --root "$ROOT" apply "$U1"
	assert "$stderr" =~ "cannot prepare card '$CARD' \($ETC/cards.conf:3\): '$BATS_TEST_TMPDIR/run' failed: exit status 1"
	assert "$stderr" =~ "cannot create $U1 \($ETC/$U1.conf:1\): its card is not ready"
	assert "$(created 2)" == ""
	mdev 1 --root "$ROOT" apply "$U1"
	assert "$stderr" =~ "its card is not ready" "virtual functions are there"
	assert "$(created 2)" == ""
	rm "$fails"
	mdev --root "$ROOT" apply "$U1"
	assert "$(created 2)" == "$U1"
	assert "$(cat "$BATS_TEST_TMPDIR/calls")" == "-e $CARD "
}

@test "apply with words waits for the run that prepares the card, also when a function is there before" {
	requires strace
	make_card $CARD 6 nvidia
	mkfifo "$BATS_TEST_TMPDIR/go"
	make_tool <<< "functions \$2 6; : > $BATS_TEST_TMPDIR/begun; read -r < $BATS_TEST_TMPDIR/go"
	printf '[parent %s]\nvfs = max\nthen = /bin/sh -c ": > %s"\n' $CARD "$BATS_TEST_TMPDIR/then" > "$ETC/a.conf"
	printf '[%s]\nparent = 0000:41:00.2\ntype = acme-vf\n' "$U1" > "$ETC/$U1.conf"
	timeout 100 "$MDEV" --root "$ROOT" apply -p $CARD > "$BATS_TEST_TMPDIR/out" 3>&- &
	until [ -e "$BATS_TEST_TMPDIR/begun" ]; do read -rt 0.02 <> <(:) || :; done
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=fcntl -o "$BATS_TEST_TMPDIR/trace" "$MDEV" --root "$ROOT" apply --wait "$U1" > "$BATS_TEST_TMPDIR/named" 2>&1 3>&- &
	named=$!
	until grep -q "SETLK.* EAGAIN" "$BATS_TEST_TMPDIR/trace" 2> /dev/null || ! kill -0 $named; do read -rt 0.02 <> <(:) || :; done
	assert "$(created 2)" == ""
	echo > "$BATS_TEST_TMPDIR/go"
	wait $named
	[ -e "$BATS_TEST_TMPDIR/then" ]
	assert "$(created 2)" == "$U1"
	assert "$(calls)" -eq 1
}

@test "an event leaves a card to the run that prepares it" {
	make_card $CARD 6 nvidia
	mkfifo "$BATS_TEST_TMPDIR/go"
	make_tool <<< "functions \$2 2; : > $BATS_TEST_TMPDIR/begun; read -r < $BATS_TEST_TMPDIR/go; functions \$2 6"
	printf '[parent %s]\nvfs = max\n[%s]\nparent = 0000:41:00.2\ntype = acme-vf\nauto = yes\n' $CARD "$U1" > "$ETC/a.conf"
	timeout 100 "$MDEV" --root "$ROOT" apply 3>&- &
	until [ -e "$BATS_TEST_TMPDIR/begun" ]; do sleep 0.02; done
	mdev --root "$ROOT" apply --event -p 0000:41:00.2
	mdev --root "$ROOT" apply --event --card -p $CARD
	assert "$stderr" == ""
	assert "$(created 2)" == ""
	echo > "$BATS_TEST_TMPDIR/go"
	wait $!
	assert "$(created 2)" == "$U1"
	assert "$(calls)" -eq 1
}

@test "an event of a card does its part alone, and tells the rule where no file has a section" {
	local none=$ROOT/run/mdev/no-cards
	make_card $CARD 6 nvidia
	make_tool <<< 'functions $2 6'
	printf '[%s]\nparent = 0000:41:00.2\ntype = acme-vf\nauto = yes\n' "$U1" > "$ETC/a.conf"
	mdev --root "$ROOT" apply --event --card -p $CARD
	assert "$(calls)" -eq 0
	[ -e "$none" ]
	printf '[parent %s]\nvfs = max\n' $CARD > "$ETC/b.conf"
	mdev --root "$ROOT" apply --dry-run
	[ ! -e "$none" ]
	mdev --root "$ROOT" apply --event --card -p $CARD
	assert "$(calls)" -eq 1
	assert "$(created 2)" == "$U1"
	[ ! -e "$none" ]
	printf '[parent %s]\nvfs = many\n' $CARD > "$ETC/b.conf"
	mdev --root "$ROOT" apply --event --card -p $CARD
	[ ! -e "$none" ]
}

@test "check says what is wrong with the section of a card, and what may be another day" {
	make_card $CARD 6 nvidia
	checks() {
		local expected=$1
		mdev "${@:2}" --root "$ROOT" check
		assert "$stderr" == "$expected"
	}
	printf '[parent %s]\nvfs = max\nthen = /bin/sh -c true\n' $CARD > "$ETC/a.conf"
	mkdir -p "$ROOT/bin"
	cp /bin/true "$ROOT/bin/sh"
	checks ""
	printf '[parent %s]\nvfs = 7\nthen = /not/there\n[parent 41:00.0]\n' $CARD > "$ETC/a.conf"
	checks "mdev: warning: $ETC/a.conf:1: '/not/there' cannot be run: No such file or directory
mdev: warning: $ETC/a.conf:1: card '$CARD' can have 6 virtual functions, not 7
mdev: warning: $ETC/a.conf:4: the section in $ETC/a.conf:1 is of the same card, which is meant"
	"$BATS_TEST_TMPDIR/functions" "$ROOT" $CARD 2
	printf '[parent %s]\nvfs = max\n[parent 42:00.0]\nvfs = max\n' $CARD > "$ETC/a.conf"
	checks "mdev: warning: $ETC/a.conf:1: card '$CARD' has 2 virtual functions, and is left alone
mdev: warning: $ETC/a.conf:3: no card '42:00.0' with virtual functions is there"
	printf '[parent %s]\nattr = remove 1\n[parent ../x]\nvfs = 1\n' $CARD > "$ETC/a.conf"
	checks "mdev: warning: $ETC/a.conf:1: without 'vfs' nothing is done for the card
mdev: $ETC/a.conf:1: 'remove' is the kernel's own file, not an attribute of a card
mdev: $ETC/a.conf:3: '../x' cannot name a parent" 1
}

@test "export warns of what a card shall be, which mdevctl has no word for" {
	printf '[%s]\nparent = soft\ntype = soft-1\n[parent soft]\nvfs = max\n' "$U1" > "$ETC/a.conf"
	mdev --root "$ROOT" export
	assert "$stderr" == "mdev: warning: $ETC/a.conf:4: mdevctl has no word for what a card shall be"
}
