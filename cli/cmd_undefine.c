// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev undefine: remove definitions. */
#include "cmd.h"
#include "find.h"
#include "msg.h"
#include "store.h"

#include <errno.h>

struct undefine_args {
	const char *parent;
};

#define GO(field) offsetof(struct undefine_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "definitions for this parent only", GO(parent)},
	{0},
};

/* All definitions, as a list in which a name can be looked up. */
static void list_definitions(const struct inventory *inventory, const char *parent,
			     const char *parent_name, struct device_list *list)
{
	for (size_t i = 0; i < inventory->definitions.n; i++) {
		struct definition *def = inventory->definitions.v[i];
		struct device *dev;

		if (!cmd_is_for_parent(def, parent, parent_name))
			continue;
		dev = device_list_add(list);
		dev->id = def->id;
		dev->def = def;
	}
}

static int choose(const struct device_list *list, int word_count, char **words,
		  struct identity *ids)
{
	int status = DONE;

	for (int i = 0; i < word_count; i++) {
		_cleanup_free_ char *error = NULL;
		int rc = find_identity(list, words[i], NULL, &ids[i], &error);

		if (rc == -EINVAL)
			return cmd_usage(&cmd_undefine, "%s", error);
		if (rc == -ENOENT)
			set_text(&error, "no definition of it was found");
		if (rc) {
			msg_error("cannot undefine '%s': %s", words[i], error);
			status = FAILED;
		}
	}
	return status;
}

static bool is_one_of(const struct identity *id, const struct identity *ids, int count)
{
	for (int i = 0; i < count; i++)
		if (identity_compare(id, &ids[i]) == 0)
			return true;
	return false;
}

/* Each one once, though it may be named twice; what fails does not stop the others. */
static int undefine_all(const struct device_list *list, const struct identity *ids, int count)
{
	int status = DONE;

	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *error = NULL;
		char text[IDENTITY_TEXT_SIZE];

		if (!is_one_of(&list->v[i].id, ids, count) ||
		    store_remove(list->v[i].def, &error) == 0)
			continue;
		msg_error("cannot undefine %s: %s", identity_format(&list->v[i].id, text), error);
		status = FAILED;
	}
	return status;
}

static int run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct undefine_args *args = p;
	_cleanup_free_ struct identity *ids = xcalloc((size_t)word_count, sizeof(*ids));
	_cleanup_free_ char *error = NULL;
	struct inventory inventory = {0};
	struct device_list list = {0};
	const char *parent_name = NULL;
	int status = DONE;

	(void)globals;
	if (args->parent &&
	    parent_resolve(&inventory.parents, args->parent, &parent_name, &error) == -EINVAL)
		status = cmd_usage(&cmd_undefine, "%s", error);
	if (status == DONE) {
		inventory_load_definitions(&inventory);
		list_definitions(&inventory, args->parent, parent_name, &list);
		status = choose(&list, word_count, words, ids);
		/* What is asked for may stand in a file that cannot be read. */
		if (status == FAILED)
			(void)cmd_report_problems(&inventory);
	}
	if (status == DONE)
		status = undefine_all(&list, ids, word_count);
	device_list_free(&list);
	inventory_free(&inventory);
	return status;
}

const struct command cmd_undefine = {
	.name = "undefine",
	.summary = "Remove definitions; live instances stay",
	.synopsis = "[OPTION]... UUID[:INSTANCE]...",
	.details =
		"Nothing is removed when one of them cannot be found. A definition that came with a\n"
		"package is not removed; the message says how to hide it.",
	.min_words = 1,
	.max_words = -1,
	.options = options,
	.args_size = sizeof(struct undefine_args),
	.run = run,
};
