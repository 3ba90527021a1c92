// SPDX-License-Identifier: GPL-2.0-or-later
/* The folders of definitions: where they are, what is in them, reading a file, locking. */
#include "store/folder.h"

#include "base/file.h"
#include "base/sort.h"
#include "base/text.h"
#include "base/unread.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#define FOLDER_LOCK_SECONDS 30

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

int folder_open(enum folder folder)
{
	_cleanup_free_ char *path = root_path(folders[folder]);

	return file_open(path, O_RDONLY | O_DIRECTORY, 0);
}

struct listing {
	enum folder folder;
	bool (*takes)(const char *name, unsigned char kind);
	struct folder_entries *entries;
};

static int take_entry(const char *name, unsigned char kind, void *arg)
{
	const struct listing *listing = arg;

	if (listing->takes(name, kind))
		add_entry(listing->entries, name, listing->folder, kind == DT_REG);
	return 0;
}

static bool is_definition_file(const char *name, unsigned char kind)
{
	(void)kind;
	return name[0] != '.' && str_ends(name, ".conf");
}

int folder_list(int folder_fd, enum folder folder, struct folder_entries *entries)
{
	return folder_each_kind(folder_fd, take_entry,
				&(struct listing){folder, is_definition_file, entries});
}

int folder_list_names(int folder_fd, bool (*takes)(const char *name, unsigned char kind),
		      struct folder_entries *entries)
{
	return folder_each_kind(folder_fd, take_entry,
				&(struct listing){FOLDER_ETC, takes, entries});
}

int folder_look_up(int folder_fd, enum folder folder, const char *name,
		   struct folder_entries *entries)
{
	struct stat st;

	if (fstatat(folder_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	add_entry(entries, name, folder, S_ISREG(st.st_mode));
	return 0;
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

static int open_entry(int folder_fd, const char *name, int how, enum folder_read_flags flags)
{
	int fd;

	if (!(flags & FOLDER_FOLLOW))
		how |= O_NOFOLLOW;
	if (folder_fd == AT_FDCWD)
		return file_open(name, how, 0);
	fd = openat(folder_fd, name, how | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool leads_to_null(int folder_fd, const char *name)
{
	_cleanup_close_ int fd = open_entry(folder_fd, name, O_PATH, 0);
	char target[sizeof("/dev/null")];
	ssize_t len = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof(target));

	return len == (ssize_t)strlen("/dev/null") && memcmp(target, "/dev/null", (size_t)len) == 0;
}

/*
 * What a path in a folder of definitions leads to. 0 for a file to read, 1 for a link to
 * /dev/null, which hides, or a negative errno. It is looked at before it is opened, for opening a
 * device can do something.
 */
static int check_kind(int folder_fd, const char *name, enum folder_read_flags flags)
{
	_cleanup_close_ int fd = open_entry(folder_fd, name, O_PATH, flags);
	struct stat st;

	/* The root need not have the device that the link hides the file by. */
	if (fd == -ENOENT && flags & FOLDER_FOLLOW && leads_to_null(folder_fd, name))
		return 1;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISLNK(st.st_mode))
		return -EMLINK;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) ? 1 : -EMEDIUMTYPE;
}

/* Up to the end, which is where a read() gives nothing: a file system may give less than it has. */
static int read_on(int fd, size_t size, struct buf *text)
{
	/* At its size nothing more is to be expected; what grows meanwhile is for the next command.
	 */
	while (!size || text->len < size) {
		ssize_t n;

		if (text->cap - text->len < 2)
			buf_grow(text, size > text->len ? size - text->len : 65536);
		n = read(fd, text->data + text->len, text->cap - text->len - 1);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		if (n > 0)
			text->len += (size_t)n;
		if (text->len > FOLDER_FILE_MAX)
			return -EFBIG;
	}
	if (text->data)
		text->data[text->len] = '\0';
	return 0;
}

int folder_read(int folder_fd, const char *name, enum folder_read_flags flags, struct buf *text,
		struct stat *ret_st)
{
	int rc = flags & FOLDER_KNOWN_FILE ? 0 : check_kind(folder_fd, name, flags);
	_cleanup_close_ int fd = -1;
	struct stat st = {0};

	text->len = 0;
	if (ret_st)
		*ret_st = st;
	if (rc)
		return rc > 0 ? 0 : rc;
	fd = open_entry(folder_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, flags);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size > FOLDER_FILE_MAX)
		return -EFBIG;
	if (ret_st)
		*ret_st = st;
	return read_on(fd, (size_t)st.st_size, text);
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

/* With the one above it: a root that is being prepared may have neither. */
static int make_folder(const char *path)
{
	_cleanup_free_ char *above = xasprintf("%.*s", (int)(strrchr(path, '/') - path), path);
	int rc = folder_make(path);

	if (rc == -ENOENT)
		rc = folder_make(above);
	else
		return rc;
	return rc ? rc : folder_make(path);
}

/* The folder, made where it is the one that is written to. */
static int open_folder(enum folder folder, const char *path, char **reterr)
{
	int rc = folder == FOLDER_ETC ? make_folder(path) : 0;

	if (rc) {
		set_text(reterr, "%s: cannot be made: %s%s", path, strerror(-rc), root_hint(rc));
		return rc;
	}
	rc = file_open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (rc == -ENOTDIR && check_kind(AT_FDCWD, path, 0) == -EMLINK)
		rc = -EMLINK;
	if (rc < 0)
		set_text(reterr, "%s: %s", path, folder_explain(rc));
	return rc;
}

#define LOCK_NAME ".mdev.lock"

/* The file that was locked is the one that others would lock now. */
static bool is_lock(int home_fd, int lock_fd)
{
	struct stat locked, named;

	return fstat(lock_fd, &locked) == 0 &&
	       fstatat(home_fd, LOCK_NAME, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

/*
 * A command removes the file before it gives the lock back, so that nothing is left among the
 * definitions. A command that waited for the lock may then hold that of a file which is gone, while
 * another one locks a new file of that name: only the lock of the file that has the name counts.
 */
static int lock_folder(struct folder_handle *folder)
{
	int64_t until = clock_ms() + INT64_C(1000) * FOLDER_LOCK_SECONDS;

	for (;;) {
		int64_t left = until - clock_ms();
		int rc;

		folder->lock_fd = openat(folder->home_fd, LOCK_NAME,
					 O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
					 0600);
		if (folder->lock_fd < 0)
			return -errno;
		rc = lock_wait(folder->lock_fd, left > 0 ? (unsigned int)(left + 999) / 1000 : 0);
		if (rc || is_lock(folder->home_fd, folder->lock_fd)) {
			folder->is_locked = !rc;
			return rc;
		}
		cleanup_close(&folder->lock_fd);
	}
}

int folder_open_locked(enum folder folder, struct folder_handle *ret, char **reterr)
{
	_cleanup_free_ char *path = root_path(folders[folder]);
	int rc;

	/* A parent that was not found for that could make it another definition that is meant. */
	if (unread_count()) {
		set_text(reterr, "%s: nothing is changed, for not everything could be read", path);
		return -EBADMSG;
	}
	rc = open_folder(folder, path, reterr);
	if (rc < 0)
		return rc;
	ret->fd = ret->home_fd = rc;
	rc = lock_folder(ret);
	if (rc == -ETIMEDOUT)
		set_text(reterr, "%s: another command keeps it locked", path);
	else if (rc)
		set_text(reterr, "%s: cannot be written: %s%s", path, strerror(-rc), root_hint(rc));
	return rc;
}

void folder_close(struct folder_handle *handle)
{
	if (handle->is_locked)
		(void)unlinkat(handle->home_fd, LOCK_NAME, 0);
	if (handle->fd != handle->home_fd)
		cleanup_close(&handle->fd);
	cleanup_close(&handle->home_fd);
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
