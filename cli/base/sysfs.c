// SPDX-License-Identifier: GPL-2.0-or-later
/* Files below <root>/sys: the only file that opens them. */
#include "base/sysfs.h"

#include "base/file.h"
#include "base/text.h"
#include "base/unread.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* <root>/sys, opened at the first use and kept to the end. */
static int top_fd(void)
{
	static int fd = -1;

	if (fd < 0) {
		_cleanup_free_ char *path = root_path("sys");

		fd = file_open(path, O_PATH | O_DIRECTORY, 0);
	}
	return fd;
}

static int at(int dirfd)
{
	return dirfd == SYSFS_TOP ? top_fd() : dirfd;
}

/*
 * With --root, no link leads out of it; see file_open(). Below a folder that is open already there
 * are plain folders and files: a link there may lead to what is below that folder.
 */
static int open_in_root(int dirfd, const char *path, int flags)
{
	_cleanup_free_ char *below = xasprintf("sys/%s", path), *full = root_path(below);

	return dirfd == SYSFS_TOP ? file_open(full, flags, 0) :
				    file_open_beneath(dirfd, path, flags);
}

/* What a path is: a descriptor to look at. On the host the calls that take a path do without. */
static int look_at(int dirfd, const char *path, int nofollow)
{
	return open_in_root(dirfd, path, O_PATH | nofollow);
}

static int stat_in_root(int dirfd, const char *path, int nofollow, struct stat *ret_st)
{
	_cleanup_close_ int fd = look_at(dirfd, path, nofollow);

	if (fd < 0)
		return fd;
	return fstat(fd, ret_st) < 0 ? -errno : 0;
}

/* flags as of fstatat() */
static int stat_at(int dirfd, const char *path, int flags, struct stat *ret_st)
{
	int base;

	if (!root_is_host())
		return stat_in_root(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) ? O_NOFOLLOW : 0,
				    ret_st);
	base = at(dirfd);
	if (base < 0)
		return base;
	return fstatat(base, path, ret_st, flags) < 0 ? -errno : 0;
}

/* path: "" for the link that the descriptor itself is of */
static int read_target(int base, const char *path, char target[4096])
{
	ssize_t len;

	if (base < 0)
		return base;
	len = readlinkat(base, path, target, 4095);
	if (len < 0)
		return -errno;
	target[len] = '\0';
	return 0;
}

static int readlink_at(int dirfd, const char *path, char target[4096])
{
	int fd, rc;

	if (root_is_host())
		return read_target(at(dirfd), path, target);
	fd = look_at(dirfd, path, O_NOFOLLOW);
	rc = read_target(fd, "", target);
	cleanup_close(&fd);
	return rc;
}

static int open_at(int dirfd, const char *path, int flags)
{
	int fd, base;

	if (!root_is_host())
		return open_in_root(dirfd, path, flags);
	base = at(dirfd);
	if (base < 0)
		return base;
	fd = openat(base, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int path_of_fd(int fd, char path[4096])
{
	_cleanup_free_ char *link = xasprintf("/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, 4095);

	if (len < 0)
		return -errno;
	path[len] = '\0';
	return 0;
}

int sysfs_note(int dirfd, const char *path, int rc)
{
	_cleanup_free_ char *folder = root_path("sys"), *full = NULL;
	char known[4096];

	if (rc >= 0 || unread_is_absence(rc))
		return rc;
	if (dirfd != SYSFS_TOP)
		set_text(&folder, "%s", path_of_fd(dirfd, known) ? "..." : known);
	full = strcmp(path, ".") == 0 ? xstrdup(folder) : xasprintf("%s/%s", folder, path);
	return unread_note(full, rc);
}

int sysfs_try_open_dir(int dirfd, const char *path)
{
	return open_at(dirfd, path, O_PATH | O_DIRECTORY);
}

int sysfs_open_dir(int dirfd, const char *path)
{
	return sysfs_note(dirfd, path, sysfs_try_open_dir(dirfd, path));
}

int sysfs_open_dir_nofollow(int dirfd, const char *path)
{
	_cleanup_free_ char *copy = xstrdup(path);
	char *rest = copy, *name;
	int fd = open_at(dirfd, ".", O_PATH | O_DIRECTORY);

	while (fd >= 0 && (name = strsep(&rest, "/"))) {
		int next = open_at(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);

		close(fd);
		fd = next;
	}
	return fd;
}

int sysfs_try_read(int dirfd, const char *path, char **ret_value)
{
	_cleanup_close_ int fd = open_at(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	char value[65536 + 1];
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	do {
		n = read(fd, value + len, sizeof(value) - 1 - len);
		if (n < 0)
			return -errno;
		len += (size_t)n;
		/* The kernel gives a page at once: less is the end, and none need be looked for. */
	} while (n >= 4096 && len < sizeof(value) - 1);
	if (len && value[len - 1] == '\n')
		len--;
	if (memchr(value, '\0', len))
		return -EILSEQ;
	value[len] = '\0';
	*ret_value = xstrdup(value);
	return 0;
}

int sysfs_read(int dirfd, const char *path, char **ret_value)
{
	int rc = sysfs_try_read(dirfd, path, ret_value);

	/* A NUL is what the driver has to say, and was read. */
	return rc == -EILSEQ ? rc : sysfs_note(dirfd, path, rc);
}

int sysfs_read_u32(int dirfd, const char *path, uint32_t *ret_value)
{
	_cleanup_free_ char *text = NULL;
	int rc = sysfs_read(dirfd, path, &text);

	return rc ? rc : parse_u32(text, ret_value);
}

size_t sysfs_value_max(void)
{
	return (size_t)sysconf(_SC_PAGESIZE) - 1;
}

int sysfs_open_write(int dirfd, const char *path)
{
	return open_at(dirfd, path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
}

int sysfs_write_fd(int fd, const char *data, size_t len)
{
	ssize_t n = write(fd, data, len);

	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int sysfs_link_name(int dirfd, const char *path, char **ret_name)
{
	char target[4096];
	int rc = readlink_at(dirfd, path, target);
	const char *slash;

	if (rc)
		return sysfs_note(dirfd, path, rc);
	slash = strrchr(target, '/');
	*ret_name = xstrdup(slash ? slash + 1 : target);
	return 0;
}

int sysfs_link_folder(int dirfd, const char *path, char **ret_name)
{
	char target[4096], *slash;
	int rc = readlink_at(dirfd, path, target);

	if (rc)
		return sysfs_note(dirfd, path, rc);
	slash = strrchr(target, '/');
	if (!slash)
		return -EINVAL;
	*slash = '\0';
	slash = strrchr(target, '/');
	*ret_name = xstrdup(slash ? slash + 1 : target);
	return 0;
}

int sysfs_each(int dirfd, const char *path, int (*each)(const char *name, void *arg), void *arg)
{
	_cleanup_close_ int fd = open_at(dirfd, path, O_RDONLY | O_DIRECTORY);

	return sysfs_note(dirfd, path, fd < 0 ? fd : folder_each(fd, each, arg));
}

static int add_name(const char *name, void *list)
{
	strlist_add(list, name);
	return 0;
}

int sysfs_list(int dirfd, const char *path, struct strlist *ret_names)
{
	int rc = sysfs_each(dirfd, path, add_name, ret_names);

	strlist_sort(ret_names);
	return rc;
}

int sysfs_mode(int dirfd, const char *path, mode_t *ret_mode)
{
	struct stat st;
	int rc = sysfs_note(dirfd, path, stat_at(dirfd, path, AT_SYMLINK_NOFOLLOW, &st));

	if (!rc)
		*ret_mode = st.st_mode;
	return rc;
}

int sysfs_real_path(int fd, char **ret_path)
{
	char path[4096], top[4096];
	int base = top_fd(), rc = base < 0 ? base : path_of_fd(base, top);

	if (!rc)
		rc = path_of_fd(fd, path);
	if (rc)
		return unread_note("/proc/self/fd", rc);
	*ret_path = str_starts(path, top) ? xasprintf("/sys%s", path + strlen(top)) : xstrdup(path);
	return 0;
}

bool sysfs_exists(int dirfd, const char *path)
{
	struct stat st;

	return sysfs_note(dirfd, path, stat_at(dirfd, path, 0, &st)) == 0;
}

int sysfs_identify(int dirfd, const char *path, struct sysfs_id *ret_id)
{
	struct stat st;
	int rc = sysfs_note(dirfd, path, stat_at(dirfd, path, 0, &st));

	if (!rc)
		*ret_id = (struct sysfs_id){st.st_dev, st.st_ino};
	return rc;
}
