// SPDX-License-Identifier: GPL-2.0-or-later
/* The host as a whole: what is live and what is defined, brought together. */
#include "verb/inventory.h"

#include "host/absent.h"
#include "host/live.h"
#include "store/store.h"

#include <errno.h>

static void find_parents(struct inventory *inventory)
{
	struct definition_list *list = &inventory->definitions;

	definition_index_make(&inventory->by_identity, list);
	for (size_t i = 0; i < list->n; i++) {
		struct definition *def = list->v[i];
		_cleanup_free_ char *error = NULL;
		int rc = parent_resolve(&inventory->parents, def->parent, &def->parent_name);

		/* What failed for another reason than the text is noted in base/unread. */
		if (rc != -EINVAL && rc != -ENOTUNIQ)
			continue;
		error = absent_explain(&inventory->parents, def->parent);
		problem_add(&inventory->problems, def->file, def->line, "%s", error);
	}
	problem_list_end_file(&inventory->problems);
}

void inventory_load_definitions(struct inventory *inventory)
{
	store_load(&inventory->definitions, &inventory->problems);
	find_parents(inventory);
}

void inventory_load_files(struct inventory *inventory, int count, char **paths)
{
	for (int i = 0; i < count; i++)
		store_load_file(paths[i], &inventory->definitions, &inventory->problems);
	find_parents(inventory);
}

static void add_defined(struct device_list *list, struct definition *def)
{
	struct device *dev = device_list_add(list);

	dev->id = def->id;
	dev->parent = def->parent_name ? def->parent_name : def->parent;
	dev->type = def->type;
	dev->def = def;
}

/*
 * How much a definition is the one that is meant for a live device: it is live by it, or its parent
 * is there, or neither. Of several the first one of most is meant, as in apply.
 */
static int rank(const struct definition *def, const struct device *dev)
{
	if (!def)
		return 0;
	if (device_is_as_defined(dev, def))
		return 3;
	return def->parent_name ? 2 : 1;
}

static bool is_for(const struct definition *def, const char *parent)
{
	return !parent || (def->parent_name && strcmp(def->parent_name, parent) == 0);
}

static void lay_definitions_beside(struct inventory *inventory, const char *parent)
{
	struct device_list *list = &inventory->devices;
	struct device_index live;

	device_list_reserve(list, inventory->definitions.n);
	device_index_make(&live, list, NULL, inventory->definitions.n);
	for (size_t i = 0; i < inventory->definitions.n; i++) {
		struct definition *def = inventory->definitions.v[i];
		struct device *dev = device_index_live(&live, &def->id);

		if (dev && is_for(def, parent) && rank(def, dev) > rank(dev->def, dev))
			dev->def = def;
	}
	for (size_t i = 0; i < inventory->definitions.n; i++) {
		struct definition *def = inventory->definitions.v[i];
		const struct device *dev = device_index_live(&live, &def->id);

		if (is_for(def, parent) && (!dev || dev->def != def))
			add_defined(list, def);
	}
	device_index_free(&live);
}

void inventory_load_devices(struct inventory *inventory, const char *parent)
{
	struct device_list *list = &inventory->devices;

	device_list_free(list);
	live_devices(list, parent);
	if (inventory->definitions.n)
		lay_definitions_beside(inventory, parent);
	device_list_sort(list);
}

struct definition *inventory_definition(const struct inventory *inventory,
					const struct identity *id, const char *parent)
{
	size_t count;
	struct definition *const *defs = definition_index_find(&inventory->by_identity, id, &count);

	for (size_t i = 0; i < count; i++)
		if (defs[i]->parent_name && (!parent || strcmp(defs[i]->parent_name, parent) == 0))
			return defs[i];
	return NULL;
}

void inventory_free(struct inventory *inventory)
{
	device_list_free(&inventory->devices);
	definition_index_free(&inventory->by_identity);
	definition_list_free(&inventory->definitions);
	problem_list_free(&inventory->problems);
	parent_index_free(&inventory->parents);
}
