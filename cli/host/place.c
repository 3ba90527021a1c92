// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the parents stand in the tree of devices, and what stands above them there. */
#include "host/place.h"

#include "base/sysfs.h"
#include "base/unread.h"
#include "host/kind.h"
#include "host/layout.h"

#include <errno.h>

/* No tree of devices is as deep as that. */
#define DEPTH_MAX 32

struct place {
	struct sysfs_id id;
	unsigned int depth; /* how far the parent is below; 0: it is the parent itself */
	const char *parent;
};

static int compare_ids(const void *a, const void *b)
{
	const struct sysfs_id *first = &((const struct place *)a)->id;
	const struct sysfs_id *second = &((const struct place *)b)->id;

	if (first->dev != second->dev)
		return first->dev < second->dev ? -1 : 1;
	return (first->ino > second->ino) - (first->ino < second->ino);
}

/* Of what stands above several parents they are in order of name. */
static int compare_places(const void *a, const void *b)
{
	const struct place *first = a, *second = b;
	int order = compare_ids(a, b);

	if (order)
		return order;
	if (first->depth != second->depth)
		return first->depth < second->depth ? -1 : 1;
	return strcmp(first->parent, second->parent);
}

static bool is_same(const struct sysfs_id *a, const struct sysfs_id *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

static void add(struct place_table *table, const struct place *place)
{
	if (table->n == table->cap) {
		table->cap = table->cap ? 2 * table->cap : 64;
		table->v = xrealloc(table->v, table->cap, sizeof(*table->v));
	}
	table->v[table->n++] = *place;
}

static char *path_of(const struct place_table *table, const char *parent, const char *below)
{
	return table->path ? table->path(parent, below) : kind_parent_path(parent, below);
}

/* The parent and all devices above it, to where the tree of devices begins. */
static void add_parent(struct place_table *table, const char *parent, const struct sysfs_id *top)
{
	_cleanup_free_ char *path = path_of(table, parent, "");
	struct place place = {.parent = parent};

	for (; place.depth < DEPTH_MAX; place.depth++) {
		int rc = sysfs_identify(SYSFS_TOP, path, &place.id);

		if (rc && rc != -ENOENT && !table->rc) {
			table->rc = rc;
			table->rc_path = xasprintf("/sys/%s", path);
		}
		if (rc || is_same(&place.id, top))
			return;
		add(table, &place);
		set_text(&path, "%s/..", path);
	}
}

static void load(struct place_table *table, const struct strlist *parents)
{
	struct sysfs_id top;

	if (table->is_loaded)
		return;
	table->is_loaded = true;
	if (sysfs_identify(SYSFS_TOP, LAYOUT_DEVICE_TREE, &top) < 0 &&
	    sysfs_identify(SYSFS_TOP, ".", &top) < 0)
		return;
	for (size_t i = 0; i < parents->n; i++)
		add_parent(table, parents->v[i], &top);
	if (table->n)
		qsort(table->v, table->n, sizeof(*table->v), compare_places);
}

/* The places of that file, the nearest first: how many, and the first of an array. */
static size_t find(const struct place_table *table, const struct sysfs_id *id,
		   const struct place **ret_places)
{
	const struct place key = {.id = *id};
	size_t low = 0, high = table->n, count = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_ids(&table->v[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_places = table->v + low;
	while (low + count < table->n && compare_ids(&table->v[low + count], &key) == 0)
		count++;
	return count;
}

int place_find(struct place_table *table, const struct strlist *parents, const char *path,
	       struct strlist *ret_names)
{
	const struct place *places;
	struct sysfs_id id;
	size_t count;
	int rc = sysfs_identify(SYSFS_TOP, path, &id);

	/* The path is given by a user: there may be no such thing, or no such path at all. */
	if (rc)
		return unread_is_absence(rc) ? 0 : rc;
	load(table, parents);
	count = find(table, &id, &places);
	if (count && !places[0].depth) {
		strlist_add(ret_names, places[0].parent);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		strlist_add(ret_names, places[i].parent);
	return table->rc;
}

const char *place_above(struct place_table *table, const struct strlist *parents, const char *path)
{
	_cleanup_free_ char *up = xstrdup(path);
	const struct place *places;
	struct sysfs_id id, top;

	load(table, parents);
	if (sysfs_identify(SYSFS_TOP, ".", &top) < 0)
		return NULL;
	for (unsigned int depth = 0; depth < DEPTH_MAX; depth++) {
		if (sysfs_identify(SYSFS_TOP, up, &id) < 0)
			return NULL;
		if (find(table, &id, &places) && !places[0].depth)
			return places[0].parent;
		if (is_same(&id, &top))
			return NULL;
		set_text(&up, "%s/..", up);
	}
	return NULL;
}

void place_table_free(struct place_table *table)
{
	free(table->v);
	free(table->rc_path);
	*table = (struct place_table){0};
}
