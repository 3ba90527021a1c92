// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service that waits for parents, on a made root: they come one each millisecond, in place of
 * udev's events, and when all have been done it ends. Linked with the command; what is measured is
 * what the service and its processes take, but not what libudev takes to receive events.
 *
 * Its standard input has a name of a parent in each line.
 */
#include "base/file.h"
#include "host/live.h"
#include "host/udev.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

static struct strlist names;
static size_t next;
static int64_t start;
static int always_ready[2];

int __wrap_udev_watch_begin(struct udev_watch **ret_watch, const char *tag, char **reterr);
int __wrap_udev_watch_fd(const struct udev_watch *watch);
int __wrap_udev_watch_next(struct udev_watch *watch, struct udev_event *ret_event);
bool __wrap_udev_watch_is_behind(const struct udev_watch *watch);
void __wrap_udev_watch_end(struct udev_watch *watch);
bool __wrap_root_is_host(void);
int __wrap_live_parents(struct strlist *ret_names);

int __wrap_udev_watch_begin(struct udev_watch **ret_watch, const char *tag, char **reterr)
{
	char line[256];

	(void)tag, (void)reterr;
	*ret_watch = NULL;
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		strlist_add(&names, line);
	}
	start = clock_ms();
	return pipe2(always_ready, O_CLOEXEC) < 0 || write(always_ready[1], "", 1) != 1 ? -errno :
											  0;
}

int __wrap_udev_watch_fd(const struct udev_watch *watch)
{
	(void)watch;
	return always_ready[0];
}

int __wrap_udev_watch_next(struct udev_watch *watch, struct udev_event *ret_event)
{
	static char path[300];

	(void)watch;
	if (next == names.n || (int64_t)next > clock_ms() - start)
		return -EAGAIN;
	(void)snprintf(path, sizeof(path), "/devices/%s", names.v[next++]);
	*ret_event = (struct udev_event){.action = "add", .path = path};
	return 0;
}

/* Asked to end, it does what has come first. */
bool __wrap_udev_watch_is_behind(const struct udev_watch *watch)
{
	(void)watch;
	if (next == names.n)
		(void)kill(getpid(), SIGTERM);
	return next < names.n;
}

void __wrap_udev_watch_end(struct udev_watch *watch)
{
	(void)watch;
}

bool __wrap_root_is_host(void)
{
	return true;
}

/* None is there before it comes. */
int __wrap_live_parents(struct strlist *ret_names)
{
	(void)ret_names;
	return 0;
}
