// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_user: drives an instance of medu through VFIO, as a virtual machine
 * monitor would
 *
 * Opens the instance's group with a type 1 container of its own, or with
 * --iommufd its own file, and does what the command says. Prints a line "name
 * value" for each result.
 */

#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vfio.h"

static uint32_t factorial(const struct user *u, int irq, uint32_t n)
{
	reg_write(u, EDU_STATUS, EDU_STATUS_IRQ);
	reg_write(u, EDU_FACTORIAL, n);
	irq_wait(irq);
	if (reg_read(u, EDU_STATUS) & EDU_STATUS_BUSY)
		errx(1, "interrupt before the answer");
	reg_write(u, EDU_IRQ_ACK, reg_read(u, EDU_IRQ_STATUS));
	return reg_read(u, EDU_FACTORIAL);
}

static void cmd_info(struct user *u, char **args)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	unsigned int i;

	(void)args;
	if (ioctl(u->device, VFIO_DEVICE_GET_INFO, &info))
		err(1, "VFIO_DEVICE_GET_INFO");
	printf("flags %#x regions %u irqs %u\n", info.flags, info.num_regions, info.num_irqs);
	for (i = 0; i < info.num_regions; i++) {
		struct vfio_region_info r = { .argsz = sizeof(r), .index = i };

		if (ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, &r))
			err(1, "VFIO_DEVICE_GET_REGION_INFO %u", i);
		if (r.size)
			printf("region %u size %#llx flags %#x\n", i, r.size, r.flags);
	}
	for (i = 0; i < info.num_irqs; i++) {
		struct vfio_irq_info q = { .argsz = sizeof(q), .index = i };

		/* As with any PCI device without AER */
		if (i == VFIO_PCI_ERR_IRQ_INDEX)
			continue;
		if (ioctl(u->device, VFIO_DEVICE_GET_IRQ_INFO, &q))
			err(1, "VFIO_DEVICE_GET_IRQ_INFO %u", i);
		if (q.count)
			printf("irq %u count %u flags %#x\n", i, q.count, q.flags);
	}
	printf("vendor %04x device %04x\n", config_read16(u, PCI_VENDOR_ID),
	       config_read16(u, PCI_DEVICE_ID));
	printf("id %#x\n", reg_read(u, EDU_ID));
	printf("liveness %#x\n", reg_read(u, EDU_LIVENESS));
}

static void cmd_factorial(struct user *u, char **args)
{
	printf("%" PRIu32 "\n", factorial(u, msi_listen(u), number(args[0])));
}

/* Computes many factorials, and checks each result */
static void cmd_hammer(struct user *u, char **args)
{
	uint32_t n = number(args[0]), rounds = number(args[1]), want = 1, i, got;
	int irq = msi_listen(u);

	for (i = 2; i <= n; i++)
		want *= i;
	for (i = 0; i < rounds; i++) {
		got = factorial(u, irq, n);
		if (got != want)
			errx(1, "round %u: %u instead of %u", i, got, want);
	}
	printf("%u\n", rounds);
}

/* INTx is a level interrupt: it comes once, and again after each unmask until acknowledged */
static void cmd_intx(struct user *u, char **args)
{
	int irq = irq_listen(u, VFIO_PCI_INTX_IRQ_INDEX);

	(void)args;
	reg_write(u, EDU_IRQ_RAISE, 1);
	printf("raised %" PRIu64 "\n", irq_wait(irq));
	reg_write(u, EDU_IRQ_RAISE, 2);
	printf("masked %d\n", irq_came(irq));
	if (set_irqs(u, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, NULL))
		err(1, "VFIO_DEVICE_SET_IRQS unmask");
	printf("unmasked %d\n", irq_came(irq));
	reg_write(u, EDU_IRQ_ACK, reg_read(u, EDU_IRQ_STATUS));
	if (set_irqs(u, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, NULL))
		err(1, "VFIO_DEVICE_SET_IRQS unmask");
	printf("acknowledged %d\n", irq_came(irq));
}

/* Moves text to the engine, and from there to another place in the guest's memory */
static void cmd_dma(struct user *u, char **args)
{
	size_t len = strlen(args[0]) + 1;
	char *mem = dma_map(u);
	int irq = msi_listen(u);

	if (len > DMA_SIZE / 2)
		errx(2, "text too long");
	memcpy(mem, args[0], len);
	dma_run(u, irq, DMA_IOVA, EDU_BUFFER + 0x100, len, 0);
	dma_run(u, irq, EDU_BUFFER + 0x100, DMA_IOVA + DMA_SIZE / 2, len, EDU_DMA_TO_RAM);
	printf("%s\n", mem + DMA_SIZE / 2);
}

/* Unmasks by an eventfd, as KVM does */
static void cmd_resample(struct user *u, char **args)
{
	int irq = irq_listen(u, VFIO_PCI_INTX_IRQ_INDEX);
	int resample = eventfd(0, EFD_CLOEXEC);

	(void)args;
	if (resample < 0)
		err(1, "eventfd");
	if (set_irqs(u, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, &resample))
		err(1, "VFIO_DEVICE_SET_IRQS unmask");
	reg_write(u, EDU_IRQ_RAISE, 1);
	printf("raised %" PRIu64 "\n", irq_wait(irq));
	if (eventfd_write(resample, 1))
		err(1, "eventfd");
	printf("resampled %" PRIu64 "\n", irq_wait(irq));
	reg_write(u, EDU_IRQ_ACK, reg_read(u, EDU_IRQ_STATUS));
	if (eventfd_write(resample, 1))
		err(1, "eventfd");
	/* On the same workqueue as the unmask before, which has ended then */
	reg_write(u, EDU_IRQ_RAISE, 2);
	printf("raised again %" PRIu64 "\n", irq_wait(irq));
}

static struct vfio_region_info *bar2_info(const struct user *u)
{
	struct vfio_region_info *info = calloc(1, 4096);

	if (!info)
		err(1, "calloc");
	info->argsz = sizeof(*info);
	info->index = VFIO_PCI_BAR2_REGION_INDEX;
	if (ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, info))
		err(1, "VFIO_DEVICE_GET_REGION_INFO");
	printf("flags %#x argsz %s cap_offset %u\n", info->flags,
	       info->argsz > sizeof(*info) ? "grown" : "same", info->cap_offset);
	if (ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, info))
		err(1, "VFIO_DEVICE_GET_REGION_INFO with capabilities");
	return info;
}

/* Accesses the page of BAR 2 that can be mapped, by the mapping and by read and write */
static void cmd_map(struct user *u, char **args)
{
	struct vfio_region_info *info = bar2_info(u);
	struct vfio_region_info_cap_sparse_mmap *sparse = (void *)info + info->cap_offset;
	size_t page = sysconf(_SC_PAGESIZE);
	char text[64] = "", *map;
	uint32_t jobs;

	printf("cap %u areas %u offset %llu size %s of %s\n", sparse->header.id, sparse->nr_areas,
	       sparse->areas[0].offset, sparse->areas[0].size == page ? "page" : "?",
	       info->size == 2 * page ? "two" : "?");
	map = mmap(NULL, info->size, PROT_READ | PROT_WRITE, MAP_SHARED, u->device, info->offset);
	if (map == MAP_FAILED)
		err(1, "mmap");
	snprintf(map + 100, sizeof(text), "%s", args[0]);
	if (pread(u->device, text, sizeof(text), info->offset + 100) != sizeof(text))
		err(1, "read of BAR 2");
	printf("written mapped, read: %s\n", text);
	if (pwrite(u->device, "x", 1, info->offset + 100) != 1)
		err(1, "write of BAR 2");
	printf("written, read mapped: %s\n", map + 100);
	if (pread(u->device, &jobs, sizeof(jobs), info->offset + page) != sizeof(jobs))
		err(1, "read of BAR 2's second page");
	printf("jobs %u\n", jobs);
	if (mmap(NULL, page, PROT_READ, MAP_PRIVATE, u->device, info->offset) != MAP_FAILED)
		errx(1, "a private mapping");
	if (mmap(NULL, 4 * page, PROT_READ, MAP_SHARED, u->device, info->offset) != MAP_FAILED)
		errx(1, "a mapping beyond the region");
	if (mmap(NULL, page, PROT_READ, MAP_SHARED, u->device, u->bar0) != MAP_FAILED)
		errx(1, "a mapping of BAR 0");
	/* The mapping alone keeps the device open. */
	close(u->device);
	close(u->group);
	close(u->container);
	printf("closed, read mapped: %s\n", map + 100);
	fflush(stdout);
	/* The page after the one that may be mapped: SIGBUS */
	map[page] = 1;
}

/* Prints "open", and keeps the instance open until standard input ends */
static void cmd_hold(struct user *u, char **args)
{
	char c;

	(void)args;
	printf("open %#x\n", reg_read(u, EDU_ID));
	if (fflush(stdout))
		err(1, "standard output");
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

/* Masks INTx, and keeps it masked for other eventfds; then begins anew while the level is high */
static void cmd_mask(struct user *u, char **args)
{
	int irq = irq_listen(u, VFIO_PCI_INTX_IRQ_INDEX);

	(void)args;
	if (set_irqs(u, VFIO_IRQ_SET_ACTION_MASK, VFIO_PCI_INTX_IRQ_INDEX, NULL))
		err(1, "VFIO_DEVICE_SET_IRQS mask");
	reg_write(u, EDU_IRQ_RAISE, 1);
	printf("masked %d\n", irq_came(irq));
	if (set_irqs(u, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, NULL))
		err(1, "VFIO_DEVICE_SET_IRQS unmask");
	printf("unmasked %d\n", irq_came(irq));
	irq = irq_listen(u, VFIO_PCI_INTX_IRQ_INDEX);
	printf("still masked %d\n", irq_came(irq));
	if (irq_disable(u, VFIO_PCI_INTX_IRQ_INDEX))
		err(1, "VFIO_DEVICE_SET_IRQS disable");
	irq = irq_listen(u, VFIO_PCI_INTX_IRQ_INDEX);
	printf("high when listening began %d\n", irq_came(irq));
}

/* MSI is an edge interrupt: it comes each time, and cannot be masked */
static void cmd_msi(struct user *u, char **args)
{
	int intx = irq_listen(u, VFIO_PCI_INTX_IRQ_INDEX), msi = msi_listen(u);

	(void)args;
	reg_write(u, EDU_IRQ_RAISE, 1);
	reg_write(u, EDU_IRQ_RAISE, 2);
	printf("raised %" PRIu64 "\n", irq_wait(msi));
	printf("intx %d\n", irq_came(intx));
}

static char *map_bar2(const struct user *u)
{
	char *map = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED,
			 u->device, vfio_region_offset(u->device, VFIO_PCI_BAR2_REGION_INDEX));

	if (map == MAP_FAILED)
		err(1, "mmap of BAR 2");
	map[0] = 1;
	return map;
}

static void say(const char *word)
{
	if (puts(word) < 0 || fflush(stdout))
		err(1, "standard output");
}

/* For minv: the word that its hardware makes of another */
static void cmd_invert(struct user *u, char **args)
{
	printf("before %#x\n", reg_read(u, 0));
	reg_write(u, 0, number(args[0]));
	printf("after %#x\n", reg_read(u, 0));
}

/* Uses everything that an instance has, keeps both engines at work, and does not end by itself */
static void cmd_busy(struct user *u, char **args)
{
	int resample = eventfd(0, EFD_CLOEXEC);

	(void)args;
	irq_listen(u, VFIO_PCI_INTX_IRQ_INDEX);
	if (set_irqs(u, VFIO_IRQ_SET_ACTION_UNMASK, VFIO_PCI_INTX_IRQ_INDEX, &resample))
		err(1, "VFIO_DEVICE_SET_IRQS unmask");
	msi_listen(u);
	map_bar2(u);
	dma_map(u);
	reg_write(u, EDU_STATUS, EDU_STATUS_IRQ);
	dma_start(u, DMA_IOVA, EDU_BUFFER, 4000, 0);
	say("busy");
	for (;;) {
		reg_write(u, EDU_FACTORIAL, 12);
		if (!(reg_read(u, EDU_DMA_CMD) & EDU_DMA_RUN))
			dma_start(u, EDU_BUFFER, DMA_IOVA, 4000, EDU_DMA_TO_RAM);
	}
}

/* Closes the instance when it is asked to, by the interrupt of its API that is for that */
static void cmd_yield(struct user *u, char **args)
{
	int irq = irq_listen(u, number(args[0]));

	say("open");
	irq_wait(irq);
	say("asked");
}

static void on_bus_error(int sig)
{
	static const char text[] = "mapping revoked\n";

	(void)sig;
	_exit(write(STDOUT_FILENO, text, sizeof(text) - 1) < 0);
}

/* Waits until standard input ends, while the hardware goes; then uses the instance again */
static void cmd_survive(struct user *u, char **args)
{
	volatile char *map = map_bar2(u);
	int irq = msi_listen(u);
	char c;

	(void)args;
	say("open");
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	printf("id %#x\n", reg_read(u, EDU_ID));
	printf("answer %u\n", factorial(u, irq, 5));
	fflush(stdout);
	signal(SIGBUS, on_bus_error);
	map[0] = 2;
	say("still mapped");
}

/* Keeps the engine at work until it gives another result; reads no input */
static void cmd_watch(struct user *u, char **args)
{
	int irq = msi_listen(u);
	uint32_t answer;

	(void)args;
	say("open");
	do
		answer = factorial(u, irq, 5);
	while (answer == 120);
	printf("answer %" PRIu32 "\n", answer);
}

static void print_resettable(const struct user *u, const char *map)
{
	printf("liveness %#x memory %d\n", reg_read(u, EDU_LIVENESS), map[0]);
}

static void cmd_reset(struct user *u, char **args)
{
	const char *map = map_bar2(u);

	(void)args;
	reg_write(u, EDU_LIVENESS, 0);
	print_resettable(u, map);
	if (ioctl(u->device, VFIO_DEVICE_RESET))
		err(1, "VFIO_DEVICE_RESET");
	printf("command %#x\n", config_read16(u, PCI_COMMAND));
	config_write16(u, PCI_COMMAND, PCI_COMMAND_MEMORY);
	print_resettable(u, map);
}

static const struct command {
	const char *name;
	int nr_args;
	const char *synopsis;
	void (*run)(struct user *u, char **args);
} commands[] = {
	{ "info", 0, "", cmd_info },
	{ "factorial", 1, "N", cmd_factorial },
	{ "hammer", 2, "N ROUNDS", cmd_hammer },
	{ "intx", 0, "", cmd_intx },
	{ "dma", 1, "TEXT", cmd_dma },
	{ "resample", 0, "", cmd_resample },
	{ "map", 1, "TEXT", cmd_map },
	{ "mask", 0, "", cmd_mask },
	{ "msi", 0, "", cmd_msi },
	{ "hold", 0, "", cmd_hold },
	{ "invert", 1, "WORD", cmd_invert },
	{ "busy", 0, "", cmd_busy },
	{ "yield", 1, "INDEX", cmd_yield },
	{ "survive", 0, "", cmd_survive },
	{ "watch", 0, "", cmd_watch },
	{ "reset", 0, "", cmd_reset },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(*commands))

static int usage(void)
{
	size_t i;

	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(stderr, "usage: vfio_user [--iommufd] %s DEVICE %s\n", commands[i].name,
			commands[i].synopsis);
	return 2;
}

int main(int argc, char **argv)
{
	bool iommufd = vfio_take_iommufd(&argc, &argv);
	struct user u;
	size_t i;

	if (argc < 3)
		return usage();
	for (i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name) && argc == 3 + commands[i].nr_args) {
			vfio_open_by(&u, argv[2], iommufd);
			commands[i].run(&u, argv + 3);
			return fflush(stdout) ? 1 : 0;
		}
	return usage();
}
