// SPDX-License-Identifier: GPL-2.0-or-later
/* What verbs share. */
#include "verb/cmd.h"

#include "base/file.h"
#include "base/msg.h"
#include "base/signals.h"
#include "base/text.h"
#include "base/unread.h"
#include "host/attribute.h"
#include "host/absent.h"
#include "host/kind.h"
#include "host/live.h"
#include "host/port.h"
#include "host/type_name.h"
#include "host/udev.h"
#include "model/find.h"
#include "model/owner.h"

#include <errno.h>

const struct command *program_find(const struct program *program, const char *name)
{
	for (const struct command *const *command = program->commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

const struct option_row *command_word_options(const struct command *command)
{
	static const struct option_row none[] = {{0}};
	static const struct option_row identity[] = {
		{"uuid", 'u', OPTION_WORD, "UUID", "another way to give a UUID", 0},
		{0},
	};

	switch (command->words) {
	case WORDS_NONE:
	case WORDS_PATHS:
	case WORDS_PARENTS:
	case WORDS_VERBS:
		return none;
	default:
		return identity;
	}
}

/* The words of the verb are identities, of which the kinds of words say more. */
static bool takes_identities(const struct command *command)
{
	return command_word_options(command)[0].name != NULL;
}

int cmd_take_addresses(const struct command *command, int word_count, char **words)
{
	static struct strlist taken; /* to the end of the program, as the words are */
	char text[IDENTITY_TEXT_SIZE];

	for (int i = 0; takes_identities(command) && i < word_count; i++) {
		_cleanup_free_ char *address = pci_address(words[i]);
		struct device_list devices = {0};
		const struct device *dev = address ? live_look_at(&devices, address) : NULL;

		if (address && !dev) {
			output_error(words[i], CODE_ABSENT,
				     "cannot %s '%s': no instance is on that PCI device",
				     command->name, words[i]);
			return FAILED;
		}
		if (dev) {
			strlist_add(&taken, identity_format(&dev->id, text));
			words[i] = taken.v[taken.n - 1];
		}
		device_list_free(&devices);
	}
	return DONE;
}

int cmd_unknown_verb(const struct program *program, const char *name)
{
	const struct command *nearest = NULL;
	size_t least = TEXT_DISTANCE_TYPO + 1;

	for (const struct command *const *command = program->commands; *command; command++) {
		size_t distance = text_distance(name, (*command)->name);

		if (distance < least) {
			least = distance;
			nearest = *command;
		}
	}
	if (nearest)
		return cmd_usage(NULL, "unknown verb '%s' (did you mean '%s'?)", name,
				 nearest->name);
	return cmd_usage(NULL, "unknown verb '%s'", name);
}

int cmd_usage(const struct command *command, const char *fmt, ...)
{
	struct buf text = {0};
	va_list args;
	char *what;

	va_start(args, fmt);
	what = xvasprintf(fmt, args);
	va_end(args);
	buf_addf(&text, "%s; try 'mdev%s%s --help'", what, command ? " " : "",
		 command ? command->name : "");
	output_fail(CODE_USAGE, "%s", text.data);
	buf_free(&text);
	free(what);
	return USAGE;
}

int cmd_report_problems(const struct inventory *inventory)
{
	const struct problem_list *problems = &inventory->problems;

	for (size_t i = 0; i < problems->n; i++)
		output_error(NULL, CODE_UNREADABLE, "%s", problems->v[i].text);
	return problems->n ? FAILED : DONE;
}

int cmd_report_unread(void)
{
	struct strlist texts = {0};
	int status;

	unread_take(&texts);
	for (size_t i = 0; i < texts.n; i++)
		output_error(NULL, CODE_UNREADABLE, "%s", texts.v[i]);
	status = texts.n ? FAILED : DONE;
	strlist_free(&texts);
	return status;
}

int cmd_say_change(const char *verb, const struct identity *id, struct disk_change change,
		   const char *error)
{
	char text[IDENTITY_TEXT_SIZE];

	identity_format(id, text);
	if (change.kind == CHANGE_FAILED)
		msg_error("cannot %s %s: %s", verb, text, error);
	else if (change.kind == CHANGE_UNSAFE)
		msg_error("%s: %s", text, error);
	return change.kind == CHANGE_DONE ? DONE : FAILED;
}

struct outcome cmd_outcome(struct disk_change change, const char *error)
{
	return (struct outcome){.is_changed = change.kind != CHANGE_FAILED,
				.code = change.kind == CHANGE_UNSAFE ? CODE_LOST :
								       code_of(change.rc),
				.error = error};
}

/* For callout_do(). */
static struct disk_change remove_one(void *arg, char **reterr)
{
	struct removal *removal = arg;

	(void)reterr;
	store_remove(removal, 1);
	return removal->result;
}

void cmd_remove_definitions(struct removal *removals, size_t count, enum callout_flags flags)
{
	if (!callout_is_any()) {
		store_remove(removals, count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		removals[i].result = callout_do(SCRIPT_UNDEFINE, removals[i].def, flags, remove_one,
						&removals[i], &removals[i].error);
}

struct device cmd_device_of(struct definition *def)
{
	return (struct device){
		.id = def->id,
		.parent = def->parent_name ? def->parent_name : def->parent,
		.type = def->type,
		.vf = VF_ANY,
		.def = def,
	};
}

/* rc: why the text names no parent */
static int explain_parent(const struct command *command, struct inventory *inventory,
			  const char *text, int rc)
{
	_cleanup_free_ char *error = absent_explain(&inventory->parents, text);

	if (rc == -EINVAL)
		return cmd_usage(command, "%s", error);
	/* What keeps the parents from being listed was noted with its path. */
	if (rc != -ENOENT && rc != -ENOTUNIQ && cmd_report_unread() == FAILED)
		return FAILED;
	output_fail(code_of(rc), "%s", error);
	return FAILED;
}

int cmd_parent(const struct command *command, struct inventory *inventory, const char *text,
	       const char **ret_name)
{
	int rc;

	*ret_name = NULL;
	rc = text ? parent_resolve(&inventory->parents, text, ret_name) : 0;
	return rc ? explain_parent(command, inventory, text, rc) : DONE;
}

int cmd_parent_function(const struct command *command, struct inventory *inventory,
			const char *text, const char **ret_name, int *ret_vf)
{
	int rc;

	*ret_name = NULL;
	*ret_vf = VF_ANY;
	rc = text ? parent_resolve_function(&inventory->parents, text, ret_name, ret_vf) : 0;
	return rc ? explain_parent(command, inventory, text, rc) : DONE;
}

int cmd_parent_to_come(const struct command *command, struct inventory *inventory, const char *text,
		       const char **ret_name)
{
	_cleanup_free_ char *error = NULL;
	int rc;

	*ret_name = NULL;
	rc = text ? parent_resolve(&inventory->parents, text, ret_name) : 0;
	if (!rc)
		return DONE;
	error = absent_explain(&inventory->parents, text);
	if (rc == -EINVAL)
		return cmd_usage(command, "%s", error);
	msg_info("%s, ignoring", error);
	return DONE;
}

int cmd_parent_by(const struct command *command, struct inventory *inventory, const char *way,
		  const char *name, struct arena *arena, const char **ret_text)
{
	_cleanup_free_ char *path = NULL, *error = NULL;
	int rc;

	if (!way)
		return DONE;
	if (strcmp(way, "port") != 0)
		return cmd_usage(command, "'%s' is no way to name a parent: --parent-by=port", way);
	if (!name) {
		output_fail(CODE_ABSENT, "the port of a parent that is not there is not known");
		return FAILED;
	}
	rc = port_path(&inventory->parents, name, &path, &error);
	if (rc) {
		output_fail(code_of(rc), "cannot name a parent by its port: %s", error);
		return FAILED;
	}
	*ret_text = arena_strdup(arena, path);
	return DONE;
}

static int identity_of_word(const struct command *command, const char *word,
			    const struct device_list *known,
			    bool (*accept)(const struct device *dev), struct identity *ret_id)
{
	_cleanup_free_ char *error = NULL;
	struct device_index index;
	int rc;

	if (identity_parse_word(word, ret_id) == 0)
		return DONE;
	if (!known)
		return cmd_usage(command, "'%s' is neither a UUID nor UUID:INSTANCE", word);
	device_index_make(&index, known, accept, 1);
	rc = find_identity(&index, word, ret_id, &error);
	device_index_free(&index);
	if (rc == -EINVAL)
		return cmd_usage(command, "%s", error);
	if (rc)
		output_error(word, code_of(rc), "cannot %s '%s': %s", command->name, word, error);
	return rc ? FAILED : DONE;
}

static int identity_of_none(const struct command *command, struct identity *ret_id)
{
	_cleanup_free_ char *error = NULL;
	int rc = identity_make(ret_id, &error);

	if (rc)
		output_fail(code_of(rc), "cannot %s: no UUID can be made up: %s, or name a UUID",
			    command->name, error);
	return rc ? FAILED : DONE;
}

int cmd_identity(const struct command *command, const struct instance_args *args, const char *word,
		 const struct device_list *known, bool (*accept)(const struct device *dev),
		 struct identity *ret_id)
{
	int status = word ? identity_of_word(command, word, known, accept, ret_id) :
			    identity_of_none(command, ret_id);
	struct identity_prefix prefix;
	uint32_t instance;

	if (status != DONE || !args->instance)
		return status;
	if (parse_u32(args->instance, &instance) < 0)
		return cmd_usage(command, "'%s' is not an instance number", args->instance);
	if (word && identity_prefix_parse(word, &prefix) == 0 && prefix.has_instance &&
	    prefix.instance != instance)
		return cmd_usage(command, "two instance numbers are given");
	ret_id->instance = instance;
	return DONE;
}

void cmd_name_devices(const struct device_index *index, const struct identity *id, const char *word,
		      const struct outcome *outcome)
{
	struct identity_prefix prefix;
	char text[IDENTITY_TEXT_SIZE];
	struct device *const *range;
	size_t count;

	(void)identity_prefix_parse(identity_format(id, text), &prefix);
	range = device_index_range(index, &prefix, &count);
	for (size_t i = 0; i < count; i++) {
		if (identity_compare(&range[i]->id, id) != 0)
			continue;
		range[i]->word = word;
		if (outcome)
			output_device(range[i], outcome);
	}
}

int cmd_identities(const struct command *command, const struct device_list *list,
		   bool (*accept)(const struct device *dev), const char *absent, int word_count,
		   char **words, struct identity *ret_ids)
{
	const struct outcome skipped = {.code = CODE_SKIPPED,
					.error = "left alone, for another cannot be found"};
	_cleanup_free_ bool *found = xcalloc((size_t)word_count, sizeof(*found));
	struct device_index index;
	int status = DONE;

	device_index_make(&index, list, accept, (size_t)word_count);
	for (int i = 0; i < word_count && status != USAGE; i++) {
		_cleanup_free_ char *error = NULL;
		int rc = find_identity(&index, words[i], &ret_ids[i], &error);

		if (rc == -EINVAL) {
			status = cmd_usage(command, "%s", error);
		} else if (rc == -ENOENT && !absent &&
			   identity_parse_word(words[i], &ret_ids[i]) == 0) {
			output_word(words[i], &(struct outcome){.is_changed = false});
		} else if (rc) {
			output_error(words[i], code_of(rc), "cannot %s '%s': %s", command->name,
				     words[i], rc == -ENOENT && absent ? absent : error);
			status = FAILED;
		}
		found[i] = !rc;
	}
	for (int i = 0; output_is_json() && status != USAGE && i < word_count; i++)
		if (found[i])
			cmd_name_devices(&index, &ret_ids[i], words[i],
					 status == DONE ? NULL : &skipped);
	device_index_free(&index);
	identity_sort(ret_ids, word_count);
	return status;
}

#define WAIT_SECONDS 30
#define UDEV_SECONDS 10

int cmd_wait_until(const struct command *command, const char *text, int64_t *ret_until)
{
	uint32_t seconds = text ? WAIT_SECONDS : 0;

	if (text && *text && parse_u32(text, &seconds) < 0)
		return cmd_usage(command, "'%s' is not a number of seconds", text);
	*ret_until = clock_ms() + (int64_t)seconds * 1000;
	return DONE;
}

void cmd_warn_hidden(size_t count, const char *what)
{
	if (count)
		msg_warning("processes of others that only root may look into: %zu; more may be %s",
			    count, what);
}

void cmd_await_udev(struct udev_wait *wait, const struct device *dev)
{
	char text[IDENTITY_TEXT_SIZE], uuid[IDENTITY_TEXT_SIZE];
	struct udev_awaited awaited;

	if (!dev) {
		(void)udev_wait_end(wait, NULL, 0);
		return;
	}
	awaited = (struct udev_awaited){.name = dev->name};
	if (kind_of(dev)->tell)
		awaited.uuid = identity_format_uuid(&dev->id, uuid);
	if (udev_wait_end(wait, &awaited, UDEV_SECONDS) < 0)
		msg_warning("udev has not finished with %s after %u seconds, ignoring",
			    identity_format(&dev->id, text), UDEV_SECONDS);
}

int cmd_type(const struct command *command, const char *parent, const char *text,
	     struct arena *arena, const char **ret_id)
{
	_cleanup_free_ char *id = NULL, *error = NULL;
	int rc = 0;

	*ret_id = text;
	if (parent)
		rc = type_name_resolve(parent, text, &id, &error);
	if (rc == -ENOTUNIQ) {
		output_fail(code_of(rc), "%s", error);
		return FAILED;
	}
	if (id)
		*ret_id = arena_strdup(arena, id);
	if (!name_is_safe(*ret_id))
		return cmd_usage(command, "'%s' cannot be the name of a type", text);
	return DONE;
}

int cmd_attr(const struct command *command, char *text, struct attr *ret_attr)
{
	_cleanup_free_ char *error = NULL;

	if (attr_split(text, ret_attr, &error) < 0 ||
	    attribute_check(INSTANCE_MDEV, ret_attr, &error) < 0)
		return cmd_usage(command, "%s", error);
	return DONE;
}

int cmd_check_owner(const struct command *command, const char *owner, const char *mode)
{
	_cleanup_free_ char *error = NULL;
	int rc = owner ? owner_check(owner, &error) : 0;

	if (!rc && mode)
		rc = owner_parse_mode(mode, NULL, &error);
	return rc ? cmd_usage(command, "%s", error) : DONE;
}

int cmd_take_instance_args(const struct command *command, const struct instance_args *args,
			   struct arena *arena, struct definition *def)
{
	if (args->params && (!*args->params || !text_is_plain(args->params)))
		return cmd_usage(command, "the parameters are empty or not plain text");
	if (args->params)
		def->params = args->params;
	if (cmd_check_owner(command, args->owner, args->mode) != DONE)
		return USAGE;
	if (args->owner)
		def->owner = args->owner;
	if (args->mode)
		def->mode = args->mode;
	for (size_t i = 0; i < args->attrs.n; i++) {
		struct attr attr;

		if (cmd_attr(command, args->attrs.v[i], &attr) != DONE)
			return USAGE;
		definition_add_attr(def, arena, attr.name, attr.value);
	}
	return DONE;
}

int cmd_make_new(int (*make)(void *arg), void *arg, const struct identity *id, const char *done)
{
	char text[IDENTITY_TEXT_SIZE];
	sigset_t before;
	int status;

	signals_hold(&before);
	status = make(arg);
	if (stdout_flush() < 0 && status == DONE)
		msg_error("%s was %s, which could not be printed", identity_format(id, text), done);
	signals_release(&before);
	return status;
}

/* Two ways to write the address of a PCI device. */
static bool is_same_address(const char *a, const char *b)
{
	_cleanup_free_ char *first = pci_address(a), *second = pci_address(b);

	return first && second && strcmp(first, second) == 0;
}

bool cmd_is_for_parent(const struct definition *def, const char *text, const char *name)
{
	if (!text || strcmp(def->parent, text) == 0)
		return true;
	if (name || def->parent_name)
		return name && def->parent_name && strcmp(def->parent_name, name) == 0;
	return is_same_address(def->parent, text);
}

/* With what is live of it, if devices were loaded. */
static struct device find_device(const struct inventory *inventory, struct definition *def)
{
	for (size_t i = 0; i < inventory->devices.n; i++)
		if (inventory->devices.v[i].def == def)
			return inventory->devices.v[i];
	return cmd_device_of(def);
}

struct definition *cmd_find_defined(const struct inventory *inventory, const struct definition *def,
				    const struct definition *except)
{
	for (size_t i = 0; i < inventory->definitions.n; i++) {
		struct definition *known = inventory->definitions.v[i];

		if (known != except && identity_compare(&known->id, &def->id) == 0 &&
		    cmd_is_for_parent(known, def->parent, def->parent_name))
			return known;
	}
	return NULL;
}

bool cmd_is_defined_so(const struct definition *known, const struct definition *def)
{
	struct definition same = *def;

	/* One parent may be written in several ways. */
	same.parent = known->parent;
	return definition_same(known, &same);
}

int cmd_check_new(const struct command *command, const struct inventory *inventory,
		  const struct definition *def, const struct definition *except)
{
	struct definition *known = cmd_find_defined(inventory, def, except);
	_cleanup_free_ char *error = NULL;
	char text[IDENTITY_TEXT_SIZE];
	struct device dev;

	if (!known)
		return DONE;
	error = xasprintf("it is already defined in %s:%u", known->file, known->line);
	msg_error("cannot %s %s: %s", command->name, identity_format(&def->id, text), error);
	dev = find_device(inventory, known);
	output_device(&dev, &(struct outcome){.code = CODE_EXISTS, .error = error});
	return FAILED;
}

int cmd_check_again(const struct definition *def, char **reterr)
{
	struct inventory now = {0};
	struct definition *known;

	inventory_load_identity(&now, NEED_DEFINITIONS | NEED_ALL, &def->id);
	known = cmd_find_defined(&now, def, NULL);
	if (known)
		set_text(reterr, "it is already defined in %s:%u", known->file, known->line);
	inventory_free(&now);
	return known ? -EEXIST : 0;
}

int cmd_ensure_defined(const struct command *command, const struct inventory *inventory,
		       const struct definition *def, bool *ret_is_so)
{
	struct definition *known = cmd_find_defined(inventory, def, NULL);
	_cleanup_free_ char *error = NULL;
	char text[IDENTITY_TEXT_SIZE];
	struct device dev;

	*ret_is_so = known && cmd_is_defined_so(known, def);
	if (!known)
		return DONE;
	dev = find_device(inventory, known);
	if (*ret_is_so) {
		output_device(&dev, &(struct outcome){.is_changed = false});
		return DONE;
	}
	error = xasprintf("it is defined otherwise, in %s:%u", known->file, known->line);
	msg_error("cannot %s %s: %s", command->name, identity_format(&def->id, text), error);
	output_device(&dev, &(struct outcome){.code = CODE_DIFFERS, .error = error});
	return FAILED;
}
