// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev monitor: follow parents and devices, from what there is now. */
#include "base/file.h"
#include "base/msg.h"
#include "base/unread.h"
#include "host/live.h"
#include "host/udev.h"
#include "out/output.h"
#include "verb/cmd.h"

#include <errno.h>
#include <poll.h>
#include <search.h>
#include <signal.h>
#include <sys/signalfd.h>

/*
 * The kernel's own core announces a device before it links it to its type; that takes no longer
 * than the next few instructions of the process that makes it.
 */
#define TYPE_TRIES 100
#define TYPE_WAIT_US 10000

static const struct option_row options[] = {{0}};

/* A parent or a device that was told of. */
struct known {
	char *name;
	char *parent, *type; /* of a device; the type is NULL when it could not be read */
	unsigned int look; /* the last one that it was seen in */
};

struct monitor {
	void *parents, *devices; /* trees of struct known, by name */
	unsigned int look;
	struct strlist gone; /* names, while a look is compared with the one before */
};

static int compare_known(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->name, ((const struct known *)b)->name);
}

static void free_known(void *p)
{
	struct known *known = p;

	free(known->name);
	free(known->parent);
	free(known->type);
	free(known);
}

static struct known *find(void *const *tree, const char *name)
{
	struct known key = {.name = (char *)name};
	struct known **slot = tfind(&key, tree, compare_known);

	return slot ? *slot : NULL;
}

static struct known *add(void **tree, const char *name)
{
	struct known *known = xcalloc(1, sizeof(*known));

	known->name = xstrdup(name);
	if (!tsearch(known, tree, compare_known))
		abort();
	return known;
}

static void forget(void **tree, struct known *known)
{
	(void)tdelete(known, tree, compare_known);
	free_known(known);
}

static void say_device(const char *action, const struct known *known)
{
	bool is_gone = strcmp(action, "destroy") == 0;
	struct device dev = {
		.name = is_gone ? NULL : known->name, .parent = known->parent, .type = known->type};

	(void)identity_parse_name(known->name, &dev.id);
	output_device_event(action, &dev);
}

static void see_parent(struct monitor *monitor, const char *action, const char *name)
{
	struct known *known = find(&monitor->parents, name);

	if (!known) {
		known = add(&monitor->parents, name);
		output_parent_event(action, name);
	}
	known->look = monitor->look;
}

/* NULL for one that went away meanwhile. */
static char *wait_for_type(const char *parent, const char *name)
{
	char *type = live_device_type(parent, name);

	for (int i = 0; !type && i < TYPE_TRIES && live_device_exists(parent, name); i++) {
		usleep(TYPE_WAIT_US);
		type = live_device_type(parent, name);
	}
	return type;
}

/* type: NULL when it is to be looked up */
static void see_device(struct monitor *monitor, const char *action, const char *name,
		       const char *parent, const char *type)
{
	struct known *known = find(&monitor->devices, name);
	struct identity id;

	if (!known && identity_parse_name(name, &id) == 0) {
		known = add(&monitor->devices, name);
		known->parent = xstrdup(parent);
		known->type = type ? xstrdup(type) : wait_for_type(parent, name);
		say_device(action, known);
	}
	if (known)
		known->look = monitor->look;
}

static void lose_parent(struct monitor *monitor, const char *name)
{
	struct known *known = find(&monitor->parents, name);

	if (!known)
		return;
	output_parent_event("unregister", name);
	forget(&monitor->parents, known);
}

static void lose_device(struct monitor *monitor, const char *name)
{
	struct known *known = find(&monitor->devices, name);

	if (!known)
		return;
	say_device("destroy", known);
	forget(&monitor->devices, known);
}

static void collect_gone(const void *node, VISIT visit, void *arg)
{
	const struct known *known = *(struct known *const *)node;
	struct monitor *monitor = arg;

	if ((visit == postorder || visit == leaf) && known->look != monitor->look)
		strlist_add(&monitor->gone, known->name);
}

static void lose_unseen(struct monitor *monitor, void *const *tree,
			void (*lose)(struct monitor *monitor, const char *name))
{
	twalk_r(*tree, collect_gone, monitor);
	for (size_t i = 0; i < monitor->gone.n; i++)
		lose(monitor, monitor->gone.v[i]);
	strlist_free(&monitor->gone);
}

/* One that is another device by now, of the same name, is not marked. */
static void mark_seen(struct monitor *monitor, const struct device_list *devices,
		      const struct strlist *parents)
{
	struct known *known;

	monitor->look++;
	for (size_t i = 0; i < devices->n; i++) {
		const struct device *dev = &devices->v[i];

		known = find(&monitor->devices, dev->name);
		if (known && known->type && strcmp(known->type, dev->type) == 0 &&
		    strcmp(known->parent, dev->parent) == 0)
			known->look = monitor->look;
	}
	for (size_t i = 0; i < parents->n; i++) {
		known = find(&monitor->parents, parents->v[i]);
		if (known)
			known->look = monitor->look;
	}
}

/*
 * Everything there is, against what was told. What is new is told with one of these words; what is
 * gone goes first, devices before their parents. When not all could be read, nothing is gone.
 */
static void look(struct monitor *monitor, const char *new_parent, const char *new_device)
{
	struct device_list devices = {0};
	struct strlist parents = {0};
	size_t unread = unread_count();

	live_parents(&parents);
	live_devices(&devices, NULL);
	device_list_sort(&devices);
	mark_seen(monitor, &devices, &parents);
	if (unread_count() == unread) {
		lose_unseen(monitor, &monitor->devices, lose_device);
		lose_unseen(monitor, &monitor->parents, lose_parent);
	}
	for (size_t i = 0; i < parents.n; i++)
		see_parent(monitor, new_parent, parents.v[i]);
	for (size_t i = 0; i < devices.n; i++)
		see_device(monitor, new_device, devices.v[i].name, devices.v[i].parent,
			   devices.v[i].type);
	device_list_free(&devices);
	strlist_free(&parents);
}

/* The last but one component of the path is the parent. */
static void take_device_event(struct monitor *monitor, const char *action, const char *name,
			      const char *parent)
{
	struct known *known;

	if (strcmp(action, "add") == 0)
		see_device(monitor, "create", name, parent, NULL);
	else if (strcmp(action, "remove") == 0)
		lose_device(monitor, name);
	else if ((known = find(&monitor->devices, name)) && strcmp(action, "online") == 0)
		say_device("start", known);
	else if (known && strcmp(action, "offline") == 0)
		say_device("stop", known);
}

static void take_event(struct monitor *monitor, const struct udev_event *event)
{
	_cleanup_free_ char *path = xstrdup(event->path);
	char *name = strrchr(path, '/'), *parent;

	if (!name)
		return;
	*name++ = '\0';
	parent = strrchr(path, '/');
	if (event->is_mdev && parent)
		take_device_event(monitor, event->action, name, parent + 1);
	else if (event->mdev_state && strcmp(event->mdev_state, "registered") == 0)
		see_parent(monitor, "register", name);
	else if (event->mdev_state && strcmp(event->mdev_state, "unregistered") == 0)
		lose_parent(monitor, name);
}

/* All that came, in order. When some were lost, what there is shows what they were. */
static int take_events(struct monitor *monitor, struct udev_watch *watch)
{
	struct udev_event event;
	int rc;

	while ((rc = udev_watch_next(watch, &event)) == 0 || rc == -ENOBUFS)
		if (rc)
			look(monitor, "register", "create");
		else
			take_event(monitor, &event);
	return rc == -EAGAIN || rc == -EINTR ? 0 : rc;
}

/* The signals that ask for an end, to be read from the descriptor. */
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Until a signal asks for an end, or nobody reads any more. 0, or what the system said. */
static int follow(struct monitor *monitor, struct udev_watch *watch, int signal_fd)
{
	/* A pipe or terminal whose other end is closed is POLLERR without being asked for. */
	struct pollfd ready[] = {{.fd = udev_watch_fd(watch), .events = POLLIN},
				 {.fd = signal_fd, .events = POLLIN},
				 {.fd = STDOUT_FILENO}};
	int rc = 0;

	while (!rc && !ready[1].revents && !ready[2].revents) {
		(void)cmd_report_unread();
		/* main() tells what could not be written. */
		if (stdout_flush() < 0)
			return 0;
		if (poll(ready, ARRAY_SIZE(ready), -1) < 0)
			return -errno;
		if (ready[0].revents)
			rc = take_events(monitor, watch);
	}
	return rc;
}

static int look_and_follow(struct monitor *monitor, struct udev_watch *watch)
{
	_cleanup_close_ int signal_fd = catch_signals();

	if (signal_fd < 0)
		return -errno;
	look(monitor, "present", "present");
	return follow(monitor, watch, signal_fd);
}

static int monitor_run(const struct globals *globals, void *args, int word_count, char **words)
{
	struct monitor monitor = {.look = 0};
	_cleanup_free_ char *error = NULL;
	struct udev_watch *watch;
	int rc;

	(void)globals, (void)args, (void)word_count, (void)words;
	if (!root_is_host())
		return cmd_usage(&cmd_monitor, "nothing happens in a tree below --root");
	/* What happens while it looks is told, too: the watch begins before. */
	rc = udev_watch_begin(&watch, NULL, &error);
	if (!rc) {
		rc = look_and_follow(&monitor, watch);
		udev_watch_end(watch);
	}
	if (rc)
		output_fail(code_of(rc), "cannot follow the kernel's events: %s",
			    error ? error : error_text(rc));
	tdestroy(monitor.devices, free_known);
	tdestroy(monitor.parents, free_known);
	return rc ? FAILED : DONE;
}

const struct command cmd_monitor = {
	.name = "monitor",
	.summary = "Follow parents and devices as they come and go",
	.synopsis = "[OPTION]...",
	.details =
		"Begins with what is there. Ends when it is interrupted or its output is closed.",
	.min_words = 0,
	.max_words = 0,
	.options = options,
	.output = OUTPUT_STREAM,
	.run = monitor_run,
};
