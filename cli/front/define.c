// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevctl define: keep how a device shall be, where mdevctl does. */
#include "base/file.h"
#include "base/text.h"
#include "front/args.h"
#include "front/json_file.h"
#include "front/known.h"
#include "front/say.h"
#include "host/live.h"
#include "store/mdevctl_folder.h"
#include "store/mdevctl_put.h"

#include <errno.h>

#define GO(field) offsetof(struct args, field)

static const struct option_row define_options[] = {
	{"uuid", 'u', OPTION_TEXT, "UUID", "its UUID; else one is made up and printed", GO(uuid)},
	{"auto", 'a', OPTION_FLAG, NULL, "start it when its parent appears", GO(is_auto)},
	{"parent", 'p', OPTION_TEXT, "PARENT", "its parent, which need not be there", GO(parent)},
	{"type", 't', OPTION_TEXT, "TYPE", "its type", GO(type)},
	{"jsonfile", 0, OPTION_TEXT, "FILE", "take all else from this file", GO(jsonfile)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{"help", 'h', OPTION_STOP, NULL, "print this help", GO(help)},
	{0},
};

static const struct rule define_rules[] = {
	{RULE_NEEDS, "", {"uuid", "parent"}},
	{RULE_EXCLUDES, "jsonfile", {"type", "auto"}},
	{0},
};

/* What is to be kept, and what its texts belong to. */
struct define {
	const struct args *args;
	struct definition def;
	struct device_list live;
	bool is_live; /* it is, and a script may know its attributes */
	struct arena arena;
};

/* Also one that cannot be read. DONE, or an error and FAILED when that cannot be known. */
static int define_look(const struct define *define, bool *ret_is_known)
{
	struct known known = {0};
	int status = DONE;

	*ret_is_known = false;
	if (!define->args->id)
		return DONE;
	known_load(&known, define->args->id, define->def.parent, KNOWN_BROKEN | KNOWN_BY_NAME);
	if (known_is_unread(&known, define->def.parent, 0))
		status = FAILED;
	*ret_is_known = known.n > 0;
	known_free(&known);
	return status;
}

/* From the command line; what it lacks is that of the live device, if there is one. */
static int define_from_options(struct define *define)
{
	const struct args *args = define->args;
	const struct device *dev = args->id ? live_look_up(&define->live, args->id) : NULL;
	char uuid[IDENTITY_TEXT_SIZE];
	bool is_known;

	if (!args->parent && (!dev || args->type))
		return say_error("No parent specified");
	if (!args->type && !dev)
		return say_error("No type specified");
	if (dev) {
		define->def.parent = dev->parent;
		define->def.type = dev->type;
	}
	if (args->parent)
		define->def.parent = args->parent;
	if (args->type)
		define->def.type = args->type;
	define->def.is_auto = args->is_auto;
	define->is_live = dev != NULL;
	if (define_look(define, &is_known) != DONE)
		return FAILED;
	if (is_known)
		return say_error("Device %s on %s already defined", identity_format(args->id, uuid),
				 define->def.parent);
	return DONE;
}

static int define_from_file(struct define *define)
{
	const struct args *args = define->args;
	_cleanup_free_ char *shown = say_path(args->jsonfile), *name = NULL;
	_cleanup_close_ int fd = json_file_open(args->jsonfile);
	bool is_known;

	if (fd < 0)
		return say_error_of(fd, "Unable to read file %s", shown);
	if (!args->parent)
		return say_error("Parent device required to define device via %s", shown);
	define->def.parent = args->parent;
	if (define_look(define, &is_known) != DONE)
		return FAILED;
	if (is_known) {
		name = known_name(args->id, args->parent);
		return say_error("Cowardly refusing to overwrite existing config for %s", name);
	}
	return json_file_read(fd, args->jsonfile, &define->def, &define->arena);
}

static int define_print(const struct define *define)
{
	char uuid[IDENTITY_TEXT_SIZE];
	struct buf text = {0};
	int status;

	buf_addf(&text, "%s\n", identity_format(&define->def.id, uuid));
	status = say_output(&text, "Failed to write data");
	buf_free(&text);
	return status;
}

/* Another command was faster, or what has that name is no file, or a link that leads to one. */
static bool define_is_taken(const struct define *define, int rc)
{
	_cleanup_free_ char *path = mdevctl_folder_path(define->def.parent, &define->def.id);

	return rc == -EEXIST || rc == -EISDIR || (rc == -EMLINK && file_look(path) == 0);
}

static int define_write(const struct define *define)
{
	_cleanup_free_ char *path = NULL, *error = NULL;
	struct disk_change change = mdevctl_put(&define->def, MDEVCTL_PUT_NEW, &path, &error);
	char uuid[IDENTITY_TEXT_SIZE];

	if (change.kind == CHANGE_FAILED && change.rc == -EINVAL)
		return say_error("%s", error);
	if (define_is_taken(define, change.rc))
		return say_error("Device %s on %s already defined",
				 identity_format(&define->def.id, uuid), define->def.parent);
	if (change.kind != CHANGE_DONE)
		return say_error_for(error, "Failed to write config for device %s",
				     identity_format(&define->def.id, uuid));
	return DONE;
}

/* With its scripts. Prints the UUID where the command line did not say it. */
static int define_keep(void *arg)
{
	struct define *define = arg;
	_cleanup_free_ char *error = NULL;
	struct callout callout;
	int status, rc = callout_begin(&callout, SCRIPT_DEFINE, &define->def,
				       define->args->force ? CALLOUT_FORCE : 0, &error);

	if (!rc && define->is_live)
		rc = callout_get_attributes(&callout, &define->def, &define->arena, &error);
	status = rc ? say_callout(&callout, error) : define_write(define);
	callout_end(&callout, status == DONE);
	return status == DONE && !define->args->id ? define_print(define) : status;
}

static int define_new(struct define *define)
{
	_cleanup_free_ char *error = NULL;

	if (identity_make(&define->def.id, &error))
		return say_error("No UUID can be made up: %s", error);
	return cmd_make_new(define_keep, define, &define->def.id, "defined");
}

static int define_run(const struct args *args, const char *word)
{
	struct define define = {.args = args};
	int status = args->jsonfile ? define_from_file(&define) : define_from_options(&define);

	(void)word;
	if (args->id)
		define.def.id = *args->id;
	if (status == DONE)
		status = args->id ? define_keep(&define) : define_new(&define);
	device_list_free(&define.live);
	arena_free(&define.arena);
	return status;
}

const struct verb verb_define = {
	.command =
		{
			.name = "define",
			.summary = "Keep how a device shall be",
			.synopsis = " [OPTION]...",
			.words = WORDS_TO_DEFINE,
			.options = define_options,
		},
	.rules = define_rules,
	.run = define_run,
};
