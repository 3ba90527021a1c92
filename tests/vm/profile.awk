# SPDX-License-Identifier: GPL-2.0-or-later
# Says in which functions a profile's instructions were spent: for each section a line
# "SECTION FUNCTION MODULE INSTRUCTIONS" for each function, which are its own, without those that it
# calls; the module is "kernel" for the kernel itself. Sections count from 1.
# Usage: awk -f profile.awk KALLSYMS PROFILE; KALLSYMS is sorted.

function find(address, low, high, middle) {
	if (address in known)
		return known[address]
	low = 1
	high = nr
	while (low < high) {
		middle = int((low + high + 1) / 2)
		if (start[middle] <= address)
			low = middle
		else
			high = middle - 1
	}
	return known[address] = low
}

function flush_section(at) {
	for (at in spent)
		print section, symbol[at], module[at], spent[at]
	delete spent
}

FNR == NR {
	if ($2 ~ /^[tTwW]$/) {
		start[++nr] = $1 ""
		symbol[nr] = $3
		module[nr] = NF > 3 ? substr($4, 2, length($4) - 2) : "kernel"
	}
	next
}

$1 == "section" {
	flush_section()
	section++
	next
}

{ spent[find($1 "")] += $2 }

END { flush_section() }
