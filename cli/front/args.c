// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line of mdevctl: parsing, and what goes with what. */
#include "front/args.h"

#include "base/msg.h"
#include "base/text.h"

int args_fail(const struct verb *verb, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL, *text = NULL;
	va_list args;

	va_start(args, fmt);
	what = xvasprintf(fmt, args);
	va_end(args);
	text = xasprintf(
		"error: %s\n\nUsage: mdevctl %s%s\n\nFor more information, try '--help'.\n", what,
		verb ? verb->command.name : "", verb ? verb->command.synopsis : "VERB [OPTION]...");
	msg_text(text);
	return USAGE;
}

static const struct option_row *find_row(const struct verb *verb, const char *name)
{
	const struct option_row *row = verb->command.options;

	while (row->name && strcmp(row->name, name) != 0)
		row++;
	return row->name ? row : NULL;
}

static bool is_given(const struct verb *verb, const struct args *args, const char *name)
{
	const struct option_row *row = find_row(verb, name);
	const char *target = (const char *)args + (row ? row->offset : 0);

	if (!row)
		return false;
	return row->arg ? *(const char *const *)target != NULL : *(const bool *)target;
}

static int check_excludes(const struct verb *verb, const struct args *args, const struct rule *rule)
{
	for (size_t i = 0; i < ARRAY_SIZE(rule->others) && rule->others[i]; i++)
		if (is_given(verb, args, rule->others[i]))
			return args_fail(verb, "'--%s' and '--%s' do not go together", rule->option,
					 rule->others[i]);
	return DONE;
}

static int check_needs(const struct verb *verb, const struct args *args, const struct rule *rule)
{
	struct strlist names = {0};
	_cleanup_free_ char *joined = NULL;
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(rule->others) && rule->others[i]; i++) {
		_cleanup_free_ char *name = xasprintf("--%s", rule->others[i]);

		any |= is_given(verb, args, rule->others[i]);
		strlist_add(&names, name);
	}
	joined = strlist_join(&names, names.n);
	strlist_free(&names);
	if (any)
		return DONE;
	return args_fail(verb, "%s needs %s%s", *rule->option ? rule->option : verb->command.name,
			 rule->others[1] ? "one of " : "", joined);
}

static int check_rules(const struct verb *verb, const struct args *args)
{
	int status = DONE;

	for (const struct rule *rule = verb->rules; status == DONE && rule->option; rule++) {
		if (*rule->option && !is_given(verb, args, rule->option))
			continue;
		status = rule->kind == RULE_EXCLUDES ? check_excludes(verb, args, rule) :
						       check_needs(verb, args, rule);
	}
	return status;
}

/* What is printed and kept as JSON is UTF-8; the path of a file may be anything. */
static int check_text(const struct verb *verb, const struct args *args)
{
	for (const struct option_row *row = verb->command.options; row->name; row++) {
		const char *const *value =
			(const char *const *)((const char *)args + (row->arg ? row->offset : 0));

		if (row->arg && *value && *value != args->jsonfile &&
		    !text_is_utf8(*value, strlen(*value)))
			return args_fail(verb, "the value of '--%s' is not UTF-8", row->name);
	}
	return DONE;
}

static int take_values(const struct verb *verb, struct args *args)
{
	if (check_text(verb, args) != DONE)
		return USAGE;
	if (args->uuid && identity_parse_uuid(args->uuid, &args->parsed_id) < 0)
		return args_fail(verb, "invalid value '%s' for '--uuid UUID'", args->uuid);
	args->id = args->uuid ? &args->parsed_id : NULL;
	if (args->index && parse_u32(args->index + (*args->index == '+'), &args->number) < 0)
		return args_fail(verb, "invalid value '%s' for '--index N'", args->index);
	if (args->jsonfile && !*args->jsonfile)
		return args_fail(verb, "a value is needed for '--jsonfile FILE'");
	return DONE;
}

int args_parse(const struct verb *verb, int argc, char **argv, struct args *ret_args,
	       const char **ret_word)
{
	const struct option_set set = {verb->command.options, ret_args};
	_cleanup_free_ char *error = NULL;
	int words = options_parse(&set, 1, argc, argv, OPTIONS_ONCE, &error);

	*ret_word = NULL;
	if (words < 0)
		return args_fail(verb, "%s", error);
	if (words > verb->command.max_words)
		return args_fail(verb, "unexpected argument '%s' found",
				 argv[verb->command.max_words]);
	if (words && !text_is_utf8(argv[0], strlen(argv[0])))
		return args_fail(verb, "the name of a parent is not UTF-8");
	if (take_values(verb, ret_args) != DONE)
		return USAGE;
	if (ret_args->help || ret_args->version)
		return DONE;
	if (words < verb->command.min_words)
		return args_fail(verb, "a parent is needed");
	*ret_word = words ? argv[0] : NULL;
	return check_rules(verb, ret_args);
}
