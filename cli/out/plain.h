/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables where there is no terminal to fit them into: aligned columns of printable ASCII, or raw
 * fields. Cheap, for a listing of ten thousand devices is read by a program.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "out/column.h"

struct plain_table {
	const struct column *const *columns;
	int column_count;
	const void *rows;
	size_t row_count, row_size;
	bool noheadings;
};

static inline const void *plain_row(const struct plain_table *table, size_t r)
{
	return (const char *)table->rows + r * table->row_size;
}

/* On stdout; false, and nothing, when a cell holds more than printable ASCII. */
bool plain_print(const struct plain_table *table);
/*
 * Fields with one blank between them, "-" for an empty one; what would split one, a backslash, what
 * is no printable ASCII, and a "-" that is all of a cell, as \xNN.
 */
void plain_print_raw(const struct plain_table *table);

#endif
