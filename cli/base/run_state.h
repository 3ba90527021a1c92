/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was said to the system's log since the last boot, so that it is not said again and again. */
#ifndef SAID_H
#define SAID_H

#include "base/util.h"

/*
 * Several commands run for one event of udev, some at once, and find the same thing wrong. Each
 * asks here before it says something. Begins as SAID; said_end() frees.
 */
struct said {
	int fd;
	off_t end; /* what of the file is in texts */
	struct strlist texts;
};

#define SAID             \
	{                \
		.fd = -1 \
	}

/*
 * Remembers the text (not empty), for commands that run at the same time as well. True when it was
 * not said before; also where that cannot be found out.
 */
bool said_add(struct said *said, const char *text);
void said_end(struct said *said);
/* What was said may be said again. */
void said_forget(void);

#endif
