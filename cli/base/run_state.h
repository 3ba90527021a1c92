/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs of the program leave for each other below run/, which is empty after a boot: the lock
 * of those that bring the host to what is defined, and what was said to the system's log.
 */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include "base/util.h"

/*
 * Locks out other runs that make or remove instances of this parent (NULL: of any), and waits for
 * them, at most that many seconds. Runs for different parents do not wait for one another, for a
 * driver may take its time. Closing the descriptor that is returned unlocks; so does the end of
 * the program, however it ends. A negative errno with a reason in *reterr: -ETIMEDOUT when others
 * keep it locked.
 */
int run_state_lock(const char *parent, unsigned int seconds, char **reterr);

/*
 * What was said to the system's log since the last boot. udev runs the program for each parent and
 * each event, some at once, and all of them find the same thing wrong: the log shall have it once.
 * Begins as SAID; said_end() frees it.
 */
struct said {
	int fd;
	off_t end; /* of the part of the file that is in texts */
	void *texts; /* a tree of lines */
	struct arena arena;
};

#define SAID             \
	{                \
		.fd = -1 \
	}

/*
 * Says the text (not empty) by say(), unless it was said before by this run or another one. It is
 * remembered when say() returns true: what could not be said is tried again by the next run. Where
 * nothing can be remembered it is said each time.
 */
void said_once(struct said *said, const char *text, bool (*say)(const char *text));
void said_end(struct said *said);
/* All of it may be said again. */
void said_forget(void);

#endif
