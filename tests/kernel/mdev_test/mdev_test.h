/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mdev_test: parents and a bus driver that do what a test tells them; what its
 * files share
 *
 * Everything is told and seen below /sys/kernel/debug/mdev_test:
 *
 * control	one command a write, whose errno is the command's:
 *		  register N [WORD...]	make platform device mdev_test.N a
 *					parent; see parent.c for the words
 *		  unregister N		take that back
 *		  driver [lack=OP]	register a further bus driver, and
 *					unregister it again
 *		  keep NAME		hold a reference of an instance
 *		  drop			give it back
 * kept		what is seen of the instance that is kept
 * left		instances that there were when the last unregister returned
 * areas	how many areas of region 0 can be mapped, in its capability
 * CALL/	a folder for each callback; see call.c
 */

#ifndef _MDEV_TEST_H
#define _MDEV_TEST_H

#include <linux/dcache.h>

#include "mdev.h"

/* The bus driver takes instances that speak this. */
#define TEST_DEVICE_API	"mdev_test"

enum test_call {
	TEST_CREATE,
	TEST_DESTROY,
	TEST_START,
	TEST_STOP,
	TEST_OPEN,
	TEST_CLOSE,
	TEST_DMA_UNMAP,
	TEST_PROBE,
	TEST_REMOVE,
	TEST_ATTRS,	/* the parent's attributes are about to be made */
	TEST_LIFECYCLE,	/* around create, destroy, start and stop */
	TEST_NR_CALLS
};

/* call.c */
void test_call_enter(enum test_call call);
int test_call_leave(enum test_call call);
int test_call(enum test_call call);
void test_calls_add(struct dentry *folder);

/* parent.c */
extern u32 test_areas;
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
