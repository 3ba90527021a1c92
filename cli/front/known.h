/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is defined and what is live, as mdevctl has words for it: a UUID on a parent. */
#ifndef KNOWN_H
#define KNOWN_H

#include "verb/inventory.h"

/* Definitions, sorted by parent and UUID, whose parent_name is set. Zeroed at the start. */
struct known {
	struct inventory inventory;
	struct definition **v;
	size_t n;
};

enum known_flags {
	/*
	 * Also a definition of mdevctl's that does not count, because another one of the same UUID
	 * is there for the parent.
	 */
	KNOWN_ALL = 1 << 0,
	/* Also files of mdevctl's that cannot be read; their definitions have the type "". */
	KNOWN_BROKEN = 1 << 1,
	/* Of mdevctl's what is found by its name, without a listing, see mdevctl_folder_query. */
	KNOWN_BY_NAME = 1 << 2,
};

/* Reads the definitions of the UUID (NULL: all) for the parent (NULL: all). */
void known_load(struct known *known, const struct identity *id, const char *parent,
		enum known_flags flags);
/* The definition of the UUID for the parent, or NULL. */
struct definition *known_find(const struct known *known, const struct identity *id,
			      const char *parent);
void known_free(struct known *known);

/* Says, as warnings, which files for the parent (NULL: for any) have names that are no UUIDs. */
void known_warn_strangers(const struct known *known, const char *parent);
/* That, and what of the parent cannot be read. */
void known_warn(const struct known *known, const char *parent);
/* Says, as warnings, what could not be read of what may be defined for the parent (NULL: for any).
 */
void known_warn_unread(const struct known *known, const char *parent);
/*
 * Says, as the error of a verb that would act on what is defined, or on its absence, that not all
 * could be read which may define something for the parent (NULL: for any), and returns true; false
 * when that is not so. With KNOWN_BROKEN a file of mdevctl's that is there and cannot be read
 * counts, too.
 */
bool known_is_unread(const struct known *known, const char *parent, enum known_flags flags);
/*
 * Says, as the error of a verb that is asked for the definition itself, that it cannot be read, and
 * returns true; false when that is not so.
 */
bool known_is_broken(const struct known *known, const struct identity *id, const char *parent);

/* "P/U", or "U" when parent is NULL; the caller frees it. */
char *known_name(const struct identity *id, const char *parent);

#endif
