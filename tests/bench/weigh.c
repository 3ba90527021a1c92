// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Weighs what the kernel does for an instance of the parent in tests/bench/parent. Runs in the
 * guest, whose clock counts instructions, and prints lines "NAME INSTRUCTIONS": the median of single
 * operations, or of batches where an operation is not much longer than reading the clock.
 *
 *	weigh NAME create FILE FIRST LAST	make the instances FIRST to LAST - 1 by a type's file "create"
 *	weigh NAME find FILE FIRST LAST		try it with those that are there: EEXIST
 *	weigh NAME remove FIRST LAST		remove them, by their file "remove"
 *	weigh NAME write-remove FIRST LAST	likewise, the file being open already
 *	weigh NAME access INSTANCE		region accesses and region info, by NAME-WHAT
 *	weigh NAME interrupt INSTANCE		interrupts, by NAME-WHAT
 *
 * Each line has its section in the profile; see profile.c.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../kernel/vfio.h"

#define UUID_FORMAT "00000000-0000-4000-8000-%012x"
#define NR_BATCHES 101
#define BATCH 20
#define NR_RAISED 1000

/* Regions of the parent; see parent/weight.h */
#define REGS 0
#define RAISE 1

static const char *name;

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void mark_begin(void)
{
	asm volatile("nopl 0x6d646576(%%rax)" ::: "memory");
}

static void mark_end(void)
{
	asm volatile("nopl 0x6d646577(%%rax)" ::: "memory");
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[(count - 1) / 2];
}

static void print(const char *what, uint64_t value)
{
	printf("%s%s%s %llu\n", name, *what ? "-" : "", what, (unsigned long long)value);
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		err(1, "cannot open %s", path);
	return fd;
}

/* Weighs op(number) for each number from first to last - 1 by itself. */
static void weigh_each(void (*op)(unsigned int number), unsigned int first, unsigned int last)
{
	uint64_t *took = calloc(last - first, sizeof(*took)), start;

	if (!took)
		err(1, "no memory");
	mark_begin();
	for (unsigned int i = first; i < last; i++) {
		start = now();
		op(i);
		took[i - first] = now() - start;
	}
	mark_end();
	print("", median(took, last - first));
	free(took);
}

/* Instances */

static int type_create;

static void make(unsigned int number)
{
	char uuid[64];
	int len = snprintf(uuid, sizeof(uuid), UUID_FORMAT, number);

	if (write(type_create, uuid, len) != len)
		err(1, "cannot create %s", uuid);
}

static void find(unsigned int number)
{
	char uuid[64];
	int len = snprintf(uuid, sizeof(uuid), UUID_FORMAT, number);

	if (write(type_create, uuid, len) == len || errno != EEXIST)
		errx(1, "there was no %s", uuid);
}

static int open_remove(unsigned int number)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/" UUID_FORMAT "/remove", number);
	return open_or_die(path, O_WRONLY);
}

static void write_remove(int fd)
{
	if (write(fd, "1", 1) != 1)
		err(1, "cannot remove an instance");
}

static void take_away(unsigned int number)
{
	int fd = open_remove(number);

	write_remove(fd);
	close(fd);
}

static int *removes;

static void take_away_open(unsigned int number)
{
	write_remove(removes[number]);
}

static void weigh_opened(unsigned int first, unsigned int last)
{
	removes = calloc(last, sizeof(*removes));
	if (!removes)
		err(1, "no memory");
	for (unsigned int i = first; i < last; i++)
		removes[i] = open_remove(i);
	weigh_each(take_away_open, first, last);
	for (unsigned int i = first; i < last; i++)
		close(removes[i]);
	free(removes);
}

/* Accesses */

struct access {
	int device;
	uint64_t pos;
	size_t size;
};

static void read_region(const struct access *access)
{
	uint8_t buf[256];

	if (pread(access->device, buf, access->size, access->pos) != (ssize_t)access->size)
		err(1, "cannot read %zu bytes", access->size);
}

static void write_region(const struct access *access)
{
	uint8_t buf[256] = { 0 };

	if (pwrite(access->device, buf, access->size, access->pos) != (ssize_t)access->size)
		err(1, "cannot write %zu bytes", access->size);
}

static void ask_region(const struct access *access)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = REGS };

	if (ioctl(access->device, VFIO_DEVICE_GET_REGION_INFO, &info) || info.size != 256)
		err(1, "VFIO_DEVICE_GET_REGION_INFO");
}

static void weigh_batches(const char *what, void (*op)(const struct access *access),
			  const struct access *access)
{
	uint64_t took[NR_BATCHES], start;

	mark_begin();
	for (unsigned int batch = 0; batch < NR_BATCHES; batch++) {
		start = now();
		for (unsigned int i = 0; i < BATCH; i++)
			op(access);
		took[batch] = now() - start;
	}
	mark_end();
	print(what, median(took, NR_BATCHES) / BATCH);
}

static void weigh_access(const char *instance)
{
	static const size_t sizes[] = { 1, 4, 256 };
	struct access access;
	struct user user;
	char what[32];

	/* The measured parent has no config space in which it would be enabled. */
	vfio_open_any(&user, instance);
	access.device = user.device;
	access.pos = vfio_region_offset(user.device, REGS);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		access.size = sizes[i];
		snprintf(what, sizeof(what), "read-%zu", access.size);
		weigh_batches(what, read_region, &access);
		snprintf(what, sizeof(what), "write-%zu", access.size);
		weigh_batches(what, write_region, &access);
	}
	weigh_batches("region-info", ask_region, &access);
}

/* Interrupts */

static void raise_irq(const struct user *user, uint64_t pos, uint32_t times)
{
	if (pwrite(user->device, &times, sizeof(times), pos) != sizeof(times))
		err(1, "cannot raise the interrupt");
}

/* What the parent's call takes where nobody waits */
static void weigh_signal(const struct user *user, uint64_t pos)
{
	uint64_t took[NR_BATCHES], start, middle;

	mark_begin();
	for (unsigned int i = 0; i < NR_BATCHES; i++) {
		start = now();
		raise_irq(user, pos, 0);
		middle = now();
		raise_irq(user, pos, NR_RAISED);
		took[i] = now() - middle - (middle - start);
	}
	mark_end();
	print("signal", median(took, NR_BATCHES) / NR_RAISED);
}

static void eventfd_wait(int fd)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) != sizeof(count))
		err(1, "eventfd");
}

/* Notes when each interrupt has come, and asks for the next */
static void listen_irqs(int irq, int ready, uint64_t *came)
{
	for (unsigned int i = 0; i < NR_BATCHES; i++) {
		eventfd_write(ready, 1);
		eventfd_wait(irq);
		came[i] = now();
	}
	_exit(0);
}

/* From the write that raises the interrupt until the process that waits for it has it */
static void weigh_delivery(const struct user *user, uint64_t pos, int irq)
{
	uint64_t *came = mmap(NULL, NR_BATCHES * sizeof(*came), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t raised[NR_BATCHES];
	int ready = eventfd(0, EFD_CLOEXEC), status;
	pid_t pid;

	if (came == MAP_FAILED || ready < 0)
		err(1, "cannot prepare");
	pid = fork();
	if (pid == 0)
		listen_irqs(irq, ready, came);
	mark_begin();
	for (unsigned int i = 0; i < NR_BATCHES; i++) {
		eventfd_wait(ready);
		raised[i] = now();
		raise_irq(user, pos, 1);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status)
		errx(1, "the listener failed");
	mark_end();
	for (unsigned int i = 0; i < NR_BATCHES; i++)
		raised[i] = came[i] - raised[i];
	print("delivery", median(raised, NR_BATCHES));
}

static void weigh_interrupt(const char *instance)
{
	struct user user;
	uint64_t pos;
	int irq = eventfd(0, EFD_CLOEXEC);

	if (irq < 0)
		err(1, "eventfd");
	vfio_open_any(&user, instance);
	pos = vfio_region_offset(user.device, RAISE);
	if (set_irqs(&user, VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_MSI_IRQ_INDEX, &irq))
		err(1, "VFIO_DEVICE_SET_IRQS");
	weigh_signal(&user, pos);
	eventfd_wait(irq);
	weigh_delivery(&user, pos, irq);
}

int main(int argc, char **argv)
{
	const char *verb = argc > 2 ? argv[2] : "";

	name = argv[1];
	if (!strcmp(verb, "remove") && argc == 5) {
		weigh_each(take_away, number(argv[3]), number(argv[4]));
	} else if (!strcmp(verb, "write-remove") && argc == 5) {
		weigh_opened(number(argv[3]), number(argv[4]));
	} else if (!strcmp(verb, "access") && argc == 4) {
		weigh_access(argv[3]);
	} else if (!strcmp(verb, "interrupt") && argc == 4) {
		weigh_interrupt(argv[3]);
	} else if (argc == 6 && (!strcmp(verb, "create") || !strcmp(verb, "find"))) {
		type_create = open_or_die(argv[3], O_WRONLY);
		weigh_each(*verb == 'c' ? make : find, number(argv[4]), number(argv[5]));
	} else {
		errx(2, "usage: weigh NAME create|find|remove|write-remove|access|interrupt ...");
	}
	return 0;
}
