// SPDX-License-Identifier: GPL-2.0-or-later
/* Files: locks, reading and writing whole ones, the standard streams. */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdalign.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/xattr.h>

static void on_alarm(int signal)
{
	(void)signal;
}

/* range: NULL for the whole file's lock. */
static int lock_once(int fd, struct flock *range, bool wait)
{
	int rc = range ? fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, range) :
			 flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);

	return rc < 0 ? -errno : 0;
}

/* What a caller may have set up before this program began, and gets back. */
struct alarm {
	struct sigaction action;
	struct itimerval timer;
	sigset_t mask;
};

/*
 * Interrupts what blocks, first after that many seconds and then ten times a second: a signal may
 * come just before the call blocks. A caller may have left SIGALRM blocked or ignored.
 */
static void alarm_begin(struct alarm *before, unsigned int seconds)
{
	struct itimerval timer = {.it_interval.tv_usec = 100000, .it_value.tv_sec = seconds};
	struct sigaction action = {.sa_handler = on_alarm};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaction(SIGALRM, &action, &before->action);
	sigprocmask(SIG_UNBLOCK, &set, &before->mask);
	setitimer(ITIMER_REAL, &timer, &before->timer);
}

static void alarm_end(const struct alarm *before)
{
	setitimer(ITIMER_REAL, &before->timer, NULL);
	sigprocmask(SIG_SETMASK, &before->mask, NULL);
	sigaction(SIGALRM, &before->action, NULL);
}

static int lock_within(int fd, struct flock *range, unsigned int seconds)
{
	int64_t until = clock_ms() + (int64_t)seconds * 1000;
	struct alarm before;
	int rc = lock_once(fd, range, false);

	if (rc != -EWOULDBLOCK && rc != -EACCES)
		return rc;
	if (!seconds)
		return -ETIMEDOUT;
	alarm_begin(&before, seconds);
	/* Other signals interrupt it as well, and end nothing. */
	do
		rc = lock_once(fd, range, true);
	while (rc == -EINTR && clock_ms() < until);
	alarm_end(&before);
	return rc == -EINTR ? -ETIMEDOUT : rc;
}

int lock_wait(int fd, unsigned int seconds)
{
	return lock_within(fd, NULL, seconds);
}

int lock_wait_range(int fd, off_t start, off_t len, unsigned int seconds)
{
	struct flock range = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len};

	return lock_within(fd, &range, seconds);
}

int stream_write(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* <root>, opened at the first use and kept to the end. */
static int root_fd(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(root_get(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_resolved(int dirfd, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	const struct open_how how = {.flags = (unsigned int)flags | O_CLOEXEC,
				     .mode = (flags & O_CREAT) ? mode : 0,
				     .resolve = resolve};
	long fd = -1;

	/* EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether ".." leads
	 * out. */
	for (int tries = 0; tries < 16; tries++) {
		fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

int file_open_beneath(int dirfd, const char *path, int flags)
{
	return open_resolved(dirfd, path, flags, 0, RESOLVE_BENEATH);
}

static bool is_below_root(const char *path)
{
	size_t len = strlen(root_get());

	return len && strncmp(path, root_get(), len) == 0 && path[len] == '/';
}

int file_open(const char *path, int flags, mode_t mode)
{
	int fd;

	if (is_below_root(path)) {
		fd = root_fd();
		return fd < 0 ? fd :
				open_resolved(fd, path + strlen(root_get()), flags, mode,
					      RESOLVE_IN_ROOT);
	}
	fd = open(path, flags | O_CLOEXEC, mode);
	return fd < 0 ? -errno : fd;
}

int file_stat(const char *path, struct stat *ret_st)
{
	_cleanup_close_ int fd = -1;

	if (!is_below_root(path))
		return stat(path, ret_st) < 0 ? -errno : 0;
	fd = file_open(path, O_PATH, 0);
	if (fd < 0)
		return fd;
	return fstat(fd, ret_st) < 0 ? -errno : 0;
}

int file_look(const char *path)
{
	struct stat st;

	return file_stat(path, &st);
}

/* The folder that the last name of the path is in. */
static int open_parent(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *folder = xasprintf("%.*s/", (int)(slash - path), path);

	*ret_name = slash + 1;
	return file_open(folder, O_PATH | O_DIRECTORY, 0);
}

char *file_distrust(const struct stat *st, const char *what)
{
	if (st->st_uid != 0 && (root_is_host() || st->st_uid != geteuid()))
		return xasprintf("%s belongs to user %u", what, st->st_uid);
	if (st->st_mode & S_IWOTH)
		return xasprintf("%s can be written by every user", what);
	if (st->st_mode & S_IWGRP)
		return xasprintf("%s can be written by group %u", what, st->st_gid);
	return NULL;
}

/* In one step: one that was left with another mode, or nearly made, would stay so. */
int folder_make_at(int dirfd, const char *name)
{
	mode_t mask = umask(0);
	int rc = mkdirat(dirfd, name, 0755) < 0 && errno != EEXIST ? -errno : 0;

	umask(mask);
	return rc;
}

int folder_make(const char *path)
{
	const char *name;
	_cleanup_close_ int fd = open_parent(path, &name);

	if (fd < 0)
		return fd;
	return folder_make_at(fd, name);
}

int file_unlink(const char *path)
{
	const char *name;
	_cleanup_close_ int fd = open_parent(path, &name);

	if (fd < 0)
		return fd;
	return unlinkat(fd, name, 0) < 0 ? -errno : 0;
}

static bool is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

int folder_each_kind(int fd, int (*each)(const char *name, unsigned char kind, void *arg),
		     void *arg)
{
	/* By the system call itself: readdir() would make three more and allocate. */
	alignas(struct dirent64) char entries[65536];
	ssize_t len;

	while ((len = getdents64(fd, entries, sizeof(entries))) > 0)
		for (ssize_t pos = 0; pos < len;) {
			const struct dirent64 *entry = (struct dirent64 *)(entries + pos);
			const char *name = entry->d_name;
			int rc = is_dots(name) ? 0 : each(name, entry->d_type, arg);

			if (rc)
				return rc;
			pos += entry->d_reclen;
		}
	/* The folder of something that went away meanwhile has no more entries. */
	return len < 0 && errno != ENOENT ? -errno : 0;
}

struct by_name {
	int (*each)(const char *name, void *arg);
	void *arg;
};

static int call_by_name(const char *name, unsigned char kind, void *arg)
{
	const struct by_name *by_name = arg;

	(void)kind;
	return by_name->each(name, by_name->arg);
}

int folder_each(int fd, int (*each)(const char *name, void *arg), void *arg)
{
	return folder_each_kind(fd, call_by_name, &(struct by_name){each, arg});
}

/* Of a change that was made in the folder. */
static struct disk_change folder_sync(int dirfd)
{
	/* EINVAL: the file system has no such thing as a folder to be synced. */
	if (fsync(dirfd) < 0 && errno != EINVAL)
		return (struct disk_change){CHANGE_UNSAFE, -errno};
	return disk_change_of(0);
}

struct disk_change file_remove(int dirfd, const char *name)
{
	return unlinkat(dirfd, name, 0) < 0 ? disk_change_of(-errno) : folder_sync(dirfd);
}

static bool has_xattr(int fd, const char *name, const char *value, ssize_t len)
{
	char known[XATTR_SIZE_MAX];

	return fgetxattr(fd, name, known, sizeof(known)) == len &&
	       memcmp(known, value, (size_t)len) == 0;
}

static int copy_xattr(int from, int to, const char *name)
{
	char value[XATTR_SIZE_MAX];
	ssize_t len;

	/* These are computed from the bytes of a file, and would be wrong for others. */
	if (strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0)
		return 0;
	len = fgetxattr(from, name, value, sizeof(value));
	if (len < 0)
		return -errno;
	/* A label that it has by itself need not be set, which is not for everybody. */
	if (!has_xattr(to, name, value, len) && fsetxattr(to, name, value, (size_t)len, 0) < 0)
		return -errno;
	return 0;
}

static int copy_xattrs(int from, int to)
{
	char names[XATTR_LIST_MAX];
	ssize_t len = flistxattr(from, names, sizeof(names));
	int rc = 0;

	if (len < 0)
		return errno == EOPNOTSUPP ? 0 : -errno;
	/* A list of access that the folder gives to every new file; the old one may have none. */
	if (fremovexattr(to, "system.posix_acl_access") < 0 && errno != ENODATA &&
	    errno != EOPNOTSUPP)
		return -errno;
	for (const char *name = names; !rc && name < names + len; name += strlen(name) + 1)
		rc = copy_xattr(from, to, name);
	return rc;
}

/*
 * Makes who may do what with a file the same as with an old one (-1: there is none). Nobody but its
 * owner may read it before. The mode comes last: with a list of access it alone would give the
 * group what is meant for others in the list.
 */
static int copy_access(int old, int fd)
{
	struct stat from, to;
	int rc;

	if (old < 0)
		return fchmod(fd, 0644) < 0 ? -errno : 0;
	if (fstat(old, &from) < 0 || fstat(fd, &to) < 0)
		return -errno;
	if ((from.st_uid != to.st_uid || from.st_gid != to.st_gid) &&
	    fchown(fd, from.st_uid, from.st_gid) < 0)
		return -errno;
	rc = copy_xattrs(old, fd);
	if (!rc && fchmod(fd, from.st_mode & 07777) < 0)
		rc = -errno;
	return rc;
}

#define TEMPORARY ".mdev.tmp"

/*
 * The bytes as a file of the temporary name in its folder, on the disk, with the access of an old
 * file (-1: there is none). 0 or a negative errno, and no such file.
 */
static int write_temporary(int dirfd, int old, const char *data, size_t len)
{
	_cleanup_close_ int fd = -1;
	int rc;

	if (unlinkat(dirfd, TEMPORARY, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dirfd, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	rc = stream_write(fd, data, len);
	if (!rc)
		rc = copy_access(old, fd);
	if (!rc && fsync(fd) < 0)
		rc = -errno;
	if (rc)
		(void)unlinkat(dirfd, TEMPORARY, 0);
	return rc;
}

/* The folder that has the new file now, and the one that it came from. */
static struct disk_change sync_both(int tmp_dirfd, int dirfd)
{
	struct disk_change result = folder_sync(dirfd);

	return result.kind != CHANGE_DONE || tmp_dirfd == dirfd ? result : folder_sync(tmp_dirfd);
}

/* By way of a temporary file in that folder. */
static struct disk_change replace_from(int tmp_dirfd, int dirfd, const char *name, const char *data,
				       size_t len)
{
	_cleanup_close_ int old = -1;
	int rc;

	old = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (old < 0 && errno != ENOENT)
		return disk_change_of(errno == ELOOP ? -EMLINK : -errno);
	rc = write_temporary(tmp_dirfd, old, data, len);
	if (rc)
		return disk_change_of(rc);
	if (renameat(tmp_dirfd, TEMPORARY, dirfd, name) == 0)
		return sync_both(tmp_dirfd, dirfd);
	rc = -errno;
	(void)unlinkat(tmp_dirfd, TEMPORARY, 0);
	return disk_change_of(rc);
}

struct disk_change file_replace(int tmp_dirfd, int dirfd, const char *name, const char *data,
				size_t len)
{
	struct disk_change result = replace_from(tmp_dirfd, dirfd, name, data, len);

	/* The two folders may be on two file systems. */
	if (result.kind == CHANGE_FAILED && result.rc == -EXDEV && tmp_dirfd != dirfd)
		return replace_from(dirfd, dirfd, name, data, len);
	return result;
}

int stream_read(int fd, size_t max, struct buf *text)
{
	char part[16384];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			buf_add(text, part, (size_t)n);
		if (text->len > max)
			return -EFBIG;
	}
	return 0;
}

int file_read(const char *path, size_t max, struct buf *text)
{
	_cleanup_close_ int fd = file_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	return fd < 0 ? fd : stream_read(fd, max, text);
}

void streams_reserve(void)
{
	/* A folder, which is there on every system, can be neither read nor written. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_RDONLY | O_DIRECTORY) != fd)
			_exit(1);
}

int stdout_flush(void)
{
	/* stdio drops what it could not write, and the next flush knows nothing of it. */
	static int first;

	if (fflush(stdout) != 0 && !first)
		first = -errno;
	return first;
}

int stdout_close(void)
{
	int rc = stdout_flush();

	if (!rc && ferror(stdout))
		rc = -EIO;
	/* Some file systems report a full disk only here. */
	if (close(STDOUT_FILENO) < 0 && !rc && errno != EBADF)
		rc = -errno;
	return rc;
}
