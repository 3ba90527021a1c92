/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables on the screen; the columns are declared here. The only user of libsmartcols. */
#ifndef TABLE_H
#define TABLE_H

#include "device.h"
#include "live.h"

struct table_style {
	const char *columns; /* NAME[,NAME...], +NAME,... adds to the default; NULL: the default */
	bool raw, noheadings, tree;
};

enum table_kind { TABLE_DEVICES, TABLE_TYPES };

/* 0, or -EINVAL with a reason in *reterr when it names a column that there is not. */
int table_check_columns(enum table_kind kind, const char *columns, char **reterr);
/* A column is asked for that live_device_details() fills in; columns were checked. */
bool table_needs_details(const char *columns);
/* Name and meaning of each column, for --help; the names alone for completion. */
void table_print_columns(enum table_kind kind, bool names_only);

/* Both print on stdout; with tree devices stand below their types, and those below parents. */
void table_print_devices(const struct device_list *list, const struct table_style *style);
void table_print_types(const struct type_list *list, const struct table_style *style);

#endif
