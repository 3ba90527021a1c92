// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PCI functions get a driver and lose it: what is written, what is undone for each answer of the
 * kernel, which this program gives in its place:
 * link-flags: -Wl,--wrap=sysfs_write_fd
 */
#include "base/sysfs.h"
#include "base/text.h"
#include "host/binding.h"
#include "host/vfio_driver.h"
#include "root.h"
#include "tap.h"

#include <errno.h>

#define VF "0000:01:00.1"
#define FOLDER "sys/bus/pci/devices/" VF
#define DRIVERS "sys/bus/pci/drivers"

/* What the kernel is to answer to each write, and what it was asked. */
static int override_result, clear_result, bind_result, unbind_result;
static const char *binds_to; /* the driver that has it then, as by somebody else; NULL: none */
static struct buf asked;

int __wrap_sysfs_write_fd(int fd, const char *data, size_t len);

static void set_driver(const char *name)
{
	_cleanup_free_ char *link = root_path(FOLDER "/driver");
	_cleanup_free_ char *target = xasprintf("../../drivers/%s", name ? name : "");

	(void)unlink(link);
	if (name)
		make_link(FOLDER "/driver", target);
}

static int set_override(const char *text)
{
	int rc = *text ? override_result : clear_result;

	if (!rc)
		make_file(FOLDER "/driver_override", *text ? text : "(null)\n");
	return rc;
}

int __wrap_sysfs_write_fd(int fd, const char *data, size_t len)
{
	_cleanup_free_ char *link = xasprintf("/proc/self/fd/%d", fd);
	_cleanup_free_ char *text = xasprintf("%.*s", (int)len - 1, data);
	char path[4096] = "", *name;

	if (readlink(link, path, sizeof(path) - 1) < 0 || data[len - 1] != '\n')
		abort();
	name = strrchr(path, '/') + 1;
	buf_addf(&asked, "%s=%s;", name, text);
	if (strcmp(name, "driver_override") == 0)
		return set_override(text);
	if (strcmp(name, "bind") == 0) {
		set_driver(binds_to);
		return bind_result;
	}
	if (!unbind_result)
		set_driver(NULL);
	return unbind_result;
}

static void reset(void)
{
	buf_free(&asked);
	override_result = clear_result = bind_result = unbind_result = 0;
	binds_to = "vfio-pci";
	set_driver(NULL);
	make_file(FOLDER "/driver_override", "(null)\n");
}

/* At the end the function has that driver and that override. */
static void has(const char *driver, const char *override)
{
	struct binding now;

	is_number(binding_read(VF, &now), 0, "the function is read");
	is_text(now.driver, driver, "its driver");
	is_text(now.override, override, "the driver that it is kept for");
	binding_free(&now);
}

static void take(int rc, const char *writes, const char *reason)
{
	_cleanup_free_ char *error = NULL;

	is_number(binding_take(VF, "vfio-pci", &error), rc, reason ? reason : "taken");
	is_text(asked.data, writes, "what was written");
	if (reason && !ok(error && strstr(error, reason), "the reason is said"))
		printf("# is: %s\n", error ? error : "(null)");
}

static void release(int rc, const char *writes, const char *reason)
{
	_cleanup_free_ char *error = NULL;

	is_number(binding_release(VF, "vfio-pci", &error), rc, reason ? reason : "released");
	is_text(asked.data, writes, "what was written");
	if (reason && !ok(error && strstr(error, reason), "the reason is said"))
		printf("# is: %s\n", error ? error : "(null)");
}

#define TAKE "driver_override=vfio-pci;bind=" VF ";"
#define CLEAR "driver_override=;"

static void test_take(void)
{
	reset();
	take(0, TAKE, NULL);
	has("vfio-pci", "vfio-pci");
}

static void test_take_errors(void)
{
	static const struct {
		int rc;
		const char *reason;
	} cases[] = {
		{-EBUSY, "somebody else bound it to a driver at the same time"},
		{-ENODEV, "driver 'vfio-pci' does not take it, or it went away"},
		{-EINVAL, "it has no IOMMU group, without which driver 'vfio-pci' refuses it"},
		{-ENOMEM, "driver 'vfio-pci' refused it: Cannot allocate memory (the kernel's log"},
		{-EAGAIN, "driver 'vfio-pci' refused it: Resource temporarily unavailable"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		reset();
		bind_result = cases[i].rc;
		binds_to = NULL;
		take(cases[i].rc, TAKE CLEAR, cases[i].reason);
		has(NULL, NULL);
	}
	reset();
	make_link(FOLDER "/iommu_group", "../../../../kernel/iommu_groups/7");
	make_folder("sys/kernel/iommu_groups/7");
	bind_result = -EINVAL;
	binds_to = NULL;
	take(-EINVAL, TAKE CLEAR, "driver 'vfio-pci' refused it: Invalid argument");
	reset();
	override_result = -ENOMEM;
	take(-ENOMEM, "driver_override=vfio-pci;",
	     "its driver_override refused 'vfio-pci': Cannot allocate memory");
	has(NULL, NULL);
}

/* The write went well, but the function is not bound, or to another driver. */
static void test_take_is_read_back(void)
{
	reset();
	binds_to = NULL;
	take(-EIO, TAKE CLEAR, "driver 'vfio-pci' took it, but now it has none");
	has(NULL, NULL);
	reset();
	binds_to = "nvme";
	take(-EBUSY, TAKE CLEAR, "driver 'vfio-pci' took it, but now it has driver 'nvme'");
	has("nvme", NULL);
}

static void test_take_cannot_be_undone(void)
{
	reset();
	bind_result = -EINVAL;
	binds_to = NULL;
	clear_result = -ENOMEM;
	take(-EINVAL, TAKE CLEAR,
	     "(and it is still kept for 'vfio-pci': its driver_override cannot be cleared: Cannot allocate memory)");
	has(NULL, "vfio-pci");
}

static void test_release(void)
{
	reset();
	set_driver("vfio-pci");
	make_file(FOLDER "/driver_override", "vfio-pci\n");
	release(0, "unbind=" VF ";" CLEAR, NULL);
	has(NULL, NULL);
	/* What an earlier run left behind when it was ended between the two. */
	reset();
	make_file(FOLDER "/driver_override", "vfio-pci\n");
	release(0, CLEAR, NULL);
	has(NULL, NULL);
	/* Bound by a dynamic id: there is no override. */
	reset();
	set_driver("vfio-pci");
	release(0, "unbind=" VF ";", NULL);
	has(NULL, NULL);
	/* Another driver has it by now, for which somebody keeps it. */
	reset();
	set_driver("nvme");
	make_file(FOLDER "/driver_override", "nvme\n");
	release(0, NULL, NULL);
	has("nvme", "nvme");
}

static void test_release_errors(void)
{
	reset();
	set_driver("vfio-pci");
	make_file(FOLDER "/driver_override", "vfio-pci\n");
	unbind_result = -EINTR;
	release(-EINTR, "unbind=" VF ";",
		"driver 'vfio-pci' cannot be unbound: Interrupted system call");
	has("vfio-pci", "vfio-pci");
	/* Somebody else unbound it since it was read. */
	reset();
	set_driver("vfio-pci");
	make_file(FOLDER "/driver_override", "vfio-pci\n");
	unbind_result = -ENODEV;
	release(0, "unbind=" VF ";" CLEAR, NULL);
	reset();
	set_driver("vfio-pci");
	make_file(FOLDER "/driver_override", "vfio-pci\n");
	clear_result = -EACCES;
	release(-EACCES, "unbind=" VF ";" CLEAR,
		"its driver_override cannot be cleared: Permission denied");
	has(NULL, "vfio-pci");
}

static void test_absent(void)
{
	_cleanup_free_ char *error = NULL;
	struct binding now;

	reset();
	is_number(binding_read("0000:01:00.2", &now), -ENODEV, "a function that is not there");
	is_number(binding_take("0000:01:00.2", "vfio-pci", &error), -ENODEV, "it is not taken");
	is_text(error, "it went away", "which is said");
	is_number(binding_release("0000:01:00.2", "vfio-pci", &error), 0,
		  "it need not be released");
	is_number(binding_take(VF, "other-vfio", &error), -ENODEV, "a driver that is not loaded");
	is_text(error, "driver 'other-vfio' went away", "which is said");
	has(NULL, NULL);
}

static void test_drivers(void)
{
	struct vfio_driver_list list = {0};
	_cleanup_free_ char *name = NULL, *error = NULL;

	ok(!vfio_driver_is_any(), "no part of VFIO for PCI is loaded");
	vfio_driver_list(&list);
	is_number((long long)list.n, 0, "and so no driver");
	make_folder("sys/module/vfio_pci_core/holders/vfio_pci");
	make_folder("sys/module/vfio_pci_core/holders/xe_vfio_pci");
	make_folder("sys/module/vfio_pci_core/holders/nvidia_vgpu_vfio");
	make_link("sys/module/vfio_pci/drivers/pci:vfio-pci", "../../../bus/pci/drivers/vfio-pci");
	make_link("sys/module/xe_vfio_pci/drivers/pci:xe-vfio-pci",
		  "../../../bus/pci/drivers/xe-vfio-pci");
	make_link("sys/module/xe_vfio_pci/drivers/auxiliary:xe",
		  "../../../bus/auxiliary/drivers/xe");
	ok(!vfio_driver_is_any(), "that is looked at once");
	vfio_driver_forget();
	ok(vfio_driver_is_any(), "the part that all drivers need is loaded");
	vfio_driver_list(&list);
	is_number((long long)list.n, 2, "drivers of other buses are none, nor modules without one");
	is_text(list.v[1].name, "xe-vfio-pci", "the driver's name");
	is_text(list.v[1].type, "xe-vfio-pci", "a type has no '_'");
	vfio_driver_list_free(&list);
	is_number(vfio_driver_find("xe-vfio-pci", &name, &error), 0, "a loaded driver is found");
	is_text(name, "xe-vfio-pci", "by its name");
	ok(vfio_driver_find("mlx5-vfio-pci", &name, &error) < 0, "another is not loaded");
	is_text(error, "module 'mlx5-vfio-pci' is not loaded", "which is said");
}

static void test_variant(void)
{
	_cleanup_free_ char *variant = NULL;

	ok(!vfio_driver_variant(VF), "without a list of modules there is no variant");
	make_file("sys/bus/pci/devices/" VF "/modalias",
		  "pci:v000015B3d0000101Esv000015B3sd00000055bc02sc00i00\n");
	make_folder("proc/sys/kernel");
	make_file("proc/sys/kernel/osrelease", "6.9.0-test\n");
	make_folder("lib/modules/6.9.0-test");
	make_file("lib/modules/6.9.0-test/modules.alias",
		  "# Aliases\n"
		  "alias vfio_pci:v*d*sv*sd*bc*sc*i* vfio_pci\n"
		  "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci\n"
		  "alias vfio_pci:v000015B3d*sv*sd*bc*sc*i* other_vfio_pci\n"
		  "alias vfio_pci:v00008086d0000101Esv*sd*bc*sc*i* qat_vfio_pci\n"
		  "alias vfio_pci:v000015B3d0000101Esv000015B3sd*bc*sc*i* ../evil\n"
		  "alias vfio_pci:v000015B3d0000101E\n"
		  "alias pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_core\n");
	variant = vfio_driver_variant(VF);
	is_text(variant, "mlx5-vfio-pci", "the pattern that says most of the device counts");
}

static void test_built_in_drivers(void)
{
	_cleanup_free_ char *core = root_path("sys/module/vfio_pci_core");
	_cleanup_free_ char *away = root_path("sys/module/away");
	struct vfio_driver_list list = {0};

	ok(rename(core, away) == 0, "VFIO for PCI is built in");
	vfio_driver_list(&list);
	is_number((long long)list.n, 2, "then drivers are known by what they are called");
	is_text(list.v[0].type, "mlx5-vfio-pci", "a variant");
	is_text(list.v[0].name, "mlx5_vfio_pci", "by the driver's name");
	is_text(list.v[1].name, "vfio-pci", "the one for any device");
	vfio_driver_list_free(&list);
}

int main(void)
{
	root_begin();
	make_folder(FOLDER);
	make_file(FOLDER "/driver_override", "(null)\n");
	test_drivers();
	test_variant();
	make_folder(DRIVERS "/nvme");
	make_folder(DRIVERS "/mlx5_vfio_pci");
	make_folder(DRIVERS "/vfio-pci");
	make_file(DRIVERS "/vfio-pci/bind", "");
	make_file(DRIVERS "/vfio-pci/unbind", "");
	test_built_in_drivers();
	test_take();
	test_take_errors();
	test_take_is_read_back();
	test_take_cannot_be_undone();
	test_release();
	test_release_errors();
	test_absent();
	buf_free(&asked);
	root_end();
	return tap_end();
}
