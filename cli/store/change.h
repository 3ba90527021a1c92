/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of definition files, which are whole or not at all. */
#ifndef CHANGE_H
#define CHANGE_H

#include "base/file.h"
#include "model/device.h"

/*
 * Functions that change a file say how that ended (see base/file.h), with a reason in *reterr
 * unless it is done.
 */

/*
 * Keeps a definition, in the file of that name in etc/mdev.d (with or without ".conf"; NULL: the
 * device's own, which for a few parents is one in mdevctl's folder). *ret_path says which unless it
 * failed, the caller frees it. Fails with
 * -EEXIST    the file already defines this identity for this parent
 * -EINVAL    the name is no name of a file, or the definition cannot be written down
 * -EBADMSG   the file has something wrong in it, and is left alone
 * other      what the system said
 */
struct disk_change store_add(const struct definition *def, const char *file, char **ret_path,
			     char **reterr);
/* The same in etc/mdev.d, whichever parent it is for, and though it stands in mdevctl's folder. */
struct disk_change store_move(const struct definition *def, char **ret_path, char **reterr);

/* A definition to be removed, as it was read from its file; and how that ended. */
struct removal {
	const struct definition *def;
	struct disk_change result;
	char *error; /* a reason unless it is done, the caller frees it */
};

/*
 * Takes definitions out of their files, each of which is read and written once: either all that are
 * named of a file go or none. Every other byte stays; a file goes with its last section when it is
 * a device's own that was written here. Fails with -EROFS for what belongs to usr/lib, -ENOENT when
 * one is not there any more, else as above.
 */
void store_remove(struct removal *removals, size_t count);
/* How that would end, as far as it can be said without writing. */
void store_check_remove(struct removal *removals, size_t count);

/*
 * Changes a definition in the file that it was read from. change() gets it as it is there now, and
 * changes it; what it needs for that it takes from the arena. Of the file only the lines change
 * that have to. Fails with what change() returned, or as above.
 */
typedef int (*store_change_fn)(struct definition *def, struct arena *arena, void *arg,
			       char **reterr);
struct disk_change store_change(const struct definition *def, store_change_fn change, void *arg,
				char **reterr);
/* 0 or the error of store_change(), as far as that can be said without writing. */
int store_check_change(const struct definition *def, store_change_fn change, void *arg,
		       char **reterr);

/*
 * Puts the new text in the place of the one that was read (empty: there was none). Fails with
 * -ESTALE when the file is not what was read any more, else as above.
 */
struct disk_change store_replace_text(const char *path, const struct buf *before,
				      const struct buf *after, char **reterr);

#endif
