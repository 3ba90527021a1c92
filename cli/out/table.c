// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables on the screen. The only user of libsmartcols. */
#include "out/table.h"

#include "base/library.h"
#include "base/sort.h"
#include "out/color.h"
#include "out/fit.h"
#include "out/plain.h"

#include <libsmartcols.h>
#include <locale.h>

/* clang-format off */
#define FUNCTIONS(each) \
	each(cell_set_color) \
	each(line_get_cell) \
	each(line_refer_data) \
	each(new_table) \
	each(print_table) \
	each(table_enable_colors) \
	each(table_enable_noencoding) \
	each(table_enable_noheadings) \
	each(table_get_termwidth) \
	each(table_new_column) \
	each(table_new_line) \
	each(table_set_termforce) \
	each(unref_table)
/* clang-format on */

static struct {
#define POINTER(name) __typeof__(scols_##name) *(name);
	FUNCTIONS(POINTER)
} scols;

#define FUNCTION(name) {"scols_" #name, &scols.name},
static const struct library_function functions[] = {FUNCTIONS(FUNCTION){NULL, NULL}};
static struct library library = {"libsmartcols.so.1", "libsmartcols1", functions, false};

/* cppcheck-suppress unusedStructMember ; packagers read it */
LIBRARY_NOTE("tables", "tables on a terminal", "recommended", "libsmartcols.so.1");

/* How far two branches set a row in. */
#define BRANCHES_INDENT 4

/* What is printed: a row after the other, in columns of a style that was checked. */
struct printer {
	const struct table_style *style;
	const struct column *columns[COLUMNS_MAX];
	int count;
	size_t widths[COLUMNS_MAX]; /* 0: as wide as the widest cell */
	struct libscols_table *table;
};

static void choose(struct printer *printer, enum column_set set, const struct table_style *style)
{
	_cleanup_free_ char *error = NULL;

	printer->style = style;
	printer->count = column_choose(set, style->columns, printer->columns, &error);
}

/*
 * Without a terminal there is nothing to fit a table into. libsmartcols would find the width of
 * each character of each cell, which costs ten times as much as finding out what to list.
 */
static bool try_plain(const struct printer *printer, struct plain_table *rows)
{
	rows->column_count = printer->count;
	rows->noheadings = printer->style->noheadings;
	rows->columns = printer->columns;
	if (printer->style->raw) {
		plain_print_raw(rows);
		return true;
	}
	return !isatty(STDOUT_FILENO) && plain_print(rows);
}

static int begin(struct printer *printer, char **reterr)
{
	int rc = library_open(&library, reterr);

	if (rc)
		return rc;
	/* For the width of characters and the lines of a tree; messages stay as they are. */
	setlocale(LC_CTYPE, "");
	printer->table = scols.new_table();
	if (!printer->table)
		abort();
	/* Cells are visible already, and what does not fit is left to the terminal. */
	scols.table_enable_noencoding(printer->table, 1);
	scols.table_set_termforce(printer->table, SCOLS_TERMFORCE_NEVER);
	scols.table_enable_noheadings(printer->table, printer->style->noheadings);
	scols.table_enable_colors(printer->table, color_is_wanted());
	return 0;
}

/* A cell as it is printed; the caller frees it. */
static char *make_cell(const struct column *column, const void *row)
{
	char scratch[CELL_SIZE];
	const char *text = column->get(row, scratch);

	return text ? fit_visible(text) : xstrdup("");
}

/*
 * The widths of columns that fit into the terminal. libsmartcols would make the columns narrower
 * that it chooses itself, and cut or wrap identities. indent: how far branches set rows in.
 */
static void fit(struct printer *printer, const struct plain_table *rows, size_t indent)
{
	if (printer->style->is_whole || !isatty(STDOUT_FILENO))
		return;
	for (int i = 0; i < printer->count; i++) {
		printer->widths[i] = strlen(printer->columns[i]->name);
		for (size_t r = 0; r < rows->row_count; r++) {
			_cleanup_free_ char *cell =
				make_cell(printer->columns[i], plain_row(rows, r));
			size_t width = fit_width(cell) + (i ? 0 : indent);

			if (width > printer->widths[i])
				printer->widths[i] = width;
		}
	}
	fit_columns(printer->columns, printer->count, scols.table_get_termwidth(printer->table),
		    printer->widths);
	/* A branch stands in the first column, and is not cut. */
	if (indent)
		printer->widths[0] = 0;
}

/* The text as it is or cut, for a column of this number. Takes the text; the caller frees it. */
static char *cut(const struct printer *printer, int i, char *text)
{
	char *part;

	if (!printer->widths[i])
		return text;
	part = fit_cut(text, printer->widths[i]);
	free(text);
	return part;
}

/* The first column has the tree, if there is one. */
static void add_columns(struct printer *printer, bool has_tree)
{
	for (int i = 0; i < printer->count; i++) {
		const struct column *column = printer->columns[i];
		_cleanup_free_ char *heading = cut(printer, i, xstrdup(column->name));

		scols.table_new_column(printer->table, heading, 0,
				       (column->flags & COLUMN_RIGHT ? SCOLS_FL_RIGHT : 0) |
					       (has_tree && i == 0 ? SCOLS_FL_TREE : 0));
	}
}

static struct libscols_line *add_row(struct printer *printer, const void *row,
				     struct libscols_line *above)
{
	struct libscols_line *line = scols.table_new_line(printer->table, above);

	for (int i = 0; row && i < printer->count; i++) {
		const struct column *column = printer->columns[i];

		/* It belongs to the line from here on. */
		scols.line_refer_data(line, (size_t)i, cut(printer, i, make_cell(column, row)));
		if (column->color)
			scols.cell_set_color(scols.line_get_cell(line, (size_t)i),
					     column->color(row));
	}
	return line;
}

static void end(struct printer *printer)
{
	scols.print_table(printer->table);
	scols.unref_table(printer->table);
}

static int print_flat(enum column_set set, const struct table_style *style,
		      struct plain_table *rows, char **reterr)
{
	struct printer printer = {.style = style};
	int rc;

	choose(&printer, set, style);
	if (try_plain(&printer, rows))
		return 0;
	rc = begin(&printer, reterr);
	if (rc)
		return rc;
	fit(&printer, rows, 0);
	add_columns(&printer, false);
	for (size_t i = 0; i < rows->row_count; i++)
		add_row(&printer, plain_row(rows, i), NULL);
	end(&printer);
	return 0;
}

/* A line that groups devices: its one text stands in the column of the tree. */
static struct libscols_line *add_branch(struct printer *printer, const char *text,
					struct libscols_line *above)
{
	struct libscols_line *line = add_row(printer, NULL, above);

	scols.line_refer_data(line, 0, fit_visible(text));
	return line;
}

/* By parent, then type. */
static bool is_before(const void *a, const void *b)
{
	const struct device *first = a, *second = b;
	int order = strcmp(first->parent, second->parent);

	return order ? order < 0 : strcmp(first->type, second->type) < 0;
}

static int print_tree(const struct device_list *list, const struct table_style *style,
		      char **reterr)
{
	_cleanup_free_ const struct device **order = xcalloc(list->n, sizeof(*order));
	struct libscols_line *parent_line = NULL, *type_line = NULL;
	const struct plain_table rows = {
		.rows = list->v, .row_count = list->n, .row_size = sizeof(*list->v)};
	struct printer printer = {.style = style};
	int rc = begin(&printer, reterr);

	if (rc)
		return rc;
	for (size_t i = 0; i < list->n; i++)
		order[i] = &list->v[i];
	sort_pointers(order, list->n, is_before);
	choose(&printer, COLUMNS_OF_DEVICES, style);
	fit(&printer, &rows, BRANCHES_INDENT);
	add_columns(&printer, true);
	for (size_t i = 0; i < list->n; i++) {
		const struct device *dev = order[i], *before = i ? order[i - 1] : NULL;
		bool new_parent = !before || strcmp(before->parent, dev->parent) != 0;

		if (new_parent)
			parent_line = add_branch(&printer, dev->parent, NULL);
		if (new_parent || strcmp(before->type, dev->type) != 0)
			type_line = add_branch(&printer, dev->type, parent_line);
		add_row(&printer, dev, type_line);
	}
	end(&printer);
	return 0;
}

int table_print_devices(const struct device_list *list, const struct table_style *style,
			char **reterr)
{
	struct plain_table rows = {
		.rows = list->v, .row_count = list->n, .row_size = sizeof(*list->v)};
	struct table_style own = *style;

	/* In a tree, parent and type are said by the branches. */
	if (style->tree && !style->raw && !style->columns)
		own.columns = "UUID,AUTO,STATE";
	if (style->tree && !style->raw)
		return print_tree(list, &own, reterr);
	return print_flat(COLUMNS_OF_DEVICES, &own, &rows, reterr);
}

int table_print_types(const struct type_list *list, const struct table_style *style, char **reterr)
{
	struct plain_table rows = {
		.rows = list->v, .row_count = list->n, .row_size = sizeof(*list->v)};

	return print_flat(COLUMNS_OF_TYPES, style, &rows, reterr);
}
