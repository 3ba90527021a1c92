// SPDX-License-Identifier: GPL-2.0-or-later
/* Notices that files of sysfs are written, by whatever program. */
#include "host/file_watch.h"

#include "base/unread.h"

#include <errno.h>
#include <sys/inotify.h>

static void note(const char *what, int rc)
{
	_cleanup_free_ char *text = NULL;

	if (unread_is_absence(rc))
		return;
	text = xasprintf(
		"%s cannot be watched for what is written to it: %s%s", what, error_text(rc),
		rc == -ENOSPC || rc == -EMFILE ? " (inotify(7) says what limits there are)" : "");
	unread_add(text);
}

/* Of so many files that all cannot be watched for one reason, the first is named. */
static void add_all(int fd, const struct strlist *paths)
{
	for (size_t i = 0; i < paths->n; i++) {
		_cleanup_free_ char *below = xasprintf("sys/%s", paths->v[i]);
		_cleanup_free_ char *path = root_path(below);
		int rc = inotify_add_watch(fd, path, IN_MODIFY) < 0 ? -errno : 0;

		if (!rc)
			continue;
		note(path, rc);
		if (rc == -ENOSPC)
			return;
	}
}

void file_watch_renew(struct file_watch *watch, const struct strlist *paths)
{
	file_watch_end(watch);
	if (!paths->n)
		return;
	watch->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch->fd < 0)
		note(paths->v[0], -errno);
	else
		add_all(watch->fd, paths);
}

void file_watch_take(struct file_watch *watch)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(watch->fd, buffer, sizeof(buffer)) > 0)
		;
}

void file_watch_end(struct file_watch *watch)
{
	cleanup_close(&watch->fd);
	watch->fd = -1;
}
