// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevctl stop: remove a live device. */
#include "front/args.h"
#include "front/say.h"
#include "host/core.h"
#include "host/holder.h"
#include "host/lifecycle.h"
#include "host/live.h"

#define GO(field) offsetof(struct args, field)

static const struct option_row stop_options[] = {
	{"uuid", 'u', OPTION_TEXT, "UUID", "the UUID", GO(uuid)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{"help", 'h', OPTION_STOP, NULL, "print this help", GO(help)},
	{0},
};

static const struct rule stop_rules[] = {
	{RULE_NEEDS, "", {"uuid"}},
	{0},
};

/* Who has it open; NULL when nobody can. The caller frees it. */
static char *stop_find_holders(struct device *dev)
{
	_cleanup_(holder_list_free) struct holder_list holders = {0};
	_cleanup_free_ char *who = NULL;

	if (!holder_may_exist(dev))
		return NULL;
	holder_find(&dev, 1, &holders);
	if (!holders.n && !holder_has_group_open(dev))
		return NULL;
	who = holder_describe(holders.v, holders.n);
	return xasprintf("it is in use by %s", who);
}

/* The kernel's own core would block in the write for as long as somebody has it open. */
static int stop_device(struct device *dev)
{
	_cleanup_free_ char *in_use = stop_find_holders(dev), *error = NULL;
	char uuid[IDENTITY_TEXT_SIZE];
	int rc;

	/* It may be in use where that could not be looked for. */
	if (say_unread_error())
		return FAILED;
	identity_format(&dev->id, uuid);
	if (in_use && !core_is_extended())
		return say_error_for(in_use, "Error removing device %s", uuid);
	rc = lifecycle_destroy(dev, &error);
	if (rc && in_use)
		return say_error_for(in_use, "Error removing device %s", uuid);
	return rc ? say_error_of(rc, "Error removing device %s", uuid) : DONE;
}

/* Who has it open is looked for when its scripts have had their time. */
static int stop_with_scripts(struct device *dev, const struct args *args)
{
	enum callout_flags flags = args->force ? CALLOUT_FORCE : 0;
	struct definition live = callout_device(dev);
	_cleanup_free_ char *error = NULL;
	struct callout callout;
	int rc = callout_begin(&callout, SCRIPT_STOP, &live, flags, &error);
	int status = rc ? say_callout(&callout, error) : stop_device(dev);

	callout_end(&callout, status == DONE);
	return status;
}

static int stop_run(const struct args *args, const char *word)
{
	struct device_list devices = {0};
	struct device *dev = live_look_up(&devices, args->id);
	char uuid[IDENTITY_TEXT_SIZE];
	int status;

	(void)word;
	if (dev)
		status = stop_with_scripts(dev, args);
	else
		status = say_error("Device %s is not an active mdev",
				   identity_format(args->id, uuid));
	device_list_free(&devices);
	return status;
}

const struct verb verb_stop = {
	.command =
		{
			.name = "stop",
			.summary = "Remove a live device",
			.synopsis = " -u UUID",
			.words = WORDS_LIVE,
			.options = stop_options,
		},
	.rules = stop_rules,
	.run = stop_run,
};
