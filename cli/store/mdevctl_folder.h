/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder in which mdevctl keeps definitions: etc/mdevctl.d/PARENT/UUID, one in a file. Links in
 * it are passed over, as mdevctl does.
 */
#ifndef MDEVCTL_FOLDER_H
#define MDEVCTL_FOLDER_H

#include "model/filter.h"
#include "store/definition.h"
#include "store/folder.h"

/* The path of a file in it; the caller frees it. */
char *mdevctl_folder_path(const char *parent, const struct identity *id);
/* The path is one of a file in it, or in another folder PARENT/UUID: sets what these are. */
bool mdevctl_folder_split(const char *path, char **ret_parent, struct identity *ret_id);
/* The path is one of a file in it. */
bool mdevctl_folder_has(const char *path);
/* The path is that of another parent's folder in it, or of what is in there. */
bool mdevctl_folder_is_of_another(const char *path, const char *parent);

/* Which of its definitions are wanted. Zeroed: all. */
struct mdevctl_folder_query {
	const struct identity_filter *filter; /* those of the UUIDs that it takes; NULL: of all */
	const char *parent; /* those for the parent of this name; NULL: for all */
	/*
	 * With a parent, the only UUID that the filter takes: its file is looked for by the names
	 * that write it in lower or in upper case, in each of the ways there are, and no folder is
	 * listed. A name that mixes the cases is not found. NULL: all names are looked at.
	 */
	const struct identity *named;
};

/*
 * Adds the definitions in it that are wanted, by parent and then UUID. What cannot be read goes to
 * the problems, and to the broken ones of the list.
 */
void mdevctl_folder_load(const struct mdevctl_folder_query *query, struct definition_list *list,
			 struct problem_list *problems);

/*
 * Looks for the file of a definition, however its name writes the UUID, which the path from
 * mdevctl_folder_path() need not be. 0; -ENOENT when there is none; or another negative errno when
 * that cannot be known. *ret_path is that of the file, or of what could not be read; the caller
 * frees it.
 */
int mdevctl_folder_find(const char *parent, const struct identity *id, char **ret_path);

/*
 * From now on, nothing is loaded from it where mdevctl's own rule for udev is installed, and the
 * program that it runs: that one starts what is defined there.
 */
void mdevctl_folder_leave_to_rule(void);

/*
 * Tells programs that watch the folder (libvirt does) that definitions have changed in another
 * place, by setting the folder's own time. No file appears in it, and no folder is made. Where the
 * time cannot be set, they see the change with the next one.
 */
void mdevctl_folder_mark(void);

/* Nothing is defined in it. False also when that cannot be known. */
bool mdevctl_folder_is_empty(void);

/*
 * Reads the text of one of its files, as definition_parse() does with the text of other files; one
 * that is at another place is not added.
 */
void mdevctl_folder_parse(const char *path, const char *text, size_t len,
			  struct definition_list *list, struct problem_list *problems,
			  struct definition_layout *ret_layout);

/*
 * Opens the parent's folder for a change, under the lock of etc/mdev.d: one lock for all
 * definitions. 0, or a negative errno with a reason in *reterr, -ENOENT when there is no such
 * folder; call folder_close() also then.
 */
enum mdevctl_folder_need { MDEVCTL_FOLDER_AS_IT_IS, MDEVCTL_FOLDER_MADE };
int mdevctl_folder_open_locked(const char *parent, enum mdevctl_folder_need need,
			       struct folder_handle *ret, char **reterr);

#endif
