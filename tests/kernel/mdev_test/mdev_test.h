/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mdev_test: parents and a bus driver that tests control, and what its files
 * share
 *
 * Tests use these files below /sys/kernel/debug/mdev_test:
 *
 * control	each write is a command, and returns its errno:
 *		  register N [WORD...]	make platform device mdev_test.N a
 *					parent; see parent.c for the words
 *		  unregister N		unregister that parent
 *		  driver [WORD]		register a further bus driver, and
 *					unregister it again
 *		  keep NAME		hold a reference of an instance
 *		  drop			drop that reference
 *		  signal INDEX VECTOR	raise an interrupt of the kept instance
 *		  revoke		unmap all pages of the kept instance
 * kept		whether the kept instance is found by its group
 * services	results of all services for the kept instance, when it is opened
 *		by a bus driver that has none
 * left		number of instances when the last unregister returned
 * areas	number of areas that can be mapped, in the capability of region 0
 * pin		if 1, instances pin a page of their user when they are opened
 * pinned	number of such pages
 * frame	if not 0, number of the page that mappings have instead
 * combine	if 1, mappings are to be write-combining
 * excess	number of bytes by which reads and writes return too much
 * strays	number of calls for an instance that was not open, of callbacks that
 *		are for open ones; and of accesses that are not in one region
 * irqs		arguments of the last set_irqs: flags, index, start, count
 * CALL/	a folder for each callback; see call.c
 */

#ifndef _MDEV_TEST_H
#define _MDEV_TEST_H

#include <linux/atomic.h>
#include <linux/dcache.h>
#include <linux/mutex.h>

#include "mdev.h"

/* The bus driver takes instances with this device_api. */
#define TEST_DEVICE_API	"mdev_test"

enum test_call {
	TEST_CREATE,
	TEST_DESTROY,
	TEST_START,
	TEST_STOP,
	TEST_OPEN,
	TEST_CLOSE,
	TEST_REGION_INFO,
	TEST_MEMORY,	/* the user's memory is about to be read */
	TEST_IRQ_INFO,
	TEST_SET_IRQS,
	TEST_RESET,
	TEST_VALIDATE,
	TEST_DMA_UNMAP,
	TEST_REQUEST,
	TEST_PROBE,
	TEST_REMOVE,
	TEST_MATCH,	/* of the bus driver that matches nothing */
	TEST_ATTRS,	/* the parent's attributes are about to be made */
	TEST_LIFECYCLE,	/* around create, destroy, start and stop */
	TEST_NR_CALLS
};

/* call.c */
void test_call_enter(enum test_call call);
int test_call_leave(enum test_call call);
int test_call(enum test_call call);
void test_calls_add(struct dentry *folder);

/**
 * struct test_instance - the parent driver's data of an instance
 * @params: the params that it was made with
 * @open: true from the end of open to the beginning of close
 * @page: the page that mappings have
 * @pin_lock: guards @pinned
 * @pinned: a page of the user is pinned
 * @memory_lock: held to describe regions, and to read the user's memory
 */
struct test_instance {
	char *params;
	bool open;
	struct page *page;
	struct mutex pin_lock; /* pinned */
	bool pinned;
	struct mutex memory_lock; /* around reads of memory */
};

/* use.c */
struct test_irqs {
	u32 flags;
	unsigned int index;
	unsigned int start;
	unsigned int count;
};

extern u32 test_areas;
extern u32 test_pin;
extern u32 test_excess;
extern u32 test_frame;
extern u32 test_combine;
extern atomic_t test_pinned;
extern atomic_t test_strays;
extern struct test_irqs test_irqs;

struct test_instance *test_instance_new(const char *params);
void test_instance_free(struct test_instance *inst);
int test_open(struct mdev_device *mdev);
void test_close(struct mdev_device *mdev);
ssize_t test_read(struct mdev_device *mdev, char *buf, size_t count,
		  loff_t pos);
ssize_t test_write(struct mdev_device *mdev, const char *buf, size_t count,
		   loff_t pos);
int test_get_region_info(struct mdev_device *mdev,
			 struct vfio_region_info *info,
			 struct vfio_info_cap *caps);
int test_get_irq_info(struct mdev_device *mdev, struct vfio_irq_info *info);
void test_set_irqs(struct mdev_device *mdev, u32 flags, unsigned int index,
		   unsigned int start, unsigned int count);
int test_reset(struct mdev_device *mdev);
int test_validate_map_request(struct mdev_device *mdev, loff_t pos,
			      unsigned long virtaddr, unsigned long *pfn,
			      unsigned long *size, pgprot_t *prot);
void test_dma_unmap(struct mdev_device *mdev, u64 iova, u64 length);
void test_request(struct mdev_device *mdev, unsigned int count);

/* parent.c */
extern u32 test_left;

int test_parent_register(unsigned int nr, char *words);
int test_parent_unregister(unsigned int nr);
int test_parents_init(void);
void test_parents_exit(void);

/* driver.c */
int test_driver_try(const char *word);
int test_driver_init(void);
void test_driver_exit(void);

#endif /* _MDEV_TEST_H */
