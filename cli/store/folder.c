// SPDX-License-Identifier: GPL-2.0-or-later
/* The folders of definitions: where they are, what is in them, reading a file, locking. */
#include "store/folder.h"

#include "base/file.h"
#include "base/sort.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LOCK_SECONDS 30

static const char *const folders[FOLDER_COUNT] = {"etc/mdev.d", "run/mdev.d", "usr/lib/mdev.d"};

char *folder_path(enum folder folder, const char *name)
{
	return xasprintf("%s/%s%s%s", root_get(), folders[folder], *name ? "/" : "", name);
}

static void add_entry(struct folder_entries *list, const char *name, enum folder folder,
		      bool is_plain)
{
	struct folder_entry *entry = arena_alloc(&list->arena, sizeof(*entry));
	unsigned char start[8];

	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->v = xrealloc(list->v, list->cap, sizeof(*list->v));
	}
	for (size_t i = 0, at = 0; i < sizeof(start); i++, at += name[at] != '\0')
		start[i] = (unsigned char)name[at];
	*entry = (struct folder_entry){.name = arena_strdup(&list->arena, name),
				       .key = sort_key(start),
				       .folder = folder,
				       .is_plain_file = is_plain};
	list->v[list->n++] = entry;
}

int folder_list(enum folder folder, struct folder_entries *entries)
{
	_cleanup_free_ char *path = root_path(folders[folder]);
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;
	int fd;

	if (!dir)
		return -errno;
	while (errno = 0, (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && str_ends(entry->d_name, ".conf"))
			add_entry(entries, entry->d_name, folder, entry->d_type == DT_REG);
	if (errno)
		return -errno;
	fd = fcntl(dirfd(dir), F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

static bool is_before(const void *a, const void *b)
{
	const struct folder_entry *first = a, *second = b;
	int order;

	if (first->key != second->key)
		return first->key < second->key;
	order = strcmp(first->name, second->name);
	return order ? order < 0 : first->folder < second->folder;
}

void folder_entries_sort(struct folder_entries *list)
{
	sort_pointers(list->v, list->n, is_before);
}

void folder_entries_free(struct folder_entries *list)
{
	free(list->v);
	arena_free(&list->arena);
	*list = (struct folder_entries){0};
}

/*
 * What a path in a folder of definitions leads to. 0 for a file to read, 1 for a link to
 * /dev/null, which hides, or a negative errno. It is looked at before it is opened, for opening a
 * device can do something.
 */
static int check_kind(int folder_fd, const char *name, bool follow)
{
	struct stat st;

	if (fstatat(folder_fd, name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISLNK(st.st_mode))
		return -EMLINK;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) ? 1 : -EMEDIUMTYPE;
}

/* Reads into the buffer, which is reused from file to file. */
static int read_text(int fd, struct buf *text)
{
	text->len = 0;
	for (;;) {
		ssize_t n;

		if (text->cap - text->len < 2) {
			text->cap = text->cap ? 2 * text->cap : 65536;
			text->data = xrealloc(text->data, text->cap, 1);
		}
		n = read(fd, text->data + text->len, text->cap - text->len - 1);
		if (n < 0)
			return -errno;
		text->len += (size_t)n;
		text->data[text->len] = '\0';
		if (text->len > FOLDER_FILE_MAX)
			return -EFBIG;
		/* Less than was asked for is the end of a file on disk. */
		if (n == 0 || text->cap - text->len > 1)
			return 0;
	}
}

int folder_read(int folder_fd, const char *name, bool follow, bool is_plain_file, struct buf *text)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int rc = is_plain_file ? 0 : check_kind(folder_fd, name, follow);
	_cleanup_close_ int fd = -1;

	text->len = 0;
	if (rc)
		return rc > 0 ? 0 : rc;
	fd = openat(folder_fd, name, flags | (follow ? 0 : O_NOFOLLOW));
	return fd < 0 ? -errno : read_text(fd, text);
}

const char *folder_explain(int rc)
{
	switch (-rc) {
	case EISDIR:
		return "a folder in place of a file";
	case EMEDIUMTYPE:
		return "not a regular file";
	case EFBIG:
		return "larger than 16 MiB";
	case EMLINK:
		return "a symbolic link, which is not written through";
	default:
		return strerror(-rc);
	}
}

/* The folder, made where it is the one that is written to. */
static int open_folder(enum folder folder, const char *path, char **reterr)
{
	int fd, rc;

	if (folder == FOLDER_ETC && mkdir(path, 0755) < 0 && errno != EEXIST) {
		rc = -errno;
		set_text(reterr, "%s: cannot be made: %s%s", path, strerror(-rc), root_hint(rc));
		return rc;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	rc = fd < 0 ? -errno : fd;
	if (rc == -ENOTDIR && check_kind(AT_FDCWD, path, false) == -EMLINK)
		rc = -EMLINK;
	if (rc < 0)
		set_text(reterr, "%s: %s", path, folder_explain(rc));
	return rc;
}

int folder_open_locked(enum folder folder, struct folder_handle *ret, char **reterr)
{
	_cleanup_free_ char *path = root_path(folders[folder]);
	int rc = open_folder(folder, path, reterr);

	if (rc < 0)
		return rc;
	ret->fd = rc;
	/* Like /etc/.pwd.lock the file stays: one that is removed could be locked by two. */
	ret->lock_fd = openat(ret->fd, ".mdev.lock",
			      O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	rc = ret->lock_fd < 0 ? -errno : lock_wait(ret->lock_fd, LOCK_SECONDS);
	if (rc == -ETIMEDOUT)
		set_text(reterr, "%s: another command keeps it locked", path);
	else if (rc)
		set_text(reterr, "%s: cannot be written: %s%s", path, strerror(-rc), root_hint(rc));
	return rc;
}

void folder_close(struct folder_handle *handle)
{
	cleanup_close(&handle->fd);
	cleanup_close(&handle->lock_fd);
}

enum folder folder_of(const char *path)
{
	enum folder i;

	for (i = FOLDER_USR; i > FOLDER_ETC; i--) {
		_cleanup_free_ char *folder = folder_path(i, "");

		if (str_starts(path, folder))
			break;
	}
	return i;
}
