/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a file of definitions is read and changed. Files in etc/mdev.d, run/mdev.d and usr/lib/mdev.d
 * have sections, any number of them; those in mdevctl's folder hold one definition each, as JSON.
 */
#ifndef FORM_H
#define FORM_H

#include "store/definition.h"
#include "store/folder.h"

struct form {
	bool is_single; /* the file holds one definition, and goes with it, readable or not */
	/* As folder_open_locked() does, the folder of the file. */
	int (*open_locked)(const char *path, struct folder_handle *ret, char **reterr);
	/* As definition_parse() does. */
	void (*parse)(const char *path, const char *text, size_t len, struct definition_list *list,
		      struct problem_list *problems, struct definition_layout *ret_layout);
	/* As section_change() does. */
	int (*change)(struct buf *text, const struct definition_layout *layout, size_t which,
		      const struct definition *before, const struct definition *after,
		      char **reterr);
};

/* That of a file, by its path. */
const struct form *form_of(const char *path);

#endif
