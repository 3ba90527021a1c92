// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries out a plan: does each action, and says what became of it. */
#include "verb/enact.h"

#include "base/msg.h"
#include "base/unread.h"
#include "host/absent.h"
#include "host/card.h"
#include "host/holder.h"
#include "host/kind.h"
#include "host/live.h"
#include "host/node.h"
#include "host/udev.h"
#include "out/output.h"
#include "store/store.h"
#include "verb/cmd.h"

#include <errno.h>

/* False where there is no log that takes it, so that the next run says it again. */
static bool enact_say(const char *text)
{
	bool is_heard = msg_is_heard();

	msg_error("%s", text);
	return is_heard;
}

void enact_complain(struct enactment *enactment, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	if (enactment->flags == ENACT_EVENT)
		said_once(&enactment->said, text, enact_say);
	else
		msg_error("%s", text);
	enactment->status = FAILED;
}

static const struct identity *action_identity(const struct action *action)
{
	return action->def ? &action->def->id : &action->dev->id;
}

/* The word of the command line that named a device, or NULL. */
static const char *find_word(const struct enactment *enactment, const struct identity *id)
{
	const struct device_list *named = enactment->named;

	for (size_t i = 0; named && i < named->n; i++)
		if (named->v[i].word && identity_compare(&named->v[i].id, id) == 0)
			return named->v[i].word;
	return NULL;
}

static void enact_print(const struct enactment *enactment, const struct action *action,
			enum code code, const char *error)
{
	bool would_change = action->kind == ACTION_CREATE || action->kind == ACTION_DESTROY ||
			    action->kind == ACTION_OWN;
	const struct outcome outcome = {
		.action = action_name(action->kind),
		.is_changed = !error && would_change,
		.code = code,
		.error = error,
	};
	struct device dev = action->dev ? *action->dev : cmd_device_of(action->def);

	dev.def = action->def;
	dev.word = find_word(enactment, &dev.id);
	if (!(enactment->flags & ENACT_DRY_RUN) && !error && action->kind == ACTION_CREATE) {
		dev.kind = enactment->creator.made.kind;
		dev.name = enactment->creator.made.name;
		dev.vf = enactment->creator.made.vf;
	} else if (!(enactment->flags & ENACT_DRY_RUN) && !error &&
		   action->kind == ACTION_DESTROY) {
		dev.name = NULL;
	}
	output_device(&dev, &outcome);
}

static void enact_fail(struct enactment *enactment, const struct action *action, enum code code,
		       const char *what, const char *error)
{
	char text[IDENTITY_TEXT_SIZE];

	identity_format(action_identity(action), text);
	if (action->def)
		enact_complain(enactment, "%s %s (%s:%u): %s", what, text, action->def->file,
			       action->def->line, error);
	else
		enact_complain(enactment, "%s %s: %s", what, text, error);
	enactment->failed++;
	enact_print(enactment, action, code, error);
}

static void enact_done(struct enactment *enactment, const struct action *action)
{
	enactment->counts[action->kind]++;
	enact_print(enactment, action, CODE_NONE, NULL);
}

/*
 * What a refused creation turns out to be:
 *   ACTION_ABSENT    the parent is going or gone;
 *   ACTION_KEEP      somebody else was first, and made what this definition says;
 *   ACTION_SHADOWED  somebody else was first, and made what another definition says;
 *   ACTION_CREATE    none of that: a failure.
 */
static enum action_kind explain_refusal(struct enactment *enactment, struct action *action, int rc)
{
	const struct definition *def = NULL;
	const struct device *dev;

	if (live_type_is_closed(action->def->parent_name, action->def->type))
		return ACTION_ABSENT;
	if (rc != -EEXIST)
		return ACTION_CREATE;
	dev = lifecycle_find_live(&enactment->creator, &action->def->id);
	if (dev)
		def = inventory_definition(enactment->inventory, &dev->id, dev->parent);
	if (!def || strcmp(def->type, dev->type) != 0)
		return ACTION_CREATE;
	action->meant = def;
	return def == action->def ? ACTION_KEEP : ACTION_SHADOWED;
}

/* For callout_do(): one action of a plan. */
struct enact_step {
	struct enactment *enactment;
	const struct action *action;
};

/* Only while it is done, where scripts come before and after it; see enact_plan(). */
static int enact_lock(const char *parent, int *ret_lock, char **reterr)
{
	if (!callout_is_any())
		return 0;
	*ret_lock = run_state_lock(parent, ENACT_LOCK_SECONDS, reterr);
	return *ret_lock < 0 ? *ret_lock : 0;
}

/* On the kernel's own core somebody may have opened it while scripts took their time. */
static struct disk_change enact_remove(void *arg, char **reterr)
{
	const struct enact_step *step = arg;
	struct device *dev = step->action->dev;
	_cleanup_close_ int lock = -1;
	int rc = enact_lock(dev->parent, &lock, reterr);

	if (!rc && lock >= 0 && !kind_guards_open(dev) && holder_is_any(dev))
		rc = -EBUSY;
	return disk_change_of(rc ? rc : lifecycle_destroy(dev, reterr));
}

static int enact_destroy_unheld(struct enactment *enactment, const struct action *action,
				char **reterr)
{
	struct enact_step step = {enactment, action};
	struct definition live = callout_device(action->dev);

	return callout_do(SCRIPT_STOP, &live, 0, enact_remove, &step, reterr).rc;
}

static void enact_destroy(struct enactment *enactment, const struct action *action,
			  const struct holder_list *holders)
{
	_cleanup_(holder_list_free) struct holder_list found = {0};
	_cleanup_free_ char *error = NULL;
	struct device *dev = action->dev;
	enum code code = CODE_BUSY;
	bool is_held = holders->n || (!kind_guards_open(dev) && holder_has_group_open(dev));

	if (!is_held && unread_count()) {
		code = CODE_UNREADABLE;
		set_text(&error, "not everything could be read: it may be in use, or defined");
	} else if (!is_held) {
		code = code_of(enact_destroy_unheld(enactment, action, &error));
		/* Only one that is in use then is looked at for who uses it. */
		if (code == CODE_BUSY)
			holder_find(&dev, 1, &found);
		holders = found.n ? &found : holders;
	}
	if (code == CODE_BUSY) {
		_cleanup_free_ char *who = holder_describe(holders->v, holders->n);

		set_text(&error, "it is in use by %s", who);
		dev->holders = holders->v;
		dev->holder_count = holders->n;
	}
	if (code != CODE_NONE)
		enact_fail(enactment, action, code, "cannot destroy", error);
	else
		enact_done(enactment, action);
	dev->holders = NULL;
	dev->holder_count = 0;
}

/* "virtual function 3 of parent 'X'", where the function counts. */
static char *spot_text(const char *parent, int vf)
{
	return vf == VF_ANY ? xasprintf("parent '%s'", parent) :
			      xasprintf("virtual function %d of parent '%s'", vf, parent);
}

static void report_difference(struct enactment *enactment, const struct action *action)
{
	const struct definition *def = action->def;
	const struct device *dev = action->dev;
	_cleanup_free_ char *live = spot_text(dev->parent, def->has_vf ? dev->vf : VF_ANY);
	_cleanup_free_ char *defined =
		spot_text(def->parent_name, def->has_vf ? (int)def->vf : VF_ANY);
	_cleanup_free_ char *error = xasprintf(
		"it is live on %s with type '%s', but defined for %s with type '%s' (destroy it to have it made anew)",
		live, dev->type, defined, def->type);

	enact_fail(enactment, action, CODE_DIFFERS, "left alone:", error);
}

static void report_shadowed(const struct definition *meant, const struct definition *def)
{
	char text[IDENTITY_TEXT_SIZE];

	msg_warning("%s: %s:%u for parent '%s' is meant, not %s:%u for '%s'",
		    identity_format(&def->id, text), meant->file, meant->line, meant->parent,
		    def->file, def->line, def->parent);
}

/* Another definition of an identity may be meant, whose parent is there. */
static bool enact_is_lacking(const struct enactment *enactment, const struct action *action)
{
	return enactment->flags & ENACT_NAMED && action->kind == ACTION_ABSENT && !action->meant;
}

static void report_lack(struct enactment *enactment, const struct action *action)
{
	struct parent_index *parents = &enactment->inventory->parents;
	const struct definition *def = action->def;
	_cleanup_free_ char *error = absent_explain(parents, def->parent);
	const char *name;

	/* Other reasons than that it is not there are among the problems of the files. */
	if (!action->dev && parent_resolve(parents, def->parent, &name) != -ENOENT) {
		enactment->failed++;
		enact_print(enactment, action, CODE_ABSENT, error);
		return;
	}
	if (action->dev)
		set_text(&error, "it is live on parent '%s', but defined for parent '%s': %s",
			 action->dev->parent, def->parent, error);
	enact_fail(enactment, action, action->dev ? CODE_DIFFERS : CODE_ABSENT,
		   action->dev ? "left alone:" : "cannot create", error);
}

static void report_absent(struct enactment *enactment, const struct action *action)
{
	struct parent_index *parents = &enactment->inventory->parents;
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
static void enact_pass_over(struct enactment *enactment, const struct action *action)
{
	if (enact_is_lacking(enactment, action)) {
		report_lack(enactment, action);
		return;
	}
	if (action->kind == ACTION_ABSENT && !(enactment->flags & ENACT_EVENT))
		report_absent(enactment, action);
	else if (action->kind == ACTION_SHADOWED && !(enactment->flags & ENACT_EVENT))
		report_shadowed(action->meant, action->def);
	enactment->counts[action->kind]++;
	if (output_is_json())
		enact_print(enactment, action, CODE_NONE, NULL);
}

/* Of what was asked for by name, the inventory has no other definitions. */
static void enact_load_others(struct enactment *enactment, const struct definition *def)
{
	if (!(enactment->flags & ENACT_NAMED) || !inventory_needs_others(def))
		return;
	if (!enactment->others.n)
		inventory_load_others(enactment->inventory, &enactment->others);
	enactment->creator.definitions = &enactment->others;
}

static struct disk_change enact_make(void *arg, char **reterr)
{
	const struct enact_step *step = arg;
	const struct definition *def = step->action->def;
	struct lifecycle_creator *creator = &step->enactment->creator;
	_cleanup_close_ int lock = -1;
	int rc = enact_lock(def->parent_name, &lock, reterr);

	enact_load_others(step->enactment, def);
	return disk_change_of(rc ? rc : lifecycle_create(creator, def, reterr));
}

static int enact_create_it(struct enactment *enactment, const struct action *action,
			   struct udev_wait **ret_wait, char **reterr)
{
	const struct definition *def = action->def;
	struct enact_step step = {enactment, action};
	int rc = 0;

	if (!lifecycle_is_understood(def))
		rc = lifecycle_check(&enactment->creator, def, reterr);
	if (!rc && enactment->flags & ENACT_WAIT)
		rc = udev_wait_begin(ret_wait, reterr);
	if (!rc)
		rc = callout_do(SCRIPT_START, def, 0, enact_make, &step, reterr).rc;
	return rc;
}

/* Of what was just made. */
static void enact_add_wait(struct enactment *enactment, struct udev_wait *wait)
{
	struct enact_wait *added;

	enactment->waits =
		xrealloc(enactment->waits, enactment->wait_count + 1, sizeof(*enactment->waits));
	added = &enactment->waits[enactment->wait_count++];
	*added = (struct enact_wait){.wait = wait,
				     .made = {.kind = enactment->creator.made.kind,
					      .id = enactment->creator.made.id}};
	strncpy(added->name, enactment->creator.made.name, sizeof(added->name) - 1);
}

void enact_await_udev(struct enactment *enactment)
{
	for (size_t i = 0; i < enactment->wait_count; i++) {
		struct enact_wait *wait = &enactment->waits[i];

		/* Those of before may have been moved. */
		wait->made.name = wait->name;
		cmd_await_udev(wait->wait, &wait->made);
	}
	free(enactment->waits);
	enactment->waits = NULL;
	enactment->wait_count = 0;
}

static void enact_create(struct enactment *enactment, struct action *action)
{
	_cleanup_free_ char *error = NULL;
	struct udev_wait *wait = NULL;
	int rc = enact_create_it(enactment, action, &wait, &error);

	if (rc)
		(void)udev_wait_end(wait, NULL, 0);
	else if (wait)
		enact_add_wait(enactment, wait);
	if (rc)
		action->kind = explain_refusal(enactment, action, rc);
	/* The parent goes away: with nobody waiting for it that is no failure. */
	if (rc && action->kind == ACTION_ABSENT && enactment->flags & ENACT_NAMED)
		action->kind = ACTION_CREATE;
	if (!rc && enactment->creator.was_there)
		action->kind = ACTION_KEEP;
	if (!rc && action->kind == ACTION_CREATE)
		enact_done(enactment, action);
	else if (action->kind == ACTION_CREATE)
		enact_fail(enactment, action, code_of(rc), "cannot create", error);
	else
		enact_pass_over(enactment, action);
}

/* The file is named once, for all that it defines. */
static bool enact_distrusts(struct enactment *enactment, const struct action *action)
{
	const struct definition *def = action->def;
	_cleanup_free_ char *error = NULL;
	int rc = store_check_trust(def, &error);
	bool is_new = !enactment->distrusted || strcmp(enactment->distrusted, def->file) != 0;

	if (error && is_new) {
		enactment->distrusted = def->file;
		if (rc)
			enact_complain(enactment, "%s: %s", def->file, error);
		else
			msg_warning("%s: %s", def->file, error);
	}
	if (rc) {
		enactment->failed++;
		enact_print(enactment, action, CODE_PERMISSION, error);
	}
	return rc;
}

/* What is asked for by name is known to fail, without a try. */
static bool enact_is_refused(const struct enactment *enactment, const struct action *action)
{
	return enact_is_lacking(enactment, action) ||
	       (enactment->flags & ENACT_NAMED && action->kind == ACTION_DIFFERS);
}

/* An event says nothing: whoever prepares the card has said what is wrong, and does it then. */
static bool enact_is_held(struct enactment *enactment, const struct action *action)
{
	if (!enactment->held || !enactment->held->n ||
	    !card_is_of_any(enactment->held, action->def->parent_name))
		return false;
	if (!(enactment->flags & ENACT_EVENT))
		enact_fail(enactment, action, CODE_SKIPPED, "cannot create",
			   "its card is not ready");
	return true;
}

static int enact_give(const struct action *action, const struct node_wish *wish, char **reterr)
{
	struct node_change change = {0};
	_cleanup_close_ int hold = -1;
	char text[IDENTITY_TEXT_SIZE];
	int rc = lifecycle_hold(action->dev, &hold, reterr);

	if (!rc)
		rc = node_change(action->dev, wish, &change, reterr);

	node_change_end(&change, rc);
	if (!rc)
		node_warn_of_group(action->dev, identity_format(&action->def->id, text));
	return rc;
}

/* Gives the nodes of what is live to their owner where they are not his: ACTION_OWN then. */
static void enact_keep(struct enactment *enactment, struct action *action)
{
	const struct definition *def = action->def;
	_cleanup_free_ char *error = NULL;
	struct node_wish wish;
	int rc = node_wish_of(def, &wish, &error);

	if (!rc && wish.parts)
		rc = node_differs(action->dev, &wish, &error);
	if (rc) {
		action->kind = ACTION_OWN;
		if (enact_distrusts(enactment, action))
			return;
	}
	if (rc > 0)
		rc = enactment->flags & ENACT_DRY_RUN ? 0 : enact_give(action, &wish, &error);
	if (rc)
		enact_fail(enactment, action, code_of(rc), "cannot give to its owner", error);
	else if (enactment->flags & ENACT_DRY_RUN)
		enact_print(enactment, action, CODE_NONE, NULL);
	else if (action->kind == ACTION_OWN)
		enact_done(enactment, action);
	else
		enact_pass_over(enactment, action);
}

/* holders: who was seen to have a device open that is to be destroyed */
static void enact_action(struct enactment *enactment, struct action *action,
			 const struct holder_list *holders)
{
	if (action->kind == ACTION_CREATE && enact_distrusts(enactment, action))
		return;
	if (action->kind == ACTION_KEEP && (action->def->owner || action->def->mode)) {
		enact_keep(enactment, action);
		return;
	}
	if (enactment->flags & ENACT_DRY_RUN && !enact_is_refused(enactment, action)) {
		enact_print(enactment, action, CODE_NONE, NULL);
		return;
	}
	switch (action->kind) {
	case ACTION_CREATE:
		if (!enact_is_held(enactment, action))
			enact_create(enactment, action);
		return;
	case ACTION_DESTROY:
		enact_destroy(enactment, action, holders);
		return;
	case ACTION_DIFFERS:
		report_difference(enactment, action);
		return;
	default:
		enact_pass_over(enactment, action);
	}
}

/*
 * Of the devices to destroy, which come first in a plan; one look at the processes for all, unless
 * it shows without that that nobody has one of them open.
 */
static struct holder_list *find_holders(const struct plan *plan, size_t destroy_count)
{
	_cleanup_free_ struct device **devs = xcalloc(destroy_count, sizeof(struct device *));
	struct holder_list *holders = xcalloc(destroy_count, sizeof(*holders));
	bool any = false;

	for (size_t i = 0; i < destroy_count; i++) {
		devs[i] = plan->v[i].dev;
		any = any || holder_may_exist(devs[i]);
	}
	if (any)
		holder_find(devs, destroy_count, holders);
	return holders;
}

/* Of what is to be destroyed the kernel itself guards all that is open. */
static bool enact_needs_no_look(const struct plan *plan, size_t destroy_count)
{
	for (size_t i = 0; i < destroy_count; i++)
		if (!kind_guards_open(plan->v[i].dev))
			return false;
	return true;
}

void enact_plan(struct enactment *enactment, const struct plan *plan)
{
	static const struct holder_list nobody;
	_cleanup_free_ struct holder_list *holders = NULL;
	size_t destroy_count = 0;

	while (destroy_count < plan->n && plan->v[destroy_count].kind == ACTION_DESTROY)
		destroy_count++;
	if (enact_needs_no_look(plan, destroy_count) || enactment->flags & ENACT_DRY_RUN)
		holders = xcalloc(destroy_count, sizeof(*holders));
	else
		holders = find_holders(plan, destroy_count);
	enactment->creator.definitions = &enactment->inventory->definitions;
	for (size_t i = 0; i < plan->n; i++)
		enact_action(enactment, &plan->v[i], i < destroy_count ? &holders[i] : &nobody);
	for (size_t i = 0; i < destroy_count; i++)
		holder_list_free(&holders[i]);
	lifecycle_creator_close(&enactment->creator);
}

void enactment_end(struct enactment *enactment)
{
	said_end(&enactment->said);
	definition_list_free(&enactment->others);
	*enactment = (struct enactment)ENACTMENT;
}
