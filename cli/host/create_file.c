// SPDX-License-Identifier: GPL-2.0-or-later
/* The files "create" of types, kept open from one instance to the next. */
#include "host/create_file.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/layout.h"

#include <errno.h>

static void close_file(struct create_file *file)
{
	cleanup_close(&file->fd);
	free(file->parent);
	free(file->type);
}

static const struct create_file *find(const struct create_files *files, uint32_t hash,
				      const char *parent, const char *type)
{
	for (size_t i = 0; i < files->n; i++) {
		const struct create_file *file = &files->v[i];

		if (file->hash == hash && strcmp(file->type, type) == 0 &&
		    strcmp(file->parent, parent) == 0)
			return file;
	}
	return NULL;
}

/* Room for one more: a new place, or that of the file which was opened first. */
static struct create_file *make_room(struct create_files *files)
{
	struct create_file *file;

	if (files->n < CREATE_FILES_MAX)
		return &files->v[files->n++];
	file = &files->v[files->oldest];
	files->oldest = (files->oldest + 1) % CREATE_FILES_MAX;
	close_file(file);
	return file;
}

int create_files_open(struct create_files *files, const char *parent, const char *type)
{
	uint32_t hash = text_hash(parent) * 31 + text_hash(type);
	const struct create_file *known = find(files, hash, parent, type);
	_cleanup_free_ char *path = NULL;
	int fd;

	if (known)
		return known->fd;
	path = layout_type(parent, type, LAYOUT_CREATE);
	fd = sysfs_open_write(SYSFS_TOP, path);
	/* A user may allow fewer open files than are kept here. */
	if (fd == -EMFILE && files->n) {
		create_files_close(files);
		fd = sysfs_open_write(SYSFS_TOP, path);
	}
	if (fd >= 0)
		*make_room(files) = (struct create_file){hash, fd, xstrdup(parent), xstrdup(type)};
	return fd;
}

void create_files_close(struct create_files *files)
{
	for (size_t i = 0; i < files->n; i++)
		close_file(&files->v[i]);
	*files = (struct create_files){0};
}
