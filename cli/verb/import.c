// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev import, mdev export: mdevctl's JSON definitions in and out. */
#include "base/file.h"
#include "base/msg.h"
#include "base/text.h"
#include "host/attribute.h"
#include "host/absent.h"
#include "model/card.h"
#include "store/folder.h"
#include "store/mdevctl.h"
#include "store/mdevctl_folder.h"
#include "store/mdevctl_text.h"
#include "store/change.h"
#include "store/store.h"
#include "verb/cmd.h"

#include <errno.h>

struct import_args {
	const char *parent, *uuid;
	bool keep;
};

/* What messages call it. */
#define IMPORT_STDIN "stdin"

#define GO(field) offsetof(struct import_args, field)

static const struct option_row import_options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "the parent of a single definition", GO(parent)},
	{"uuid", 'u', OPTION_TEXT, "UUID", "the UUID of a single definition", GO(uuid)},
	{"keep", 0, OPTION_FLAG, NULL, "leave files of mdevctl's folder where they are", GO(keep)},
	{0},
};

/* What is taken over, and what is there already. */
struct import {
	const struct import_args *args;
	struct inventory inventory; /* without what mdevctl defines */
	struct definition_list *new;
};

static int import_begin(void)
{
	_cleanup_free_ char *error = NULL;
	int rc = mdevctl_begin(&error);

	if (!rc)
		return DONE;
	output_fail(code_of(rc), "cannot import: %s", error);
	return FAILED;
}

static int import_read_text(const char *path, bool is_stdin, struct buf *text, char **reterr)
{
	int rc;

	if (!is_stdin)
		return store_read_text(path, text, reterr);
	rc = stream_read(STDIN_FILENO, FOLDER_FILE_MAX, text);
	if (rc)
		set_text(reterr, IMPORT_STDIN ": %s", folder_explain(rc));
	return rc;
}

static int import_read_file(const char *path, const struct mdevctl_place *given,
			    struct inventory *new)
{
	bool is_stdin = strcmp(path, "-") == 0;
	_cleanup_free_ char *error = NULL, *parent = NULL;
	struct mdevctl_place place = *given;
	struct buf text = {0};
	struct identity id;
	int status = DONE;

	if (!place.parent && !place.id && mdevctl_folder_split(path, &parent, &id))
		place = (struct mdevctl_place){parent, &id};
	if (import_read_text(path, is_stdin, &text, &error) < 0) {
		output_error(path, CODE_UNREADABLE, "%s", error);
		status = FAILED;
	} else {
		mdevctl_import(is_stdin ? IMPORT_STDIN : path, text.data ? text.data : "", text.len,
			       &place, &new->definitions, &new->problems);
	}
	buf_free(&text);
	return status;
}

/* The files define it already, exactly so. */
static bool import_is_known(const struct inventory *inventory, const struct definition *def)
{
	for (size_t i = 0; i < inventory->definitions.n; i++)
		if (definition_same(inventory->definitions.v[i], def))
			return true;
	return false;
}

/*
 * Whether new->v[which] can be kept: a file can hold it, and no definition of the same identity for
 * the same parent is in the files, or stands before it in the list.
 */
static int import_check(struct inventory *inventory, const struct definition_list *new,
			size_t which)
{
	struct definition *def = new->v[which];
	_cleanup_free_ char *error = NULL;
	char text[IDENTITY_TEXT_SIZE];
	struct buf section = {0};
	int rc = parent_resolve(&inventory->parents, def->parent, &def->parent_name);

	if (import_is_known(inventory, def))
		return DONE;
	if (rc == -EINVAL)
		error = absent_explain(&inventory->parents, def->parent);
	else
		rc = definition_format(def, &section, &error);
	if (!rc)
		rc = attribute_check_definition(def, &error);
	buf_free(&section);
	for (size_t i = 0; !rc && i < which; i++)
		if (identity_compare(&new->v[i]->id, &def->id) == 0 &&
		    cmd_is_for_parent(new->v[i], def->parent, def->parent_name)) {
			set_text(&error, "it is there twice");
			rc = -EEXIST;
		}
	if (!rc)
		return cmd_check_new(&cmd_import, inventory, def, NULL);
	output_error(def->file, code_of(rc), "cannot import %s from %s: %s",
		     identity_format(&def->id, text), def->file, error);
	return FAILED;
}

/* For callout_do(): what is written, and where to. */
struct import_step {
	struct definition *def;
	char *path;
};

/* What scripts took their time for may be defined by somebody else meanwhile. */
static struct disk_change import_add(void *arg, char **reterr)
{
	struct import_step *step = arg;
	int rc = callout_is_any() ? cmd_check_again(step->def, reterr) : 0;

	return rc ? disk_change_of(rc) : store_move(step->def, &step->path, reterr);
}

/* 0; -ENOENT when the paths lead to two files; or another negative errno. */
static int import_check_same_file(const char *source, const char *path)
{
	struct stat first, second;
	int rc = file_stat(source, &first);

	if (!rc)
		rc = file_stat(path, &second);
	if (rc)
		return rc;
	return first.st_dev == second.st_dev && first.st_ino == second.st_ino ? 0 : -ENOENT;
}

static bool import_leaves_source(const struct import *import, const char *source,
				 const struct definition *def)
{
	return import->args->keep || strcmp(source, IMPORT_STDIN) == 0 ||
	       !name_is_safe(def->parent);
}

/* A file of mdevctl's folder goes when what it says is on the disk in the other place. */
static int import_move(const struct import *import, const char *source,
		       const struct definition *def)
{
	_cleanup_free_ char *path = NULL;
	struct definition moved = *def;
	struct removal removal = {.def = &moved};
	char text[IDENTITY_TEXT_SIZE];
	int rc;

	if (import_leaves_source(import, source, def))
		return DONE;
	rc = mdevctl_folder_find(def->parent, &def->id, &path);
	if (!rc)
		rc = import_check_same_file(source, path);
	if (rc == -ENOENT)
		return DONE;
	if (rc) {
		output_error(source, code_of(rc), "%s is imported, and %s stays: %s", source,
			     path ? path : source, strerror(-rc));
		return FAILED;
	}
	moved.file = path;
	store_remove(&removal, 1);
	if (removal.result.kind != CHANGE_DONE)
		output_error(source, cmd_outcome(removal.result, NULL).code, "%s is imported, %s%s",
			     identity_format(&def->id, text),
			     removal.result.kind == CHANGE_FAILED ?
				     "and stays in the other place: " :
				     "but ",
			     removal.error);
	free(removal.error);
	return removal.result.kind == CHANGE_DONE ? DONE : FAILED;
}

static int import_definition(struct import *import, struct definition *def)
{
	_cleanup_free_ char *error = NULL;
	const char *source = def->file;
	struct import_step step = {.def = def};
	struct device dev = cmd_device_of(def);
	struct outcome outcome = {.action = "keep"};
	char text[IDENTITY_TEXT_SIZE];
	struct disk_change change;
	int status;

	dev.word = source;
	identity_format(&def->id, text);
	if (import_is_known(&import->inventory, def)) {
		msg_info("%s is defined so already, ignoring", text);
		output_device(&dev, &outcome);
		return import_move(import, source, def);
	}
	change = callout_do(SCRIPT_DEFINE, def, 0, import_add, &step, &error);
	if (change.kind == CHANGE_FAILED)
		dev.def = NULL;
	else
		def->file = arena_strdup(&import->new->arena, step.path);
	free(step.path);
	status = cmd_say_change("import", &def->id, change, error);
	outcome = cmd_outcome(change, error);
	output_device(&dev, &outcome);
	return status == DONE ? import_move(import, source, def) : status;
}

static int import_each(struct import *import)
{
	int status = DONE;

	for (size_t i = 0; i < import->new->n; i++)
		if (import_definition(import, import->new->v[i]) != DONE)
			status = FAILED;
	return status;
}

/* What mdevctl defines is no reason not to take it over: the new definition counts before it. */
static void import_drop_mdevctls(struct import *import)
{
	struct definition_list *list = &import->inventory.definitions;
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!list->v[i]->is_mdevctls)
			list->v[kept++] = list->v[i];
	list->n = kept;
}

/* All or none, but for what happens on the disk. */
static int import_all(const struct import_args *args, struct definition_list *new)
{
	struct import import = {.args = args, .new = new};
	int status = DONE;

	inventory_load_definitions(&import.inventory);
	import_drop_mdevctls(&import);
	for (size_t i = 0; i < new->n; i++)
		if (import_check(&import.inventory, new, i) != DONE)
			status = FAILED;
	if (status == DONE)
		status = import_each(&import);
	inventory_free(&import.inventory);
	return status;
}

static int import_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct import_args *args = p;
	struct mdevctl_place place = {.parent = args->parent};
	struct inventory new = {0};
	struct identity id;
	int status = DONE;

	(void)globals;
	if (args->uuid && identity_parse_word(args->uuid, &id) < 0)
		return cmd_usage(&cmd_import, "'%s' is neither a UUID nor UUID:INSTANCE",
				 args->uuid);
	if (!args->uuid != !args->parent || (args->uuid && word_count > 1))
		return cmd_usage(&cmd_import,
				 "--parent and --uuid go together, with one definition");
	if (import_begin() != DONE)
		return FAILED;
	place.id = args->uuid ? &id : NULL;
	for (int i = 0; i < word_count; i++)
		if (import_read_file(words[i], &place, &new) != DONE)
			status = FAILED;
	if (!word_count)
		status = import_read_file("-", &place, &new);
	if (cmd_report_problems(&new) != DONE)
		status = FAILED;
	if (status == DONE)
		status = import_all(args, &new.definitions);
	inventory_free(&new);
	return status;
}

struct export_args {
	const char *parent;
	bool single;
};

static const struct option_row export_options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "definitions for this parent only",
	 offsetof(struct export_args, parent)},
	{"single", 0, OPTION_FLAG, NULL, "one definition alone, as mdevctl keeps them",
	 offsetof(struct export_args, single)},
	{0},
};

static bool is_defined(const struct device *dev)
{
	return dev->def != NULL;
}

static int export_print(const struct inventory *inventory, const struct export_args *args,
			const char *parent_name, const struct identity *ids, int id_count)
{
	const struct definition_list *list = &inventory->definitions;
	_cleanup_free_ struct definition **chosen = xcalloc(list->n, sizeof(struct definition *));
	_cleanup_free_ char *text = NULL;
	size_t count = 0;

	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *extras = mdevctl_export_extras(list->v[i]);
		char identity[IDENTITY_TEXT_SIZE];

		if ((list->v[i]->is_mdevctls && list->v[i]->is_overruled) ||
		    (id_count && !identity_is_one_of(&list->v[i]->id, ids, id_count)) ||
		    !cmd_is_for_parent(list->v[i], args->parent, parent_name))
			continue;
		chosen[count++] = list->v[i];
		if (extras)
			msg_warning("%s: mdevctl has no word for: %s",
				    identity_format(&list->v[i]->id, identity), extras);
	}
	for (size_t i = 0; i < list->card_count; i++)
		msg_warning("%s:%u: mdevctl has no word for what a card shall be",
			    list->cards[i]->file, list->cards[i]->line);
	if (args->single && count != 1) {
		output_fail(CODE_INVALID, "there are %zu such definitions, not a single one",
			    count);
		return FAILED;
	}
	text = mdevctl_export(chosen, count, args->single);
	output_foreign(text);
	return DONE;
}

static int export_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct export_args *args = p;
	_cleanup_free_ struct identity *ids = xcalloc((size_t)word_count, sizeof(*ids));
	struct inventory inventory = {0};
	const char *parent_name;
	int status, printed;

	(void)globals;
	inventory_load_definitions(&inventory);
	status = cmd_report_problems(&inventory);
	inventory_load_devices(&inventory, NULL);
	printed = cmd_parent_to_come(&cmd_export, &inventory, args->parent, &parent_name);
	if (printed == DONE)
		printed = cmd_identities(&cmd_export, &inventory.devices, is_defined,
					 "it is not defined", word_count, words, ids);
	if (printed == DONE)
		printed = export_print(&inventory, args, parent_name, ids, word_count);
	inventory_free(&inventory);
	return printed == DONE ? status : printed;
}

const struct command cmd_import = {
	.name = "import",
	.summary = "Take over mdevctl's JSON definitions, and print their identities",
	.synopsis = "[OPTION]... [FILE|-]...",
	.details =
		"Reads what 'mdevctl list --defined --dumpjson' prints, or single definitions,\n"
		"whose parent and UUID are given by options or by the path .../PARENT/UUID. When\n"
		"something cannot be read or would be lost, nothing is taken over. A file of\n"
		"/etc/mdevctl.d is removed when what it says is on the disk in /etc/mdev.d.",
	.words = WORDS_PATHS,
	.min_words = 0,
	.max_words = -1,
	.options = import_options,
	.output = OUTPUT_IDENTITY,
	.args_size = sizeof(struct import_args),
	.run = import_run,
};

const struct command cmd_export = {
	.name = "export",
	.summary = "Print definitions as mdevctl's JSON",
	.synopsis = "[OPTION]... [UUID[:INSTANCE]]...",
	.details = "What mdevctl has no word for is written under keys that mdevctl ignores and\n"
		   "import reads, with a warning.",
	.words = WORDS_DEFINED,
	.min_words = 0,
	.max_words = -1,
	.options = export_options,
	.output = OUTPUT_FOREIGN,
	.args_size = sizeof(struct export_args),
	.run = export_run,
};
