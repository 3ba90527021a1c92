// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev start, mdev stop: the life of a virtual machine, told to the drivers of its instances. */
#include "base/msg.h"
#include "model/find.h"
#include "host/core.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "host/refusal.h"
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
			output_error(word, CODE_AMBIGUOUS,
				     "cannot %s '%s': it is the beginning of several UUIDs",
				     command->name, word);
			return FAILED;
		}
		found = range[i];
	}
	/* Of a whole UUID the kernel itself says that there is no instance. */
	if (found)
		*ret_id = found->id;
	else if (identity_parse_word(word, ret_id) < 0) {
		output_error(word, CODE_ABSENT,
			     "cannot %s '%s': no live device has a UUID that begins with it%s",
			     command->name, word, core_hint(-ENOENT));
		return FAILED;
	}
	return DONE;
}

/* What is found of the machine, in a row; they are good until the list changes. */
static struct device *const *machine_instances(const struct device_index *live,
					       const struct identity *id, size_t *ret_count)
{
	struct identity_prefix prefix;
	char uuid[IDENTITY_TEXT_SIZE];

	(void)identity_prefix_parse(identity_format_uuid(id, uuid), &prefix);
	return device_index_range(live, &prefix, ret_count);
}

/* Each instance, as it is now; what is in another state than before was changed. */
static void machine_print(struct device_list *list, const struct device_index *live,
			  const struct identity *id, const char *word, const struct outcome *what)
{
	size_t count = 0, printed = 0;
	struct device *const *range = machine_instances(live, id, &count);

	for (size_t i = 0; output_is_json() && i < count; i++) {
		const char *before = range[i]->state;
		struct outcome outcome = *what;

		if (!identity_same_uuid(&range[i]->id, id))
			continue;
		live_device_details(range[i], &list->arena);
		outcome.is_changed = before && range[i]->state &&
				     strcmp(before, range[i]->state) != 0;
		range[i]->word = word;
		output_device(range[i], &outcome);
		printed++;
	}
	if (!printed)
		output_word(word, what);
}

static void machine_look(struct device_list *list, const struct device_index *live,
			 const struct identity *id)
{
	size_t count = 0;
	struct device *const *range = machine_instances(live, id, &count);

	for (size_t i = 0; output_is_json() && i < count; i++)
		if (identity_same_uuid(&range[i]->id, id))
			live_device_details(range[i], &list->arena);
}

/* What there is to tell, and, once one was refused, everything live, to say why. */
struct telling {
	const struct command *command;
	struct device_list *list;
	const struct device_index *live;
	bool is_explained;
	struct device_list all;
	struct device_index all_live;
};

/* 0, or a negative errno with the reason in *reterr. */
static int tell(struct telling *telling, const struct identity *id, char **reterr)
{
	int rc = lifecycle_machine(telling->command == &cmd_start, id, reterr);
	struct device *const *range;
	size_t count;

	if (rc && !telling->is_explained) {
		live_devices(&telling->all, NULL);
		device_index_make(&telling->all_live, &telling->all, device_is_live, SIZE_MAX);
		telling->is_explained = true;
	}
	if (!rc)
		return 0;
	range = machine_instances(&telling->all_live, id, &count);
	return refusal_of_kinds(range, count, id, reterr) ? -EOPNOTSUPP : rc;
}

static int machine_tell(struct telling *telling, const struct identity *id, const char *word)
{
	const char *verb = telling->command->name;
	_cleanup_free_ char *error = NULL;
	struct outcome outcome = {0};
	char text[IDENTITY_TEXT_SIZE];

	machine_look(telling->list, telling->live, id);
	outcome.code = code_of(tell(telling, id, &error));
	outcome.error = error;
	if (error)
		msg_error("cannot %s %s: %s", verb, identity_format_uuid(id, text), error);
	machine_print(telling->list, telling->live, id, word, &outcome);
	return error ? FAILED : DONE;
}

/* All of them are looked up before any is told. */
static int machine_tell_all(struct telling *telling, int word_count, char **words)
{
	const struct outcome skipped = {.code = CODE_SKIPPED,
					.error = "left alone, for another cannot be found"};
	_cleanup_free_ struct identity *ids = xcalloc((size_t)word_count, sizeof(*ids));
	_cleanup_free_ int *found = xcalloc((size_t)word_count, sizeof(*found));
	int all = DONE, status;

	for (int i = 0; i < word_count && all != USAGE; i++) {
		found[i] = find_machine(telling->command, telling->live, words[i], &ids[i]);
		all = found[i] == DONE ? all : found[i];
	}
	status = all;
	for (int i = 0; i < word_count && all != USAGE; i++)
		if (all == DONE && machine_tell(telling, &ids[i], words[i]) != DONE)
			status = FAILED;
		else if (all == FAILED && found[i] == DONE)
			machine_print(telling->list, telling->live, &ids[i], words[i], &skipped);
	return status;
}

static bool is_any_beginning(int word_count, char **words)
{
	struct identity id;

	for (int i = 0; i < word_count; i++)
		if (identity_parse_word(words[i], &id) < 0)
			return true;
	return false;
}

static int machine_run(const struct command *command, int word_count, char **words)
{
	struct inventory inventory = {0};
	struct device_index live;
	struct telling telling = {.command = command, .list = &inventory.devices, .live = &live};
	int status;

	/* JSON has all instances of the UUIDs; otherwise a beginning needs them to become whole. */
	if (output_is_json())
		inventory_load_words(&inventory, NEED_DEFINITIONS | NEED_DEVICES | NEED_ALL, NULL,
				     word_count, words);
	else if (is_any_beginning(word_count, words))
		inventory_load_words(&inventory, NEED_DEVICES, NULL, word_count, words);
	device_index_make(&live, &inventory.devices, device_is_live, (size_t)word_count);
	status = machine_tell_all(&telling, word_count, words);
	if (telling.is_explained)
		device_index_free(&telling.all_live);
	device_list_free(&telling.all);
	device_index_free(&live);
	inventory_free(&inventory);
	return status;
}

static int start_run(const struct globals *globals, void *args, int word_count, char **words)
{
	(void)globals, (void)args;
	return machine_run(&cmd_start, word_count, words);
}

static int stop_run(const struct globals *globals, void *args, int word_count, char **words)
{
	(void)globals, (void)args;
	return machine_run(&cmd_stop, word_count, words);
}

const struct command cmd_start = {
	.name = "start",
	.summary = "Tell drivers that a machine starts: all instances of a UUID or none",
	.synopsis = "UUID...",
	.details = "Needs the project's mdev core; the kernel's own cannot do this.",
	.words = WORDS_MACHINES,
	.min_words = 1,
	.max_words = -1,
	.options = options,
	.run = start_run,
};

const struct command cmd_stop = {
	.name = "stop",
	.summary = "Tell drivers that a machine stops: all instances of a UUID",
	.synopsis = "UUID...",
	.details = "Needs the project's mdev core; the kernel's own cannot do this.",
	.words = WORDS_MACHINES,
	.min_words = 1,
	.max_words = -1,
	.options = options,
	.run = stop_run,
};
