// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For each errno of the kernel: the message, and what is undone. This program replaces the
 * functions that open and write files of sysfs:
 * link-flags: -Wl,--wrap=sysfs_open_write -Wl,--wrap=sysfs_write_fd -Wl,--wrap=live_devices
 * link-flags: -Wl,--wrap=msg_warning
 */
#include "base/file.h"
#include "base/msg.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "root.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define OTHER "93b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define THIRD "a3b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

/* What the kernel is to answer, and what it was asked. */
static int open_result, create_result, attr_result, undo_result, remove_result;
static bool device_goes; /* with the first attribute that is refused */
static struct buf asked;
static char *warning;

#define TYPE "sys/class/mdev_bus/p/mdev_supported_types/t"
#define DEVICE "sys/class/mdev_bus/p/" UUID

void __real_live_devices(struct device_list *list, const char *parent);
void __wrap_live_devices(struct device_list *list, const char *parent);
int __real_sysfs_open_write(int dirfd, const char *path);
int __wrap_sysfs_open_write(int dirfd, const char *path);
int __wrap_sysfs_write_fd(int fd, const char *data, size_t len);
void __wrap_msg_warning(const char *fmt, ...);

static int listings;

void __wrap_live_devices(struct device_list *list, const char *parent)
{
	listings++;
	__real_live_devices(list, parent);
}

void __wrap_msg_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	free(warning);
	warning = xvasprintf(fmt, args);
	va_end(args);
}

int __wrap_sysfs_open_write(int dirfd, const char *path)
{
	return open_result ? open_result : __real_sysfs_open_write(dirfd, path);
}

/* The instance, as the kernel would show it. */
static void appear(void)
{
	make_folder(DEVICE "/folder");
	make_file(DEVICE "/remove", "");
	make_file(DEVICE "/good", "old\n");
	make_file(DEVICE "/folder/rate", "");
}

/* As drivers do: snprintf(dst, count, "%s", buf) keeps all but the last byte. */
static void keep_value(int fd, const char *data, size_t len)
{
	if (pwrite(fd, data, len - 1, 0) < 0 || ftruncate(fd, (off_t)len - 1) < 0)
		abort();
}

static int write_attr(const char *name, int fd, const char *data, size_t len)
{
	if (strcmp(name, "silent") == 0)
		return 0;
	if (strcmp(name, "short") == 0)
		len = 5;
	if (strcmp(name, "good") == 0 && strncmp(data, "old", 3) == 0)
		return undo_result;
	if (strcmp(name, "rate") != 0) {
		keep_value(fd, data, len);
		return 0;
	}
	if (device_goes) {
		_cleanup_free_ char *file = root_path(DEVICE "/remove");

		(void)unlink(file);
	}
	return attr_result;
}

/* A newline is shown as '$'. */
int __wrap_sysfs_write_fd(int fd, const char *data, size_t len)
{
	_cleanup_free_ char *link = xasprintf("/proc/self/fd/%d", fd);
	char path[4096] = "", *name;
	bool is_line = len && data[len - 1] == '\n';

	if (readlink(link, path, sizeof(path) - 1) < 0)
		abort();
	name = strrchr(path, '/') + 1;
	buf_addf(&asked, "%s=%.*s%s;", name, (int)len - is_line, data, is_line ? "$" : "");
	if (strcmp(name, "remove") == 0)
		return remove_result;
	if (str_starts(name, "mdev_"))
		return attr_result;
	if (strcmp(name, "create") != 0)
		return write_attr(name, fd, data, len);
	if (!create_result)
		appear();
	return create_result;
}

/* A file, or an empty folder. */
static void forget(const char *path)
{
	_cleanup_free_ char *full = root_path(path);

	(void)remove(full);
}

static struct definition definition(const char *params)
{
	struct definition def = {.parent = "p", .parent_name = "p", .type = "t", .params = params};

	identity_parse(UUID, &def.id);
	return def;
}

static void reset(void)
{
	buf_free(&asked);
	open_result = create_result = attr_result = undo_result = remove_result = 0;
	free(warning);
	warning = NULL;
	device_goes = false;
}

static void create(struct definition *def, int rc, const char *expected_asked, const char *reason)
{
	struct lifecycle_creator creator = {0};
	_cleanup_free_ char *error = NULL;

	is_number(lifecycle_create(&creator, def, &error), rc, reason ? reason : "created");
	if (rc || expected_asked)
		is_text(asked.data, expected_asked, "what was written");
	if (reason && !ok(error && strstr(error, reason), "the reason is said"))
		printf("# is: %s\n", error ? error : "(null)");
	lifecycle_creator_close(&creator);
	reset();
}

static void test_create_errors(void)
{
	static const struct {
		int errno_value;
		const char *params, *reason;
	} cases[] = {
		{EUSERS, NULL, "no instance of type 't' is left on parent 'p': taken up by " OTHER},
		{ENOSPC, NULL, "no instance of type 't' is left on parent 'p': taken up by " OTHER},
		/* What the core means by these is not so: the type exists, the device does not. */
		{EEXIST, NULL, "the driver refused: File exists (or a device of that identity"},
		{ENOENT, NULL, "the driver refused: No such file or directory (the kernel's log"},
		{ENODEV, NULL, "the driver refused: No such device (the kernel's log"},
		{ENXIO, NULL, "the driver refused: No such device or address (the kernel's log"},
		{517, NULL, "the driver refused: EPROBE_DEFER"},
		{524, NULL, "the driver refused: ENOTSUPP"},
		{EINVAL, "seed=x", "the driver refused the parameters 'seed=x'"},
		{EINVAL, NULL, "Invalid argument"},
		{ENOMEM, NULL, "Cannot allocate memory"},
		{EIO, NULL, "Input/output error"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct definition def = definition(cases[i].params);

		create_result = -cases[i].errno_value;
		create(&def, create_result,
		       cases[i].params ? "create=" UUID ":seed=x;" : "create=" UUID ";",
		       cases[i].reason);
	}
}

/* The errno means what the core means by it. */
static void test_create_errors_of_core(void)
{
	struct definition def = definition(NULL);
	_cleanup_free_ char *open = root_path(TYPE "/create"), *away = root_path("away");

	make_folder("sys/bus/mdev/devices/" UUID);
	create_result = -EEXIST;
	create(&def, -EEXIST, "create=" UUID ";",
	       "the identity is taken by a device that is coming or going");
	forget("sys/bus/mdev/devices/" UUID);
	identity_parse(OTHER, &def.id);
	create_result = -EEXIST;
	create(&def, -EEXIST, "create=" OTHER ";",
	       "it is live already, on parent 'p' with type 't'");
	make_folder("sys/class/mdev");
	make_folder("sys/bus/mdev/drivers/mtty");
	create_result = -ENXIO;
	create(&def, -ENXIO, "create=" OTHER ";", "the driver refused: No such device or address");
	make_file("sys/class/mdev_bus/p/mdev_create", "");
	create_result = -ENXIO;
	create(&def, -ENXIO, "create=" OTHER ";", "no bus driver took the device (load the module");
	make_folder("sys/bus/mdev/drivers/vfio_mdev");
	create_result = -ENXIO;
	create(&def, -ENXIO, "create=" OTHER ";", "the driver refused: No such device or address");
	forget("sys/class/mdev_bus/p/mdev_create");
	forget("sys/bus/mdev/drivers/mtty");
	forget("sys/bus/mdev/drivers/vfio_mdev");
	forget("sys/bus/mdev/drivers");
	/* The type's file goes, as the parent does. */
	ok(rename(open, away) == 0, "the type is closed");
	create(&def, -ENOENT, NULL, "parent 'p' is going away");
	ok(rename(away, open) == 0, "and open again");
}

/* available_instances says that there is room, but the driver refuses. */
static void test_no_room(void)
{
	struct definition def = definition(NULL);

	make_file(TYPE "/available_instances", "3\n");
	create_result = -ENOSPC;
	create(&def, -ENOSPC, "create=" UUID ";",
	       "there is no room for another 't' now, though parent 'p' says that 3 are left: "
	       "taken up by " OTHER);
	create_result = -EUSERS;
	create(&def, -EUSERS, "create=" UUID ";", "though parent 'p' says that 3 are left");
	make_file(TYPE "/available_instances", "0\n");
	create_result = -EIO;
	create(&def, -EIO, "create=" UUID ";", "no instance of type 't' is left on parent 'p'");
	forget(TYPE "/available_instances");
}

/* open() fails before the driver is asked, so the message must not blame the driver. */
static void test_open_errors(void)
{
	static const struct {
		int errno_value;
		const char *create, *attr, *destroy, *machine;
	} cases[] = {
		{EROFS, "/sys is read-only here, as in a container",
		 "attribute 'good' cannot be written to: /sys is read-only here, as in a container",
		 "its file 'remove' cannot be opened: /sys is read-only here, as in a container",
		 "the core cannot be told: /sys is read-only here, as in a container"},
		{ENFILE, "create cannot be opened: Too many open files in system",
		 "attribute 'good' cannot be written to: Too many open files in system",
		 "its file 'remove' cannot be opened: Too many open files in system",
		 "the core cannot be told: Too many open files in system"},
		{EACCES, "create cannot be opened: Permission denied",
		 "attribute 'good' cannot be written to: Permission denied",
		 "its file 'remove' cannot be opened: Permission denied",
		 "the core cannot be told: Permission denied"},
	};
	struct attr attrs[] = {{"good", "1"}};
	const struct device dev = {.name = UUID, .parent = "p", .type = "t"};
	struct definition def = definition(NULL);

	appear();
	make_file("sys/class/mdev/mdev_start", "");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *error = NULL;
		int rc = -cases[i].errno_value;

		open_result = rc;
		create(&def, rc, NULL, cases[i].create);
		open_result = rc;
		is_number(lifecycle_write_attrs(&dev, attrs, 1, &error), rc, cases[i].attr);
		ok(strstr(error, cases[i].attr) != NULL, "of an attribute");
		is_number(lifecycle_destroy(&dev, &error), rc, cases[i].destroy);
		ok(strstr(error, cases[i].destroy) != NULL, "of its end");
		is_number(lifecycle_machine(true, &def.id, &error), rc, cases[i].machine);
		ok(strstr(error, cases[i].machine) != NULL, "of a machine");
		is_text(asked.data, NULL, "nothing is written");
		reset();
	}
	forget("sys/class/mdev/mdev_start");
}

static void refuse_many(int rc, const char *identity, const char *params, const char *reason)
{
	struct lifecycle_creator creator = {0};
	struct definition def = definition(params);
	bool same = true;

	identity_parse(identity, &def.id);
	listings = 0;
	create_result = rc;
	for (int i = 0; i < 100; i++) {
		_cleanup_free_ char *error = NULL;
		int checked = params ? lifecycle_check(&creator, &def, &error) : 0;

		def.type = i % 2 ? "t" : "other";
		same &= (params ? checked : lifecycle_create(&creator, &def, &error)) == rc;
		same &= error && strstr(error, reason);
	}
	ok(same, reason);
	ok(listings <= 2, "a hundred refusals do not cost a hundred listings");
	lifecycle_creator_close(&creator);
	reset();
}

static void test_cost_of_refusals(void)
{
	make_file("sys/class/mdev_bus/p/mdev_supported_types/other/create", "");
	refuse_many(-EUSERS, UUID, NULL, "is left on parent 'p': taken up by " OTHER);
	refuse_many(-EEXIST, OTHER, NULL, "it is live already, on parent 'p' with type 't'");
	refuse_many(-EOPNOTSUPP, UUID, "x=1", "the loaded mdev core is the kernel's own");
}

static void test_attributes(void)
{
	struct attr attrs[] = {{"good", "1"}, {"folder/rate", "9"}, {"good", "2"}};
	struct attr linked[] = {{"link/unbind", "x"}};
	struct attr missing[] = {{"nowhere/x", "1"}};
	struct definition def = definition(NULL);
	_cleanup_free_ char *link = xasprintf("%s/sys/class/mdev_bus/p/" UUID "/link", root_top);

	def.attrs = attrs;
	def.attr_count = 3;
	create(&def, 0, "create=" UUID ";good=1$;rate=9$;good=2$;", NULL);
	attr_result = -EINVAL;
	create(&def, -EINVAL, "create=" UUID ";good=1$;rate=9$;remove=1;",
	       "attribute 'folder/rate' refused '9': Invalid argument");
	attr_result = -ENOENT;
	create(&def, -ENOENT, "create=" UUID ";good=1$;rate=9$;remove=1;",
	       "attribute 'folder/rate' refused '9': No such file or directory");
	attr_result = -EIO;
	remove_result = -EBUSY;
	create(&def, -EIO, "create=" UUID ";good=1$;rate=9$;remove=1;",
	       "Input/output error (and it could not be removed again: Device or resource busy)");
	ok(symlink("folder", link) == 0, "a link in the device's folder");
	def.attrs = linked;
	def.attr_count = 1;
	create(&def, -ENOTDIR, "create=" UUID ";remove=1;",
	       "attribute 'link/unbind' is not the device's own");
	def.attrs = missing;
	create(&def, -ENOENT, "create=" UUID ";remove=1;", "no attribute 'nowhere/x'");
	missing[0].name = "folder/x";
	create(&def, -ENOENT, "create=" UUID ";remove=1;", "no attribute 'folder/x'");
}

/* What is read back is compared: a driver may keep less than it was given, and say nothing. */
static void test_kept_values(void)
{
	struct attr attrs[] = {{"good", "frame_rate_limiter=0"}};
	struct definition def = definition(NULL);
	const struct device dev = {.id = def.id, .name = UUID, .parent = "p", .type = "t"};
	_cleanup_free_ char *error = NULL, *path = root_path(DEVICE "/good");
	struct buf text = {0};

	def.attrs = attrs;
	def.attr_count = 1;
	create(&def, 0, "create=" UUID ";good=frame_rate_limiter=0$;", NULL);
	ok(file_read(path, 100, &text) == 0, "the file");
	is_text(text.data, "frame_rate_limiter=0", "has the whole value");
	buf_free(&text);
	make_file(DEVICE "/short", "");
	attrs[0].name = "short";
	is_number(lifecycle_write_attrs(&dev, attrs, 1, &error), 0, "a driver that cuts it");
	is_text(warning,
		UUID
		": attribute 'short' was given the value 'frame_rate_limiter=0', but now has 'fram'",
		"is warned of");
	reset();
	attrs[0] = (struct attr){"silent", "1"};
	make_file(DEVICE "/silent", "1\n");
	is_number(lifecycle_write_attrs(&dev, attrs, 1, &error), 0, "one that keeps it");
	is_text(warning, NULL, "is not");
	reset();
	forget(DEVICE "/short");
	forget(DEVICE "/silent");
}

/* Attributes that no instance can have are refused before one is created. */
static void test_attributes_that_cannot_be(void)
{
	static const char *const names[] = {"driver_override", "uevent",	   "remove",
					    "power/control",   "driver/unbind",	   "modalias",
					    "subsystem",       "iommu_group/type", "vfio-dev/x"};
	size_t max = sysfs_value_max();
	_cleanup_free_ char *longest = xcalloc(max + 2, 1);
	struct attr attr = {"good", longest};
	struct definition def = definition(NULL);

	def.attrs = &attr;
	def.attr_count = 1;
	memset(longest, 'a', max);
	create(&def, 0, NULL, NULL);
	longest[max] = 'a';
	create(&def, -E2BIG, NULL, "the value of attribute 'good' is 4096 bytes long");
	attr.value = "x";
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		attr.name = names[i];
		create(&def, -EPERM, NULL, "is the kernel's own file, not an attribute");
	}
	def.attr_count = 0;
	def.params = longest;
	create(&def, -E2BIG, NULL, "the parameters are 4096 bytes long, too long to be written");
}

static void test_attributes_of_what_goes(void)
{
	struct attr attrs[] = {{"folder/rate", "9"}};
	struct definition def = definition(NULL);
	_cleanup_free_ char *device = root_path(DEVICE);

	def.attrs = attrs;
	def.attr_count = 1;
	attr_result = -ENOENT;
	remove_result = -ENOENT;
	create(&def, -ENODEV, "create=" UUID ";rate=9$;remove=1;",
	       "it went away while its attributes were written");
	attr_result = -ENODEV;
	remove_result = -ENODEV;
	create(&def, -ENODEV, "create=" UUID ";rate=9$;remove=1;",
	       "it went away while its attributes were written");
	/* What cannot be opened for another reason is removed, too. */
	identity_parse(THIRD, &def.id);
	set_text(&device, "%s/%s", root_get(), "sys/class/mdev_bus/p/" THIRD);
	ok(symlink(THIRD, device) == 0, "a device that cannot be opened");
	create(&def, -ELOOP, "create=" THIRD ";", "it is not to be found after it was made");
	create(&def, -ELOOP, "create=" THIRD ";",
	       "(and it could not be removed again: Too many levels of symbolic links)");
	unlink(device);
}

static void write_live(int rc, const char *expected_asked, const char *reason)
{
	struct attr attrs[] = {{"good", "1"}, {"silent", "2"}, {"folder/rate", "9"}};
	const struct device dev = {.name = UUID, .parent = "p", .type = "t"};
	_cleanup_free_ char *error = NULL;

	is_number(lifecycle_write_attrs(&dev, attrs, 3, &error), rc, reason ? reason : "written");
	is_text(asked.data, expected_asked, "what was written");
	is_text(error, reason, "what is said");
	reset();
}

static void test_live_attributes(void)
{
	_cleanup_free_ char *silent = root_path(DEVICE "/silent");

	appear();
	make_file(DEVICE "/silent", "");
	ok(truncate(silent, 1) == 0, "a value with a NUL, which cannot be read");
	write_live(0, "good=1$;silent=2$;rate=9$;", NULL);
	make_file(DEVICE "/good", "old\n");
	attr_result = -EINVAL;
	write_live(
		-EINVAL, "good=1$;silent=2$;rate=9$;good=old$;",
		"attribute 'folder/rate' refused '9': Invalid argument "
		"(and not all was set back: the old value of attribute 'silent' cannot be read)");
	make_file(DEVICE "/good", "old\n");
	make_file(DEVICE "/silent", "1\n");
	attr_result = -EINVAL;
	undo_result = -EIO;
	write_live(
		-EINVAL, "good=1$;silent=2$;rate=9$;silent=1$;good=old$;",
		"attribute 'folder/rate' refused '9': Invalid argument "
		"(and not all was set back: attribute 'good' refused 'old': Input/output error)");
	attr_result = -ENOENT;
	device_goes = true;
	write_live(-ENODEV, "good=1$;silent=2$;rate=9$;", "it went away meanwhile");
}

static void test_destroy(void)
{
	static const struct {
		int errno_value, rc;
		const char *reason;
	} cases[] = {
		{EBUSY, -EBUSY, "it is in use"},
		{ENODEV, -ENODEV, "it went away meanwhile"},
		{ENOENT, -ENOENT, "the driver refused: No such file or directory"},
		{524, -524, "the driver refused: ENOTSUPP"},
		{EAGAIN, -EAGAIN, "by somebody else"},
		{EIO, -EIO, "Input/output error"},
	};
	struct device dev = {.name = UUID, .parent = "p", .type = "t"};

	appear();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *error = NULL;

		remove_result = -cases[i].errno_value;
		is_number(lifecycle_destroy(&dev, &error), cases[i].rc, cases[i].reason);
		ok(error && strstr(error, cases[i].reason), "the reason is said");
		is_text(asked.data, "remove=1;", "one write");
		reset();
	}
	forget(DEVICE "/remove");
	{
		_cleanup_free_ char *error = NULL;

		is_number(lifecycle_destroy(&dev, &error), -ENODEV, "what is not there any more");
		is_text(error, "it went away meanwhile", "is said to have gone");
	}
}

static void test_machine(void)
{
	_cleanup_free_ char *error = NULL;
	struct identity id;

	identity_parse(UUID ":5", &id);
	is_number(lifecycle_machine(true, &id, &error), -EOPNOTSUPP, "no way to start");
	ok(strstr(error, "the kernel's own") != NULL, "and not this project's");
	is_text(asked.data, NULL, "nothing is written");
	make_folder("sys/class/mdev");
	make_file("sys/class/mdev/mdev_start", "");
	make_file("sys/class/mdev/mdev_stop", "");
	is_number(lifecycle_machine(true, &id, &error), 0, "started");
	is_text(asked.data, "mdev_start=" UUID ";", "by its UUID alone");
	reset();
	attr_result = -ENODEV;
	is_number(lifecycle_machine(false, &id, &error), -ENODEV, "no instance");
	is_text(error, "no instance of it is live", "is said");
	reset();
	identity_parse(OTHER, &id);
	attr_result = -ENODEV;
	is_number(lifecycle_machine(false, &id, &error), -ENODEV, "there is one");
	is_text(error, "its driver refused: No such device", "so that is the driver's word");
	reset();
	attr_result = -EIO;
	is_number(lifecycle_machine(false, &id, &error), -EIO, "the driver's own error");
	is_text(error, "its driver refused: Input/output error", "is said");
	reset();
}

int main(void)
{
	root_begin();
	make_device("p", "t", OTHER);
	make_file("sys/class/mdev_bus/p/mdev_supported_types/t/create", "");
	make_folder("sys/class/mdev_bus/p/mdev_supported_types/other");
	test_create_errors();
	test_create_errors_of_core();
	test_no_room();
	test_open_errors();
	test_cost_of_refusals();
	test_attributes();
	test_attributes_of_what_goes();
	test_kept_values();
	test_attributes_that_cannot_be();
	test_live_attributes();
	test_destroy();
	test_machine();
	root_end();
	return tap_end();
}
