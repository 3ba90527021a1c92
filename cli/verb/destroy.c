// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev destroy: remove instances. */
#include "base/msg.h"
#include "base/unread.h"
#include "base/text.h"
#include "model/find.h"
#include "host/core.h"
#include "host/holder.h"
#include "host/kind.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "store/change.h"
#include "verb/cmd.h"

#include <errno.h>

struct destroy_args {
	const char *parent, *wait;
	bool all, foreign, undefine, ensure, dry_run, force;
};

#define GO(field) offsetof(struct destroy_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "instances of this parent only", GO(parent)},
	{"all", 0, OPTION_FLAG, NULL, "with --parent: all its instances", GO(all)},
	{"wait", 0, OPTION_MAYBE, "S", "wait until they are not in use, S seconds (30)", GO(wait)},
	{"foreign", 0, OPTION_FLAG, NULL, "with --all: also what others made", GO(foreign)},
	{"undefine", 0, OPTION_FLAG, NULL, "remove their definitions, too", GO(undefine)},
	{"ensure", 0, OPTION_FLAG, NULL, "succeed, too, for what is not live", GO(ensure)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{"dry-run", 'n', OPTION_FLAG, NULL, "print what would be done, do nothing", GO(dry_run)},
	{0},
};

struct targets {
	struct device **v; /* in the inventory */
	size_t n;
	bool *is_chosen; /* one for each device of the inventory */
};

/* There is room for all devices of the inventory; one that is named twice counts once. */
static void add_target(struct targets *targets, struct device_list *devices, struct device *dev)
{
	bool *is_chosen = &targets->is_chosen[dev - devices->v];

	if (!*is_chosen)
		targets->v[targets->n++] = dev;
	*is_chosen = true;
}

static void targets_make(struct targets *targets, size_t room)
{
	targets->v = xcalloc(room, sizeof(struct device *));
	targets->is_chosen = xcalloc(room, sizeof(bool));
}

static void targets_free(struct targets *targets)
{
	free(targets->v);
	free(targets->is_chosen);
}

static void choose_all(struct device_list *devices, struct targets *targets, bool foreign)
{
	for (size_t i = 0; i < devices->n; i++)
		if (device_is_live(&devices->v[i]) && (foreign || !devices->v[i].is_foreign))
			add_target(targets, devices, &devices->v[i]);
}

/* What the words mean on the whole host, to say what is not live, or not where --parent says. */
struct everything {
	bool is_loaded;
	struct inventory inventory;
	struct device_index index;
};

/* What the targets are destroyed with. */
struct run {
	const struct destroy_args *args;
	enum callout_flags flags;
	int word_count;
	char **words;
	struct inventory inventory;
	struct targets targets;
	struct targets absent; /* with --ensure and --undefine: defined, and not live */
	struct everything all;
	int vf; /* of --parent; VF_ANY: all of it */
	int64_t until; /* how long a device in use is waited for, as of clock_ms() */
};

/* True when it is live on another parent, or on another function of it. */
static bool explain_absent(struct run *run, const char *word, char **reterr)
{
	struct everything *all = &run->all;
	_cleanup_free_ char *error = NULL;
	struct identity id;
	bool is_elsewhere;

	if (!all->is_loaded) {
		inventory_load_words(&all->inventory, NEED_DEFINITIONS | NEED_DEVICES, NULL,
				     run->word_count, run->words);
		device_index_make(&all->index, &all->inventory.devices, NULL,
				  (size_t)run->word_count);
		all->is_loaded = true;
	}
	if (find_identity(&all->index, word, &id, &error) < 0)
		return false;
	is_elsewhere = device_index_live(&all->index, &id) != NULL;
	if (!is_elsewhere)
		set_text(reterr, "it is defined, but not live");
	else
		set_text(reterr, "it is live on another %s",
			 run->vf == VF_ANY ? "parent" : "virtual function or parent");
	return is_elsewhere;
}

static void destroy_skip(const struct device *dev, const char *why)
{
	output_device(dev, &(struct outcome){.code = CODE_SKIPPED, .error = why});
}

/* How often is looked whether it is still in use, in milliseconds. */
#define POLL_MS 50

/* What is not live, and shall not be: a result by itself, but for a definition that is to go. */
static void take_absent(struct run *run, const char *word, const struct identity *id)
{
	struct device_list *devices = &run->inventory.devices;
	size_t before = run->absent.n;

	for (size_t i = 0; run->args->undefine && i < devices->n; i++) {
		struct device *dev = &devices->v[i];

		if (dev->def && !device_is_live(dev) && identity_compare(&dev->id, id) == 0) {
			dev->word = word;
			add_target(&run->absent, devices, dev);
		}
	}
	if (run->absent.n == before)
		output_word(word, &(struct outcome){.is_changed = false});
}

/* One that is written in full may be absent with --ensure, but not live on another parent. */
static int choose_word(struct run *run, const struct device_index *live, const char *word)
{
	_cleanup_free_ char *error = NULL;
	struct identity id;
	int rc = find_identity(live, word, &id, &error);
	bool is_elsewhere = rc == -ENOENT && explain_absent(run, word, &error);

	if (rc == -EINVAL)
		return cmd_usage(&cmd_destroy, "%s", error);
	if (rc == -ENOENT && !is_elsewhere && run->args->ensure &&
	    identity_parse_word(word, &id) == 0) {
		take_absent(run, word, &id);
		return DONE;
	}
	if (rc) {
		output_error(word, is_elsewhere ? CODE_DIFFERS : code_of(rc),
			     "cannot destroy '%s': %s%s", word, error, core_hint(rc));
		return FAILED;
	}
	device_index_live(live, &id)->word = word;
	add_target(&run->targets, &run->inventory.devices, device_index_live(live, &id));
	return DONE;
}

/* Every name is looked up before anything is removed. */
static int choose(struct run *run)
{
	struct device_index live;
	int status = DONE;

	device_index_make(&live, &run->inventory.devices, device_is_live, (size_t)run->word_count);
	for (int i = 0; i < run->word_count && status != USAGE; i++) {
		int chosen = choose_word(run, &live, run->words[i]);

		status = chosen == DONE ? status : chosen;
	}
	for (size_t i = 0; status == FAILED && i < run->targets.n; i++)
		destroy_skip(run->targets.v[i], "left alone, for another cannot be found");
	device_index_free(&live);
	device_index_free(&run->all.index);
	inventory_free(&run->all.inventory);
	return status;
}

static void destroy_fail(const struct device *dev, const char *verb, enum code code,
			 const char *error)
{
	const struct outcome outcome = {
		.is_changed = !device_is_live(dev), .code = code, .error = error};
	char text[IDENTITY_TEXT_SIZE];

	msg_error("cannot %s %s: %s", verb, identity_format(&dev->id, text), error);
	output_device(dev, &outcome);
}

static char *explain_in_use(const struct holder_list *holders)
{
	_cleanup_free_ char *who = holder_describe(holders->v, holders->n);

	return xasprintf("it is in use by %s (--wait waits for that to end)", who);
}

/*
 * The kernel's own core would block in the write, without end and beyond any signal; and of
 * several devices none is to be removed when one is in use. holders: one for each target.
 */
static bool is_in_use(const struct device *dev, const struct holder_list *holders)
{
	return holders->n || (!kind_guards_open(dev) && holder_has_group_open(dev));
}

static void free_holders(struct holder_list *holders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		holder_list_free(&holders[i]);
}

static bool is_any_in_use(const struct targets *targets, struct holder_list *holders)
{
	bool any = false;

	for (size_t i = 0; i < targets->n && !any; i++)
		any = holder_may_exist(targets->v[i]);
	if (!any)
		return false;
	any = false;
	holder_find(targets->v, targets->n, holders);
	for (size_t i = 0; i < targets->n; i++)
		any |= is_in_use(targets->v[i], &holders[i]);
	return any;
}

static void say_in_use(const struct run *run, const struct holder_list *holders)
{
	for (size_t i = 0; i < run->targets.n; i++) {
		struct device *dev = run->targets.v[i];
		_cleanup_free_ char *error = NULL;

		if (is_in_use(dev, &holders[i])) {
			error = explain_in_use(&holders[i]);
			dev->holders = holders[i].v;
			dev->holder_count = holders[i].n;
			destroy_fail(dev, "destroy", CODE_BUSY, error);
		} else {
			destroy_skip(dev, "left alone, for another is in use");
		}
	}
}

/*
 * The project's core refuses to remove a device that is in use: of a single one nobody need be
 * looked for until it does. Of several none is to be removed when one is in use.
 */
static bool will_be_told(const struct run *run)
{
	return run->targets.n == 1 && !run->args->dry_run && kind_guards_open(run->targets.v[0]);
}

/* Waits until nobody has one of them open. DONE, or FAILED when that takes too long. */
static int wait_unused(struct run *run)
{
	_cleanup_free_ struct holder_list *holders = xcalloc(run->targets.n, sizeof(*holders));
	bool any = !will_be_told(run) && is_any_in_use(&run->targets, holders);

	while (any && clock_ms() < run->until) {
		usleep(POLL_MS * 1000);
		free_holders(holders, run->targets.n);
		any = is_any_in_use(&run->targets, holders);
	}
	if (any)
		say_in_use(run, holders);
	free_holders(holders, run->targets.n);
	return any ? FAILED : DONE;
}

/* One of the targets. */
struct destruction {
	struct device *dev;
	int64_t until;
};

/* It is in use, or its driver is not done with whoever had it open. */
static bool destroy_is_early(int rc)
{
	return rc == -EBUSY || rc == -ETIMEDOUT;
}

/*
 * For callout_do(). On the project's core it may be in use, and the user of it gets what is left of
 * the time. On the kernel's own somebody may have opened it while scripts took their time.
 */
static struct disk_change destroy_act(void *arg, char **reterr)
{
	const struct destruction *destruction = arg;
	int rc;

	if (!kind_guards_open(destruction->dev) && callout_is_any() &&
	    holder_is_any(destruction->dev))
		return disk_change_of(-EBUSY);
	while (destroy_is_early(rc = lifecycle_destroy(destruction->dev, reterr)) &&
	       clock_ms() < destruction->until)
		usleep(POLL_MS * 1000);
	return disk_change_of(rc);
}

static int destroy(struct run *run, struct device *dev)
{
	_cleanup_free_ char *error = NULL;
	_cleanup_(holder_list_free) struct holder_list holders = {0};
	struct destruction destruction = {dev, run->until};
	struct definition live = callout_device(dev);
	struct device now = *dev;
	int rc = callout_do(SCRIPT_STOP, &live, run->flags, destroy_act, &destruction, &error).rc;

	if (rc == -EBUSY) {
		holder_find(&dev, 1, &holders);
		free(error);
		error = explain_in_use(&holders);
		now.holders = holders.v;
		now.holder_count = holders.n;
	}
	if (rc) {
		destroy_fail(&now, "destroy", code_of(rc), error);
		return FAILED;
	}
	/* Of the others it is reported how the removal of the definition ended. */
	now.name = NULL;
	if (!run->args->undefine || !dev->def)
		output_device(&now, &(struct outcome){.is_changed = true});
	return DONE;
}

/* What could not be read may be somebody who has one of them open, or one more of --all. */
static int refuse_unread(const struct run *run)
{
	for (size_t i = 0; i < run->targets.n; i++)
		destroy_skip(run->targets.v[i], "left alone, for not everything could be read");
	msg_error("nothing is destroyed, for not everything could be read:");
	return FAILED;
}

/* The definitions of devices that were destroyed, together. */
static int destroy_definitions(const struct run *run, struct device *const *devs, size_t count)
{
	bool dry_run = run->args->dry_run;
	_cleanup_free_ struct removal *removals = xcalloc(count, sizeof(*removals));
	int status = DONE;

	for (size_t i = 0; i < count; i++)
		removals[i].def = devs[i]->def;
	if (dry_run)
		store_check_remove(removals, count);
	else
		cmd_remove_definitions(removals, count, run->flags);
	for (size_t i = 0; i < count; i++) {
		const struct removal *removal = &removals[i];
		struct device now = *devs[i];
		struct outcome outcome;

		if (!dry_run)
			now.name = NULL;
		if (!dry_run && removal->result.kind != CHANGE_FAILED)
			now.def = NULL;
		if (cmd_say_change("undefine", &now.id, removal->result, removal->error) != DONE)
			status = FAILED;
		outcome = cmd_outcome(removal->result, removal->error);
		outcome.is_changed = true;
		if (dry_run && !output_is_json())
			outcome.action = "undefine";
		output_device(&now, &outcome);
		free(removal->error);
	}
	return status;
}

/* The line of a device alone; its definition, which JSON has with it, has one of its own. */
static int destroy_foresee(const struct run *run, const struct device *dev)
{
	struct device now = *dev;

	if (!output_is_json())
		now.def = NULL;
	if (!output_is_json() || !run->args->undefine || !dev->def)
		output_device(&now, &(struct outcome){.is_changed = true});
	return DONE;
}

static int destroy_all(struct run *run)
{
	size_t count = run->targets.n + run->absent.n;
	_cleanup_free_ struct device **gone = xcalloc(count, sizeof(struct device *));
	int status = wait_unused(run);
	size_t gone_count = 0;

	if (status != DONE)
		return status;
	if (unread_count())
		return refuse_unread(run);
	for (size_t i = 0; i < run->targets.n; i++) {
		struct device *dev = run->targets.v[i];

		if ((run->args->dry_run ? destroy_foresee(run, dev) : destroy(run, dev)) != DONE)
			status = FAILED;
		else if (run->args->undefine && dev->def)
			gone[gone_count++] = dev;
	}
	for (size_t i = 0; i < run->absent.n; i++)
		gone[gone_count++] = run->absent.v[i];
	return destroy_definitions(run, gone, gone_count) == DONE ? status : FAILED;
}

/* What is to be undefined may stand in a file that cannot be read. */
static int check_definitions(const struct run *run)
{
	bool any_undefined = run->args->ensure;

	for (size_t i = 0; i < run->targets.n; i++)
		any_undefined |= !run->targets.v[i]->def;
	return any_undefined ? cmd_report_problems(&run->inventory) : DONE;
}

static int destroy_choose(struct run *run, const char *parent)
{
	const struct destroy_args *args = run->args;
	struct device_list *devices = &run->inventory.devices;
	bool has_definitions = args->undefine || output_is_json();
	int status;

	if (args->all) {
		if (has_definitions)
			inventory_load_definitions(&run->inventory);
		inventory_load_devices(&run->inventory, parent);
	} else {
		inventory_load_words(&run->inventory,
				     NEED_DEVICES | (has_definitions ? NEED_DEFINITIONS : 0),
				     parent, run->word_count, run->words);
	}
	device_list_keep_on(devices, run->vf);
	targets_make(&run->targets, devices->n);
	targets_make(&run->absent, devices->n);
	if (args->all)
		choose_all(devices, &run->targets, args->foreign);
	status = choose(run);
	return status == DONE && args->undefine ? check_definitions(run) : status;
}

static int destroy_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct destroy_args *args = p;
	struct run run = {.args = args,
			  .flags = args->force ? CALLOUT_FORCE : 0,
			  .word_count = word_count,
			  .words = words};
	int status = cmd_wait_until(&cmd_destroy, args->wait, &run.until);
	const char *parent;

	(void)globals;
	if (status != DONE)
		return status;
	if (args->dry_run)
		run.until = 0;
	if (args->dry_run)
		output_as_actions();
	if (args->all ? !args->parent || word_count : !word_count)
		return cmd_usage(&cmd_destroy, "either UUIDs or --parent with --all are needed");
	status = cmd_parent_function(&cmd_destroy, &run.inventory, args->parent, &parent, &run.vf);
	if (status == DONE)
		status = destroy_choose(&run, parent);
	if (status == DONE)
		status = destroy_all(&run);
	targets_free(&run.targets);
	targets_free(&run.absent);
	inventory_free(&run.inventory);
	return status;
}

const struct command cmd_destroy = {
	.name = "destroy",
	.summary = "Remove instances",
	.synopsis = "[OPTION]... UUID[:INSTANCE]...\n"
		    "       mdev destroy -p PARENT --all [OPTION]...",
	.details = "When one of them is in use or cannot be found, nothing is removed.",
	.words = WORDS_LIVE,
	.min_words = 0,
	.max_words = -1,
	.options = options,
	.args_size = sizeof(struct destroy_args),
	.run = destroy_run,
};
