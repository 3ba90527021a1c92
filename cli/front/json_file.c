// SPDX-License-Identifier: GPL-2.0-or-later
/* --jsonfile: a definition from a file that the command line names. */
#include "front/json_file.h"

#include "base/file.h"
#include "base/text.h"
#include "front/say.h"
#include "store/folder.h"
#include "store/mdevctl.h"
#include "verb/cmd.h"

#include <errno.h>
#include <fcntl.h>

int json_file_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int json_file_read(int fd, const char *path, struct definition *def, struct arena *arena)
{
	_cleanup_free_ char *error = NULL, *shown = say_path(path);
	struct buf text = {0};
	int rc = stream_read(fd, FOLDER_FILE_MAX, &text), status = DONE;

	close(fd);
	if (!rc && !text_is_utf8(text.data ? text.data : "", text.len))
		status = say_error_for("stream did not contain valid UTF-8",
				       "Unable to read jsonfile %s", shown);
	else if (rc)
		status = say_error_of(rc, "Unable to read jsonfile %s", shown);
	else if (mdevctl_parse(text.data ? text.data : "", text.len, def, arena, &error))
		status = say_error("%s", error);
	buf_free(&text);
	return status;
}
