/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The UUIDs that the words of a command line could mean. */
#ifndef FILTER_H
#define FILTER_H

#include "model/identity.h"

/*
 * What a verb reads when only some devices are asked for. Made by one of the two functions below,
 * freed by identity_filter_free().
 */
struct identity_filter {
	struct identity_prefix *v; /* sorted; none is the beginning of another */
	size_t n;
};

/*
 * Each word is a UUID or the beginning of one, with or without an instance, which does not count:
 * to say that there is no such instance the others are needed. A word that is none of these takes
 * nothing.
 */
void identity_filter_make(struct identity_filter *ret_filter, int word_count, char *const *words);
/*
 * For a word that is still being typed, of any number of digits: those that begin so. Empty, it
 * takes all; one that no identity begins with takes nothing.
 */
void identity_filter_make_begun(struct identity_filter *ret_filter, const char *begun);
/* One of the words could mean the UUID; costs the logarithm of their number. */
bool identity_filter_takes(const struct identity_filter *filter, const struct identity *id);
void identity_filter_free(struct identity_filter *filter);

#endif
