// SPDX-License-Identifier: GPL-2.0-or-later
/* The program as mdevctl and lsmdev: its environment, its verbs, help. */
#include "front/front.h"

#include "base/msg.h"
#include "base/text.h"
#include "front/args.h"
#include "front/say.h"
#include "host/live.h"

/* The version of mdevctl whose behaviour this is: programs look at the number. */
#define MDEVCTL_VERSION "1.4.0"

static const struct verb *const verbs[] = {
	&verb_define, &verb_undefine, &verb_modify, &verb_start,
	&verb_stop,   &verb_list,     &verb_types,  &verb_start_parent,
};

static const struct option_row front_options[] = {
	{"help", 'h', OPTION_STOP, NULL, "print this help", offsetof(struct args, help)},
	{"version", 'V', OPTION_STOP, NULL, "print the version", offsetof(struct args, version)},
	{0},
};

const struct program *front_program(void)
{
	static const struct command *commands[ARRAY_SIZE(verbs) + 1];
	static const struct program program = {commands, front_options, true};

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		commands[i] = &verbs[i]->command;
	return &program;
}

static const char *name_of(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	return slash ? slash + 1 : argv0;
}

static bool is_lister(const char *argv0)
{
	return str_ends(name_of(argv0), "lsmdev");
}

bool front_is_called(const char *argv0)
{
	return argv0 && (strcmp(name_of(argv0), "mdevctl") == 0 || is_lister(argv0));
}

void front_take_environment(void)
{
	const char *root = getenv("MDEVCTL_ENV_ROOT"), *level = getenv("MDEVCTL_LOG");

	if (root)
		root_set(root);
	if (!level)
		return;
	if (strcasecmp(level, "off") == 0 || strcasecmp(level, "error") == 0)
		msg_set_level(MSG_ERROR);
	else if (strcasecmp(level, "info") == 0 || strcasecmp(level, "debug") == 0 ||
		 strcasecmp(level, "trace") == 0)
		msg_set_level(MSG_INFO);
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(verbs[i]->command.name, name) == 0)
			return verbs[i];
	return NULL;
}

static void format_help(struct buf *text)
{
	buf_addf(text, "Usage: mdevctl VERB [OPTION]...\n\n"
		       "Mediated devices, by the command line of mdevctl " MDEVCTL_VERSION
		       " (this is mdev " VERSION ").\n\nVerbs:\n");
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		buf_addf(text, "  %-19s %s\n", verbs[i]->command.name, verbs[i]->command.summary);
	buf_addf(text,
		 "  %-19s %s\n\nOptions:\n  -h, --help          print this help\n"
		 "  -V, --version       print the version\n",
		 "help", "Print this, or the help of a verb");
}

static int print_help(void)
{
	struct buf text = {0};
	int status;

	format_help(&text);
	status = say_output(&text, "Unable to write output");
	buf_free(&text);
	return status;
}

static int print_verb_help(const struct verb *verb)
{
	const struct command *command = &verb->command;
	struct buf text = {0};

	printf("Usage: mdevctl %s%s\n\n%s.\n\nOptions:\n", command->name, command->synopsis,
	       command->summary);
	options_print(command->options);
	return say_output(&text, "Unable to write output");
}

/* who: "mdevctl", or as a verb is called that has a version of its own. */
static int print_version(const char *who)
{
	struct buf text = {0};
	int status;

	buf_addf(&text, "%s " MDEVCTL_VERSION "\n", who);
	status = say_output(&text, "Unable to write output");
	buf_free(&text);
	return status;
}

/* argv[0] is the verb. */
static int run_verb(const struct verb *verb, const char *who, int argc, char **argv)
{
	struct args args = {0};
	const char *word;
	int status = args_parse(verb, argc, argv, &args, &word);

	if (status != DONE)
		return status;
	if (args.help)
		return print_verb_help(verb);
	if (args.version)
		return print_version(who);
	status = verb->run(&args, word);
	say_unread();
	return status;
}

/* "help", or "help VERB". */
static int run_help(int argc, char **argv)
{
	const struct verb *verb = argc > 1 ? find_verb(argv[1]) : NULL;

	if (argc == 1 || strcmp(argv[1], "help") == 0)
		return print_help();
	if (!verb)
		return args_fail(NULL, "unrecognized subcommand '%s'", argv[1]);
	return print_verb_help(verb);
}

static int run_named(int argc, char **argv)
{
	const struct verb *verb = find_verb(argv[0]);

	if (verb)
		return run_verb(verb, "mdevctl-list", argc, argv);
	if (strcmp(argv[0], "help") == 0)
		return run_help(argc, argv);
	return args_fail(NULL, "unrecognized subcommand '%s'", argv[0]);
}

static int run_nothing(void)
{
	struct buf text = {0};

	format_help(&text);
	msg_text(text.data);
	buf_free(&text);
	return USAGE;
}

int front_run(int argc, char **argv)
{
	struct args args = {0};
	const struct option_set set = {front_options, &args};
	_cleanup_free_ char *error = NULL;
	int left;

	live_hide_others();
	msg_set_form(MSG_FORM_DATED);
	callout_set_form(CALLOUT_FORM_MDEVCTL);
	if (is_lister(argv[0]))
		return run_verb(&verb_list, "lsmdev", argc, argv);
	if (argc == 1)
		return run_nothing();
	if (strcmp(argv[1], "--") == 0)
		return args_fail(NULL, "unexpected argument '--' found");
	left = options_parse(&set, 1, argc, argv, OPTIONS_ONCE | OPTIONS_STOP_AT_WORD, &error);
	if (left < 0)
		return args_fail(NULL, "%s", error);
	if (args.help)
		return print_help();
	if (args.version)
		return print_version("mdevctl");
	return left ? run_named(left, argv) : run_nothing();
}
