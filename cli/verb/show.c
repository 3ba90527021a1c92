// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev show: one device in full, what is live beside what is defined. */
#include "base/msg.h"
#include "model/find.h"
#include "host/holder.h"
#include "host/live.h"
#include "out/json.h"
#include "verb/cmd.h"

#include <errno.h>

static const struct option_row options[] = {{0}};

/* One line; a value that is not there is left out. */
static void line(const char *label, const char *value)
{
	struct buf text = {0};

	if (!value)
		return;
	buf_add_visible(&text, value);
	printf("  %-13s%s\n", label, text.len ? text.data : "");
	buf_free(&text);
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* live and defined: one of them where they are the same or the other is not there. */
static void both(const char *label, const char *live, const char *defined)
{
	_cleanup_free_ char *text = NULL;

	if (live && defined && !same_text(live, defined)) {
		text = xasprintf("%s (defined: %s)", live, defined);
		line(label, text);
	} else {
		line(label, live ? live : defined);
	}
}

/* The value that the definition writes last, for an attribute may be written several times. */
static const char *defined_value(const struct definition *def, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; def && i < def->attr_count; i++)
		if (strcmp(def->attrs[i].name, name) == 0)
			value = def->attrs[i].value;
	return value;
}

static bool is_live_attr(const struct device_details *details, const char *name)
{
	for (size_t i = 0; details && i < details->attr_count; i++)
		if (strcmp(details->attrs[i].name, name) == 0 && details->attrs[i].value)
			return true;
	return false;
}

/* Values that can be read beside those defined; then what is only written, in its order. */
static void print_attrs(const struct device *dev)
{
	const struct device_details *details = dev->details;
	const struct definition *def = dev->def;

	for (size_t i = 0; details && i < details->attr_count; i++) {
		const struct attr *attr = &details->attrs[i];
		const char *wanted = defined_value(def, attr->name);
		_cleanup_free_ char *text =
			xasprintf("%s = %s", attr->name, attr->value ? attr->value : "");

		if (!attr->value)
			continue;
		if (wanted && !same_text(wanted, attr->value))
			set_text(&text, "%s (defined: %s)", text, wanted);
		line("attribute:", text);
	}
	for (size_t i = 0; def && i < def->attr_count; i++) {
		_cleanup_free_ char *text =
			xasprintf("%s = %s (defined)", def->attrs[i].name, def->attrs[i].value);

		if (!is_live_attr(details, def->attrs[i].name))
			line("attribute:", text);
	}
}

static void print_live(const struct device *dev)
{
	const struct device_details *details = dev->details;
	_cleanup_free_ char *holders = NULL;

	line("machine:", dev->state);
	line("path:", details ? details->path : NULL);
	line("IOMMU group:", dev->iommu_group);
	line("VFIO group:", details ? details->vfio_group : NULL);
	line("VFIO device:", details ? details->vfio_cdev : NULL);
	if (details && details->holder_count)
		holders = holder_describe(details->holders, details->holder_count);
	line("in use by:", holders);
}

static void print_definition(const struct definition *def)
{
	_cleanup_free_ char *place = xasprintf("%s:%u", def->file, def->line);

	line("definition:", place);
	line("auto:", def->is_auto ? "yes" : "no");
	line("params:", def->params);
	line("description:", def->description);
}

static void print(const struct device *dev)
{
	const struct definition *def = dev->def;
	const char *defined_parent = def ? (def->parent_name ? def->parent_name : def->parent) :
					   NULL;
	char text[IDENTITY_TEXT_SIZE];

	puts(identity_format(&dev->id, text));
	line("state:", device_presence(dev));
	both("parent:", dev->parent, defined_parent);
	if (def && !same_text(def->parent, defined_parent))
		line("written as:", def->parent);
	both("type:", dev->type, def ? def->type : NULL);
	if (device_is_live(dev))
		print_live(dev);
	if (def)
		print_definition(def);
	print_attrs(dev);
}

static void find_holders(struct inventory *inventory, struct device *dev)
{
	struct holder_list found;
	size_t size;

	holder_find(&dev, 1, &found);
	size = found.n * sizeof(*found.v);
	if (dev->details && found.n) {
		dev->details->holders =
			memcpy(arena_alloc(&inventory->devices.arena, size), found.v, size);
		dev->details->holder_count = found.n;
	}
	holder_list_free(&found);
}

/* The live device and the definition that is meant for it, though they may differ. */
static struct device *find(struct inventory *inventory, const struct device_index *index,
			   const struct identity *id)
{
	struct device *dev = device_index_find(index, id);

	if (dev && inventory_definition(inventory, id, NULL))
		dev->def = inventory_definition(inventory, id, NULL);
	if (dev && device_is_live(dev)) {
		live_device_all(dev, &inventory->devices.arena);
		find_holders(inventory, dev);
	}
	return dev;
}

/* Definitions of the identity that are not meant. */
static void print_others(const struct inventory *inventory, const struct device *dev)
{
	size_t count;
	struct definition *const *defs =
		definition_index_find(&inventory->by_identity, &dev->id, &count);

	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *place = xasprintf("%s:%u for parent %s", defs[i]->file,
						       defs[i]->line, defs[i]->parent);

		if (defs[i] != dev->def)
			line("not meant:", place);
	}
}

static int show(struct inventory *inventory, const struct device_index *index, const char *word,
		struct json_array *array, bool first)
{
	_cleanup_free_ char *error = NULL;
	struct identity id;
	struct device *dev;
	int rc = find_identity(index, word, &id, &error);

	if (rc) {
		msg_error("cannot show '%s': %s", word, error);
		return rc == -EINVAL ? USAGE : FAILED;
	}
	dev = find(inventory, index, &id);
	if (array) {
		json_add_device(array, dev, true, NULL, NULL);
		return DONE;
	}
	if (!first)
		putchar('\n');
	print(dev);
	print_others(inventory, dev);
	return DONE;
}

static int run(const struct globals *globals, void *args, int word_count, char **words)
{
	struct inventory inventory = {0};
	struct identity_prefix prefix;
	struct device_index index;
	struct json_array array;
	int status;

	(void)args;
	for (int i = 0; i < word_count; i++)
		if (identity_prefix_parse(words[i], &prefix) < 0)
			return cmd_usage(
				&cmd_show,
				"'%s' is neither a UUID, UUID:INSTANCE nor the beginning of one",
				words[i]);
	inventory_load_definitions(&inventory);
	status = cmd_report_problems(&inventory);
	inventory_load_devices(&inventory, NULL);
	device_index_make(&index, &inventory.devices, NULL, (size_t)word_count);
	if (globals->json)
		json_begin(&array);
	for (int i = 0; i < word_count; i++)
		if (show(&inventory, &index, words[i], globals->json ? &array : NULL, i == 0) !=
		    DONE)
			status = FAILED;
	if (globals->json)
		json_end(&array);
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
	.run = run,
};
