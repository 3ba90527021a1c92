// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_fuzz: makes random calls to an instance, in several threads at once
 *
 * Every ioctl, read, write and mapping of the instance, with numbers at and
 * beyond each limit. The seed determines the calls of each thread, but not how
 * the threads interleave. The program checks that every error is a documented
 * one. The suite checks the kernel's log, and that the instance works afterwards.
 *
 * Usage: vfio_fuzz [--iommufd] [--within] DEVICE SEED SECONDS; opens the instance by
 * its group, or by its own file. With --within it reads and writes only what the
 * instance says that its regions have: drivers that are samples trust their user so
 * far. Prints how many calls of each kind there were, and how they ended.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "iommufd.h"
#include "rng.h"
#include "vfio.h"

#define NR_THREADS 4
#define NR_FDS 8
#define REGION_SHIFT 40
#define BUF_SIZE 8192
#define ERRNO_MAX 134

enum kind { INFO, REGION_INFO, IRQ_INFO, SET_IRQS, RESET, FEATURE, READ, WRITE, MMAP, MAP_DMA,
	    ATTACH, GFX, UNKNOWN, NR_KINDS };

static const char *const kind_names[NR_KINDS] = {
	"info", "region-info", "irq-info", "set-irqs", "reset", "feature", "read", "write",
	"mmap", "map-dma", "attach", "gfx", "unknown",
};

/**
 * struct fuzzer - one thread
 * @rng: state of its random numbers
 * @buf: memory for arguments, with a page that cannot be accessed after it
 * @results: how often each kind of call ended with each errno; 0 is success
 * @faults: number of accesses to mappings that ended with SIGBUS
 * @u: the instance, which all threads share
 */
struct fuzzer {
	uint64_t rng;
	char *buf;
	unsigned long results[NR_KINDS][ERRNO_MAX];
	unsigned long faults;
	const struct user *u;
};

/* Open files of every kind, some of them eventfds */
static int fds[NR_FDS];

/* The regions of the instance, and the offset of one that can be mapped */
static struct vfio_region_info regions[VFIO_PCI_NUM_REGIONS];
static uint64_t mappable = 2ULL << REGION_SHIFT;
static bool within;
static volatile sig_atomic_t stop;
static size_t page;
static __thread sigjmp_buf fault;

static uint64_t below(struct fuzzer *f, uint64_t n)
{
	return rng_below(&f->rng, n);
}

/* A number that is probably a limit, or next to one */
static uint64_t border(struct fuzzer *f)
{
	static const uint64_t borders[] = {
		0, 1, 2, 4, 5, 7, 9, 16, 20, 24, 32, 64, 256, 4095, 4096, 8192, 0x40000, 0x100000,
		INT32_MAX, UINT32_MAX, 1ULL << 40, 7ULL << 40, 9ULL << 40, INT64_MAX,
	};
	uint64_t val = borders[below(f, sizeof(borders) / sizeof(*borders))];

	switch (below(f, 4)) {
	case 0:
		return val + below(f, 5) - 2;
	case 1:
		return -val;
	case 2:
		return rng_next(&f->rng);
	default:
		return val;
	}
}

/* Where to put an argument of that many bytes; mostly all of it is in memory */
static void *place(struct fuzzer *f, size_t size)
{
	char *end = f->buf + BUF_SIZE;

	switch (below(f, 16)) {
	case 0:
		return end - below(f, size + 1);
	case 1:
		return (void *)border(f);
	default:
		return end - size;
	}
}

/* A documented size, or anything */
static uint32_t argsz(struct fuzzer *f, uint32_t size)
{
	return below(f, 4) ? size : border(f);
}

static bool is_ours(struct fuzzer *f, const void *arg, size_t size)
{
	const char *p = arg;

	return p >= f->buf && p <= f->buf + BUF_SIZE - size;
}

/* Fills three words after argsz, if there is memory for them */
static void fill(struct fuzzer *f, uint32_t *arg, size_t size, uint32_t indices)
{
	size_t i;

	if (!is_ours(f, arg, size))
		return;
	for (i = 0; i < size / sizeof(*arg); i++)
		arg[i] = border(f);
	arg[0] = argsz(f, size);
	if (below(f, 4))
		arg[2] = below(f, indices + 1);
}

static int do_info(struct fuzzer *f)
{
	uint32_t *arg = place(f, sizeof(struct vfio_device_info));

	fill(f, arg, sizeof(struct vfio_device_info), 0);
	return ioctl(f->u->device, VFIO_DEVICE_GET_INFO, arg);
}

static int do_region_info(struct fuzzer *f)
{
	size_t size = sizeof(struct vfio_region_info) + 8 * below(f, 10);
	uint32_t *arg = place(f, size);

	fill(f, arg, size, VFIO_PCI_NUM_REGIONS);
	return ioctl(f->u->device, VFIO_DEVICE_GET_REGION_INFO, arg);
}

static int do_irq_info(struct fuzzer *f)
{
	uint32_t *arg = place(f, sizeof(struct vfio_irq_info));

	fill(f, arg, sizeof(struct vfio_irq_info), VFIO_PCI_NUM_IRQS);
	return ioctl(f->u->device, VFIO_DEVICE_GET_IRQ_INFO, arg);
}

/* Mostly one type of data and one action, and mostly a range that exists */
static int do_set_irqs(struct fuzzer *f)
{
	size_t data = 4 * below(f, 4), size = offsetof(struct vfio_irq_set, data) + data;
	struct vfio_irq_set *set = place(f, size);
	int32_t fd = below(f, 8) ? fds[below(f, NR_FDS)] : (int32_t)border(f);

	fill(f, (uint32_t *)set, size, VFIO_PCI_NUM_IRQS);
	if (!is_ours(f, set, size))
		return ioctl(f->u->device, VFIO_DEVICE_SET_IRQS, set);
	if (below(f, 8))
		set->flags = 1 << below(f, 3) | 8 << below(f, 3);
	set->index = below(f, 8) ? below(f, VFIO_PCI_NUM_IRQS + 1) : border(f);
	if (below(f, 4)) {
		set->start = 0;
		set->count = below(f, 8) ? 1 : 0;
	}
	if (data)
		memcpy(set->data, below(f, 8) ? &fd : &(int32_t){ -1 }, sizeof(fd));
	return ioctl(f->u->device, VFIO_DEVICE_SET_IRQS, set);
}

static int do_reset(struct fuzzer *f)
{
	const uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	int rc = ioctl(f->u->device, VFIO_DEVICE_RESET, border(f));

	/* Mostly, so that there is something to read and write */
	if (below(f, 8))
		pwrite(f->u->device, &command, sizeof(command), f->u->config + PCI_COMMAND);
	return rc;
}

/* A change of state may return a file, which is closed at once. */
static int do_mig_state(struct fuzzer *f)
{
	struct {
		struct vfio_device_feature feature;
		struct vfio_device_feature_mig_state state;
	} arg = {
		.feature = { .argsz = argsz(f, sizeof(arg)),
			     .flags = VFIO_DEVICE_FEATURE_SET | VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE },
		.state = { .device_state = below(f, 8) ? below(f, 9) : border(f), .data_fd = -1 },
	};
	char data[256];
	int rc = ioctl(f->u->device, VFIO_DEVICE_FEATURE, &arg);

	if (rc || arg.state.data_fd < 0)
		return rc;
	if (read(arg.state.data_fd, data, below(f, sizeof(data))) < 0)
		(void)!write(arg.state.data_fd, data, below(f, sizeof(data)));
	close(arg.state.data_fd);
	return 0;
}

static int do_feature(struct fuzzer *f)
{
	uint32_t *arg = place(f, 64), feature = below(f, 12);

	if (feature == VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE)
		return do_mig_state(f);
	fill(f, arg, 64, 16);
	if (is_ours(f, arg, 64))
		arg[1] = feature | 1 << (16 + below(f, 4));
	return ioctl(f->u->device, VFIO_DEVICE_FEATURE, arg);
}

/* Near the limits of a region, or anywhere; often in the engine's registers */
static uint64_t offset(struct fuzzer *f)
{
	uint64_t region = below(f, VFIO_PCI_NUM_REGIONS + 2) << REGION_SHIFT;

	switch (below(f, 4)) {
	case 0:
		return region + border(f);
	case 1:
		return border(f);
	default:
		return f->u->bar0 + 4 * below(f, 0x28);
	}
}

static size_t count(struct fuzzer *f)
{
	return below(f, 4) ? 1ULL << below(f, 4) : border(f);
}

/* Where to access the instance, and how much */
static uint64_t choose_access(struct fuzzer *f, size_t *n)
{
	const struct vfio_region_info *region = &regions[below(f, VFIO_PCI_NUM_REGIONS)];
	uint64_t at;

	*n = count(f);
	if (!within)
		return offset(f);
	/* Samples log each write that they do not know to the configuration space: few are made. */
	if (!region->size)
		region = &regions[VFIO_PCI_BAR0_REGION_INDEX];
	if (!region->size)
		region = &regions[VFIO_PCI_CONFIG_REGION_INDEX];
	at = below(f, region->size);
	/* mtty takes what is written to a BAR there for four bytes, however many there are. */
	if (region == &regions[VFIO_PCI_CONFIG_REGION_INDEX]) {
		at -= at % 4;
		*n = *n < 4 ? 4 : *n - *n % 4;
	}
	if (*n > region->size - at)
		*n = region->size - at;
	return region->offset + at;
}

static int do_read(struct fuzzer *f)
{
	size_t n;
	uint64_t at = choose_access(f, &n);

	return pread(f->u->device, place(f, n < BUF_SIZE ? n : BUF_SIZE), n, at);
}

static int do_write(struct fuzzer *f)
{
	size_t n;
	uint64_t at = choose_access(f, &n), val = below(f, 2) ? border(f) : below(f, 34);
	uint32_t *arg = place(f, n < BUF_SIZE ? n : BUF_SIZE);

	if (is_ours(f, arg, sizeof(val)))
		memcpy(arg, &val, sizeof(val));
	return pwrite(f->u->device, arg, n, at);
}

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(fault, 1);
}

static void touch(struct fuzzer *f, volatile char *map, size_t size)
{
	if (sigsetjmp(fault, 1)) {
		f->faults++;
		return;
	}
	map[below(f, size)] ^= 1;
}

/* Maps, touches, resizes or moves, touches again, and unmaps */
static int do_mmap(struct fuzzer *f)
{
	size_t size = below(f, 4) ? page * (1 + below(f, 3)) : border(f);
	size_t moved_size = page * (1 + below(f, 3));
	uint64_t where = below(f, 4) ? mappable + page * below(f, 3) : border(f);
	int flags = below(f, 8) ? MAP_SHARED : MAP_PRIVATE;
	char *map = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, f->u->device, where), *moved;

	if (map == MAP_FAILED)
		return -1;
	touch(f, map, size);
	moved = mremap(map, size, moved_size, below(f, 2) ? MREMAP_MAYMOVE : 0);
	if (moved != MAP_FAILED) {
		touch(f, moved, moved_size);
		map = moved;
		size = moved_size;
	}
	return munmap(map, size);
}

static int do_map_iommufd(struct fuzzer *f)
{
	struct iommu_ioas_map map = {
		.size = argsz(f, sizeof(map)),
		.flags = below(f, 8) ? 7 : border(f),
		.ioas_id = below(f, 8) ? f->u->ioas : border(f),
		.user_va = below(f, 8) ? (uintptr_t)f->buf : border(f),
		.length = below(f, 8) ? page : border(f) % (1ULL << 32),
		.iova = below(f, 4) * page,
	};
	struct iommu_ioas_unmap unmap = {
		.size = argsz(f, sizeof(unmap)),
		.ioas_id = f->u->ioas,
		.iova = below(f, 8) ? below(f, 4) * page : 0,
		.length = below(f, 8) ? page : UINT64_MAX,
	};

	if (below(f, 2))
		return ioctl(f->u->iommufd, IOMMU_IOAS_MAP, &map);
	return ioctl(f->u->iommufd, IOMMU_IOAS_UNMAP, &unmap);
}

/* One thread at a time: VFIO can deadlock with two when pages are pinned; see kmod/guide.rst */
static int unmap_type1(const struct user *u, struct vfio_iommu_type1_dma_unmap *unmap)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	int rc;

	pthread_mutex_lock(&lock);
	rc = ioctl(u->container, VFIO_IOMMU_UNMAP_DMA, unmap);
	pthread_mutex_unlock(&lock);
	return rc;
}

/* Gives memory for DMA, and takes it away while it is used */
static int do_map_dma(struct fuzzer *f)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = argsz(f, sizeof(map)),
		.flags = below(f, 8) ? 3 : border(f),
		.vaddr = below(f, 8) ? (uintptr_t)f->buf : border(f),
		.iova = below(f, 4) * page,
		.size = below(f, 8) ? page : border(f) % (1ULL << 32),
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = argsz(f, sizeof(unmap)), .iova = below(f, 4) * page, .size = page,
	};

	if (f->u->iommufd >= 0)
		return do_map_iommufd(f);
	/* A large mapping cannot be unmapped in part: sometimes unmap everything. */
	if (!below(f, 8))
		unmap = (struct vfio_iommu_type1_dma_unmap){
			.argsz = sizeof(unmap), .flags = VFIO_DMA_UNMAP_FLAG_ALL,
		};

	if (below(f, 2))
		return ioctl(f->u->container, VFIO_IOMMU_MAP_DMA, &map);
	return unmap_type1(f->u, &unmap);
}

/* Attaches and detaches all memory; binding again must be refused */
static int do_attach(struct fuzzer *f)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = argsz(f, sizeof(bind)), .iommufd = fds[below(f, NR_FDS)],
	};
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = argsz(f, sizeof(attach)),
		.flags = below(f, 8) ? 0 : border(f),
		.pt_id = below(f, 8) ? f->u->ioas : border(f),
	};

	switch (below(f, 8)) {
	case 0:
		return ioctl(f->u->device, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	case 1:
		return ioctl(f->u->device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &attach);
	default:
		return ioctl(f->u->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);
	}
}

/* What a display shows; the argument differs from that of all other calls */
static int do_gfx(struct fuzzer *f)
{
	uint32_t *arg = place(f, sizeof(struct vfio_device_gfx_plane_info));

	fill(f, arg, sizeof(struct vfio_device_gfx_plane_info), 2);
	if (is_ours(f, arg, sizeof(struct vfio_device_gfx_plane_info)))
		arg[1] = below(f, 9);
	return ioctl(f->u->device, VFIO_DEVICE_QUERY_GFX_PLANE, arg);
}

static int do_unknown(struct fuzzer *f)
{
	return ioctl(f->u->device, _IO(VFIO_TYPE, VFIO_BASE + 21 + below(f, 80)), place(f, 64));
}

static int (*const calls[NR_KINDS])(struct fuzzer *f) = {
	do_info, do_region_info, do_irq_info, do_set_irqs, do_reset, do_feature, do_read,
	do_write, do_mmap, do_map_dma, do_attach, do_gfx, do_unknown,
};

/* Resets are rare, since each waits for the physical engine. */
static enum kind choose(struct fuzzer *f)
{
	enum kind kind = below(f, NR_KINDS);

	return kind == RESET && below(f, 64) ? WRITE : kind;
}

static void *fuzz(void *arg)
{
	struct fuzzer *f = arg;
	enum kind kind;
	int rc;

	while (!stop) {
		kind = choose(f);
		rc = calls[kind](f);
		f->results[kind][rc < 0 ? errno % ERRNO_MAX : 0]++;
	}
	return NULL;
}

static void make_fuzzer(struct fuzzer *f, const struct user *u, uint64_t seed)
{
	f->u = u;
	f->rng = seed;
	f->buf = mmap(NULL, BUF_SIZE + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (f->buf == MAP_FAILED || mprotect(f->buf + BUF_SIZE, page, PROT_NONE))
		err(1, "mmap");
}

static void find_regions(const struct user *u)
{
	unsigned int i;

	for (i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		regions[i] = (struct vfio_region_info){ .argsz = sizeof(regions[i]), .index = i };
		if (ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, &regions[i]))
			err(1, "VFIO_DEVICE_GET_REGION_INFO %u", i);
		if (regions[i].flags & VFIO_REGION_INFO_FLAG_MMAP)
			mappable = regions[i].offset;
	}
}

static void open_files(const struct user *u)
{
	size_t i;

	for (i = 0; i < NR_FDS; i++)
		fds[i] = eventfd(0, EFD_NONBLOCK | (i % 2 ? EFD_SEMAPHORE : 0));
	close(fds[0]);
	fds[1] = open("/dev/null", O_RDWR);
	fds[2] = u->device;
	fds[3] = -1;
}

/* Whether a call may not end like this. A few errors come from memory management. */
static bool is_documented(enum kind kind, int error)
{
	switch (error) {
	case 0:
	case EINVAL:
	case EFAULT:
		return true;
	case ENOTTY:
		return kind == SET_IRQS || kind == FEATURE || kind == UNKNOWN || kind == GFX ||
		       kind == MAP_DMA || kind == ATTACH;
	case EBADF:
	case EBUSY:
		return kind == SET_IRQS || kind == MAP_DMA || kind == ATTACH;
	case EIO:
		/* With memory space disabled */
		return kind == READ || kind == WRITE;
	case ENODEV:
		return kind == FEATURE;
	case ENOENT:
		return kind == MAP_DMA || kind == ATTACH;
	case EEXIST:
	case EPERM:
	case ENOSPC:
	case EOPNOTSUPP:
		return kind == MAP_DMA || kind == FEATURE;
	case E2BIG:
		/* Too many ranges to log DMA in */
		return kind == MAP_DMA || kind == FEATURE;
	case EADDRINUSE:
		/* For a range that is not aligned: iopt_check_iova_alignment() of iommufd */
		return kind == MAP_DMA || kind == ATTACH;
	case ENOMEM:
		return kind == MMAP || kind == MAP_DMA;
	case EOVERFLOW:
		return kind == MMAP || kind == MAP_DMA || kind == FEATURE;
	default:
		return false;
	}
}

/* Returns the number of calls that ended as no call may */
static unsigned long report(const struct fuzzer *threads)
{
	unsigned long n, calls_made = 0, faults = 0, undocumented = 0;
	int kind, error, i;

	for (kind = 0; kind < NR_KINDS; kind++) {
		printf("%s:", kind_names[kind]);
		for (error = 0; error < ERRNO_MAX; error++) {
			for (n = 0, i = 0; i < NR_THREADS; i++)
				n += threads[i].results[kind][error];
			if (n)
				printf(" %s %lu", error ? strerrorname_np(error) : "ok", n);
			if (n && !is_documented(kind, error))
				undocumented += n;
			calls_made += n;
		}
		printf("\n");
	}
	for (i = 0; i < NR_THREADS; i++)
		faults += threads[i].faults;
	printf("%lu calls, %lu faults refused, %lu undocumented\n", calls_made, faults,
	       undocumented);
	return undocumented;
}

int main(int argc, char **argv)
{
	static struct fuzzer fuzzers[NR_THREADS];
	struct sigaction action = { .sa_handler = on_fault };
	pthread_t threads[NR_THREADS];
	void (*open_device)(struct user *u, const char *name) = vfio_open;
	struct user u;
	uint32_t seed, seconds;
	int i;

	if (argc > 1 && !strcmp(argv[1], "--iommufd")) {
		open_device = vfio_open_iommufd;
		argv++;
		argc--;
	}
	if (argc > 1 && !strcmp(argv[1], "--within")) {
		within = true;
		argv++;
		argc--;
	}
	if (argc != 4)
		errx(2, "usage: vfio_fuzz [--iommufd] [--within] DEVICE SEED SECONDS");
	seed = number(argv[2]);
	seconds = number(argv[3]);
	page = sysconf(_SC_PAGESIZE);
	sigaction(SIGBUS, &action, NULL);
	open_device(&u, argv[1]);
	find_regions(&u);
	open_files(&u);
	for (i = 0; i < NR_THREADS; i++) {
		make_fuzzer(&fuzzers[i], &u, ((uint64_t)seed << 8) + i + 1);
		if (pthread_create(&threads[i], NULL, fuzz, &fuzzers[i]))
			errx(1, "no thread");
	}
	while (seconds)
		seconds = sleep(seconds);
	stop = 1;
	for (i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("seed %u\n", seed);
	return report(fuzzers) ? 1 : 0;
}
