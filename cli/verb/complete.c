// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers for the shell's completion, one a line:
 *
 *	mdev --list-QUESTION [OPTION]... [-- [ABOUT [BEGUN [GIVEN]...]]]
 *	mdev --describe-QUESTION [OPTION]... [-- [ABOUT [BEGUN [GIVEN]...]]]
 *
 * ABOUT is what the question is about (a verb, a parent, a type), BEGUN the beginning that every
 * answer shall have, GIVEN the words that stand before it on the command line, without the verb. An
 * empty ABOUT or BEGUN is none. For example, the types of a parent that begin with "nv":
 *
 *	mdev --list-types -- 0000:01:00.0 nv
 *
 * The answers come from the tables that parsing and --help use, so completion cannot fall behind
 * them. They are names as they are: quoting is the shell's part. Those of the second form, for
 * shells that show descriptions, are "NAME<TAB>DESCRIPTION", or "NAME" where there is nothing to
 * say. bash shows names alone, so it asks in the first form and does not pay for more.
 */
#include "base/text.h"
#include "host/live.h"
#include "store/store.h"
#include "out/column.h"
#include "verb/cmd.h"

/* How a question begins is the form of its answers. */
enum form { FORM_NAMES, FORM_DESCRIBED, FORMS };

static const char *const form_prefixes[FORMS] = {"--list-", "--describe-"};

struct question {
	const struct program *program;
	enum form form;
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

/* Drivers and files of definitions say what they like, so a description may be anything, or NULL.
 */
static bool has_description(const struct question *question, const char *description)
{
	return question->form == FORM_DESCRIBED && description && *description &&
	       text_is_plain(description);
}

static void say(const struct question *question, const char *name, const char *description)
{
	if (!is_answer(question, name))
		return;
	if (has_description(question, description))
		printf("%s\t%s\n", name, description);
	else
		puts(name);
}

/* Adds what say() would say to answers that are still to be sorted. */
static void answers_add(struct strlist *answers, const struct question *question, const char *name,
			const char *description)
{
	_cleanup_free_ char *answer = NULL;

	if (!is_answer(question, name))
		return;
	if (has_description(question, description))
		answer = xasprintf("%s\t%s", name, description);
	strlist_add(answers, answer ? answer : name);
}

/* The name in front of the description is the same. */
static bool is_same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "\t");

	return len == strcspn(b, "\t") && memcmp(a, b, len) == 0;
}

/* Says the answers sorted, of each name the first, and frees the list. */
static void answers_say(struct strlist *answers)
{
	strlist_sort(answers);
	for (size_t i = 0; i < answers->n; i++)
		if (!i || !is_same_name(answers->v[i], answers->v[i - 1]))
			puts(answers->v[i]);
	strlist_free(answers);
}

static const struct command *find_verb(const struct question *question)
{
	return question->about ? program_find(question->program, question->about) : NULL;
}

static int list_verbs(const struct question *question)
{
	for (const struct command *const *command = question->program->commands; *command;
	     command++)
		say(question, (*command)->name, (*command)->summary);
	return DONE;
}

/* "--name", or "--name=ARG" for one whose argument may be the next word. */
static void say_option(const struct question *question, const char *dashes, const char *name,
		       const struct option_row *row)
{
	const char *arg = row->kind == OPTION_MAYBE ? NULL : row->arg;
	_cleanup_free_ char *text =
		xasprintf("%s%s%s%s", dashes, name, arg ? "=" : "", arg ? arg : "");

	say(question, text, row->help);
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

/* Those that have the type, and how many more instances of it they can have. */
static void add_parents_of(struct strlist *answers, const struct question *question)
{
	struct type_list types = {0};

	live_types(&types, NULL);
	for (size_t i = 0; i < types.n; i++) {
		const struct type *type = &types.v[i];
		_cleanup_free_ char *left = NULL;

		if (strcmp(type->name, question->about) != 0)
			continue;
		if (type->available != TYPE_UNKNOWN)
			left = xasprintf("%s%lld left", type->is_at_most ? "at most " : "",
					 (long long)type->available);
		answers_add(answers, question, type->parent, left);
	}
	type_list_free(&types);
}

/* All parents, or those that have a type. */
static int list_parents(const struct question *question)
{
	struct strlist answers = {0}, names = {0};

	if (question->about)
		add_parents_of(&answers, question);
	else
		(void)live_parents(&names);
	for (size_t i = 0; i < names.n; i++)
		answers_add(&answers, question, names.v[i], NULL);
	strlist_free(&names);
	answers_say(&answers);
	return DONE;
}

/* Of a parent, or of all; with the names that the drivers give them. */
static int list_types(const struct question *question)
{
	struct parent_index index = {0};
	struct type_list types = {0};
	struct strlist answers = {0};
	const char *name = NULL;

	if (!question->about || parent_resolve(&index, question->about, &name) == 0)
		live_types(&types, name);
	for (size_t i = 0; i < types.n; i++)
		answers_add(&answers, question, types.v[i].name, types.v[i].pretty_name);
	answers_say(&answers);
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

/* "PARENT TYPE STATE", and behind a colon the description of its definition. */
static char *describe_device(const struct device *dev)
{
	const char *text = dev->def ? dev->def->description : NULL;

	return xasprintf("%s %s %s%s%s", dev->parent, dev->type, device_presence(dev),
			 text ? ": " : "", text ? text : "");
}

static void add_device(struct strlist *answers, const struct question *question,
		       const struct device *dev, const char *name)
{
	_cleanup_free_ char *description = question->form == FORM_DESCRIBED ? describe_device(dev) :
									      NULL;

	answers_add(answers, question, name, description);
}

/*
 * Identities that begin as asked, but for those that are given already. Each once: an identity may
 * be defined for several parents, a UUID have several instances. Whether it is live alone is not to
 * be described without its definition.
 */
static void say_identities(const struct question *question, enum words words,
			   const struct strlist *given)
{
	struct inventory inventory = {0};
	struct strlist answers = {0};
	bool live_is_enough = words == WORDS_LIVE || words == WORDS_MACHINES;
	unsigned int needs = NEED_DEVICES;

	if (!live_is_enough || question->form == FORM_DESCRIBED)
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
			add_device(&answers, question, dev, text);
	}
	answers_say(&answers);
	inventory_free(&inventory);
}

static int list_files(const struct question *question)
{
	_cleanup_free_ char *error = NULL;
	struct strlist answers = {0}, names = {0};

	(void)store_own_files(&names, &error);
	for (size_t i = 0; i < names.n; i++)
		answers_add(&answers, question, names.v[i], NULL);
	strlist_free(&names);
	answers_say(&answers);
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
		list_parents(&(struct question){.program = question->program,
						.form = question->form,
						.begun = question->begun});
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

static void add_attrs(struct strlist *answers, const struct question *question,
		      const struct attr *attrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		answers_add(answers, question, attrs[i].name, NULL);
}

/*
 * Names of attributes that are known of a device or of a type, in definitions and of what is live:
 * one device of a type is like the other.
 */
static int list_attributes(const struct question *question)
{
	const char *about = question->about;
	struct inventory inventory = {0};
	struct strlist answers = {0};
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
			add_attrs(&answers, question, dev->def->attrs, dev->def->attr_count);
		if (!device_is_live(dev) || looked)
			continue;
		live_device_all(dev, &inventory.devices.arena);
		if (dev->details)
			add_attrs(&answers, question, dev->details->attrs,
				  dev->details->attr_count);
		looked = true;
	}
	answers_say(&answers);
	inventory_free(&inventory);
	return DONE;
}

static int list_columns(const struct question *question)
{
	bool is_types = question->about && strcmp(question->about, "types") == 0;

	for (const struct column *column =
		     columns_of(is_types ? COLUMNS_OF_TYPES : COLUMNS_OF_DEVICES);
	     column->name; column++)
		say(question, column->name, column->help);
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

/* How long the beginning of an option is that makes a question of it, and which form; else 0. */
static size_t prefix_length(const char *option, enum form *ret_form)
{
	for (int form = 0; form < FORMS; form++)
		if (str_starts(option, form_prefixes[form])) {
			*ret_form = form;
			return strlen(form_prefixes[form]);
		}
	return 0;
}

bool complete_is_asked(const char *option)
{
	enum form form;

	return prefix_length(option, &form) > 0;
}

int complete(const struct program *program, const char *option, int word_count, char **words)
{
	struct question question = {
		.program = program,
		.about = word_count > 0 && *words[0] ? words[0] : NULL,
		.begun = word_count > 1 ? words[1] : "",
		.given_count = word_count > 2 ? word_count - 2 : 0,
		.given = word_count > 2 ? words + 2 : NULL,
	};
	const char *name = option + prefix_length(option, &question.form);

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++)
		if (strcmp(questions[i].name, name) == 0)
			return questions[i].answer(&question);
	return cmd_usage(NULL, "unknown option '%s'", option);
}
