// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers for the shell's completion: "mdev --list-WHAT [WORD]...", one answer a line. Made from
 * the tables that parsing and --help use, so that completion cannot fall behind them.
 */
#include "base/text.h"
#include "host/live.h"
#include "store/store.h"
#include "out/column.h"
#include "verb/cmd.h"

/* A name as the shell gets it back; one that could steer the terminal cannot be typed anyway. */
static void say(const char *name)
{
	if (text_is_plain(name))
		puts(name);
}

/* Sorted, each once; the list is freed. */
static void print_once(struct strlist *names)
{
	strlist_sort(names);
	for (size_t i = 0; i < names->n; i++)
		if (!i || strcmp(names->v[i], names->v[i - 1]) != 0)
			say(names->v[i]);
	strlist_free(names);
}

static int list_verbs(const struct program *program, const char *word)
{
	(void)word;
	for (const struct command *const *command = program->commands; *command; command++)
		puts((*command)->name);
	return DONE;
}

/*
 * "--name", or "--name=ARG" for one that takes an argument, as its help calls it; then its letter
 * in the same form. The argument of an option that may go without stands in its own word only.
 */
static void print_options(const struct option_row *rows)
{
	for (; rows->name; rows++) {
		const char *arg = rows->kind == OPTION_MAYBE ? NULL : rows->arg;

		printf("--%s%s%s\n", rows->name, arg ? "=" : "", arg ? arg : "");
		if (rows->letter)
			printf("-%c%s%s\n", rows->letter, arg ? "=" : "", arg ? arg : "");
	}
}

/* Of a verb, or of the program. */
static int list_options(const struct program *program, const char *verb)
{
	const struct command *command = verb ? program_find(program, verb) : NULL;

	if (verb && !command)
		return FAILED;
	if (command)
		print_options(command->options);
	print_options(program->options);
	return DONE;
}

static int list_parents(const struct program *program, const char *word)
{
	struct strlist names = {0};

	(void)program, (void)word;
	(void)live_parents(&names);
	for (size_t i = 0; i < names.n; i++)
		say(names.v[i]);
	strlist_free(&names);
	return DONE;
}

/* Of a parent, or of all. */
static int list_types(const struct program *program, const char *parent)
{
	struct parent_index index = {0};
	struct type_list types = {0};
	struct strlist names = {0};
	_cleanup_free_ char *error = NULL;
	const char *name = NULL;

	(void)program;
	if (!parent || parent_resolve(&index, parent, &name, &error) == 0)
		live_types(&types, name);
	for (size_t i = 0; i < types.n; i++)
		strlist_add(&names, types.v[i].name);
	print_once(&names);
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

/* Each once: an identity may be defined for several parents, a UUID have several instances. */
static void print_identities(enum words words)
{
	struct inventory inventory = {0};
	struct strlist names = {0};

	if (words != WORDS_LIVE && words != WORDS_MACHINES)
		inventory_load_definitions(&inventory);
	inventory_load_devices(&inventory, NULL);
	for (size_t i = 0; i < inventory.devices.n; i++) {
		const struct device *dev = &inventory.devices.v[i];
		char text[IDENTITY_TEXT_SIZE];

		if (is_for(dev, words))
			strlist_add(&names, words == WORDS_MACHINES ?
						    identity_format_uuid(&dev->id, text) :
						    identity_format(&dev->id, text));
	}
	print_once(&names);
	inventory_free(&inventory);
}

static int list_files(const struct program *program, const char *word)
{
	struct strlist names = {0};

	(void)program, (void)word;
	store_own_files(&names);
	print_once(&names);
	return DONE;
}

/* What can stand behind a verb; "FILE" for a path, which the shell knows better. */
static int list_words(const struct program *program, const char *verb)
{
	const struct command *command = verb ? program_find(program, verb) : NULL;

	if (!command)
		return FAILED;
	if (command->words == WORDS_PATHS)
		puts("FILE");
	else if (command->words != WORDS_NONE)
		print_identities(command->words);
	return command->words == WORDS_DEFINED_OR_FILE ? list_files(program, NULL) : DONE;
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
static int list_attributes(const struct program *program, const char *word)
{
	struct inventory inventory = {0};
	struct strlist names = {0};
	bool looked = false;

	(void)program;
	inventory_load_definitions(&inventory);
	inventory_load_devices(&inventory, NULL);
	for (size_t i = 0; i < inventory.devices.n; i++) {
		struct device *dev = &inventory.devices.v[i];
		char text[IDENTITY_TEXT_SIZE];

		if (word && strcmp(word, dev->type) != 0 &&
		    strcmp(word, identity_format(&dev->id, text)) != 0)
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
	print_once(&names);
	inventory_free(&inventory);
	return DONE;
}

static int list_columns(const struct program *program, const char *verb)
{
	(void)program;
	column_print(verb && strcmp(verb, "types") == 0 ? COLUMNS_OF_TYPES : COLUMNS_OF_DEVICES,
		     true);
	return DONE;
}

static const struct {
	const char *name;
	int (*answer)(const struct program *program, const char *word);
} questions[] = {
	{"verbs", list_verbs},		 {"options", list_options}, {"parents", list_parents},
	{"types", list_types},		 {"words", list_words},	    {"files", list_files},
	{"attributes", list_attributes}, {"columns", list_columns},
};

int complete(const struct program *program, const char *question, int word_count, char **words)
{
	if (word_count > 1)
		return USAGE;
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		if (strcmp(questions[i].name, question) == 0)
			return questions[i].answer(program, word_count ? words[0] : NULL);
	return cmd_usage(NULL, "unknown option '--list-%s'", question);
}
