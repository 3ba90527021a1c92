/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files: locks, reading and writing whole ones, the standard streams. */
#ifndef FILE_H
#define FILE_H

#include "base/util.h"

#include <sys/stat.h>
#include <sys/types.h>

/*
 * Takes an exclusive flock on fd, waiting at most the given time; 0: not at all.
 * 0, -ETIMEDOUT, or another negative errno.
 */
int lock_wait(int fd, unsigned int seconds);

/* The same for a range of bytes, by their numbers alone; len 0: from start on. */
int lock_wait_range(int fd, off_t start, off_t len, unsigned int seconds);

/*
 * Opens a path that root_path() made, or any other. With --root, no link below it leads out of it:
 * absolute links and ".." are taken within the root, as a process in a chroot there would have it
 * (by openat2(), which Linux has since 5.6). A descriptor, not for programs that are started, or a
 * negative errno.
 */
int file_open(const char *path, int flags, mode_t mode);
/* Opens a path relative to an open folder; links may not lead out of that folder (-EXDEV). */
int file_open_beneath(int dirfd, const char *path, int flags);
/* What the path leads to, as of stat(2), under the same rule. 0 or a negative errno. */
int file_stat(const char *path, struct stat *ret_st);
/* Whether that is there: 0, or a negative errno. */
int file_look(const char *path);
/*
 * That others than root can write a file or folder, in words that begin with what it is called, as
 * "it belongs to user 1000"; NULL when nobody can. The caller frees it. As with cron and ssh its
 * group may not write it, either, whichever that is. Below --root the user who runs the command
 * counts like root.
 */
char *file_distrust(const struct stat *st, const char *what);

/*
 * Makes a folder of mode 0755, whatever the umask, under the same rule; one that is there is no
 * error, and stays as it is. 0 or a negative errno.
 */
int folder_make(const char *path);
/* The same of a name in an open folder. */
int folder_make_at(int dirfd, const char *name);
/* Removes a file, under the same rule. */
int file_unlink(const char *path);

/*
 * Names of the entries of an open folder, in the order of the kernel, without "." and "..". Stops
 * early when each() returns something other than 0, and returns that. 0, or a negative errno.
 */
int folder_each(int fd, int (*each)(const char *name, void *arg), void *arg);
/* The same with what each of them is, as the folder says: DT_REG and so on, or DT_UNKNOWN. */
int folder_each_kind(int fd, int (*each)(const char *name, unsigned char kind, void *arg),
		     void *arg);

/* How a change on disk ended. */
struct disk_change {
	enum {
		CHANGE_DONE,
		CHANGE_UNSAFE, /* done, but a loss of power may undo it */
		CHANGE_FAILED /* not done */
	} kind;
	int rc; /* 0 when it is done, else the negative errno of what went wrong */
};

/* Done for 0, failed for a negative errno. */
static inline struct disk_change disk_change_of(int rc)
{
	return (struct disk_change){rc ? CHANGE_FAILED : CHANGE_DONE, rc};
}

/*
 * Replaces dirfd/name by the given bytes, whole or not at all. The temporary file is made in
 * tmp_dirfd, which may be the same folder. In another one, programs that watch the file's see a
 * single change there; where the two are on different file systems it is made beside the file after
 * all. A new file has mode 0644; one that
 * was there keeps its mode, owner and extended attributes, to which its label and a list of access
 * belong, and nobody can read the new one earlier than that. The caller holds the folder's lock,
 * for the temporary name is a fixed one (so that a killed writer leaves at most one file, which
 * the next writer removes). -EMLINK for a link in the file's place, which is not written through.
 */
struct disk_change file_replace(int tmp_dirfd, int dirfd, const char *name, const char *data,
				size_t len);

/* Removes dirfd/name. */
struct disk_change file_remove(int dirfd, const char *name);

/*
 * Adds all that comes, up to the end. 0, -EFBIG for more than max bytes, or another negative errno.
 */
int stream_read(int fd, size_t max, struct buf *text);

/* The same for a file; a FIFO in its place, which nobody writes to, is empty. */
int file_read(const char *path, size_t max, struct buf *text);

/* All of the data. 0 or a negative errno. */
int stream_write(int fd, const char *data, size_t len);

/*
 * Takes the place of standard streams that are closed, so that no file that is opened later gets
 * what is meant for them; reading and writing still fail. To be called before anything is opened.
 */
void streams_reserve(void);

/* 0, or the negative errno of the first flush of stdout that failed. */
int stdout_flush(void);

/* Flushes and closes stdout: 0, or the negative errno of anything that could not be written. */
int stdout_close(void);

#endif
