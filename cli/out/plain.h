/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables where there is no terminal to fit them into: aligned columns of printable ASCII, or raw
 * fields. Cheap, for a listing of ten thousand devices is read by a program.
 */
#ifndef PLAIN_H
#define PLAIN_H

#include "base/util.h"

#define PLAIN_COLUMNS_MAX 16
/* The room for a cell that is made for the moment. */
#define PLAIN_CELL_SIZE 4200

struct plain_column {
	const char *name;
	bool right; /* aligned to the right */
	/*
	 * The text of a row's cell, NULL for an empty one: made in scratch, or one that stays as it
	 * is until all is printed. It is asked for more than once.
	 */
	const char *(*get)(const void *row, char scratch[PLAIN_CELL_SIZE]);
};

struct plain_table {
	struct plain_column columns[PLAIN_COLUMNS_MAX];
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
/* Fields with one blank between them; what would split one, or is no printable ASCII, as \xNN. */
void plain_print_raw(const struct plain_table *table);

#endif
