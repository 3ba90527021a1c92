// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev apply: bring the host to what is defined. This is what udev runs. */
#include "base/file.h"
#include "base/msg.h"
#include "base/run_state.h"
#include "model/plan.h"
#include "host/core.h"
#include "host/holder.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "verb/cmd.h"

#include <errno.h>
#include <fcntl.h>

/* Longer than an honest apply of one parent; a stuck one must not hold up all that follow. */
#define LOCK_SECONDS 60

struct apply_args {
	const char *parent;
	bool all, prune, dry_run;
};

#define GO(field) offsetof(struct apply_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "only what concerns this parent", GO(parent)},
	{"all", 0, OPTION_FLAG, NULL, "create what is not auto, too", GO(all)},
	{"prune", 0, OPTION_FLAG, NULL, "destroy what is not defined", GO(prune)},
	{"dry-run", 'n', OPTION_FLAG, NULL, "print what would be done, do nothing", GO(dry_run)},
	{0},
};

struct run {
	const struct globals *globals;
	bool dry_run;
	struct inventory inventory;
	struct lifecycle_creator creator;
	struct said said; /* with --syslog: what is said once after a boot, not at each event */
	int status;
};

PRINTF_LIKE(2, 3) static void complain(struct run *run, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	if (!run->globals->syslog || run->dry_run || said_add(&run->said, text))
		msg_error("%s", text);
	run->status = FAILED;
}

static const struct identity *action_identity(const struct action *action)
{
	return action->def ? &action->def->id : &action->dev->id;
}

static void apply_print(const struct run *run, const struct action *action, enum code code,
			const char *error)
{
	bool would_change = action->kind == ACTION_CREATE || action->kind == ACTION_DESTROY;
	const struct outcome outcome = {
		.action = action_name(action->kind),
		.is_changed = !error && would_change,
		.code = code,
		.error = error,
	};
	struct device dev = action->dev ? *action->dev : cmd_device_of(action->def);
	char name[IDENTITY_TEXT_SIZE];

	dev.def = action->def;
	if (!run->dry_run && !error && action->kind == ACTION_CREATE)
		dev.name = lifecycle_name(action->def, name);
	else if (!run->dry_run && !error && action->kind == ACTION_DESTROY)
		dev.name = NULL;
	output_device(&dev, &outcome);
}

static void apply_fail(struct run *run, const struct action *action, enum code code,
		       const char *what, const char *error)
{
	char text[IDENTITY_TEXT_SIZE];

	identity_format(action_identity(action), text);
	if (action->def)
		complain(run, "%s %s (%s:%u): %s", what, text, action->def->file, action->def->line,
			 error);
	else
		complain(run, "%s %s: %s", what, text, error);
	apply_print(run, action, code, error);
}

/*
 * What a refusal turns out to be when it is nothing to complain of: somebody else was first, or the
 * identity is live by another definition of it, or the parent is on its way out. ACTION_CREATE
 * when it is none of that.
 */
static enum action_kind find_excuse(struct run *run, struct action *action, int rc)
{
	const struct definition *def = NULL;
	const struct device *dev;

	if (live_type_is_closed(action->def->parent_name, action->def->type))
		return ACTION_ABSENT;
	if (rc != -EEXIST)
		return ACTION_CREATE;
	dev = lifecycle_find_live(&run->creator, &action->def->id);
	if (dev)
		def = inventory_definition(&run->inventory, &dev->id, dev->parent);
	if (!def || strcmp(def->type, dev->type) != 0)
		return ACTION_CREATE;
	action->meant = def;
	return def == action->def ? ACTION_KEEP : ACTION_SHADOWED;
}

static void destroy(struct run *run, const struct action *action, const struct holder_list *holders)
{
	_cleanup_free_ char *error = NULL;
	struct device *dev = action->dev;
	int rc = -EBUSY;

	if (holders->n || (!core_is_extended() && holder_has_group_open(dev))) {
		_cleanup_free_ char *who = holder_describe(holders->v, holders->n);

		set_text(&error, "it is in use by %s", who);
		dev->holders = holders->v;
		dev->holder_count = holders->n;
	} else {
		rc = lifecycle_destroy(dev, &error);
	}
	if (rc)
		apply_fail(run, action, code_of(rc), "cannot destroy", error);
	else
		apply_print(run, action, CODE_NONE, NULL);
}

static void report_difference(struct run *run, const struct action *action)
{
	_cleanup_free_ char *error = xasprintf(
		"it is live on parent '%s' with type '%s', but defined for parent '%s' with type '%s' (destroy it to have it made anew)",
		action->dev->parent, action->dev->type, action->def->parent_name,
		action->def->type);

	apply_fail(run, action, CODE_DIFFERS, "left alone:", error);
}

static void say_shadowed(const struct definition *meant, const struct definition *def)
{
	char text[IDENTITY_TEXT_SIZE];

	msg_warning("%s: %s:%u for parent '%s' is meant, not %s:%u for '%s'",
		    identity_format(&def->id, text), meant->file, meant->line, meant->parent,
		    def->file, def->line, def->parent);
}

/* An absent parent is told to those who ask for more, a choice to who is there to read it. */
static void pass_over(struct run *run, const struct action *action)
{
	char text[IDENTITY_TEXT_SIZE];

	identity_format(action_identity(action), text);
	if (action->kind == ACTION_ABSENT)
		msg_info("%s: its parent '%s' is not there, ignoring", text, action->def->parent);
	else if (action->kind == ACTION_SHADOWED && !run->globals->syslog)
		say_shadowed(action->meant, action->def);
	if (output_is_json())
		apply_print(run, action, CODE_NONE, NULL);
}

static void create(struct run *run, struct action *action)
{
	const struct definition *def = action->def;
	_cleanup_free_ char *error = NULL;
	int rc = 0;

	if ((def->params || def->id.instance) && !core_is_extended())
		rc = lifecycle_check(&run->creator, def, &error);
	if (!rc)
		rc = lifecycle_create(&run->creator, def, &error);
	if (rc)
		action->kind = find_excuse(run, action, rc);
	if (!rc)
		apply_print(run, action, CODE_NONE, NULL);
	else if (action->kind == ACTION_CREATE)
		apply_fail(run, action, code_of(rc), "cannot create", error);
	else
		pass_over(run, action);
}

/* holders: who was seen to have a device open that is to be destroyed */
static void carry_out(struct run *run, struct action *action, const struct holder_list *holders)
{
	if (run->dry_run) {
		apply_print(run, action, CODE_NONE, NULL);
		return;
	}
	switch (action->kind) {
	case ACTION_CREATE:
		create(run, action);
		return;
	case ACTION_DESTROY:
		destroy(run, action, holders);
		return;
	case ACTION_DIFFERS:
		report_difference(run, action);
		return;
	default:
		pass_over(run, action);
	}
}

/* A number for a name. Two names of one number wait for one another, that is all. */
static uint32_t number_of(const char *name)
{
	uint32_t number = 0;

	for (; *name; name++)
		number = number * 31 + (unsigned char)*name;
	return number;
}

/*
 * One apply of a parent at a time: udev starts one for each event, and the second of two must not
 * find instances whose attributes the first is still writing. Those of different parents do not
 * wait for one another, for a driver may take its time. A parent stands for a byte of the file;
 * all of it for all parents (NULL). The file stays, it holds nothing.
 */
static int take_lock(const char *parent)
{
	_cleanup_free_ char *path = root_path("run/mdev.lock");
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = fd < 0 ? -errno :
			  lock_wait_range(fd, parent ? number_of(parent) : 0, parent ? 1 : 0,
					  LOCK_SECONDS);

	if (!rc)
		return fd;
	output_fail(code_of(rc), "%s: %s%s", path,
		    rc == -ETIMEDOUT ? "another apply keeps it locked" : strerror(-rc),
		    root_hint(rc));
	cleanup_close(&fd);
	return rc;
}

static bool concerns(const struct inventory *inventory, const char *parent)
{
	for (size_t i = 0; i < inventory->definitions.n; i++) {
		const char *name = inventory->definitions.v[i]->parent_name;

		if (!parent || (name && strcmp(name, parent) == 0))
			return true;
	}
	return false;
}

/* Of the devices to destroy, which come first in a plan; one look at the processes for all. */
static struct holder_list *find_holders(const struct plan *plan, size_t destroy_count)
{
	_cleanup_free_ struct device **devs = xcalloc(destroy_count, sizeof(struct device *));
	struct holder_list *holders = xcalloc(destroy_count, sizeof(*holders));

	for (size_t i = 0; i < destroy_count; i++)
		devs[i] = plan->v[i].dev;
	holder_find(devs, destroy_count, holders);
	return holders;
}

static void carry_out_all(struct run *run, const struct plan_wish *wish)
{
	_cleanup_free_ struct holder_list *holders = NULL;
	size_t destroy_count = 0;
	struct plan plan;

	inventory_load_devices(&run->inventory, wish->parent);
	plan_make(&run->inventory.definitions, &run->inventory.devices, wish, &plan);
	while (destroy_count < plan.n && plan.v[destroy_count].kind == ACTION_DESTROY)
		destroy_count++;
	holders = find_holders(&plan, destroy_count);
	for (size_t i = 0; i < plan.n; i++)
		carry_out(run, &plan.v[i], i < destroy_count ? &holders[i] : NULL);
	for (size_t i = 0; i < destroy_count; i++)
		holder_list_free(&holders[i]);
	plan_free(&plan);
	lifecycle_creator_close(&run->creator);
}

static void apply_report_problem(struct run *run, const char *text)
{
	complain(run, "%s", text);
	output_word(NULL, &(struct outcome){.code = CODE_UNREADABLE, .error = text});
}

/* What is wrong in the files is nothing to do with the parent that udev asks about. */
static void report_problems(struct run *run)
{
	const struct problem_list *problems = &run->inventory.problems;

	for (size_t i = 0; i < problems->n; i++)
		apply_report_problem(run, problems->v[i].text);
}

static void apply(struct run *run, const struct plan_wish *wish)
{
	_cleanup_close_ int lock = run->dry_run ? -1 : take_lock(wish->parent);

	if (lock < 0 && !run->dry_run)
		run->status = FAILED;
	else
		carry_out_all(run, wish);
}

/*
 * udev asks about a parent that it has seen. One that went again meanwhile is no failure then, as
 * no definition is one whose parent is not there.
 */
static bool has_gone(struct run *run, const char *parent)
{
	_cleanup_free_ char *error = NULL;
	const char *name;

	return parent && run->globals->syslog &&
	       parent_resolve(&run->inventory.parents, parent, &name, &error) == -ENOENT;
}

static int apply_to(struct run *run, const char *parent, struct plan_wish *wish)
{
	/* Nothing is defined on most hosts that udev asks about. */
	bool is_empty = !run->inventory.definitions.n && !wish->prune;
	int status = DONE;

	if (!is_empty && has_gone(run, parent))
		return DONE;
	if (!is_empty)
		status = cmd_parent(&cmd_apply, &run->inventory, parent, &wish->parent);
	if (status != DONE)
		return status;
	report_problems(run);
	if (!is_empty && (wish->prune || concerns(&run->inventory, wish->parent)))
		apply(run, wish);
	return run->status;
}

static int run_apply(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct apply_args *args = p;
	struct plan_wish wish = {.all = args->all, .prune = args->prune};
	struct run run = {.globals = globals,
			  .dry_run = args->dry_run,
			  .creator = LIFECYCLE_CREATOR,
			  .said = SAID};
	int status;

	(void)word_count, (void)words;
	inventory_load_definitions(&run.inventory);
	if (wish.prune && run.inventory.problems.n) {
		msg_error(
			"nothing is destroyed: a definition that cannot be read could be of a live device");
		wish.prune = false;
	}
	if (!globals->syslog && !args->dry_run)
		said_forget();
	status = apply_to(&run, args->parent, &wish);
	said_end(&run.said);
	inventory_free(&run.inventory);
	/* The log has what failed; udev would add the status to it, at each event anew. */
	return globals->syslog && status == FAILED ? DONE : status;
}

const struct command cmd_apply = {
	.name = "apply",
	.summary = "Bring the host to what is defined: create what is auto and missing",
	.synopsis = "[OPTION]...",
	.details = "A device that is live as defined is left alone; one that differs is reported.\n"
		   "Where a definition or a parent fails, the others are still done, and the exit\n"
		   "status is 1. A parent that is not there is no failure.",
	.min_words = 0,
	.max_words = 0,
	.options = options,
	.output = OUTPUT_ACTION,
	.args_size = sizeof(struct apply_args),
	.run = run_apply,
};
