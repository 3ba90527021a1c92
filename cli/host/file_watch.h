/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notices that files of sysfs are written, by whatever program, where the kernel makes no event of
 * it: inotify(7) tells of each write(2), also of one that the driver refused.
 *
 * Nobody is told that a file is gone, nor of a write through another mount of sysfs, as a container
 * with a network of its own has one: its files are other ones to inotify.
 */
#ifndef FILE_WATCH_H
#define FILE_WATCH_H

#include "base/util.h"

struct file_watch {
	int fd; /* readable once a file was written; -1: nothing is watched */
};

#define FILE_WATCH_NONE  \
	{                \
		.fd = -1 \
	}

/*
 * Watches these files below SYSFS_TOP from now on, and no others: what was written before is
 * forgotten, so look at them afterwards. Files of before are let go even if they have the same
 * paths, as those may have been made anew. One that is not there is none; what cannot be watched is
 * noted for base/unread.
 */
void file_watch_renew(struct file_watch *watch, const struct strlist *paths);

/* Forgets what was written: look at the files afterwards. */
void file_watch_take(struct file_watch *watch);

void file_watch_end(struct file_watch *watch);

#endif
