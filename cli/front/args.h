/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of mdevctl: its verbs as data, parsing, and help. */
#ifndef ARGS_H
#define ARGS_H

#include "verb/cmd.h"

/* What a command line says; of a verb without an option what stands here for it is zero. */
struct args {
	const char *uuid, *parent, *type, *jsonfile, *addattr, *value, *index;
	bool is_auto, is_manual, force, delattr, live, defined, dumpjson, verbose, help, version;
	const struct identity *id; /* of uuid, NULL without it */
	struct identity parsed_id;
	uint32_t number; /* of index */
};

/* What a command line has to keep to. A table ends with a row without an option. */
struct rule {
	enum rule_kind {
		RULE_EXCLUDES, /* the option goes with none of the others */
		RULE_NEEDS, /* with the option, and "" always, at least one of the others is needed
			     */
	} kind;
	const char *option;
	const char *others[5];
};

/* A verb: the words behind it, what they are called, and what they may not be. */
struct verb {
	struct command command; /* for parsing, help and completion */
	const struct rule *rules;
	/* args are those of the command line, word the parent where the verb takes one. */
	int (*run)(const struct args *args, const char *word);
};

extern const struct verb verb_define, verb_undefine, verb_modify, verb_start, verb_stop, verb_list,
	verb_types, verb_start_parent;

/* Parses what is behind a verb. DONE, or a message and USAGE. *ret_word: NULL, or the parent. */
int args_parse(const struct verb *verb, int argc, char **argv, struct args *ret_args,
	       const char **ret_word);

/* Says what is wrong with a command line, and returns USAGE. verb: NULL before there is one. */
int args_fail(const struct verb *verb, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
