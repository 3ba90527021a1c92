// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Virtual functions that have a type: what each errno of their driver means, and what is left of a
 * try that failed. This program replaces the function that writes to files of sysfs:
 * link-flags: -Wl,--wrap=sysfs_write_fd
 */
#include "base/file.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "host/kind.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "host/vf_record.h"
#include "root.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define CARD "0000:41:00.0"
#define FUNCTION(n) "0000:41:00." #n
#define TYPES "ID    : vGPU Name\n5     : L40S-1Q \n  12 :L40S-4Q\nx : y\n0 : none\n"

/* What the driver is to answer, and what the function says of itself after that. */
static int write_result, write_count;
static const char *after;

int __wrap_sysfs_write_fd(int fd, const char *data, size_t len);

/* A driver that does what it is asked, unless it is to fail. */
int __wrap_sysfs_write_fd(int fd, const char *data, size_t len)
{
	_cleanup_free_ char *link = xasprintf("/proc/self/fd/%d", fd);
	char path[4096] = "";
	const char *text = after ? after : data;

	if (readlink(link, path, sizeof(path) - 1) < 0)
		abort();
	if (!str_ends(path, "/current_vgpu_type"))
		return 0;
	write_count++;
	len = after ? strlen(after) : len;
	if ((!write_result || after) && (ftruncate(fd, 0) < 0 || pwrite(fd, text, len, 0) < 0))
		abort();
	return write_result;
}

static void set_type(char function, const char *type)
{
	_cleanup_free_ char *path =
		xasprintf("sys/bus/pci/devices/0000:41:00.%c/nvidia/current_vgpu_type", function);

	make_file(path, type);
}

static void make_function(char function)
{
	_cleanup_free_ char *folder =
		xasprintf("sys/bus/pci/devices/0000:41:00.%c/nvidia", function);
	_cleanup_free_ char *owner =
		xasprintf("sys/bus/pci/devices/0000:41:00.%c/physfn", function);
	_cleanup_free_ char *types = xasprintf("%s/creatable_vgpu_types", folder);
	_cleanup_free_ char *bound =
		xasprintf("sys/bus/pci/drivers/nvidia/0000:41:00.%c", function);

	make_folder(folder);
	make_link(owner, "../" CARD);
	make_link(bound, "../../devices/x");
	make_file(types, TYPES);
	set_type(function, "0\n");
}

static void make_card(void)
{
	make_folder("sys/module/vfio_pci_core");
	make_folder("sys/bus/pci/devices/" CARD);
	make_link("sys/bus/pci/drivers/nvidia/" CARD, "../../devices/x");
	make_link("sys/bus/pci/drivers/nvidia/module", "../../../module/nvidia");
	make_file("sys/bus/pci/devices/" CARD "/sriov_totalvfs", "2\n");
	make_file("sys/bus/pci/devices/" CARD "/sriov_numvfs", "2\n");
	make_file("sys/bus/pci/devices/" CARD "/sriov_offset", "4\n");
	make_file("sys/bus/pci/devices/" CARD "/sriov_stride", "1\n");
	make_function('4');
	make_function('5');
}

static bool has_record(const char *function)
{
	struct identity id;

	return vf_record_read(function, "nvidia-5", &id) == 0;
}

static int create(const char *on, char **reterr)
{
	struct lifecycle_creator creator = {0};
	struct definition def = {.parent_name = CARD, .type = "nvidia-5"};
	int rc;

	identity_parse(UUID, &def.id);
	write_count = 0;
	rc = lifecycle_create(&creator, &def, reterr);
	if (!rc)
		is_text(creator.made.name, on, "on that function");
	lifecycle_creator_close(&creator);
	write_result = 0;
	after = NULL;
	return rc;
}

static void test_create_errors(void)
{
	static const struct {
		int errno_value, rc;
		const char *after, *reason;
	} cases[] = {
		{EPERM, -EPERM, NULL, "the driver refused: Operation not permitted"},
		{EIO, -EUSERS, NULL,
		 "the driver has no room for type 'nvidia-5' beside what is on"},
		{EINVAL, -EUSERS, NULL, "the driver has no room for type 'nvidia-5'"},
		{ENOSPC, -EUSERS, NULL, "No space left on device"},
		{ENODEV, -ENOENT, NULL, "type 'nvidia-5' is unknown to the driver"},
		{EBUSY, -EBUSY, NULL, "the driver refused: Device or resource busy"},
		{0, -EIO, "0\n", "the driver took the type away again"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *error = NULL;

		write_result = -cases[i].errno_value;
		after = cases[i].after;
		is_number(create(NULL, &error), cases[i].rc, cases[i].reason);
		if (!ok(error && strstr(error, cases[i].reason), "the reason is said"))
			printf("# is: %s\n", error ? error : "(null)");
		is_number(write_count, 1, "it is written once, and to one function");
		ok(!has_record(FUNCTION(4)) && !has_record(FUNCTION(5)), "nothing is recorded");
	}
}

/* Another program gave the function a type between our look and our write. */
static void test_race(void)
{
	_cleanup_free_ char *error = NULL;

	write_result = -EPERM;
	after = "12\n";
	is_number(create(NULL, &error), -EUSERS, "somebody else takes both functions");
	is_number(write_count, 2, "both are tried");
	ok(error && strstr(error, "nvidia-12 on 2"), "what is there is said");
	ok(!has_record(FUNCTION(4)) && !has_record(FUNCTION(5)), "nothing is recorded");
	set_type('5', "0\n");
	is_number(create(FUNCTION(5), &error), 0, "the next function is taken");
	ok(has_record(FUNCTION(5)), "it is recorded");
	set_type('4', "0\n");
	is_number(create(NULL, &error), -EEXIST, "the identity is taken now");
}

static int destroy(char **reterr)
{
	struct device_list list = {0};
	struct identity id;
	const struct device *dev;
	int rc;

	identity_parse(UUID, &id);
	dev = live_look_up(&list, &id);
	ok(dev && dev->vf == 1 && !dev->is_foreign, "it is found by its identity");
	write_count = 0;
	rc = dev ? lifecycle_destroy(dev, reterr) : -ENODEV;
	device_list_free(&list);
	write_result = 0;
	after = NULL;
	return rc;
}

static void test_destroy(void)
{
	_cleanup_free_ char *error = NULL;

	write_result = -EPERM;
	is_number(destroy(&error), -ETIMEDOUT, "a driver that is not done is asked for a while");
	ok(error && strstr(error, "has not ended it yet: Operation not permitted"), "and said");
	ok(write_count > 1, "more than once");
	ok(has_record(FUNCTION(5)), "it keeps its record");
	write_result = -EINVAL;
	is_number(destroy(&error), -EINVAL, "another error is no reason to wait");
	is_number(write_count, 1, "it is asked once");
	write_result = -EPERM;
	after = "0\n";
	is_number(destroy(&error), 0, "what has ended meanwhile is ended");
	ok(!has_record(FUNCTION(5)), "nothing is recorded any more");
}

static void test_types(void)
{
	struct type_list types = {0};

	live_types(&types, CARD);
	is_number((long long)types.n, 2, "lines that are none of a type are passed over");
	if (types.n == 2) {
		is_text(types.v[0].name, "nvidia-12", "in order of name");
		is_text(types.v[0].pretty_name, "L40S-4Q", "without blanks around the name");
		is_text(types.v[1].name, "nvidia-5", "the other one");
		is_number(types.v[1].available, 2, "as many as there are functions");
	}
	type_list_free(&types);
}

int main(void)
{
	root_begin();
	make_card();
	test_types();
	test_create_errors();
	test_race();
	test_destroy();
	kind_forget();
	root_end();
	return tap_end();
}
