// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev types: what parents offer. */
#include "base/msg.h"
#include "base/unread.h"
#include "host/core.h"
#include "host/holder.h"
#include "host/live.h"
#include "out/column.h"
#include "out/output.h"
#include "out/prometheus.h"
#include "verb/cmd.h"

struct types_args {
	const char *parent, *columns;
	bool no_truncate, prometheus;
};

#define GO(field) offsetof(struct types_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "types of this parent only", GO(parent)},
	{"columns", 'o', OPTION_TEXT, "COLUMNS", "the columns, +COLUMNS: also these", GO(columns)},
	{"no-truncate", 0, OPTION_FLAG, NULL, "do not cut what is too wide for the terminal",
	 GO(no_truncate)},
	{"prometheus", 0, OPTION_FLAG, NULL, "print metrics of types and their instances",
	 GO(prometheus)},
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

/* What a device counts as for the metrics. holders: NULL for one that was not looked at. */
static void types_count(struct type_use *use, const struct device *dev,
			const struct holder_list *holders)
{
	if (holders->n || holder_has_group_open(dev))
		use->held++;
	else if (dev->def)
		use->idle++;
	else
		use->orphan++;
}

/* One look at the processes for all devices. */
static void types_count_all(const struct type_list *types, const struct device_list *devices,
			    struct type_use *uses)
{
	_cleanup_free_ struct device **devs = xcalloc(devices->n, sizeof(struct device *));
	_cleanup_free_ struct holder_list *holders = xcalloc(devices->n, sizeof(*holders));
	size_t count = 0;

	for (size_t i = 0; i < devices->n; i++)
		if (device_is_live(&devices->v[i]))
			devs[count++] = &devices->v[i];
	cmd_warn_hidden(holder_find(devs, count, holders), "held");
	for (size_t i = 0; i < count; i++) {
		struct type *type = type_list_find(types, devs[i]->parent, devs[i]->type);

		/* It is of a parent that came or went meanwhile. */
		if (type)
			types_count(&uses[type - types->v], devs[i], &holders[i]);
		holder_list_free(&holders[i]);
	}
}

static int types_print_metrics(struct inventory *inventory, const struct type_list *types,
			       const char *parent)
{
	_cleanup_free_ struct type_use *uses = xcalloc(types->n, sizeof(*uses));
	_cleanup_free_ char *text = NULL;
	int status;

	inventory_load_definitions(inventory);
	inventory_load_devices(inventory, parent);
	status = cmd_report_problems(inventory);
	types_count_all(types, &inventory->devices, uses);
	text = prometheus_types(types, uses);
	output_foreign(text);
	return status;
}

static int types_check_args(const struct types_args *args)
{
	_cleanup_free_ char *error = NULL;

	if (args->prometheus && (args->columns || output_is_json()))
		return cmd_usage(&cmd_types, "--prometheus is a form of its own");
	if (column_check(COLUMNS_OF_TYPES, args->columns, &error) < 0)
		return cmd_usage(&cmd_types, "%s", error);
	return DONE;
}

static int types_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct types_args *args = p;
	const struct output_style style = {.columns = args->columns, .is_whole = args->no_truncate};
	struct inventory inventory = {0};
	struct type_list list = {0};
	const char *parent;
	int status;

	(void)globals, (void)word_count, (void)words;
	if (types_check_args(args) != DONE)
		return USAGE;
	status = cmd_parent(&cmd_types, &inventory, args->parent, &parent);
	if (status == DONE) {
		live_types(&list, parent);
		if (args->prometheus)
			status = types_print_metrics(&inventory, &list, parent);
		else if (output_types(&list, &style))
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
