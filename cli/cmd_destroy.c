// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev destroy: remove instances. */
#include "cmd.h"
#include "core.h"
#include "find.h"
#include "holder.h"
#include "lifecycle.h"
#include "live.h"
#include "msg.h"
#include "store.h"

#include <errno.h>

struct destroy_args {
	const char *parent, *wait;
	bool all, undefine;
};

#define GO(field) offsetof(struct destroy_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "instances of this parent only", GO(parent)},
	{"all", 0, OPTION_FLAG, NULL, "with --parent: all its instances", GO(all)},
	{"wait", 0, OPTION_MAYBE, "S", "wait until they are not in use, S seconds (30)", GO(wait)},
	{"undefine", 0, OPTION_FLAG, NULL, "remove their definitions, too", GO(undefine)},
	{0},
};

struct targets {
	struct device **v; /* in the inventory */
	size_t n;
};

/* There is room for all devices of the inventory. */
static void add_target(struct targets *targets, struct device *dev)
{
	targets->v[targets->n++] = dev;
}

static bool is_target(const struct targets *targets, const struct device *dev)
{
	for (size_t i = 0; i < targets->n; i++)
		if (targets->v[i] == dev)
			return true;
	return false;
}

static void choose_all(struct device_list *devices, struct targets *targets)
{
	for (size_t i = 0; i < devices->n; i++)
		if (device_is_live(&devices->v[i]))
			add_target(targets, &devices->v[i]);
}

/* Every name is looked up before anything is removed; one that is given twice counts once. */
static int choose(struct device_list *devices, int word_count, char **words,
		  struct targets *targets)
{
	int status = DONE;

	for (int i = 0; i < word_count; i++) {
		_cleanup_free_ char *error = NULL;
		struct identity id;
		int rc = find_identity(devices, words[i], device_is_live, &id, &error);
		struct device *dev = rc ? NULL : live_find(devices, &id);

		if (rc == -EINVAL)
			return cmd_usage(&cmd_destroy, "%s", error);
		if (rc) {
			msg_error("cannot destroy '%s': %s", words[i], error);
			status = FAILED;
		} else if (!is_target(targets, dev)) {
			add_target(targets, dev);
		}
	}
	return status;
}

/* How long to wait for holders; looked at every POLL_MS milliseconds. */
#define WAIT_SECONDS 30
#define POLL_MS 50

static void say_in_use(const struct device *dev, const char *holder)
{
	char text[IDENTITY_TEXT_SIZE];

	msg_error("cannot destroy %s: it is in use by %s", identity_format(&dev->id, text),
		  holder ? holder : "a process that cannot be seen from here");
}

/*
 * The kernel's own core would block in the write, without end and beyond any signal; and of
 * several devices none is to be removed when one is in use.
 */
static int check_unused(const struct targets *targets, bool say)
{
	_cleanup_free_ char **holders = xcalloc(targets->n, sizeof(*holders));
	bool blocks = !core_is_extended();
	int status = DONE;

	holder_find(targets->v, targets->n, holders);
	for (size_t i = 0; i < targets->n; i++) {
		if (holders[i] || (blocks && holder_has_group_open(targets->v[i]))) {
			if (say)
				say_in_use(targets->v[i], holders[i]);
			status = FAILED;
		}
		free(holders[i]);
	}
	return status;
}

/* As above, but waits until then; the last look says who is in the way. */
static int wait_unused(const struct targets *targets, int64_t until)
{
	while (clock_ms() < until && check_unused(targets, false) != DONE)
		usleep(POLL_MS * 1000);
	return check_unused(targets, true);
}

/* On the project's core somebody may still have come in between, and gets the rest of the time. */
static int destroy(struct device *dev, int64_t until)
{
	_cleanup_free_ char *error = NULL, *holder = NULL;
	char text[IDENTITY_TEXT_SIZE];
	int rc;

	while ((rc = lifecycle_destroy(dev, &error)) == -EBUSY && clock_ms() < until)
		usleep(POLL_MS * 1000);
	if (!rc)
		return DONE;
	if (rc == -EBUSY) {
		holder_find(&dev, 1, &holder);
		say_in_use(dev, holder);
	} else {
		msg_error("cannot destroy %s: %s", identity_format(&dev->id, text), error);
	}
	return FAILED;
}

/* What is to be undefined may stand in a file that cannot be read. */
static int check_definitions(const struct inventory *inventory, const struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++)
		if (!targets->v[i]->def)
			return cmd_report_problems(inventory);
	return DONE;
}

static int undefine(const struct device *dev)
{
	_cleanup_free_ char *error = NULL;
	char text[IDENTITY_TEXT_SIZE];

	if (!dev->def || store_remove(dev->def, &error) == 0)
		return DONE;
	msg_error("cannot undefine %s: %s", identity_format(&dev->id, text), error);
	return FAILED;
}

static int destroy_all(const struct targets *targets, int64_t until, bool with_definitions)
{
	int status = DONE;

	for (size_t i = 0; i < targets->n; i++) {
		int result = destroy(targets->v[i], until);

		if (result == DONE && with_definitions)
			result = undefine(targets->v[i]);
		if (result != DONE)
			status = result;
	}
	return status;
}

static int run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct destroy_args *args = p;
	struct inventory inventory = {0};
	struct targets targets = {0};
	uint32_t seconds = args->wait ? WAIT_SECONDS : 0;
	const char *parent;
	int64_t until;
	int status;

	(void)globals;
	if (args->wait && *args->wait && parse_u32(args->wait, &seconds) < 0)
		return cmd_usage(&cmd_destroy, "'%s' is not a number of seconds", args->wait);
	until = clock_ms() + (int64_t)seconds * 1000;
	if (args->all ? !args->parent || word_count : !word_count)
		return cmd_usage(&cmd_destroy, "either UUIDs or --parent with --all are needed");
	status = cmd_parent(&cmd_destroy, &inventory, args->parent, &parent);
	if (status == DONE && args->undefine)
		inventory_load_definitions(&inventory);
	if (status == DONE) {
		inventory_load_devices(&inventory, parent);
		targets.v = xcalloc(inventory.devices.n, sizeof(*targets.v));
		if (args->all)
			choose_all(&inventory.devices, &targets);
		status = choose(&inventory.devices, word_count, words, &targets);
	}
	if (status == DONE)
		status = check_definitions(&inventory, &targets);
	if (status == DONE)
		status = wait_unused(&targets, until);
	if (status == DONE)
		status = destroy_all(&targets, until, args->undefine);
	free(targets.v);
	inventory_free(&inventory);
	return status;
}

const struct command cmd_destroy = {
	.name = "destroy",
	.summary = "Remove instances",
	.synopsis = "[OPTION]... UUID[:INSTANCE]...\n"
		    "       mdev destroy -p PARENT --all [OPTION]...",
	.details = "Nothing is removed when one of them is in use or cannot be found.",
	.min_words = 0,
	.max_words = -1,
	.options = options,
	.args_size = sizeof(struct destroy_args),
	.run = run,
};
