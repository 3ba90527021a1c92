/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user calls a parent, turned into its one name in sysfs. */
#ifndef PARENT_H
#define PARENT_H

#include "base/util.h"
#include "host/pci.h"
#include "host/place.h"
#include "host/property.h"

/*
 * The registered parents, what was resolved before, and the tables that names are looked up in,
 * each read when the first name needs it. Zeroed at the start.
 */
struct parent_index {
	unsigned int looks; /* at single names, before all were listed */
	bool is_loaded;
	int rc; /* why they cannot be listed, or 0 */
	struct strlist names;
	void *resolved; /* a tree of struct resolved */
	struct pci_table pci;
	struct place_table places;
	struct property_table properties;
	struct strlist listed_ids; /* the parents by vendor and device, for explanations */
	char *no_parent; /* why there is no parent at all, once that was looked for */
	struct parent_index *functions; /* the virtual functions, looked for as parents are */
	unsigned int near_searches; /* names that near ones were looked for */
};

/*
 * Resolves, in this order: a name in sysfs, a short or upper-case PCI address, a path below
 * /sys of the parent or of what stands above this parent alone, in which one component may be an
 * asterisk for any, a device node,
 * pci:VENDOR:DEVICE[/N], udev:KEY=VALUE[,KEY=VALUE]. The name belongs to the index.
 * -EINVAL    not a way to name a parent
 * -ENOENT    no registered parent is that
 * -ENOTUNIQ  several are
 * other      what the system said when they were looked for
 */
int parent_resolve(struct parent_index *index, const char *text, const char **ret_name);

/*
 * The same; and what names a virtual function in one of these ways means its parent, and in *ret_vf
 * the function's number. VF_ANY where the parent itself was named.
 */
int parent_resolve_function(struct parent_index *index, const char *text, const char **ret_name,
			    int *ret_vf);

/*
 * As parent_resolve(), but adds what the text could mean to found: names of parents, or with
 * -ENOTUNIQ for pci:VENDOR:DEVICE how each of the devices would be written. Does not remember what
 * it found.
 */
int parent_candidates(struct parent_index *index, const char *text, struct strlist *found);

/* The text can mean a parent by its name in sysfs, or a PCI address, and by nothing else. */
bool parent_is_name(const char *text);
/* And if it is there, the text is its name in sysfs: not a short PCI address, or one in capitals.
 */
bool parent_is_as_in_sysfs(const char *text);

void parent_index_free(struct parent_index *index);

#endif
