/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines: tables of options, parsed and printed. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "base/util.h"

enum option_kind {
	OPTION_FLAG, /* no argument: bool */
	OPTION_TEXT, /* one argument: const char *, NULL when not given */
	OPTION_MAYBE, /* "--name" or "--name=arg": const char *, "" for the first */
	OPTION_TEXTS, /* one argument, any number of times: struct strlist */
	OPTION_WORD, /* one argument, which becomes a word where it stands: no target */
	OPTION_STOP, /* a flag behind which nothing is looked at: bool */
};

#define OPTION_HIDDEN NULL

/* One row says all there is to know of an option; a table ends with a row without a name. */
struct option_row {
	const char *name;
	char letter; /* 0 when it has none */
	enum option_kind kind;
	const char *arg; /* what its argument is called, NULL for a flag */
	const char *help; /* OPTION_HIDDEN: neither in --help nor in completion */
	size_t offset; /* where it goes, in the struct of the verb or of the program */
};

/* A table and the struct that its offsets count from. */
struct option_set {
	const struct option_row *rows;
	void *target;
};

enum options_flags {
	OPTIONS_STOP_AT_WORD = 1 << 0, /* parsing ends before the first word */
	/*
	 * As some other programs have it: no option may be given twice, an argument that is a word
	 * of its own must not begin with "-", and "-x=arg" is "-x arg".
	 */
	OPTIONS_ONCE = 1 << 1,
};

/*
 * Parses argv[1] .. argv[argc - 1]: "--name=arg", "--name arg", "-xarg", "-x arg", flags in
 * one word, "--" as the end of the options. What is not an option is moved, in order, to the
 * beginning of argv. Returns how many words that are (the rest of the command line with
 * OPTIONS_STOP_AT_WORD), or -EINVAL with the reason in *reterr.
 */
int options_parse(const struct option_set *sets, size_t set_count, int argc, char **argv,
		  enum options_flags flags, char **reterr);

/* Frees the lists in the struct that the options went to: all in it that parsing allocates. */
void options_free(const struct option_row *rows, void *target);

/* "  -p, --parent PARENT   help", one row a line, on stdout. */
void options_print(const struct option_row *rows);

#endif
