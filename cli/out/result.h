/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verbs hand to the output, and what formats get to print. */
#ifndef RESULT_H
#define RESULT_H

#include "model/device.h"
#include "model/type.h"
#include "out/code.h"

enum output_format { OUTPUT_TEXT, OUTPUT_JSON };

/* What a verb prints: of each device it did something to, or all through. */
enum output_kind {
	OUTPUT_SILENT, /* text has nothing: the exit status says it */
	OUTPUT_IDENTITY, /* text has the identity of what was made */
	OUTPUT_ACTION, /* text has a line of what was done, unless --quiet */
	OUTPUT_STREAM, /* events as they come, which are no document */
	OUTPUT_FOREIGN, /* a text of a form of its own; JSON only says what failed */
};

/* Tables, where text is one. */
struct output_style {
	const char *columns; /* names that column_check() found right, NULL for the default */
	bool tree; /* devices below their types, and those below parents */
	bool is_whole; /* what is too wide for a terminal is not cut */
};

/* How the program was called. */
struct output_request {
	enum output_format format;
	enum output_kind kind;
	const char *verb;
	/* The words of the command line: one that fails before anything was done has a result, too.
	 */
	int word_count;
	char *const *words;
	bool quiet; /* no lines of what was done, no sums */
	bool raw, noheadings; /* of tables */
};

/* What became of one device, or of one word. */
struct outcome {
	const char *action; /* NULL: the verb's name */
	bool is_changed; /* something is another way now, or would be with --dry-run */
	enum code code; /* CODE_NONE, or why it failed */
	const char *error; /* that in a sentence, or NULL */
};

/* What check found. */
struct finding {
	enum finding_severity { FINDING_ERROR, FINDING_WARNING } severity;
	const char *file;
	unsigned int line; /* 0: the file as a whole */
	const char *text;
};

#endif
