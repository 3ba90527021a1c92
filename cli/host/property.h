/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parents by what udev knows of them. */
#ifndef PROPERTY_H
#define PROPERTY_H

#include "base/util.h"

/* Read once and then kept, for many definitions are looked up in it. Zeroed at the start. */
struct property_table {
	/* The path of a parent below SYSFS_TOP; NULL: kind_parent_path(), for registered ones. */
	char *(*path)(const char *parent, const char *below);
	bool is_loaded;
	int rc; /* the first error of a parent, and of which; or 0 */
	char *rc_path;
	struct property *v; /* "KEY=VALUE" of all parents, sorted */
	size_t n, cap;
	char *listed_key;
	struct strlist listed; /* the last answer of property_list() */
};

/*
 * The parents that have all of the properties, each "KEY=VALUE" and at least one. parents: the
 * registered ones. ret_names is only added to.
 */
void property_find(struct property_table *table, const struct strlist *parents,
		   const struct strlist *wanted, struct strlist *ret_names);

/* "KEY of PARENT is VALUE" for each parent that has the key; good until the next call. */
const struct strlist *property_list(struct property_table *table, const struct strlist *parents,
				    const char *key);

void property_table_free(struct property_table *table);

#endif
