// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev create: make an instance now. */
#include "base/msg.h"
#include "base/unread.h"
#include "host/absent.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "host/udev.h"
#include "store/change.h"
#include "store/store.h"
#include "verb/callout.h"
#include "verb/cmd.h"

#include <errno.h>

struct create_args {
	struct instance_args instance;
	bool define, is_auto, wait, ensure, force;
};

#define GO(field) offsetof(struct create_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "the parent to make it on", GO(instance.parent)},
	{"type", 't', OPTION_TEXT, "TYPE", "its type, one that the parent offers",
	 GO(instance.type)},
	{"instance", 'i', OPTION_TEXT, "N", "instance number, as UUID:N", GO(instance.instance)},
	{"params", 0, OPTION_TEXT, "TEXT", "parameters for the parent's driver",
	 GO(instance.params)},
	{"attr", 'a', OPTION_TEXTS, "NAME=VALUE", "attribute to write, in the order given",
	 GO(instance.attrs)},
	{"owner", 0, OPTION_TEXT, "USER[:GROUP]", "who may open it through VFIO",
	 GO(instance.owner)},
	{"mode", 0, OPTION_TEXT, "MODE", "of its nodes, 0660 for an owner", GO(instance.mode)},
	{"define", 0, OPTION_FLAG, NULL, "keep it as a definition, too", GO(define)},
	{"parent-by", 0, OPTION_TEXT, "WAY", "with --define: write the parent as its port",
	 GO(instance.parent_by)},
	{"auto", 0, OPTION_FLAG, NULL, "with --define: have it after every boot", GO(is_auto)},
	{"wait", 0, OPTION_FLAG, NULL, "return when udev is done with it", GO(wait)},
	{"ensure", 0, OPTION_FLAG, NULL, "succeed, too, when it is live so already", GO(ensure)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{0},
};

/* What is to be made, and what that was read from. */
struct creation {
	const struct create_args *args;
	enum callout_flags flags;
	struct udev_wait *wait; /* from before it is made, or NULL */
	struct lifecycle_creator creator;
	struct inventory inventory;
	struct arena arena;
	struct definition def;
	struct definition *kept; /* the one in a file, NULL when there is none */
	bool was_live, was_defined; /* as they shall be, which --ensure takes for success */
};

static int usage(const char *reason)
{
	return cmd_usage(&cmd_create, "%s", reason);
}

static bool is_defined(const struct device *dev)
{
	return dev->def != NULL;
}

/* Why a definition that is wanted cannot be used. */
static void explain_undefined(struct creation *creation, const char *parent)
{
	const struct definition_list *list = &creation->inventory.definitions;
	_cleanup_free_ char *error = NULL;
	char text[IDENTITY_TEXT_SIZE];

	identity_format(&creation->def.id, text);
	for (size_t i = 0; i < list->n; i++) {
		const struct definition *def = list->v[i];

		if (identity_compare(&def->id, &creation->def.id) != 0)
			continue;
		error = parent && def->parent_name ?
				xstrdup("that is another one") :
				absent_explain(&creation->inventory.parents, def->parent);
		output_fail(CODE_ABSENT,
			    "cannot create %s: it is defined for parent '%s' (%s:%u): %s", text,
			    def->parent, def->file, def->line, error);
		return;
	}
	(void)cmd_report_problems(&creation->inventory);
	output_fail(CODE_ABSENT, "cannot create %s: it is not defined; name --parent and --type",
		    text);
}

/* Without --type: everything from the definition that is meant. */
static int use_definition(struct creation *creation, const char *parent)
{
	struct definition *def =
		inventory_definition(&creation->inventory, &creation->def.id, parent);
	_cleanup_free_ char *error = NULL;
	char text[IDENTITY_TEXT_SIZE];

	if (!def) {
		explain_undefined(creation, parent);
		return FAILED;
	}
	if (store_check_trust(def, &error) < 0) {
		output_fail(CODE_PERMISSION, "cannot create %s by %s: %s",
			    identity_format(&def->id, text), def->file, error);
		return FAILED;
	}
	if (error)
		msg_warning("%s: %s", def->file, error);
	creation->kept = def;
	creation->def = *def;
	creation->def.attrs = NULL;
	creation->def.attr_count = 0;
	for (size_t i = 0; i < def->attr_count; i++)
		definition_add_attr(&creation->def, &creation->arena, def->attrs[i].name,
				    def->attrs[i].value);
	return DONE;
}

static int create_check_args(const struct create_args *args, const char *word)
{
	if (args->is_auto && !args->define)
		return usage("--auto goes with --define");
	if (args->ensure && !word)
		return usage("--ensure needs a UUID");
	if (args->instance.parent_by && !args->define)
		return usage("--parent-by goes with --define");
	if (args->instance.type && !args->instance.parent)
		return usage("--type needs --parent");
	if (!args->instance.type && !word)
		return usage("without a UUID that is defined, --parent and --type are needed");
	if (!args->instance.type && args->define)
		return usage("--define needs --parent and --type");
	return DONE;
}

/* --parent is a virtual function. */
static int create_take_function(struct creation *creation, const char *parent, uint32_t vf)
{
	struct definition *def = &creation->def;

	if (def->has_vf && def->vf != vf) {
		output_fail(CODE_DIFFERS, "it is defined for virtual function %u of parent '%s'",
			    def->vf, parent);
		return FAILED;
	}
	def->parent = arena_strdup(&creation->arena, parent);
	def->has_vf = true;
	def->vf = vf;
	return DONE;
}

static int create_prepare(struct creation *creation, const struct create_args *args, char *word)
{
	/* Another instance than the word's, or for another parent than the one that counts. */
	bool is_other = args->instance.instance || args->instance.parent;
	const char *parent;
	int status, vf;

	if (create_check_args(args, word) != DONE)
		return USAGE;
	if (!args->instance.type)
		inventory_load_words(&creation->inventory,
				     NEED_DEFINITIONS | NEED_DEVICES | (is_other ? NEED_ALL : 0),
				     NULL, 1, &word);
	status = cmd_identity(&cmd_create, &args->instance, word,
			      args->instance.type ? NULL : &creation->inventory.devices, is_defined,
			      &creation->def.id);
	if (status == DONE)
		status = cmd_parent_function(&cmd_create, &creation->inventory,
					     args->instance.parent, &parent, &vf);
	if (status == DONE && !args->instance.type) {
		status = use_definition(creation, parent);
	} else if (status == DONE) {
		creation->def.parent = args->instance.parent;
		creation->def.parent_name = parent;
		status = cmd_type(&cmd_create, parent, args->instance.type, &creation->arena,
				  &creation->def.type);
	}
	if (status == DONE && vf != VF_ANY)
		status = create_take_function(creation, parent, (uint32_t)vf);
	if (status == DONE)
		status = cmd_parent_by(&cmd_create, &creation->inventory, args->instance.parent_by,
				       parent, &creation->arena, &creation->def.parent);
	creation->def.is_auto |= args->is_auto;
	return status == DONE ? cmd_take_instance_args(&cmd_create, &args->instance,
						       &creation->arena, &creation->def) :
				status;
}

/* The device that was just made, as the kernel has it. */
static struct device *look_up(struct creation *creation)
{
	device_list_free(&creation->inventory.devices);
	return live_look_up(&creation->inventory.devices, &creation->def.id);
}

/* It is live with the parent and type that it shall have; its attributes are left as they are. */
static bool is_live_so(struct creation *creation)
{
	const struct definition *def = &creation->def;
	const struct device *dev = lifecycle_find_live(&creation->creator, &def->id);

	return dev && strcmp(dev->parent, def->parent_name) == 0 &&
	       strcmp(dev->type, def->type) == 0;
}

/* With --ensure: looks before anything is made, for nothing is when it is defined otherwise. */
static int check_defined(struct creation *creation, char **reterr)
{
	struct definition *known;

	inventory_load_identity(&creation->inventory, NEED_DEFINITIONS | NEED_ALL,
				&creation->def.id);
	known = cmd_find_defined(&creation->inventory, &creation->def, NULL);
	creation->was_defined = known && cmd_is_defined_so(known, &creation->def);
	if (creation->was_defined)
		creation->kept = known;
	if (!known || creation->was_defined)
		return 0;
	set_text(reterr, "it is defined otherwise, in %s:%u", known->file, known->line);
	return -EEXIST;
}

/* For callout_do(). */
static struct disk_change create_add(void *arg, char **reterr)
{
	struct creation *creation = arg;
	_cleanup_free_ char *path = NULL;
	struct disk_change change = store_add(&creation->def, NULL, &path, reterr);

	if (change.kind != CHANGE_FAILED)
		creation->def.file = arena_strdup(&creation->arena, path);
	return change;
}

static struct disk_change create_remove(void *dev, char **reterr)
{
	return disk_change_of(lifecycle_destroy(dev, reterr));
}

/* Keeps the definition, or removes the instance again, whatever scripts may say to that. */
static struct disk_change keep(struct creation *creation, char **reterr)
{
	struct disk_change change = callout_do(SCRIPT_DEFINE, &creation->def, creation->flags,
					       create_add, creation, reterr);
	_cleanup_free_ char *undo_error = NULL;
	struct definition live;
	struct device *dev;

	if (change.kind != CHANGE_FAILED) {
		creation->kept = &creation->def;
		return change;
	}
	dev = creation->was_live ? NULL : look_up(creation);
	live = dev ? callout_device(dev) : creation->def;
	if (dev &&
	    callout_do(SCRIPT_STOP, &live, CALLOUT_FORCE, create_remove, dev, &undo_error).kind ==
		    CHANGE_FAILED)
		msg_warning("the instance could not be removed again: %s", undo_error);
	return change;
}

/* Of an identity that is taken: the device that has it, wherever that is. */
static int create_print(struct creation *creation, struct disk_change change, const char *error)
{
	struct outcome outcome = cmd_outcome(change, error);
	struct device none = cmd_device_of(&creation->def), *dev = NULL;
	struct inventory now = {0};
	int status = DONE;

	if (output_is_json() && (outcome.is_changed || change.rc == -EEXIST)) {
		inventory_load_identity(&now, NEED_DEFINITIONS | NEED_DEVICES, &creation->def.id);
		dev = device_list_find_live(&now.devices, &creation->def.id);
	}
	outcome.is_changed &= !creation->was_live ||
			      (creation->args->define && !creation->was_defined);
	output_device(dev ? dev : &none, &outcome);
	/* Its definition cannot be read any more. */
	if (dev && creation->kept && !now.definitions.n)
		status = cmd_report_problems(&now);
	inventory_free(&now);
	return status;
}

/* With --ensure one that is live so before, or by somebody else, is a success. */
static bool create_was_live(struct creation *creation, int rc)
{
	creation->was_live = rc == -EEXIST && creation->args->ensure && is_live_so(creation);
	return creation->was_live;
}

/* The definition that is written names the function, for a guest knows it by its address. */
static void create_keep_function(struct creation *creation)
{
	creation->def.has_vf = true;
	creation->def.vf = (uint32_t)creation->creator.made.vf;
}

/* For callout_do(). */
static struct disk_change create_act(void *arg, char **reterr)
{
	struct creation *creation = arg;
	struct definition_list others = {0};
	int rc;

	/* Other definitions may name virtual functions, which are theirs. */
	if (inventory_needs_others(&creation->def)) {
		inventory_load_others(&creation->inventory, &others);
		creation->creator.definitions = &others;
	}
	rc = lifecycle_create(&creation->creator, &creation->def, reterr);
	creation->creator.definitions = NULL;
	definition_list_free(&others);
	/* Another program made it, and it got its identity alone. */
	if (!rc && creation->creator.was_there)
		creation->was_live = true;
	else if (create_was_live(creation, rc))
		rc = 0;
	else if (!rc && creation->creator.made.vf != VF_ANY)
		create_keep_function(creation);
	return disk_change_of(rc);
}

/* 0 when it was made, or with --ensure when it was live so before. */
static int make_live(struct creation *creation, char **reterr)
{
	_cleanup_free_ char *error = NULL;
	int rc = lifecycle_check(&creation->creator, &creation->def, &error);

	if (create_was_live(creation, rc))
		return 0;
	if (!rc && unread_count()) {
		set_text(&error, "not everything could be read");
		rc = -EBADMSG;
	}
	if (!rc && creation->args->wait)
		rc = udev_wait_begin(&creation->wait, &error);
	if (!rc)
		rc = callout_do(SCRIPT_START, &creation->def, creation->flags, create_act, creation,
				&error)
			     .rc;
	if (rc)
		set_text(reterr, "%s", error);
	return rc;
}

static int create_make(void *p)
{
	struct creation *creation = p;
	const struct create_args *args = creation->args;
	_cleanup_free_ char *error = NULL;
	struct disk_change change;
	bool is_told;
	int rc = args->ensure && args->define ? check_defined(creation, &error) : 0, status,
	    printed;

	if (!rc)
		rc = make_live(creation, &error);
	lifecycle_creator_close(&creation->creator);
	if (rc || !args->define || creation->was_defined)
		change = disk_change_of(rc);
	else
		change = keep(creation, &error);
	is_told = change.kind != CHANGE_FAILED &&
		  (!creation->was_live || creation->creator.was_there);
	cmd_await_udev(creation->wait, is_told && creation->wait ? look_up(creation) : NULL);
	status = cmd_say_change("create", &creation->def.id, change, error);
	printed = create_print(creation, change, error);
	return status == DONE ? printed : status;
}

static int create_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct create_args *args = p;
	struct creation creation = {.args = args, .flags = args->force ? CALLOUT_FORCE : 0};
	int status = create_prepare(&creation, args, word_count ? words[0] : NULL);

	(void)globals;
	if (status == DONE)
		status = word_count ?
				 create_make(&creation) :
				 cmd_make_new(create_make, &creation, &creation.def.id, "created");
	inventory_free(&creation.inventory);
	arena_free(&creation.arena);
	return status;
}

const struct command cmd_create = {
	.name = "create",
	.summary = "Create an instance now, and print its identity",
	.synopsis = "[UUID[:INSTANCE]] -p PARENT -t TYPE [OPTION]...\n"
		    "       mdev create UUID[:INSTANCE] [OPTION]...",
	.details = "Without a UUID a random one is made up. Without --type the definition of the\n"
		   "UUID is used. When an attribute is refused, the instance is removed again.",
	.words = WORDS_TO_CREATE,
	.min_words = 0,
	.max_words = 1,
	.options = options,
	.output = OUTPUT_IDENTITY,
	.args_size = sizeof(struct create_args),
	.run = create_run,
};
