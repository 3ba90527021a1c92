// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev monitor: follow parents and devices, from what there is now. */
#include "base/file.h"
#include "base/msg.h"
#include "base/unread.h"
#include "host/file_watch.h"
#include "host/kind.h"
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
	/* Of a device: */
	char *parent, *type; /* the type is NULL when it could not be read */
	struct identity id;
	enum instance_kind kind;
	int vf;
	unsigned int look; /* the last one that it was seen in */
};

struct monitor {
	void *parents, *devices; /* trees of struct known, by name */
	unsigned int look;
	struct strlist gone; /* names, while a look is compared with the one before */
	struct file_watch types; /* files that tell of instances where no event does */
	bool is_behind; /* a function came, changed or went: what that is, a look shows */
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
	struct device dev = {.kind = known->kind,
			     .id = known->id,
			     .name = is_gone ? NULL : known->name,
			     .parent = known->parent,
			     .type = known->type,
			     .vf = known->vf};

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

/* The type is NULL when it is to be looked up. */
static void see_device(struct monitor *monitor, const char *action, const struct device *dev)
{
	struct known *known = find(&monitor->devices, dev->name);

	if (!known) {
		known = add(&monitor->devices, dev->name);
		known->parent = xstrdup(dev->parent);
		known->type = dev->type ? xstrdup(dev->type) :
					  wait_for_type(dev->parent, dev->name);
		known->id = dev->id;
		known->kind = dev->kind;
		known->vf = dev->vf;
		say_device(action, known);
	}
	known->look = monitor->look;
}

static void see_mdev(struct monitor *monitor, const char *name, const char *parent)
{
	struct device dev = {.kind = INSTANCE_MDEV, .name = name, .parent = parent};

	if (identity_parse_name(name, &dev.id) == 0)
		see_device(monitor, "create", &dev);
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

static bool is_known_so(const struct known *known, const struct device *dev)
{
	return known && known->type && strcmp(known->type, dev->type) == 0 &&
	       strcmp(known->parent, dev->parent) == 0 &&
	       identity_compare(&known->id, &dev->id) == 0;
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
		if (is_known_so(known, dev))
			known->look = monitor->look;
	}
	for (size_t i = 0; i < parents->n; i++) {
		known = find(&monitor->parents, parents->v[i]);
		if (known)
			known->look = monitor->look;
	}
}

/* Of the functions that there are now. */
static void watch_types(struct monitor *monitor)
{
	struct strlist paths = {0};

	kind_forget();
	live_watched(&paths);
	file_watch_renew(&monitor->types, &paths);
	strlist_free(&paths);
}

/* What is new is told with these words; NULL where an event of its own will tell it. */
struct look_words {
	const char *parent, *mdev, *other;
};

static const struct look_words at_start = {"present", "present", "present"};
static const struct look_words when_lost = {"register", "create", "create"};
static const struct look_words when_behind = {"register", NULL, "create"};

/*
 * Everything there is, against what was told. What is gone goes first, devices before their
 * parents. When not all could be read, nothing is gone.
 */
static void look(struct monitor *monitor, const struct look_words *words)
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
		see_parent(monitor, words->parent, parents.v[i]);
	for (size_t i = 0; i < devices.n; i++) {
		const struct device *dev = &devices.v[i];
		const char *word = dev->kind == INSTANCE_MDEV ? words->mdev : words->other;

		if (word)
			see_device(monitor, word, dev);
	}
	device_list_free(&devices);
	strlist_free(&parents);
}

/* The last but one component of the path is the parent. */
static void take_device_event(struct monitor *monitor, const char *action, const char *name,
			      const char *parent)
{
	struct known *known;

	if (strcmp(action, "add") == 0)
		see_mdev(monitor, name, parent);
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
	/* Virtual functions come and go by many, so all of them are looked at afterwards. */
	monitor->is_behind |= event->is_pci && !event->mdev_state;
	parent = strrchr(path, '/');
	if (event->is_mdev && parent)
		take_device_event(monitor, event->action, name, parent + 1);
	else if (event->mdev_state && strcmp(event->mdev_state, "registered") == 0)
		see_parent(monitor, "register", name);
	else if (event->mdev_state && strcmp(event->mdev_state, "unregistered") == 0)
		lose_parent(monitor, name);
}

/* A look at functions that may be others. What is written meanwhile is told: the watch is first. */
static void look_anew(struct monitor *monitor, const struct look_words *words)
{
	monitor->is_behind = false;
	watch_types(monitor);
	look(monitor, words);
}

/* All that came, in order. When some were lost, what there is shows what they were. */
static int take_events(struct monitor *monitor, struct udev_watch *watch)
{
	struct udev_event event;
	int rc;

	while ((rc = udev_watch_next(watch, &event)) == 0 || rc == -ENOBUFS)
		if (rc)
			look_anew(monitor, &when_lost);
		else
			take_event(monitor, &event);
	if (monitor->is_behind)
		look_anew(monitor, &when_behind);
	return rc == -EAGAIN || rc == -EINTR ? 0 : rc;
}

/* Which file it was does not matter: one that refuses what is written is written, too. */
static void take_writes(struct monitor *monitor)
{
	file_watch_take(&monitor->types);
	look(monitor, &when_behind);
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
				 {.fd = STDOUT_FILENO},
				 {.fd = -1, .events = POLLIN}};
	int rc = 0;

	while (!rc && !ready[1].revents && !ready[2].revents) {
		(void)cmd_report_unread();
		/* main() tells what could not be written. */
		if (stdout_flush() < 0)
			return 0;
		ready[3].fd = monitor->types.fd;
		if (poll(ready, ARRAY_SIZE(ready), -1) < 0)
			return -errno;
		/* Before events, after which another descriptor may have the number. */
		if (ready[3].revents)
			take_writes(monitor);
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
	look_anew(monitor, &at_start);
	return follow(monitor, watch, signal_fd);
}

static int monitor_run(const struct globals *globals, void *args, int word_count, char **words)
{
	struct monitor monitor = {.types = FILE_WATCH_NONE};
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
	file_watch_end(&monitor.types);
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
