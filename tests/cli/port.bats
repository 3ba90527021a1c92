#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Parents by the port that they are plugged into, which stays when addresses move.

load ../helpers

setup() {
	make_root
	TREE=devices/pci0000:00
	PORT=/sys/$TREE/0000:00:06.0
	make_card 0000:00:06.0 0000:05:00.0
	make_card 0000:00:07.0 0000:06:00.0
}

# make_card PORT ADDRESS [DEVICE]: a parent behind a port of the root bus
make_card() {
	mkdir -p "$ROOT/sys/$TREE/$1"
	[ -e "$ROOT/sys/bus/pci/devices/${1##*/}" ] || ln -s "../../../$TREE/$1" "$ROOT/sys/bus/pci/devices/${1##*/}"
	make_parent "$TREE/$1/$2" pci 0x10de "${3-0x1eb8}"
	make_type "$2" acme-fact 4 Factorial
}

# The parent that a name means.
parent_of() {
	mdev --root "$ROOT" types -p "$1" --raw --noheadings -o parent && echo "$output"
}

@test "a port means the one parent behind it, and a bridge above it does, too" {
	assert "$(parent_of "$PORT")" == 0000:05:00.0
	make_card 0000:00:08.0/0000:07:00.0/0000:08:02.0 0000:0a:00.0
	for above in 0000:00:08.0 0000:00:08.0/0000:07:00.0 0000:00:08.0/0000:07:00.0/0000:08:02.0; do
		assert "$(parent_of "/sys/$TREE/$above")" == 0000:0a:00.0
	done
}

@test "a port with several parents behind it is ambiguous" {
	make_card 0000:00:06.0 0000:05:00.1
	refused 1 "'$PORT' names several parents: 0000:05:00.0, 0000:05:00.1$" --root "$ROOT" types -p "$PORT"
	assert "$(parent_of "$PORT/0000:05:00.1")" == 0000:05:00.1
	refused 1 "'/sys/$TREE' names several parents" --root "$ROOT" types -p "/sys/$TREE"
	refused 1 "no parent '/sys/devices'" --root "$ROOT" types -p /sys/devices
}

@test "a definition by port is for the same card after its address has moved" {
	mdev --root "$ROOT" define "$U1" -p 06:00.0 -t acme-fact --parent-by=port
	assert "$(sed -n 's/^parent = //p' "$ROOT/etc/mdev.d/$U1.conf")" == "/sys/$TREE/0000:00:07.0"
	# A card in an earlier slot: the buses behind it are numbered anew.
	rm -r "$ROOT/sys/$TREE/0000:00:07.0"
	rm "$ROOT"/sys/{class/mdev_bus,bus/pci/devices}/0000:0[56]:00.0
	rm -r "$ROOT/sys/$TREE/0000:00:06.0"
	make_card 0000:00:05.0 0000:05:00.0
	make_card 0000:00:06.0 0000:06:00.0
	make_card 0000:00:07.0 0000:07:00.0
	mdev --root "$ROOT" list --raw --noheadings -o uuid,parent
	assert "$output" == "$U1 0000:07:00.0"
}

@test "each verb that writes a definition writes the port on request" {
	mdev --root "$ROOT" create "$U1" -p 05:00.0 -t acme-fact --define --parent-by=port
	assert "$(cat "$ROOT/etc/mdev.d/$U1.conf")" =~ "parent = $PORT"
	mdev --root "$ROOT" define "$U2" -p 05:00.0 -t acme-fact
	mdev --root "$ROOT" modify "$U2" --parent-by=port
	assert "$(cat "$ROOT/etc/mdev.d/$U2.conf")" =~ "parent = $PORT"
	mdev --root "$ROOT" modify "$U2" -p 06:00.0 --parent-by=port
	assert "$(cat "$ROOT/etc/mdev.d/$U2.conf")" =~ "parent = /sys/$TREE/0000:00:07.0"
}

@test "a device on a root bus is its own port; where there are two of those, the first that is enough" {
	make_parent "$TREE/0000:00:02.0" pci 0x8086 0x1234
	make_type 0000:00:02.0 acme-fact 4 Factorial
	mdev --root "$ROOT" define "$U1" -p 00:02.0 -t acme-fact --parent-by=port
	assert "$(cat "$ROOT/etc/mdev.d/$U1.conf")" =~ "parent = /sys/$TREE/0000:00:02.0"
	for card in 1 2; do
		make_card "0000:00:0e.0/pci10000:e0/10000:e0:0$card.0" "10000:e$card:00.0"
	done
	mdev --root "$ROOT" define "$U2" -p 10000:e2:00.0 -t acme-fact --parent-by=port
	assert "$(cat "$ROOT/etc/mdev.d/$U2.conf")" =~ "parent = /sys/$TREE/0000:00:0e.0/pci10000:e0/10000:e0:02.0"
}

@test "a parent that no port names alone is refused, and nothing is written" {
	make_card 0000:00:06.0 0000:05:00.1
	refused 1 "cannot name a parent by its port: other parents than '0000:05:00.1' are behind its port '$PORT', too$" \
		--root "$ROOT" define "$U1" -p 05:00.1 -t acme-fact --parent-by=port
	refused 1 "cannot name a parent by its port: 'soft' is plugged into no PCI port$" \
		--root "$ROOT" define "$U1" -p soft -t soft-1 --parent-by=port
	refused 1 "the port of a parent that is not there is not known$" \
		--root "$ROOT" define "$U1" -p elsewhere -t soft-1 --parent-by=port
	refused 2 "'slot' is no way to name a parent" --root "$ROOT" define "$U1" -p soft -t soft-1 --parent-by=slot
	refused 2 "--parent-by goes with --define" --root "$ROOT" create "$U1" -p 05:00.0 -t acme-fact --parent-by=port
	assert "$(ls "$ROOT/etc/mdev.d")" == ""
}

@test "a virtual function is named by the port of its card and its number" {
	local nth card=$ROOT/sys/$TREE/0000:00:06.0/0000:05:00.0
	rm "$ROOT/sys/class/mdev_bus/0000:05:00.0"
	echo 4 >"$card/sriov_totalvfs"
	echo 3 >"$card/sriov_numvfs"
	for nth in 0 1 2; do
		make_card 0000:00:06.0 "0000:05:00.$((nth + 4))" 0x1eb9
		ln -s "../0000:05:00.$((nth + 4))" "$card/virtfn$nth"
		ln -s ../0000:05:00.0 "$ROOT/sys/bus/pci/devices/0000:05:00.$((nth + 4))/physfn"
	done
	mdev --root "$ROOT" define "$U1" -p 05:00.6 -t acme-fact --parent-by=port
	assert "$(sed -n 's/^parent = //p' "$ROOT/etc/mdev.d/$U1.conf")" == "$PORT/*/virtfn2"
	mdev --root "$ROOT" list --raw --noheadings -o uuid,parent
	assert "$output" == "$U1 0000:05:00.6"
	refused 1 "no parent '$PORT/\*/virtfn3'" --root "$ROOT" types -p "$PORT/*/virtfn3"
	refused 1 "no parent '/sys/nothing/\*/virtfn3'" --root "$ROOT" types -p "/sys/nothing/*/virtfn3"
}

# doubts PARENT: what check says of a definition for it
doubts() {
	printf '[%s]\nparent = %s\ntype = acme-fact\n' "$U1" "$1" | make_definition a.conf
	mdev --root "$ROOT" check && echo "$stderr"
}

@test "check warns where another card of the kind may get the address" {
	local parent
	ln -s "../../$TREE/0000:00:06.0/0000:05:00.0" "$ROOT/sys/dev/char/226:0"
	for parent in 0000:05:00.0 5:0.0 "$PORT/0000:05:00.0" udev:ID_PATH=pci-0000:05:00.0; do
		assert "$(doubts "$parent")" =~ "a.conf:1: parent '$parent' is '0000:05:00.0' now, but may be '0000:06:00.0' after a card was plugged in"
	done
	# Two definitions of one parent: once.
	printf '[%s]\nparent = 05:00.0\ntype = acme-fact\n' "$U1" "$U2" | make_definition a.conf
	mdev --root "$ROOT" check
	assert "${#stderr_lines[@]}" -eq 1 "$stderr"
}

@test "check does not warn where nothing is guessed" {
	local parent
	for parent in "$PORT" pci:10de:1eb8/1 udev:ID_KIND=mediated,ID_PATH=pci-0000:05:00.0; do
		assert "$(doubts "$parent")" == "" "$parent"
	done
	# The numbers of root buses stay.
	make_parent "$TREE/0000:00:02.0" pci 0x10de 0x1eb8
	make_type 0000:00:02.0 acme-fact 4 Factorial
	assert "$(doubts 0000:00:02.0)" == "" "on a root bus"
	# Another function of the card, or another kind of card.
	make_card 0000:00:09.0 0000:09:00.0 0x2235
	make_card 0000:00:09.0 0000:09:00.1 0x2235
	assert "$(doubts 09:00.0)" == "" "one card"
	make_card 0000:00:09.0 0000:0a:00.4 0x2235
	ln -s ../0000:09:00.0 "$ROOT/sys/bus/pci/devices/0000:0a:00.4/physfn"
	assert "$(doubts 0a:00.4)" == "" "a virtual function on another bus"
	assert "$(doubts 09:00.0)" == "" "the card that it belongs to"
}
