/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service that waits for parents, in place of a run of the program for each of them. A thousand
 * runs take more time to start than one takes to do the work of all.
 *
 * Nothing is lost when it starts, fails or ends, because each parent is either seen by it, or there
 * when it looks at all of them, or has a run of its own:
 *
 *	1. It follows udev's events.
 *	2. It makes run/mdev/listener. Now udev's rule starts no more runs.
 *	3. It does all parents that are there.
 *	4. It does those of which it gets events, as soon as no more come.
 *	   Where events were lost, it does all that are there again.
 *
 * To end, it removes the file, waits until udev is through with the events for which the rule has
 * still seen it, and does those. Where it is killed, whoever started it removes the file and starts
 * it again; that is why nobody but a manager of services may start it.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include "verb/batch.h"

/*
 * Has the parents done that come, until a signal asks for an end. An enum exit_status: USAGE where
 * it would fail again if it was started again.
 */
int listener_run(batch_work work, void *arg);

#endif
