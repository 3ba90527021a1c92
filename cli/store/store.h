/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions on disk: reading those that count, and finding a file by its name. */
#ifndef STORE_H
#define STORE_H

#include "model/filter.h"
#include "store/definition.h"
#include "store/mdevctl_folder.h"

/*
 * Reads etc/mdev.d, run/mdev.d and usr/lib/mdev.d below the root: a file in an earlier folder
 * hides one of the same name in a later one. Definitions come in order of file name, then of
 * line; behind them those of mdevctl, in etc/mdevctl.d. What cannot be read goes to the problems. A
 * file that cannot be read hides what it would hide otherwise; a folder that cannot be read may
 * hide anything, and none behind it is read.
 */
void store_load(struct definition_list *list, struct problem_list *problems);

/*
 * The same of the UUIDs that the filter takes alone: what is named for another UUID is not read,
 * and what other files say of others is left out. Costs a listing of the folders.
 */
void store_load_some(const struct identity_filter *filter, struct definition_list *list,
		     struct problem_list *problems);

/* The same, and of mdevctl's folder what is wanted of it. */
void store_load_wanted(const struct mdevctl_folder_query *query, struct definition_list *list,
		       struct problem_list *problems);

/*
 * The same of the files that are named for these identities alone, "UUID-N.conf" and "UUID.conf"
 * for "UUID:N", without a listing. An identity may come several times.
 */
void store_load_own(const struct identity *ids, size_t count, struct definition_list *list,
		    struct problem_list *problems);

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

/* No folder has a file of definitions, mdevctl's neither. False also when that cannot be known. */
bool store_is_empty(void);

/* Reads one file of definitions, wherever it is, as store_load() does. */
void store_load_file(const char *path, struct definition_list *list, struct problem_list *problems);

/* The same of a text that shall become the file of that path. */
void store_parse(const char *path, const struct buf *text, struct definition_list *list,
		 struct problem_list *problems);

/*
 * From now on, nothing is read of what mdevctl defines where its own rule for udev is installed.
 */
void store_leave_to_mdevctl(void);

/*
 * Tells programs that watch definitions, as libvirt does, that some may have changed by hand.
 * Changes by the functions of store/change.h tell them by themselves.
 */
void store_tell_watchers(void);

/*
 * The file of that name ("farm", "farm.conf") or path that is read, of those in the folders; if
 * there is none, the one in etc/mdev.d that it would be. The caller frees *ret_path. -EINVAL with
 * a reason in *reterr when it cannot be the name of a definition file, or is in another place.
 */
int store_find_file(const char *text, char **ret_path, char **reterr);

/*
 * Names of the files in etc/mdev.d, sorted; none where it is not there. 0, or a negative errno with
 * a sentence in *reterr where it cannot be read.
 */
int store_own_files(struct strlist *ret_names, char **reterr);

/* Where the file is to be written: what came with a package is not changed but hidden. */
char *store_own_path(const char *path);

/*
 * A definition file as a whole, for an editor. 0, or a negative errno with a reason in *reterr:
 * -ENOENT when it is not there.
 */
int store_read_text(const char *path, struct buf *ret_text, char **reterr);
#endif
