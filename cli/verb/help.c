// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev help, --help: how the program and its verbs are used, from the tables that parsing reads. */
#include "verb/cmd.h"

static const struct option_row options[] = {{0}};

void help_print(const struct program *program)
{
	puts("Usage: mdev [OPTION]... VERB [OPTION]... [ARGUMENT]...\n\n"
	     "Manages mediated devices: slices of a physical device, for virtual machines.\n\n"
	     "Verbs:");
	for (const struct command *const *command = program->commands; *command; command++)
		printf("  %-10s %s\n", (*command)->name, (*command)->summary);
	puts("\nOptions, before or after the verb:");
	options_print(program->options);
	puts("\n'mdev VERB --help' explains a verb; see also mdev(8), mdev.d(5), mdev-json(7).");
}

void help_print_verb(const struct program *program, const struct command *command)
{
	printf("Usage: mdev %s %s\n\n%s.\n", command->name, command->synopsis, command->summary);
	if (command->details)
		printf("\n%s\n", command->details);
	if (command->options->name || command_word_options(command)->name) {
		puts("\nOptions:");
		options_print(command->options);
		options_print(command_word_options(command));
	}
	puts("\nOptions of every verb:");
	options_print(program->options);
	if (command->help_more)
		command->help_more();
}

static int help_run(const struct globals *globals, void *args, int word_count, char **words)
{
	const struct command *command;

	(void)args;
	if (!word_count) {
		help_print(globals->program);
		return DONE;
	}
	command = program_find(globals->program, words[0]);
	if (!command)
		return cmd_unknown_verb(globals->program, words[0]);
	help_print_verb(globals->program, command);
	return DONE;
}

const struct command cmd_help = {
	.name = "help",
	.summary = "Explain the program or a verb, as --help does",
	.synopsis = "[VERB]",
	.words = WORDS_VERBS,
	.min_words = 0,
	.max_words = 1,
	.options = options,
	.output = OUTPUT_FOREIGN,
	.run = help_run,
};
