/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wrong with definition files, by file and line. */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "base/util.h"

/* What is wrong with a file. */
struct problem {
	char *file;
	unsigned int line; /* 0: the file as a whole */
	char *text; /* "FILE:LINE: ..." or "FILE: ...", one line */
	const char *what; /* the text without that */
	bool is_unread; /* nobody knows what is in the file or folder: it may hold any definition */
};

/* Owns everything that is reachable from it. Zeroed at the start. */
struct problem_list {
	struct problem *v;
	size_t n;
	size_t of_file; /* how many of these are of the file that the last one is of */
	size_t left_out; /* further ones of that file, which problem_list_end_file() counts in words
			  */
};

/*
 * Adds a problem, but no more than PROBLEMS_OF_FILE of one file: a million messages about a million
 * bad lines would not help more than ten. Problems are added file by file. Whichever function adds
 * some calls problem_list_end_file() after the last one, which adds "and N more" when others were
 * left out.
 */
#define PROBLEMS_OF_FILE 10
void problem_add(struct problem_list *problems, const char *file, unsigned int line,
		 const char *fmt, ...) PRINTF_LIKE(4, 5);
void problem_list_end_file(struct problem_list *problems);
/* Adds that a file or folder could not be read, for that reason. */
void problem_add_unread(struct problem_list *problems, const char *file, const char *why);
void problem_list_free(struct problem_list *problems);
/* The same with the arguments as a list. */
void problem_addv(struct problem_list *problems, const char *file, unsigned int line,
		  const char *fmt, va_list args) PRINTF_LIKE(4, 0);

#endif
