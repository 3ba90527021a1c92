// SPDX-License-Identifier: GPL-2.0-or-later
/* The UUIDs that the words of a command line could mean. */
#include "model/filter.h"

/* One that is the beginning of another is before it: "e2a4" before "e2a45". */
static int compare_prefixes(const void *a, const void *b)
{
	const struct identity_prefix *first = a, *second = b;
	size_t common = first->count < second->count ? first->count : second->count;
	int order = memcmp(first->digits, second->digits, common);

	return order ? order : (first->count > second->count) - (first->count < second->count);
}

static bool is_beginning(const struct identity_prefix *prefix, const struct identity_prefix *other)
{
	return prefix->count <= other->count &&
	       memcmp(prefix->digits, other->digits, prefix->count) == 0;
}

void identity_filter_make(struct identity_filter *ret_filter, int word_count, char *const *words)
{
	struct identity_filter filter = {
		.v = xcalloc((size_t)word_count, sizeof(struct identity_prefix))};
	size_t kept = 0;

	for (int i = 0; i < word_count; i++)
		if (identity_prefix_parse(words[i], &filter.v[filter.n]) == 0)
			filter.n++;
	if (filter.n)
		qsort(filter.v, filter.n, sizeof(*filter.v), compare_prefixes);
	for (size_t i = 0; i < filter.n; i++)
		if (!kept || !is_beginning(&filter.v[kept - 1], &filter.v[i]))
			filter.v[kept++] = filter.v[i];
	filter.n = kept;
	*ret_filter = filter;
}

void identity_filter_make_begun(struct identity_filter *ret_filter, const char *begun)
{
	struct identity_filter filter = {.v = xcalloc(1, sizeof(*filter.v))};

	if (identity_prefix_parse_begun(begun, filter.v) == 0)
		filter.n = 1;
	*ret_filter = filter;
}

/* The last prefix that is not behind the UUID: no other one can be its beginning. */
bool identity_filter_takes(const struct identity_filter *filter, const struct identity *id)
{
	struct identity_prefix whole = {.count = 32};
	size_t low = 0, high = filter->n;

	for (size_t i = 0; i < whole.count; i++)
		whole.digits[i] = i % 2 ? id->uuid[i / 2] & 15 : id->uuid[i / 2] >> 4;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_prefixes(&filter->v[middle], &whole) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low && is_beginning(&filter->v[low - 1], &whole);
}

void identity_filter_free(struct identity_filter *filter)
{
	free(filter->v);
	*filter = (struct identity_filter){0};
}
