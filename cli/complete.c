// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers for the shell's completion: "mdev --list-WHAT [WORD]...", one answer a line. Made from
 * the tables that parsing and --help use, so that completion cannot fall behind them.
 */
#include "cmd.h"
#include "live.h"
#include "table.h"

/* A name as the shell gets it back; one that could steer the terminal cannot be typed anyway. */
static void say(const char *name)
{
	if (text_is_plain(name))
		puts(name);
}

static int list_verbs(const struct program *program, const char *word)
{
	(void)word;
	for (const struct command *const *command = program->commands; *command; command++)
		puts((*command)->name);
	return DONE;
}

/* "--name", or "--name=" for one that takes an argument; then its letter in the same form. */
static void print_options(const struct option_row *rows)
{
	for (; rows->name; rows++) {
		printf("--%s%s\n", rows->name, rows->arg && rows->kind != OPTION_MAYBE ? "=" : "");
		if (rows->letter)
			printf("-%c%s\n", rows->letter, rows->arg ? "=" : "");
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
	_cleanup_free_ char *error = NULL;
	const char *name = NULL;

	(void)program;
	if (!parent || parent_resolve(&index, parent, &name, &error) == 0)
		live_types(&types, name);
	for (size_t i = 0; i < types.n; i++)
		say(types.v[i].name);
	type_list_free(&types);
	parent_index_free(&index);
	return DONE;
}

static void print_identities(bool live, bool defined)
{
	struct inventory inventory = {0};
	char text[IDENTITY_TEXT_SIZE];

	if (defined)
		inventory_load_definitions(&inventory);
	inventory_load_devices(&inventory, NULL);
	for (size_t i = 0; i < inventory.devices.n; i++)
		if (live ? device_is_live(&inventory.devices.v[i]) || defined :
			   inventory.devices.v[i].def != NULL)
			puts(identity_format(&inventory.devices.v[i].id, text));
	inventory_free(&inventory);
}

static int list_identities(const struct program *program, const char *word)
{
	(void)program, (void)word;
	print_identities(true, true);
	return DONE;
}

static int list_live(const struct program *program, const char *word)
{
	(void)program, (void)word;
	print_identities(true, false);
	return DONE;
}

static int list_defined(const struct program *program, const char *word)
{
	(void)program, (void)word;
	print_identities(false, true);
	return DONE;
}

static int list_columns(const struct program *program, const char *verb)
{
	(void)program;
	table_print_columns(verb && strcmp(verb, "types") == 0 ? TABLE_TYPES : TABLE_DEVICES, true);
	return DONE;
}

static const struct {
	const char *name;
	int (*answer)(const struct program *program, const char *word);
} questions[] = {
	{"verbs", list_verbs},	   {"options", list_options},	    {"parents", list_parents},
	{"types", list_types},	   {"identities", list_identities}, {"live", list_live},
	{"defined", list_defined}, {"columns", list_columns},
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
