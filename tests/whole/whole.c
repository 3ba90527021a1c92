// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command once more, reading everything: where it would look for the devices and definitions of
 * a few words alone, it reads all that there is, and forgets what the words do not mean. The suites
 * must see no difference, but for what it costs. Linked in place of the function by --wrap.
 */
#include "host/live.h"
#include "model/filter.h"
#include "verb/inventory.h"

void __wrap_inventory_load_words(struct inventory *inventory, unsigned int needs,
				 const char *parent, int word_count, char *const *words);

static bool is_definition_file(const char *path, struct identity *ret_id, bool *ret_is_named)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t len = strlen(name);

	*ret_is_named = identity_parse_file_name(name, ret_id) == 0;
	return len > strlen(".conf") && strcmp(name + len - strlen(".conf"), ".conf") == 0;
}

static bool is_word(const struct identity *id, int word_count, char *const *words)
{
	for (int i = 0; i < word_count; i++) {
		struct identity word;

		if (identity_parse_word(words[i], &word) == 0 && identity_same_uuid(&word, id) &&
		    (!id->instance || id->instance == word.instance))
			return true;
	}
	return false;
}

/* A definition of a file of its own that the device is live by, or whose parent is there. */
static bool is_settled(const struct inventory *inventory, const struct identity *id)
{
	const struct device *dev = device_list_find_live(&inventory->devices, id);
	bool has_parent = false, is_live_so = false;

	for (size_t i = 0; i < inventory->definitions.n; i++) {
		const struct definition *def = inventory->definitions.v[i];

		if (!def->is_own || identity_compare(&def->id, id) != 0)
			continue;
		has_parent |= def->parent_name != NULL;
		is_live_so |= dev && device_is_as_defined(dev, def);
	}
	return has_parent && (is_live_so || !dev);
}

/* Each word is a whole identity that a file of its own settles. */
static bool are_settled(const struct inventory *inventory, int word_count, char *const *words)
{
	for (int i = 0; i < word_count; i++) {
		struct identity id;

		if (identity_parse_word(words[i], &id) < 0 || !is_settled(inventory, &id))
			return false;
	}
	return true;
}

/* Of files that could say nothing of the words. */
static void forget_problems(struct inventory *inventory, const struct identity_filter *filter,
			    bool settled, int word_count, char *const *words)
{
	struct problem_list *problems = &inventory->problems;
	size_t kept = 0;

	for (size_t i = 0; i < problems->n; i++) {
		struct problem problem = problems->v[i];
		struct identity id;
		bool is_named, is_file = is_definition_file(problem.file, &id, &is_named);

		if (is_file && (settled ? !is_named || !is_word(&id, word_count, words) :
					  is_named && !identity_filter_takes(filter, &id))) {
			free(problem.file);
			free(problem.text);
			continue;
		}
		problems->v[kept++] = problem;
	}
	problems->n = kept;
}

static void forget_definitions(struct inventory *inventory, const struct identity_filter *filter)
{
	struct definition_list *list = &inventory->definitions;
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (identity_filter_takes(filter, &list->v[i]->id))
			list->v[kept++] = list->v[i];
	list->n = kept;
	definition_index_free(&inventory->by_identity);
	definition_index_make(&inventory->by_identity, list);
}

static void forget_devices(struct device_list *list, const struct identity_filter *filter)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (identity_filter_takes(filter, &list->v[i].id))
			list->v[kept++] = list->v[i];
	list->n = kept;
}

void __wrap_inventory_load_words(struct inventory *inventory, unsigned int needs,
				 const char *parent, int word_count, char *const *words)
{
	bool has_all = parent || needs & NEED_ALL;
	struct identity_filter filter;

	identity_filter_make(&filter, word_count, words);
	if (needs & NEED_DEVICES)
		live_devices(&inventory->devices, parent);
	if (needs & NEED_DEFINITIONS) {
		inventory_load_definitions(inventory);
		forget_problems(inventory, &filter,
				!has_all && are_settled(inventory, word_count, words), word_count,
				words);
		forget_definitions(inventory, &filter);
		if (!has_all)
			inventory_drop_overruled(inventory);
	}
	if (needs & NEED_DEVICES) {
		inventory_load_devices(inventory, parent);
		forget_devices(&inventory->devices, &filter);
	}
	identity_filter_free(&filter);
}
