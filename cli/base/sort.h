/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorting of long lists. */
#ifndef SORT_H
#define SORT_H

#include "base/util.h"

#include <endian.h>

/* A pointer of whatever type the array has. */
typedef void *__attribute__((may_alias)) sort_item;

static inline __attribute__((always_inline)) bool
is_sorted(const sort_item *array, size_t n, bool (*is_before)(const void *a, const void *b))
{
	for (size_t i = 1; i < n; i++)
		if (is_before(array[i], array[i - 1]))
			return false;
	return true;
}

/*
 * Sorts n pointers, and keeps the order of those of which neither is before the other. What is in
 * order already costs one look at each. The comparison is compiled into it: through a pointer, as
 * qsort() calls it, it would take half of the time of a listing.
 */
static inline __attribute__((always_inline)) void
sort_pointers(void *array, size_t n, bool (*is_before)(const void *a, const void *b))
{
	_cleanup_free_ sort_item *second = NULL;
	sort_item *from = array, *to;

	if (is_sorted(array, n, is_before))
		return;
	second = xcalloc(n, sizeof(*second));
	to = second;
	for (size_t width = 1; width < n; width *= 2) {
		sort_item *sorted = to;

		for (size_t start = 0; start < n; start += 2 * width) {
			size_t middle = start + width < n ? start + width : n;
			size_t limit = middle + width < n ? middle + width : n;
			size_t left = start, right = middle;

			for (size_t i = start; i < limit; i++)
				to[i] = left == middle || (right < limit &&
							   is_before(from[right], from[left])) ?
						from[right++] :
						from[left++];
		}
		to = from;
		from = sorted;
	}
	if (from != array)
		memcpy(array, from, n * sizeof(*from));
}

/* The first eight bytes as a number that has their order: to compare most things at one go. */
static inline uint64_t sort_key(const unsigned char bytes[8])
{
	uint64_t key;

	memcpy(&key, bytes, sizeof(key));
	return be64toh(key);
}

#endif
