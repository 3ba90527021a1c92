// SPDX-License-Identifier: GPL-2.0-or-later
/* What udev knows: properties of devices, what happens to them, waiting for it. The only user of
 * libudev. */
#include "host/udev.h"

#include "base/file.h"
#include "base/library.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "base/unread.h"
#include "host/vf_event.h"

#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <poll.h>

/* clang-format off */
#define FUNCTIONS(each) \
	each(device_get_action) \
	each(device_get_devpath) \
	each(device_get_properties_list_entry) \
	each(device_get_property_value) \
	each(device_get_subsystem) \
	each(device_get_sysname) \
	each(device_new_from_syspath) \
	each(device_unref) \
	each(list_entry_get_name) \
	each(list_entry_get_next) \
	each(list_entry_get_value) \
	each(monitor_enable_receiving) \
	each(monitor_filter_add_match_subsystem_devtype) \
	each(monitor_filter_add_match_tag) \
	each(monitor_get_fd) \
	each(monitor_new_from_netlink) \
	each(monitor_receive_device) \
	each(monitor_set_receive_buffer_size) \
	each(monitor_unref) \
	each(new) \
	each(queue_get_queue_is_empty) \
	each(queue_new) \
	each(queue_unref) \
	each(unref)
/* clang-format on */

static struct {
#define POINTER(name) __typeof__(udev_##name) *(name);
	FUNCTIONS(POINTER)
} libudev;

#define FUNCTION(name) {"udev_" #name, &libudev.name},
static const struct library_function functions[] = {FUNCTIONS(FUNCTION){NULL, NULL}};
static struct library library = {"libudev.so.1", "libudev1", functions, false};

/* cppcheck-suppress unusedStructMember ; packagers read it */
LIBRARY_NOTE("udev", "parents by their udev properties, monitor, create --wait", "recommended",
	     "libudev.so.1");

typedef void (*each_property)(const char *key, const char *value, void *arg);

/* Without libudev the properties of all devices are unread, which is noted once. */
static int open_library(void)
{
	_cleanup_free_ char *error = NULL, *text = NULL;
	int rc = library_open(&library, &error);

	if (!rc)
		return 0;
	text = xasprintf("properties of udev cannot be read: %s", error);
	unread_add(text);
	return rc;
}

static int properties_of_host(const char *path, each_property each, void *arg)
{
	_cleanup_free_ char *syspath = xasprintf("/sys/%s", path);
	struct udev *udev = libudev.new();
	struct udev_device *dev = udev ? libudev.device_new_from_syspath(udev, syspath) : NULL;
	struct udev_list_entry *entry = NULL;
	int rc = dev ? 0 : errno ? -errno : -ENOENT;

	errno = 0;
	if (dev)
		entry = libudev.device_get_properties_list_entry(dev);
	if (dev && !entry)
		rc = errno ? -errno : -ENOENT;
	(void)unread_note(syspath, rc);
	for (; entry; entry = libudev.list_entry_get_next(entry))
		if (libudev.list_entry_get_value(entry))
			each(libudev.list_entry_get_name(entry),
			     libudev.list_entry_get_value(entry), arg);
	libudev.device_unref(dev);
	libudev.unref(udev);
	return rc;
}

/* Far above what udev knows of any device. */
#define DATABASE_MAX (1 << 20)

/* Lines of prefix, key, "=", value; the text is cut up. */
static void each_line(char *text, const char *prefix, each_property each, void *arg)
{
	char *rest = text, *line;

	while (rest && (line = strsep(&rest, "\n"))) {
		char *key = line + strlen(prefix), *value = strchr(line, '=');

		if (!value || !str_starts(line, prefix))
			continue;
		*value = '\0';
		each(key, value + 1, arg);
	}
}

/*
 * How udev names a device in its database: cMAJOR:MINOR, bMAJOR:MINOR, nINDEX or +SUBSYSTEM:NAME.
 */
static char *database_id(int fd, const char *path)
{
	_cleanup_free_ char *subsystem = NULL, *number = NULL;
	const char *slash = strrchr(path, '/');

	if (sysfs_link_name(fd, "subsystem", &subsystem) < 0)
		return NULL;
	if (sysfs_read(fd, "dev", &number) == 0)
		return xasprintf("%c%s", strcmp(subsystem, "block") == 0 ? 'b' : 'c', number);
	if (sysfs_read(fd, "ifindex", &number) == 0)
		return xasprintf("n%s", number);
	return xasprintf("+%s:%s", subsystem, slash ? slash + 1 : path);
}

static char *database_path(const char *id)
{
	return xasprintf("%s/run/udev/data%s%s", root_get(), *id ? "/" : "", id);
}

/*
 * libudev cannot be pointed at another root, so there the kernel's part of the properties is read
 * from the device's uevent file and udev's from its database, where a property is a line
 * E:KEY=VALUE.
 */
static int properties_of_root(const char *path, each_property each, void *arg)
{
	_cleanup_close_ int fd = sysfs_open_dir(SYSFS_TOP, path);
	_cleanup_free_ char *id = NULL, *uevent = NULL, *file = NULL;
	struct buf text = {0};
	int rc = fd < 0 ? fd : sysfs_read(fd, "uevent", &uevent);

	if (fd < 0 || (rc && rc != -ENOENT))
		return rc;
	if (uevent)
		each_line(uevent, "", each, arg);
	id = database_id(fd, path);
	if (!id || strchr(id, '/'))
		return 0;
	file = database_path(id);
	rc = file_read(file, DATABASE_MAX, &text);
	/* What is too large is not udev's. */
	if (rc != -EFBIG)
		(void)unread_note(file, rc);
	if (!rc)
		each_line(text.data, "E:", each, arg);
	buf_free(&text);
	return rc == -ENOENT ? 0 : rc;
}

int udev_properties(const char *path, each_property each, void *arg)
{
	int rc;

	if (!root_is_host())
		return properties_of_root(path, each, arg);
	rc = open_library();
	return rc ? rc : properties_of_host(path, each, arg);
}

int udev_find_data(char **ret_path)
{
	_cleanup_close_ int fd = -1;

	*ret_path = database_path("");
	fd = file_open(*ret_path, O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? fd : 0;
}

/* A connection to the events of udev ("udev") or of the kernel ("kernel"). */
struct link {
	struct udev *udev;
	struct udev_monitor *monitor;
};

static void link_close(struct link *link)
{
	libudev.monitor_unref(link->monitor);
	libudev.unref(link->udev);
}

/* Which events a connection is for; the kernel drops the others. All, where all are NULL. */
struct link_filter {
	const char *subsystems[2]; /* NULL: none */
	const char *tag; /* that a rule gave to the device */
};

static int link_add_filter(struct link *link, const struct link_filter *filter)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(filter->subsystems); i++)
		if (filter->subsystems[i])
			rc = libudev.monitor_filter_add_match_subsystem_devtype(
				link->monitor, filter->subsystems[i], NULL);
	if (!rc && filter->tag)
		rc = libudev.monitor_filter_add_match_tag(link->monitor, filter->tag);
	return rc;
}

/* A negative errno leaves nothing open, and a reason in *reterr. */
static int link_open(struct link *link, const char *source, const struct link_filter *filter,
		     char **reterr)
{
	int rc = library_open(&library, reterr);

	if (rc)
		return rc;
	*link = (struct link){.udev = libudev.new()};
	if (link->udev)
		link->monitor = libudev.monitor_new_from_netlink(link->udev, source);
	if (!link->monitor)
		rc = -errno;
	if (!rc)
		rc = link_add_filter(link, filter);
	if (!rc)
		rc = libudev.monitor_enable_receiving(link->monitor);
	if (!rc)
		return 0;
	set_text(reterr, "%s", error_text(rc));
	link_close(link);
	return rc;
}

static bool udev_runs(void)
{
	return access("/run/udev/control", F_OK) == 0;
}

struct udev_wait {
	struct link link;
};

int udev_wait_begin(struct udev_wait **ret_wait, char **reterr)
{
	struct udev_wait *wait;
	int rc;

	*ret_wait = NULL;
	if (!root_is_host() || !udev_runs())
		return 0;
	wait = xcalloc(1, sizeof(*wait));
	rc = link_open(&wait->link, "udev", &(struct link_filter){.subsystems = {"mdev", "pci"}},
		       reterr);
	if (rc)
		free(wait);
	else
		*ret_wait = wait;
	return rc;
}

static void wait_free(struct udev_wait *wait)
{
	link_close(&wait->link);
	free(wait);
}

static bool is_so(const char *value, const char *expected)
{
	return value && strcmp(value, expected) == 0;
}

static bool is_awaited(struct udev_device *dev, const struct udev_awaited *awaited)
{
	if (!is_so(libudev.device_get_sysname(dev), awaited->name))
		return false;
	if (!awaited->uuid)
		return is_so(libudev.device_get_action(dev), "add");
	return is_so(libudev.device_get_property_value(dev, "SYNTH_UUID"), awaited->uuid) &&
	       is_so(libudev.device_get_property_value(dev, "SYNTH_ARG_MDEV"), VF_EVENT_CREATED);
}

int udev_wait_end(struct udev_wait *wait, const struct udev_awaited *awaited, unsigned int seconds)
{
	int64_t end = clock_ms() + (int64_t)seconds * 1000;
	bool seen = !awaited;

	if (!wait)
		return 0;
	while (!seen) {
		struct pollfd ready = {.fd = libudev.monitor_get_fd(wait->link.monitor),
				       .events = POLLIN};
		int64_t left = end - clock_ms();
		struct udev_device *dev;

		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			break;
		dev = libudev.monitor_receive_device(wait->link.monitor);
		seen = dev && is_awaited(dev, awaited);
		libudev.device_unref(dev);
	}
	wait_free(wait);
	return seen ? 0 : -ETIMEDOUT;
}

struct udev_watch {
	struct link link;
	struct udev_device *current; /* whose strings the last event has */
};

/* Far above what comes while one event is looked at. Where it does not do, -ENOBUFS says so. */
#define BUFFER_SIZE (8 << 20)

int udev_watch_begin(struct udev_watch **ret_watch, const char *tag, char **reterr)
{
	struct udev_watch *watch = xcalloc(1, sizeof(*watch));
	int rc = link_open(&watch->link, tag || udev_runs() ? "udev" : "kernel",
			   &(struct link_filter){.tag = tag}, reterr);

	if (rc) {
		free(watch);
		return rc;
	}
	/* Without the right to it the buffer stays as it is. */
	(void)libudev.monitor_set_receive_buffer_size(watch->link.monitor, BUFFER_SIZE);
	*ret_watch = watch;
	return 0;
}

int udev_watch_fd(const struct udev_watch *watch)
{
	return libudev.monitor_get_fd(watch->link.monitor);
}

int udev_watch_next(struct udev_watch *watch, struct udev_event *ret_event)
{
	const char *subsystem;

	libudev.device_unref(watch->current);
	errno = 0;
	watch->current = libudev.monitor_receive_device(watch->link.monitor);
	if (!watch->current)
		return errno ? -errno : -EAGAIN;
	subsystem = libudev.device_get_subsystem(watch->current);
	*ret_event = (struct udev_event){
		.action = libudev.device_get_action(watch->current),
		.path = libudev.device_get_devpath(watch->current),
		.is_mdev = subsystem && strcmp(subsystem, "mdev") == 0,
		.is_pci = subsystem && strcmp(subsystem, "pci") == 0,
		.mdev_state = libudev.device_get_property_value(watch->current, "MDEV_STATE"),
	};
	return ret_event->action && ret_event->path ? 0 : -EAGAIN;
}

bool udev_watch_is_behind(const struct udev_watch *watch)
{
	struct udev_queue *queue = libudev.queue_new(watch->link.udev);
	bool is_behind = queue && !libudev.queue_get_queue_is_empty(queue);

	libudev.queue_unref(queue);
	return is_behind;
}

void udev_watch_end(struct udev_watch *watch)
{
	libudev.device_unref(watch->current);
	link_close(&watch->link);
	free(watch);
}
