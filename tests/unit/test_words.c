// SPDX-License-Identifier: GPL-2.0-or-later
/* A line split into the words of a command. */
#include "base/words.h"
#include "tap.h"

#include <errno.h>

/* The words in brackets: "[a][b c]". */
static void split(const char *line, const char *expected)
{
	_cleanup_free_ char *error = NULL;
	struct strlist words = {0};
	struct buf text = {0};
	int rc = words_split(line, &words, &error);

	buf_add(&text, "", 0);
	for (size_t i = 0; i < words.n; i++)
		buf_addf(&text, "[%s]", words.v[i]);
	is_number(rc, expected ? 0 : -EINVAL, line);
	if (expected)
		is_text(text.data ? text.data : "", expected, line);
	else
		is_text(error, "a quote has no end", line);
	buf_free(&text);
	strlist_free(&words);
}

int main(void)
{
	split("", "");
	split(" \t ", "");
	split("a", "[a]");
	split("  a\tb  c ", "[a][b][c]");
	split("'a b' \"c\td\"", "[a b][c\td]");
	split("\"it's\" 'say \"x\"'", "[it's][say \"x\"]");
	split("a' b'c\" \"d e", "[a bc d][e]");
	split("'' \"\" ''\"\"", "[][][]");
	split("$HOME `x` * \\n #a ;b", "[$HOME][`x`][*][\\n][#a][;b]");
	split("a \\'b c'", "[a][\\b c]");
	split("'", NULL);
	split("a \"b", NULL);
	split("'a'b'", NULL);
	split("'a\"", NULL);
	return tap_end();
}
