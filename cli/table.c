// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables on the screen; the columns are declared here. The only user of libsmartcols. */
#include "table.h"

#include "plain.h"

#include <errno.h>
#include <libsmartcols.h>
#include <locale.h>

#define COLUMNS_MAX PLAIN_COLUMNS_MAX

struct column {
	const char *name;
	const char *help;
	bool is_default;
	bool needs_details;
	int flags;
	/* The cell of a row, NULL for an empty one; made in scratch or the row's own. */
	const char *(*get)(const void *row, char scratch[PLAIN_CELL_SIZE]);
};

static const char *device_identity(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	const struct device *dev = row;

	/* The name on the bus is the same text, unless there is a number in it. */
	if (dev->name && !dev->name[UUID_TEXT_LEN])
		return dev->name;
	return identity_format(&dev->id, scratch);
}

static const char *device_parent(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	(void)scratch;
	return ((const struct device *)row)->parent;
}

static const char *device_type(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	(void)scratch;
	return ((const struct device *)row)->type;
}

static const char *device_auto(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	const struct device *dev = row;

	(void)scratch;
	if (!dev->def)
		return NULL;
	return dev->def->is_auto ? "yes" : "no";
}

static const char *device_where(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	(void)scratch;
	return device_presence(row);
}

static const char *device_machine(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	(void)scratch;
	return ((const struct device *)row)->state;
}

static const char *device_group(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	(void)scratch;
	return ((const struct device *)row)->iommu_group;
}

static const char *device_params(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	const struct device *dev = row;

	(void)scratch;
	return dev->def ? dev->def->params : NULL;
}

static const char *device_description(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	const struct device *dev = row;

	(void)scratch;
	return dev->def ? dev->def->description : NULL;
}

static const char *device_file(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	const struct device *dev = row;

	if (!dev->def)
		return NULL;
	snprintf(scratch, PLAIN_CELL_SIZE, "%s:%u", dev->def->file, dev->def->line);
	return scratch;
}

static const char *type_parent(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	(void)scratch;
	return ((const struct type *)row)->parent;
}

static const char *type_name(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	(void)scratch;
	return ((const struct type *)row)->name;
}

static const char *type_available(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	const struct type *type = row;

	if (type->available == LIVE_UNKNOWN)
		return NULL;
	snprintf(scratch, PLAIN_CELL_SIZE, "%lld", (long long)type->available);
	return scratch;
}

static const char *type_api(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	(void)scratch;
	return ((const struct type *)row)->device_api;
}

static const char *type_pretty_name(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	(void)scratch;
	return ((const struct type *)row)->pretty_name;
}

/* Drivers write several lines; a cell has one. */
static const char *type_description(const void *row, char scratch[PLAIN_CELL_SIZE])
{
	const char *text = ((const struct type *)row)->description;
	size_t len = 0;

	for (; text && *text && len + 3 < PLAIN_CELL_SIZE; text++) {
		if (*text != '\n') {
			scratch[len++] = *text;
		} else {
			scratch[len++] = ',';
			scratch[len++] = ' ';
		}
	}
	scratch[len] = '\0';
	return len ? scratch : NULL;
}

static const struct column device_columns[] = {
	{"UUID", "identity: UUID, or UUID:INSTANCE", true, false, 0, device_identity},
	{"PARENT", "parent as in sysfs, or as defined when it is not there", true, false, 0,
	 device_parent},
	{"TYPE", "type", true, false, 0, device_type},
	{"AUTO", "whether apply creates it by itself: yes, no", true, false, 0, device_auto},
	{"STATE", "where it is: live, defined, both", true, false, 0, device_where},
	{"MACHINE", "whether its machine is started or stopped", false, true, 0, device_machine},
	{"GROUP", "IOMMU group", false, true, SCOLS_FL_RIGHT, device_group},
	{"PARAMS", "parameters in the definition", false, false, 0, device_params},
	{"DESCRIPTION", "description in the definition", false, false, 0, device_description},
	{"FILE", "file and line of the definition", false, false, 0, device_file},
	{0},
};

static const struct column type_columns[] = {
	{"PARENT", "parent as in sysfs", true, false, 0, type_parent},
	{"TYPE", "type", true, false, 0, type_name},
	{"AVAILABLE", "instances that can still be created", true, false, SCOLS_FL_RIGHT,
	 type_available},
	{"API", "VFIO device API", true, false, 0, type_api},
	{"NAME", "name given by the driver", true, false, 0, type_pretty_name},
	{"DESCRIPTION", "description given by the driver", true, false, 0, type_description},
	{0},
};

static const struct column *columns_of(enum table_kind kind)
{
	return kind == TABLE_DEVICES ? device_columns : type_columns;
}

/* The chosen columns, in order. Their number, or -EINVAL. */
static int choose_columns(const struct column *all, const char *wanted,
			  const struct column **chosen, char **reterr)
{
	_cleanup_free_ char *copy = xstrdup(wanted ? wanted : "+");
	char *rest = copy, *name;
	int count = 0;

	if (*rest == '+') {
		for (const struct column *column = all; column->name; column++)
			if (column->is_default)
				chosen[count++] = column;
		if (!*++rest)
			return count;
	}
	while ((name = strsep(&rest, ","))) {
		const struct column *column = all;

		while (column->name && strcasecmp(column->name, name) != 0)
			column++;
		if (!column->name || count == COLUMNS_MAX) {
			set_text(reterr,
				 column->name ? "too many columns at '%s'" :
						"there is no column '%s'",
				 name);
			return -EINVAL;
		}
		chosen[count++] = column;
	}
	return count;
}

int table_check_columns(enum table_kind kind, const char *columns, char **reterr)
{
	const struct column *chosen[COLUMNS_MAX];
	int count = choose_columns(columns_of(kind), columns, chosen, reterr);

	return count < 0 ? count : 0;
}

bool table_needs_details(const char *columns)
{
	const struct column *chosen[COLUMNS_MAX];
	_cleanup_free_ char *error = NULL;
	int count = choose_columns(device_columns, columns, chosen, &error);
	bool needed = false;

	for (int i = 0; i < count; i++)
		needed |= chosen[i]->needs_details;
	return needed;
}

void table_print_columns(enum table_kind kind, bool names_only)
{
	for (const struct column *column = columns_of(kind); column->name; column++) {
		if (names_only)
			puts(column->name);
		else
			printf("  %-12s %s%s\n", column->name, column->help,
			       column->is_default ? " *" : "");
	}
}

/* What is printed: a row after the other, in columns of a style that was checked. */
struct printer {
	const struct table_style *style;
	const struct column *columns[COLUMNS_MAX];
	int count;
	struct libscols_table *table;
};

static void choose(struct printer *printer, const struct column *all,
		   const struct table_style *style)
{
	_cleanup_free_ char *error = NULL;

	printer->style = style;
	printer->count = choose_columns(all, style->columns, printer->columns, &error);
}

/*
 * Without a terminal there is nothing to fit a table into. libsmartcols would find the width of
 * each character of each cell, which costs ten times as much as finding out what to list.
 */
static bool try_plain(const struct printer *printer, struct plain_table *rows)
{
	rows->column_count = printer->count;
	rows->noheadings = printer->style->noheadings;
	for (int i = 0; i < printer->count; i++)
		rows->columns[i] = (struct plain_column){
			printer->columns[i]->name, printer->columns[i]->flags & SCOLS_FL_RIGHT,
			printer->columns[i]->get};
	if (printer->style->raw) {
		plain_print_raw(rows);
		return true;
	}
	return !isatty(STDOUT_FILENO) && plain_print(rows);
}

static void begin(struct printer *printer, int tree_column)
{
	/* For the width of characters and the lines of a tree; messages stay as they are. */
	setlocale(LC_CTYPE, "");
	printer->table = scols_new_table();
	if (!printer->table)
		abort();
	scols_table_enable_raw(printer->table, printer->style->raw);
	scols_table_enable_noheadings(printer->table, printer->style->noheadings);
	for (int i = 0; i < printer->count; i++)
		scols_table_new_column(printer->table, printer->columns[i]->name, 0,
				       printer->columns[i]->flags |
					       (i == tree_column ? SCOLS_FL_TREE : 0));
}

static struct libscols_line *add_row(struct printer *printer, const void *row,
				     struct libscols_line *above)
{
	struct libscols_line *line = scols_table_new_line(printer->table, above);
	char scratch[PLAIN_CELL_SIZE];

	for (int i = 0; row && i < printer->count; i++) {
		const char *cell = printer->columns[i]->get(row, scratch);

		scols_line_set_data(line, (size_t)i, cell ? cell : "");
	}
	return line;
}

static void end(struct printer *printer)
{
	scols_print_table(printer->table);
	scols_unref_table(printer->table);
}

static void print_flat(const struct column *all, const struct table_style *style,
		       struct plain_table *rows)
{
	struct printer printer = {.style = style};

	choose(&printer, all, style);
	if (try_plain(&printer, rows))
		return;
	begin(&printer, -1);
	for (size_t i = 0; i < rows->row_count; i++)
		add_row(&printer, plain_row(rows, i), NULL);
	end(&printer);
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* A line that groups devices: its one text stands in the column of the tree. */
static struct libscols_line *add_branch(struct printer *printer, const char *text,
					struct libscols_line *above)
{
	struct libscols_line *line = add_row(printer, NULL, above);

	scols_line_set_data(line, 0, text);
	return line;
}

static void print_tree(const struct device_list *list, const struct table_style *style)
{
	struct libscols_line *parent_line = NULL, *type_line = NULL;
	struct printer printer = {.count = 0};

	choose(&printer, device_columns, style);
	begin(&printer, 0);
	for (size_t i = 0; i < list->n; i++) {
		const struct device *dev = &list->v[i], *before = i ? dev - 1 : NULL;
		bool new_parent = !before || !same_text(before->parent, dev->parent);

		if (new_parent)
			parent_line = add_branch(&printer, dev->parent, NULL);
		if (new_parent || !same_text(before->type, dev->type))
			type_line = add_branch(&printer, dev->type, parent_line);
		add_row(&printer, dev, type_line);
	}
	end(&printer);
}

void table_print_devices(const struct device_list *list, const struct table_style *style)
{
	struct plain_table rows = {
		.rows = list->v, .row_count = list->n, .row_size = sizeof(*list->v)};
	struct table_style own = *style;

	/* In a tree, parent and type are said by the branches. */
	if (style->tree && !style->columns)
		own.columns = "UUID,AUTO,STATE";
	if (style->tree)
		print_tree(list, &own);
	else
		print_flat(device_columns, &own, &rows);
}

void table_print_types(const struct type_list *list, const struct table_style *style)
{
	struct plain_table rows = {
		.rows = list->v, .row_count = list->n, .row_size = sizeof(*list->v)};

	print_flat(type_columns, style, &rows);
}
