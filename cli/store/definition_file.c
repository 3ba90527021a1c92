// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of definitions as a whole, written and removed. */
#include "store/definition_file.h"

#include "store/mdevctl_folder.h"

#include <errno.h>

static struct disk_change explain(struct disk_change result, const char *path, const char *what,
				  char **reterr)
{
	if (result.kind == CHANGE_FAILED)
		set_text(reterr, "%s: cannot be %s: %s%s", path, what, folder_explain(result.rc),
			 root_hint(result.rc));
	else if (result.kind == CHANGE_UNSAFE)
		set_text(reterr, "%s is %s, but a loss of power may undo that: %s", path, what,
			 strerror(-result.rc));
	return result;
}

/* A program that watches mdevctl's folder sees changes of the files in it by itself. */
static void mark(struct disk_change result, const struct folder_handle *folder)
{
	if (result.kind != CHANGE_FAILED && folder->fd == folder->home_fd)
		mdevctl_folder_mark();
}

struct disk_change definition_file_replace(const struct folder_handle *folder, const char *path,
					   const struct buf *text, char **reterr)
{
	struct disk_change result;

	if (text->len > FOLDER_FILE_MAX) {
		set_text(reterr, "%s would be %s", path, folder_explain(-EFBIG));
		return disk_change_of(-EFBIG);
	}
	result = file_replace(folder->home_fd, folder->fd, strrchr(path, '/') + 1,
			      text->data ? text->data : "", text->len);
	mark(result, folder);
	return explain(result, path, "written", reterr);
}

struct disk_change definition_file_remove(const struct folder_handle *folder, const char *path,
					  char **reterr)
{
	struct disk_change result = file_remove(folder->fd, strrchr(path, '/') + 1);

	mark(result, folder);
	return explain(result, path, "removed", reterr);
}
