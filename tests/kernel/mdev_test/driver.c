// SPDX-License-Identifier: GPL-2.0-only
/*
 * A second bus driver, next to vfio_mdev. It binds instances, but does not give
 * them to user space.
 */

#include <linux/module.h>
#include <linux/string.h>

#include "mdev_test.h"

static int test_driver_probe(struct mdev_device *mdev)
{
	return test_call(TEST_PROBE);
}

static void test_driver_remove(struct mdev_device *mdev)
{
	test_call(TEST_REMOVE);
}

static bool test_driver_match(struct mdev_device *mdev)
{
	return !strcmp(mdev->parent->ops->device_api, TEST_DEVICE_API);
}

static bool test_driver_match_none(struct mdev_device *mdev)
{
	test_call(TEST_MATCH);
	return false;
}

static int test_driver_pin_pages(struct mdev_device *mdev, dma_addr_t iova,
				 int npage, int prot, struct page **pages)
{
	return -EOPNOTSUPP;
}

static struct mdev_driver test_driver = {
	.name = "mdev_test",
	.probe = test_driver_probe,
	.remove = test_driver_remove,
	.match = test_driver_match,
};

/* Registers a bus driver that lacks what the word names, and unregisters it again */
int test_driver_try(const char *word)
{
	struct mdev_driver drv = {
		.name = "mdev_test_more",
		.probe = test_driver_probe,
		.remove = test_driver_remove,
		.match = test_driver_match_none,
	};
	struct mdev_build build = MDEV_BUILD;
	int rc;

	if (word && !strcmp(word, "lack=name"))
		drv.name = NULL;
	else if (word && !strcmp(word, "lack=probe"))
		drv.probe = NULL;
	else if (word && !strcmp(word, "lack=remove"))
		drv.remove = NULL;
	else if (word && !strcmp(word, "lack=unpin_pages"))
		drv.pin_pages = test_driver_pin_pages;
	else if (word && !strcmp(word, "build=api"))
		build.api++;
	else if (word)
		return -ENOENT;

	rc = mdev_register_bus_driver(&drv, THIS_MODULE, &build);
	if (!rc)
		mdev_unregister_driver(&drv);
	return rc;
}

int test_driver_init(void)
{
	return mdev_register_driver(&test_driver, THIS_MODULE);
}

void test_driver_exit(void)
{
	mdev_unregister_driver(&test_driver);
}
