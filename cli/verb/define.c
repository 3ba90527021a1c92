// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev define: write down how an instance shall be. */
#include "base/msg.h"
#include "host/attribute.h"
#include "host/kind.h"
#include "host/live.h"
#include "store/change.h"
#include "verb/cmd.h"

#include <errno.h>

struct define_args {
	struct instance_args instance;
	const char *description, *file;
	bool is_auto, is_manual, ensure, force;
};

#define GO(field) offsetof(struct define_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "its parent, kept as written", GO(instance.parent)},
	{"parent-by", 0, OPTION_TEXT, "WAY", "write it as: port, where it is plugged in",
	 GO(instance.parent_by)},
	{"type", 't', OPTION_TEXT, "TYPE", "its type", GO(instance.type)},
	{"instance", 'i', OPTION_TEXT, "N", "instance number, as UUID:N", GO(instance.instance)},
	{"params", 0, OPTION_TEXT, "TEXT", "parameters for the parent's driver",
	 GO(instance.params)},
	{"attr", 'a', OPTION_TEXTS, "NAME=VALUE", "attribute to write, in the order given",
	 GO(instance.attrs)},
	{"owner", 0, OPTION_TEXT, "USER[:GROUP]", "who may open it through VFIO",
	 GO(instance.owner)},
	{"mode", 0, OPTION_TEXT, "MODE", "of its nodes, 0660 for an owner", GO(instance.mode)},
	{"auto", 0, OPTION_FLAG, NULL, "have it after every boot", GO(is_auto)},
	{"manual", 0, OPTION_FLAG, NULL, "create it on demand only (the default)", GO(is_manual)},
	{"description", 0, OPTION_TEXT, "TEXT", "what it is for", GO(description)},
	{"file", 0, OPTION_TEXT, "NAME", "file in /etc/mdev.d instead of its own", GO(file)},
	{"ensure", 0, OPTION_FLAG, NULL, "succeed, too, when it is defined so already", GO(ensure)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{0},
};

/* Without --parent and --type the device is live, and is kept as it is. */
static int take_live(const struct inventory *inventory, struct definition *def)
{
	const struct device *dev = device_list_find_live(&inventory->devices, &def->id);
	char text[IDENTITY_TEXT_SIZE];

	if (!dev) {
		output_fail(CODE_ABSENT,
			    "cannot define %s: it is not live; name --parent and --type",
			    identity_format(&def->id, text));
		return FAILED;
	}
	def->parent = dev->parent;
	def->type = dev->type;
	def->has_vf = dev->vf != VF_ANY;
	def->vf = def->has_vf ? (uint32_t)dev->vf : 0;
	return DONE;
}

/* What is to be defined, and what that was read from. */
struct define_plan {
	const struct define_args *args;
	struct inventory inventory;
	struct arena arena;
	struct definition def;
	bool from_live; /* it shall be as it is */
};

/* --parent may be a virtual function, which the definition says in two keys. */
static int define_take_parent(struct define_plan *plan)
{
	struct inventory *inventory = &plan->inventory;
	struct definition *def = &plan->def;
	const char *name;
	int vf;

	if (parent_resolve_function(&inventory->parents, def->parent, &name, &vf) == 0 &&
	    vf != VF_ANY) {
		def->parent = arena_strdup(&plan->arena, name);
		def->has_vf = true;
		def->vf = (uint32_t)vf;
	}
	return cmd_parent_to_come(&cmd_define, inventory, def->parent, &def->parent_name);
}

/*
 * A guest knows a virtual function by its address, so a definition names the first one that no
 * other definition has, unless it is said which.
 */
static void define_choose_function(struct define_plan *plan)
{
	struct definition *def = &plan->def;
	struct inventory all = {0};
	struct pci_functions functions;

	if (def->has_vf || !def->parent_name ||
	    kind_of_type(def->parent_name, def->type)->number == INSTANCE_MDEV ||
	    !pci_read_functions(def->parent_name, &functions))
		return;
	inventory_load_definitions(&all);
	while (def->vf < functions.total && inventory_of_function(&all, def->parent_name, def->vf))
		def->vf++;
	def->has_vf = def->vf < functions.total;
	if (!def->has_vf)
		msg_warning("each virtual function of parent '%s' has a definition already",
			    def->parent_name);
	inventory_free(&all);
}

static int make_definition(struct define_plan *plan, char *word)
{
	const struct define_args *args = plan->args;
	struct inventory *inventory = &plan->inventory;
	struct definition *def = &plan->def;
	bool from_live = word && !args->instance.parent && !args->instance.type;
	int status;

	if (!from_live && (!args->instance.parent || !args->instance.type))
		return cmd_usage(&cmd_define, "--parent and --type are needed");
	if (args->ensure && !word)
		return cmd_usage(&cmd_define, "--ensure needs a UUID");
	if (args->is_auto && args->is_manual)
		return cmd_usage(&cmd_define, "either --auto or --manual");
	/* An identity that is made up is not defined yet. */
	if (word)
		inventory_load_words(inventory,
				     NEED_DEFINITIONS | NEED_ALL | (from_live ? NEED_DEVICES : 0),
				     NULL, 1, &word);
	status = cmd_identity(&cmd_define, &args->instance, word,
			      from_live ? &inventory->devices : NULL, device_is_live, &def->id);
	def->parent = args->instance.parent;
	def->type = args->instance.type;
	def->description = args->description;
	def->is_auto = args->is_auto;
	plan->from_live = from_live;
	if (status == DONE && from_live)
		status = take_live(inventory, def);
	if (status == DONE)
		status = cmd_take_instance_args(&cmd_define, &args->instance, &plan->arena, def);
	if (status == DONE)
		status = define_take_parent(plan);
	if (status == DONE)
		status = cmd_parent_by(&cmd_define, inventory, args->instance.parent_by,
				       def->parent_name, &plan->arena, &def->parent);
	if (status == DONE)
		status = cmd_type(&cmd_define, def->parent_name, def->type, &plan->arena,
				  &def->type);
	if (status == DONE)
		define_choose_function(plan);
	return status;
}

/* Attributes that it has by what a script says, unless others are given. */
static int define_take_attributes(struct define_plan *plan, struct callout *callout, char **reterr)
{
	struct definition *def = &plan->def;
	int rc;

	if (!plan->from_live || def->attr_count)
		return 0;
	rc = callout_get_attributes(callout, def, &plan->arena, reterr);
	return rc ? rc : attribute_check_definition(def, reterr);
}

/* What scripts took their time for may be defined by somebody else meanwhile. */
static struct disk_change define_add(struct define_plan *plan, char **ret_path, char **reterr)
{
	enum callout_flags flags = plan->args->force ? CALLOUT_FORCE : 0;
	struct definition *def = &plan->def;
	struct disk_change change;
	struct callout callout;
	int rc = callout_begin(&callout, SCRIPT_DEFINE, def, flags, reterr);

	if (!rc)
		rc = define_take_attributes(plan, &callout, reterr);
	if (!rc && callout_is_any())
		rc = cmd_check_again(def, reterr);
	change = rc ? disk_change_of(rc) : store_add(def, plan->args->file, ret_path, reterr);
	callout_end(&callout, change.kind != CHANGE_FAILED);
	return change;
}

static int define_keep(void *p)
{
	struct define_plan *plan = p;
	struct definition *def = &plan->def;
	_cleanup_free_ char *path = NULL, *error = NULL;
	struct device dev = cmd_device_of(def);
	struct disk_change change = define_add(plan, &path, &error);
	int status = cmd_say_change("define", &def->id, change, error);
	struct outcome outcome = cmd_outcome(change, error);

	def->file = path;
	if (change.kind == CHANGE_FAILED)
		dev.def = NULL;
	output_device(&dev, &outcome);
	return status;
}

static int define_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct define_args *args = p;
	struct define_plan plan = {.args = args};
	int status = make_definition(&plan, word_count ? words[0] : NULL);
	bool is_so = false;

	(void)globals;
	if (status == DONE)
		status = args->ensure ?
				 cmd_ensure_defined(&cmd_define, &plan.inventory, &plan.def,
						    &is_so) :
				 cmd_check_new(&cmd_define, &plan.inventory, &plan.def, NULL);
	if (status == DONE && !is_so)
		status = word_count ? define_keep(&plan) :
				      cmd_make_new(define_keep, &plan, &plan.def.id, "defined");
	inventory_free(&plan.inventory);
	arena_free(&plan.arena);
	return status;
}

const struct command cmd_define = {
	.name = "define",
	.summary = "Write down how an instance shall be, and print its identity",
	.synopsis = "[UUID[:INSTANCE]] -p PARENT -t TYPE [OPTION]...\n"
		    "       mdev define UUID[:INSTANCE] [OPTION]...",
	.details = "Without a UUID a random one is made up. Without --parent and --type they are\n"
		   "those of the live device. Nothing is created now: see create and apply.",
	.words = WORDS_TO_DEFINE,
	.min_words = 0,
	.max_words = 1,
	.options = options,
	.output = OUTPUT_IDENTITY,
	.args_size = sizeof(struct define_args),
	.run = define_run,
};
