/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of tables: their names, what stands in them, and choosing some. */
#ifndef COLUMN_H
#define COLUMN_H

#include "base/util.h"

#define COLUMNS_MAX 16
/* The room for a cell that is made for the moment. */
#define CELL_SIZE 4200

/* Rows are struct device, or struct type. */
enum column_set { COLUMNS_OF_DEVICES, COLUMNS_OF_TYPES };

enum column_flag {
	COLUMN_DEFAULT = 1, /* printed when nothing else is asked for */
	COLUMN_DETAIL = 2, /* filled in by live_device_details() */
	COLUMN_RIGHT = 4, /* a number */
	COLUMN_NODE = 8, /* filled in by node_describe() */
};

struct column {
	const char *name;
	const char *help;
	unsigned int flags;
	/* Which column a terminal that is too narrow has cut first, 1, second, ...; 0: it never is.
	 */
	unsigned int trim;
	/*
	 * The text of a row's cell, NULL for an empty one: made in scratch, or one that stays as it
	 * is until all is printed. It is asked for more than once.
	 */
	const char *(*get)(const void *row, char scratch[CELL_SIZE]);
	/* The colour of the cell where there are any, NULL for none; or NULL. */
	const char *(*color)(const void *row);
};

/* All of them; one without a name ends them. */
const struct column *columns_of(enum column_set set);
/*
 * The columns NAME[,NAME...] in that order, +NAME,... behind the default, NULL: the default. Their
 * number, or -EINVAL with a reason in *reterr when it names one that there is not.
 */
int column_choose(enum column_set set, const char *names, const struct column *chosen[COLUMNS_MAX],
		  char **reterr);
/* 0, or what column_choose() says. */
int column_check(enum column_set set, const char *names, char **reterr);
/*
 * What has to be filled in for the columns of devices that are asked for, of COLUMN_DETAIL and
 * COLUMN_NODE; the names were checked.
 */
unsigned int column_needs(const char *names);
/* A chapter of --help on stdout: the name and meaning of each. */
void column_print_help(enum column_set set);

#endif
