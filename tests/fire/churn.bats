#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Listings while devices and parents come and go: none fails, and each has all devices that stay.

load fire

ROUNDS=${FIRE_ROUNDS:-30}

setup() {
	make_fast_root
	make_device 0000:01:00.0 acme-fact "$U1"
	make_device soft soft-1 "$U2"
	printf '[%s]\nparent = 0000:01:00.0\ntype = acme-fact\nauto = yes\n[%s]\nparent = 0000:01:00.0\ntype = acme-dma\nauto = yes\n' \
		"$U1" "$U3" > "$ETC/farm.conf"
	"$BATS_TEST_DIRNAME/../../build/tests/churn" "$ROOT" sys/devices/pci0000:00/0000:01:00.0 acme-fact 3>&- &
	CHURN=$!
}

teardown() {
	kill "$CHURN"
	wait "$CHURN" || :
	remove_fast_root
}

@test "list, as text, JSON and tree, while devices come and go" {
	requires jq
	local seen=0 round
	for ((round = 0; round < ROUNDS; round++)); do
		for format in "--raw --noheadings" --tree "-o +GROUP,MACHINE"; do
			# shellcheck disable=SC2086 # several words
			mdev --root "$ROOT" list $format
			assert "$stderr" == ""
			for uuid in "$U1" "$U2" "$U3"; do
				assert "$(grep -c "$uuid" <<<"$output")" -eq 1 "mdev list $format"
			done
			[[ $output != *7777* ]] || ((++seen))
		done
		mdev --root "$ROOT" list --json
		assert "$stderr" == ""
		assert "$(jq -c '[.results[] | select(.uuid | startswith("7777") | not) | [.uuid[0:4], .type, .live != null]]' <<<"$output")" \
			== '[["1111","acme-fact",true],["3333","acme-dma",false],["2222","soft-1",true]]'
		assert "$(jq '[.results[] | .uuid] | length - (unique | length)' <<<"$output")" == 0 "each once"
	done
	kill -0 "$CHURN"
	assert "$seen" -ge 1 "what comes and goes was seen"
}

@test "types while parents come and go" {
	requires jq
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		mdev --root "$ROOT" types --json
		assert "$stderr" == ""
		assert "$(jq -c '[.results[] | select(.parent != "passing") | .type]' <<<"$output")" \
			== '["acme-dma","acme-fact","acme-fact","soft-1"]'
		mdev --root "$ROOT" types
		assert "$stderr" == ""
	done
	kill -0 "$CHURN"
}

@test "show of a device that stays, and of one that comes and goes" {
	requires jq
	local round known
	for ((round = 0; round < ROUNDS; round++)); do
		mdev --root "$ROOT" show "$U1" "$U2" --json
		assert "$stderr" == ""
		assert "$(jq -c '[.results[] | [.live.parent, .live.machine]]' <<<"$output")" == '[["0000:01:00.0","stopped"],["soft","stopped"]]'
		known=$(printf "7777%04d" $((round % 64)))
		for format in "" --json; do
			# shellcheck disable=SC2086 # may be empty
			run --separate-stderr timeout 30 "$MDEV" --root "$ROOT" show "$known" $format
			[ "$status" = 0 ] || assert "$status $stderr" == "1 mdev: cannot show '$known': there is no device '$known'"
			[ -z "$format" ] || jq . <<<"$output" > /dev/null
		done
	done
	kill -0 "$CHURN"
}

@test "apply --dry-run, check, export and completion while the tree changes" {
	local round
	for ((round = 0; round < ROUNDS; round++)); do
		mdev --root "$ROOT" apply --dry-run
		assert "$output$stderr" =~ "^keep $U1 .*
create $U3 [^
]*$"
		mdev --root "$ROOT" check
		assert "$stderr" == ""
		mdev --root "$ROOT" export
		assert "$stderr" == ""
		mdev --list-words --root "$ROOT" destroy
		assert "$(grep -c "$U1\|$U2" <<<"$output")" -eq 2
	done
	kill -0 "$CHURN"
}
