/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What could not be read.
 *
 * A look-up that failed is no answer: what it looked for may be there. Readers of sysfs and of
 * /proc note it here, once for all of their callers, which go on with what could be read. A verb
 * looks at unread_count() before it destroys anything, or says that there is nothing. What was
 * noted is said at the end, by cmd_report_unread(), and makes the exit status 1.
 */
#ifndef UNREAD_H
#define UNREAD_H

#include "base/util.h"

/*
 * The negative errno is an answer: nothing is there, by this name, or not any more (a device that
 * goes away while it is read is -ENODEV, a process -ESRCH).
 */
bool unread_is_absence(int rc);

/* Notes why path could not be read, unless rc is 0 or more, or an absence. Returns rc. */
int unread_note(const char *path, int rc);

/* Notes something else that could not be read, as the sentence that is to be said of it. */
void unread_add(const char *text);

/* How many look-ups failed since the start. */
size_t unread_count(void);

/*
 * Moves "PATH: cannot be read: WHY" for each path, and other sentences, to the list; what is noted
 * afterwards is given to the next caller. Of very many only the first, and how many there are.
 */
void unread_take(struct strlist *ret_texts);

#endif
