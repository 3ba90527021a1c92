// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fault: makes every allocation of an operation fail in turn
 *
 * The kernel fails the Nth allocation (or copy from and to user space) of a
 * process when N is written to /proc/thread-self/fail-nth. An operation is run
 * with N = 1, 2, 3, ... until it ends without meeting a failure. Each time it
 * must have been done completely or not at all, and must succeed when it is done
 * again at once.
 *
 * Usage: fault SCENARIO; prints how many allocations there were, how many of
 * their failures made the operation fail, and how many did not.
 */

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "attempt.h"

#define PARENT "0000:01:00.0"
#define OTHER_PARENT "0000:02:00.0"
#define DRIVER "/sys/bus/pci/drivers/medu"
#define UUID "5f0c3b1e-8a45-4c1d-9d5b-00000000fa01"
#define DEVICE DEVICES "/" UUID
#define EDU_ID_VALUE 0x010000ed
/* An instance that is made with a number has it in its name. */
#define NUMBERED UUID "-0"
#define MTTY "/sys/class/mdev_bus/mtty"
#define MTTY_TYPE MTTY "/mdev_supported_types/mtty-1"
/* Each of its instances has one of these. */
#define MTTY_PORTS "24"

/* More allocations than any operation here makes */
#define NTH_MAX 3000

static unsigned int nth;
static const char *module_path;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "allocation %u: ", nth);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

static void must(int rc, const char *what)
{
	if (rc < 0)
		fail("%s: %s", what, strerror(-rc));
}

static void must_read_any(const char *path, char *text, size_t size)
{
	must(attempt_read(path, text, size), path);
}

static void must_read(const char *path, const char *expected)
{
	char text[64];

	must_read_any(path, text, sizeof(text));
	if (strcmp(text, expected))
		fail("%s is '%s' instead of '%s'", path, text, expected);
}

static void must_exist(const char *path, bool expected)
{
	if (exists(path) != expected)
		fail("%s %s", path, expected ? "is missing" : "is left");
}

/* Instances */

static const char create_file[] =
	PARENTS "/" PARENT "/mdev_supported_types/medu-dma/create";

static void none_left(void)
{
	must_exist(DEVICE, false);
	must_exist(PARENTS "/" PARENT "/" UUID, false);
	must_exist(PARENTS "/" PARENT "/mdev_supported_types/medu-dma/devices/" UUID, false);
	must_read(PARENTS "/" PARENT "/mdev_supported_types/medu-dma/available_instances", "8");
	must_read(PARENTS "/" PARENT "/mdev_supported_types/medu-fact/available_instances", "8");
}

static void one_whole(void)
{
	must_read(DEVICE "/uuid", UUID);
	must_read(DEVICE "/medu/label", "");
	must_exist(DEVICE "/driver", true);
	must_exist(DEVICE "/iommu_group", true);
	must_exist(DEVICE "/mdev_type", true);
	must_exist(PARENTS "/" PARENT "/mdev_supported_types/medu-dma/devices/" UUID, true);
	must_read(PARENTS "/" PARENT "/mdev_supported_types/medu-fact/available_instances", "7");
}

static void create(void)
{
	must(attempt_write(create_file, UUID), "create");
}

static void destroy(void)
{
	must(attempt_write(DEVICE "/remove", "1"), "remove");
	none_left();
}

static int open_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

static int armed_write(int fault, const char *path, const char *text)
{
	int fd = open_file(path), rc;

	fault_arm(fault, nth);
	rc = attempt_write_fd(fd, text);
	close(fd);
	return rc;
}

static int run_create(int fault)
{
	return armed_write(fault, create_file, UUID);
}

static int run_mdev_create(int fault)
{
	return armed_write(fault, PARENTS "/" PARENT "/mdev_create",
			   UUID ":0:type=medu-dma,seed=5");
}

/*
 * Opens the group. If its file does not exist, makes one: without memory for the path, devtmpfs makes
 * the file in another place, and no error is returned (see vfio_devnode() in the kernel's drivers/vfio,
 * whose failure device_add() ignores).
 */
static void must_open_group(struct session *s, const char *name)
{
	int number = attempt_group_number(name);
	unsigned int major, minor;
	char path[PATH_MAX], dev[32];
	bool made;

	must(number, "iommu_group");
	snprintf(path, sizeof(path), "/sys/class/vfio/%d/dev", number);
	must_read_any(path, dev, sizeof(dev));
	if (sscanf(dev, "%u:%u", &major, &minor) != 2)
		fail("%s is '%s'", path, dev);
	snprintf(path, sizeof(path), "/dev/vfio/%d", number);
	made = !mknod(path, S_IFCHR | 0600, makedev(major, minor));
	must(attempt_group(s, name), "group");
	if (made)
		unlink(path);
}

/* An instance that looks complete can also be used. */
static void must_open(const char *name)
{
	struct session s;
	uint32_t id;

	must_open_group(&s, name);
	must(attempt_device(&s, name), "open");
	must(attempt_enable(&s), "enable");
	if (pread(s.device, &id, sizeof(id), 0) != sizeof(id) || id != EDU_ID_VALUE)
		fail("what was opened is no edu");
	session_close(&s);
}

static void check_create(int rc)
{
	if (rc) {
		none_left();
		return;
	}
	one_whole();
	must_open(UUID);
	destroy();
}

static void check_mdev_create(int rc)
{
	if (!rc) {
		must_read(DEVICES "/" NUMBERED "/uuid", UUID);
		must_exist(DEVICES "/" NUMBERED "/driver", true);
		must_open(NUMBERED);
		must(attempt_write(DEVICES "/" NUMBERED "/remove", "1"), "remove");
	}
	none_left();
}

/* An instance of mtty, a driver of the kernel's own interface */

/* It takes a port back when VFIO releases the device, which some kernels do seconds late. */
static void must_have_all_ports(void)
{
	char text[64];
	int tries = 300;

	while (!attempt_read(MTTY_TYPE "/available_instances", text, sizeof(text)) &&
	       strcmp(text, MTTY_PORTS) && tries--)
		usleep(100000);
	must_read(MTTY_TYPE "/available_instances", MTTY_PORTS);
}

static void no_mtty_left(void)
{
	must_exist(DEVICE, false);
	must_exist(MTTY "/" UUID, false);
	must_exist(MTTY_TYPE "/devices/" UUID, false);
	must_have_all_ports();
}

static int run_create_mtty(int fault)
{
	return armed_write(fault, MTTY_TYPE "/create", UUID);
}

static void check_create_mtty(int rc)
{
	struct session s;

	if (!rc) {
		must_exist(DEVICE "/driver", true);
		must_exist(DEVICE "/mdev_type", true);
		must_exist(MTTY_TYPE "/devices/" UUID, true);
		must_open_group(&s, UUID);
		must(attempt_device(&s, UUID), "open");
		session_close(&s);
		must(attempt_write(DEVICE "/remove", "1"), "remove");
	}
	no_mtty_left();
}

static int run_remove(int fault)
{
	create();
	return armed_write(fault, DEVICE "/remove", "1");
}

static void check_remove(int rc)
{
	if (rc) {
		one_whole();
		destroy();
	}
	none_left();
}

/* Machines: three instances on two parents */

static void machine(const char *action)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/mdev/mdev_%s", action);
	must(attempt_write(path, UUID), action);
}

static void prepare_machine(void)
{
	must(attempt_write(create_file, UUID ":1"), "create");
	must(attempt_write(create_file, UUID ":2"), "create");
	must(attempt_write(PARENTS "/" OTHER_PARENT "/mdev_supported_types/medu-fact/create",
			   UUID ":3"), "create");
}

static void finish_machine(void)
{
	must(attempt_write(DEVICE "-1/remove", "1"), "remove");
	must(attempt_write(DEVICE "-2/remove", "1"), "remove");
	must(attempt_write(DEVICE "-3/remove", "1"), "remove");
	none_left();
}

static void all_are(const char *state)
{
	must_read(DEVICE "-1/state", state);
	must_read(DEVICE "-2/state", state);
	must_read(DEVICE "-3/state", state);
}

static int run_start(int fault)
{
	return armed_write(fault, "/sys/class/mdev/mdev_start", UUID);
}

static void check_start(int rc)
{
	all_are(rc ? "stopped" : "started");
	machine("stop");
}

static int run_stop(int fault)
{
	machine("start");
	return armed_write(fault, "/sys/class/mdev/mdev_stop", UUID);
}

static void check_stop(int rc)
{
	all_are(rc ? "started" : "stopped");
	machine("stop");
}

/* Use through VFIO */

static struct session session;
static int eventfds[2];
static sigjmp_buf no_page;

static void on_sigbus(int sig)
{
	siglongjmp(no_page, sig);
}

static void prepare_group(void)
{
	create();
	must(attempt_group(&session, UUID), "group");
}

static void finish_group(void)
{
	session_close(&session);
	destroy();
}

static int run_open(int fault)
{
	fault_arm(fault, nth);
	return attempt_device(&session, UUID);
}

static void check_open(int rc)
{
	if (rc) {
		must_exist(DEVICE "/remove", true);
		must(attempt_device(&session, UUID), "open again");
	}
	close(session.device);
	session.device = -1;
}

static void prepare_device(void)
{
	prepare_group();
	must(attempt_device(&session, UUID), "open");
	must(attempt_enable(&session), "enable");
	eventfds[0] = eventfd(0, EFD_CLOEXEC);
	eventfds[1] = eventfd(0, EFD_CLOEXEC);
	must(attempt(eventfds[0]), "eventfd");
	must(attempt(eventfds[1]), "eventfd");
	signal(SIGBUS, on_sigbus);
}

static int run_mmap(int fault)
{
	struct vfio_region_info info;
	volatile char *map;

	must(attempt_region(&session, VFIO_PCI_BAR2_REGION_INDEX, &info), "region");
	fault_arm(fault, nth);
	map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, session.device, info.offset);
	if (map == MAP_FAILED)
		return -errno;
	if (!sigsetjmp(no_page, 1))
		map[0]++;
	munmap((void *)map, 4096);
	return 0;
}

static int run_info(int fault)
{
	struct {
		struct vfio_region_info info;
		char caps[256];
	} region = { .info = { .argsz = sizeof(region), .index = VFIO_PCI_BAR2_REGION_INDEX } };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };

	fault_arm(fault, nth);
	if (ioctl(session.device, VFIO_DEVICE_GET_REGION_INFO, &region) ||
	    ioctl(session.device, VFIO_DEVICE_GET_IRQ_INFO, &irq))
		return -errno;
	return 0;
}

static int run_set_irqs(int fault)
{
	int rc;

	fault_arm(fault, nth);
	rc = attempt_irq(&session, VFIO_PCI_MSI_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
			 eventfds[0]);
	if (!rc)
		rc = attempt_irq(&session, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER,
				 eventfds[0]);
	if (!rc)
		rc = attempt_irq(&session, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK,
				 eventfds[1]);
	return rc;
}

static void check_set_irqs(int rc)
{
	static const int none = -1;

	(void)rc;
	/* Enables the index, if the call before that failed: it can be unmasked only then. */
	must(attempt_irq(&session, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, none),
	     "INTx -1");
	must(attempt_irq(&session, VFIO_PCI_INTX_IRQ_INDEX, VFIO_IRQ_SET_ACTION_UNMASK, none),
	     "unmask -1");
	must(attempt_irq(&session, VFIO_PCI_MSI_IRQ_INDEX, VFIO_IRQ_SET_ACTION_TRIGGER, none),
	     "MSI -1");
}

static void check_none(int rc)
{
	(void)rc;
}

/* Parents */

static int run_bind(int fault)
{
	must(attempt_write(DRIVER "/unbind", PARENT), "unbind");
	return armed_write(fault, DRIVER "/bind", PARENT);
}

static void check_bind(int rc)
{
	if (rc) {
		must_exist(PARENTS "/" PARENT "/driver", false);
		must_exist(PARENTS "/" PARENT "/mdev_supported_types", false);
		must_exist(PARENTS "/" PARENT "/mdev_create", false);
		must_exist(PARENTS "/" PARENT "/mdev_destroy", false);
		must_exist(PARENTS "/" PARENT "/medu", false);
		must_exist("/sys/class/mdev_bus/" PARENT, false);
		must(attempt_write(DRIVER "/bind", PARENT), "bind again");
	}
	must_exist("/sys/class/mdev_bus/" PARENT, true);
	none_left();
}

/* Modules: loads the one that MODULE names; those that it needs are loaded already */

static int run_load(int fault)
{
	int fd = open(module_path, O_RDONLY | O_CLOEXEC), rc;

	if (fd < 0)
		fail("%s: %s", module_path, strerror(errno));
	fault_arm(fault, nth);
	rc = attempt(syscall(SYS_finit_module, fd, "", 0));
	close(fd);
	/* module_add_driver(), in the kernel's base/module.c, returns this if it has no memory */
	return rc == -EINVAL ? -ENOMEM : rc;
}

static const char *module_name(void)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s", strrchr(module_path, '/') + 1);
	name[strcspn(name, ".")] = '\0';
	return name;
}

/* Waits for what disappears with the last reference to it; see wait_for_unloaded() in kernel.bash */
static void wait_for_unloaded(void)
{
	const char *last = strcmp(module_name(), "mdev") ? "/sys/bus/mdev/drivers/vfio_mdev" :
							   "/sys/class/mdev_bus";
	int tries = 3000;

	while (exists(last)) {
		if (!tries--)
			fail("%s does not go", last);
		usleep(100000);
	}
}

static void check_load(int rc)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", module_name());
	must_exist(path, !rc);
	if (!rc)
		must(attempt(syscall(SYS_delete_module, module_name(), O_NONBLOCK)), "unload");
	must_exist(path, false);
	wait_for_unloaded();
}

/**
 * struct scenario - an operation to run
 * @name: its name
 * @prepare: called once before; may be NULL
 * @run: arms the fault as late as possible, and runs the operation
 * @check: compares the state with the result, and restores it
 * @finish: called once at the end; may be NULL
 */
static const struct scenario {
	const char *name;
	void (*prepare)(void);
	int (*run)(int fault);
	void (*check)(int rc);
	void (*finish)(void);
} scenarios[] = {
	{ "create", none_left, run_create, check_create, none_left },
	{ "mdev_create", none_left, run_mdev_create, check_mdev_create, none_left },
	{ "create_mtty", no_mtty_left, run_create_mtty, check_create_mtty, no_mtty_left },
	{ "remove", none_left, run_remove, check_remove, none_left },
	{ "start", prepare_machine, run_start, check_start, finish_machine },
	{ "stop", prepare_machine, run_stop, check_stop, finish_machine },
	{ "open", prepare_group, run_open, check_open, finish_group },
	{ "mmap", prepare_device, run_mmap, check_none, finish_group },
	{ "info", prepare_device, run_info, check_none, finish_group },
	{ "set_irqs", prepare_device, run_set_irqs, check_set_irqs, finish_group },
	{ "bind", none_left, run_bind, check_bind, none_left },
	{ "load", NULL, run_load, check_load, NULL },
};

static void run_scenario(const struct scenario *s)
{
	int fault = fault_open(), rc;
	unsigned int failed = 0;
	bool hit = true;

	if (fault < 0)
		err(1, "fail-nth");
	if (s->prepare)
		s->prepare();
	while (hit) {
		if (++nth == NTH_MAX)
			fail("there is no end");
		rc = s->run(fault);
		hit = fault_disarm(fault);
		if (rc < 0 && !hit)
			fail("%s without a failure: %s", s->name, strerror(-rc));
		/* A copy to or from user space that fails gives EFAULT, not ENOMEM. */
		if (rc < 0 && rc != -ENOMEM && rc != -EFAULT)
			fail("%s says %s", s->name, strerror(-rc));
		failed += rc < 0;
		s->check(rc < 0 ? rc : 0);
	}
	if (s->finish)
		s->finish();
	printf("%s: %u allocations, %u failed, %u could be done without\n", s->name, nth - 1,
	       failed, nth - 1 - failed);
}

int main(int argc, char **argv)
{
	size_t i;

	module_path = getenv("MODULE");
	for (i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		if (argc == 2 && !strcmp(argv[1], scenarios[i].name)) {
			run_scenario(&scenarios[i]);
			return 0;
		}
	fprintf(stderr, "usage: fault SCENARIO\n");
	return 2;
}
