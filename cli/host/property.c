// SPDX-License-Identifier: GPL-2.0-or-later
/* The parents by what udev knows of them. */
#include "host/property.h"

#include "base/text.h"
#include "host/kind.h"
#include "host/layout.h"
#include "host/udev.h"

#include <errno.h>

struct property {
	char *text; /* "KEY=VALUE" */
	size_t key_length;
	const char *parent;
};

static int compare_texts(const void *a, const void *b)
{
	return strcmp(((const struct property *)a)->text, ((const struct property *)b)->text);
}

static int compare_properties(const void *a, const void *b)
{
	int order = compare_texts(a, b);

	return order ? order :
		       strcmp(((const struct property *)a)->parent,
			      ((const struct property *)b)->parent);
}

struct reader {
	struct property_table *table;
	const char *parent;
	size_t first; /* the parent's first property */
};

static bool has_key(const struct reader *reader, const char *key)
{
	size_t length = strlen(key);

	for (size_t i = reader->first; i < reader->table->n; i++) {
		const struct property *known = &reader->table->v[i];

		if (known->key_length == length && memcmp(known->text, key, length) == 0)
			return true;
	}
	return false;
}

static void add(const char *key, const char *value, void *arg)
{
	struct reader *reader = arg;
	struct property_table *table = reader->table;

	if (has_key(reader, key))
		return;
	if (table->n == table->cap) {
		table->cap = table->cap ? 2 * table->cap : 64;
		table->v = xrealloc(table->v, table->cap, sizeof(*table->v));
	}
	table->v[table->n++] = (struct property){
		.text = xasprintf("%s=%s", key, value),
		.key_length = strlen(key),
		.parent = reader->parent,
	};
}

static char *path_of(const struct property_table *table, const char *parent, const char *below)
{
	return table->path ? table->path(parent, below) : kind_parent_path(parent, below);
}

static void load(struct property_table *table, const struct strlist *parents)
{
	if (table->is_loaded)
		return;
	table->is_loaded = true;
	for (size_t i = 0; i < parents->n; i++) {
		_cleanup_free_ char *path = path_of(table, parents->v[i], "");
		struct reader reader = {table, parents->v[i], table->n};
		int rc = udev_properties(path, add, &reader);

		if (!rc || rc == -ENOENT || rc == -ENODEV || table->rc)
			continue;
		table->rc = rc;
		table->rc_path = xasprintf("what udev knows of '%s'", parents->v[i]);
	}
	if (table->n)
		qsort(table->v, table->n, sizeof(*table->v), compare_properties);
}

/* Those of that text: how many, and the first of an array, in which they are by parent. */
static size_t find(const struct property_table *table, const char *text,
		   const struct property **ret_properties)
{
	const struct property key = {.text = (char *)text};
	size_t low = 0, high = table->n, count = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_texts(&table->v[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_properties = table->v + low;
	while (low + count < table->n && compare_texts(&table->v[low + count], &key) == 0)
		count++;
	return count;
}

static bool has_all(const struct property_table *table, const char *parent,
		    const struct strlist *wanted)
{
	for (size_t i = 0; i < wanted->n; i++) {
		const struct property key = {.text = wanted->v[i], .parent = parent};

		if (!bsearch(&key, table->v, table->n, sizeof(*table->v), compare_properties))
			return false;
	}
	return true;
}

void property_find(struct property_table *table, const struct strlist *parents,
		   const struct strlist *wanted, struct strlist *ret_names)
{
	const struct property *rarest = NULL;
	size_t count = 0;

	load(table, parents);
	/* What tells most apart comes first: "ID_PATH=..." before what all cards have. */
	for (size_t i = 0; i < wanted->n; i++) {
		const struct property *these;
		size_t n = find(table, wanted->v[i], &these);

		if (i == 0 || n < count) {
			count = n;
			rarest = these;
		}
	}
	for (size_t i = 0; i < count; i++)
		if (has_all(table, rarest[i].parent, wanted))
			strlist_add(ret_names, rarest[i].parent);
}

const struct strlist *property_list(struct property_table *table, const struct strlist *parents,
				    const char *key)
{
	_cleanup_free_ char *start = xasprintf("%s=", key);
	const struct property *known;

	if (table->listed_key && strcmp(table->listed_key, key) == 0)
		return &table->listed;
	load(table, parents);
	set_text(&table->listed_key, "%s", key);
	strlist_free(&table->listed);
	(void)find(table, start, &known);
	for (; known < table->v + table->n && str_starts(known->text, start); known++) {
		_cleanup_free_ char *text = xasprintf("%s of %s is %s", key, known->parent,
						      known->text + strlen(start));

		strlist_add(&table->listed, text);
	}
	strlist_sort(&table->listed);
	return &table->listed;
}

void property_table_free(struct property_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		free(table->v[i].text);
	free(table->v);
	free(table->listed_key);
	strlist_free(&table->listed);
	free(table->rc_path);
	*table = (struct property_table){0};
}
