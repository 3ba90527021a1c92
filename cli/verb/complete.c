// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers for the shell's completion, one a line:
 *
 *	mdev --list-QUESTION [OPTION]... [-- [ABOUT [BEGUN [GIVEN]...]]]
 *
 * ABOUT is what the question is about (a verb, a parent, a type), BEGUN the beginning that every
 * answer shall have, GIVEN the words that stand before it on the command line, without the verb. An
 * empty ABOUT or BEGUN is none. For example, the types of a parent that begin with "nv":
 *
 *	mdev --list-types -- 0000:01:00.0 nv
 *
 * The answers come from the tables that parsing and --help use, so completion cannot fall behind
 * them. They are names as they are: quoting is the shell's part.
 */
#include "base/text.h"
#include "host/live.h"
#include "store/store.h"
#include "out/column.h"
#include "verb/cmd.h"

struct question {
	const struct program *program;
	const char *about; /* or NULL */
	const char *begun; /* may be empty */
	int given_count;
	char **given;
};

/*
 * No verb takes a name with control characters: it would steer the terminal, and a newline would
 * make two answers of it.
 */
static bool is_answer(const struct question *question, const char *name)
{
	return str_starts(name, question->begun) && text_is_plain(name);
}

static void say(const struct question *question, const char *name)
{
	if (is_answer(question, name))
		puts(name);
}

/* Says the names sorted, each once, and frees the list. */
static void say_once(const struct question *question, struct strlist *names)
{
	strlist_sort(names);
	for (size_t i = 0; i < names->n; i++)
		if (!i || strcmp(names->v[i], names->v[i - 1]) != 0)
			say(question, names->v[i]);
	strlist_free(names);
}

static const struct command *find_verb(const struct question *question)
{
	return question->about ? program_find(question->program, question->about) : NULL;
}

static int list_verbs(const struct question *question)
{
	for (const struct command *const *command = question->program->commands; *command;
	     command++)
		say(question, (*command)->name);
	return DONE;
}

/* "--name", or "--name=ARG" for one whose argument may be the next word. */
static void say_option(const struct question *question, const char *dashes, const char *name,
		       const struct option_row *row)
{
	const char *arg = row->kind == OPTION_MAYBE ? NULL : row->arg;
	_cleanup_free_ char *text =
		xasprintf("%s%s%s%s", dashes, name, arg ? "=" : "", arg ? arg : "");

	say(question, text);
}

static void say_options(const struct question *question, const struct option_row *rows)
{
	for (; rows->name; rows++) {
		const char letter[] = {rows->letter, '\0'};

		if (rows->help == OPTION_HIDDEN)
			continue;
		say_option(question, "--", rows->name, rows);
		if (rows->letter)
			say_option(question, "-", letter, rows);
	}
}

/* Of a verb, or of the program. */
static int list_options(const struct question *question)
{
	const struct command *command = find_verb(question);

	if (question->about && !command)
		return FAILED;
	if (command) {
		say_options(question, command->options);
		say_options(question, command_word_options(command));
	}
	if (!command || !question->program->is_plain)
		say_options(question, question->program->options);
	return DONE;
}

/* All parents, or those that have a type. */
static int list_parents(const struct question *question)
{
	struct strlist names = {0};
	struct type_list types = {0};

	if (question->about) {
		live_types(&types, NULL);
		for (size_t i = 0; i < types.n; i++)
			if (strcmp(types.v[i].name, question->about) == 0)
				strlist_add(&names, types.v[i].parent);
	} else {
		(void)live_parents(&names);
	}
	say_once(question, &names);
	type_list_free(&types);
	return DONE;
}

/* Of a parent, or of all. */
static int list_types(const struct question *question)
{
	struct parent_index index = {0};
	struct type_list types = {0};
	struct strlist names = {0};
	const char *name = NULL;

	if (!question->about || parent_resolve(&index, question->about, &name) == 0)
		live_types(&types, name);
	for (size_t i = 0; i < types.n; i++)
		strlist_add(&names, types.v[i].name);
	say_once(question, &names);
	type_list_free(&types);
	parent_index_free(&index);
	return DONE;
}

/* Whether a verb would take the device by its identity. */
static bool is_for(const struct device *dev, enum words words)
{
	switch (words) {
	case WORDS_ANY:
		return true;
	case WORDS_LIVE:
	case WORDS_MACHINES:
		return device_is_live(dev);
	case WORDS_DEFINED:
	case WORDS_DEFINED_OR_FILE:
		return dev->def;
	case WORDS_TO_CREATE:
		return !device_is_live(dev);
	case WORDS_TO_DEFINE:
		return !dev->def;
	default:
		return false;
	}
}

/*
 * Identities that begin as asked, but for those that are given already. Each once: an identity may
 * be defined for several parents, a UUID have several instances.
 */
static void say_identities(const struct question *question, enum words words,
			   const struct strlist *given)
{
	struct inventory inventory = {0};
	struct strlist names = {0};
	unsigned int needs = NEED_DEVICES;

	if (words != WORDS_LIVE && words != WORDS_MACHINES)
		needs |= NEED_DEFINITIONS;
	inventory_load_begun(&inventory, needs, question->begun);
	for (size_t i = 0; i < inventory.devices.n; i++) {
		const struct device *dev = &inventory.devices.v[i];
		char text[IDENTITY_TEXT_SIZE];

		if (!is_for(dev, words))
			continue;
		if (words == WORDS_MACHINES)
			identity_format_uuid(&dev->id, text);
		else
			identity_format(&dev->id, text);
		if (is_answer(question, text) && !strlist_find(given, text))
			strlist_add(&names, text);
	}
	say_once(question, &names);
	inventory_free(&inventory);
}

static int list_files(const struct question *question)
{
	_cleanup_free_ char *error = NULL;
	struct strlist names = {0};

	(void)store_own_files(&names, &error);
	say_once(question, &names);
	return DONE;
}

/*
 * The words among what is given, without options and their arguments, sorted. None when the command
 * line is wrong as it is.
 */
static void find_words(const struct question *question, const struct command *command,
		       struct strlist *ret_words)
{
	struct globals globals = {0};
	_cleanup_free_ void *args = xcalloc(1, command->args_size);
	_cleanup_free_ char *error = NULL;
	const struct option_set sets[] = {
		{command->options, args},
		{command_word_options(command), args},
		{question->program->options, &globals},
	};
	int argc = question->given_count + 1, count;
	_cleanup_free_ char **argv = xcalloc((size_t)argc, sizeof(*argv));

	for (int i = 1; i < argc; i++)
		argv[i] = question->given[i - 1];
	count = options_parse(sets, ARRAY_SIZE(sets), argc, argv, 0, &error);
	for (int i = 0; i < count; i++)
		strlist_add(ret_words, argv[i]);
	strlist_sort(ret_words);
	options_free(command->options, args);
}

static void say_words(const struct question *question, enum words words,
		      const struct strlist *given)
{
	if (words == WORDS_PATHS)
		puts("FILE");
	else if (words == WORDS_VERBS)
		list_verbs(question);
	else if (words == WORDS_PARENTS)
		list_parents(
			&(struct question){.program = question->program, .begun = question->begun});
	else if (words != WORDS_NONE)
		say_identities(question, words, given);
	if (words == WORDS_DEFINED_OR_FILE)
		list_files(question);
}

/* What can stand behind a verb; "FILE" for a path, which the shell knows better. */
static int list_words(const struct question *question)
{
	const struct command *command = find_verb(question);
	struct strlist given = {0};

	if (!command)
		return FAILED;
	find_words(question, command, &given);
	if (command->max_words < 0 || given.n < (size_t)command->max_words)
		say_words(question, command->words, &given);
	strlist_free(&given);
	return DONE;
}

/* What an option that takes an identity can have: the words of the verb, if it takes any. */
static int list_identities(const struct question *question)
{
	const struct command *command = find_verb(question);
	const struct strlist none = {0};

	if (!command || command->max_words)
		return list_words(question);
	say_words(question, command->words, &none);
	return DONE;
}

static void add_attrs(struct strlist *names, const struct attr *attrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		strlist_add(names, attrs[i].name);
}

/*
 * Names of attributes that are known of a device or of a type, in definitions and of what is live:
 * one device of a type is like the other.
 */
static int list_attributes(const struct question *question)
{
	const char *about = question->about;
	struct inventory inventory = {0};
	struct strlist names = {0};
	struct identity id;
	bool looked = false;

	if (about && identity_parse(about, &id) == 0) {
		inventory_load_identity(&inventory, NEED_DEFINITIONS | NEED_DEVICES | NEED_ALL,
					&id);
	} else {
		inventory_load_definitions(&inventory);
		inventory_load_devices(&inventory, NULL);
	}
	for (size_t i = 0; i < inventory.devices.n; i++) {
		struct device *dev = &inventory.devices.v[i];
		char text[IDENTITY_TEXT_SIZE];

		if (about && strcmp(about, dev->type) != 0 &&
		    strcmp(about, identity_format(&dev->id, text)) != 0)
			continue;
		if (dev->def)
			add_attrs(&names, dev->def->attrs, dev->def->attr_count);
		if (!device_is_live(dev) || looked)
			continue;
		live_device_all(dev, &inventory.devices.arena);
		if (dev->details)
			add_attrs(&names, dev->details->attrs, dev->details->attr_count);
		looked = true;
	}
	say_once(question, &names);
	inventory_free(&inventory);
	return DONE;
}

static int list_columns(const struct question *question)
{
	bool is_types = question->about && strcmp(question->about, "types") == 0;

	column_print_names(is_types ? COLUMNS_OF_TYPES : COLUMNS_OF_DEVICES);
	return DONE;
}

static const struct {
	const char *name;
	int (*answer)(const struct question *question);
} questions[] = {
	{"verbs", list_verbs},		 {"options", list_options}, {"parents", list_parents},
	{"types", list_types},		 {"words", list_words},	    {"files", list_files},
	{"attributes", list_attributes}, {"columns", list_columns}, {"identities", list_identities},
};

int complete(const struct program *program, const char *name, int word_count, char **words)
{
	struct question question = {
		.program = program,
		.about = word_count > 0 && *words[0] ? words[0] : NULL,
		.begun = word_count > 1 ? words[1] : "",
		.given_count = word_count > 2 ? word_count - 2 : 0,
		.given = word_count > 2 ? words + 2 : NULL,
	};

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		if (strcmp(questions[i].name, name) == 0)
			return questions[i].answer(&question);
	return cmd_usage(NULL, "unknown option '--list-%s'", name);
}
