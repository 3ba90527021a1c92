// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_input: makes wrong calls to an instance of medu, and compares the errors
 * with those that <linux/vfio.h> and kmod/ promise
 *
 * Prints what differs, and the number of checks. Exit status 0: nothing differs.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommufd.h"
#include "vfio.h"

#define IRQ_SET_MIN offsetof(struct vfio_irq_set, data)
#define CONFIG_SIZE 256
#define BAR0_SIZE 0x100000
#define KERNEL_ADDRESS ((void *)0xffff888000000000UL)

static unsigned int checks, differences;
static size_t page;

/* rc is what a system call returned; want is an errno, or 0 for success */
static void expect(const char *what, long rc, int want)
{
	int got = rc < 0 ? errno : 0;

	checks++;
	if (got == want)
		return;
	differences++;
	printf("%s: %s instead of %s\n", what, strerrorname_np(got), strerrorname_np(want));
}

static void expect_value(const char *what, uint64_t got, uint64_t want)
{
	checks++;
	if (got == want)
		return;
	differences++;
	printf("%s: %#" PRIx64 " instead of %#" PRIx64 "\n", what, got, want);
}

/* Returns size bytes, after which there is no memory */
static void *at_edge(size_t size)
{
	char *mem = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	if (mem == MAP_FAILED || mprotect(mem + page, page, PROT_NONE))
		err(1, "mmap");
	return mem + page - size;
}

/* Checks for every ioctl whose structure begins with argsz */
static void check_argsz(int fd, unsigned long cmd, uint32_t min, const char *what)
{
	uint32_t *arg = at_edge(min);

	arg[0] = 0;
	expect(what, ioctl(fd, cmd, arg), EINVAL);
	arg[0] = min - 1;
	expect(what, ioctl(fd, cmd, arg), EINVAL);
	arg[0] = min;
	expect(what, ioctl(fd, cmd, (char *)arg + 4), EFAULT);
	expect(what, ioctl(fd, cmd, NULL), EFAULT);
	expect(what, ioctl(fd, cmd, KERNEL_ADDRESS), EFAULT);
}

static void check_info(const struct user *u)
{
	struct vfio_device_info *info = at_edge(sizeof(*info));
	/* The size of the structure before it had capabilities */
	const size_t min = offsetof(struct vfio_device_info, num_irqs) + sizeof(uint32_t);

	check_argsz(u->device, VFIO_DEVICE_GET_INFO, min, "GET_INFO");
	memset(info, 0xa5, sizeof(*info));
	info->argsz = min;
	expect("GET_INFO, smallest", ioctl(u->device, VFIO_DEVICE_GET_INFO, info), 0);
	expect_value("GET_INFO, what is beyond argsz", info->cap_offset, 0xa5a5a5a5);
	info->argsz = sizeof(*info);
	expect("GET_INFO, with capabilities", ioctl(u->device, VFIO_DEVICE_GET_INFO, info), 0);
	expect_value("GET_INFO, where they begin", info->cap_offset, 0);
	expect_value("GET_INFO, flag of them", info->flags & VFIO_DEVICE_FLAGS_CAPS, 0);
	/* No more is written than the kernel's own structure, which can be larger than this one. */
	info = at_edge(4 * sizeof(*info));
	info->argsz = UINT32_MAX;
	expect("GET_INFO, lying argsz", ioctl(u->device, VFIO_DEVICE_GET_INFO, info), 0);
}

static void check_region_caps(const struct user *u)
{
	struct vfio_region_info *info = at_edge(sizeof(*info));
	uint32_t size;

	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = 2 };
	expect("BAR 2, no room", ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, info), 0);
	expect_value("BAR 2, no room: flags", info->flags & VFIO_REGION_INFO_FLAG_CAPS,
		     VFIO_REGION_INFO_FLAG_CAPS);
	expect_value("BAR 2, no room: cap_offset", info->cap_offset, 0);
	size = info->argsz;
	info->argsz = size - 1;
	expect("BAR 2, one byte short", ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, info), 0);
	expect_value("BAR 2, one byte short: argsz", info->argsz, size);
	/* argsz promises more memory than there is. */
	expect("BAR 2, lying argsz", ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, info), EFAULT);
	info = at_edge(size);
	*info = (struct vfio_region_info){ .argsz = size, .index = 2 };
	expect("BAR 2, room", ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, info), 0);
	expect_value("BAR 2, room: cap_offset", info->cap_offset, sizeof(*info));
}

static void check_region_info(const struct user *u)
{
	static const uint32_t beyond[] = { VFIO_PCI_NUM_REGIONS, VFIO_PCI_NUM_REGIONS + 1,
					   INT32_MAX, UINT32_MAX };
	struct vfio_region_info info;
	size_t i;

	check_argsz(u->device, VFIO_DEVICE_GET_REGION_INFO, sizeof(info), "GET_REGION_INFO");
	for (i = 0; i < sizeof(beyond) / sizeof(*beyond); i++) {
		info = (struct vfio_region_info){ .argsz = sizeof(info), .index = beyond[i] };
		expect("GET_REGION_INFO beyond the last",
		       ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, &info), EINVAL);
	}
	info = (struct vfio_region_info){ .argsz = sizeof(info), .index = 1, .flags = UINT32_MAX };
	expect("BAR 1", ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, &info), 0);
	expect_value("BAR 1: size", info.size, 0);
	expect_value("BAR 1: flags", info.flags, 0);
	check_region_caps(u);
}

static void check_irq_info(const struct user *u)
{
	static const uint32_t beyond[] = { VFIO_PCI_NUM_IRQS, INT32_MAX, UINT32_MAX };
	struct vfio_irq_info info;
	size_t i;

	check_argsz(u->device, VFIO_DEVICE_GET_IRQ_INFO, sizeof(info), "GET_IRQ_INFO");
	for (i = 0; i < sizeof(beyond) / sizeof(*beyond); i++) {
		info = (struct vfio_irq_info){ .argsz = sizeof(info), .index = beyond[i] };
		expect("GET_IRQ_INFO beyond the last",
		       ioctl(u->device, VFIO_DEVICE_GET_IRQ_INFO, &info), EINVAL);
	}
	info = (struct vfio_irq_info){ .argsz = sizeof(info), .index = VFIO_PCI_MSIX_IRQ_INDEX };
	expect("MSI-X", ioctl(u->device, VFIO_DEVICE_GET_IRQ_INFO, &info), 0);
	expect_value("MSI-X: count", info.count, 0);
}

#define NONE VFIO_IRQ_SET_DATA_NONE
#define BOOL VFIO_IRQ_SET_DATA_BOOL
#define FD VFIO_IRQ_SET_DATA_EVENTFD
#define MASK VFIO_IRQ_SET_ACTION_MASK
#define UNMASK VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER VFIO_IRQ_SET_ACTION_TRIGGER
#define INTX VFIO_PCI_INTX_IRQ_INDEX
#define MSI VFIO_PCI_MSI_IRQ_INDEX
#define MSIX VFIO_PCI_MSIX_IRQ_INDEX

/* Headers, each followed by four bytes of -1 */
static const struct {
	const char *what;
	struct vfio_irq_set set;
	int want;
} irq_sets[] = {
	/* argsz, flags, index, start, count */
	{ "no action", { 24, NONE, MSI, 0, 1, {} }, EINVAL },
	{ "two actions", { 24, NONE | MASK | UNMASK, INTX, 0, 1, {} }, EINVAL },
	{ "no type of data", { 24, TRIGGER, MSI, 0, 1, {} }, EINVAL },
	{ "two types of data", { 24, NONE | BOOL | TRIGGER, MSI, 0, 1, {} }, EINVAL },
	{ "unknown flag", { 24, NONE | TRIGGER | 1 << 6, MSI, 0, 1, {} }, EINVAL },
	{ "unknown flags", { 24, UINT32_MAX, MSI, 0, 1, {} }, EINVAL },
	{ "no such index", { 24, NONE | TRIGGER, VFIO_PCI_NUM_IRQS, 0, 1, {} }, EINVAL },
	{ "no such index", { 24, NONE | TRIGGER, UINT32_MAX, 0, 1, {} }, EINVAL },
	{ "index without vectors", { 24, NONE | TRIGGER, MSIX, 0, 1, {} }, EINVAL },
	{ "index without vectors", { 24, NONE | TRIGGER, MSIX, 0, 0, {} }, EINVAL },
	{ "start at the end", { 24, NONE | TRIGGER, MSI, 1, 1, {} }, EINVAL },
	{ "start at the end", { 24, NONE | TRIGGER, MSI, 1, 0, {} }, EINVAL },
	{ "count beyond the end", { 24, NONE | TRIGGER, MSI, 0, 2, {} }, EINVAL },
	{ "start and count wrap", { 24, NONE | TRIGGER, MSI, 1, UINT32_MAX, {} }, EINVAL },
	{ "start and count wrap", { 24, NONE | TRIGGER, MSI, UINT32_MAX, 1, {} }, EINVAL },
	{ "largest count", { 24, NONE | TRIGGER, MSI, 0, UINT32_MAX, {} }, EINVAL },
	{ "size of data wraps", { 24, FD | TRIGGER, MSI, 0, 0x40000001, {} }, EINVAL },
	{ "no data", { 20, FD | TRIGGER, MSI, 0, 1, {} }, EINVAL },
	{ "data one byte short", { 23, FD | TRIGGER, MSI, 0, 1, {} }, EINVAL },
	{ "no data", { 20, BOOL | TRIGGER, MSI, 0, 1, {} }, EINVAL },
	{ "mask of what has none", { 24, NONE | MASK, MSI, 0, 1, {} }, ENOTTY },
	{ "unmask of what has none", { 24, NONE | UNMASK, MSI, 0, 1, {} }, ENOTTY },
	{ "mask by eventfd", { 24, FD | MASK, INTX, 0, 1, {} }, ENOTTY },
	{ "unmask by no eventfd", { 24, FD | UNMASK, INTX, 0, 0, {} }, EINVAL },
	{ "take away what is not there", { 24, FD | TRIGGER, MSI, 0, 1, {} }, 0 },
	{ "take away what is not there", { 24, FD | UNMASK, INTX, 0, 1, {} }, 0 },
	{ "trigger what nobody hears", { 20, NONE | TRIGGER, MSI, 0, 1, {} }, 0 },
	{ "lying argsz", { UINT32_MAX, NONE | TRIGGER, MSI, 0, 1, {} }, 0 },
	{ "disable", { 20, NONE | TRIGGER, MSI, 0, 0, {} }, 0 },
	{ "disable what is disabled", { 20, NONE | TRIGGER, MSI, 0, 0, {} }, EINVAL },
	{ "trigger what is disabled", { 21, BOOL | TRIGGER, MSI, 0, 1, {} }, EINVAL },
	{ "MSI to the index of requests", { 20, NONE | MASK, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, {} }, ENOTTY },
};

static void check_eventfds(const struct user *u, uint32_t action, uint32_t index)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), pipes[2], other;

	if (fd < 0 || pipe2(pipes, O_CLOEXEC))
		err(1, "files");
	expect("a file for an eventfd", set_irqs(u, action, index, &fd), EINVAL);
	expect("a pipe for an eventfd", set_irqs(u, action, index, pipes), EINVAL);
	expect("the device for an eventfd", set_irqs(u, action, index, &u->device), EINVAL);
	close(fd);
	expect("a closed eventfd", set_irqs(u, action, index, &fd), EBADF);
	other = -2;
	expect("eventfd -2", set_irqs(u, action, index, &other), EBADF);
	other = INT32_MIN;
	expect("eventfd INT_MIN", set_irqs(u, action, index, &other), EBADF);
	close(pipes[0]);
	close(pipes[1]);
}

/* What has never been enabled, or is no more: as with vfio-pci */
static void check_disabled(const struct user *u)
{
	static const uint32_t indices[] = { INTX, MSI, VFIO_PCI_REQ_IRQ_INDEX };
	struct vfio_irq_set nothing = { .argsz = sizeof(nothing), .flags = FD | TRIGGER,
					.index = INTX };
	const int none = -1;
	size_t i;

	for (i = 0; i < sizeof(indices) / sizeof(*indices); i++) {
		expect("trigger what is disabled", set_irqs(u, TRIGGER, indices[i], NULL), EINVAL);
		expect("disable what is disabled", irq_disable(u, indices[i]), EINVAL);
	}
	expect("set up no eventfd", ioctl(u->device, VFIO_DEVICE_SET_IRQS, &nothing), 0);
	expect("mask what is disabled", set_irqs(u, MASK, INTX, NULL), EINVAL);
	expect("unmask what is disabled", set_irqs(u, UNMASK, INTX, NULL), EINVAL);
	expect("unmask by none what is disabled", set_irqs(u, UNMASK, INTX, &none), EINVAL);
}

/* A mask lasts until INTx is disabled. A trigger of the user's own neither asks for it nor sets it. */
static void check_masks(const struct user *u)
{
	int fd = irq_listen(u, INTX), more;

	expect("trigger", set_irqs(u, TRIGGER, INTX, NULL), 0);
	expect("trigger again", set_irqs(u, TRIGGER, INTX, NULL), 0);
	expect_value("both came", irq_wait(fd), 2);
	expect("mask", set_irqs(u, MASK, INTX, NULL), 0);
	expect("trigger", set_irqs(u, TRIGGER, INTX, NULL), 0);
	expect_value("it came", irq_came(fd), 1);
	reg_write(u, EDU_IRQ_RAISE, 1);
	expect_value("the interrupt does not come", irq_came(fd), 0);
	more = irq_listen(u, INTX);
	expect_value("nor to another eventfd", irq_came(more), 0);
	expect("disable", irq_disable(u, INTX), 0);
	close(more);
	more = irq_listen(u, INTX);
	expect_value("it comes after that", irq_came(more), 1);
	reg_write(u, EDU_IRQ_ACK, 1);
	expect("disable", irq_disable(u, INTX), 0);
	close(more);
	close(fd);
}

/* A call that is refused changes nothing; one that succeeds works. */
static void check_triggers(const struct user *u, uint32_t index)
{
	struct vfio_irq_set *set = at_edge(IRQ_SET_MIN + 1);
	int fd = irq_listen(u, index);

	check_eventfds(u, TRIGGER, index);
	expect("trigger", set_irqs(u, TRIGGER, index, NULL), 0);
	expect_value("the eventfd from before", irq_came(fd), 1);
	expect("unmask", set_irqs(u, UNMASK, index, NULL), index == INTX ? 0 : ENOTTY);
	*set = (struct vfio_irq_set){ .argsz = IRQ_SET_MIN + 1, .flags = BOOL | TRIGGER,
				      .index = index, .count = 1 };
	set->data[0] = 0;
	expect("trigger none of one", ioctl(u->device, VFIO_DEVICE_SET_IRQS, set), 0);
	expect_value("nothing came", irq_came(fd), 0);
	set->data[0] = 255;
	expect("trigger one of one", ioctl(u->device, VFIO_DEVICE_SET_IRQS, set), 0);
	expect_value("it came", irq_came(fd), 1);
	set->argsz += 3;
	set->flags = FD | TRIGGER;
	expect("data beyond the edge", ioctl(u->device, VFIO_DEVICE_SET_IRQS, set), EFAULT);
	expect("disable", irq_disable(u, index), 0);
	expect("trigger what is disabled", set_irqs(u, TRIGGER, index, NULL), EINVAL);
	expect_value("nothing comes any more", irq_came(fd), 0);
	close(fd);
}

static void check_set_irqs(const struct user *u)
{
	struct vfio_irq_set *set = at_edge(IRQ_SET_MIN + sizeof(int32_t));
	size_t i;

	check_argsz(u->device, VFIO_DEVICE_SET_IRQS, IRQ_SET_MIN, "SET_IRQS");
	check_disabled(u);
	close(irq_listen(u, INTX));
	for (i = 0; i < sizeof(irq_sets) / sizeof(*irq_sets); i++) {
		memcpy(set, &irq_sets[i].set, IRQ_SET_MIN);
		memset(set->data, 0xff, sizeof(int32_t));
		expect(irq_sets[i].what, ioctl(u->device, VFIO_DEVICE_SET_IRQS, set),
		       irq_sets[i].want);
	}
	check_triggers(u, INTX);
	check_triggers(u, MSI);
	check_triggers(u, VFIO_PCI_REQ_IRQ_INDEX);
	check_masks(u);
	close(irq_listen(u, INTX));
	check_eventfds(u, UNMASK, INTX);
}

/* Reads and writes at the limits of every region, with the number of bytes or the errno */
static void check_transfer(const struct user *u, const char *what, uint64_t offset, size_t count,
			   long want)
{
	static char buf[8192];
	ssize_t rc;

	rc = pread(u->device, buf, count, offset);
	expect(what, rc, want < 0 ? -want : 0);
	if (want >= 0)
		expect_value(what, rc, want);
	rc = pwrite(u->device, buf, count, offset);
	expect(what, rc, want < 0 ? -want : 0);
	if (want >= 0)
		expect_value(what, rc, want);
}

static void check_memory(const struct user *u)
{
	char *half = at_edge(64), *ro;
	uint64_t config = u->config;

	expect_value("read as far as there is memory", pread(u->device, half, 256, config), 64);
	expect_value("write as far as there is memory", pwrite(u->device, half, 256, config), 64);
	expect_value("read no step in part", pread(u->device, half - 8, 256, config), 64);
	expect_value("write no step in part", pwrite(u->device, half - 8, 256, config), 64);
	expect("read not even a step", pread(u->device, half + 1, 256, config), EFAULT);
	expect("write not even a step", pwrite(u->device, half + 1, 256, config), EFAULT);
	expect("read where no memory is", pread(u->device, half + 64, 4, config), EFAULT);
	expect("write from where no memory is", pwrite(u->device, half + 64, 4, config), EFAULT);
	expect("read to the kernel", pread(u->device, KERNEL_ADDRESS, 4, config), EFAULT);
	expect("write from the kernel", pwrite(u->device, KERNEL_ADDRESS, 4, config), EFAULT);
	expect("read across the edge", pread(u->device, half + 62, 4, config), EFAULT);
	ro = mmap(NULL, page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	expect("read to what is read-only", pread(u->device, ro, 4, config), EFAULT);
	half = at_edge(CONFIG_SIZE);
	/* Not INT32_MAX: what leaves the address space is refused before it gets here. */
	expect_value("read more than there is", pread(u->device, half, 64 << 20, config),
		     CONFIG_SIZE);
}

static void check_access(const struct user *u)
{
	uint64_t bar2 = vfio_region_offset(u->device, 2), bar1 = vfio_region_offset(u->device, 1);

	check_transfer(u, "nothing", u->config, 0, 0);
	check_transfer(u, "all of config space", u->config, 256, 256);
	check_transfer(u, "end of config space", u->config + 255, 1, 1);
	check_transfer(u, "over the end of config space", u->config + 253, 4, 3);
	check_transfer(u, "more than config space", u->config, 4096, 256);
	check_transfer(u, "behind config space", u->config + 256, 1, -EINVAL);
	check_transfer(u, "before config space", u->config - 1, 1, -EINVAL);
	check_transfer(u, "end of BAR 0", u->bar0 + BAR0_SIZE - 4, 4, 4);
	check_transfer(u, "over the end of BAR 0", u->bar0 + BAR0_SIZE - 4, 8, 4);
	check_transfer(u, "behind BAR 0", u->bar0 + BAR0_SIZE, 4, -EINVAL);
	check_transfer(u, "a byte of a register", u->bar0, 1, -EINVAL);
	check_transfer(u, "half a register", u->bar0 + 2, 2, -EINVAL);
	check_transfer(u, "unaligned register", u->bar0 + 1, 4, -EINVAL);
	check_transfer(u, "one and a half registers", u->bar0 + EDU_LIVENESS, 6, -EINVAL);
	check_transfer(u, "registers, and a bit", u->bar0 + 0x1000, 66, 64);
	check_transfer(u, "many registers, and a bit", u->bar0 + 0x1000, 322, 320);
	check_transfer(u, "memory, unaligned", bar2 + 1, 7, 7);
	check_transfer(u, "end of memory", bar2 + page - 1, 1, 1);
	check_transfer(u, "memory, then registers", bar2 + page - 4, 8, 8);
	check_transfer(u, "a byte of BAR 2's registers", bar2 + page, 1, -EINVAL);
	check_transfer(u, "end of BAR 2", bar2 + 2 * page - 4, 8, 4);
	check_transfer(u, "behind BAR 2", bar2 + 2 * page, 4, -EINVAL);
	check_transfer(u, "BAR 1", bar1, 4, -EINVAL);
	check_transfer(u, "VGA", vfio_region_offset(u->device, 8), 4, -EINVAL);
	check_transfer(u, "no region", 9ULL << 40, 4, -EINVAL);
	check_transfer(u, "far away", 1ULL << 62, 4, -EINVAL);
	check_transfer(u, "largest offset", INT64_MAX, 4, -EINVAL);
	check_transfer(u, "negative offset", UINT64_MAX, 4, -EINVAL);
	check_memory(u);
}

/* Returns the mapping, or MAP_FAILED */
static char *check_map(const struct user *u, const char *what, uint64_t offset, size_t pages,
		       int flags, int want)
{
	char *map = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, flags, u->device, offset);

	expect(what, map == MAP_FAILED ? -1 : 0, want);
	return map;
}

static void check_mmap(const struct user *u)
{
	uint64_t bar2 = vfio_region_offset(u->device, 2);
	char *map;

	check_map(u, "private", bar2, 1, MAP_PRIVATE, EINVAL);
	check_map(u, "larger than the region", bar2, 3, MAP_SHARED, EINVAL);
	check_map(u, "over the end of the region", bar2 + page, 2, MAP_SHARED, EINVAL);
	check_map(u, "behind the region", bar2 + 2 * page, 1, MAP_SHARED, EINVAL);
	check_map(u, "before the region", bar2 - page, 2, MAP_SHARED, EINVAL);
	check_map(u, "unaligned", bar2 + 1, 1, MAP_SHARED, EINVAL);
	check_map(u, "far behind", bar2 + (1ULL << 40) - page, 2, MAP_SHARED, EINVAL);
	check_map(u, "BAR 0", u->bar0, 1, MAP_SHARED, EINVAL);
	check_map(u, "config space", u->config, 1, MAP_SHARED, EINVAL);
	check_map(u, "BAR 1", vfio_region_offset(u->device, 1), 1, MAP_SHARED, EINVAL);
	check_map(u, "no region", 9ULL << 40, 1, MAP_SHARED, EINVAL);
	check_map(u, "far away", 1ULL << 62, 1, MAP_SHARED, EINVAL);
	check_map(u, "up to the largest offset", INT64_MAX - page + 1, 1, MAP_SHARED, EINVAL);
	check_map(u, "nothing", bar2, 0, MAP_SHARED, EINVAL);
	map = check_map(u, "all of the region", bar2, 2, MAP_SHARED, 0);
	expect("grown", mremap(map, 2 * page, 3 * page, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0,
	       EFAULT);
	expect("shrunk", mremap(map, 2 * page, page, 0) == MAP_FAILED ? -1 : 0, 0);
	map[0] = 7;
	expect_value("what was shrunk", map[0], 7);
	expect("unmapped", munmap(map, page), 0);
}

/* The kernel touches the byte, and does not die of a mapping without a page. */
static ssize_t touch(const char *byte)
{
	int pipes[2];
	ssize_t rc;

	if (pipe2(pipes, O_CLOEXEC))
		err(1, "pipe");
	rc = write(pipes[1], byte, 1);
	close(pipes[0]);
	close(pipes[1]);
	return rc;
}

static void check_memory_space(const struct user *u)
{
	uint64_t bar2 = vfio_region_offset(u->device, 2);
	uint32_t word = 0;
	char *map;

	map = check_map(u, "BAR 2", bar2, 1, MAP_SHARED, 0);
	map[0] = 7;
	config_write16(u, PCI_COMMAND, PCI_COMMAND_MASTER);
	expect("read of BAR 0", pread(u->device, &word, sizeof(word), u->bar0), EIO);
	expect("write of BAR 0", pwrite(u->device, &word, sizeof(word), u->bar0), EIO);
	expect("read of BAR 2", pread(u->device, &word, sizeof(word), bar2), EIO);
	expect("mapped page", touch(map), EFAULT);
	expect_value("config space", config_read16(u, PCI_VENDOR_ID), 0x1234);
	config_write16(u, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	expect("read of BAR 0", pread(u->device, &word, sizeof(word), u->bar0), 0);
	expect("mapped page", touch(map), 0);
	expect_value("what is in it", map[0], 7);
	munmap(map, page);
}

/* A transfer of the whole buffer, or of a few bytes: pages are pinned, or bytes copied. */
static void transfer(const struct user *u, uint16_t command, uint64_t src, uint64_t dst,
		     uint32_t count, uint32_t flags)
{
	config_write16(u, PCI_COMMAND, PCI_COMMAND_MEMORY | command);
	dma_start(u, src, dst, count, flags);
	while (reg_read(u, EDU_DMA_CMD) & EDU_DMA_RUN)
		usleep(1000);
	reg_write(u, EDU_IRQ_ACK, reg_read(u, EDU_IRQ_STATUS));
}

static void check_mastering(const struct user *u, char *mem, uint32_t count)
{
	const uint64_t to = DMA_IOVA + DMA_SIZE / 2;
	int msi = msi_listen(u);

	memset(mem, 'a', count);
	memset(mem + DMA_SIZE / 2, 'b', count);
	transfer(u, PCI_COMMAND_MASTER, DMA_IOVA, EDU_BUFFER, count, 0);
	expect_value("the interrupt came", irq_came(msi), 1);
	transfer(u, 0, EDU_BUFFER, to, count, EDU_DMA_TO_RAM);
	expect_value("memory without bus mastering", mem[DMA_SIZE / 2], 'b');
	transfer(u, 0, DMA_IOVA, EDU_BUFFER, count, 0);
	expect_value("MSI without bus mastering", irq_came(msi), 0);
	transfer(u, PCI_COMMAND_MASTER, EDU_BUFFER, to, count, EDU_DMA_TO_RAM);
	expect_value("what was read without it", mem[DMA_SIZE / 2], 0);
	expect_value("to the end", mem[DMA_SIZE / 2 + count - 1], 0);
	close(msi);
}

static void check_command(const struct user *u)
{
	char *mem = dma_map(u);

	check_memory_space(u);
	check_mastering(u, mem, 64);
	check_mastering(u, mem, 4000);
}

static void check_unknown(const struct user *u)
{
	struct vfio_device_feature feature = { .argsz = sizeof(feature) };
	static const unsigned long unknown[] = {
		VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, VFIO_DEVICE_PCI_HOT_RESET,
		VFIO_DEVICE_QUERY_GFX_PLANE, VFIO_DEVICE_IOEVENTFD,
		_IO(VFIO_TYPE, VFIO_BASE + 99), _IO('x', 1), 0, UINT32_MAX,
	};
	size_t i;

	for (i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		expect("unknown ioctl", ioctl(u->device, unknown[i], at_edge(64)), ENOTTY);
	check_argsz(u->device, VFIO_DEVICE_FEATURE, sizeof(feature), "FEATURE");
	feature.flags = VFIO_DEVICE_FEATURE_MASK | VFIO_DEVICE_FEATURE_GET;
	expect("unknown feature", ioctl(u->device, VFIO_DEVICE_FEATURE, &feature), ENOTTY);
	feature.flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_SET;
	expect("get and set", ioctl(u->device, VFIO_DEVICE_FEATURE, &feature), EINVAL);
}

static const struct {
	const char *name;
	void (*run)(const struct user *u);
} sections[] = {
	{ "info", check_info },		{ "region-info", check_region_info },
	{ "irq-info", check_irq_info }, { "set-irqs", check_set_irqs },
	{ "access", check_access },	{ "mmap", check_mmap },
	{ "command", check_command },	{ "unknown", check_unknown },
};

#define NR_SECTIONS (sizeof(sections) / sizeof(*sections))

int main(int argc, char **argv)
{
	struct user u;
	size_t i;

	page = sysconf(_SC_PAGESIZE);
	for (i = 0; argc == 3 && i < NR_SECTIONS; i++)
		if (!strcmp(argv[1], sections[i].name)) {
			vfio_open(&u, argv[2]);
			sections[i].run(&u);
			printf("%u checks, %u differences\n", checks, differences);
			return differences ? 1 : 0;
		}
	for (i = 0; i < NR_SECTIONS; i++)
		fprintf(stderr, "usage: vfio_input %s DEVICE\n", sections[i].name);
	return 2;
}
