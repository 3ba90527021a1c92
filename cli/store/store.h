/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions on disk: the folders, their files, and changes that are whole or not at all. */
#ifndef STORE_H
#define STORE_H

#include "base/file.h"
#include "store/definition.h"

/*
 * Reads etc/mdev.d, run/mdev.d and usr/lib/mdev.d below the root: a file in an earlier folder
 * hides one of the same name in a later one. Definitions come in order of file name, then of
 * line. What cannot be read goes to the problems and hides nothing else.
 */
void store_load(struct definition_list *list, struct problem_list *problems);

/*
 * Whether a definition may be obeyed: users that can write its file could have root do what they
 * like. Sets *reterr when others than root can; then -EPERM for root, and 0 for another user, who
 * is to be warned.
 */
int store_check_trust(const struct definition *def, char **reterr);

/*
 * False when etc/mdev.d is missing: then nothing tells what is meant to be undefined from what is
 * defined in a folder that was not mounted.
 */
bool store_is_there(void);

/*
 * Functions that change a file say how that ended (see base/file.h), with a reason in *reterr
 * unless it is done.
 */

/*
 * Keeps a definition, in the file of that name in etc/mdev.d (with or without ".conf"; NULL: the
 * device's own). *ret_path says which unless it failed, the caller frees it. Fails with
 * -EEXIST    the file already defines this identity for this parent
 * -EINVAL    the name is no name of a file, or the definition cannot be written down
 * -EBADMSG   the file has something wrong in it, and is left alone
 * other      what the system said
 */
struct disk_change store_add(const struct definition *def, const char *file, char **ret_path,
			     char **reterr);

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

/* Reads one file of definitions, wherever it is, as store_load() does. */
void store_load_file(const char *path, struct definition_list *list, struct problem_list *problems);

/*
 * The file of that name ("farm", "farm.conf") or path that is read, of those in the folders; if
 * there is none, the one in etc/mdev.d that it would be. The caller frees *ret_path. -EINVAL with
 * a reason in *reterr when it cannot be the name of a definition file, or is in another place.
 */
int store_find_file(const char *text, char **ret_path, char **reterr);

/* Names of the files in etc/mdev.d, sorted. */
void store_own_files(struct strlist *ret_names);

/* Where the file is to be written: what came with a package is not changed but hidden. */
char *store_own_path(const char *path);

/*
 * A definition file as a whole, for an editor. 0, or a negative errno with a reason in *reterr:
 * -ENOENT when it is not there.
 */
int store_read_text(const char *path, struct buf *ret_text, char **reterr);
/*
 * Puts the new text in the place of the one that was read (empty: there was none). Fails with
 * -ESTALE when the file is not what was read any more, else as above.
 */
struct disk_change store_replace_text(const char *path, const struct buf *before,
				      const struct buf *after, char **reterr);

#endif
