/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors as mdevctl says them. */
#ifndef SAY_H
#define SAY_H

#include "base/util.h"
#include "verb/callout.h"

/* "Error: TEXT". Returns FAILED, as all of these do. */
int say_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* The same with what the system said, "Caused by:", a negative errno. */
int say_error_of(int rc, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same with a cause in words. */
int say_error_for(const char *cause, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "No such file or directory (os error 2)" for a negative errno; the caller frees it. */
char *say_system(int rc);

/* Prints results on stdout. what: NULL, or what cannot be done when that fails. DONE or FAILED. */
int say_output(const struct buf *text, const char *what);

/* Warnings of what could not be read, of all that was looked at. */
void say_unread(void);
/*
 * The same as the error of a verb that must not act on what it has not seen: says the first of
 * it, and returns true; false where all was read.
 */
bool say_unread_error(void);

/* The path of a file in double quotes; the caller frees it. */
char *say_path(const char *path);

/* Why scripts keep something from being done: error is what callout_begin() says. FAILED. */
int say_callout(const struct callout *callout, const char *error);

#endif
