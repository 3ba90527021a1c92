# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the Markdown table of tests/bench/README.md from lines with tabs: what was done, among how
# many, by whom (mdev, bare, peer), and the figure to compare. Behind it stand processor time, system
# calls and memory, of which the last two are shown.

function commas(number,    text)
{
	for (text = sprintf("%d", number); match(text, /[0-9][0-9][0-9][0-9](,|$)/);)
		text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
	return text
}

function ratio(a, b)
{
	return a && b ? sprintf("%.2f", a / b) : ""
}

BEGIN {
	FS = "\t"
	print "| | among | mdev | bare | times bare | mdevctl | mdevctl / mdev |"
	print "|---|---|---|---|---|---|---|"
}

$3 ~ /^(mdev|bare|peer)$/ && $4 ~ /^[0-9]+$/ {
	key = $1 FS $2
	if (!($1 in numbers))
		order[++n] = $1
	if (!(key in seen))
		numbers[$1] = numbers[$1] FS $2
	seen[key]
	value[key, $3] = $4
	cell[key, $3] = commas($4)
	if ($6 ~ /^[0-9]/)
		cell[key, $3] = cell[key, $3] ", " commas($6) ", " commas($7)
}

function print_row(what, number,    key)
{
	key = what FS number
	printf "| %s | %s | %s | %s | %s | %s | %s |\n", what == above ? "" : what,
		number == "-" ? "" : commas(number), cell[key, "mdev"], cell[key, "bare"],
		ratio(value[key, "mdev"], value[key, "bare"]), cell[key, "peer"],
		ratio(value[key, "peer"], value[key, "mdev"])
	above = what
}

END {
	for (i = 1; i <= n; i++) {
		count = split(numbers[order[i]], list)
		for (j = 2; j <= count; j++)
			print_row(order[i], list[j])
	}
}
