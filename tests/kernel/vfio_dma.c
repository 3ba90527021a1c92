// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_dma: takes memory away from an instance of medu that has pages of it pinned
 *
 * Prints a line for each result. Ends with a message if the instance accesses
 * memory after it was taken away.
 */

#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio.h"

/* More than medu copies: for such transfers it pins pages. */
#define COUNT 4000

/* Moves one half of the memory to the engine, and from the engine to the other half */
#define INTO DMA_IOVA
#define OUT_OF (DMA_IOVA + DMA_SIZE / 2)

/* Returns how many of this process' pages are pinned, as VFIO or an iommufd counts them */
static unsigned long pinned(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long kb, sum = 0;
	char line[256];

	if (!status)
		err(1, "/proc/self/status");
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmLck: %lu kB", &kb) == 1 || sscanf(line, "VmPin: %lu kB", &kb) == 1)
			sum += kb;
	fclose(status);
	return sum * 1024 / sysconf(_SC_PAGESIZE);
}

static void expect_filled(const char *mem, char with, const char *what)
{
	size_t i;

	for (i = 0; i < COUNT; i++)
		if (mem[i] != with)
			errx(1, "%s: %#x instead of %#x at %zu", what, mem[i], with, i);
}

static void move_through(const struct user *u, int irq, char *mem, char what)
{
	memset(mem, what, COUNT);
	dma_run(u, irq, INTO, EDU_BUFFER, COUNT, 0);
	dma_run(u, irq, EDU_BUFFER, OUT_OF, COUNT, EDU_DMA_TO_RAM);
	expect_filled(mem + DMA_SIZE / 2, what, "moved through the engine");
	printf("moved, pinned %lu\n", pinned());
}

/* Pages stay pinned until the memory is taken away, or the instance reset or closed. */
static void cmd_pins(const struct user *u)
{
	char *old = dma_map(u), *new = dma_memory();
	int irq = msi_listen(u);

	move_through(u, irq, old, 'a');
	move_through(u, irq, old, 'b');
	dma_unmap(u);
	printf("taken away, pinned %lu\n", pinned());
	memset(old, 'c', DMA_SIZE);
	dma_run(u, irq, EDU_BUFFER, OUT_OF, COUNT, EDU_DMA_TO_RAM);
	dma_run(u, irq, INTO, EDU_BUFFER, COUNT, 0);
	expect_filled(old + DMA_SIZE / 2, 'c', "taken away");
	printf("asked for, pinned %lu\n", pinned());

	/* The engine's buffer still has the data. */
	dma_map_memory(u, new);
	dma_run(u, irq, EDU_BUFFER, OUT_OF, COUNT, EDU_DMA_TO_RAM);
	expect_filled(new + DMA_SIZE / 2, 'b', "in place of what was taken away");
	expect_filled(old + DMA_SIZE / 2, 'c', "replaced");
	printf("replaced, pinned %lu\n", pinned());
	if (ioctl(u->device, VFIO_DEVICE_RESET))
		err(1, "VFIO_DEVICE_RESET");
	config_write16(u, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	printf("reset, pinned %lu\n", pinned());
	irq = msi_listen(u);
	dma_run(u, irq, EDU_BUFFER, OUT_OF, COUNT, EDU_DMA_TO_RAM);
	expect_filled(new + DMA_SIZE / 2, 0, "left in the engine by a reset");
	move_through(u, irq, new, 'd');
	close(u->device);
	printf("closed, pinned %lu\n", pinned());
}

/* Takes memory away at various moments while the engine works on it */
static void cmd_race(const struct user *u)
{
	char *mem = dma_map(u), *out = mem + DMA_SIZE / 2;
	int irq = msi_listen(u), round;

	for (round = 0; round < 20; round++) {
		memset(mem, 'a' + round, COUNT);
		dma_run(u, irq, INTO, EDU_BUFFER, COUNT, 0);
		dma_start(u, EDU_BUFFER, OUT_OF, COUNT, EDU_DMA_TO_RAM);
		usleep(round * 10000);
		dma_unmap(u);
		memset(out, 'X', COUNT);
		irq_wait(irq);
		reg_write(u, EDU_IRQ_ACK, reg_read(u, EDU_IRQ_STATUS));
		expect_filled(out, 'X', "taken away while the engine was at work");
		if (pinned())
			errx(1, "%lu pages are pinned of nothing", pinned());
		dma_map_memory(u, mem);
	}
	printf("%d rounds\n", round);
}

static const struct {
	const char *name;
	void (*run)(const struct user *u);
} commands[] = {
	{ "pins", cmd_pins },
	{ "race", cmd_race },
};

int main(int argc, char **argv)
{
	bool iommufd = vfio_take_iommufd(&argc, &argv);
	struct user u;
	size_t i;

	for (i = 0; argc == 3 && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(argv[1], commands[i].name)) {
			vfio_open_by(&u, argv[2], iommufd);
			commands[i].run(&u);
			return fflush(stdout) ? 1 : 0;
		}
	errx(2, "usage: vfio_dma [--iommufd] pins|race DEVICE");
}
