// SPDX-License-Identifier: GPL-2.0-or-later
/* What runs of the program ask of one another. */
#include "base/request.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#define FOLDER "run/mdev"

/* Others are expected for so long after requests of several runs were taken at once. */
#define BUSY_MS 50
/* When none has come for the first time, no more are expected; the second bounds the wait for it.
 */
#define QUIET_MS 1
#define GATHER_MS 20

/* Not through a link: nobody but root can make one there, but in another root that is not known. */
static int open_folder(void)
{
	_cleanup_free_ char *path = root_path(FOLDER);

	return file_open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0);
}

static int open_in(int folder_fd, const char *name, int flags)
{
	int fd = openat(folder_fd, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

int requests_open(struct requests *requests)
{
	_cleanup_close_ int fd = open_folder();

	if (fd < 0)
		return fd;
	requests->asked = open_in(fd, "asked", O_RDONLY | O_DIRECTORY);
	if (requests->asked < 0)
		return requests->asked;
	requests->taken = open_in(fd, "taken", O_RDONLY | O_DIRECTORY);
	if (requests->taken < 0)
		return requests->taken;
	requests->lock = open_in(fd, "lock", O_RDWR | O_CREAT | O_NONBLOCK);
	return requests->lock < 0 ? requests->lock : 0;
}

static int make_in(int folder_fd, const char *name)
{
	return mkdirat(folder_fd, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

int requests_make(void)
{
	_cleanup_free_ char *path = root_path(FOLDER), *above = root_path("run");
	_cleanup_close_ int fd = -1;
	int rc = folder_make(path);

	if (rc == -ENOENT && folder_make(above) == 0)
		rc = folder_make(path);
	if (rc)
		return rc;
	fd = open_folder();
	if (fd < 0)
		return fd;
	rc = make_in(fd, "asked");
	return rc ? rc : make_in(fd, "taken");
}

void requests_close(struct requests *requests)
{
	cleanup_close(&requests->asked);
	cleanup_close(&requests->taken);
	cleanup_close(&requests->lock);
	*requests = (struct requests)REQUESTS_CLOSED;
}

/* Named in udev's rule, too. */
#define LISTENER "listener"

int listener_begin(void)
{
	_cleanup_close_ int folder_fd = -1;
	int fd, rc = requests_make();

	folder_fd = rc ? rc : open_folder();
	if (folder_fd < 0)
		return folder_fd;
	fd = open_in(folder_fd, LISTENER, O_RDWR | O_CREAT | O_NONBLOCK);
	if (fd < 0)
		return fd;
	/* The lock tells a listener from what one that was killed has left. */
	rc = lock_wait(fd, 0);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

void listener_end(int fd)
{
	_cleanup_close_ int folder_fd = open_folder();

	if (folder_fd >= 0)
		(void)unlinkat(folder_fd, LISTENER, 0);
	close(fd);
}

/* What cannot be looked for may be there. */
static bool is_in(int folder_fd, const char *name)
{
	return faccessat(folder_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

enum request_turn requests_ask(struct requests *requests, const char *name, unsigned int seconds)
{
	_cleanup_close_ int fd =
		open_in(requests->asked, name, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || lock_wait(requests->lock, seconds) < 0)
		return REQUEST_ALONE;
	/* Only who has the turn moves a request, from the one to the other. */
	return is_in(requests->asked, name) || is_in(requests->taken, name) ? REQUEST_OURS :
									      REQUEST_DONE;
}

static int add_name(const char *name, void *names)
{
	if (name_is_safe(name))
		strlist_add(names, name);
	return 0;
}

static void list(int folder_fd, struct strlist *names)
{
	if (lseek(folder_fd, 0, SEEK_SET) == 0)
		(void)folder_each(folder_fd, add_name, names);
}

static int count_name(const char *name, void *count)
{
	(void)name;
	++*(size_t *)count;
	return 0;
}

static size_t count_asked(const struct requests *requests)
{
	size_t count = 0;

	if (lseek(requests->asked, 0, SEEK_SET) == 0)
		(void)folder_each(requests->asked, count_name, &count);
	return count;
}

/* The time of the lock's file is when requests of several runs were taken last. */
static bool was_busy(const struct requests *requests)
{
	struct timespec now;
	struct stat st;
	int64_t ms;

	if (fstat(requests->lock, &st) < 0 || clock_gettime(CLOCK_REALTIME, &now) < 0)
		return false;
	ms = (now.tv_sec - st.st_mtim.tv_sec) * INT64_C(1000) +
	     (now.tv_nsec - st.st_mtim.tv_nsec) / 1000000;
	return ms >= 0 && ms < BUSY_MS;
}

/*
 * Where events come in crowds it waits until no more come, for what has to be read is read once for
 * all who have asked until then. One that comes alone does not wait.
 */
static void gather(const struct requests *requests, bool has_asked)
{
	const struct timespec pause = {.tv_nsec = QUIET_MS * 1000000L};
	int64_t until = clock_ms() + GATHER_MS;
	size_t before, count = count_asked(requests);

	if (count <= has_asked && !(has_asked && was_busy(requests)))
		return;
	do {
		before = count;
		nanosleep(&pause, NULL);
		count = count_asked(requests);
	} while (count > before && clock_ms() < until);
}

/* Adds those that could be moved. */
static void move_asked(struct requests *requests, struct strlist *moved)
{
	struct strlist names = {0};

	list(requests->asked, &names);
	for (size_t i = 0; i < names.n; i++)
		if (renameat(requests->asked, names.v[i], requests->taken, names.v[i]) == 0)
			strlist_add(moved, names.v[i]);
	strlist_free(&names);
}

void requests_take(struct requests *requests, const char *own, struct strlist *ret_names)
{
	struct strlist moved = {0}, taken = {0};

	gather(requests, own != NULL);
	move_asked(requests, own ? &moved : ret_names);
	if (own) {
		strlist_add(ret_names, own);
		list(requests->taken, &taken);
	}
	for (size_t i = 0; i < taken.n; i++)
		if (strcmp(taken.v[i], own) != 0)
			strlist_add(ret_names, taken.v[i]);
	if (ret_names->n > 1)
		(void)futimens(requests->lock, NULL);
	strlist_free(&moved);
	strlist_free(&taken);
}

void requests_end(struct requests *requests, const char *name)
{
	/* One that cannot be removed is done again by the next run, which finds nothing to do. */
	(void)unlinkat(requests->taken, name, 0);
}
