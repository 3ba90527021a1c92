/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of definitions as a whole, written and removed. */
#ifndef DEFINITION_FILE_H
#define DEFINITION_FILE_H

#include "base/file.h"
#include "store/folder.h"

/*
 * Puts a text in the place of the file, or removes the file, in its folder, which is open and
 * locked; programs that watch mdevctl's folder are told. Says how that ended, with a reason in
 * *reterr unless it is done; -EFBIG for a text that would not be read again.
 */
struct disk_change definition_file_replace(const struct folder_handle *folder, const char *path,
					   const struct buf *text, char **reterr);
struct disk_change definition_file_remove(const struct folder_handle *folder, const char *path,
					  char **reterr);

#endif
