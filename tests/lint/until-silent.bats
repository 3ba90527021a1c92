# SPDX-License-Identifier: GPL-2.0-or-later
# What ends a suite that hangs, and leaves one alone that is only slow.

setup() {
	PATH=$BATS_TEST_DIRNAME/..:$PATH
}

# is_gone PROCESS: has ended, or will before a hundred looks
is_gone() {
	local tries=100
	while [ -d "/proc/$1" ] && ! grep -q '^State:.Z' "/proc/$1/status"; do
		[ $((tries -= 1)) -gt 0 ] || return
		read -r -t 0.1 <> <(:) || :
	done
}

@test "until-silent: what goes on speaking goes on, and its status is passed on" {
	run until-silent 60 bash -c 'for i in 1 2 3; do echo "$i"; done; printf end; exit 33'
	echo "$output"
	[ "$status" = 33 ]
	[ "$output" = $'1\n2\n3\nend' ]
}

@test "until-silent: what has fallen silent is ended, with all that it has started" {
	run until-silent 1 bash -c 'sleep infinity & echo "$!"; sleep infinity'
	echo "$output"
	[ "$status" = 124 ]
	[ "${lines[1]}" = "until-silent: 'bash' has printed nothing for 1 s" ]
	is_gone "${lines[0]}"
}

@test "until-silent: what a command has left behind does not outlive it" {
	run until-silent 60 bash -c 'sleep infinity >/dev/null & echo "$!"'
	[ "$status" = 0 ]
	is_gone "$output"
}
