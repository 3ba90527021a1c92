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
static int find_machine(const struct command *command, const struct device_index *live,
			const char *word, struct identity *ret_id)
{
	const struct device *found = NULL;
	struct identity_prefix prefix;
	struct device *const *range;
	size_t count;

	if (identity_prefix_parse(word, &prefix) < 0 || prefix.has_instance)
		return cmd_usage(command, "'%s' is neither a UUID nor the beginning of one", word);
	range = device_index_range(live, &prefix, &count);
	for (size_t i = 0; i < count; i++) {
		if (!identity_prefix_matches(&prefix, &range[i]->id))
			continue;
		if (found && !identity_same_uuid(&found->id, &range[i]->id)) {
			msg_error("cannot %s '%s': it is the beginning of several UUIDs",
				  command->name, word);
			return FAILED;
		}
		found = range[i];
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
		  const struct device_index *live, const struct identity *id, const char *error)
{
	struct identity_prefix prefix;
	char uuid[IDENTITY_TEXT_SIZE];
	struct device *const *range;
	size_t count = 0;

	identity_prefix_parse(identity_format_uuid(id, uuid), &prefix);
	range = device_index_range(live, &prefix, &count);
	for (size_t i = 0; report->is_on && i < count; i++) {
		if (!identity_same_uuid(&range[i]->id, id))
			continue;
		live_device_details(range[i], &list->arena);
		report_device(report, range[i], command->name, error);
	}
}

static int tell_all(const struct command *command, struct report *report, struct device_list *list,
		    const struct device_index *live, const struct identity *ids, int count)
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
		print(report, command, list, live, &ids[i], error);
	}
	return status;
}

static int run(const struct globals *globals, const struct command *command, int word_count,
	       char **words)
{
	_cleanup_free_ struct identity *ids = xcalloc((size_t)word_count, sizeof(*ids));
	struct inventory inventory = {0};
	struct device_index live;
	struct report report;
	int status = DONE;

	if (globals->json)
		inventory_load_definitions(&inventory);
	inventory_load_devices(&inventory, NULL);
	device_index_make(&live, &inventory.devices, device_is_live, (size_t)word_count);
	for (int i = 0; i < word_count && status != USAGE; i++) {
		int found = find_machine(command, &live, words[i], &ids[i]);

		status = found == DONE ? status : found;
	}
	if (status == DONE) {
		report_begin(&report, globals);
		status = tell_all(command, &report, &inventory.devices, &live, ids, word_count);
		report_end(&report);
	}
	device_index_free(&live);
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
