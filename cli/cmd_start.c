// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev start, mdev stop: the life of a virtual machine, told to the drivers of its instances. */
#include "cmd.h"
#include "find.h"
#include "lifecycle.h"
#include "live.h"
#include "msg.h"

#include <errno.h>

static const struct option_row options[] = {{0}};

/* A machine is all instances of a UUID: any of them stands for it. */
static int find_machine(const struct command *command, const struct device_list *live,
			const char *word, struct identity *ret_id)
{
	struct identity_prefix prefix;
	const struct device *found = NULL;

	if (identity_prefix_parse(word, &prefix) < 0 || prefix.has_instance)
		return cmd_usage(command, "'%s' is neither a UUID nor the beginning of one", word);
	for (size_t i = 0; i < live->n; i++) {
		if (!identity_prefix_matches(&prefix, &live->v[i].id))
			continue;
		if (found && !identity_same_uuid(&found->id, &live->v[i].id)) {
			msg_error("cannot %s '%s': it is the beginning of several UUIDs",
				  command->name, word);
			return FAILED;
		}
		found = &live->v[i];
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

static int run(const struct command *command, int word_count, char **words)
{
	_cleanup_free_ struct identity *ids = xcalloc((size_t)word_count, sizeof(*ids));
	struct device_list live = {0};
	int status = DONE;

	live_devices(&live, NULL);
	for (int i = 0; i < word_count && status != USAGE; i++) {
		int found = find_machine(command, &live, words[i], &ids[i]);

		status = found == DONE ? status : found;
	}
	device_list_free(&live);
	if (status != DONE)
		return status;
	for (int i = 0; i < word_count; i++) {
		_cleanup_free_ char *error = NULL;
		char text[IDENTITY_TEXT_SIZE];

		if (lifecycle_machine(command == &cmd_start, &ids[i], &error) < 0) {
			msg_error("cannot %s %s: %s", command->name,
				  identity_format_uuid(&ids[i], text), error);
			status = FAILED;
		}
	}
	return status;
}

static int run_start(const struct globals *globals, void *args, int word_count, char **words)
{
	(void)globals, (void)args;
	return run(&cmd_start, word_count, words);
}

static int run_stop(const struct globals *globals, void *args, int word_count, char **words)
{
	(void)globals, (void)args;
	return run(&cmd_stop, word_count, words);
}

const struct command cmd_start = {
	.name = "start",
	.summary = "Tell the drivers that a machine starts: all instances of a UUID, or none",
	.synopsis = "UUID...",
	.details = "Needs the project's mdev core; the kernel's own has no such thing.",
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
	.min_words = 1,
	.max_words = -1,
	.options = options,
	.run = run_stop,
};
