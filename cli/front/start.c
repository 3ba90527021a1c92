// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevctl start, and start-parent-mdevs, which udev runs: make devices live. */
#include "base/msg.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "front/args.h"
#include "front/json_file.h"
#include "front/known.h"
#include "front/say.h"
#include "host/layout.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "store/store.h"

#include <errno.h>

#define GO(field) offsetof(struct args, field)

static const struct option_row start_options[] = {
	{"uuid", 'u', OPTION_TEXT, "UUID", "its UUID; else one is made up and printed", GO(uuid)},
	{"parent", 'p', OPTION_TEXT, "PARENT", "its parent", GO(parent)},
	{"type", 't', OPTION_TEXT, "TYPE", "its type", GO(type)},
	{"jsonfile", 0, OPTION_TEXT, "FILE", "take all else from this file", GO(jsonfile)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{"help", 'h', OPTION_STOP, NULL, "print this help", GO(help)},
	{0},
};

static const struct rule start_rules[] = {
	{RULE_NEEDS, "", {"uuid", "parent"}},
	{RULE_EXCLUDES, "jsonfile", {"type"}},
	{0},
};

/* Why a device cannot be started: the sentence, and what the system said, 0 for nothing. */
struct failure {
	char *what;
	int rc;
};

/*
 * How many instances of a type are left, as the parent said and was made since. The kernel, which
 * knows better, decides; what it refuses is looked up anew.
 */
struct left {
	const char *parent, *type; /* of a definition */
	int32_t count;
};

struct start {
	const struct args *args;
	struct known known;
	struct definition def;
	struct lifecycle_creator creator;
	struct left *left; /* one for each type that was asked for */
	size_t left_count;
	struct arena arena;
};

static void start_free(struct start *start)
{
	lifecycle_creator_close(&start->creator);
	free(start->left);
	known_free(&start->known);
	arena_free(&start->arena);
}

static bool start_is_parent_there(const struct definition *def)
{
	_cleanup_free_ char *folder = layout_parent(def->parent_name, "");

	return sysfs_exists(SYSFS_TOP, folder);
}

/* The one whose parent is there, if it is the only one; else none. */
static struct definition *start_only_present(const struct known *known)
{
	struct definition *present = NULL;

	for (size_t i = 0; i < known->n; i++) {
		if (!start_is_parent_there(known->v[i]))
			continue;
		if (present)
			return NULL;
		present = known->v[i];
	}
	return present;
}

/* From the definition of the UUID. *ret_is_defined: there is one. */
static int start_from_stored(struct start *start, bool *ret_is_defined)
{
	const struct args *args = start->args;
	struct known *known = &start->known;
	struct definition *def;
	char uuid[IDENTITY_TEXT_SIZE];

	*ret_is_defined = false;
	known_load(known, args->id, args->parent, 0);
	known_warn_strangers(known, args->parent);
	identity_format(args->id, uuid);
	if (known_is_broken(known, args->id, args->parent) ||
	    known_is_unread(known, args->parent, 0))
		return FAILED;
	if (!known->n)
		return DONE;
	def = known->n == 1 ? known->v[0] : start_only_present(known);
	if (!def)
		return say_error(
			"Multiple definitions found for device %s. Please specify a parent.", uuid);
	if (args->type && strcmp(args->type, def->type) != 0)
		return say_error("Device %s already exists on parent %s with type %s", uuid,
				 def->parent_name, def->type);
	*ret_is_defined = true;
	start->def = *def;
	return DONE;
}

static int start_from_options(struct start *start)
{
	const struct args *args = start->args;

	if (!args->parent && args->type)
		return say_error("can't provide type without parent");
	if (!args->parent || !args->type)
		return say_error("Device is insufficiently specified");
	start->def.parent = start->def.parent_name = args->parent;
	start->def.type = args->type;
	return DONE;
}

static int start_from_file(struct start *start)
{
	const struct args *args = start->args;
	_cleanup_free_ char *shown = say_path(args->jsonfile);
	int fd;

	if (!args->parent)
		return say_error("Parent device required to start device via json file");
	fd = json_file_open(args->jsonfile);
	if (fd < 0)
		return say_error_of(fd, "Unable to read jsonfile %s", shown);
	start->def.parent = start->def.parent_name = args->parent;
	return json_file_read(fd, args->jsonfile, &start->def, &start->arena);
}

static int start_find(struct start *start)
{
	bool is_defined = false;
	int status = DONE;

	if (start->args->jsonfile)
		return start_from_file(start);
	if (start->args->id)
		status = start_from_stored(start, &is_defined);
	if (status == DONE && !is_defined)
		status = start_from_options(start);
	return status;
}

PRINTF_LIKE(3, 4)
static bool fail(struct failure *failure, int rc, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	failure->what = xvasprintf(fmt, args);
	failure->rc = rc;
	va_end(args);
	return false;
}

static bool start_check_live(const struct definition *def, const struct device *dev,
			     struct failure *failure)
{
	if (!dev)
		return true;
	if (strcmp(dev->parent, def->parent_name) != 0)
		return fail(failure, 0, "Device exists under different parent");
	if (strcmp(dev->type, def->type) != 0)
		return fail(failure, 0, "Device exists with different type");
	return fail(failure, 0, "Device already exists");
}

/* A parent whose name differs in case alone, or by the domain that a PCI address may lack. */
static const char *start_find_near(const struct strlist *parents, const char *name)
{
	_cleanup_free_ char *address = pci_address(name);

	for (size_t i = 0; i < parents->n; i++)
		if (strcasecmp(parents->v[i], name) == 0 ||
		    (address && strcmp(parents->v[i], address) == 0))
			return parents->v[i];
	return NULL;
}

static bool start_fail_absent(const char *parent, struct failure *failure)
{
	struct strlist parents = {0};
	const char *near;

	(void)live_parents(&parents);
	near = start_find_near(&parents, parent);
	(void)fail(failure, 0, "Unable to find parent device '%s'%s%s%s", parent,
		   near ? ". Did you mean '" : "", near ? near : "", near ? "'?" : "");
	strlist_free(&parents);
	return false;
}

/* Why a type's instances cannot be counted, for which reading said rc. */
static bool start_fail_place(const struct definition *def, int rc, struct failure *failure)
{
	_cleanup_free_ char *parent = layout_parent(def->parent_name, "");
	_cleanup_free_ char *types = layout_parent(def->parent_name, LAYOUT_TYPES);
	_cleanup_free_ char *type = layout_type(def->parent_name, def->type, LAYOUT_CREATE);

	if (!name_is_safe(def->parent_name) || !sysfs_exists(SYSFS_TOP, parent))
		return start_fail_absent(def->parent_name, failure);
	if (!sysfs_exists(SYSFS_TOP, types))
		return fail(failure, 0, "Parent %s is not currently registered for mdev support",
			    def->parent_name);
	if (!name_is_safe(def->type) || !sysfs_exists(SYSFS_TOP, type))
		return fail(failure, 0, "Parent %s does not support mdev type %s", def->parent_name,
			    def->type);
	return fail(failure, rc, "Instances of %s on %s cannot be counted", def->type,
		    def->parent_name);
}

/* A parent whose type can be read is there: why it is not is asked only where it cannot. */
static bool start_count_left(const struct definition *def, int32_t *ret_count,
			     struct failure *failure)
{
	_cleanup_free_ char *left = layout_type(def->parent_name, def->type, LAYOUT_AVAILABLE);
	_cleanup_free_ char *available = NULL;
	int rc = -ENOENT;

	if (name_is_safe(def->parent_name) && name_is_safe(def->type))
		rc = sysfs_try_read(SYSFS_TOP, left, &available);
	if (!rc)
		rc = parse_i32(available, ret_count);
	if (rc)
		return start_fail_place(def, rc, failure);
	if (*ret_count == 0)
		return fail(failure, 0, "No available instances of %s on %s", def->type,
			    def->parent_name);
	return true;
}

static struct left *start_left(struct start *start, const struct definition *def)
{
	for (size_t i = 0; i < start->left_count; i++)
		if (strcmp(start->left[i].type, def->type) == 0 &&
		    strcmp(start->left[i].parent, def->parent_name) == 0)
			return &start->left[i];
	start->left = xgrow(start->left, start->left_count, sizeof(*start->left));
	start->left[start->left_count] = (struct left){def->parent_name, def->type, 0};
	return &start->left[start->left_count++];
}

/* What lifecycle_create() could not do, as mdevctl says it. */
static bool start_fail_create(const struct start *start, const struct definition *def, int rc,
			      const char *error, struct failure *failure)
{
	const struct lifecycle_failure *cause = &start->creator.failure;
	char uuid[IDENTITY_TEXT_SIZE];

	identity_format(&def->id, uuid);
	if (cause->undo)
		msg_warning("Device %s could not be removed again: %s", uuid,
			    strerror(-cause->undo));
	switch (cause->step) {
	case LIFECYCLE_FORM:
	case LIFECYCLE_NODE:
		return fail(failure, 0, "Failed to create mdev %s: %s", uuid, error);
	case LIFECYCLE_CREATE:
		return fail(failure, rc, "Failed to create mdev %s, type %s on %s", uuid, def->type,
			    def->parent_name);
	case LIFECYCLE_NO_ATTRIBUTE:
		return fail(failure, 0, "Invalid attribute '%s'", cause->attr->name);
	case LIFECYCLE_ATTRIBUTE:
		break;
	}
	return fail(failure, rc, "Failed to write %s to attribute %s", cause->attr->value,
		    cause->attr->name);
}

/* An attribute that leads out of the device, or is not the driver's, is none. */
static bool start_check_attrs(const struct definition *def, struct failure *failure)
{
	for (size_t i = 0; i < def->attr_count; i++)
		if (!attr_name_is_valid(def->attrs[i].name) ||
		    layout_is_kernels(def->attrs[i].name))
			return fail(failure, 0, "Invalid attribute '%s'", def->attrs[i].name);
	return true;
}

/*
 * Makes the instance, if nothing speaks against it. False, and why not. dev: the live device of
 * that identity, or NULL.
 */
static bool start_make(struct start *start, const struct definition *def, const struct device *dev,
		       struct failure *failure)
{
	struct left *left = start_left(start, def);
	bool is_known = left->count > 0;
	_cleanup_free_ char *error = NULL;
	int rc;

	if (!start_check_live(def, dev, failure) ||
	    (!is_known && !start_count_left(def, &left->count, failure)) ||
	    !start_check_attrs(def, failure))
		return false;
	rc = lifecycle_create(&start->creator, def, &error);
	left->count -= left->count > 0;
	if (!rc)
		return true;
	left->count = 0;
	if (is_known && start->creator.failure.step == LIFECYCLE_CREATE &&
	    !start_count_left(def, &left->count, failure))
		return false;
	return start_fail_create(start, def, rc, error, failure);
}

static int start_print(const struct definition *def)
{
	char uuid[IDENTITY_TEXT_SIZE];
	struct buf text = {0};
	int status;

	buf_addf(&text, "%s\n", identity_format(&def->id, uuid));
	status = say_output(&text, "Failed to write data");
	buf_free(&text);
	return status;
}

/* With its scripts. Prints the UUID where the command line did not say it. */
static int start_one(void *arg)
{
	struct start *start = arg;
	enum callout_flags flags = start->args->force ? CALLOUT_FORCE : 0;
	_cleanup_free_ char *error = NULL;
	struct failure failure = {0};
	struct callout callout;
	int status = DONE;

	if (store_check_trust(&start->def, &error) < 0)
		return say_error("%s: %s", start->def.file, error);
	if (callout_begin(&callout, SCRIPT_START, &start->def, flags, &error))
		status = say_callout(&callout, error);
	else if (!start_make(start, &start->def,
			     lifecycle_find_live(&start->creator, &start->def.id), &failure))
		status = failure.rc ? say_error_of(failure.rc, "%s", failure.what) :
				      say_error("%s", failure.what);
	callout_end(&callout, status == DONE);
	free(failure.what);
	return status == DONE && !start->args->id ? start_print(&start->def) : status;
}

static int start_new(struct start *start)
{
	_cleanup_free_ char *error = NULL;

	if (identity_make(&start->def.id, &error))
		return say_error("No UUID can be made up: %s", error);
	return cmd_make_new(start_one, start, &start->def.id, "started");
}

static int start_run(const struct args *args, const char *word)
{
	struct start start = {.args = args};
	int status = start_find(&start);

	(void)word;
	if (args->id)
		start.def.id = *args->id;
	if (status == DONE)
		status = args->id ? start_one(&start) : start_new(&start);
	start_free(&start);
	return status;
}

/* For udev nobody waits: what fails is a warning, a line for each reason. */
static void start_of_parent(struct start *start, const struct definition *def)
{
	const struct device *dev = lifecycle_find_live(&start->creator, &def->id);
	_cleanup_free_ char *error = NULL;
	struct failure failure = {0};
	struct callout callout;
	bool is_made = false;

	if (dev && device_is_as_defined(dev, def))
		return;
	if (store_check_trust(def, &error) < 0) {
		msg_warning("%s: %s", def->file, error);
		return;
	}
	if (callout_begin(&callout, SCRIPT_START, def, 0, &error)) {
		msg_warning("%s", error);
	} else {
		/* A script may have done anything meanwhile. */
		if (callout.service)
			dev = lifecycle_find_live(&start->creator, &def->id);
		is_made = start_make(start, def, dev, &failure);
	}
	callout_end(&callout, is_made);
	if (failure.what)
		msg_warning("%s", failure.what);
	if (failure.rc)
		msg_warning("%s (os error %d)", strerror(-failure.rc), -failure.rc);
	free(failure.what);
}

static int start_parent_run(const struct args *args, const char *parent)
{
	struct start start = {.args = args};

	callout_limit(CALLOUT_EVENT_SECONDS);
	known_load(&start.known, NULL, parent, 0);
	known_warn(&start.known, parent);
	for (size_t i = 0; i < start.known.n; i++)
		if (start.known.v[i]->is_auto)
			start_of_parent(&start, start.known.v[i]);
	start_free(&start);
	return DONE;
}

const struct verb verb_start = {
	.command =
		{
			.name = "start",
			.summary = "Make a device live, as it is defined or as it is said here",
			.synopsis = " [OPTION]...",
			.words = WORDS_TO_CREATE,
			.options = start_options,
		},
	.rules = start_rules,
	.run = start_run,
};

static const struct option_row start_parent_options[] = {
	{"help", 'h', OPTION_STOP, NULL, "print this help", GO(help)},
	{0},
};

static const struct rule no_rules[] = {{0}};

const struct verb verb_start_parent = {
	.command =
		{
			.name = "start-parent-mdevs",
			.summary = "Make live what is defined for a parent as auto",
			.synopsis = " PARENT",
			.words = WORDS_PARENTS,
			.min_words = 1,
			.max_words = 1,
			.options = start_parent_options,
		},
	.rules = no_rules,
	.run = start_parent_run,
};
