/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carries out a plan: does each action, and says what became of it. */
#ifndef ENACT_H
#define ENACT_H

#include "base/run_state.h"
#include "host/lifecycle.h"
#include "model/plan.h"
#include "verb/inventory.h"

/* Longer than an honest apply of one parent; a stuck one must not hold up all that follow. */
#define ENACT_LOCK_SECONDS 60

enum enact_flags {
	ENACT_DRY_RUN = 1 << 0, /* print what would be done, do nothing */
	ENACT_EVENT = 1 << 1, /* udev runs it: each failure is said once after a boot */
	ENACT_NAMED = 1 << 2, /* each was asked for: one whose parent is not there is a failure */
	ENACT_WAIT = 1 << 3, /* enact_await_udev() will be called */
};

/* A device that was made, and what waits for udev to be done with it. */
struct enact_wait {
	struct udev_wait *wait;
	struct device made; /* kind, id and name alone */
	char name[IDENTITY_TEXT_SIZE];
};

/*
 * What is kept from one plan to the next. The inventory is the caller's. Begins as ENACTMENT;
 * enactment_end() ends it.
 */
struct enactment {
	enum enact_flags flags;
	struct inventory *inventory; /* that the plans are of */
	const struct device_list *named; /* devices with the words that named them; or NULL */
	const struct strlist *held; /* cards on which nothing is to be made now; or NULL */
	struct lifecycle_creator creator;
	struct definition_list others; /* with ENACT_NAMED: all, once one needs them */
	struct said said; /* with ENACT_EVENT: what the log has already */
	const char *distrusted; /* the last file that was said not to be for root to obey */
	size_t counts[ACTION_COUNT], failed; /* what became of the actions */
	struct enact_wait *waits; /* with ENACT_WAIT */
	size_t wait_count;
	int status; /* an enum exit_status: FAILED once anything was complained of */
};

#define ENACTMENT            \
	{                    \
		.said = SAID \
	}

/*
 * The caller has locked the parent of all that the plan is about, unless there are scripts, for
 * which nothing may be locked: then the parent of each action is locked while that is done.
 */
void enact_plan(struct enactment *enactment, const struct plan *plan);

/*
 * Says that something failed, for an event once. Every event of every parent finds the same
 * mistakes, and the log is to have each of them once.
 */
void enact_complain(struct enactment *enactment, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * With ENACT_WAIT: returns when udev is done with all that was made, or after a while with a
 * warning. The caller holds no lock: udev comes to a device when it is done with the parent, and
 * what its rule runs for the parent may wait for that lock.
 */
void enact_await_udev(struct enactment *enactment);

void enactment_end(struct enactment *enactment);

#endif
