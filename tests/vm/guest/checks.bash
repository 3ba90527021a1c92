# SPDX-License-Identifier: GPL-2.0-or-later
# Finds out from the kernel in the guest whether something is wrong.
# shellcheck shell=bash

# sift_log rest: copies a log without certain reports: those that the file known lists, and data races
# whose two stacks both have no module in them, which are in the kernel itself. A report is kept if
# another one has been printed in the middle of it.
# sift_log known: prints the names of the reports that are left out.
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

# The log without what a test has provoked and checked itself (see warnings_from_here in
# tests/kernel/kernel.bash), and without known reports
kernel_log() {
	dmesg | sed '/warnings are expected from here/,/warnings are expected up to here/d' | sift_log rest
}

# The first line of the log has not been overwritten.
log_is_whole() {
	dmesg | grep -m 1 -q "Linux version"
}

# kmemleak's line in the log only says how many leaks it has found, the known ones among them: they are
# looked at by no_leak_is_found().
log_is_clean() {
	local log
	log=$(kernel_log)
	! grep -E -A 20 "$(tr -d '\n' <<-'END'
		WARNING|BUG:|Oops|Call Trace|possible (circular|recursive) lock|suspicious RCU|
		refcount_t|cannot create duplicate|general protection|unable to handle|
		blocked for more than|KASAN|UBSAN|unreferenced object|stack-protector|
		disagrees about version|ODEBUG disabled|leak detector disabled
	END
	)" <<<"$log"
}

seconds_up() {
	cut -d . -f 1 /proc/uptime
}

# sift_leaks: copies kmemleak's reports without those of memory that a function allocates which the file
# known lists
sift_leaks() {
	awk '
		function report_ends() {
			if (!is_known)
				printf "%s", report
			report = ""
			is_known = 0
		}
		FILENAME != "-" {
			sub(/:.*/, "")
			if (sub(/^leak in /, ""))
				known[$0]
			next
		}
		/^unreferenced object/ { report_ends() }
		{ report = report $0 "\n" }
		match($0, /[a-zA-Z0-9_.]+\+0x/) && substr($0, RSTART, RLENGTH - 3) in known { is_known = 1 }
		END { report_ends() }' "${BASH_SOURCE[0]%/*}/known" -
}

# kmemleak reports memory that nothing points to, if it is older than five seconds and has not changed
# between two scans.
no_leak_is_found() {
	local file=/sys/kernel/debug/kmemleak until
	[ -e $file ] || return 0
	until=$(($(seconds_up) + 7))
	while [ "$(seconds_up)" -lt $until ]; do
		echo scan >$file
	done
	echo scan >$file
	sift_leaks <$file
	[ -z "$(sift_leaks <$file)" ]
}

# lockdep turns itself off when it runs out of memory, and after its first report.
lockdep_is_on() {
	[ ! -e /proc/lockdep_stats ] || grep -E '^ *debug_locks: +1$' /proc/lockdep_stats
}
