// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev modify: change a definition, and the live device where that can be done. */
#include "base/msg.h"
#include "base/text.h"
#include "model/find.h"
#include "host/core.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "host/node.h"
#include "store/change.h"
#include "verb/cmd.h"

#include <errno.h>

struct modify_args {
	const char *of, *parent, *parent_by, *type, *params, *description, *owner, *mode, *attr_at;
	struct strlist attrs, set_attrs, remove_attrs;
	bool is_auto, is_manual, live, dry_run, force;
};

#define GO(field) offsetof(struct modify_args, field)

static const struct option_row options[] = {
	{"of", 0, OPTION_TEXT, "PARENT", "the definition for this parent, of several", GO(of)},
	{"auto", 0, OPTION_FLAG, NULL, "have it after every boot", GO(is_auto)},
	{"manual", 0, OPTION_FLAG, NULL, "create it on demand only", GO(is_manual)},
	{"parent", 'p', OPTION_TEXT, "PARENT", "another parent, kept as written", GO(parent)},
	{"parent-by", 0, OPTION_TEXT, "WAY", "write it as: port, where it is plugged in",
	 GO(parent_by)},
	{"type", 't', OPTION_TEXT, "TYPE", "another type", GO(type)},
	{"params", 0, OPTION_TEXT, "TEXT", "other parameters, '' for none", GO(params)},
	{"description", 0, OPTION_TEXT, "TEXT", "another description, '' for none",
	 GO(description)},
	{"owner", 0, OPTION_TEXT, "USER[:GROUP]", "another owner of its nodes, '' for none",
	 GO(owner)},
	{"mode", 0, OPTION_TEXT, "MODE", "another mode of its nodes, '' for none", GO(mode)},
	{"remove-attr", 0, OPTION_TEXTS, "NAME[=VALUE]", "take it out", GO(remove_attrs)},
	{"set-attr", 0, OPTION_TEXTS, "NAME=VALUE", "give an attribute another value",
	 GO(set_attrs)},
	{"attr", 'a', OPTION_TEXTS, "NAME=VALUE", "add an attribute, behind the others", GO(attrs)},
	{"attr-at", 0, OPTION_TEXT, "N", "what --attr adds becomes the Nth, from 1", GO(attr_at)},
	{"live", 0, OPTION_FLAG, NULL, "change the live device, too", GO(live)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{"dry-run", 'n', OPTION_FLAG, NULL, "print what would be done, do nothing", GO(dry_run)},
	{0},
};

struct attrs {
	struct attr *v;
	size_t n;
};

/* What to change, checked; the attributes point into the words of the command line. */
struct changes {
	const struct modify_args *args;
	const char *parent; /* as it is to be written; NULL: as it is */
	const char *parent_name; /* what that is in sysfs; NULL when it is not there */
	struct attrs set, add;
	const char *type; /* the id of another one */
	uint32_t add_at; /* 0: at the end */
};

static int take_attrs(const struct strlist *texts, struct attrs *ret)
{
	ret->v = xcalloc(texts->n, sizeof(*ret->v));
	for (; ret->n < texts->n; ret->n++)
		if (cmd_attr(&cmd_modify, texts->v[ret->n], &ret->v[ret->n]) != DONE)
			return USAGE;
	return DONE;
}

static int check_live_args(const struct modify_args *args)
{
	if (args->parent || args->parent_by || args->type || args->params)
		return cmd_usage(&cmd_modify,
				 "parent, type and parameters of a live device cannot be changed: "
				 "modify it without --live, then destroy and create it");
	if (args->remove_attrs.n || args->attr_at)
		return cmd_usage(&cmd_modify,
				 "what was written to a live device cannot be taken back or put in "
				 "another order: --live goes with --set-attr and --attr");
	if (!args->set_attrs.n && !args->attrs.n && !args->owner && !args->mode)
		return cmd_usage(&cmd_modify, "--live needs --set-attr, --attr, --owner or --mode");
	return DONE;
}

/* An empty text takes what is there away. */
static const char *given_text(const char *text)
{
	return text && *text ? text : NULL;
}

static int check_args(const struct modify_args *args, struct changes *changes)
{
	int status = DONE;

	changes->args = args;
	if (args->is_auto && args->is_manual)
		return cmd_usage(&cmd_modify, "either --auto or --manual");
	if (!args->is_auto && !args->is_manual && !args->parent && !args->parent_by &&
	    !args->type && !args->params && !args->description && !args->owner && !args->mode &&
	    !args->attrs.n && !args->set_attrs.n && !args->remove_attrs.n)
		return cmd_usage(&cmd_modify, "nothing to change is named");
	if (args->attr_at && (parse_u32(args->attr_at, &changes->add_at) < 0 || !changes->add_at))
		return cmd_usage(&cmd_modify, "'%s' is no place, counted from 1", args->attr_at);
	if (args->attr_at && !args->attrs.n)
		return cmd_usage(&cmd_modify, "--attr-at goes with --attr");
	status = cmd_check_owner(&cmd_modify, given_text(args->owner), given_text(args->mode));
	if (status == DONE && args->live)
		status = check_live_args(args);
	if (status == DONE)
		status = take_attrs(&args->set_attrs, &changes->set);
	return status == DONE ? take_attrs(&args->attrs, &changes->add) : status;
}

/* NAME, or NAME=VALUE. */
static bool is_named(const struct attr *attr, const char *text)
{
	size_t len = strlen(attr->name);

	return strncmp(attr->name, text, len) == 0 &&
	       (!text[len] || (text[len] == '=' && strcmp(attr->value, text + len + 1) == 0));
}

static int remove_attr(struct definition *def, const char *text, char **reterr)
{
	size_t kept = 0;

	for (size_t i = 0; i < def->attr_count; i++)
		if (!is_named(&def->attrs[i], text))
			def->attrs[kept++] = def->attrs[i];
	if (kept == def->attr_count) {
		set_text(reterr, "there is no attribute '%s' in the definition", text);
		return -ENOENT;
	}
	def->attr_count = kept;
	return 0;
}

/* What is there once gets the value, what is not there comes to the end. */
static int set_attr(struct definition *def, struct arena *arena, const struct attr *attr,
		    char **reterr)
{
	struct attr *found = NULL;

	for (size_t i = 0; i < def->attr_count; i++) {
		if (strcmp(def->attrs[i].name, attr->name) != 0)
			continue;
		if (found) {
			set_text(
				reterr,
				"attribute '%s' is there several times; say which by --remove-attr %s=VALUE, and add with --attr",
				attr->name, attr->name);
			return -ENOTUNIQ;
		}
		found = &def->attrs[i];
	}
	if (found)
		found->value = arena_strdup(arena, attr->value);
	else
		definition_add_attr(def, arena, attr->name, attr->value);
	return 0;
}

static int add_attrs(struct definition *def, struct arena *arena, const struct changes *changes,
		     char **reterr)
{
	size_t before = def->attr_count, at = changes->add_at ? changes->add_at - 1 : before;
	size_t count = changes->add.n;

	if (at > before) {
		set_text(reterr, "it has %zu attributes, so there is no place %u", before,
			 changes->add_at);
		return -EINVAL;
	}
	for (size_t i = 0; i < count; i++)
		definition_add_attr(def, arena, changes->add.v[i].name, changes->add.v[i].value);
	for (size_t i = 0; i < count && at < before; i++) {
		struct attr new = def->attrs[before + i];

		memmove(&def->attrs[at + i + 1], &def->attrs[at + i],
			(before - at) * sizeof(*def->attrs));
		def->attrs[at + i] = new;
	}
	return 0;
}

static void copy_attrs(struct definition *def, struct arena *arena)
{
	const struct attr *old = def->attrs;
	size_t count = def->attr_count;

	def->attrs = NULL;
	def->attr_count = 0;
	for (size_t i = 0; i < count; i++)
		definition_add_attr(def, arena, old[i].name, old[i].value);
}

/* For store_change(). */
static int change(struct definition *def, struct arena *arena, void *arg, char **reterr)
{
	const struct changes *changes = arg;
	const struct modify_args *args = changes->args;
	int rc = 0;

	def->is_auto = args->is_auto || (def->is_auto && !args->is_manual);
	if (changes->parent)
		def->parent = changes->parent;
	if (args->type)
		def->type = changes->type;
	if (args->params)
		def->params = given_text(args->params);
	if (args->description)
		def->description = given_text(args->description);
	if (args->owner)
		def->owner = given_text(args->owner);
	if (args->mode)
		def->mode = given_text(args->mode);
	copy_attrs(def, arena);
	for (size_t i = 0; !rc && i < args->remove_attrs.n; i++)
		rc = remove_attr(def, args->remove_attrs.v[i], reterr);
	for (size_t i = 0; !rc && i < changes->set.n; i++)
		rc = set_attr(def, arena, &changes->set.v[i], reterr);
	return rc ? rc : add_attrs(def, arena, changes, reterr);
}

/* The one definition of the identity that is meant; NULL with status FAILED, or DONE for none. */
static struct definition *find_definition(struct inventory *inventory, const struct identity *id,
					  const char *of, int *ret_status)
{
	struct definition *found = NULL;
	char text[IDENTITY_TEXT_SIZE];
	const char *name = NULL;

	if (of)
		(void)parent_resolve(&inventory->parents, of, &name);
	*ret_status = DONE;
	for (size_t i = 0; i < inventory->definitions.n; i++) {
		struct definition *def = inventory->definitions.v[i];

		if (identity_compare(&def->id, id) != 0 || !cmd_is_for_parent(def, of, name) ||
		    (!of && !inventory_counts(inventory, def)))
			continue;
		if (!found) {
			found = def;
			continue;
		}
		output_fail(
			CODE_AMBIGUOUS,
			"cannot modify %s: it is defined for '%s' (%s:%u) and for '%s' (%s:%u); name one with --of",
			identity_format(id, text), found->parent, found->file, found->line,
			def->parent, def->file, def->line);
		*ret_status = FAILED;
		return NULL;
	}
	return found;
}

/* Another parent may come later, but must not be one that the identity is defined for. */
static int check_parent(struct inventory *inventory, const struct definition *def,
			struct definition *moved)
{
	int status = cmd_parent_to_come(&cmd_modify, inventory, moved->parent, &moved->parent_name);

	return status == DONE ? cmd_check_new(&cmd_modify, inventory, moved, def) : status;
}

/* A type is one of the parent that the definition will have. */
static int check_place(struct inventory *inventory, const struct definition *def,
		       struct changes *changes)
{
	const struct modify_args *args = changes->args;
	struct definition moved = *def;
	int status = DONE;

	changes->parent = args->parent;
	if (args->parent) {
		moved.parent = args->parent;
		status = check_parent(inventory, def, &moved);
	}
	changes->parent_name = moved.parent_name;
	if (status == DONE)
		status = cmd_parent_by(&cmd_modify, inventory, args->parent_by, moved.parent_name,
				       &inventory->definitions.arena, &changes->parent);
	if (status == DONE && args->type)
		status = cmd_type(&cmd_modify, moved.parent_name, args->type,
				  &inventory->definitions.arena, &changes->type);
	return status;
}

static int write_live(struct device *dev, const struct changes *changes, char **reterr)
{
	size_t count = changes->set.n + changes->add.n;
	_cleanup_free_ struct attr *attrs = xcalloc(count, sizeof(*attrs));

	for (size_t i = 0; i < changes->set.n; i++)
		attrs[i] = changes->set.v[i];
	for (size_t i = 0; i < changes->add.n; i++)
		attrs[changes->set.n + i] = changes->add.v[i];
	return changes->args->dry_run ? lifecycle_check_attrs(dev, attrs, count, reterr) :
					lifecycle_write_attrs(dev, attrs, count, reterr);
}

/*
 * By a script that changes such devices, which gets all of what it is to be: with the attributes
 * that are defined for it, or those that it has by what the script says.
 */
static int change_by_script(struct definition *live, const struct definition *def,
			    const struct changes *changes, char **reterr)
{
	struct arena arena = {0};
	int rc = 0;

	if (def) {
		live->is_auto = def->is_auto;
		live->attrs = def->attrs;
		live->attr_count = def->attr_count;
	} else {
		rc = callout_ask_attributes(live, &arena, reterr);
	}
	if (!rc)
		rc = change(live, &arena, (void *)changes, reterr);
	if (!rc)
		rc = callout_change_live(live, reterr);
	arena_free(&arena);
	return rc;
}

/* Whether a script changes what there is to change: 1, 0, or a negative errno with a reason. */
static int find_script(const struct device *dev, const struct changes *changes, char **reterr)
{
	const struct definition live = callout_device(dev);

	if (changes->args->dry_run || (!changes->set.n && !changes->add.n))
		return 0;
	return callout_find_live(&live, reterr);
}

static int change_live_attrs(struct device *dev, const struct definition *def,
			     const struct changes *changes, bool is_by_script, char **reterr)
{
	struct definition live = callout_device(dev);

	if (!changes->set.n && !changes->add.n)
		return 0;
	if (!is_by_script)
		return write_live(dev, changes, reterr);
	return change_by_script(&live, def && device_is_as_defined(dev, def) ? def : NULL, changes,
				reterr);
}

/* What the nodes are to be: as the definition will say, or the options alone where there is none.
 */
static int wish_for_live(const struct definition *def, const struct modify_args *args,
			 struct node_wish *ret_wish, char **reterr)
{
	unsigned int removed = (args->owner ? NODE_OWNER | NODE_MODE : 0) |
			       (args->mode ? NODE_MODE : 0);
	struct definition wanted = {0};
	int rc;

	wanted.owner = args->owner || !def ? given_text(args->owner) : def->owner;
	wanted.mode = args->mode || !def ? given_text(args->mode) : def->mode;
	rc = node_wish_of(&wanted, ret_wish, reterr);
	if (!rc)
		node_wish_remove(ret_wish, removed);
	return rc;
}

static int change_live_nodes(struct device *dev, const struct definition *def,
			     const struct modify_args *args, struct node_change *ret_change,
			     char **reterr)
{
	struct node_wish wish;
	int rc;

	*ret_change = (struct node_change){0};
	if (!args->owner && !args->mode)
		return 0;
	rc = wish_for_live(def, args, &wish, reterr);
	if (!rc && args->dry_run)
		rc = node_differs(dev, &wish, reterr);
	else if (!rc)
		rc = node_change(dev, &wish, ret_change, reterr);
	return rc < 0 ? rc : 0;
}

/*
 * The nodes first: they get back what they had when an attribute is refused. It stays what it is
 * meanwhile, unless a script changes it, which may run this program.
 */
static int change_live(struct device *dev, const struct definition *def,
		       const struct changes *changes, char **reterr)
{
	struct node_change node = {0};
	_cleanup_close_ int hold = -1;
	char text[IDENTITY_TEXT_SIZE];
	int script = find_script(dev, changes, reterr);
	int rc = script < 0 ? script : 0;
	bool is_given;

	if (!rc && !changes->args->dry_run)
		rc = lifecycle_hold(dev, &hold, reterr);
	if (!rc)
		rc = change_live_nodes(dev, def, changes->args, &node, reterr);
	is_given = node.n && given_text(changes->args->owner);
	if (script > 0) {
		cleanup_close(&hold);
		hold = -1;
	}
	if (!rc)
		rc = change_live_attrs(dev, def, changes, script > 0, reterr);
	node_change_end(&node, rc);
	if (!rc && is_given)
		node_warn_of_group(dev, identity_format(&dev->id, text));
	return rc;
}

/* For callout_do(). */
struct modify_step {
	const struct definition *def;
	const struct changes *changes;
};

static struct disk_change modify_act(void *arg, char **reterr)
{
	const struct modify_step *step = arg;

	return store_change(step->def, change, (void *)step->changes, reterr);
}

/* Scripts are asked for what it will be, unless it is so already. */
static struct disk_change change_defined(const struct definition *def,
					 const struct changes *changes, char **reterr)
{
	enum callout_flags flags = changes->args->force ? CALLOUT_FORCE : 0;
	struct modify_step step = {def, changes};
	struct definition new = *def;
	struct arena arena = {0};
	struct disk_change made;
	int rc = change(&new, &arena, (void *)changes, reterr);

	new.parent_name = changes->parent_name;
	if (rc)
		made = disk_change_of(rc);
	else if (definition_same(def, &new))
		made = modify_act(&step, reterr);
	else
		made = callout_do(SCRIPT_MODIFY, &new, flags, modify_act, &step, reterr);
	arena_free(&arena);
	return made;
}

/* The live device first, for it may refuse. */
static struct disk_change change_both(struct device *dev, struct definition *def,
				      const struct changes *changes, char **reterr)
{
	struct disk_change made;
	int rc = 0;

	if (changes->args->live && !dev) {
		set_text(reterr, "it is not live%s", core_hint(-ENODEV));
		return disk_change_of(-ENODEV);
	}
	if (def && (dev || changes->args->dry_run))
		rc = store_check_change(def, change, (void *)changes, reterr);
	if (dev && !rc)
		rc = change_live(dev, def, changes, reterr);
	if (rc || !def || changes->args->dry_run)
		return disk_change_of(rc);
	made = change_defined(def, changes, reterr);
	if (made.kind == CHANGE_FAILED && dev)
		set_text(reterr, "the live device was changed, the definition not: %s", *reterr);
	return made;
}

PRINTF_LIKE(1, 2)
static void foresee(const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	struct buf line = {0};
	va_list args;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	buf_add_visible(&line, text);
	output_summary("  %s", line.data);
	buf_free(&line);
}

/*
 * With --dry-run: a line for the definition, or for a device without one, and below it what would
 * change, in the order in which it would. One of dev and def is there.
 */
static void modify_foresee(const struct device *dev, struct definition *def,
			   const struct changes *changes, const struct outcome *outcome)
{
	const struct modify_args *args = changes->args;
	struct device defined;

	if (def)
		defined = cmd_device_of(def);
	if (def || dev)
		output_device(def ? &defined : dev, outcome);
	if (args->is_auto || args->is_manual)
		foresee("auto = %s", args->is_auto ? "yes" : "no");
	if (args->parent)
		foresee("parent = %s", args->parent);
	if (args->type)
		foresee("type = %s", changes->type);
	if (args->params)
		foresee("params = %s", args->params);
	if (args->description)
		foresee("description = %s", args->description);
	if (args->owner)
		foresee("owner = %s", args->owner);
	if (args->mode)
		foresee("mode = %s", args->mode);
	for (size_t i = 0; i < args->remove_attrs.n; i++)
		foresee("remove attr %s", args->remove_attrs.v[i]);
	for (size_t i = 0; i < changes->set.n; i++)
		foresee("set attr %s = %s", changes->set.v[i].name, changes->set.v[i].value);
	for (size_t i = 0; i < changes->add.n; i++)
		foresee("add attr %s = %s", changes->add.v[i].name, changes->add.v[i].value);
}

/* The definition for another parent, or to be for another one, is not the one that counts. */
static unsigned int modify_needs(const struct modify_args *args)
{
	return NEED_DEFINITIONS | NEED_DEVICES | (args->of || args->parent ? NEED_ALL : 0);
}

/* What there is now, read again. Where the definition cannot be: FAILED, and why. */
static int modify_print(const struct modify_args *args, const struct identity *id, bool is_defined,
			const struct outcome *outcome)
{
	struct inventory now = {0};
	int status = DONE;

	inventory_load_identity(&now, modify_needs(args), id);
	for (size_t i = 0; i < now.devices.n; i++)
		if (identity_compare(&now.devices.v[i].id, id) == 0)
			output_device(&now.devices.v[i], outcome);
	if (is_defined && !now.definitions.n)
		status = cmd_report_problems(&now);
	inventory_free(&now);
	return status;
}

static int modify(struct inventory *inventory, const struct identity *id, struct definition *def,
		  const struct changes *changes)
{
	struct device *dev = changes->args->live ? device_list_find_live(&inventory->devices, id) :
						   NULL;
	_cleanup_free_ char *error = NULL;
	struct disk_change made = change_both(dev, def, changes, &error);
	const struct outcome outcome = cmd_outcome(made, error);
	int status = cmd_say_change("modify", id, made, error), printed;

	if (!output_is_json()) {
		if (changes->args->dry_run && status == DONE)
			modify_foresee(dev, def, changes, &outcome);
		return status;
	}
	printed = modify_print(changes->args, id, def != NULL, &outcome);
	return status == DONE ? printed : status;
}

static bool is_defined(const struct device *dev)
{
	return dev->def != NULL;
}

static int find_and_modify(struct inventory *inventory, struct changes *changes, char *word)
{
	const struct modify_args *args = changes->args;
	_cleanup_free_ char *error = NULL;
	struct device_index index;
	struct identity id;
	struct definition *def = NULL;
	int status, rc;

	inventory_load_words(inventory, modify_needs(args), NULL, 1, &word);
	device_index_make(&index, &inventory->devices, args->live ? NULL : is_defined, 1);
	rc = find_identity(&index, word, &id, &error);
	device_index_free(&index);
	if (rc == -EINVAL)
		return cmd_usage(&cmd_modify, "%s", error);
	if (rc) {
		(void)cmd_report_problems(inventory);
		output_fail(code_of(rc), "cannot modify '%s': %s%s", word,
			    args->live || rc != -ENOENT ? error : "it is not defined",
			    args->live ? core_hint(rc) : "");
		return FAILED;
	}
	def = find_definition(inventory, &id, args->of, &status);
	if (status != DONE)
		return status;
	if (!def && (args->of || !args->live)) {
		output_fail(CODE_ABSENT, "cannot modify '%s': it is not defined for '%s'", word,
			    args->of);
		return FAILED;
	}
	if (!def && (args->is_auto || args->is_manual || args->description)) {
		output_fail(CODE_ABSENT, "cannot modify '%s': it is live, but not defined", word);
		return FAILED;
	}
	if (def)
		status = check_place(inventory, def, changes);
	return status == DONE ? modify(inventory, &id, def, changes) : status;
}

static int modify_run(const struct globals *globals, void *p, int word_count, char **words)
{
	struct inventory inventory = {0};
	struct changes changes = {0};
	int status = check_args(p, &changes);

	if (changes.args->dry_run)
		output_as_actions();
	(void)globals, (void)word_count;
	if (status == DONE)
		status = find_and_modify(&inventory, &changes, words[0]);
	free(changes.set.v);
	free(changes.add.v);
	inventory_free(&inventory);
	return status;
}

const struct command cmd_modify = {
	.name = "modify",
	.summary = "Change a definition, and with --live the device",
	.synopsis = "[OPTION]... UUID[:INSTANCE]",
	.details =
		"Attributes are removed first, then set, then added. No other byte of the file\n"
		"changes. With --live, its nodes get their owner, and attributes are written to\n"
		"the live device; when it refuses one, all gets back what it had before.",
	.words = WORDS_DEFINED,
	.min_words = 1,
	.max_words = 1,
	.options = options,
	.args_size = sizeof(struct modify_args),
	.run = modify_run,
};
