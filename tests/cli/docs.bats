#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every verb, option and column is in --help and in the man page; the pages' examples work.

load ../helpers

setup() {
	MAN=$BATS_TEST_DIRNAME/../../man
	[ -d "$MAN" ] || skip "needs the source tree"
}

# section VERB|OPTIONS: the part of mdev(8) about a verb, or about the options of all verbs.
section() {
	if [ "$1" = OPTIONS ]; then
		sed -n '/^# OPTIONS/,/^# EXIT STATUS/p' "$MAN/mdev.8.scd"
	else
		awk -v verb="$1" '/^#/ { on = $0 ~ "^## mdev " verb " " || (on && /^## mdev (start|stop) / && verb == "start") } on' \
			"$MAN/mdev.8.scd"
	fi
}

# documented PART OPTION...: each is named in that part of the page, as *--option*.
documented() {
	local part=$1 option
	shift
	for option; do
		section "$part" | grep -qF -- "*${option%%=*}*" || {
			echo "$part: $option is not in the man page"
			return 1
		}
	done
}

@test "every verb is in --help and in the man page" {
	mdev --help
	for verb in $("$MDEV" --list-verbs); do
		grep -q "^  $verb " <<< "$output"
		section "$verb" | grep -q "^## mdev $verb "
	done
}

@test "every option of every verb is in its --help and in the man page" {
	global=$("$MDEV" --list-options)
	words=$'--uuid=UUID\n-u=UUID' # the same for every verb that takes identities
	# shellcheck disable=SC2086 # words
	documented OPTIONS $global --uuid -u
	for verb in $("$MDEV" --list-verbs); do
		own=$("$MDEV" --list-options "$verb" | grep -vxF -e "$global" -e "$words" || :)
		# shellcheck disable=SC2086 # words
		documented "$verb" $own
		mdev "$verb" --help
		for option in $own $global; do
			grep -q -- "^ .* *${option%%=*}[ ,[]" <<< "$output" || {
				echo "$verb --help lacks $option"
				return 1
			}
		done
	done
}

@test "the man page names no option that there is not" {
	known=$(for verb in "" $("$MDEV" --list-verbs); do "$MDEV" --list-options ${verb:+"$verb"}; done | sed 's/=.*//' | sort -u)
	for option in $(grep -o '^\*-[^*]*\*\(, \*--[^*]*\*\)\?' "$MAN/mdev.8.scd" | tr -d '*,' | tr ' ' '\n' | sort -u); do
		grep -qxe "$option" <<< "$known" || {
			echo "$option is no option"
			return 1
		}
	done
}

@test "every verb and option of mdevctl is in its --help and in its man page" {
	ln -s "$(realpath "$MDEV")" "$BATS_TEST_TMPDIR/mdevctl"
	for verb in $("$BATS_TEST_TMPDIR/mdevctl" --list-verbs); do
		grep -q "^## mdevctl $verb" "$MAN/mdevctl.8.scd"
		run "$BATS_TEST_TMPDIR/mdevctl" "$verb" --help
		for option in $("$BATS_TEST_TMPDIR/mdevctl" --list-options "$verb"); do
			grep -q -- "[ ,]${option%%=*}[ ,]" <<< "$output" || { echo "$verb --help lacks $option" && return 1; }
			grep -qF -- "*${option%%=*}*" "$MAN/mdevctl.8.scd" || { echo "$option is not in the man page" && return 1; }
		done
	done
}

@test "the pages are right scdoc, and man finds nothing wrong" {
	command -v scdoc > /dev/null || skip "needs scdoc"
	for page in mdev.8 mdevctl.8 mdev-json.7 mdev.d.5; do
		scdoc < "$MAN/$page.scd" > "$BATS_TEST_TMPDIR/$page"
		! command -v man > /dev/null || LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$BATS_TEST_TMPDIR/$page" 2>&1 > /dev/null | (! grep .)
	done
}

# Markup in a heading is printed as it stands.
@test "headings of the pages have no markup in them" {
	(! grep -nE '^#.*[_*]' "$MAN"/*.scd)
}

@test "lines of the pages fit 100 columns, but for output in examples" {
	for page in "$MAN"/*.scd; do
		awk '/^```$/ { on = !on } !on' "$page" | expand > "$BATS_TEST_TMPDIR/text"
		assert "$(wc -L < "$BATS_TEST_TMPDIR/text")" -le 100 "${page##*/}"
	done
}

@test "every key of a definition is in its man page" {
	for key in parent type auto params description vf owner mode attr; do
		grep -q "^\*$key\*$" "$MAN/mdev.d.5.scd"
		mdev 1 --root "$(make_root && printf '[%s]\nparent=a\ntype=b\n%sX=c\n' "$U1" "$key" > "$ROOT/etc/mdev.d/a.conf" && echo "$ROOT")" list
		rm -r "$BATS_TEST_TMPDIR/root"
	done
}

@test "every key of the section of a parent is in its man page" {
	for key in vfs "then" attr; do
		sed -n '/^# CARDS$/,/^# FILES/p' "$MAN/mdev.d.5.scd" | grep -q "^\*$key\*$"
		make_root
		printf '[parent a]\n%sX=c\n' "$key" > "$ROOT/etc/mdev.d/a.conf"
		mdev 1 --root "$ROOT" list
		rm -r "$BATS_TEST_TMPDIR/root"
	done
}

# What the pages speak of: two cards of the sample driver, the second without an instance left, a
# live device that is defined, one that is not, one that is defined only, a package, mdevctl's files.
make_documented_root() {
	local card uuid=83b8f4f2-509f-382f-3c1e-e6bfe0fa1001
	make_root
	make_extended
	rm "$ROOT/sys/class/mdev_bus/soft"
	rm -r "$ROOT"/sys/class/mdev_bus/*/mdev_supported_types/*
	for card in 0000:01:00.0:8 0000:02:00.0:0; do
		make_type "${card%:*}" medu-fact "${card##*:}" "medu factorial"
		make_type "${card%:*}" medu-dma "${card##*:}" "medu factorial and DMA"
	done
	make_device 0000:01:00.0 medu-dma c0c0b5e2-3b3f-4a7d-9c51-2f1b0a6d7e01
	make_device 0000:01:00.0 medu-fact $uuid
	echo started > "$ROOT/sys/bus/mdev/devices/$uuid/state"
	printf '# Written by mdev; change it with mdev or by hand.\n\n[%s]\nparent = 01:00.0\ntype = medu-fact\nauto = yes\ndescription = runner 1\nattr = medu/label one\n' \
		$uuid | make_definition $uuid.conf
	printf '[d2a1c0de-0000-4000-8000-000000000001]\nparent = 01:00.0\ntype = medu-dma\n' | make_definition farm.conf
	printf '[7e57ab1e-0000-4000-8000-000000000001]\nparent = 01:00.0\ntype = medu-dma\n' | make_definition usr/lib/mdev.d/vendor.conf
	: > "$ROOT/etc/mdev.d/vendor.conf"
	mkdir -p "$ROOT/etc/mdevctl.d/0000:01:00.0"
	echo '{"mdev_type": "medu-dma", "start": "auto"}' > "$ROOT/etc/mdevctl.d/0000:01:00.0/9e1f7a30-1111-4222-8333-000000000001"
}

# blocks PAGE: each literal block of the page into a file of the folder "blocks", in order.
blocks() {
	mkdir -p "$BATS_TEST_TMPDIR/blocks"
	awk -v folder="$BATS_TEST_TMPDIR/blocks" '/^```$/ { on = !on; n += on; next }
		on { print > sprintf("%s/%03d", folder, n) }' "$MAN/$1"
}

# run_example FILE: its commands succeed; those followed by output print that and nothing else.
run_example() {
	local script=$BATS_TEST_TMPDIR/script actual=$BATS_TEST_TMPDIR/actual
	cd "$BATS_TEST_TMPDIR" || return
	sed -n 's/^[$>] //p' "$1" | sed "s| /etc/| $ROOT/etc/|g" > "$script"
	# shellcheck disable=SC2016 # expanded by that bash
	bash -eu -c 'mdev() { "$MDEV" --root "$ROOT" "$@"; }; . "$1"' - "$script" > "$actual"
	grep -q '^[^$>]' "$1" || return 0
	sed -i "s|$ROOT||g" "$actual"
	grep '^[^$>]' "$1" | grep -vxFf "$actual" && return 1
	assert "$(tail -n "$(grep -c '^[^$>]' "$1")" "$actual")" == "$(grep '^[^$>]' "$1")" "$(< "$script")"
}

@test "the examples of mdev.d are read, and do what they say" {
	blocks mdev.d.5.scd
	make_documented_root
	rm -r "$ROOT/etc/mdevctl.d"
	assert "$(find "$BATS_TEST_TMPDIR/blocks" -type f | wc -l)" -eq 5
	mdev --root "$ROOT" check "$BATS_TEST_TMPDIR/blocks/002"
	assert "$output" =~ "definitions: 2, errors: 0"
	mdev --root "$ROOT" check "$BATS_TEST_TMPDIR/blocks/003"
	assert "$output" =~ "definitions: 1, errors: 0"
	cp "$BATS_TEST_TMPDIR/blocks/004" "$ROOT/etc/mdev.d/either.conf"
	mdev --root "$ROOT" apply --dry-run
	assert "$(grep -c "create 8d4bdbc6-0f6c-4e3c-9a7b-0b4f1c9e6a10 parent 0000:01:00.0" <<<"$output")" -eq 1
	rm "$ROOT/sys/class/mdev_bus/0000:01:00.0"
	mdev --root "$ROOT" apply --dry-run
	assert "$(grep -c "create 8d4bdbc6-0f6c-4e3c-9a7b-0b4f1c9e6a10 parent 0000:02:00.0" <<<"$output")" -eq 1
	rm "$ROOT/etc/mdev.d/vendor.conf"
	mdev --root "$ROOT" list 7e57ab1e
	run_example "$BATS_TEST_TMPDIR/blocks/005"
	mdev 1 --root "$ROOT" list 7e57ab1e
	mkdir -p "$ROOT/etc/mdevctl.d/soft"
	cp "$BATS_TEST_TMPDIR/blocks/001" "$ROOT/etc/mdevctl.d/soft/$U1"
	mdev --root "$ROOT" list --raw --noheadings -o type,auto "$U1"
	assert "$output" == "nvidia-63 yes"
}

# run_examples PAGE COUNT: those of the page, at least so many; a root is made for each.
run_examples() {
	local example count=0
	export MDEV ROOT
	blocks "$1"
	# monitor has events only on a running kernel.
	for example in $(grep -l '^[$] ' "$BATS_TEST_TMPDIR"/blocks/* | xargs grep -L 'mdev monitor'); do
		make_documented_root
		grep -q mdevctl "$example" || rm -r "$ROOT/etc/mdevctl.d"
		run_example "$example"
		rm -r "$ROOT"
		count=$((count + 1))
	done
	assert "$count" -ge "$2" "examples of $1"
}

@test "the examples of mdev work, and print what they say" {
	run_examples mdev.8.scd 6
}

@test "the examples of mdev-json work, print what they say, and leave out no verb" {
	requires jq
	local verb
	run_examples mdev-json.7.scd 19
	for verb in $("$MDEV" --list-verbs | grep -vx 'export\|help'); do
		grep -q "^[$] \(EDITOR=true \)\?mdev $verb --json" "$BATS_TEST_TMPDIR"/blocks/* || assert "" == "mdev $verb --json" "an example"
	done
}

@test "mdev-json explains each code, each action, each state and each field of the schema" {
	requires jq
	local page schema
	page=$(< "$MAN/mdev-json.7.scd")
	schema=$MAN/mdev.schema.json
	for word in $(jq -r '."$defs" | .code.enum[], .action.enum[], .device.properties.state.enum[] | values' "$schema"); do
		assert "$page" =~ "\\*$word\\*"
	done
	for word in $(jq -r '."$defs"[] | .properties // {} | keys[]' "$schema"); do
		assert "$page" =~ "_$word""_"
	done
}
