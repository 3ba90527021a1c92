// SPDX-License-Identifier: GPL-2.0-or-later
/* The host as a whole: what is live and what is defined, brought together. */
#include "verb/inventory.h"

#include "host/absent.h"
#include "host/kind.h"
#include "host/live.h"
#include "store/store.h"

#include <errno.h>

/* The parent of a definition is one virtual function, and its 'vf' another one. */
#define IS_ANOTHER_FUNCTION (-EXDEV)

/*
 * The parent may be named by a virtual function, where instances of the type are such: then the
 * definition is for that function. 0, or as parent_resolve() fails, or IS_ANOTHER_FUNCTION.
 */
static int find_parent(struct inventory *inventory, struct definition *def)
{
	struct parent_index *parents = &inventory->parents;
	const char *name;
	int vf = VF_ANY, rc = parent_resolve(parents, def->parent, &name);

	if (rc == -ENOENT && kind_is_function_type(def->type))
		rc = parent_resolve_function(parents, def->parent, &name, &vf);
	if (!rc && vf != VF_ANY && kind_of_type(name, def->type)->number == INSTANCE_MDEV)
		rc = -ENOENT;
	if (!rc && vf != VF_ANY && def->has_vf && def->vf != (uint32_t)vf)
		rc = IS_ANOTHER_FUNCTION;
	def->parent_name = rc ? NULL : name;
	if (rc || vf == VF_ANY)
		return rc;
	def->has_vf = true;
	def->vf = (uint32_t)vf;
	return 0;
}

static void find_parents(struct inventory *inventory, struct definition_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		(void)find_parent(inventory, list->v[i]);
}

static bool is_of_same_parent(const struct definition *a, const struct definition *b)
{
	return strcmp(a->parent, b->parent) == 0 ||
	       (a->parent_name && b->parent_name && strcmp(a->parent_name, b->parent_name) == 0);
}

/*
 * A definition of mdevctl does not count beside another one of the same identity and parent: that
 * one is before it in the index.
 */
static bool is_doubled(const struct definition_index *index, size_t at)
{
	const struct definition *def = index->v[at];

	while (def->is_mdevctls && at-- && identity_compare(&index->v[at]->id, &def->id) == 0)
		if (!index->v[at]->is_mdevctls && is_of_same_parent(index->v[at], def))
			return true;
	return false;
}

/*
 * The file that is named for an identity comes before all others for it. If its parent is there,
 * the others do not count: so a command that is asked for that identity alone need not read them.
 */
static void mark_overruled(const struct definition_index *index)
{
	const struct definition *own = NULL;

	for (size_t i = 0; i < index->n; i++) {
		struct definition *def = index->v[i];

		if (own && identity_compare(&own->id, &def->id) != 0)
			own = NULL;
		if (def->is_own && def->parent_name)
			own = def;
		def->is_overruled = (own && !def->is_own) || is_doubled(index, i);
	}
}

/* What failed for another reason than the text is noted in base/unread. */
static void note_bad_parents(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->definitions.n; i++) {
		struct definition *def = inventory->definitions.v[i];
		_cleanup_free_ char *error = NULL;
		int rc = def->parent_name ? 0 : find_parent(inventory, def);

		if (rc == IS_ANOTHER_FUNCTION)
			error = xasprintf("'vf' is %u, but parent '%s' is another virtual function",
					  def->vf, def->parent);
		else if (rc == -EINVAL || rc == -ENOTUNIQ)
			error = absent_explain(&inventory->parents, def->parent);
		else
			continue;
		problem_add(&inventory->problems, def->file, def->line, "%s", error);
	}
	problem_list_end_file(&inventory->problems);
}

/* Of definitions that were read. */
static void index_definitions(struct inventory *inventory)
{
	find_parents(inventory, &inventory->definitions);
	definition_index_make(&inventory->by_identity, &inventory->definitions);
	mark_overruled(&inventory->by_identity);
}

void inventory_load_definitions(struct inventory *inventory)
{
	store_load(&inventory->definitions, &inventory->problems);
	index_definitions(inventory);
	note_bad_parents(inventory);
}

void inventory_load_by_names(struct inventory *inventory, const struct mdevctl_folder_query *query)
{
	struct definition_list *list = &inventory->definitions;

	store_load_wanted(query, list, &inventory->problems);
	for (size_t i = 0; i < list->n; i++) {
		struct definition *def = list->v[i];

		if (def->is_mdevctls)
			def->parent_name = def->parent;
		else
			(void)parent_resolve(&inventory->parents, def->parent, &def->parent_name);
	}
	note_bad_parents(inventory);
}

void inventory_load_unsettled(struct inventory *inventory)
{
	struct definition_list *list = &inventory->definitions;

	store_load(list, &inventory->problems);
	for (size_t i = 0; i < list->n; i++) {
		struct definition *def = list->v[i];

		if (parent_is_as_in_sysfs(def->parent) && !kind_is_function_type(def->type))
			def->parent_name = def->parent;
		else
			(void)find_parent(inventory, def);
	}
	definition_index_make(&inventory->by_identity, list);
	note_bad_parents(inventory);
}

void inventory_settle(struct inventory *inventory, const struct definition_list *list)
{
	struct definition_index by_identity;

	for (size_t i = 0; i < list->n; i++)
		(void)find_parent(inventory, list->v[i]);
	definition_index_make(&by_identity, list);
	mark_overruled(&by_identity);
	definition_index_free(&by_identity);
}

void inventory_load_files(struct inventory *inventory, int count, char **paths)
{
	for (int i = 0; i < count; i++)
		store_load_file(paths[i], &inventory->definitions, &inventory->problems);
	index_definitions(inventory);
	note_bad_parents(inventory);
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
 * is there, or neither, or it is overruled; the file that is named for it before others. Of several
 * the first one of most is meant, as in apply.
 */
static int rank(const struct definition *def, const struct device *dev)
{
	if (!def)
		return 0;
	if (device_is_as_defined(dev, def))
		return 8 + def->is_own;
	if (def->is_overruled)
		return 2;
	return (def->parent_name ? 6 : 4) + def->is_own;
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

/* Of what is live in the list: with the definitions, and in order. */
static void complete_devices(struct inventory *inventory, const char *parent)
{
	if (inventory->definitions.n)
		lay_definitions_beside(inventory, parent);
	device_list_sort(&inventory->devices);
}

void inventory_load_devices(struct inventory *inventory, const char *parent)
{
	device_list_free(&inventory->devices);
	live_devices(&inventory->devices, parent);
	complete_devices(inventory, parent);
}

/* More identities than these are found with less by a listing. */
#define LOOKS_BEFORE_LISTING 8

/* What the words of a command line mean. */
struct wanted {
	struct identity_filter filter;
	struct identity *ids; /* sorted, each once; if all words are whole identities */
	size_t count;
	bool is_direct; /* they are, and so few that each is looked for by itself */
};

static void wanted_make(struct wanted *wanted, int word_count, char *const *words)
{
	*wanted = (struct wanted){.ids = xcalloc((size_t)word_count, sizeof(*wanted->ids))};
	identity_filter_make(&wanted->filter, word_count, words);
	if (word_count > LOOKS_BEFORE_LISTING)
		return;
	for (int i = 0; i < word_count; i++)
		if (identity_parse_word(words[i], &wanted->ids[i]) < 0)
			return;
	identity_sort(wanted->ids, word_count);
	for (int i = 0; i < word_count; i++)
		if (!i || identity_compare(&wanted->ids[i], &wanted->ids[wanted->count - 1]) != 0)
			wanted->ids[wanted->count++] = wanted->ids[i];
	wanted->is_direct = true;
}

static void wanted_free(struct wanted *wanted)
{
	identity_filter_free(&wanted->filter);
	free(wanted->ids);
}

/* By a file that is named for the identity. */
static bool is_live_by_own(const struct inventory *inventory, const struct device *dev)
{
	size_t count;
	struct definition *const *defs =
		definition_index_find(&inventory->by_identity, &dev->id, &count);

	for (size_t i = 0; i < count; i++)
		if (defs[i]->is_own && device_is_as_defined(dev, defs[i]))
			return true;
	return false;
}

bool inventory_counts(const struct inventory *inventory, const struct definition *def)
{
	const struct device *dev =
		def->is_overruled ? device_list_find_live(&inventory->devices, &def->id) : NULL;

	if (!def->is_overruled)
		return true;
	return dev && device_is_as_defined(dev, def) && !is_live_by_own(inventory, dev);
}

/*
 * A file that is named for it has a definition whose parent is there; and if it is live, then by
 * such a definition. One that is live otherwise may be so by another file.
 */
static bool is_settled(const struct inventory *inventory, const struct identity *id)
{
	const struct device *dev = device_list_find_live(&inventory->devices, id);
	size_t count;
	struct definition *const *defs = definition_index_find(&inventory->by_identity, id, &count);

	if (dev)
		return is_live_by_own(inventory, dev);
	for (size_t i = 0; i < count; i++)
		if (defs[i]->is_own && defs[i]->parent_name)
			return true;
	return false;
}

static bool load_own_definitions(struct inventory *inventory, const struct wanted *wanted)
{
	bool all = true;

	store_load_own(wanted->ids, wanted->count, &inventory->definitions, &inventory->problems);
	index_definitions(inventory);
	for (size_t i = 0; i < wanted->count; i++)
		all &= is_settled(inventory, &wanted->ids[i]);
	if (all)
		return true;
	definition_index_free(&inventory->by_identity);
	definition_list_free(&inventory->definitions);
	problem_list_free(&inventory->problems);
	return false;
}

bool inventory_needs_others(const struct definition *def)
{
	return !def->has_vf && kind_of_type(def->parent_name, def->type)->number != INSTANCE_MDEV;
}

void inventory_load_others(struct inventory *inventory, struct definition_list *ret_list)
{
	struct problem_list problems = {0};

	store_load(ret_list, &problems);
	find_parents(inventory, ret_list);
	problem_list_free(&problems);
}

void inventory_drop_overruled(struct inventory *inventory)
{
	struct definition_list *list = &inventory->definitions;
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (inventory_counts(inventory, list->v[i]))
			list->v[kept++] = list->v[i];
	list->n = kept;
	definition_index_free(&inventory->by_identity);
	definition_index_make(&inventory->by_identity, list);
}

static void load_wanted_definitions(struct inventory *inventory, const struct wanted *wanted,
				    bool has_all)
{
	if (has_all || !wanted->is_direct || !load_own_definitions(inventory, wanted)) {
		store_load_some(&wanted->filter, &inventory->definitions, &inventory->problems);
		index_definitions(inventory);
	}
	if (!has_all)
		inventory_drop_overruled(inventory);
	note_bad_parents(inventory);
}

/* A whole identity is live or defined: then there is nothing else to say of it. */
static bool is_known(const struct inventory *inventory, const struct identity *id)
{
	size_t count = 0;

	if (inventory->definitions.n)
		(void)definition_index_find(&inventory->by_identity, id, &count);
	return count || device_list_find_live(&inventory->devices, id);
}

static bool are_known(const struct inventory *inventory, const struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!is_known(inventory, &wanted->ids[i]))
			return false;
	return true;
}

static void list_live(struct inventory *inventory, const struct wanted *wanted, const char *parent)
{
	device_list_free(&inventory->devices);
	live_devices_some(&inventory->devices, parent, &wanted->filter);
}

/* In the order in which they are read: which definitions count depends on what is live. */
static void load_wanted(struct inventory *inventory, unsigned int needs, const char *parent,
			const struct wanted *wanted)
{
	bool is_direct = wanted->is_direct && !(needs & NEED_ALL);

	if (needs & NEED_DEVICES && !is_direct)
		list_live(inventory, wanted, parent);
	else if (needs & NEED_DEVICES)
		for (size_t i = 0; i < wanted->count; i++)
			(void)live_look_up(&inventory->devices, &wanted->ids[i]);
	/* For one parent the definition may count that is overruled for the host. */
	if (needs & NEED_DEFINITIONS)
		load_wanted_definitions(inventory, wanted, parent || needs & NEED_ALL);
	if (needs & NEED_DEVICES && is_direct && !are_known(inventory, wanted))
		list_live(inventory, wanted, parent);
}

static void keep_of_parent(struct device_list *list, const char *parent)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!parent || strcmp(list->v[i].parent, parent) == 0)
			list->v[kept++] = list->v[i];
	list->n = kept;
}

void inventory_load_words(struct inventory *inventory, unsigned int needs, const char *parent,
			  int word_count, char *const *words)
{
	struct wanted wanted;

	device_list_free(&inventory->devices);
	wanted_make(&wanted, word_count, words);
	load_wanted(inventory, needs, parent, &wanted);
	if (needs & NEED_DEVICES) {
		keep_of_parent(&inventory->devices, parent);
		complete_devices(inventory, parent);
	}
	wanted_free(&wanted);
}

void inventory_load_begun(struct inventory *inventory, unsigned int needs, const char *begun)
{
	struct wanted wanted = {.is_direct = false};

	identity_filter_make_begun(&wanted.filter, begun);
	load_wanted(inventory, needs | NEED_ALL, NULL, &wanted);
	if (needs & NEED_DEVICES)
		complete_devices(inventory, NULL);
	wanted_free(&wanted);
}

void inventory_load_identity(struct inventory *inventory, unsigned int needs,
			     const struct identity *id)
{
	char text[IDENTITY_TEXT_SIZE], *word = text;

	identity_format(id, text);
	inventory_load_words(inventory, needs, NULL, 1, &word);
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

const struct definition *inventory_of_function(const struct inventory *inventory,
					       const char *parent, uint32_t vf)
{
	for (size_t i = 0; i < inventory->definitions.n; i++) {
		const struct definition *def = inventory->definitions.v[i];

		if (def->has_vf && def->vf == vf && def->parent_name && !def->is_overruled &&
		    strcmp(def->parent_name, parent) == 0)
			return def;
	}
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
