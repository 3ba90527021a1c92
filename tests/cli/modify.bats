#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# mdev modify: what it changes in a hand-written file, and on a live device of a made root.

load ../helpers

setup() {
	make_root
	ETC=$ROOT/etc/mdev.d
	make_definition farm.conf <<-E
		# The farm.
		[defaults]
		parent = udev:ID_PATH=pci-0000:01:00.0
		params = seed=1

		[$U1]
		# the type
		type   =   acme-fact
		; order matters
		attr = a 1
		attr = b  two ; words
		attr = a 3

		# Another.
		[$U2:3]
		parent=soft
		type=soft-1
	E
}

# changed ARG...: mdev modify U1 with these; prints the lines that differ.
changed() {
	cp "$ETC/farm.conf" "$BATS_TEST_TMPDIR/before"
	mdev --root "$ROOT" modify "$U1" "$@"
	assert "$output$stderr" == ""
	diff "$BATS_TEST_TMPDIR/before" "$ETC/farm.conf" | grep '^[<>]' || :
}

@test "only the lines change that have to" {
	assert "$(changed --auto)" == "> auto = yes"
	assert "$(changed --auto)" == "" "again"
	assert "$(changed --manual --type acme-dma)" == $'< type   =   acme-fact\n> type   =   acme-dma\n< auto = yes\n> auto = no'
	assert "$(changed --parent 02:00.0 --params seed=2 --description 'all of it')" == \
		$'> parent = 02:00.0\n> params = seed=2\n> description = all of it'
	assert "$(changed --description '')" == "< description = all of it"
	mdev --root "$ROOT" list --json
	assert "$(jq -c '[.results[].uuid[0:4]]' <<<"$output")" == '["1111","2222"]'
	assert "$(jq -c '.results[0].defined | [.parent,.type,.params,.description]' <<<"$output")" == '["02:00.0","acme-dma","seed=2",null]'
}

@test "attributes are taken out, set and added, in order" {
	changed --remove-attr a=3 --set-attr a=9 --attr 'c=x y'
	assert "$(grep ^attr "$ETC/farm.conf")" == $'attr = a 9\nattr = b  two ; words\nattr = c x y'
	assert "$(changed --attr d=1 --attr e=2 --attr-at 2)" == $'> attr = d 1\n> attr = e 2'
	assert "$(grep ^attr "$ETC/farm.conf")" == $'attr = a 9\nattr = d 1\nattr = e 2\nattr = b  two ; words\nattr = c x y'
	assert "$(changed --set-attr new/one=1)" == "> attr = new/one 1"
	assert "$(changed --remove-attr b)" == "< attr = b  two ; words"
}

@test "what cannot be changed leaves the file as it is" {
	before=$(fingerprint)
	refused 1 "cannot modify $U1: there is no attribute 'zz'" --root "$ROOT" modify "$U1" --auto --remove-attr zz
	refused 1 "attribute 'a' is there several times" --root "$ROOT" modify "$U1" --set-attr a=2
	refused 1 "it has 3 attributes, so there is no place 5" --root "$ROOT" modify "$U1" -a x=1 --attr-at 5
	refused 1 "'params' comes from \[defaults\]" --root "$ROOT" modify "$U1" --params ''
	refused 1 "farm.conf cannot hold that" --root "$ROOT" modify "$U1" --description ' blank in front'
	refused 1 "cannot modify '3333': it is not defined" --root "$ROOT" modify 3333 --auto
	refused 2 "cannot name a parent" --root "$ROOT" modify "$U1" --parent ../soft
	refused 2 "nothing to change is named" --root "$ROOT" modify "$U1"
	refused 2 "either --auto or --manual" --root "$ROOT" modify "$U1" --auto --manual
	refused 2 "is not NAME=VALUE" --root "$ROOT" modify "$U1" -a x
	refused 2 "is no place, counted from 1" --root "$ROOT" modify "$U1" -a x=1 --attr-at 0
	refused 2 "--attr-at goes with --attr" --root "$ROOT" modify "$U1" --auto --attr-at 1
	refused 2 "cannot be the name of a type" --root "$ROOT" modify "$U1" --type a/b
	refused 2 "too few arguments" --root "$ROOT" modify --auto
	assert "$(fingerprint)" == "$before"
}

@test "a file with an error is not changed, nor what came with a package" {
	printf 'nonsense\n' >> "$ETC/farm.conf"
	make_definition usr/lib/mdev.d/pkg.conf <<< "[$U3]"$'\nparent = soft\ntype = soft-1'
	before=$(fingerprint)
	mdev 1 --root "$ROOT" modify 1111 --auto
	assert "$stderr" =~ "the file is left as it is"
	refused 1 "belongs to a package \(to change it, copy it to $ETC/pkg.conf\)" --root "$ROOT" modify 3333 --auto
	assert "$(fingerprint)" == "$before"
}

@test "modify --of names one of several definitions by its parent" {
	printf '[%s]\nparent = soft\ntype = soft-1\n' "$U1" | make_definition z.conf
	refused 1 "it is defined for 'udev:.*' \(.*farm.conf:6\) and for 'soft' \(.*z.conf:1\); name one with --of" \
		--root "$ROOT" modify 1111 --auto
	mdev --root "$ROOT" modify 1111 --auto --of soft
	assert "$(cat "$ETC/z.conf")" == "[$U1]"$'\nparent = soft\ntype = soft-1\nauto = yes'
	refused 1 "it is not defined for 'elsewhere'" --root "$ROOT" modify 1111 --auto --of elsewhere
	refused 1 "it is already defined in .*farm.conf:6" --root "$ROOT" modify 1111 --of soft --parent 01:00.0
}

@test "modify --live also writes to the device" {
	make_device 0000:01:00.0 acme-fact "$U1"
	echo old > "$ROOT/sys/bus/mdev/devices/$U1/medu/label"
	before=$(cat "$ETC/farm.conf")
	refused 1 "cannot modify $U1: the device has no attribute 'nothing'" \
		--root "$ROOT" modify 1111 --live --set-attr medu/label=one --set-attr nothing=1
	assert "$(cat "$ROOT/sys/bus/mdev/devices/$U1/medu/label")" == "old" "set back"
	assert "$(cat "$ETC/farm.conf")" == "$before"
	: > "$ROOT/sys/bus/mdev/devices/$U1/medu/label"
	mdev --root "$ROOT" modify 1111 --live --set-attr medu/label=one
	assert "$(cat "$ROOT/sys/bus/mdev/devices/$U1/medu/label")" == "one"
	assert "$(grep -c '^attr = medu/label one$' "$ETC/farm.conf")" -eq 1
}

@test "modify --live leaves the device alone when the definition cannot be changed" {
	local label=$ROOT/sys/bus/mdev/devices/$U1/medu/label
	make_device 0000:01:00.0 acme-fact "$U1"
	cp "$ETC/farm.conf" "$BATS_TEST_TMPDIR/farm.conf"
	unchanged() {
		before=$(fingerprint)
		refused 1 "$1" --root "$ROOT" modify 1111 --live --set-attr medu/label=one "${@:2}"
		assert "$(fingerprint)" == "$before"
	}
	printf '\nattr = a 1\nattr = a 2\n' | sed -i '/^\['"$U1"'/r /dev/stdin' "$ETC/farm.conf"
	unchanged "attribute 'a' is there several times" --set-attr a=3
	mv "$BATS_TEST_TMPDIR/farm.conf" "$ETC/farm.conf"
	ln "$ETC/farm.conf" "$ROOT/etc/real"
	ln -sf ../real "$ETC/farm.conf"
	unchanged "farm.conf: a symbolic link, which is not written through"
	mv "$ROOT/etc/real" "$ROOT/usr/lib/mdev.d/farm.conf"
	rm "$ETC/farm.conf"
	unchanged "farm.conf belongs to a package"
	assert "$(< "$label")" == ""
}

@test "modify --live writes all attributes before a signal ends it" {
	requires strace
	local dev=$ROOT/sys/devices/pci0000:00/0000:01:00.0/$U1
	make_device 0000:01:00.0 acme-fact "$U1"
	: > "$dev/medu/second"
	status=0
	ASAN_OPTIONS=detect_leaks=0 env --default-signal strace -qq -o /dev/null -P "$dev/medu/label" -e trace=write \
		-e inject=write:signal=TERM "$MDEV" --root "$ROOT" modify 1111 --live \
		--set-attr medu/label=one --set-attr medu/second=two || status=$?
	assert "$status" -eq $((128 + $(kill -l TERM)))
	assert "$(< "$dev/medu/label") $(< "$dev/medu/second")" == "one two"
}

@test "modify --live refuses what cannot be changed of a live device" {
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device soft soft-1 "$U3"
	before=$(fingerprint)
	for change in "--type x" "--parent soft" "--params x=1"; do
		# shellcheck disable=SC2086 # words
		refused 2 "of a live device cannot be changed: modify it without --live" --root "$ROOT" modify 1111 --live $change
	done
	refused 2 "cannot be taken back" --root "$ROOT" modify 1111 --live --remove-attr a
	refused 2 "--live needs --set-attr, --attr, --owner or --mode" --root "$ROOT" modify 1111 --live --auto
	refused 1 "cannot modify $U2:3: it is not live" --root "$ROOT" modify 2222 --live --set-attr a=1
	refused 1 "it is live, but not defined" --root "$ROOT" modify 3333 --live --auto --set-attr medu/label=1
	assert "$(fingerprint)" == "$before"
	mdev --root "$ROOT" modify 3333 --live --set-attr medu/label=1
	assert "$(cat "$ROOT/sys/bus/mdev/devices/$U3/medu/label")" == "1" "live only"
}

@test "modify --json has the device as it is now" {
	requires jq
	mdev --root "$ROOT" --json modify 2222 --description new
	assert "$(jq -c '.results | map([.uuid[0:4], .instance, .action, .error, .defined.description])' <<<"$output")" == '[["2222",3,"modify",null,"new"]]'
}

@test "a changed file keeps its mode and owner, and nobody else can read it meanwhile" {
	requires strace
	chmod 600 "$ROOT/etc/mdev.d/farm.conf"
	if [ "$(id -u)" -eq 0 ]; then
		chown 1000:1001 "$ROOT/etc/mdev.d/farm.conf"
	fi
	before=$(stat -c '%a %u %g' "$ROOT/etc/mdev.d/farm.conf")
	ASAN_OPTIONS=detect_leaks=0 run --separate-stderr strace -o "$BATS_TEST_TMPDIR/calls" -e trace=openat \
		"$MDEV" --root "$ROOT" modify "$U1" --description "other"
	assert "$status $stderr" == "0 "
	assert "$(stat -c '%a %u %g' "$ROOT/etc/mdev.d/farm.conf")" == "$before"
	assert "$(grep -c '.mdev.tmp.*O_EXCL.*, 0600)' "$BATS_TEST_TMPDIR/calls")" -eq 1
}
