/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns of text fitted into the width of a terminal, in the characters of the locale. */
#ifndef FIT_H
#define FIT_H

#include "out/column.h"

/*
 * The text with \xNN for each byte of what could steer a terminal, is not seen, or is no character
 * of the locale. The caller frees it.
 */
char *fit_visible(const char *text);
/* The columns of the screen that a visible text takes. */
size_t fit_width(const char *text);

/*
 * Makes columns narrower until all of them and a blank between each two fit into the room: the one
 * of the lowest trim first, down to the width of a short word or of its heading. Where that is not
 * enough, in the same order down to less; what does not fit then stays too wide.
 */
void fit_columns(const struct column *const *columns, int count, size_t room, size_t *widths);

/* The visible text, where it is wider its beginning and an ellipsis. The caller frees it. */
char *fit_cut(const char *text, size_t width);

#endif
