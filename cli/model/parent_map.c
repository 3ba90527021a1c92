// SPDX-License-Identifier: GPL-2.0-or-later
/* Definitions by the parent that they are for. */
#include "model/parent_map.h"

#include "base/text.h"

void parent_map_make(struct parent_map *ret_map, const struct definition_list *list)
{
	size_t size = 16;

	while (size < list->n)
		size *= 2;
	*ret_map = (struct parent_map){
		.list = list,
		.first = xcalloc(size, sizeof(size_t)),
		.next = xcalloc(list->n, sizeof(size_t)),
		.mask = size - 1,
	};
	/* From the end, so that each chain has the order of the list. */
	for (size_t i = list->n; i > 0; i--) {
		const char *parent = list->v[i - 1]->parent_name;
		size_t *first;

		if (!parent)
			continue;
		first = &ret_map->first[text_hash(parent) & ret_map->mask];
		ret_map->next[i - 1] = *first;
		*first = i;
	}
}

void parent_map_free(struct parent_map *map)
{
	free(map->first);
	free(map->next);
	*map = (struct parent_map){0};
}

/* The first definition for the parent in a chain, from this place on; 0: none. */
static size_t skip_to(const struct parent_map *map, size_t at, const char *parent)
{
	while (at && strcmp(map->list->v[at - 1]->parent_name, parent) != 0)
		at = map->next[at - 1];
	return at;
}

static size_t first_of(const struct parent_map *map, const char *parent)
{
	return skip_to(map, map->first[text_hash(parent) & map->mask], parent);
}

bool parent_map_has(const struct parent_map *map, const char *parent)
{
	return first_of(map, parent) != 0;
}

void parent_map_select(const struct parent_map *map, const struct definition_index *by_identity,
		       const char *parent, const struct device_list *live,
		       struct definition_list *ret_list)
{
	_cleanup_free_ struct identity *ids = NULL;
	size_t count = 0;

	for (size_t at = first_of(map, parent); at; at = skip_to(map, map->next[at - 1], parent)) {
		ids = xgrow(ids, count, sizeof(*ids));
		ids[count++] = map->list->v[at - 1]->id;
	}
	for (size_t i = 0; i < live->n; i++) {
		ids = xgrow(ids, count, sizeof(*ids));
		ids[count++] = live->v[i].id;
	}
	definition_index_select(by_identity, ids, count, ret_list);
}
