// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns of text fitted into the width of a terminal. */
#include "out/fit.h"

#include <langinfo.h>
#include <wchar.h>

/* What is cut still says something; and where there is no room even for that, a little. */
#define WIDTH_SHORT 8
#define WIDTH_LEAST 6

/* The bytes of the character at text, and its width; -1 for one that cannot be printed. */
static size_t take_char(const char *text, mbstate_t *state, int *ret_width)
{
	wchar_t c;
	size_t len = mbrtowc(&c, text, MB_CUR_MAX, state);

	if (len && len <= MB_CUR_MAX) {
		*ret_width = wcwidth(c);
		return len;
	}
	*state = (mbstate_t){0};
	*ret_width = -1;
	return 1;
}

char *fit_visible(const char *text)
{
	struct buf seen = {0}, visible = {0};
	mbstate_t state = {0};
	const char *p;
	int width;

	buf_add_visible(&seen, text);
	for (p = seen.data; p && *p;) {
		size_t len = take_char(p, &state, &width);

		for (size_t i = 0; width < 0 && i < len; i++)
			buf_addf(&visible, "\\x%02x", (unsigned char)p[i]);
		if (width >= 0)
			buf_add(&visible, p, len);
		p += len;
	}
	buf_free(&seen);
	return visible.data ? visible.data : xstrdup("");
}

size_t fit_width(const char *text)
{
	mbstate_t state = {0};
	size_t sum = 0;
	int width;

	while (*text) {
		text += take_char(text, &state, &width);
		sum += width > 0 ? (size_t)width : 0;
	}
	return sum;
}

/* The column that is to be cut next, behind that of the trim before. */
static int find_next(const struct column *const *columns, int count, unsigned int before)
{
	int next = -1;

	for (int i = 0; i < count; i++)
		if (columns[i]->trim > before &&
		    (next < 0 || columns[i]->trim < columns[next]->trim))
			next = i;
	return next;
}

/* How much of an excess a column of this width gives, which is not to be narrower than the least.
 */
static size_t give(size_t width, size_t least, size_t excess)
{
	size_t spare = width > least ? width - least : 0;

	return spare < excess ? spare : excess;
}

void fit_columns(const struct column *const *columns, int count, size_t room, size_t *widths)
{
	size_t sum = (size_t)count - 1;

	for (int i = 0; i < count; i++)
		sum += widths[i];
	for (int round = 0; round < 2; round++) {
		int next = find_next(columns, count, 0);

		for (; sum > room && next >= 0;
		     next = find_next(columns, count, columns[next]->trim)) {
			size_t heading = strlen(columns[next]->name), given;

			if (round == 0)
				given = give(widths[next],
					     heading > WIDTH_SHORT ? heading : WIDTH_SHORT,
					     sum - room);
			else
				given = give(widths[next], WIDTH_LEAST, sum - room);
			widths[next] -= given;
			sum -= given;
		}
	}
}

char *fit_cut(const char *text, size_t width)
{
	const char *ellipsis = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 ? "\xe2\x80\xa6" : "...";
	size_t room = width - fit_width(ellipsis), sum = 0, len = 0;
	mbstate_t state = {0};
	int next;

	if (fit_width(text) <= width)
		return xstrdup(text);
	for (;;) {
		size_t step = take_char(text + len, &state, &next);

		if (next > 0 && sum + (size_t)next > room)
			return xasprintf("%.*s%s", (int)len, text, ellipsis);
		sum += next > 0 ? (size_t)next : 0;
		len += step;
	}
}
