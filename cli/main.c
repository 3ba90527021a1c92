// SPDX-License-Identifier: GPL-2.0-or-later
/* The program: options of its own, the table of verbs, dispatch, exit status. */
#include "base/file.h"
#include "base/msg.h"
#include "base/text.h"
#include "base/unread.h"
#include "front/front.h"
#include "host/core.h"
#include "out/output.h"
#include "verb/cmd.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

static const struct command *const commands[] = {
	&cmd_list,     &cmd_show,   &cmd_types,	 &cmd_create,  &cmd_destroy, &cmd_define,
	&cmd_undefine, &cmd_modify, &cmd_edit,	 &cmd_apply,   &cmd_check,   &cmd_start,
	&cmd_stop,     &cmd_import, &cmd_export, &cmd_monitor, &cmd_help,    NULL,
};

#define GO(field) offsetof(struct globals, field)

static const struct option_row global_options[] = {
	{"root", 0, OPTION_TEXT, "DIR", "work on the tree below DIR instead of /", GO(root)},
	{"json", 0, OPTION_FLAG, NULL, "print JSON", GO(json)},
	{"raw", 0, OPTION_FLAG, NULL, "print tables with single spaces, for scripts", GO(raw)},
	{"noheadings", 0, OPTION_FLAG, NULL, "print tables without headings", GO(noheadings)},
	{"quiet", 'q', OPTION_FLAG, NULL, "print errors only", GO(quiet)},
	{"verbose", 'v', OPTION_FLAG, NULL, "tell what was passed over, too", GO(verbose)},
	{"syslog", 0, OPTION_FLAG, NULL, "send messages to the system's log", GO(syslog)},
	{"version", 'V', OPTION_FLAG, NULL, "print the version, and which core is loaded",
	 GO(version)},
	{"help", 'h', OPTION_FLAG, NULL, "print this help", GO(help)},
	{0},
};

static const struct program program = {commands, global_options, false};

static int apply_globals(const struct globals *globals)
{
	struct stat st;

	if (globals->root) {
		int rc = stat(globals->root, &st) < 0 ? -errno : 0;

		if (unread_note(globals->root, rc) && cmd_report_unread() == FAILED)
			return FAILED;
		if (rc || !S_ISDIR(st.st_mode))
			return cmd_usage(NULL, "the root '%s' is not a folder", globals->root);
		root_set(globals->root);
	}
	if (globals->syslog)
		msg_to_syslog();
	if (globals->quiet)
		msg_set_level(MSG_ERROR);
	else if (globals->verbose)
		msg_set_level(MSG_INFO);
	return DONE;
}

static int print_version(const struct globals *globals)
{
	_cleanup_free_ char *core = NULL;
	int status = apply_globals(globals);

	if (status != DONE)
		return status;
	core = core_describe();
	printf("mdev " VERSION "\nmdev core in the kernel: %s\n", core);
	return cmd_report_unread();
}

/* What could not be read makes any verb incomplete, whatever it was needed for. */
static int run_verb(const struct command *command, struct globals *globals, void *args,
		    int word_count, char **words)
{
	int status = command->run(globals, args, word_count, words);
	int unread = cmd_report_unread();

	return status == DONE ? unread : status;
}

/* What cannot be parsed may stand before --json. */
static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--json") == 0)
			return true;
	return false;
}

/* Of a command line that cannot be parsed it is not known which of it are words. */
static void begin_output(const struct command *command, const struct globals *globals, int words,
			 char **argv)
{
	const struct output_request request = {
		.format = globals->json && !globals->help && !globals->version ? OUTPUT_JSON :
										 OUTPUT_TEXT,
		.kind = command->output,
		.verb = command->name,
		.word_count = words < 0 ? 0 : words,
		.words = argv,
		.quiet = globals->quiet,
		.raw = globals->raw,
		.noheadings = globals->noheadings,
	};

	output_begin(&request);
}

static int run_command(const struct command *command, struct globals *globals, int argc,
		       char **argv)
{
	_cleanup_free_ void *args = xcalloc(1, command->args_size);
	_cleanup_free_ char *error = NULL;
	const struct option_set sets[] = {{command->options, args},
					  {command_word_options(command), args},
					  {global_options, globals}};
	bool may_have_json = asks_for_json(argc, argv);
	int status, words = options_parse(sets, ARRAY_SIZE(sets), argc, argv, 0, &error);

	globals->json |= words < 0 && may_have_json;
	begin_output(command, globals, words, argv);
	if (words < 0)
		status = cmd_usage(command, "%s", error);
	else if (globals->help || globals->version)
		status = DONE;
	else if (words < command->min_words)
		status = cmd_usage(command, "too few arguments");
	else if (command->max_words >= 0 && words > command->max_words)
		status = cmd_usage(command, "unexpected argument '%s'", argv[command->max_words]);
	else
		status = apply_globals(globals);
	if (status == DONE && !globals->help && !globals->version)
		status = cmd_take_addresses(command, words, argv);
	if (status == DONE && globals->help)
		help_print_verb(&program, command);
	else if (status == DONE && globals->version)
		status = print_version(globals);
	else if (status == DONE)
		status = run_verb(command, globals, args, words, argv);
	output_end(status != DONE);
	options_free(command->options, args);
	return status;
}

/*
 * "mdev --list-QUESTION [OPTION]... [WORD]...", or --describe-QUESTION, for the shell's completion.
 * asked: what it is about, whose options count where it is asked on behalf of another name.
 */
static int run_completion(const struct program *asked, int argc, char **argv)
{
	const char *question = argv[1];
	struct globals globals = {0};
	const struct option_set set = {global_options, &globals};
	_cleanup_free_ char *error = NULL;
	int status, words = options_parse(&set, 1, argc - 1, argv + 1, 0, &error);

	if (words < 0)
		return cmd_usage(NULL, "%s", error);
	status = apply_globals(&globals);
	if (status == DONE)
		status = complete(asked, question, words, argv + 1);
	return cmd_report_unread() == DONE ? status : FAILED;
}

/* "-s", "-df": what BusyBox's program of this name is called with at boot. */
static bool is_of_busybox(const char *word)
{
	return word && word[0] == '-' && word[1] && word[1 + strspn(word + 1, "Sdfs")] == '\0';
}

static int run(int argc, char **argv)
{
	struct globals globals = {.program = &program};
	const struct option_set set = {global_options, &globals};
	_cleanup_free_ char *error = NULL;
	const struct command *command;
	int left;

	if (argc > 1 && is_of_busybox(argv[1]))
		return cmd_usage(
			NULL,
			"'%s' is for the mdev of BusyBox, which makes device nodes; this one manages mediated devices (call the other as 'busybox mdev %s')",
			argv[1], argv[1]);
	left = options_parse(&set, 1, argc, argv, OPTIONS_STOP_AT_WORD, &error);
	if (left < 0)
		return cmd_usage(NULL, "%s", error);
	if (globals.version)
		return print_version(&globals);
	/* Called alone it is asked what it can do; that is no use for a script, which is to fail.
	 */
	if (globals.help || argc == 1) {
		help_print(&program);
		return globals.help ? DONE : USAGE;
	}
	if (left == 0)
		return cmd_usage(NULL, "no verb is given");
	command = program_find(&program, argv[0]);
	if (!command)
		return cmd_unknown_verb(&program, argv[0]);
	return run_command(command, &globals, left, argv);
}

int main(int argc, char **argv)
{
	static char output[65536];
	bool is_front = front_is_called(argc ? argv[0] : NULL);
	int status, rc;

	streams_reserve();
	setvbuf(stdout, output, _IOFBF, sizeof(output));
	/* A reader that has seen enough is found out when stdout is closed. */
	signal(SIGPIPE, SIG_IGN);
	if (is_front)
		front_take_environment();
	if (argc >= 2 && complete_is_asked(argv[1]))
		status = run_completion(is_front ? front_program() : &program, argc, argv);
	else if (is_front)
		status = front_run(argc, argv);
	else
		status = run(argc, argv);
	rc = stdout_close();
	/* As mdevctl it was said already. */
	if (rc && rc != -EPIPE && !(is_front && status != DONE))
		msg_error("cannot write the output: %s", strerror(-rc));
	return rc && status == DONE ? FAILED : status;
}
