/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user calls a parent, turned into its one name in sysfs. */
#ifndef PARENT_H
#define PARENT_H

#include "base/util.h"

/* The registered parents, and what was resolved before. Zeroed at the start. */
struct parent_index {
	bool loaded;
	int rc; /* why they cannot be listed, or 0 */
	struct strlist names;
	void *resolved; /* a tree of struct resolved */
};

/*
 * Resolves, in this order: a name in sysfs, a short or upper-case PCI address, a path below
 * /sys, a device node, pci:VENDOR:DEVICE[/N], udev:KEY=VALUE[,KEY=VALUE].
 * The name belongs to the index. With a reason in *reterr (the caller frees it):
 * -EINVAL    not a way to name a parent
 * -ENOENT    no registered parent is that
 * -ENOTUNIQ  several are
 * other      what the system said when they were listed
 */
int parent_resolve(struct parent_index *index, const char *text, const char **ret_name,
		   char **reterr);
void parent_index_free(struct parent_index *index);

#endif
