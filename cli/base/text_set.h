/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts that many have in common, each kept once. */
#ifndef TEXT_SET_H
#define TEXT_SET_H

#include "base/util.h"

/* Zeroed at the start; text_set_free() leaves the texts, which are the arena's. */
struct text_set {
	const char **v; /* by hash, a NULL behind each run of them */
	size_t n, cap; /* cap is a power of two, and more than n */
};

/* The set's own copy of the text, made in the arena when it has none. */
const char *text_set_add(struct text_set *set, struct arena *arena, const char *text);
void text_set_free(struct text_set *set);

#endif
