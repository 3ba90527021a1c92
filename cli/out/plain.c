// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables where there is no terminal to fit them into. */
#include "out/plain.h"

#include "base/text.h"

/* A column as it is printed, and its cell in the row before: most are the same all the way down. */
struct field {
	size_t place, width;
	const char *above;
	bool is_constant;
};

struct printer {
	const struct plain_table *table;
	struct field fields[COLUMNS_MAX];
	char *text; /* a row; a cell that is the same stays from the one before */
	size_t len;
	char scratch[CELL_SIZE];
};

/* The text of a cell, NULL when it is the same as above. */
static inline const char *new_cell(struct printer *printer, size_t r, int i)
{
	struct field *field = &printer->fields[i];
	const char *cell =
		printer->table->columns[i]->get(plain_row(printer->table, r), printer->scratch);

	if (!cell)
		cell = "";
	if (cell == field->above)
		return NULL;
	/* What is made in scratch may be another text in the next row. */
	field->above = cell == printer->scratch ? NULL : cell;
	return cell;
}

/* False when a cell holds more than printable ASCII. */
static bool measure_column(struct printer *printer, int i)
{
	size_t width = strlen(printer->table->columns[i]->name), new_cells = 0;

	for (size_t r = 0; r < printer->table->row_count; r++) {
		const char *cell = new_cell(printer, r, i);
		size_t len = cell ? strlen(cell) : 0;

		if (!cell)
			continue;
		if (!text_is_ascii(cell, len))
			return false;
		if (len > width)
			width = len;
		new_cells++;
	}
	printer->fields[i] = (struct field){.width = width, .is_constant = new_cells == 1};
	return true;
}

static bool measure(struct printer *printer)
{
	size_t place = 0;

	for (int i = 0; i < printer->table->column_count; i++) {
		if (!measure_column(printer, i))
			return false;
		printer->fields[i].place = place;
		place += printer->fields[i].width + 1;
	}
	printer->text = memset(xcalloc(place, 1), ' ', place);
	return true;
}

/* Nothing is padded behind the last column, nor in it when it is empty. */
static void put_cell(struct printer *printer, int i, const char *cell)
{
	bool right = printer->table->columns[i]->flags & COLUMN_RIGHT;
	bool is_last = i + 1 == printer->table->column_count;
	size_t len = strlen(cell), padding = printer->fields[i].width - len;
	char *text = printer->text + printer->fields[i].place;

	if (is_last && (!right || !len))
		padding = 0;
	if (padding)
		memset(right ? text : text + len, ' ', padding);
	/* A cell is no string of its own. NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(right ? text + padding : text, cell, len);
	if (is_last) {
		text[padding + len] = '\n';
		printer->len = (size_t)(text - printer->text) + padding + len + 1;
	}
}

static void put_row(const struct printer *printer)
{
	fwrite_unlocked(printer->text, 1, printer->len, stdout);
}

static void print_rows(struct printer *printer)
{
	const struct plain_table *table = printer->table;

	for (int i = 0; i < table->column_count; i++)
		put_cell(printer, i, table->columns[i]->name);
	if (!table->noheadings)
		put_row(printer);
	for (size_t r = 0; r < table->row_count; r++) {
		for (int i = 0; i < table->column_count; i++) {
			const char *cell = r && printer->fields[i].is_constant ?
						   NULL :
						   new_cell(printer, r, i);

			if (cell)
				put_cell(printer, i, cell);
		}
		put_row(printer);
	}
}

bool plain_print(const struct plain_table *table)
{
	struct printer printer = {.table = table};

	if (!measure(&printer))
		return false;
	if (table->row_count)
		print_rows(&printer);
	free(printer.text);
	return true;
}

/* "-" for an empty cell, so that each line has the same number of fields; a real "-" is \x2d. */
static void put_raw(const char *cell, bool is_last)
{
	bool is_dash = cell && strcmp(cell, "-") == 0;

	if (!cell || !*cell)
		putc_unlocked('-', stdout);
	for (const char *p = cell ? cell : ""; *p; p++) {
		if (*p <= ' ' || *p > 0x7e || *p == '\\' || is_dash)
			printf("\\x%02x", (unsigned char)*p);
		else
			putc_unlocked(*p, stdout);
	}
	putc_unlocked(is_last ? '\n' : ' ', stdout);
}

void plain_print_raw(const struct plain_table *table)
{
	int last = table->column_count - 1;
	char scratch[CELL_SIZE];

	for (int i = 0; i <= last && table->row_count && !table->noheadings; i++)
		put_raw(table->columns[i]->name, i == last);
	for (size_t r = 0; r < table->row_count; r++)
		for (int i = 0; i <= last; i++)
			put_raw(table->columns[i]->get(plain_row(table, r), scratch), i == last);
}
