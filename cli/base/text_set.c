// SPDX-License-Identifier: GPL-2.0-or-later
/* Texts that many have in common, each kept once. */
#include "base/text_set.h"

#include "base/text.h"

/* Where the text is, or would be. */
static const char **find_slot(const struct text_set *set, const char *text)
{
	size_t i = text_hash(text) & (set->cap - 1);

	while (set->v[i] && strcmp(set->v[i], text) != 0)
		i = (i + 1) & (set->cap - 1);
	return &set->v[i];
}

/* At most half full, so that a search is short. */
static void make_room(struct text_set *set)
{
	struct text_set larger = {.n = set->n, .cap = set->cap ? 2 * set->cap : 16};

	if (2 * set->n < set->cap)
		return;
	larger.v = xcalloc(larger.cap, sizeof(*larger.v));
	for (size_t i = 0; i < set->cap; i++)
		if (set->v[i])
			*find_slot(&larger, set->v[i]) = set->v[i];
	text_set_free(set);
	*set = larger;
}

const char *text_set_add(struct text_set *set, struct arena *arena, const char *text)
{
	const char **slot;

	make_room(set);
	slot = find_slot(set, text);
	if (!*slot) {
		*slot = arena_strdup(arena, text);
		set->n++;
	}
	return *slot;
}

void text_set_free(struct text_set *set)
{
	free(set->v);
	*set = (struct text_set){0};
}
