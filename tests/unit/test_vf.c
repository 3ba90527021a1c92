// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Virtual functions become instances and end: in which order things are written, what is left after
 * each answer of the kernel, which this program gives in its place:
 * link-flags: -Wl,--wrap=sysfs_write_fd
 */
#include "base/file.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "host/kind.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "host/vf_binding.h"
#include "host/vf_record.h"
#include "root.h"
#include "tap.h"

#include <errno.h>

#define CARD "0000:01:00.0"
#define VF0 "0000:01:00.1"
#define VF1 "0000:01:00.2"
#define DEVICES "sys/bus/pci/devices"
#define DRIVERS "sys/bus/pci/drivers"
#define PROFILE DEVICES "/" CARD "/sriov_admin/vf1/profile"
#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

/* What the kernel is to answer, and what it was asked. */
static int bind_result, unbind_result, attr_result;
static const char *thief; /* binds the function that is to be bound, first */
static bool recorded; /* the function had its record when it was first written to */
static struct buf asked;

int __wrap_sysfs_write_fd(int fd, const char *data, size_t len);

static char *device_path(const char *function, const char *file)
{
	_cleanup_free_ char *path = xasprintf(DEVICES "/%s/%s", function, file);

	return root_path(path);
}

/* As the kernel shows it, in the folder of the function and in that of the driver. */
static void set_driver(const char *function, const char *driver)
{
	static const char *const drivers[] = {"vfio-pci", "nvme"};
	_cleanup_free_ char *link = device_path(function, "driver");

	(void)unlink(link);
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++) {
		_cleanup_free_ char *listed = xasprintf(DRIVERS "/%s/%s", drivers[i], function);
		_cleanup_free_ char *full = root_path(listed);

		(void)unlink(full);
		if (driver && strcmp(driver, drivers[i]) == 0)
			make_link(listed, "../../devices");
	}
	if (driver) {
		_cleanup_free_ char *path = xasprintf(DEVICES "/%s/driver", function);
		_cleanup_free_ char *target = xasprintf("../../drivers/%s", driver);

		make_link(path, target);
	}
}

static void set_override(const char *function, const char *text)
{
	_cleanup_free_ char *path = xasprintf(DEVICES "/%s/driver_override", function);

	make_file(path, *text ? text : "(null)\n");
}

static bool has_record(const char *function)
{
	_cleanup_free_ char *below = xasprintf("run/mdev/vf/%s", function);
	_cleanup_free_ char *path = root_path(below);

	return file_look(path) == 0;
}

static int answer_bind(const char *function)
{
	if (thief) {
		set_driver(function, thief);
		thief = NULL;
		return -EBUSY;
	}
	if (!bind_result)
		set_driver(function, "vfio-pci");
	return bind_result;
}

static int answer_unbind(const char *function)
{
	if (!unbind_result)
		set_driver(function, NULL);
	return unbind_result;
}

static int answer_attr(const char *path, const char *text)
{
	if (attr_result && strcmp(text, "20") == 0)
		return attr_result;
	make_file(path + strlen(root_get()) + 1, text);
	return 0;
}

int __wrap_sysfs_write_fd(int fd, const char *data, size_t len)
{
	_cleanup_free_ char *link = xasprintf("/proc/self/fd/%d", fd);
	_cleanup_free_ char *text = xasprintf("%.*s", (int)len - 1, data);
	char path[4096] = "", *name, *folder;

	if (readlink(link, path, sizeof(path) - 1) < 0)
		abort();
	name = strrchr(path, '/') + 1;
	buf_addf(&asked, "%s=%s;", name, text);
	if (strcmp(name, "bind") == 0)
		return answer_bind(text);
	if (strcmp(name, "unbind") == 0)
		return answer_unbind(text);
	if (strcmp(name, "driver_override") != 0)
		return answer_attr(path, text);
	name[-1] = '\0';
	folder = strrchr(path, '/') + 1;
	if (*text)
		recorded = has_record(folder);
	set_override(folder, text);
	return 0;
}

static void reset(void)
{
	_cleanup_free_ char *command = xasprintf("rm -rf '%s/run'", root_get());

	if (system(command) != 0)
		abort();
	buf_free(&asked);
	bind_result = unbind_result = attr_result = 0;
	thief = NULL;
	recorded = false;
	set_driver(VF0, NULL);
	set_driver(VF1, NULL);
	set_override(VF0, "");
	set_override(VF1, "");
	vf_binding_forget();
}

static struct definition definition(void)
{
	struct definition def = {.parent = CARD, .parent_name = CARD, .type = "vfio-pci"};

	identity_parse(UUID, &def.id);
	return def;
}

/* Makes it, and says on which function it is; NULL when it was refused for that reason. */
static void create(struct definition *def, int rc, const char *function, const char *reason)
{
	struct lifecycle_creator creator = {0};
	_cleanup_free_ char *error = NULL;

	is_number(lifecycle_create(&creator, def, &error), rc, reason ? reason : "created");
	if (!rc) {
		is_text(creator.made.name, function, "the function that it is on");
		ok(has_record(function), "which has its record");
	}
	if (reason && !ok(error && strstr(error, reason), "the reason is said"))
		printf("# is: %s\n", error ? error : "(null)");
	lifecycle_creator_close(&creator);
}

static void test_create(void)
{
	struct definition def = definition();

	reset();
	create(&def, 0, VF0, NULL);
	is_text(asked.data, "driver_override=vfio-pci;bind=" VF0 ";", "what was written");
	ok(recorded, "the record comes before that");
	reset();
	set_driver(VF0, "nvme");
	create(&def, 0, VF1, NULL);
	is_text(asked.data, "driver_override=vfio-pci;bind=" VF1 ";",
		"one that is used is left alone");
}

static void test_create_errors(void)
{
	struct definition def = definition();

	reset();
	bind_result = -EINVAL;
	create(&def, -EINVAL, NULL, "it has no IOMMU group");
	is_text(asked.data, "driver_override=vfio-pci;bind=" VF0 ";driver_override=;",
		"no other function is tried");
	ok(!has_record(VF0), "no record is left");
	reset();
	make_folder("run/mdev");
	make_file("run/mdev/vf", "");
	create(&def, -ENOTDIR, NULL, "run/mdev/vf");
	is_text(asked.data, NULL, "nothing is written without a record");
	reset();
	thief = "nvme";
	create(&def, 0, VF1, NULL);
	ok(!has_record(VF0), "one that somebody else was faster to take has no record");
}

static void test_named(void)
{
	struct definition def = definition();
	struct identity id = def.id;

	def.has_vf = true;
	def.vf = 1;
	reset();
	create(&def, 0, VF1, NULL);
	reset();
	thief = "nvme";
	create(&def, -EBUSY, NULL, "somebody else bound it to a driver at the same time");
	ok(!has_record(VF1), "no record is left");
	reset();
	set_driver(VF1, "vfio-pci");
	create(&def, 0, VF1, NULL);
	is_text(asked.data, NULL, "what others have bound already gets a record alone");
	reset();
	set_driver(VF1, "vfio-pci");
	id.uuid[0] ^= 1;
	(void)vf_record_write(VF1, &id, "vfio-pci", &(char *){NULL});
	create(&def, -EBUSY, NULL, "virtual function 1 (" VF1 ") is 82b8f4f2-");
	def.vf = 7;
	create(&def, -ENODEV, NULL, "virtual function 7 of parent '" CARD "' is not there: 2 of 8");
}

/* A run was killed after it had written the override. */
static void test_left_over(void)
{
	struct definition def = definition();
	struct identity id = def.id;

	reset();
	set_override(VF0, "vfio-pci");
	create(&def, 0, VF1, NULL);
	reset();
	id.uuid[0] ^= 1;
	(void)vf_record_write(VF0, &id, "vfio-pci", &(char *){NULL});
	set_override(VF0, "vfio-pci");
	create(&def, 0, VF0, NULL);
}

static void test_attributes(void)
{
	static struct attr attrs[] = {{"profile/preempt_timeout_us", "5"},
				      {"profile/exec_quantum_ms", "20"}};
	_cleanup_free_ char *path = root_path(PROFILE "/preempt_timeout_us");
	struct definition def = definition();
	struct buf text = {0};

	def.attrs = attrs;
	def.attr_count = 2;
	reset();
	create(&def, 0, VF0, NULL);
	reset();
	make_file(PROFILE "/preempt_timeout_us", "1\n");
	attr_result = -EINVAL;
	create(&def, -EINVAL, NULL, "attribute 'profile/exec_quantum_ms' refused '20'");
	(void)file_read(path, 100, &text);
	is_text(text.data, "1", "the attributes before it have their old values");
	ok(!has_record(VF0), "and the function is free");
	buf_free(&text);
}

/* The only live instance. */
static void destroy(int rc, const char *reason)
{
	struct device_list list = {0};
	_cleanup_free_ char *error = NULL;

	live_devices(&list, CARD);
	if (!ok(list.n == 1, "there is an instance"))
		return;
	is_number(lifecycle_destroy(&list.v[0], &error), rc, reason ? reason : "destroyed");
	if (reason && !ok(error && strstr(error, reason), "the reason is said"))
		printf("# is: %s\n", error ? error : "(null)");
	device_list_free(&list);
}

static void test_destroy(void)
{
	struct definition def = definition();

	reset();
	create(&def, 0, VF0, NULL);
	unbind_result = -EPERM;
	destroy(-EPERM, "driver 'vfio-pci' cannot be unbound: Operation not permitted");
	ok(has_record(VF0), "it is still who it was");
	unbind_result = 0;
	destroy(0, NULL);
	ok(!has_record(VF0), "its record is gone");
}

/* Another run has ended it, and given the function to another instance, since it was looked up. */
static void test_destroy_too_late(void)
{
	struct definition def = definition();
	struct identity other = def.id;
	struct device_list list = {0};
	_cleanup_free_ char *error = NULL;

	reset();
	create(&def, 0, VF0, NULL);
	live_devices(&list, CARD);
	other.uuid[0] ^= 1;
	(void)vf_record_write(VF0, &other, "vfio-pci", &(char *){NULL});
	is_number(lifecycle_destroy(&list.v[0], &error), -ENODEV, "not what was looked up");
	is_text(error, "it went away meanwhile", "the reason is said");
	ok(has_record(VF0), "the other is still who it was");
	device_list_free(&list);
	live_devices(&list, CARD);
	ok(list.n == 1 && identity_compare(&list.v[0].id, &other) == 0, "and still there");
	device_list_free(&list);
}

static void make_function(const char *function, const char *link)
{
	_cleanup_free_ char *own = xasprintf(DEVICES "/%s/physfn", function);
	_cleanup_free_ char *of_card = xasprintf(DEVICES "/" CARD "/%s", link);
	_cleanup_free_ char *target = xasprintf("../%s", function);

	make_link(own, "../" CARD);
	make_link(of_card, target);
}

int main(void)
{
	root_begin();
	make_folder(PROFILE);
	make_file(PROFILE "/preempt_timeout_us", "1\n");
	make_file(PROFILE "/exec_quantum_ms", "1\n");
	make_file(DEVICES "/" CARD "/sriov_totalvfs", "8\n");
	make_file(DEVICES "/" CARD "/sriov_numvfs", "2\n");
	make_file(DEVICES "/" CARD "/sriov_offset", "1\n");
	make_file(DEVICES "/" CARD "/sriov_stride", "1\n");
	make_function(VF0, "virtfn0");
	make_function(VF1, "virtfn1");
	make_folder(DRIVERS "/nvme");
	make_folder(DRIVERS "/vfio-pci");
	make_file(DRIVERS "/vfio-pci/bind", "");
	make_file(DRIVERS "/vfio-pci/unbind", "");
	make_folder("sys/module/vfio_pci_core/holders/vfio_pci");
	make_link("sys/module/vfio_pci/drivers/pci:vfio-pci", "../../../bus/pci/drivers/vfio-pci");
	test_create();
	test_create_errors();
	test_named();
	test_left_over();
	test_attributes();
	test_destroy();
	test_destroy_too_late();
	buf_free(&asked);
	root_end();
	return tap_end();
}
