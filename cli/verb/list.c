// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev list: live and defined devices in one table. */
#include "base/msg.h"
#include "base/unread.h"
#include "model/find.h"
#include "host/absent.h"
#include "host/core.h"
#include "host/holder.h"
#include "host/live.h"
#include "host/node.h"
#include "out/column.h"
#include "out/output.h"
#include "verb/cmd.h"

#include <errno.h>

struct list_args {
	const char *parent, *type, *columns;
	bool active, defined, orphans, tree, no_truncate;
};

#define GO(field) offsetof(struct list_args, field)

static const struct option_row options[] = {
	{"active", 'a', OPTION_FLAG, NULL, "live devices only", GO(active)},
	{"defined", 'd', OPTION_FLAG, NULL, "defined devices only", GO(defined)},
	{"orphans", 0, OPTION_FLAG, NULL, "live devices that are neither defined nor in use",
	 GO(orphans)},
	{"parent", 'p', OPTION_TEXT, "PARENT", "devices of this parent only", GO(parent)},
	{"type", 't', OPTION_TEXT, "TYPE", "devices of this type only", GO(type)},
	{"columns", 'o', OPTION_TEXT, "COLUMNS", "the columns, +COLUMNS: also these", GO(columns)},
	{"no-truncate", 0, OPTION_FLAG, NULL, "do not cut what is too wide for the terminal",
	 GO(no_truncate)},
	{"tree", 0, OPTION_FLAG, NULL, "devices below types below parents", GO(tree)},
	{0},
};

/* types: ids, of which there are none when all are wanted. */
static bool is_wanted(const struct device *dev, const struct list_args *args,
		      const struct strlist *types)
{
	bool is_type = !types->n;

	for (size_t i = 0; !is_type && i < types->n; i++)
		is_type = strcmp(types->v[i], dev->type) == 0;
	if (args->orphans && (!device_is_live(dev) || dev->def))
		return false;
	if (args->active && !args->defined && !device_is_live(dev))
		return false;
	if (args->defined && !args->active && !dev->def)
		return false;
	return is_type;
}

/* Of devices that are live and not defined: keeps those that nobody has open. */
static void list_drop_held(struct device_list *list)
{
	_cleanup_free_ struct device **devs = xcalloc(list->n, sizeof(struct device *));
	_cleanup_free_ struct holder_list *holders = xcalloc(list->n, sizeof(*holders));
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		devs[i] = &list->v[i];
	cmd_warn_hidden(holder_find(devs, list->n, holders), "in use");
	for (size_t i = 0; i < list->n; i++) {
		bool is_held = holders[i].n || holder_has_group_open(&list->v[i]);

		holder_list_free(&holders[i]);
		if (!is_held)
			list->v[kept++] = list->v[i];
	}
	list->n = kept;
}

/* Keeps what the options ask for, and of that what the words name (all without words). */
static int list_filter(struct device_list *list, const struct list_args *args,
		       const struct strlist *types, int word_count, char **words)
{
	_cleanup_free_ struct identity *ids = xcalloc((size_t)word_count, sizeof(*ids));
	int status = DONE, id_count = 0;
	struct device_index index;
	size_t kept = 0;

	if (args->active || args->defined || args->orphans || args->type) {
		for (size_t i = 0; i < list->n; i++)
			if (is_wanted(&list->v[i], args, types))
				list->v[kept++] = list->v[i];
		list->n = kept;
	}
	if (args->orphans)
		list_drop_held(list);
	device_index_make(&index, list, NULL, (size_t)word_count);
	for (int i = 0; i < word_count && status != USAGE; i++) {
		_cleanup_free_ char *error = NULL;
		int rc = find_identity(&index, words[i], &ids[id_count], &error);

		if (rc == -EINVAL) {
			status = cmd_usage(&cmd_list, "%s", error);
		} else if (rc) {
			output_error(words[i], code_of(rc), "%s%s", error, core_hint(rc));
			status = FAILED;
		} else {
			cmd_name_devices(&index, &ids[id_count], words[i], NULL);
			id_count++;
		}
	}
	device_index_free(&index);
	identity_sort(ids, id_count);
	kept = 0;
	for (size_t i = 0; word_count && i < list->n; i++)
		if (identity_is_one_of(&list->v[i].id, ids, id_count))
			list->v[kept++] = list->v[i];
	if (word_count)
		list->n = kept;
	return status;
}

/*
 * What is asked for by --parent: a parent, or one of its virtual functions, or what definitions
 * call a parent that is not there; NULL with DONE for the latter.
 */
static int find_parent(struct inventory *inventory, const char *text, const char **ret_name,
		       int *ret_vf)
{
	const struct definition_list *list = &inventory->definitions;
	_cleanup_free_ char *error = NULL;
	size_t i = 0;

	*ret_vf = VF_ANY;
	if (!text ||
	    parent_resolve_function(&inventory->parents, text, ret_name, ret_vf) != -ENOENT)
		return cmd_parent_function(&cmd_list, inventory, text, ret_name, ret_vf);
	while (i < list->n && !cmd_is_for_parent(list->v[i], text, NULL))
		i++;
	if (i == list->n)
		return cmd_parent(&cmd_list, inventory, text, ret_name);
	error = absent_explain(&inventory->parents, text);
	msg_warning("%s", error);
	return DONE;
}

/* name: NULL for a parent that is not there, which text is what definitions call it. */
static bool list_is_of(const struct device *dev, const char *text, const char *name)
{
	return (name && strcmp(dev->parent, name) == 0) ||
	       (dev->def && cmd_is_for_parent(dev->def, text, name));
}

/*
 * What is live on the parent or defined for it. A device that is defined for this one may be live
 * on another: so all are looked at, unless nothing is defined.
 */
static void list_load(struct inventory *inventory, const char *text, const char *name)
{
	struct device_list *list = &inventory->devices;
	size_t kept = 0;

	inventory_load_devices(inventory, inventory->definitions.n ? NULL : name);
	if (!text)
		return;
	for (size_t i = 0; i < list->n; i++)
		if (list_is_of(&list->v[i], text, name))
			list->v[kept++] = list->v[i];
	list->n = kept;
}

/* Some device has it, or is to have it. */
static bool has_device_of(const struct inventory *inventory, const char *type)
{
	for (size_t i = 0; i < inventory->definitions.n; i++)
		if (strcmp(inventory->definitions.v[i]->type, type) == 0)
			return true;
	for (size_t i = 0; i < inventory->devices.n; i++)
		if (strcmp(inventory->devices.v[i].type, type) == 0)
			return true;
	return false;
}

/*
 * The ids of the types that a text means: the one of that id, or those that parents call so. A type
 * that nothing has is told apart from one that has no device now.
 */
static int find_types(const struct inventory *inventory, const char *text, struct strlist *ret_ids)
{
	bool is_id = has_device_of(inventory, text);
	struct type_list types = {0};

	if (!is_id)
		live_types(&types, NULL);
	for (size_t i = 0; i < types.n; i++) {
		is_id |= strcmp(types.v[i].name, text) == 0;
		if (type_is_called(&types.v[i], text))
			strlist_add(ret_ids, types.v[i].name);
	}
	type_list_free(&types);
	if (is_id || !ret_ids->n)
		strlist_add(ret_ids, text);
	if (is_id || ret_ids->n > 1 || strcmp(ret_ids->v[0], text) != 0)
		return DONE;
	if (!unread_count())
		output_fail(CODE_ABSENT,
			    "no parent and no definition has a type '%s'; 'mdev types' lists them",
			    text);
	return FAILED;
}

static int list_print(struct device_list *list, const struct list_args *args)
{
	const struct output_style style = {
		.columns = args->columns, .tree = args->tree, .is_whole = args->no_truncate};
	unsigned int needed = column_needs(args->columns);

	for (size_t i = 0; needed && i < list->n; i++) {
		if (device_is_live(&list->v[i]) && needed & COLUMN_DETAIL)
			live_device_details(&list->v[i], &list->arena);
		if (device_is_live(&list->v[i]) && needed & COLUMN_NODE)
			node_describe(&list->v[i], &list->arena);
	}
	return output_devices(list, &style) ? FAILED : DONE;
}

static int list_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct list_args *args = p;
	struct inventory inventory = {0};
	_cleanup_free_ char *error = NULL;
	const char *parent = NULL;
	struct strlist types = {0};
	bool is_of_words = word_count && !args->parent && !args->type;
	int status, listed, known = DONE, vf;

	(void)globals;
	if (column_check(COLUMNS_OF_DEVICES, args->columns, &error) < 0)
		return cmd_usage(&cmd_list, "%s", error);
	if (args->orphans && args->defined)
		return cmd_usage(&cmd_list, "what is defined is no orphan");
	if (is_of_words)
		inventory_load_words(&inventory, NEED_DEFINITIONS | NEED_DEVICES, NULL, word_count,
				     words);
	else
		inventory_load_definitions(&inventory);
	status = find_parent(&inventory, args->parent, &parent, &vf);
	if (status == DONE) {
		status = cmd_report_problems(&inventory);
		if (!is_of_words)
			list_load(&inventory, args->parent, parent);
		device_list_keep_on(&inventory.devices, vf);
		if (args->type)
			known = find_types(&inventory, args->type, &types);
		listed = list_filter(&inventory.devices, args, &types, word_count, words);
		if (listed == DONE)
			listed = known;
		if (listed != USAGE && list_print(&inventory.devices, args) != DONE)
			listed = FAILED;
		status = listed == DONE ? status : listed;
	}
	strlist_free(&types);
	inventory_free(&inventory);
	return status;
}

static void list_help_more(void)
{
	column_print_help(COLUMNS_OF_DEVICES);
}

const struct command cmd_list = {
	.name = "list",
	.summary = "List live and defined devices",
	.synopsis = "[OPTION]... [UUID[:INSTANCE]]...",
	.details =
		"UUIDs may be shortened to four digits or more. Scripts should use --json or name\n"
		"the columns they want, because the default may change.",
	.words = WORDS_ANY,
	.min_words = 0,
	.max_words = -1,
	.options = options,
	.args_size = sizeof(struct list_args),
	.help_more = list_help_more,
	.run = list_run,
};
