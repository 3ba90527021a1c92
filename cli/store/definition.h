/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a definition file: read into the model, and written from it. The only user of inih.
 */
#ifndef DEFINITION_H
#define DEFINITION_H

#include "base/util.h"
#include "model/device.h"

/* What is wrong with a file. */
struct problem {
	char *file;
	unsigned int line; /* 0: the file as a whole */
	char *text; /* "FILE:LINE: ..." or "FILE: ...", one line */
	const char *what; /* the text without that */
};

/* Owns everything that is reachable from it. Zeroed at the start. */
struct problem_list {
	struct problem *v;
	size_t n;
};

void problem_add(struct problem_list *problems, const char *file, unsigned int line,
		 const char *fmt, ...) PRINTF_LIKE(4, 5);
void problem_list_free(struct problem_list *problems);

/*
 * Reads the text of one file. Good sections are added to the list, each bad line or section
 * to the problems; a section with a bad line is not added, the others of the file are.
 */
void definition_parse(const char *file, const char *text, size_t len, struct definition_list *list,
		      struct problem_list *problems);

/*
 * Adds the section that definition_parse() would read as this definition. 0, or -EINVAL with a
 * reason in *reterr when a file cannot hold it.
 */
int definition_format(const struct definition *def, struct buf *text, char **reterr);

#endif
