// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_serial: drives an instance of mtty, the kernel's own sample of a serial
 * port, through VFIO
 *
 * What is written to the port comes back from it. The instance is opened by its
 * group, or with --iommufd by its own file. Prints a line for each result.
 */

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/serial_reg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio.h"

/* Of include/uapi/linux/vfio.h of Linux 6.12; the headers of this machine may be older. */
#ifndef VFIO_MIG_GET_PRECOPY_INFO
#define VFIO_MIGRATION_PRE_COPY (1 << 2)
#define VFIO_DEVICE_STATE_PRE_COPY 6
#define VFIO_MIG_GET_PRECOPY_INFO _IO(VFIO_TYPE, VFIO_BASE + 21)
struct vfio_precopy_info {
	uint32_t argsz;
	uint32_t flags;
	uint64_t initial_bytes;
	uint64_t dirty_bytes;
};
#endif

#define STATE_SIZE 4096

/* The payload of any feature that is used here */
union payload {
	struct vfio_device_feature_migration migration;
	struct vfio_device_feature_mig_state state;
	struct vfio_device_feature_dma_logging_control logging;
	struct vfio_device_feature_dma_logging_report report;
};

static uint8_t port_read(const struct user *u, unsigned int reg)
{
	uint8_t val;

	if (pread(u->device, &val, 1, u->bar0 + reg) != 1)
		err(1, "read of register %u", reg);
	return val;
}

static void port_write(const struct user *u, unsigned int reg, uint8_t val)
{
	if (pwrite(u->device, &val, 1, u->bar0 + reg) != 1)
		err(1, "write of register %u", reg);
}

/* The driver knows how many interrupts it has once it was asked. */
static void get_info(const struct user *u, struct vfio_device_info *info)
{
	*info = (struct vfio_device_info){.argsz = sizeof(*info)};
	if (ioctl(u->device, VFIO_DEVICE_GET_INFO, info))
		err(1, "VFIO_DEVICE_GET_INFO");
}

static void cmd_info(struct user *u, char **args)
{
	struct vfio_device_info info;
	unsigned int i;

	(void)args;
	get_info(u, &info);
	printf("flags %#x regions %u irqs %u\n", info.flags, info.num_regions, info.num_irqs);
	for (i = 0; i < info.num_regions; i++) {
		struct vfio_region_info r = {.argsz = sizeof(r), .index = i};

		if (ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, &r))
			err(1, "VFIO_DEVICE_GET_REGION_INFO %u", i);
		if (r.size)
			printf("region %u size %#llx flags %#x\n", i, r.size, r.flags);
	}
	printf("vendor %04x device %04x\n", config_read16(u, PCI_VENDOR_ID),
	       config_read16(u, PCI_DEVICE_ID));
}

/* Up to 15 bytes: the port takes a FIFO that is full for an empty one. */
static void send(const struct user *u, const char *text)
{
	port_write(u, UART_FCR, UART_FCR_ENABLE_FIFO);
	while (*text)
		port_write(u, UART_TX, *text++);
}

static void print_received(const struct user *u)
{
	while (port_read(u, UART_LSR) & UART_LSR_DR)
		putchar(port_read(u, UART_RX));
	putchar('\n');
}

static void cmd_echo(struct user *u, char **args)
{
	send(u, args[0]);
	print_received(u);
}

/* An interrupt for the first byte that is received */
static void cmd_irq(struct user *u, char **args)
{
	struct vfio_device_info info;
	int irq;

	(void)args;
	get_info(u, &info);
	irq = irq_listen(u, VFIO_PCI_MSI_IRQ_INDEX);
	port_write(u, UART_FCR, UART_FCR_ENABLE_FIFO);
	port_write(u, UART_IER, UART_IER_RDI);
	printf("before %d\n", irq_came(irq));
	port_write(u, UART_TX, 'x');
	printf("received %d\n", irq_came(irq));
}

/*
 * VFIO_DEVICE_FEATURE with a payload, which is read and written. Returns what ioctl()
 * returns.
 */
static int feature(const struct user *u, uint32_t flags, void *payload, size_t size)
{
	char buf[sizeof(struct vfio_device_feature) + sizeof(union payload)] = "";
	struct vfio_device_feature *f = (void *)buf;
	int rc;

	f->argsz = sizeof(*f) + size;
	f->flags = flags;
	memcpy(f->data, payload, size);
	rc = ioctl(u->device, VFIO_DEVICE_FEATURE, f);
	memcpy(payload, f->data, size);
	return rc;
}

static void print_probe(const struct user *u, const char *name, uint32_t flags, size_t size)
{
	union payload none = {0};

	printf("%s %s\n", name,
	       feature(u, flags | VFIO_DEVICE_FEATURE_PROBE, &none, size) ? strerrorname_np(errno) :
									    "offered");
}

/* Which features the instance says that it has */
static void cmd_features(struct user *u, char **args)
{
	struct vfio_device_feature_migration migration = {0};

	(void)args;
	print_probe(u, "migration", VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION,
		    sizeof(migration));
	print_probe(u, "logging", VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START,
		    sizeof(struct vfio_device_feature_dma_logging_control));
	if (!feature(u, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION, &migration,
		     sizeof(migration)))
		printf("migration flags %#llx\n", migration.flags);
}

/* Returns the file of the state's data, or -1 if the change of state makes none */
static int set_state(const struct user *u, uint32_t state)
{
	struct vfio_device_feature_mig_state arg = {.device_state = state};

	if (feature(u, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &arg,
		    sizeof(arg)))
		err(1, "change to state %u", state);
	return arg.data_fd;
}

static uint32_t get_state(const struct user *u)
{
	struct vfio_device_feature_mig_state arg = {0};

	if (feature(u, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &arg,
		    sizeof(arg)))
		err(1, "state");
	return arg.device_state;
}

/* Appends what the file has; returns the new size */
static size_t read_all(int fd, char *data, size_t size)
{
	ssize_t len;

	while ((len = read(fd, data + size, STATE_SIZE - size)) > 0)
		size += len;
	if (len < 0)
		err(1, "data of the migration");
	return size;
}

/* What can be copied before the instance is stopped; returns the file, which goes on after that */
static int pre_copy(const struct user *u, char *data, size_t *size)
{
	struct vfio_precopy_info info = {.argsz = sizeof(info)};
	int fd = set_state(u, VFIO_DEVICE_STATE_PRE_COPY);

	if (fd < 0)
		errx(1, "no file for PRE_COPY");
	if (ioctl(fd, VFIO_MIG_GET_PRECOPY_INFO, &info))
		err(1, "VFIO_MIG_GET_PRECOPY_INFO");
	*size = read_all(fd, data, 0);
	printf("before the stop %zu of %llu\n", *size, (unsigned long long)info.initial_bytes);
	if (set_state(u, VFIO_DEVICE_STATE_STOP_COPY) >= 0)
		errx(1, "another file for STOP_COPY");
	return fd;
}

/* Moves the state of an instance into another one, which then has the text that was in the first */
static void cmd_migrate(struct user *u, char **args)
{
	struct vfio_device_feature_migration migration = {0};
	char data[STATE_SIZE];
	struct user to;
	size_t size = 0;
	int fd;

	send(u, args[1]);
	port_write(u, UART_SCR, 0x5a);
	if (feature(u, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION, &migration,
		    sizeof(migration)))
		err(1, "VFIO_DEVICE_FEATURE_MIGRATION");
	if (migration.flags & VFIO_MIGRATION_PRE_COPY)
		fd = pre_copy(u, data, &size);
	else
		fd = set_state(u, VFIO_DEVICE_STATE_STOP_COPY);
	size = read_all(fd, data, size);
	close(fd);
	vfio_open(&to, args[0]);
	fd = set_state(&to, VFIO_DEVICE_STATE_RESUMING);
	if (write(fd, data, size) != (ssize_t)size)
		err(1, "write of %zu bytes of data", size);
	close(fd);
	set_state(&to, VFIO_DEVICE_STATE_RUNNING);
	set_state(u, VFIO_DEVICE_STATE_RUNNING);
	printf("states %u %u\n", get_state(u), get_state(&to));
	printf("scratch %#x\n", port_read(&to, UART_SCR));
	print_received(&to);
	print_received(u);
}

/* Each step of logging DMA, of which a serial port does none */
static void cmd_log(struct user *u, char **args)
{
	struct vfio_device_feature_dma_logging_range range = {.iova = 0, .length = 1 << 20};
	struct vfio_device_feature_dma_logging_control control = {
		.page_size = 4096,
		.num_ranges = 1,
		.ranges = (uintptr_t)&range,
	};
	uint64_t bits[4] = {0};
	struct vfio_device_feature_dma_logging_report report = {
		.length = 1 << 20,
		.page_size = 4096,
		.bitmap = (uintptr_t)bits,
	};
	int rc;

	(void)args;
	if (feature(u, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_START, &control,
		    sizeof(control)))
		err(1, "start of logging");
	printf("started, page size %llu\n", (unsigned long long)control.page_size);
	rc = feature(u, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, &report,
		     sizeof(report));
	if (rc)
		printf("report %s\n", strerrorname_np(errno));
	else
		printf("report %#" PRIx64 "\n", bits[0] | bits[1] | bits[2] | bits[3]);
	if (feature(u, VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, &report, 0))
		err(1, "stop of logging");
	printf("stopped\n");
}

static const struct {
	const char *name;
	int nr_args;
	const char *synopsis;
	void (*run)(struct user *u, char **args);
} commands[] = {
	{"info", 0, "", cmd_info},
	{"echo", 1, "TEXT", cmd_echo},
	{"irq", 0, "", cmd_irq},
	{"features", 0, "", cmd_features},
	{"migrate", 2, "TO TEXT", cmd_migrate},
	{"log", 0, "", cmd_log},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(*commands))

int main(int argc, char **argv)
{
	bool iommufd = vfio_take_iommufd(&argc, &argv);
	struct user u;
	size_t i;

	for (i = 0; argc >= 3 && i < NR_COMMANDS; i++)
		if (!strcmp(argv[1], commands[i].name) && argc == 3 + commands[i].nr_args) {
			vfio_open_by(&u, argv[2], iommufd);
			commands[i].run(&u, argv + 3);
			return fflush(stdout) ? 1 : 0;
		}
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(stderr, "usage: vfio_serial [--iommufd] %s DEVICE %s\n", commands[i].name,
			commands[i].synopsis);
	return 2;
}
