/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables on the screen. The only user of libsmartcols. */
#ifndef TABLE_H
#define TABLE_H

#include "model/device.h"
#include "model/type.h"

struct table_style {
	const char *columns; /* names that column_check() found right */
	bool raw, noheadings, tree;
	bool is_whole; /* nothing is cut on a terminal */
};

/*
 * Both print on stdout; with tree devices stand below their types, and those below parents. 0; or
 * -ELIBACC, nothing printed and a reason in *reterr: libsmartcols, which only a terminal or what is
 * no plain text needs, cannot be opened.
 */
int table_print_devices(const struct device_list *list, const struct table_style *style,
			char **reterr);
int table_print_types(const struct type_list *list, const struct table_style *style, char **reterr);

#endif
