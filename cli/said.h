/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was said to the system's log since the last boot, so that it is not said again and again. */
#ifndef SAID_H
#define SAID_H

#include "util.h"

/*
 * Several commands run for one event of udev and find the same thing wrong. One that has the
 * right to it (it holds apply's lock) asks here before it says something. Zeroed at the start.
 */
struct said {
	bool is_loaded, is_new;
	struct strlist texts;
};

/* Remembers the text (one line). True when it was not said before. */
bool said_add(struct said *said, const char *text);
/* Writes down what is new, for the commands after this one, and frees. 0 or negative errno. */
int said_end(struct said *said);
/* What was said may be said again. */
void said_forget(void);

#endif
