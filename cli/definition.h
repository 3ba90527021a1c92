/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a definition file: read into the model, and written from it. The only user of inih.
 */
#ifndef DEFINITION_H
#define DEFINITION_H

#include "device.h"
#include "util.h"

/* What is wrong with a file: "FILE:LINE: ..." or "FILE: ...", each one line. */
struct problem_list {
	struct strlist texts;
};

/* Adds a problem; line 0 stands for the file as a whole. */
void problem_add(struct problem_list *problems, const char *file, unsigned int line,
		 const char *fmt, ...) PRINTF_LIKE(4, 5);

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
