// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_ccw_user: drives an instance of the kernel's vfio_ccw, which is an I/O
 * subchannel of s390x, as a virtual machine monitor would
 *
 * Opens the instance's group with a type 1 container of its own, and does what
 * the command says. Prints a line for each result.
 *
 * Channel programs, and all that is in the instance's memory, are big-endian.
 */

#include <endian.h>
#include <err.h>
#include <inttypes.h>
#include <linux/vfio_ccw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio.h"

/* Where in the instance's memory the channel program is, and what it reads */
#define PROGRAM 0x0
#define DATA 0x100

/* An operation request block: a program of format 1, which may be read ahead, by any path */
#define ORB_FORMAT1 0x00800000
#define ORB_PREFETCH 0x00400000
#define ORB_ALL_PATHS 0x0000ff00

/* The function "start" of the subchannel's status word */
#define SCSW_START 0x00004000

#define CCW_SENSE_ID 0xe4
#define CCW_ANY_LENGTH 0x20

/* Status of the device and of the subchannel: all that was asked for was done. */
#define ENDED_WELL 0x0c00

struct ccw {
	uint8_t command;
	uint8_t flags;
	uint16_t count;
	uint32_t address;
};

/* What a control unit says of itself */
struct sense_id {
	uint8_t reserved;
	uint8_t unit_type[2];
	uint8_t unit_model;
	uint8_t device_type[2];
	uint8_t device_model;
	uint8_t unused[25];
};

static void say(const char *text)
{
	puts(text);
	if (fflush(stdout))
		err(1, "standard output");
}

static void cmd_info(struct user *u)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	unsigned int i;

	if (ioctl(u->device, VFIO_DEVICE_GET_INFO, &info))
		err(1, "VFIO_DEVICE_GET_INFO");
	printf("ccw %d regions %u irqs %u\n", !!(info.flags & VFIO_DEVICE_FLAGS_CCW),
	       info.num_regions, info.num_irqs);
	for (i = 0; i < info.num_irqs; i++) {
		struct vfio_irq_info q = { .argsz = sizeof(q), .index = i };

		if (ioctl(u->device, VFIO_DEVICE_GET_IRQ_INFO, &q))
			err(1, "VFIO_DEVICE_GET_IRQ_INFO %u", i);
		printf("irq %u count %u\n", i, q.count);
	}
}

static void put_word(uint8_t *area, unsigned int nth, uint32_t value)
{
	value = htobe32(value);
	memcpy(area + nth * sizeof(value), &value, sizeof(value));
}

static uint32_t get_word(const uint8_t *area, unsigned int nth)
{
	uint32_t value;

	memcpy(&value, area + nth * sizeof(value), sizeof(value));
	return be32toh(value);
}

/* Starts the program at PROGRAM, and waits until it has ended well */
static void run_program(struct user *u)
{
	struct ccw_io_region io = { 0 };
	int irq = irq_listen(u, VFIO_CCW_IO_IRQ_INDEX);
	uint32_t status;

	put_word(io.orb_area, 1, ORB_FORMAT1 | ORB_PREFETCH | ORB_ALL_PATHS);
	put_word(io.orb_area, 2, DMA_IOVA + PROGRAM);
	put_word(io.scsw_area, 0, SCSW_START);
	if (pwrite(u->device, &io, sizeof(io), 0) != sizeof(io))
		err(1, "start of a channel program");
	irq_wait(irq);
	if (pread(u->device, &io, sizeof(io), 0) != sizeof(io))
		err(1, "end of a channel program");
	status = get_word(io.irb_area, 2) >> 16;
	if (status != ENDED_WELL)
		errx(1, "the channel program ended with status %#x", status);
}

/* Asks the control unit behind the subchannel what it is */
static void cmd_sense(struct user *u)
{
	struct ccw program = {
		.command = CCW_SENSE_ID,
		.flags = CCW_ANY_LENGTH,
		.count = htobe16(sizeof(struct sense_id)),
		.address = htobe32(DMA_IOVA + DATA),
	};
	struct sense_id *id;
	char *mem = dma_map(u);

	memcpy(mem + PROGRAM, &program, sizeof(program));
	run_program(u);
	id = (void *)(mem + DATA);
	printf("unit %02x%02x model %02x\n", id->unit_type[0], id->unit_type[1], id->unit_model);
}

static void cmd_hold(struct user *u)
{
	char c;

	(void)u;
	say("open");
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

/* Stays until it is asked to go */
static void cmd_yield(struct user *u)
{
	int irq = irq_listen(u, VFIO_CCW_REQ_IRQ_INDEX);

	say("open");
	irq_wait(irq);
	say("asked");
}

static const struct {
	const char *name;
	void (*run)(struct user *u);
} commands[] = {
	{ "info", cmd_info },
	{ "sense", cmd_sense },
	{ "hold", cmd_hold },
	{ "yield", cmd_yield },
};

int main(int argc, char **argv)
{
	struct user u;
	size_t i;

	for (i = 0; argc == 3 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		vfio_open_any(&u, argv[2]);
		commands[i].run(&u);
		return 0;
	}
	errx(2, "usage: vfio_ccw_user info|sense|hold|yield DEVICE");
}
