// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev show: one device in full, what is live beside what is defined. */
#include "base/msg.h"
#include "base/unread.h"
#include "model/find.h"
#include "host/core.h"
#include "host/holder.h"
#include "host/live.h"
#include "host/node.h"
#include "verb/callout.h"
#include "verb/cmd.h"

#include <errno.h>

struct show_args {
	const char *program;
};

#define GO(field) offsetof(struct show_args, field)

static const struct option_row options[] = {
	{"for", 0, OPTION_TEXT, "PROGRAM", "print only what qemu or libvirt needs to have it",
	 GO(program)},
	{0},
};

/* Programs that run virtual machines, and what each takes of the details. */
static const struct consumer {
	const char *name;
	size_t text;
} consumers[] = {
	{"qemu", offsetof(struct device_details, qemu)},
	{"libvirt", offsetof(struct device_details, libvirt)},
};

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
				const struct consumer *consumer, const struct identity *id)
{
	struct device *dev = device_index_find(index, id);

	if (dev && !device_is_live(dev) && inventory_definition(inventory, id, NULL))
		dev->def = inventory_definition(inventory, id, NULL);
	if (dev && device_is_live(dev) && !dev->details) {
		live_device_all(dev, &inventory->devices.arena);
		/* There are none where it has gone, or its folder leads out of the root. */
		if (dev->details && !consumer) {
			show_ask_script(dev, &inventory->devices.arena);
			node_describe(dev, &inventory->devices.arena);
		}
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

/* What the program takes, or a reason in *reterr. */
static const char *show_text_for(const struct consumer *consumer, const struct device *dev,
				 char **reterr)
{
	const char *text = NULL;

	if (!device_is_live(dev))
		set_text(reterr, "it is not live");
	else if (!dev->details)
		set_text(reterr, "it went away");
	else
		text = *(const char *const *)((const char *)dev->details + consumer->text);
	if (!text && !*reterr)
		set_text(reterr, "%s has no way to name such a device", consumer->name);
	return text;
}

static int show_for(const struct consumer *consumer, const struct shown *shown, const char *word)
{
	_cleanup_free_ char *error = NULL, *line = NULL;
	const char *text = show_text_for(consumer, shown->dev, &error);

	if (!text) {
		output_error(word, CODE_UNSUPPORTED, "cannot show '%s' for %s: %s", word,
			     consumer->name, error);
		return FAILED;
	}
	line = xasprintf("%s\n", text);
	output_foreign(line);
	return DONE;
}

/* consumer: NULL for everything. */
static int show_word(const struct inventory *inventory, const struct consumer *consumer,
		     const struct shown *shown, const char *word)
{
	if (shown->rc) {
		output_error(word, code_of(shown->rc), "cannot show '%s': %s%s", word, shown->error,
			     core_hint(shown->rc));
		return FAILED;
	}
	if (consumer)
		return show_for(consumer, shown, word);
	shown->dev->word = word;
	show_print(inventory, shown->dev);
	return DONE;
}

static int show_words(struct inventory *inventory, const struct consumer *consumer, int word_count,
		      char **words)
{
	_cleanup_free_ struct shown *shown = xcalloc((size_t)word_count, sizeof(*shown));
	struct device_index index;
	int status = DONE;

	device_index_make(&index, &inventory->devices, NULL, (size_t)word_count);
	for (int i = 0; i < word_count; i++) {
		struct identity id;

		shown[i].rc = find_identity(&index, words[i], &id, &shown[i].error);
		if (!shown[i].rc)
			shown[i].dev = show_find(inventory, &index, consumer, &id);
	}
	if (!consumer)
		show_holders(inventory, shown, (size_t)word_count);
	for (int i = 0; i < word_count; i++) {
		if (show_word(inventory, consumer, &shown[i], words[i]) != DONE)
			status = FAILED;
		free(shown[i].error);
	}
	device_index_free(&index);
	return status;
}

/* DONE, and NULL without the option; or a message and USAGE. */
static int show_consumer(const char *name, const struct consumer **ret_consumer)
{
	*ret_consumer = NULL;
	if (!name)
		return DONE;
	if (output_is_json())
		return cmd_usage(&cmd_show, "--for prints text; --json has it in \"live\" anyway");
	for (size_t i = 0; i < ARRAY_SIZE(consumers); i++)
		if (strcmp(consumers[i].name, name) == 0)
			*ret_consumer = &consumers[i];
	if (!*ret_consumer)
		return cmd_usage(&cmd_show, "'%s' is neither qemu nor libvirt", name);
	return DONE;
}

static int show_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct show_args *args = p;
	const struct consumer *consumer;
	struct inventory inventory = {0};
	struct identity_prefix prefix;
	int status;

	(void)globals;
	if (show_consumer(args->program, &consumer) != DONE)
		return USAGE;
	for (int i = 0; i < word_count; i++)
		if (identity_prefix_parse(words[i], &prefix) < 0)
			return cmd_usage(
				&cmd_show,
				"'%s' is neither a UUID, UUID:INSTANCE nor the beginning of one",
				words[i]);
	inventory_load_words(&inventory, NEED_DEFINITIONS | NEED_DEVICES, NULL, word_count, words);
	status = cmd_report_problems(&inventory);
	if (show_words(&inventory, consumer, word_count, words) != DONE)
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
	.args_size = sizeof(struct show_args),
	.run = show_run,
};
