// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev show: one device in full, what is live beside what is defined. */
#include "base/msg.h"
#include "base/unread.h"
#include "model/find.h"
#include "host/core.h"
#include "host/holder.h"
#include "host/live.h"
#include "verb/callout.h"
#include "verb/cmd.h"

#include <errno.h>

static const struct option_row options[] = {{0}};

/* What a word of the command line means. */
struct shown {
	struct device *dev; /* NULL when there is none, for a reason: */
	int rc;
	char *error;
};

/* Of all that are shown, with one look at the processes. */
static void show_holders(struct inventory *inventory, struct shown *shown, size_t count)
{
	_cleanup_free_ struct device **devs = xcalloc(count, sizeof(struct device *));
	_cleanup_free_ struct holder_list *found = xcalloc(count, sizeof(*found));
	size_t live = 0, hidden;

	for (size_t i = 0; i < count; i++)
		if (shown[i].dev && device_is_live(shown[i].dev))
			devs[live++] = shown[i].dev;
	hidden = holder_find(devs, live, found);
	for (size_t i = 0; i < live; i++) {
		size_t size = found[i].n * sizeof(*found[i].v);

		devs[i]->holders = arena_alloc(&inventory->devices.arena, size);
		if (size)
			memcpy(devs[i]->holders, found[i].v, size);
		devs[i]->holder_count = found[i].n;
		devs[i]->hidden_processes = hidden;
		holder_list_free(&found[i]);
	}
}

/* A script that does not answer is no fault of the device. */
static bool show_goes_without(int rc)
{
	return rc == -ECANCELED || rc == -EBADMSG || rc == -EOPNOTSUPP || rc == -EPERM ||
	       rc == -ETIMEDOUT;
}

/* Attributes that cannot be read back, which a script may know. */
static void show_ask_script(struct device *dev, struct arena *arena)
{
	struct definition live = callout_device(dev);
	_cleanup_free_ char *error = NULL, *text = NULL;
	char name[IDENTITY_TEXT_SIZE];
	int rc = callout_ask_attributes(&live, arena, &error);

	identity_format(&dev->id, name);
	if (!rc) {
		dev->details->script_attrs = live.attrs;
		dev->details->script_attr_count = live.attr_count;
	} else if (show_goes_without(rc)) {
		msg_warning("%s: %s, ignoring", name, error);
	} else {
		text = xasprintf("%s: %s", name, error);
		unread_add(text);
	}
}

/* The live device and the definition that is meant for it, though they may differ. */
static struct device *show_find(struct inventory *inventory, const struct device_index *index,
				const struct identity *id)
{
	struct device *dev = device_index_find(index, id);

	if (dev && !device_is_live(dev) && inventory_definition(inventory, id, NULL))
		dev->def = inventory_definition(inventory, id, NULL);
	if (dev && device_is_live(dev) && !dev->details) {
		live_device_all(dev, &inventory->devices.arena);
		/* There are none where it has gone, or its folder leads out of the root. */
		if (dev->details)
			show_ask_script(dev, &inventory->devices.arena);
	}
	return dev;
}

/* With the definitions of its identity that are not meant. */
static void show_print(const struct inventory *inventory, const struct device *dev)
{
	size_t count, others = 0;
	struct definition *const *defs =
		definition_index_find(&inventory->by_identity, &dev->id, &count);
	_cleanup_free_ struct definition **other = xcalloc(count, sizeof(struct definition *));

	for (size_t i = 0; i < count; i++)
		if (defs[i] != dev->def)
			other[others++] = defs[i];
	output_details(dev, other, others);
}

static int show_word(const struct inventory *inventory, const struct shown *shown, const char *word)
{
	if (shown->rc) {
		output_error(word, code_of(shown->rc), "cannot show '%s': %s%s", word, shown->error,
			     core_hint(shown->rc));
		return FAILED;
	}
	shown->dev->word = word;
	show_print(inventory, shown->dev);
	return DONE;
}

static int show_words(struct inventory *inventory, int word_count, char **words)
{
	_cleanup_free_ struct shown *shown = xcalloc((size_t)word_count, sizeof(*shown));
	struct device_index index;
	int status = DONE;

	device_index_make(&index, &inventory->devices, NULL, (size_t)word_count);
	for (int i = 0; i < word_count; i++) {
		struct identity id;

		shown[i].rc = find_identity(&index, words[i], &id, &shown[i].error);
		if (!shown[i].rc)
			shown[i].dev = show_find(inventory, &index, &id);
	}
	show_holders(inventory, shown, (size_t)word_count);
	for (int i = 0; i < word_count; i++) {
		if (show_word(inventory, &shown[i], words[i]) != DONE)
			status = FAILED;
		free(shown[i].error);
	}
	device_index_free(&index);
	return status;
}

static int show_run(const struct globals *globals, void *args, int word_count, char **words)
{
	struct inventory inventory = {0};
	struct identity_prefix prefix;
	int status;

	(void)globals, (void)args;
	for (int i = 0; i < word_count; i++)
		if (identity_prefix_parse(words[i], &prefix) < 0)
			return cmd_usage(
				&cmd_show,
				"'%s' is neither a UUID, UUID:INSTANCE nor the beginning of one",
				words[i]);
	inventory_load_words(&inventory, NEED_DEFINITIONS | NEED_DEVICES, NULL, word_count, words);
	status = cmd_report_problems(&inventory);
	if (show_words(&inventory, word_count, words) != DONE)
		status = FAILED;
	inventory_free(&inventory);
	return status;
}

const struct command cmd_show = {
	.name = "show",
	.summary = "Show devices in full: live, defined, and where the two differ",
	.synopsis = "[OPTION]... UUID[:INSTANCE]...",
	.details = "UUIDs may be shortened to four digits or more.",
	.words = WORDS_ANY,
	.min_words = 1,
	.max_words = -1,
	.options = options,
	.run = show_run,
};
