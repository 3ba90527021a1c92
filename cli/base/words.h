/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of text as the words of a command. */
#ifndef WORDS_H
#define WORDS_H

#include "base/util.h"

/*
 * Adds the words of a line, which blanks and tabs separate. What stands between two ' or two " is
 * part of a word, blanks included, and may be all or none of it. There is nothing else to it, as a
 * shell would have: no backslash, variable or pattern.
 *
 *	/bin/tool -n 'two words' "it's" a"b c"d ""	becomes
 *	"/bin/tool", "-n", "two words", "it's", "ab cd", ""
 *
 * 0, or -EINVAL with a reason in *reterr: a quote without its end. ret_words is only added to.
 */
int words_split(const char *line, struct strlist *ret_words, char **reterr);

#endif
