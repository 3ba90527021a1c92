// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev types: what parents offer. */
#include "base/msg.h"
#include "base/unread.h"
#include "host/core.h"
#include "host/live.h"
#include "out/column.h"
#include "out/output.h"
#include "verb/cmd.h"

struct types_args {
	const char *parent, *columns;
	bool no_truncate;
};

#define GO(field) offsetof(struct types_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "types of this parent only", GO(parent)},
	{"columns", 'o', OPTION_TEXT, "COLUMNS", "the columns, +COLUMNS: also these", GO(columns)},
	{"no-truncate", 0, OPTION_FLAG, NULL, "do not cut what is too wide for the terminal",
	 GO(no_truncate)},
	{0},
};

/* Explain an empty table: what keeps the host from having types. */
static void types_explain_none(const char *parent)
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

static int types_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct types_args *args = p;
	const struct output_style style = {.columns = args->columns, .is_whole = args->no_truncate};
	struct inventory inventory = {0};
	struct type_list list = {0};
	_cleanup_free_ char *error = NULL;
	const char *parent;
	int status;

	(void)globals, (void)word_count, (void)words;
	if (column_check(COLUMNS_OF_TYPES, args->columns, &error) < 0)
		return cmd_usage(&cmd_types, "%s", error);
	status = cmd_parent(&cmd_types, &inventory, args->parent, &parent);
	if (status == DONE) {
		live_types(&list, parent);
		if (output_types(&list, &style))
			status = FAILED;
		else if (!list.n && !unread_count())
			types_explain_none(parent);
	}
	type_list_free(&list);
	inventory_free(&inventory);
	return status;
}

static void types_help_more(void)
{
	column_print_help(COLUMNS_OF_TYPES);
}

const struct command cmd_types = {
	.name = "types",
	.summary = "List parents and the types of instance that they offer",
	.synopsis = "[OPTION]...",
	.min_words = 0,
	.max_words = 0,
	.options = options,
	.args_size = sizeof(struct types_args),
	.help_more = types_help_more,
	.run = types_run,
};
