// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices and definitions of a list by their identity. */
#include "model/index.h"

#include "base/sort.h"

static bool device_is_before(const void *a, const void *b)
{
	return identity_compare(&((const struct device *)a)->id, &((const struct device *)b)->id) <
	       0;
}

void device_index_make(struct device_index *ret_index, const struct device_list *list,
		       bool (*accept)(const struct device *dev), size_t look_ups)
{
	struct device_index index = {.is_sorted = look_ups > 1};

	index.v = xcalloc(list->n, 2 * sizeof(struct device *));
	for (size_t i = 0; i < list->n; i++)
		if (!accept || accept(&list->v[i]))
			index.v[index.n++] = &list->v[i];
	if (index.is_sorted)
		sort_pointers(index.v, index.n, device_is_before);
	*ret_index = index;
}

/* The place of the first device that is not before this identity. */
static size_t find_place(const struct device_index *index, const struct identity *id)
{
	size_t low = 0, high = index->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (identity_compare(&index->v[middle]->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct device *const *device_index_range(const struct device_index *index,
					 const struct identity_prefix *prefix, size_t *ret_count)
{
	struct identity first = {.instance = 0};
	size_t begin, end;

	*ret_count = index->n;
	if (!index->is_sorted)
		return index->v;
	for (size_t i = 0; i < prefix->count; i++)
		first.uuid[i / 2] |= (unsigned char)(prefix->digits[i] << (i % 2 ? 0 : 4));
	begin = find_place(index, &first);
	for (end = begin; end < index->n; end++)
		if (!identity_prefix_matches(prefix, &index->v[end]->id))
			break;
	*ret_count = end - begin;
	return index->v + begin;
}

struct device *device_index_find(const struct device_index *index, const struct identity *id)
{
	struct device *first = NULL;

	for (size_t i = index->is_sorted ? find_place(index, id) : 0; i < index->n; i++) {
		int order = identity_compare(&index->v[i]->id, id);

		if (order == 0 && device_is_live(index->v[i]))
			return index->v[i];
		if (order == 0 && !first)
			first = index->v[i];
		if (order != 0 && index->is_sorted)
			break;
	}
	return first;
}

struct device *device_index_live(const struct device_index *index, const struct identity *id)
{
	struct device *dev = device_index_find(index, id);

	return dev && device_is_live(dev) ? dev : NULL;
}

void device_index_free(struct device_index *index)
{
	free(index->v);
	*index = (struct device_index){0};
}

static bool definition_is_before(const void *a, const void *b)
{
	const struct definition *first = a, *second = b;
	int order = identity_compare(&first->id, &second->id);

	return order ? order < 0 : first->is_own && !second->is_own;
}

void definition_index_make(struct definition_index *ret_index, const struct definition_list *list)
{
	struct definition_index index = {.n = list->n};

	index.v = xcalloc(list->n, 2 * sizeof(struct definition *));
	if (list->n)
		memcpy(index.v, list->v, list->n * sizeof(struct definition *));
	sort_pointers(index.v, index.n, definition_is_before);
	*ret_index = index;
}

struct definition *const *definition_index_find(const struct definition_index *index,
						const struct identity *id, size_t *ret_count)
{
	size_t low = 0, high = index->n, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (identity_compare(&index->v[middle]->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < index->n; end++)
		if (identity_compare(&index->v[end]->id, id) != 0)
			break;
	*ret_count = end - low;
	return index->v + low;
}

static bool has_lower_place(const void *a, const void *b)
{
	return ((const struct definition *)a)->place < ((const struct definition *)b)->place;
}

void definition_index_select(const struct definition_index *index, const struct identity *ids,
			     size_t count, struct definition_list *ret_list)
{
	struct definition_list list = *ret_list;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t size;
		struct definition *const *defs = definition_index_find(index, &ids[i], &size);

		for (size_t j = 0; j < size; j++) {
			list.v = xgrow(list.v, list.n, sizeof(*list.v));
			list.v[list.n++] = defs[j];
		}
	}
	sort_pointers(list.v, list.n, has_lower_place);
	for (size_t i = 0; i < list.n; i++)
		if (!kept || list.v[kept - 1] != list.v[i])
			list.v[kept++] = list.v[i];
	list.n = kept;
	*ret_list = list;
}

void definition_index_free(struct definition_index *index)
{
	free(index->v);
	*index = (struct definition_index){0};
}
