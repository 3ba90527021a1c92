// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_talk: uses an instance of mdev_test, as the lines on standard input say
 *
 * Each line is answered by one: a word or a number if it succeeded, or the name of
 * the errno.
 *
 *	map REGION PAGES r|rw	map the beginning of a region
 *	read PAGE, write PAGE	access a page of it; "SIGBUS" if there is none
 *	protect			make the mapping writable
 *	listen START COUNT	set up eventfds for MSI vectors
 *	mute START COUNT	remove them
 *	trigger START COUNT	signal them now
 *	came			how often each was signalled since the last "came"
 *	reset			reset the instance
 *	span REGION AHEAD COUNT	read COUNT bytes from AHEAD of a region's end on;
 *				answers with how many there were
 *	give			give the instance memory
 *	fetch			let it read there, in another thread
 *	fetched			wait until it has
 */

#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vfio.h"

#define NR_VECTORS 4

struct talk {
	struct user user;
	uint64_t offsets[VFIO_PCI_NUM_REGIONS];
	volatile char *map;
	size_t size;
	int fds[NR_VECTORS];
	pthread_t fetcher;
};

static sigjmp_buf on_bus_error;

static void bus_error(int sig)
{
	(void)sig;
	siglongjmp(on_bus_error, 1);
}

static void answer(long rc, const char *word)
{
	printf("%s\n", rc < 0 ? strerrorname_np(errno) : word);
}

/* Asks for it once, and for that of region 0 not at all: it is known from the open. */
static uint64_t region_offset(struct talk *t, unsigned int region)
{
	if (region >= VFIO_PCI_NUM_REGIONS)
		errx(2, "no region %u", region);
	if (!region)
		return t->user.bar0;
	if (!t->offsets[region])
		t->offsets[region] = vfio_region_offset(t->user.device, region);
	return t->offsets[region];
}

static void do_map(struct talk *t, unsigned int region, unsigned int pages, const char *how)
{
	int prot = strcmp(how, "rw") ? PROT_READ : PROT_READ | PROT_WRITE;
	void *map;

	t->size = pages * (size_t)sysconf(_SC_PAGESIZE);
	map = mmap(NULL, t->size, prot, MAP_SHARED, t->user.device,
		   region_offset(t, region));
	if (map != MAP_FAILED)
		t->map = map;
	answer(map == MAP_FAILED ? -1 : 0, "mapped");
}

static void do_touch(struct talk *t, unsigned int page, int write)
{
	volatile char *at = t->map + page * (size_t)sysconf(_SC_PAGESIZE);

	if (sigsetjmp(on_bus_error, 1)) {
		printf("SIGBUS\n");
		return;
	}
	if (write)
		*at += 1;
	printf("%d\n", *at);
}

/* VFIO_DEVICE_SET_IRQS for COUNT vectors from START on, with eventfds if fds is given */
static void do_irqs(struct talk *t, unsigned int start, unsigned int count, const int *fds)
{
	char buf[sizeof(struct vfio_irq_set) + sizeof(t->fds)] = "";
	struct vfio_irq_set *set = (void *)buf;
	size_t size = fds ? count * sizeof(*fds) : 0;

	if (size > sizeof(t->fds))
		errx(2, "too many vectors");
	*set = (struct vfio_irq_set){
		.argsz = sizeof(*set) + size,
		.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
			 (fds ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE),
		.index = VFIO_PCI_MSI_IRQ_INDEX,
		.start = start,
		.count = count,
	};
	if (size)
		memcpy(set->data, fds, size);
	answer(ioctl(t->user.device, VFIO_DEVICE_SET_IRQS, set), "done");
}

static void do_came(struct talk *t)
{
	uint64_t count;
	int i;

	for (i = 0; i < NR_VECTORS; i++) {
		if (read(t->fds[i], &count, sizeof(count)) != sizeof(count))
			count = 0;
		printf("%llu%c", (unsigned long long)count, i < NR_VECTORS - 1 ? ' ' : '\n');
	}
}

static void do_span(struct talk *t, unsigned int region, unsigned int ahead, size_t count)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = region };
	static char buf[4096];
	ssize_t len;

	if (ioctl(t->user.device, VFIO_DEVICE_GET_REGION_INFO, &info))
		err(1, "VFIO_DEVICE_GET_REGION_INFO");
	len = pread(t->user.device, buf, count, info.offset + info.size - ahead);
	if (len < 0)
		answer(len, "");
	else
		printf("%zd\n", len);
}

/* Returns NULL if the instance could read the memory, else its argument */
static void *fetch(void *arg)
{
	const struct user *u = arg;
	uint64_t iova = DMA_IOVA;

	return pwrite(u->device, &iova, sizeof(iova), u->bar0) == sizeof(iova) ? NULL : arg;
}

static void do_fetched(struct talk *t)
{
	void *failed;

	errno = pthread_join(t->fetcher, &failed);
	if (errno)
		err(1, "pthread_join");
	puts(failed ? "failed" : "done");
}

static void obey(struct talk *t, const char *line)
{
	static const int none[NR_VECTORS] = { -1, -1, -1, -1 };
	char verb[16] = "", how[4] = "";
	unsigned int a = 0, b = 0;

	sscanf(line, "%15s %u %u %3s", verb, &a, &b, how);
	if (!strcmp(verb, "map"))
		do_map(t, a, b, how);
	else if (!strcmp(verb, "read") || !strcmp(verb, "write"))
		do_touch(t, a, !strcmp(verb, "write"));
	else if (!strcmp(verb, "protect"))
		answer(mprotect((void *)t->map, t->size, PROT_READ | PROT_WRITE), "done");
	else if (!strcmp(verb, "listen") && a < NR_VECTORS)
		do_irqs(t, a, b, t->fds + a);
	else if (!strcmp(verb, "mute"))
		do_irqs(t, a, b, none);
	else if (!strcmp(verb, "trigger"))
		do_irqs(t, a, b, NULL);
	else if (!strcmp(verb, "came"))
		do_came(t);
	else if (!strcmp(verb, "span"))
		do_span(t, a, b, atoi(how));
	else if (!strcmp(verb, "give"))
		answer(dma_map(&t->user) ? 0 : -1, "done");
	else if (!strcmp(verb, "fetch"))
		answer(pthread_create(&t->fetcher, NULL, fetch, &t->user) ? -1 : 0, "started");
	else if (!strcmp(verb, "fetched"))
		do_fetched(t);
	else if (!strcmp(verb, "reset"))
		answer(ioctl(t->user.device, VFIO_DEVICE_RESET), "done");
	else
		errx(2, "not understood: %s", line);
}

int main(int argc, char **argv)
{
	char line[64];
	struct talk t = {};
	int i;

	if (argc != 2)
		errx(2, "usage: vfio_talk DEVICE");
	vfio_open(&t.user, argv[1]);
	for (i = 0; i < NR_VECTORS; i++) {
		t.fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (t.fds[i] < 0)
			err(1, "eventfd");
	}
	signal(SIGBUS, bus_error);
	setlinebuf(stdout);
	puts("open");
	while (fgets(line, sizeof(line), stdin))
		obey(&t, line);
	return 0;
}
