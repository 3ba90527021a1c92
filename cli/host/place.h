/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the parents stand in the tree of devices, and what stands above them there. */
#ifndef PLACE_H
#define PLACE_H

#include "base/util.h"

/* Read once and then kept, for many paths are looked up in it. Zeroed at the start. */
struct place_table {
	/* The path of a parent below SYSFS_TOP; NULL: kind_parent_path(), for registered ones. */
	char *(*path)(const char *parent, const char *below);
	bool is_loaded;
	int rc; /* the first error but that a parent is not there any more, and of which; or 0 */
	char *rc_path;
	struct place *v; /* each parent, and each device above one; sorted by what they are */
	size_t n, cap;
};

/*
 * The parents that a path below SYSFS_TOP means: the one that it leads to, else all that stand
 * below it. "devices/pci0000:00/0000:00:06.0", a port, means the card in its slot. parents: the
 * registered ones. ret_names is only added to.
 *
 * A negative errno when there could be more: what the system said of the path, other than that
 * nothing is there, or of a parent (table->rc), where the path is not one itself.
 */
int place_find(struct place_table *table, const struct strlist *parents, const char *path,
	       struct strlist *ret_names);

/*
 * The parent that the path below SYSFS_TOP leads to, or the nearest one above that, as a graphics
 * card's is of its node; NULL for neither. The name belongs to parents.
 */
const char *place_above(struct place_table *table, const struct strlist *parents, const char *path);

void place_table_free(struct place_table *table);

#endif
