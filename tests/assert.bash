# SPDX-License-Identifier: GPL-2.0-or-later
# Comparing, for the suites on made roots and those on a real kernel.
# shellcheck shell=bash

# assert ACTUAL OP EXPECTED WHAT: OP is == != =~ !~ (a regular expression) or -eq -le -ge.
assert() {
	local ok=1
	case $2 in
	==) [ "$1" = "$3" ] || ok=0 ;;
	!=) [ "$1" != "$3" ] || ok=0 ;;
	=~) [[ $1 =~ $3 ]] || ok=0 ;;
	!~) ! [[ $1 =~ $3 ]] || ok=0 ;;
	-eq) (($1 == $3)) || ok=0 ;;
	-le) (($1 <= $3)) || ok=0 ;;
	-ge) (($1 >= $3)) || ok=0 ;;
	*) ok=0 ;;
	esac
	[ "$ok" = 1 ] || {
		printf '%s\n  is:      %s\n  expected %s %s\n' "${4:-assertion}" "$1" "$2" "$3"
		return 1
	}
}
