/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files below <root>/sys: the only file that opens them. */
#ifndef SYSFS_H
#define SYSFS_H

#include "base/util.h"

#include <sys/types.h>

/*
 * In all of these, dirfd is a folder opened here before, or SYSFS_TOP for <root>/sys itself;
 * path is relative to it. Each returns a negative errno when it fails.
 *
 * A look-up that fails is noted for base/unread, so that a caller can take what it got for all that
 * there is. The functions called "try" and those that write note nothing: their callers say
 * themselves what failed.
 */
#define SYSFS_TOP (-1)

/* A folder to look from; the caller closes it. Links on the way are followed. */
int sysfs_open_dir(int dirfd, const char *path);
int sysfs_try_open_dir(int dirfd, const char *path);

/* As the second, but every component must be a folder itself: a link ends it with -ELOOP or
 * -ENOTDIR. */
int sysfs_open_dir_nofollow(int dirfd, const char *path);

/*
 * The value of an attribute without its trailing newline; the caller frees it.
 * An attribute holds at most a page; a value with a NUL in it is -EILSEQ.
 */
int sysfs_read(int dirfd, const char *path, char **ret_value);
int sysfs_try_read(int dirfd, const char *path, char **ret_value);

/* Notes that a "try" failed; see unread_note(). */
int sysfs_note(int dirfd, const char *path, int rc);

/* An attribute that holds an unsigned decimal number; -EINVAL or -ERANGE when it does not. */
int sysfs_read_u32(int dirfd, const char *path, uint32_t *ret_value);

/*
 * Writes the bytes to an open attribute in one system call, as the kernel takes one write as one
 * value; nothing is added. -EIO when the kernel took only a part.
 */
int sysfs_write_fd(int fd, const char *data, size_t len);

/*
 * The longest value that an attribute takes together with the newline behind it: the kernel cuts
 * a write to a page.
 */
size_t sysfs_value_max(void);

/*
 * An attribute opened for writing, not through a link; the caller closes it. An error of this is
 * never the driver's, which is asked by the write.
 */
int sysfs_open_write(int dirfd, const char *path);

/* The last component of what a link points to; the caller frees it. */
int sysfs_link_name(int dirfd, const char *path, char **ret_name);

/* The name of the folder that the link points into: of "../../devices/A/B" that is "A". */
int sysfs_link_folder(int dirfd, const char *path, char **ret_name);

/*
 * Names of the entries of a folder, in the order of the kernel; stops early when each() returns
 * something other than 0, and returns that.
 */
int sysfs_each(int dirfd, const char *path, int (*each)(const char *name, void *arg), void *arg);

/* The entries of a folder, sorted. ret_names is only added to. */
int sysfs_list(int dirfd, const char *path, struct strlist *ret_names);

/* What a path is, not through a link: a mode as of stat(2). */
int sysfs_mode(int dirfd, const char *path, mode_t *ret_mode);

/*
 * The path "/sys/..." of an open folder, without links and without the root; the caller frees it.
 */
int sysfs_real_path(int fd, char **ret_path);

bool sysfs_exists(int dirfd, const char *path);

/* What tells one file or folder from all others, by whatever path it is reached. */
struct sysfs_id {
	dev_t dev;
	ino_t ino;
};

int sysfs_identify(int dirfd, const char *path, struct sysfs_id *ret_id);

#endif
