// SPDX-License-Identifier: GPL-2.0-or-later
/* What is wrong with definition files, by file and line. */
#include "store/problem.h"

static void keep_problem(struct problem_list *problems, const char *file, unsigned int line,
			 const char *fmt, va_list args)
{
	_cleanup_free_ char *what = xvasprintf(fmt, args);
	char *text = line ? xasprintf("%s:%u: %s", file, line, what) :
			    xasprintf("%s: %s", file, what);

	problems->v = xgrow(problems->v, problems->n, sizeof(*problems->v));
	problems->v[problems->n++] = (struct problem){.file = xstrdup(file),
						      .line = line,
						      .text = text,
						      .what = text + strlen(text) - strlen(what)};
}

void problem_addv(struct problem_list *problems, const char *file, unsigned int line,
		  const char *fmt, va_list args)
{
	if (!problems->n || strcmp(problems->v[problems->n - 1].file, file) != 0) {
		problem_list_end_file(problems);
		problems->of_file = 0;
	}
	if (problems->of_file == PROBLEMS_OF_FILE) {
		problems->left_out++;
		return;
	}
	problems->of_file++;
	keep_problem(problems, file, line, fmt, args);
}

PRINTF_LIKE(4, 5)
static void keep_one_more(struct problem_list *problems, const char *file, unsigned int line,
			  const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	keep_problem(problems, file, line, fmt, args);
	va_end(args);
}

void problem_list_end_file(struct problem_list *problems)
{
	if (problems->left_out)
		keep_one_more(problems, problems->v[problems->n - 1].file, 0, "and %zu more",
			      problems->left_out);
	problems->left_out = 0;
}

void problem_list_free(struct problem_list *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		free(problems->v[i].file);
		free(problems->v[i].text);
	}
	free(problems->v);
	*problems = (struct problem_list){0};
}

void problem_add(struct problem_list *problems, const char *file, unsigned int line,
		 const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	problem_addv(problems, file, line, fmt, args);
	va_end(args);
}

void problem_add_unread(struct problem_list *problems, const char *file, const char *why)
{
	problem_add(problems, file, 0, "%s", why);
	problems->v[problems->n - 1].is_unread = true;
}
