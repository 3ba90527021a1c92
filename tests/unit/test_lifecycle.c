// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is said and undone for each errno of the kernel. The writes are taken by this program:
 * link-flags: -Wl,--wrap=sysfs_write -Wl,--wrap=sysfs_write_fd -Wl,--wrap=live_devices
 */
#include "host/lifecycle.h"
#include "host/live.h"
#include "root.h"
#include "base/sysfs.h"
#include "tap.h"
#include "base/text.h"

#include <errno.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define OTHER "93b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

/* What the kernel is to answer, and what it was asked. */
static int create_result, attr_result, undo_result, remove_result;
static bool device_goes; /* with the first attribute that is refused */
static struct buf asked;

#define DEVICE "sys/class/mdev_bus/p/" UUID

int __wrap_sysfs_write(int dirfd, const char *path, const char *data, size_t len);
void __real_live_devices(struct device_list *list, const char *parent);
void __wrap_live_devices(struct device_list *list, const char *parent);

static int listings;

void __wrap_live_devices(struct device_list *list, const char *parent)
{
	listings++;
	__real_live_devices(list, parent);
}

int __wrap_sysfs_write_fd(int fd, const char *data, size_t len);

int __wrap_sysfs_write_fd(int fd, const char *data, size_t len)
{
	(void)fd;
	buf_addf(&asked, "create=%.*s;", (int)len, data);
	if (!create_result)
		make_folder(DEVICE "/folder");
	return create_result;
}

int __wrap_sysfs_write(int dirfd, const char *path, const char *data, size_t len)
{
	bool is_remove = str_ends(path, "remove");

	if (!is_remove && dirfd == SYSFS_TOP)
		path = strrchr(path, '/') + 1;
	buf_addf(&asked, "%s=%.*s;", is_remove ? "remove" : path, (int)len, data);
	if (is_remove)
		return remove_result;
	if (strcmp(path, "silent") == 0)
		return 0;
	if (strcmp(path, "good") == 0)
		return strncmp(data, "old", len) == 0 ? undo_result : 0;
	if (device_goes) {
		_cleanup_free_ char *file = root_path(DEVICE "/remove");

		(void)unlink(file);
	}
	return attr_result;
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
	create_result = attr_result = undo_result = remove_result = 0;
	device_goes = false;
}

static void create(struct definition *def, int rc, const char *expected_asked, const char *reason)
{
	struct lifecycle_creator creator = LIFECYCLE_CREATOR;
	_cleanup_free_ char *error = NULL;

	is_number(lifecycle_create(&creator, def, &error), rc, reason ? reason : "created");
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
		{EEXIST, NULL, "the identity is taken by a device that is coming or going"},
		{EUSERS, NULL, "no instance of type 't' is left on parent 'p': taken up by " OTHER},
		{ENODEV, NULL, "parent 'p' is going away"},
		{ENXIO, NULL, "vfio_mdev"},
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

static void refuse_many(int rc, const char *identity, const char *params, const char *reason)
{
	struct lifecycle_creator creator = LIFECYCLE_CREATOR;
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
	refuse_many(-EOPNOTSUPP, UUID, "x=1", "no mdev core is loaded");
}

static void test_attributes(void)
{
	struct attr attrs[] = {{"good", "1"}, {"folder/rate", "9"}, {"good", "2"}};
	struct attr linked[] = {{"driver/unbind", "x"}};
	struct attr missing[] = {{"nowhere/x", "1"}};
	struct definition def = definition(NULL);
	_cleanup_free_ char *link = xasprintf("%s/sys/class/mdev_bus/p/" UUID "/driver", root_top);

	def.attrs = attrs;
	def.attr_count = 3;
	create(&def, 0, "create=" UUID ";good=1;rate=9;good=2;", NULL);
	attr_result = -EINVAL;
	create(&def, -EINVAL, "create=" UUID ";good=1;rate=9;remove=1;",
	       "attribute 'folder/rate' refused '9': Invalid argument");
	attr_result = -ENOENT;
	create(&def, -ENOENT, "create=" UUID ";good=1;rate=9;remove=1;",
	       "the device has no attribute 'folder/rate'");
	attr_result = -EIO;
	remove_result = -EBUSY;
	create(&def, -EIO, "create=" UUID ";good=1;rate=9;remove=1;",
	       "Input/output error (and it could not be removed again: Device or resource busy)");
	ok(symlink("folder", link) == 0, "a link in the device's folder");
	def.attrs = linked;
	def.attr_count = 1;
	create(&def, -ENOTDIR, "create=" UUID ";remove=1;",
	       "attribute 'driver/unbind' is not the device's own");
	def.attrs = missing;
	create(&def, -ENOENT, "create=" UUID ";remove=1;", "no attribute 'nowhere/x'");
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
	create(&def, -ENODEV, "create=" UUID ";rate=9;remove=1;",
	       "it went away while its attributes were written");
	attr_result = -ENODEV;
	remove_result = -ENODEV;
	create(&def, -ENODEV, "create=" UUID ";rate=9;remove=1;",
	       "it went away while its attributes were written");
	/* What cannot be opened for another reason is removed, too. */
	identity_parse(OTHER, &def.id);
	set_text(&device, "%s/%s", root_get(), "sys/class/mdev_bus/p/" OTHER);
	ok(symlink(OTHER, device) == 0, "a device that cannot be opened");
	create(&def, -ELOOP, "create=" OTHER ";remove=1;",
	       "it is not to be found after it was made");
	remove_result = -EBUSY;
	create(&def, -ELOOP, "create=" OTHER ";remove=1;",
	       "(and it could not be removed again: Device or resource busy)");
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
	make_folder(DEVICE "/folder");
	make_file(DEVICE "/remove", "");
	make_file(DEVICE "/good", "old\n");
	write_live(0, "good=1;silent=2;rate=9;", NULL);
	attr_result = -EINVAL;
	write_live(-EINVAL, "good=1;silent=2;rate=9;good=old;",
		   "attribute 'folder/rate' refused '9': Invalid argument "
		   "(and 'silent' could not be set back: its old value cannot be read)");
	make_file(DEVICE "/silent", "1\n");
	attr_result = -EINVAL;
	undo_result = -EIO;
	write_live(-EINVAL, "good=1;silent=2;rate=9;silent=1;good=old;",
		   "attribute 'folder/rate' refused '9': Invalid argument "
		   "(and 'good' could not be set back: Input/output error)");
	attr_result = -ENOENT;
	device_goes = true;
	write_live(-ENODEV, "good=1;silent=2;rate=9;", "it went away meanwhile");
}

static void test_destroy(void)
{
	static const struct {
		int errno_value, rc;
		const char *reason;
	} cases[] = {
		{EBUSY, -EBUSY, "it is in use"},
		{ENODEV, -ENODEV, "it went away meanwhile"},
		{ENOENT, -ENODEV, "it went away meanwhile"},
		{EAGAIN, -EAGAIN, "by somebody else"},
		{EIO, -EIO, "Input/output error"},
	};
	struct device dev = {.name = UUID, .parent = "p", .type = "t"};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *error = NULL;

		remove_result = -cases[i].errno_value;
		is_number(lifecycle_destroy(&dev, &error), cases[i].rc, cases[i].reason);
		ok(error && strstr(error, cases[i].reason), "the reason is said");
		is_text(asked.data, "remove=1;", "one write");
		reset();
	}
}

static void test_machine(void)
{
	_cleanup_free_ char *error = NULL;
	struct identity id;

	identity_parse(UUID ":5", &id);
	is_number(lifecycle_machine(true, &id, &error), -EOPNOTSUPP, "the kernel's own core");
	ok(strstr(error, "no mdev core is loaded") != NULL, "or none");
	is_text(asked.data, NULL, "nothing is written");
	make_folder("sys/class/mdev");
	make_file("sys/class/mdev/mdev_start", "");
	is_number(lifecycle_machine(true, &id, &error), 0, "started");
	is_text(asked.data, "mdev_start=" UUID ";", "by its UUID alone");
	reset();
	attr_result = -ENODEV;
	is_number(lifecycle_machine(false, &id, &error), -ENODEV, "no instance");
	is_text(error, "no instance of it is live", "is said");
	reset();
	attr_result = -EIO;
	is_number(lifecycle_machine(false, &id, &error), -EIO, "the driver's own error");
	is_text(error, "its driver refused: Input/output error", "is said");
	reset();
}

int main(void)
{
	root_begin();
	make_folder("sys/class/mdev_bus/p/mdev_supported_types/t/devices/" OTHER);
	make_file("sys/class/mdev_bus/p/mdev_supported_types/t/create", "");
	make_folder("sys/class/mdev_bus/p/mdev_supported_types/other");
	test_create_errors();
	test_cost_of_refusals();
	test_attributes();
	test_attributes_of_what_goes();
	test_live_attributes();
	test_destroy();
	test_machine();
	root_end();
	return tap_end();
}
