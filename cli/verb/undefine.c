// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev undefine: remove definitions. */
#include "base/msg.h"
#include "store/change.h"
#include "verb/cmd.h"

#include <errno.h>

struct undefine_args {
	const char *parent;
	bool ensure, dry_run, force;
};

#define GO(field) offsetof(struct undefine_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "definitions for this parent only", GO(parent)},
	{"ensure", 0, OPTION_FLAG, NULL, "succeed, too, for what is not defined", GO(ensure)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{"dry-run", 'n', OPTION_FLAG, NULL, "print what would be done, do nothing", GO(dry_run)},
	{0},
};

/* What cannot be read can be removed, where a file is known to hold it and nothing else. */
static void undefine_add_broken(struct inventory *inventory)
{
	const struct definition_list *list = &inventory->definitions;

	for (size_t i = 0; i < list->broken_count; i++)
		*device_list_add(&inventory->devices) = cmd_device_of(list->broken[i]);
}

/* Keeps what is defined, for that parent. */
static void undefine_filter(struct device_list *list, const char *parent, const char *parent_name)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].def && cmd_is_for_parent(list->v[i].def, parent, parent_name))
			list->v[kept++] = list->v[i];
	list->n = kept;
}

/* Keeps what is meant, each once though it may be named twice. */
static void undefine_choose(struct device_list *list, const struct identity *ids, int count)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (identity_is_one_of(&list->v[i].id, ids, count))
			list->v[kept++] = list->v[i];
	list->n = kept;
}

/* A file that cannot be changed does not keep others from being changed. */
static int undefine_all(struct device_list *list, const struct undefine_args *args)
{
	_cleanup_free_ struct removal *removals = xcalloc(list->n, sizeof(*removals));
	int status = DONE;

	for (size_t i = 0; i < list->n; i++)
		removals[i].def = list->v[i].def;
	if (args->dry_run)
		store_check_remove(removals, list->n);
	else
		cmd_remove_definitions(removals, list->n, args->force ? CALLOUT_FORCE : 0);
	for (size_t i = 0; i < list->n; i++) {
		const struct removal *removal = &removals[i];
		struct device *dev = &list->v[i];
		struct outcome outcome;

		if (!args->dry_run && removal->result.kind != CHANGE_FAILED)
			dev->def = NULL;
		if (cmd_say_change("undefine", &dev->id, removal->result, removal->error) != DONE)
			status = FAILED;
		outcome = cmd_outcome(removal->result, removal->error);
		output_device(dev, &outcome);
		free(removal->error);
	}
	return status;
}

static int undefine_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct undefine_args *args = p;
	_cleanup_free_ struct identity *ids = xcalloc((size_t)word_count, sizeof(*ids));
	struct inventory inventory = {0};
	const char *parent_name;
	bool may_be_absent;
	int status;

	(void)globals;
	if (args->dry_run)
		output_as_actions();
	status = cmd_parent_to_come(&cmd_undefine, &inventory, args->parent, &parent_name);
	if (status == DONE) {
		inventory_load_words(
			&inventory, NEED_DEFINITIONS | NEED_DEVICES | (args->parent ? NEED_ALL : 0),
			NULL, word_count, words);
		/* Nothing is known to be absent when it may stand in what cannot be read. */
		may_be_absent = args->ensure && !inventory.problems.n;
		undefine_add_broken(&inventory);
		undefine_filter(&inventory.devices, args->parent, parent_name);
		status = cmd_identities(&cmd_undefine, &inventory.devices, NULL,
					may_be_absent ? NULL : "no definition of it was found",
					word_count, words, ids);
		/* What is asked for may stand in a file that cannot be read. */
		if (status == FAILED)
			(void)cmd_report_problems(&inventory);
	}
	if (status == DONE) {
		undefine_choose(&inventory.devices, ids, word_count);
		status = undefine_all(&inventory.devices, args);
	}
	inventory_free(&inventory);
	return status;
}

const struct command cmd_undefine = {
	.name = "undefine",
	.summary = "Remove definitions; live instances stay",
	.synopsis = "[OPTION]... UUID[:INSTANCE]...",
	.details = "When one of them cannot be found, nothing is removed. A definition that came\n"
		   "with a package is not removed; the message says how to hide it. A file of\n"
		   "mdevctl's is removed even when it cannot be read.",
	.words = WORDS_DEFINED,
	.min_words = 1,
	.max_words = -1,
	.options = options,
	.args_size = sizeof(struct undefine_args),
	.run = undefine_run,
};
