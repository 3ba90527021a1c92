# SPDX-License-Identifier: GPL-2.0-or-later
# How the kernel in the guest says that something is wrong.
# shellcheck shell=bash

# The log, without what a test provoked and has looked at itself (see tests/kernel/kernel.bash),
# and without the races that the file races names
kernel_log() {
	dmesg | sed '/warnings are expected from here/,/warnings are expected up to here/d' |
		awk -v begin='BUG: KCSAN: data-race in ' '
			FILENAME != "-" { sub(/:.*/, ""); named[$0]; next }
			(at = index($0, begin)) {
				report = $0
				race = substr($0, at + length(begin))
				next
			}
			race {
				report = report "\n" $0
				if (!/==========/)
					next
				if (!(race in named))
					print report
				race = ""
				next
			}
			{ print }' "${BASH_SOURCE[0]%/*}/races" -
}

# How often each of those races has come
races_let_through() {
	local race
	grep -v '^#' "${BASH_SOURCE[0]%/*}/races" | cut -d : -f 1 | while read -r race; do
		printf '%s times: %s\n' "$(dmesg | grep -cF "KCSAN: data-race in $race")" "$race"
	done | grep -v '^0 ' || :
}

# What came first has not been overwritten yet.
log_is_whole() {
	dmesg | grep -m 1 -q "Linux version"
}

log_is_clean() {
	local log
	log=$(kernel_log)
	! grep -E -A 20 "$(tr -d '\n' <<-'END'
		WARNING|BUG:|Oops|Call Trace|possible (circular|recursive) lock|suspicious RCU|
		refcount_t|cannot create duplicate|general protection|unable to handle|
		blocked for more than|KASAN|UBSAN|suspected memory leak|unreferenced object|stack-protector|
		disagrees about version|ODEBUG disabled|leak detector disabled
	END
	)" <<<"$log"
}

seconds_up() {
	cut -d . -f 1 /proc/uptime
}

# What nothing points to: kmemleak looks at memory that is older than five seconds, and reports
# what has not changed between two looks.
no_leak_is_found() {
	local file=/sys/kernel/debug/kmemleak until
	[ -e $file ] || return 0
	until=$(($(seconds_up) + 7))
	while [ "$(seconds_up)" -lt $until ]; do
		echo scan >$file
	done
	echo scan >$file
	cat $file
	! grep -q . $file
}

# lockdep switches itself off when it is out of memory, or after a report of whatever kind.
lockdep_is_on() {
	[ ! -e /proc/lockdep_stats ] || grep -E '^ *debug_locks: +1$' /proc/lockdep_stats
}
