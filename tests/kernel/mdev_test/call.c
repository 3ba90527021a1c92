// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callbacks: a test sees how often they are called, keeps them from returning,
 * and makes them fail
 *
 * Each has a folder with these files:
 *
 * calls	number of calls
 * now		number of calls that have not returned
 * most		largest value that "now" has had
 * error	errno that it returns; 0 for success
 * hold		if 1, calls do not return until it is 0 again
 *
 * All can be written; each test begins with 0 in them.
 */

#include <linux/debugfs.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "mdev_test.h"

struct test_knobs {
	const char *name;
	u32 calls;
	u32 now;
	u32 most;
	u32 error;
	u32 hold;
};

static struct test_knobs test_knobs[TEST_NR_CALLS] = {
	[TEST_CREATE] = { .name = "create" },
	[TEST_DESTROY] = { .name = "destroy" },
	[TEST_START] = { .name = "start" },
	[TEST_STOP] = { .name = "stop" },
	[TEST_OPEN] = { .name = "open" },
	[TEST_CLOSE] = { .name = "close" },
	[TEST_REGION_INFO] = { .name = "region_info" },
	[TEST_MEMORY] = { .name = "memory" },
	[TEST_IRQ_INFO] = { .name = "irq_info" },
	[TEST_SET_IRQS] = { .name = "set_irqs" },
	[TEST_RESET] = { .name = "reset" },
	[TEST_VALIDATE] = { .name = "validate" },
	[TEST_DMA_UNMAP] = { .name = "dma_unmap" },
	[TEST_REQUEST] = { .name = "request" },
	[TEST_PROBE] = { .name = "probe" },
	[TEST_REMOVE] = { .name = "remove" },
	[TEST_MATCH] = { .name = "match" },
	[TEST_ATTRS] = { .name = "attrs" },
	[TEST_LIFECYCLE] = { .name = "lifecycle" },
};

static DEFINE_SPINLOCK(test_counts_lock);
static DECLARE_WAIT_QUEUE_HEAD(test_released);

void test_call_enter(enum test_call call)
{
	struct test_knobs *knobs = &test_knobs[call];

	spin_lock(&test_counts_lock);
	knobs->calls++;
	knobs->now++;
	knobs->most = max(knobs->most, knobs->now);
	spin_unlock(&test_counts_lock);
	wait_event(test_released, !READ_ONCE(knobs->hold));
}

/* Returns the value that the callback has to return */
int test_call_leave(enum test_call call)
{
	struct test_knobs *knobs = &test_knobs[call];

	spin_lock(&test_counts_lock);
	knobs->now--;
	spin_unlock(&test_counts_lock);
	return -(int)READ_ONCE(knobs->error);
}

int test_call(enum test_call call)
{
	test_call_enter(call);
	return test_call_leave(call);
}

static int test_hold_get(void *data, u64 *val)
{
	struct test_knobs *knobs = data;

	*val = knobs->hold;
	return 0;
}

static int test_hold_set(void *data, u64 val)
{
	struct test_knobs *knobs = data;

	WRITE_ONCE(knobs->hold, !!val);
	/* Pairs with the wait in test_call_enter() */
	wake_up_all(&test_released);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(test_hold_fops, test_hold_get, test_hold_set,
			 "%llu\n");

void test_calls_add(struct dentry *folder)
{
	struct test_knobs *knobs;
	struct dentry *dir;

	for (knobs = test_knobs; knobs < test_knobs + TEST_NR_CALLS; knobs++) {
		dir = debugfs_create_dir(knobs->name, folder);
		debugfs_create_u32("calls", 0600, dir, &knobs->calls);
		debugfs_create_u32("now", 0600, dir, &knobs->now);
		debugfs_create_u32("most", 0600, dir, &knobs->most);
		debugfs_create_u32("error", 0600, dir, &knobs->error);
		debugfs_create_file_unsafe("hold", 0600, dir, knobs,
					   &test_hold_fops);
	}
}
