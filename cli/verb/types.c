// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev types: what parents offer. */
#include "base/msg.h"
#include "host/core.h"
#include "host/live.h"
#include "out/column.h"
#include "out/json.h"
#include "out/table.h"
#include "verb/cmd.h"

struct types_args {
	const char *parent, *columns;
};

#define GO(field) offsetof(struct types_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "types of this parent only", GO(parent)},
	{"columns", 'o', OPTION_TEXT, "COLUMNS", "the columns, +COLUMNS: also these", GO(columns)},
	{0},
};

static void print(const struct type_list *list, const struct globals *globals,
		  const struct types_args *args)
{
	struct table_style style = {args->columns, globals->raw, globals->noheadings, false};
	struct json_array array;

	if (!globals->json) {
		table_print_types(list, &style);
		return;
	}
	json_begin(&array);
	for (size_t i = 0; i < list->n; i++)
		json_add_type(&array, &list->v[i]);
	json_end(&array);
}

/* An empty table says nothing to who looks for what to do. */
static void say_nothing_found(const char *parent)
{
	_cleanup_free_ char *why = core_explain_no_parent();
	struct strlist parents = {0};

	live_parents(&parents);
	if (parent)
		msg_warning("parent '%s' offers no type", parent);
	else if (parents.n)
		msg_warning("no parent offers a type");
	else
		msg_warning("there is no parent: %s", why);
	strlist_free(&parents);
}

static int run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct types_args *args = p;
	struct inventory inventory = {0};
	struct type_list list = {0};
	_cleanup_free_ char *error = NULL;
	const char *parent;
	int status;

	(void)word_count, (void)words;
	if (column_check(COLUMNS_OF_TYPES, args->columns, &error) < 0)
		return cmd_usage(&cmd_types, "%s", error);
	status = cmd_parent(&cmd_types, &inventory, args->parent, &parent);
	if (status == DONE) {
		live_types(&list, parent);
		print(&list, globals, args);
		if (!list.n)
			say_nothing_found(parent);
	}
	type_list_free(&list);
	inventory_free(&inventory);
	return status;
}

static void help_more(void)
{
	puts("\nColumns (* shown by default):");
	column_print(COLUMNS_OF_TYPES, false);
}

const struct command cmd_types = {
	.name = "types",
	.summary = "List parents and the types of instance that they offer",
	.synopsis = "[OPTION]...",
	.min_words = 0,
	.max_words = 0,
	.options = options,
	.args_size = sizeof(struct types_args),
	.help_more = help_more,
	.run = run,
};
