/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parents that come together, done by a process of their own.
 *
 * What a process read and allocated is gone with it, and a driver that does not return holds up
 * that process alone: its turn ends, and others do what it had not begun:
 *
 *	listener            process 1             process 2
 *	starts 1: a, b, c   does a
 *	                    b: the driver hangs
 *	1 is late:
 *	takes c back
 *	starts 2: c         still b               does c
 *	                    b is done, ends       ends
 */
#ifndef BATCH_H
#define BATCH_H

#include "base/util.h"

#include <stdatomic.h>
#include <sys/types.h>

enum batch_step { BATCH_WAITS, BATCH_BEGUN, BATCH_DONE };

struct batch {
	pid_t pid;
	struct strlist parents;
	atomic_uchar *steps; /* of each parent, an enum batch_step; the processes share it */
	int64_t until; /* when its turn ends, as of clock_ms() */
	bool is_late; /* it was over before the process was */
};

/*
 * Does the parents, in the new process:
 *
 *	for (size_t i = 0; batch_begin(batch, i); i++)
 *		if (...)
 *			batch_end(batch, i);
 */
typedef void (*batch_work)(struct batch *batch, void *arg);

/*
 * Starts a process for the parents, whose list it takes over, with a turn of that many
 * milliseconds. 0, or a negative errno, and then the list is as it was. batch_free() frees it.
 */
int batch_start(struct batch *batch, struct strlist *parents, unsigned int turn_ms, batch_work work,
		void *arg);

/* In that process. False where there is no such parent, or its turn is over; the first it does. */
bool batch_begin(struct batch *batch, size_t i);
/* In that process: what was begun last is done. What is not done at its end is taken back. */
void batch_end(struct batch *batch, size_t i);

/*
 * The turn is over, or the process has ended: adds to the list what it is not to do any more. Once
 * it has ended, that is whatever is not done and was not taken back before. One that it begins at
 * this moment may be done twice.
 */
void batch_take_back(struct batch *batch, bool has_ended, struct strlist *parents);
void batch_free(struct batch *batch);

#endif
