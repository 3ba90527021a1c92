/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs of the program ask of one another, so that one of them does the work of many.
 *
 * A run leaves its request, a file of that name, in run/mdev/asked, and waits for its turn. Who has
 * the turn moves all requests to run/mdev/taken, then reads what is needed for any of them, does
 * one after the other, and removes the file of each that is done. A run whose turn comes, and that
 * finds its request in neither folder, has nothing left to do:
 *
 *	run A               run B               run C
 *	asks for a
 *	has the turn        asks for b          asks for c
 *	takes a, b, c       waits               waits
 *	does a, b, c        waits               waits
 *	ends                has the turn:       waits
 *	                    b is done, ends     has the turn: c is done, ends
 *
 * No request is lost, wherever a run is killed: what it had taken and not done is still there for
 * the next that has the turn. One that is made again while it is being done stands in "asked" anew.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "base/util.h"

/* Begins as REQUESTS_CLOSED; requests_close() ends the turn, too. */
struct requests {
	int asked, taken; /* the folders */
	int lock; /* of the run that has the turn */
};

#define REQUESTS_CLOSED                              \
	{                                            \
		.asked = -1, .taken = -1, .lock = -1 \
	}

/* 0, or a negative errno: -ENOENT where no request was made since the boot. */
int requests_open(struct requests *requests);
/* Makes the folders for that, where they are not there. 0 or a negative errno. */
int requests_make(void);
void requests_close(struct requests *requests);

enum request_turn {
	REQUEST_DONE, /* another run has done it since it was asked for */
	REQUEST_OURS, /* this run has the turn, until requests_close() */
	REQUEST_ALONE, /* nobody can be asked, or nobody has done it in that time */
};

/*
 * Asks for what the name (as of name_is_safe()) stands for, and waits at most that many seconds for
 * the turn or for the end of another run's. Where this run is to do it alone, the request may stay,
 * and be done once more by whoever is next: to take it back could take back another run's, too.
 */
enum request_turn requests_ask(struct requests *requests, const char *name, unsigned int seconds);

/*
 * Takes what was asked for, where others ask as well as soon as no more come, and adds the names to
 * the list. own: NULL, or what this run asked for itself, which comes first; then what others had
 * taken and not done is added as well.
 */
void requests_take(struct requests *requests, const char *own, struct strlist *ret_names);

/* What was taken is done. */
void requests_end(struct requests *requests, const char *name);

/*
 * A listener does what runs would do else. It makes the file run/mdev/listener, which keeps udev's
 * rule from starting runs. Returns a descriptor, which listener_end() closes and removes the file;
 * or a negative errno: -ETIMEDOUT where another listener has the file.
 */
int listener_begin(void);
void listener_end(int fd);

#endif
