// SPDX-License-Identifier: GPL-2.0-or-later
/* Command lines: tables of options, parsed and printed. */
#include "base/options.h"

#include "base/text.h"

#include <errno.h>

struct found {
	const struct option_row *row;
	void *target;
};

struct parser {
	const struct option_set *sets;
	size_t set_count;
	char **argv; /* what is no option is moved to the beginning */
	int words; /* how many those are */
	enum options_flags flags;
	bool is_stopped; /* by an option behind which nothing is looked at */
	char **reterr;
};

static bool row_is_called(const struct option_row *row, const char *name, size_t len, char letter)
{
	if (letter)
		return row->letter == letter;
	return strlen(row->name) == len && strncmp(row->name, name, len) == 0;
}

static bool find_row(const struct parser *parser, const char *name, size_t len, char letter,
		     struct found *ret)
{
	for (size_t i = 0; i < parser->set_count; i++)
		for (const struct option_row *row = parser->sets[i].rows; row->name; row++)
			if (row_is_called(row, name, len, letter)) {
				ret->row = row;
				ret->target = (char *)parser->sets[i].target + row->offset;
				return true;
			}
	return false;
}

static int say_twice(const struct parser *parser, const struct option_row *row)
{
	set_text(parser->reterr, "option '--%s' is given twice", row->name);
	return -EINVAL;
}

static int store_option(struct parser *parser, const struct found *found, const char *arg)
{
	switch (found->row->kind) {
	case OPTION_STOP:
		parser->is_stopped = true;
		/* fall through */
	case OPTION_FLAG:
		if (parser->flags & OPTIONS_ONCE && *(bool *)found->target)
			return say_twice(parser, found->row);
		*(bool *)found->target = true;
		return 0;
	case OPTION_WORD:
		parser->argv[parser->words++] = (char *)arg;
		return 0;
	case OPTION_TEXTS:
		strlist_add(found->target, arg);
		return 0;
	case OPTION_MAYBE:
		arg = arg ? arg : "";
		/* fall through */
	case OPTION_TEXT:
		if (*(const char **)found->target)
			return say_twice(parser, found->row);
		*(const char **)found->target = arg;
		return 0;
	}
	return -EINVAL;
}

/* In the next word, if it is not in this one. */
static bool takes_argument(const struct option_row *row)
{
	return row->arg && row->kind != OPTION_MAYBE;
}

static void explain_unknown(const struct parser *parser, const char *name, size_t len)
{
	_cleanup_free_ char *given = xasprintf("%.*s", (int)len, name);
	size_t least = TEXT_DISTANCE_TYPO + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < parser->set_count; i++)
		for (const struct option_row *row = parser->sets[i].rows; row->name; row++) {
			size_t distance = text_distance(given, row->name);

			if (distance < least && row->help != OPTION_HIDDEN) {
				least = distance;
				nearest = row->name;
			}
		}
	if (nearest)
		set_text(parser->reterr, "unknown option '--%s' (did you mean '--%s'?)", given,
			 nearest);
	else
		set_text(parser->reterr, "unknown option '--%s'", given);
}

/* Sets *used_next when the argument is the next word. */
static int parse_long(struct parser *parser, const char *word, const char *next, bool *used_next)
{
	const char *name = word + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const char *arg = equals ? equals + 1 : next;
	struct found found;

	if (!find_row(parser, name, len, '\0', &found)) {
		explain_unknown(parser, name, len);
		return -EINVAL;
	}
	if (!found.row->arg && equals) {
		set_text(parser->reterr, "option '--%s' takes no argument", found.row->name);
		return -EINVAL;
	}
	if (takes_argument(found.row) && !arg) {
		set_text(parser->reterr, "option '--%s' needs %s", found.row->name, found.row->arg);
		return -EINVAL;
	}
	if (found.row->kind == OPTION_MAYBE && !equals)
		arg = NULL;
	*used_next = takes_argument(found.row) && !equals;
	return store_option(parser, &found, arg);
}

static int parse_short(struct parser *parser, const char *word, const char *next, bool *used_next)
{
	for (const char *p = word + 1; *p; p++) {
		struct found found;
		int rc;

		if (!find_row(parser, "", 0, *p, &found)) {
			set_text(parser->reterr, "unknown option '-%c'", *p);
			return -EINVAL;
		}
		if (takes_argument(found.row)) {
			*used_next = !p[1];
			if (!p[1] && !next) {
				set_text(parser->reterr, "option '-%c' needs %s", *p,
					 found.row->arg);
				return -EINVAL;
			}
			if (p[1] == '=' && parser->flags & OPTIONS_ONCE)
				p++;
			return store_option(parser, &found, *used_next ? next : p + 1);
		}
		rc = store_option(parser, &found, NULL);
		if (rc || parser->is_stopped)
			return rc;
	}
	return 0;
}

/* The word behind an option, if it can be its argument. */
static const char *next_argument(const struct parser *parser, const char *next)
{
	return next && parser->flags & OPTIONS_ONCE && next[0] == '-' && next[1] ? NULL : next;
}

int options_parse(const struct option_set *sets, size_t set_count, int argc, char **argv,
		  enum options_flags flags, char **reterr)
{
	struct parser parser = {.sets = sets,
				.set_count = set_count,
				.argv = argv,
				.flags = flags,
				.reterr = reterr};
	bool options_ended = false;

	for (int i = 1; i < argc && !parser.is_stopped; i++) {
		const char *next = i + 1 < argc ? next_argument(&parser, argv[i + 1]) : NULL;
		bool used_next = false;
		char *word = argv[i];
		int rc;

		if (options_ended || word[0] != '-' || !word[1]) {
			if (flags & OPTIONS_STOP_AT_WORD) {
				memmove(argv, argv + i, (size_t)(argc - i) * sizeof(*argv));
				return argc - i;
			}
			argv[parser.words++] = word;
			continue;
		}
		if (strcmp(word, "--") == 0) {
			options_ended = true;
			continue;
		}
		rc = word[1] == '-' ? parse_long(&parser, word, next, &used_next) :
				      parse_short(&parser, word, next, &used_next);
		if (rc)
			return rc;
		i += used_next;
	}
	return parser.words;
}

void options_free(const struct option_row *rows, void *target)
{
	for (const struct option_row *row = rows; row->name; row++)
		if (row->kind == OPTION_TEXTS)
			strlist_free((struct strlist *)((char *)target + row->offset));
}

void options_print(const struct option_row *rows)
{
	for (const struct option_row *row = rows; row->name; row++) {
		char letter[] = {'-', row->letter, ',', '\0'};
		_cleanup_free_ char *left = xasprintf("%-3s --%s%s%s", row->letter ? letter : "",
						      row->name,
						      !row->arg			? "" :
						      row->kind == OPTION_MAYBE ? "[=" :
										  " ",
						      row->arg ? row->arg : "");

		if (row->help == OPTION_HIDDEN)
			continue;
		if (row->kind == OPTION_MAYBE)
			set_text(&left, "%s]", left);

		printf("  %-27s %s\n", left, row->help);
	}
}
