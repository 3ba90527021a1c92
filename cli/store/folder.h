/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The folders of definitions: where they are, what is in them, reading a file, locking. */
#ifndef FOLDER_H
#define FOLDER_H

#include "base/util.h"

#include <sys/stat.h>

/* Larger files are not read: far above any real one, far below what would hold up a boot. */
#define FOLDER_FILE_MAX (16u << 20)

/* An earlier one hides files of a later one; the first is written to. */
enum folder { FOLDER_ETC, FOLDER_RUN, FOLDER_USR, FOLDER_COUNT };

struct folder_entry {
	const char *name;
	uint64_t key; /* how it begins, see sort_key() */
	enum folder folder;
	bool is_plain_file; /* known from the folder, without a look at the file */
};

/* Owns everything that is reachable from it. Zeroed at the start. */
struct folder_entries {
	struct folder_entry **v;
	size_t n, cap;
	struct arena arena;
};

/* The path of a file in the folder, of the folder itself for ""; the caller frees it. */
char *folder_path(enum folder folder, const char *name);

/* Which folder a file is in, by its path. */
enum folder folder_of(const char *path);

/* The folder's descriptor, to read from, or a negative errno. */
int folder_open(enum folder folder);
/* Adds what are definition files by name. 0, or a negative errno. */
int folder_list(int folder_fd, enum folder folder, struct folder_entries *entries);
/* Adds what takes() takes, by name and DT_..., in any other folder; without "." and "..". */
int folder_list_names(int folder_fd, bool (*takes)(const char *name, unsigned char kind),
		      struct folder_entries *entries);
/* Adds the file of that name if it is there: 0, or a negative errno, -ENOENT without it. */
int folder_look_up(int folder_fd, enum folder folder, const char *name,
		   struct folder_entries *entries);
/* By name, then by folder. */
void folder_entries_sort(struct folder_entries *list);
void folder_entries_free(struct folder_entries *list);

enum folder_read_flags {
	FOLDER_FOLLOW = 1 << 0, /* also through a symbolic link */
	FOLDER_KNOWN_FILE = 1 << 1, /* no look at what it is before it is opened */
};

/*
 * Reads a file, whole, into the buffer, which may be used from file to file; nothing of one that is
 * a link to /dev/null. ret_st: of the file that was read, all zero for that link; or NULL.
 * -EISDIR, -EMEDIUMTYPE (not a file), -EFBIG, -EMLINK (a link, which is not to be followed), or
 * what the system said.
 */
int folder_read(int folder_fd, const char *name, enum folder_read_flags flags, struct buf *text,
		struct stat *ret_st);
/* Such an error in words. */
const char *folder_explain(int rc);

/* A folder that is being changed, and the file that keeps others from it meanwhile. */
struct folder_handle {
	int fd;
	int home_fd; /* the same, or etc/mdev.d for another folder: temporary files are made there
		      */
	int lock_fd;
	bool is_locked;
};

#define FOLDER_CLOSED                                  \
	{                                              \
		.fd = -1, .home_fd = -1, .lock_fd = -1 \
	}

/*
 * Opens a folder for a change and locks it, within a bound. The lock is on a file in the folder
 * that only its owner may open: the folder itself could be locked by every user that may read it.
 * The file is there as long as the lock is.
 * 0, or a negative errno with a reason in *reterr; call folder_close() also then.
 */
int folder_open_locked(enum folder folder, struct folder_handle *ret, char **reterr);
void folder_close(struct folder_handle *handle);

#endif
