# SPDX-License-Identifier: GPL-2.0-or-later
# Lists while instances and a parent come and go: no listing fails or prints an error, and each has the
# instance that stays. Each kind of listing is repeated for CHURN_SECONDS.

load kernel

setup_file() {
	load kernel
	requires_core ours
	load_modules
}

setup() {
	requires_core ours
	create "$UUID"
	printf '[%s]\nparent = %s\ntype = medu-fact\nauto = yes\n' "$UUID" "$PARENT" >/etc/mdev.d/churn.conf
	come_and_go "$(types)/medu-fact/create" 1 3>&- &
	CHURN=($!)
	come_and_go "$(types)/medu-dma/create" 2 3>&- &
	CHURN+=($!)
	parent_comes_and_goes 3>&- &
	CHURN+=($!)
}

teardown() {
	[ -z "${CHURN-}" ] || kill "${CHURN[@]}" || :
	wait
	[ -e "/sys/bus/pci/drivers/medu/$OTHER_PARENT" ] || echo "$OTHER_PARENT" >/sys/bus/pci/drivers/medu/bind
	remove_devices
	rm -f /etc/mdev.d/churn.conf
}

teardown_file() {
	[ "${MDEV_TEST_CORE-}" != ours ] || unload_modules
}

# come_and_go CREATE DIGIT: makes and removes two instances, again and again, without starting processes.
come_and_go() {
	local uuid
	while :; do
		for uuid in 5f0c3b1e-8a45-4c1d-9d5b-7777777777"$2"{1,2}; do
			echo "$uuid" >"$1"
		done
		for uuid in 5f0c3b1e-8a45-4c1d-9d5b-7777777777"$2"{1,2}; do
			echo 1 >"$DEVICES/$uuid/remove"
		done
	done 2>/dev/null
}

parent_comes_and_goes() {
	while :; do
		echo "$OTHER_PARENT" >/sys/bus/pci/drivers/medu/unbind
		echo "$OTHER_PARENT" >/sys/bus/pci/drivers/medu/bind
	done 2>/dev/null
}

# never_fails PATTERN VERB...: runs mdev again and again; each time the output matches
never_fails() {
	local pattern=$1 rounds=0 seen=0 until=$((SECONDS + ${CHURN_SECONDS:-4}))
	shift
	while [ $SECONDS -lt $until ] || [ $rounds -lt 5 ]; do
		run --separate-stderr timeout "$HANG" mdev "$@"
		[ "$status" = 0 ] && [ "$stderr" = "" ] && [[ $output =~ $pattern ]] || {
			printf 'round %s of: mdev %s\nstatus %s\n%s\n%s\n' "$rounds" "$*" "$status" "$output" "$stderr"
			return 1
		}
		[[ $output != *7777777777* ]] || seen=$((seen + 1))
		rounds=$((rounds + 1))
	done
	echo "# mdev $*: $rounds times, in $seen of them something that came and went" >&3
	kill -0 "${CHURN[@]}"
}

@test "list" {
	never_fails "$UUID 0000:01:00.0 medu-fact yes live" list --raw --noheadings
	never_fails "$UUID.* stopped" list --raw -o +MACHINE,GROUP
	never_fails '"uuid":"'"$UUID"'"' list --json
}

@test "types" {
	never_fails "0000:01:00.0 medu-dma .*0000:01:00.0 medu-fact" types --raw
	never_fails '"parent":"0000:01:00.0","type":"medu-fact"' types --json
}

@test "show" {
	never_fails "parent: *0000:01:00.0.*IOMMU group: *[0-9]" show "$UUID"
	never_fails '"live":.*"medu/label"' show --json "$UUID"
}

@test "apply --dry-run, and apply" {
	never_fails "^keep $UUID " apply --dry-run
	never_fails "^1 kept$" apply
}
