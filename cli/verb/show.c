// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev show: one device in full, what is live beside what is defined. */
#include "base/msg.h"
#include "model/find.h"
#include "host/core.h"
#include "host/holder.h"
#include "host/live.h"
#include "verb/cmd.h"

#include <errno.h>

static const struct option_row options[] = {{0}};

static void show_holders(struct inventory *inventory, struct device *dev)
{
	struct holder_list found;
	size_t size;

	dev->hidden_processes = holder_find(&dev, 1, &found);
	size = found.n * sizeof(*found.v);
	dev->holders = arena_alloc(&inventory->devices.arena, size);
	if (size)
		memcpy(dev->holders, found.v, size);
	dev->holder_count = found.n;
	holder_list_free(&found);
}

/* The live device and the definition that is meant for it, though they may differ. */
static struct device *show_find(struct inventory *inventory, const struct device_index *index,
				const struct identity *id)
{
	struct device *dev = device_index_find(index, id);

	if (dev && !device_is_live(dev) && inventory_definition(inventory, id, NULL))
		dev->def = inventory_definition(inventory, id, NULL);
	if (dev && device_is_live(dev)) {
		live_device_all(dev, &inventory->devices.arena);
		show_holders(inventory, dev);
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

static int show_word(struct inventory *inventory, const struct device_index *index,
		     const char *word)
{
	_cleanup_free_ char *error = NULL;
	struct identity id;
	struct device *dev;
	int rc = find_identity(index, word, &id, &error);

	if (rc) {
		output_error(word, code_of(rc), "cannot show '%s': %s%s", word, error,
			     core_hint(rc));
		return FAILED;
	}
	dev = show_find(inventory, index, &id);
	dev->word = word;
	show_print(inventory, dev);
	return DONE;
}

static int show_run(const struct globals *globals, void *args, int word_count, char **words)
{
	struct inventory inventory = {0};
	struct identity_prefix prefix;
	struct device_index index;
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
	device_index_make(&index, &inventory.devices, NULL, (size_t)word_count);
	for (int i = 0; i < word_count; i++)
		if (show_word(&inventory, &index, words[i]) != DONE)
			status = FAILED;
	device_index_free(&index);
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
