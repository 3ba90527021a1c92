/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of mdev apply, shared by the files of that verb. */
#ifndef APPLY_H
#define APPLY_H

#include "model/parent_map.h"
#include "verb/cards.h"
#include "verb/enact.h"

struct apply_args {
	const char *parent, *wait;
	bool all, prune, foreign, dry_run, event, listen, card;
};

struct apply {
	const struct apply_args *args;
	struct inventory inventory;
	struct parent_map by_parent; /* of its definitions */
	struct identity *ids; /* that the words mean; NULL: all that is defined */
	size_t id_count;
	struct device_list named; /* what the words mean, as it was before it was locked */
	int64_t until; /* how long parents are waited for, as of clock_ms() */
	struct enactment enactment;
	struct cards cards;
};

/* Says once what was wrong with definitions that could not be read. */
void apply_report_problems(struct apply *apply);

/* Does it, once the definitions were read and wish->parent was found. An enum exit_status. */
int apply_do(struct apply *apply, struct plan_wish *wish);

/* What the words mean, and nothing else, whatever their definitions say. Likewise. */
int apply_words(struct apply *apply, int word_count, char **words);

#endif
