#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every verb, option and column is in --help and in the man page; the pages' examples work.

load ../helpers

setup() {
	MAN=$BATS_TEST_DIRNAME/../../man
	[ -d "$MAN" ] || skip "needs the source tree"
}

# The part of the page that tells of a verb, or the options of all of them.
section() {
	if [ "$1" = OPTIONS ]; then
		sed -n '/^# OPTIONS/,/^# JSON/p' "$MAN/mdev.8.scd"
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
	# shellcheck disable=SC2086 # words
	documented OPTIONS $global
	for verb in $("$MDEV" --list-verbs); do
		own=$("$MDEV" --list-options "$verb" | grep -vxF -e "$global" || :)
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

@test "the pages are right scdoc, and man finds nothing wrong" {
	command -v scdoc > /dev/null || skip "needs scdoc"
	for page in mdev.8 mdev.d.5; do
		scdoc < "$MAN/$page.scd" > "$BATS_TEST_TMPDIR/$page"
		! command -v man > /dev/null || LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$BATS_TEST_TMPDIR/$page" 2>&1 > /dev/null | (! grep .)
	done
}

@test "every key of a definition is in its man page" {
	for key in parent type auto params description attr; do
		grep -q "^\*$key\*$" "$MAN/mdev.d.5.scd"
		mdev 1 --root "$(make_root && printf '[%s]\nparent=a\ntype=b\n%sX=c\n' "$U1" "$key" > "$ROOT/etc/mdev.d/a.conf" && echo "$ROOT")" list
		rm -r "$BATS_TEST_TMPDIR/root"
	done
}

@test "the example of mdev.d works" {
	make_root
	sed -n '/^# EXAMPLE/,$ { /^```$/,/^```$/ { /^```/!p } }' "$MAN/mdev.d.5.scd" | make_definition a.conf
	mdev --root "$ROOT" list --raw --noheadings -o uuid,type,auto
	assert "$output" == "\
8d4bdbc6-0f6c-4e3c-9a7b-0b4f1c9e6a10 nvidia-63 yes
0b0e1d9c-55a4-4c7e-9f1b-6c1f2a3d4e5f:1 nvidia-64 no" || assert "${#lines[@]}" -eq 2
}

@test "the examples of mdev work" {
	make_root
	make_type 0000:01:00.0 medu-fact 8 Factorial
	sed -n '/^# EXAMPLES/,/^# SEE/ s/^\t\$ mdev //p' "$MAN/mdev.8.scd" > "$BATS_TEST_TMPDIR/examples"
	assert "$(wc -l < "$BATS_TEST_TMPDIR/examples")" -ge 5
	while read -ra words; do
		mdev --root "$ROOT" "${words[@]}"
	done < "$BATS_TEST_TMPDIR/examples"
}

@test "the JSON of the man page is what mdev prints" {
	requires jq
	make_root
	make_device 0000:01:00.0 acme-fact "$U1"
	printf '[%s]\nparent = 01:00.0\ntype = acme-fact\nattr = a b\n' "$U1" | make_definition a.conf
	# The comments behind the fields are the page's own.
	awk '/^```$/ { n++; next } n == 1' "$MAN/mdev.8.scd" | sed 's/  \+[a-z].*$//' > "$BATS_TEST_TMPDIR/device.json"
	paths='[paths(type != "array")] | map(map(tostring) | join("."))'
	documented=$(jq -c "$paths | map(select(. != \"action\" and . != \"error\")) | sort" "$BATS_TEST_TMPDIR/device.json")
	mdev --root "$ROOT" list --json -o +machine,group
	assert "$(jq -c ".[0] | $paths | sort" <<< "$output")" == "$documented"
	awk '/^```$/ { n++; next } n == 3' "$MAN/mdev.8.scd" > "$BATS_TEST_TMPDIR/details.json"
	mdev --root "$ROOT" show --json 1111
	assert "$(jq -c '.[0].live | keys - ["name","parent","type","state","iommu_group"]' <<< "$output")" == \
		"$(jq -c keys "$BATS_TEST_TMPDIR/details.json")"
	awk '/^```$/ { n++; next } n == 7' "$MAN/mdev.8.scd" > "$BATS_TEST_TMPDIR/type.json"
	mdev --root "$ROOT" types --json
	assert "$(jq -c '.[0] | keys' <<< "$output")" == "$(jq -c keys "$BATS_TEST_TMPDIR/type.json")"
}
