/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions by the parent that they are for. */
#ifndef PARENT_MAP_H
#define PARENT_MAP_H

#include "model/index.h"

/*
 * Made once for all definitions, it gives those of one parent at the price of those alone. Points
 * to the definitions of a list; those whose parent is not there are in no parent's.
 */
struct parent_map {
	const struct definition_list *list;
	size_t *first; /* by hash of the parent: 1 + the place of a definition in the list, 0: none
			*/
	size_t *next; /* for each definition, the one behind it of the same hash */
	size_t mask; /* of the hash */
};

/* parent_map_free() frees it. */
void parent_map_make(struct parent_map *ret_map, const struct definition_list *list);
void parent_map_free(struct parent_map *map);

/* Something is defined for the parent. */
bool parent_map_has(const struct parent_map *map, const char *parent);

/*
 * All that matters for a plan of this parent, in the order of the whole list: the definitions for
 * it, those of which an instance is live on it, and all others of their identities, by which is
 * known which is meant. by_identity: an index of the same list. live: what is live on the parent.
 * The list that is added to points to the definitions; definition_list_free() leaves them.
 */
void parent_map_select(const struct parent_map *map, const struct definition_index *by_identity,
		       const char *parent, const struct device_list *live,
		       struct definition_list *ret_list);

#endif
