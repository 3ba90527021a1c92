// SPDX-License-Identifier: GPL-2.0-or-later
/* A line of text as the words of a command. */
#include "base/words.h"

#include <errno.h>

/* Adds the quoted part that begins at the quote; returns what is behind it, NULL without an end. */
static const char *take_quoted(const char *quote, struct buf *word)
{
	const char *end = strchr(quote + 1, *quote);

	if (!end)
		return NULL;
	buf_add(word, quote + 1, (size_t)(end - quote) - 1);
	return end + 1;
}

/* The word at the text, without its quotes; returns what is behind it, or NULL. */
static const char *take_word(const char *text, struct buf *word)
{
	size_t plain;

	word->len = 0;
	buf_add(word, "", 0);
	while (text && *text && !strchr(" \t", *text)) {
		plain = strcspn(text, " \t'\"");
		buf_add(word, text, plain);
		text += plain;
		if (*text == '\'' || *text == '"')
			text = take_quoted(text, word);
	}
	return text;
}

int words_split(const char *line, struct strlist *ret_words, char **reterr)
{
	struct buf word = {0};

	line += strspn(line, " \t");
	while (line && *line) {
		line = take_word(line, &word);
		if (!line)
			break;
		strlist_add(ret_words, word.data);
		line += strspn(line, " \t");
	}
	buf_free(&word);
	if (line)
		return 0;
	set_text(reterr, "a quote has no end");
	return -EINVAL;
}
