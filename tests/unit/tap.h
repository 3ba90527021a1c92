/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the unit tests share: checks that print TAP. */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static inline bool ok(bool passed, const char *what)
{
	printf("%sok %d - %s\n", passed ? "" : "not ", ++tap_count, what);
	tap_failed += !passed;
	return passed;
}

static inline bool is_text(const char *actual, const char *expected, const char *what)
{
	bool same = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;

	ok(same, what);
	if (!same)
		printf("# is:       %s\n# expected: %s\n", actual ? actual : "(null)",
		       expected ? expected : "(null)");
	return same;
}

static inline bool is_number(long long actual, long long expected, const char *what)
{
	if (!ok(actual == expected, what))
		printf("# is:       %lld\n# expected: %lld\n", actual, expected);
	return actual == expected;
}

/* Ends the TAP; the exit status of the program. */
static inline int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed != 0;
}

#endif
