// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev start, mdev stop: the life of a virtual machine, told to the drivers of its instances. */
#include "base/msg.h"
#include "model/find.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "verb/cmd.h"

#include <errno.h>

static const struct option_row options[] = {{0}};

/* A machine is all instances of a UUID: any of them stands for it. */
static int find_machine(const struct command *command, const struct device_list *list,
			const char *word, struct identity *ret_id)
{
	struct identity_prefix prefix;
	const struct device *found = NULL;

	if (identity_prefix_parse(word, &prefix) < 0 || prefix.has_instance)
		return cmd_usage(command, "'%s' is neither a UUID nor the beginning of one", word);
	for (size_t i = 0; i < list->n; i++) {
		if (!device_is_live(&list->v[i]) ||
		    !identity_prefix_matches(&prefix, &list->v[i].id))
			continue;
		if (found && !identity_same_uuid(&found->id, &list->v[i].id)) {
			msg_error("cannot %s '%s': it is the beginning of several UUIDs",
				  command->name, word);
			return FAILED;
		}
		found = &list->v[i];
	}
	/* Of a whole UUID the kernel itself says that there is no instance. */
	if (found)
		*ret_id = found->id;
	else if (identity_parse(word, ret_id) < 0) {
		msg_error("cannot %s '%s': no live UUID begins so", command->name, word);
		return FAILED;
	}
	return DONE;
}

/* One object for each instance of the machine. */
static void print(struct report *report, const struct command *command, struct device_list *list,
		  const struct identity *id, const char *error)
{
	for (size_t i = 0; report->is_on && i < list->n; i++) {
		struct device *dev = &list->v[i];

		if (!device_is_live(dev) || !identity_same_uuid(&dev->id, id))
			continue;
		live_device_details(dev, &list->arena);
		report_device(report, dev, command->name, error);
	}
}

static int tell_all(const struct command *command, struct report *report, struct device_list *list,
		    const struct identity *ids, int count)
{
	int status = DONE;

	for (int i = 0; i < count; i++) {
		_cleanup_free_ char *error = NULL;
		char text[IDENTITY_TEXT_SIZE];

		if (lifecycle_machine(command == &cmd_start, &ids[i], &error) < 0) {
			msg_error("cannot %s %s: %s", command->name,
				  identity_format_uuid(&ids[i], text), error);
			status = FAILED;
		}
		print(report, command, list, &ids[i], error);
	}
	return status;
}

static int run(const struct globals *globals, const struct command *command, int word_count,
	       char **words)
{
	_cleanup_free_ struct identity *ids = xcalloc((size_t)word_count, sizeof(*ids));
	struct inventory inventory = {0};
	struct report report;
	int status = DONE;

	if (globals->json)
		inventory_load_definitions(&inventory);
	inventory_load_devices(&inventory, NULL);
	for (int i = 0; i < word_count && status != USAGE; i++) {
		int found = find_machine(command, &inventory.devices, words[i], &ids[i]);

		status = found == DONE ? status : found;
	}
	if (status == DONE) {
		report_begin(&report, globals);
		status = tell_all(command, &report, &inventory.devices, ids, word_count);
		report_end(&report);
	}
	inventory_free(&inventory);
	return status;
}

static int run_start(const struct globals *globals, void *args, int word_count, char **words)
{
	(void)args;
	return run(globals, &cmd_start, word_count, words);
}

static int run_stop(const struct globals *globals, void *args, int word_count, char **words)
{
	(void)args;
	return run(globals, &cmd_stop, word_count, words);
}

const struct command cmd_start = {
	.name = "start",
	.summary = "Tell the drivers that a machine starts: all instances of a UUID, or none",
	.synopsis = "UUID...",
	.details = "Needs the project's mdev core; the kernel's own has no such thing.",
	.words = WORDS_MACHINES,
	.min_words = 1,
	.max_words = -1,
	.options = options,
	.run = run_start,
};

const struct command cmd_stop = {
	.name = "stop",
	.summary = "Tell the drivers that a machine stops: all instances of a UUID",
	.synopsis = "UUID...",
	.details = "Needs the project's mdev core; the kernel's own has no such thing.",
	.words = WORDS_MACHINES,
	.min_words = 1,
	.max_words = -1,
	.options = options,
	.run = run_stop,
};
