# SPDX-License-Identifier: GPL-2.0-or-later
# How the kernel in the guest says that something is wrong.
# shellcheck shell=bash

# sift_log rest: reads a log, and prints it without the reports that the file known names, and
# without the races of two that neither come from a module: those are within the kernel itself. One
# that another report has come into is printed.
# sift_log known: prints the names of those.
sift_log() {
	local failing=0
	[ ! -e /run/allocations-fail ] || failing=1
	awk -v failing=$failing -v wanted="$1" '
		function report_ends() {
			if (!mixed && (name in known || (name ~ / \/ / && !through_module))) {
				if (wanted == "known")
					print name
			} else if (wanted == "rest") {
				printf "%s", report
			}
			name = report = ""
		}
		function report_begins(its_name, its_last) {
			if (name)
				report_ends()
			name = its_name
			last = its_last
			through_module = mixed = 0
		}
		FILENAME != "-" {
			sub(/:.*/, "")
			if (/^data-race/ || (/^WARNING/ && failing))
				known[$0]
			next
		}
		at = index($0, "BUG: KCSAN: data-race in ") {
			report_begins(substr($0, at + length("BUG: KCSAN: ")), "==========")
		}
		at = index($0, "WARNING: CPU: ") {
			report_begins("WARNING" substr($0, index($0, " at ")), "---[ end trace ")
			sub(/\+.*/, "", name)
		}
		name {
			if (report && /BUG:|WARNING|Oops/)
				mixed = 1
			report = report $0 "\n"
			if (/\+0x[0-9a-f]+\/0x[0-9a-f]+ \[/)
				through_module = 1
			if (index($0, last))
				report_ends()
			next
		}
		wanted == "rest"
		END {
			if (name)
				report_ends()
		}' "${BASH_SOURCE[0]%/*}/known" -
}

# The log, without what a test provoked and has looked at itself (see tests/kernel/kernel.bash),
# and without what is known
kernel_log() {
	dmesg | sed '/warnings are expected from here/,/warnings are expected up to here/d' | sift_log rest
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
