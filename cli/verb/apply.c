// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev apply: bring the host to what is defined. This is what udev runs. */
#include "base/msg.h"
#include "base/run_state.h"
#include "base/unread.h"
#include "model/plan.h"
#include "host/absent.h"
#include "host/core.h"
#include "host/holder.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "store/store.h"
#include "verb/cmd.h"

#include <errno.h>

/* Longer than an honest apply of one parent; a stuck one must not hold up all that follow. */
#define APPLY_LOCK_SECONDS 60

struct apply_args {
	const char *parent;
	bool all, prune, dry_run, event;
};

#define GO(field) offsetof(struct apply_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "only what concerns this parent", GO(parent)},
	{"all", 0, OPTION_FLAG, NULL, "create what is not auto, too", GO(all)},
	{"prune", 0, OPTION_FLAG, NULL, "destroy what is not defined", GO(prune)},
	{"dry-run", 'n', OPTION_FLAG, NULL, "print what would be done, do nothing", GO(dry_run)},
	/* For the udev rule: nobody waits for the result, and the next event runs it again. */
	{"event", 0, OPTION_FLAG, NULL, OPTION_HIDDEN, GO(event)},
	{0},
};

struct apply {
	const struct apply_args *args;
	struct inventory inventory;
	struct lifecycle_creator creator;
	struct said said; /* with --event: what the log has already */
	const char *distrusted; /* the last file that was said not to be for root to obey */
	size_t counts[ACTION_COUNT], failed;
	int status;
};

/* False where there is no log that takes it, so that the next run says it again. */
static bool apply_say(const char *text)
{
	bool is_heard = msg_is_heard();

	msg_error("%s", text);
	return is_heard;
}

/* Every event of every parent finds the same mistakes: the log has each of them once. */
PRINTF_LIKE(2, 3) static void apply_complain(struct apply *apply, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	if (apply->args->event && !apply->args->dry_run)
		said_once(&apply->said, text, apply_say);
	else
		msg_error("%s", text);
	apply->status = FAILED;
}

static const struct identity *action_identity(const struct action *action)
{
	return action->def ? &action->def->id : &action->dev->id;
}

static void apply_print(const struct apply *apply, const struct action *action, enum code code,
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
	if (!apply->args->dry_run && !error && action->kind == ACTION_CREATE)
		dev.name = lifecycle_name(action->def, name);
	else if (!apply->args->dry_run && !error && action->kind == ACTION_DESTROY)
		dev.name = NULL;
	output_device(&dev, &outcome);
}

static void apply_fail(struct apply *apply, const struct action *action, enum code code,
		       const char *what, const char *error)
{
	char text[IDENTITY_TEXT_SIZE];

	identity_format(action_identity(action), text);
	if (action->def)
		apply_complain(apply, "%s %s (%s:%u): %s", what, text, action->def->file,
			       action->def->line, error);
	else
		apply_complain(apply, "%s %s: %s", what, text, error);
	apply->failed++;
	apply_print(apply, action, code, error);
}

static void apply_done(struct apply *apply, const struct action *action)
{
	apply->counts[action->kind]++;
	apply_print(apply, action, CODE_NONE, NULL);
}

/*
 * What a refused creation turns out to be:
 *   ACTION_ABSENT    the parent is going or gone;
 *   ACTION_KEEP      somebody else was first, and made what this definition says;
 *   ACTION_SHADOWED  somebody else was first, and made what another definition says;
 *   ACTION_CREATE    none of that: a failure.
 */
static enum action_kind explain_refusal(struct apply *apply, struct action *action, int rc)
{
	const struct definition *def = NULL;
	const struct device *dev;

	if (live_type_is_closed(action->def->parent_name, action->def->type))
		return ACTION_ABSENT;
	if (rc != -EEXIST)
		return ACTION_CREATE;
	dev = lifecycle_find_live(&apply->creator, &action->def->id);
	if (dev)
		def = inventory_definition(&apply->inventory, &dev->id, dev->parent);
	if (!def || strcmp(def->type, dev->type) != 0)
		return ACTION_CREATE;
	action->meant = def;
	return def == action->def ? ACTION_KEEP : ACTION_SHADOWED;
}

static void apply_destroy(struct apply *apply, const struct action *action,
			  const struct holder_list *holders)
{
	_cleanup_free_ char *error = NULL;
	struct device *dev = action->dev;
	enum code code = CODE_NONE;

	if (holders->n || (!core_is_extended() && holder_has_group_open(dev))) {
		_cleanup_free_ char *who = holder_describe(holders->v, holders->n);

		code = CODE_BUSY;
		set_text(&error, "it is in use by %s", who);
		dev->holders = holders->v;
		dev->holder_count = holders->n;
	} else if (unread_count()) {
		code = CODE_UNREADABLE;
		set_text(&error, "not everything could be read: it may be in use, or defined");
	} else {
		code = code_of(lifecycle_destroy(dev, &error));
	}
	if (code != CODE_NONE)
		apply_fail(apply, action, code, "cannot destroy", error);
	else
		apply_done(apply, action);
}

static void report_difference(struct apply *apply, const struct action *action)
{
	_cleanup_free_ char *error = xasprintf(
		"it is live on parent '%s' with type '%s', but defined for parent '%s' with type '%s' (destroy it to have it made anew)",
		action->dev->parent, action->dev->type, action->def->parent_name,
		action->def->type);

	apply_fail(apply, action, CODE_DIFFERS, "left alone:", error);
}

static void report_shadowed(const struct definition *meant, const struct definition *def)
{
	char text[IDENTITY_TEXT_SIZE];

	msg_warning("%s: %s:%u for parent '%s' is meant, not %s:%u for '%s'",
		    identity_format(&def->id, text), meant->file, meant->line, meant->parent,
		    def->file, def->line, def->parent);
}

static void report_absent(struct apply *apply, const struct action *action)
{
	struct parent_index *parents = &apply->inventory.parents;
	const struct definition *def = action->def;
	bool is_elsewhere = action->dev && !action->meant;
	_cleanup_free_ char *error = NULL;
	char text[IDENTITY_TEXT_SIZE];
	const char *name;

	/* Other reasons than that it is not there are among the problems of the files. */
	if (!is_elsewhere && parent_resolve(parents, def->parent, &name) != -ENOENT)
		return;
	error = absent_explain(parents, def->parent);
	identity_format(&def->id, text);
	if (is_elsewhere)
		msg_warning(
			"%s: it is live on parent '%s', but defined for parent '%s' (%s:%u): %s; left alone",
			text, action->dev->parent, def->parent, def->file, def->line, error);
	else
		msg_warning("%s (%s:%u): %s, ignoring", text, def->file, def->line, error);
}

/* Nobody reads it when udev runs this; and a parent that comes has an event of its own. */
static void apply_pass_over(struct apply *apply, const struct action *action)
{
	if (action->kind == ACTION_ABSENT && !apply->args->event)
		report_absent(apply, action);
	else if (action->kind == ACTION_SHADOWED && !apply->args->event)
		report_shadowed(action->meant, action->def);
	apply->counts[action->kind]++;
	if (output_is_json())
		apply_print(apply, action, CODE_NONE, NULL);
}

static void apply_create(struct apply *apply, struct action *action)
{
	const struct definition *def = action->def;
	_cleanup_free_ char *error = NULL;
	int rc = 0;

	if ((def->params || def->id.instance) && !core_is_extended())
		rc = lifecycle_check(&apply->creator, def, &error);
	if (!rc)
		rc = lifecycle_create(&apply->creator, def, &error);
	if (rc)
		action->kind = explain_refusal(apply, action, rc);
	if (!rc)
		apply_done(apply, action);
	else if (action->kind == ACTION_CREATE)
		apply_fail(apply, action, code_of(rc), "cannot create", error);
	else
		apply_pass_over(apply, action);
}

/* The file is named once, for all that it defines. */
static bool apply_distrusts(struct apply *apply, const struct action *action)
{
	const struct definition *def = action->def;
	_cleanup_free_ char *error = NULL;
	int rc = store_check_trust(def, &error);
	bool is_new = !apply->distrusted || strcmp(apply->distrusted, def->file) != 0;

	if (error && is_new) {
		apply->distrusted = def->file;
		if (rc)
			apply_complain(apply, "%s: %s", def->file, error);
		else
			msg_warning("%s: %s", def->file, error);
	}
	if (rc) {
		apply->failed++;
		apply_print(apply, action, CODE_PERMISSION, error);
	}
	return rc;
}

/* holders: who was seen to have a device open that is to be destroyed */
static void apply_action(struct apply *apply, struct action *action,
			 const struct holder_list *holders)
{
	if (action->kind == ACTION_CREATE && apply_distrusts(apply, action))
		return;
	if (apply->args->dry_run) {
		apply_print(apply, action, CODE_NONE, NULL);
		return;
	}
	switch (action->kind) {
	case ACTION_CREATE:
		apply_create(apply, action);
		return;
	case ACTION_DESTROY:
		apply_destroy(apply, action, holders);
		return;
	case ACTION_DIFFERS:
		report_difference(apply, action);
		return;
	default:
		apply_pass_over(apply, action);
	}
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

static void apply_plan(struct apply *apply, const struct plan_wish *wish)
{
	_cleanup_free_ struct holder_list *holders = NULL;
	size_t destroy_count = 0;
	struct plan plan;

	inventory_load_devices(&apply->inventory, wish->parent);
	plan_make(&apply->inventory.definitions, &apply->inventory.devices, wish, &plan);
	while (destroy_count < plan.n && plan.v[destroy_count].kind == ACTION_DESTROY)
		destroy_count++;
	holders = find_holders(&plan, destroy_count);
	for (size_t i = 0; i < plan.n; i++)
		apply_action(apply, &plan.v[i], i < destroy_count ? &holders[i] : NULL);
	for (size_t i = 0; i < destroy_count; i++)
		holder_list_free(&holders[i]);
	plan_free(&plan);
	lifecycle_creator_close(&apply->creator);
}

/*
 * One apply of a parent at a time: udev starts one for each event, and the second of two must not
 * find instances whose attributes the first is still writing.
 */
static int apply_locked(struct apply *apply, const struct plan_wish *wish)
{
	_cleanup_free_ char *error = NULL;
	int lock;

	if (apply->args->dry_run) {
		apply_plan(apply, wish);
		return DONE;
	}
	lock = run_state_lock(wish->parent, APPLY_LOCK_SECONDS, &error);
	if (lock < 0) {
		output_fail(code_of(lock), "%s", error);
		return FAILED;
	}
	apply_plan(apply, wish);
	close(lock);
	return DONE;
}

static void apply_report_problem(struct apply *apply, const char *text)
{
	apply_complain(apply, "%s", text);
	output_word(NULL, &(struct outcome){.code = CODE_UNREADABLE, .error = text});
}

/*
 * What is wrong in the files, whichever parent they are for. It comes after the work: a file of a
 * million bad lines holds up no instance that is defined in another one.
 */
static void report_problems(struct apply *apply)
{
	const struct problem_list *problems = &apply->inventory.problems;

	for (size_t i = 0; i < problems->n; i++)
		apply_report_problem(apply, problems->v[i].text);
}

/* What could not be read elsewhere; see base/unread. */
static void report_unread(struct apply *apply)
{
	struct strlist texts = {0};

	unread_take(&texts);
	for (size_t i = 0; i < texts.n; i++)
		apply_report_problem(apply, texts.v[i]);
	strlist_free(&texts);
}

static void count_into(struct buf *text, size_t count, const char *what)
{
	if (count)
		buf_addf(text, "%s%zu %s", text->len ? ", " : "", count, what);
}

/* The last line for a user: "2 created, 5 kept, 1 failed". */
static void apply_summarize(const struct apply *apply)
{
	static const struct {
		enum action_kind kind;
		const char *what;
	} rows[] = {
		{ACTION_DESTROY, "destroyed"},
		{ACTION_CREATE, "created"},
		{ACTION_KEEP, "kept"},
		{ACTION_MANUAL, "not auto"},
		{ACTION_ABSENT, "without their parent"},
		{ACTION_SHADOWED, "shadowed"},
	};
	struct buf text = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		count_into(&text, apply->counts[rows[i].kind], rows[i].what);
	count_into(&text, apply->failed, "failed");
	count_into(&text, apply->inventory.problems.n, "problem(s) in files");
	if (text.len)
		output_summary("%s", text.data);
	else if (apply->args->parent)
		output_summary("nothing is defined for parent '%s'", apply->args->parent);
	else
		output_summary("nothing is defined");
	buf_free(&text);
}

/* Nothing but what was destroyed is lost by not pruning. */
static bool apply_may_prune(const struct apply *apply)
{
	if (!store_is_there())
		msg_error("nothing is destroyed: the folder of definitions is not there");
	else if (apply->inventory.problems.n)
		msg_error(
			"nothing is destroyed: a definition that cannot be read could be of a live device");
	else
		return true;
	return false;
}

/* A parent that udev has seen may be gone again; then its definitions are those of an absent one.
 */
static bool is_gone(struct apply *apply)
{
	const char *name;

	return apply->args->event && apply->args->parent &&
	       parent_resolve(&apply->inventory.parents, apply->args->parent, &name) == -ENOENT;
}

static int apply_all(struct apply *apply)
{
	struct plan_wish wish = {.all = apply->args->all, .prune = apply->args->prune};
	int status;

	inventory_load_definitions(&apply->inventory);
	/* On most hosts nothing is defined for a parent that udev asks about. */
	if ((apply->args->event && !apply->inventory.definitions.n && !wish.prune) ||
	    is_gone(apply)) {
		report_problems(apply);
		return apply->status;
	}
	status = cmd_parent(&cmd_apply, &apply->inventory, apply->args->parent, &wish.parent);
	if (status != DONE)
		return status;
	if (wish.prune && !apply_may_prune(apply)) {
		wish.prune = false;
		apply->status = FAILED;
	}
	if (wish.prune || concerns(&apply->inventory, wish.parent))
		status = apply_locked(apply, &wish);
	report_problems(apply);
	if (status != DONE)
		return status;
	if (!apply->args->event && !apply->args->dry_run)
		apply_summarize(apply);
	return apply->status;
}

static int apply_run(const struct globals *globals, void *p, int word_count, char **words)
{
	struct apply apply = {.args = p, .said = SAID};
	int status;

	(void)globals, (void)word_count, (void)words;
	/* Somebody looks at it now; afterwards the log may have all of it once more. */
	if (!apply.args->event && !apply.args->dry_run)
		said_forget();
	status = apply_all(&apply);
	report_unread(&apply);
	status = status == DONE ? apply.status : status;
	said_end(&apply.said);
	inventory_free(&apply.inventory);
	/* The log has what failed; udev would add the status to it, at each event anew. */
	return apply.args->event && status == FAILED ? DONE : status;
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
	.run = apply_run,
};
