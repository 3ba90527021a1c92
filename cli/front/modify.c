// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevctl modify: change a definition, wherever it is. */
#include "base/text.h"
#include "front/args.h"
#include "front/json_file.h"
#include "front/known.h"
#include "front/say.h"
#include "host/live.h"
#include "store/change.h"
#include "store/mdevctl_put.h"

#include <errno.h>

#define GO(field) offsetof(struct args, field)

static const struct option_row modify_options[] = {
	{"uuid", 'u', OPTION_TEXT, "UUID", "the UUID", GO(uuid)},
	{"parent", 'p', OPTION_TEXT, "PARENT", "the definition for this parent", GO(parent)},
	{"type", 't', OPTION_TEXT, "TYPE", "another type", GO(type)},
	{"addattr", 0, OPTION_TEXT, "ATTRIBUTE", "add an attribute", GO(addattr)},
	{"delattr", 0, OPTION_FLAG, NULL, "remove an attribute", GO(delattr)},
	{"index", 'i', OPTION_TEXT, "N", "which place, from 0; else the last", GO(index)},
	{"value", 0, OPTION_TEXT, "VALUE", "the value of the attribute", GO(value)},
	{"auto", 'a', OPTION_FLAG, NULL, "start it when its parent appears", GO(is_auto)},
	{"manual", 'm', OPTION_FLAG, NULL, "start it on demand only", GO(is_manual)},
	{"live", 'l', OPTION_FLAG, NULL, "change the live device, by a script for it", GO(live)},
	{"defined", 'd', OPTION_FLAG, NULL, "with --live: the definition, too", GO(defined)},
	{"jsonfile", 0, OPTION_TEXT, "FILE", "take all from this file", GO(jsonfile)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{"help", 'h', OPTION_STOP, NULL, "print this help", GO(help)},
	{0},
};

static const struct rule modify_rules[] = {
	{RULE_NEEDS, "", {"uuid"}},
	{RULE_NEEDS, "", {"auto", "manual", "addattr", "delattr", "jsonfile"}},
	{RULE_EXCLUDES, "auto", {"manual", "addattr", "delattr", "jsonfile", "index"}},
	{RULE_EXCLUDES, "manual", {"addattr", "delattr", "jsonfile", "index"}},
	{RULE_EXCLUDES, "addattr", {"delattr", "jsonfile"}},
	{RULE_EXCLUDES, "delattr", {"jsonfile", "value"}},
	{RULE_EXCLUDES, "value", {"auto", "manual", "live"}},
	{RULE_EXCLUDES, "live", {"type", "index"}},
	{RULE_EXCLUDES, "jsonfile", {"type", "index", "value"}},
	{RULE_NEEDS, "addattr", {"value"}},
	{RULE_NEEDS, "value", {"addattr"}},
	{0},
};

/* What to change. */
struct modify {
	const struct args *args;
	const struct definition *whole; /* of a file that says it all, or NULL */
	bool is_refused; /* by the definition as it is */
};

static void modify_list_attrs(const struct definition *def, struct buf *text)
{
	char uuid[IDENTITY_TEXT_SIZE];

	if (!def->attr_count)
		buf_addf(text, "\nDevice %s has no attributes", identity_format(&def->id, uuid));
	else
		buf_addf(text, "\n  Attrs:\n");
	for (size_t i = 0; i < def->attr_count; i++)
		buf_addf(text, "    @{%zu}: {\"%s\":\"%s\"}\n", i, def->attrs[i].name,
			 def->attrs[i].value);
}

static int modify_refuse_index(struct modify *modify, const struct definition *def, char **reterr)
{
	struct buf text = {0};

	buf_addf(&text, "Attribute index %u is invalid", modify->args->number);
	modify_list_attrs(def, &text);
	set_text(reterr, "%s", text.data);
	buf_free(&text);
	modify->is_refused = true;
	return -EINVAL;
}

static void copy_attrs(struct definition *def, struct arena *arena, const struct attr *attrs,
		       size_t count)
{
	def->attrs = NULL;
	def->attr_count = 0;
	for (size_t i = 0; i < count; i++)
		definition_add_attr(def, arena, attrs[i].name, attrs[i].value);
}

/* At that place, the others behind it; else behind all. */
static int modify_add(struct modify *modify, struct definition *def, struct arena *arena,
		      char **reterr)
{
	const struct args *args = modify->args;
	size_t last = def->attr_count, at = args->index ? args->number : last;
	struct attr added;

	if (at > last)
		return modify_refuse_index(modify, def, reterr);
	definition_add_attr(def, arena, args->addattr, args->value);
	added = def->attrs[last];
	memmove(&def->attrs[at + 1], &def->attrs[at], (last - at) * sizeof(*def->attrs));
	def->attrs[at] = added;
	return 0;
}

static int modify_delete(struct modify *modify, struct definition *def, char **reterr)
{
	size_t count = def->attr_count, at = modify->args->index ? modify->args->number : count - 1;

	if (!modify->args->index && !count)
		return 0;
	if (at >= count)
		return modify_refuse_index(modify, def, reterr);
	memmove(&def->attrs[at], &def->attrs[at + 1], (count - at - 1) * sizeof(*def->attrs));
	def->attr_count--;
	return 0;
}

/* For store_change(). */
static int modify_change(struct definition *def, struct arena *arena, void *arg, char **reterr)
{
	struct modify *modify = arg;
	const struct args *args = modify->args;
	const struct definition *from = modify->whole ? modify->whole : def;

	copy_attrs(def, arena, from->attrs, from->attr_count);
	if (modify->whole) {
		def->type = modify->whole->type;
		def->is_auto = modify->whole->is_auto;
		return 0;
	}
	if (args->type)
		def->type = args->type;
	def->is_auto = args->is_auto || (def->is_auto && !args->is_manual);
	if (args->addattr)
		return modify_add(modify, def, arena, reterr);
	return args->delattr ? modify_delete(modify, def, reterr) : 0;
}

static int modify_say(const struct modify *modify, struct disk_change change, const char *error)
{
	char uuid[IDENTITY_TEXT_SIZE];

	if (change.kind == CHANGE_DONE)
		return DONE;
	if (modify->is_refused)
		return say_error("%s", error);
	return say_error_for(error, "Failed to write config for device %s",
			     identity_format(modify->args->id, uuid));
}

static enum callout_flags modify_flags(const struct args *args)
{
	return args->force ? CALLOUT_FORCE : 0;
}

/* Scripts are asked for what it will be. */
static int modify_definition(struct modify *modify, const struct definition *def)
{
	_cleanup_free_ char *error = NULL;
	struct definition new = *def;
	struct arena arena = {0};
	struct callout callout;
	int status, rc = modify_change(&new, &arena, modify, &error);

	if (rc) {
		status = modify_say(modify, disk_change_of(rc), error);
	} else if (callout_begin(&callout, SCRIPT_MODIFY, &new, modify_flags(modify->args),
				 &error)) {
		status = say_callout(&callout, error);
		callout_end(&callout, false);
	} else {
		struct disk_change change = store_change(def, modify_change, modify, &error);

		status = modify_say(modify, change, error);
		callout_end(&callout, status == DONE);
	}
	arena_free(&arena);
	return status;
}

/* The one definition that is meant; else an error, and NULL. */
static struct definition *modify_find(const struct known *known, const struct args *args)
{
	_cleanup_free_ char *name = known_name(args->id, args->parent);

	if (known_is_broken(known, args->id, args->parent) ||
	    known_is_unread(known, args->parent, 0))
		return NULL;
	if (!known->n)
		say_error("Mediated device %s is not defined", name);
	else if (known->n > 1)
		say_error("Multiple definitions found for %s, specify a parent", name);
	return known->n == 1 ? known->v[0] : NULL;
}

static int modify_stored(const struct args *args)
{
	struct modify modify = {.args = args};
	struct known known = {0};
	const struct definition *def;
	int status;

	known_load(&known, args->id, args->parent, 0);
	known_warn_strangers(&known, args->parent);
	def = modify_find(&known, args);
	status = def ? modify_definition(&modify, def) : FAILED;
	known_free(&known);
	return status;
}

/* Where there is no definition that could be changed, a new one is made. */
static int modify_put(const struct args *args, const struct definition *new)
{
	struct modify modify = {.args = args, .whole = new};
	_cleanup_free_ char *path = NULL, *error = NULL;
	struct known known = {0};
	struct disk_change change;

	known_load(&known, args->id, new->parent, 0);
	if (known_is_unread(&known, new->parent, KNOWN_BROKEN)) {
		known_free(&known);
		return FAILED;
	}
	if (known.n)
		change = store_change(known.v[0], modify_change, &modify, &error);
	else
		change = mdevctl_put(new, MDEVCTL_PUT_OVER, &path, &error);
	modify.is_refused = change.rc == -EINVAL && !known.n;
	known_free(&known);
	return modify_say(&modify, change, error);
}

static int modify_replace(const struct args *args, const struct definition *new)
{
	_cleanup_free_ char *error = NULL;
	struct callout callout;
	int rc = callout_begin(&callout, SCRIPT_MODIFY, new, modify_flags(args), &error);
	int status = rc ? say_callout(&callout, error) : modify_put(args, new);

	callout_end(&callout, status == DONE);
	return status;
}

/* parent: the definition's; one that is live has it from its parent. */
static int modify_read(const struct args *args, const char *parent, struct definition *new,
		       struct arena *arena)
{
	_cleanup_free_ char *shown = say_path(args->jsonfile);
	int fd = json_file_open(args->jsonfile);

	if (fd < 0)
		return say_error_of(fd, "Unable to read file %s", shown);
	new->id = *args->id;
	new->parent = parent;
	return json_file_read(fd, args->jsonfile, new, arena);
}

static int modify_from_file(const struct args *args)
{
	struct definition new = {0};
	struct arena arena = {0};
	int status;

	if (!args->parent)
		return say_error("Parent device required to modify device via json file");
	status = modify_read(args, args->parent, &new, &arena);
	if (status == DONE)
		status = modify_replace(args, &new);
	arena_free(&arena);
	return status;
}

/* With --defined: the definition of the live device has its type. */
static int modify_check_defined(const struct args *args, const struct device *dev)
{
	struct known known = {0};
	struct args of_live = *args;
	const struct definition *def;
	int status = FAILED;

	of_live.parent = dev->parent;
	known_load(&known, args->id, dev->parent, 0);
	def = modify_find(&known, &of_live);
	if (def && strcmp(def->type, dev->type) != 0)
		say_error("'type' of active and defined mdev does not match");
	else if (def)
		status = DONE;
	known_free(&known);
	return status;
}

/* A live device is changed by a script for its type; without one it is not. */
static int modify_by_script(const struct definition *new)
{
	_cleanup_free_ char *error = NULL;
	int rc = callout_change_live(new, &error);

	if (rc && !error)
		return say_error(
			"Live modification is not supported for this device type. Changing the "
			"device configuration requires stopping and restarting the device.");
	return rc ? say_error("%s", error) : DONE;
}

static int modify_live_device(const struct args *args, const struct device *dev,
			      struct arena *arena)
{
	struct definition new = {.type = ""};
	int status;

	if (!args->jsonfile)
		return say_error("'live' option must be used with 'jsonfile' option");
	status = modify_read(args, dev->parent, &new, arena);
	if (status == DONE && strcmp(new.type, dev->type) != 0)
		status = say_error("'type' cannot be changed on active mdev");
	if (status == DONE && args->defined)
		status = modify_check_defined(args, dev);
	if (status == DONE)
		status = modify_by_script(&new);
	return status == DONE && args->defined ? modify_replace(args, &new) : status;
}

/* Its attributes are asked for as by list; they do not matter here. */
static const struct device *modify_find_live(const struct args *args, struct device_list *devices,
					     struct arena *arena)
{
	const struct device *dev = live_look_up(devices, args->id);
	_cleanup_free_ char *error = NULL;
	struct definition live;

	if (!dev || (args->parent && strcmp(dev->parent, args->parent) != 0))
		return NULL;
	live = callout_device(dev);
	(void)callout_ask_attributes(&live, arena, &error);
	return dev;
}

static int modify_live(const struct args *args)
{
	_cleanup_free_ char *name = known_name(args->id, args->parent);
	struct device_list devices = {0};
	struct arena arena = {0};
	const struct device *dev;
	int status;

	if (args->is_auto || args->is_manual)
		return say_error("'%s' cannot be changed on active mdev",
				 args->is_auto ? "auto" : "manual");
	dev = modify_find_live(args, &devices, &arena);
	if (!dev)
		status = say_error("Mediated device %s is not active", name);
	else
		status = modify_live_device(args, dev, &arena);
	device_list_free(&devices);
	arena_free(&arena);
	return status;
}

static int modify_run(const struct args *args, const char *word)
{
	(void)word;
	if (args->live)
		return modify_live(args);
	return args->jsonfile ? modify_from_file(args) : modify_stored(args);
}

const struct verb verb_modify = {
	.command =
		{
			.name = "modify",
			.summary = "Change a definition",
			.synopsis = " -u UUID [OPTION]...",
			.words = WORDS_DEFINED,
			.options = modify_options,
		},
	.rules = modify_rules,
	.run = modify_run,
};
