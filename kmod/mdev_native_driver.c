// SPDX-License-Identifier: GPL-2.0-only
/*
 * The project's own interface: bus drivers, their binding to instances, and the
 * services that they provide to parent drivers
 */

#include <linux/iommu.h>
#include <linux/mmap_lock.h>
#include <linux/module.h>

#include "mdev_native.h"

bool mdev_native_match(struct device *dev, const struct device_driver *driver)
{
	const struct mdev_driver *drv =
		container_of(driver, struct mdev_driver, driver);

	return !drv->match || drv->match(to_mdev_device(dev));
}

int mdev_native_probe(struct device *dev)
{
	struct mdev_driver *drv = to_mdev_driver(dev->driver);
	struct mdev_device *mdev = to_mdev_device(dev);
	int rc;

	rc = drv->probe(mdev);
	if (rc)
		return rc;
	mdev->drv = drv;
	/*
	 * VFIO has made the group, unless it is built without groups. Put in
	 * mdev_native_remove().
	 */
	mdev->group = iommu_group_get(dev);
	return 0;
}

void mdev_native_remove(struct device *dev)
{
	struct mdev_device *mdev = to_mdev_device(dev);
	struct iommu_group *group = mdev->group;

	mdev->drv->remove(mdev);
	mdev->drv = NULL;
	mdev->group = NULL;
	/* Pairs with the get in mdev_native_probe() */
	iommu_group_put(group);
}

bool mdev_native_in_use(struct device *dev)
{
	struct mdev_device *mdev = to_mdev_device(dev);

	return mdev->open ||
	       (mdev->drv && mdev->drv->in_use && mdev->drv->in_use(mdev));
}

void mdev_native_request(struct device *dev)
{
	struct mdev_device *mdev = to_mdev_device(dev);
	const struct parent_ops *ops = mdev->parent->ops;
	unsigned int count = mdev->requests++;
	bool asked = false;

	if (mdev->drv && mdev->drv->request)
		asked = mdev->drv->request(mdev);
	if (mdev->open && ops->request) {
		ops->request(mdev, count);
		asked = true;
	}
	if (asked && !(count % 10))
		dev_notice_ratelimited(dev, "its user is asked to let go of it (request %u)\n",
				       count);
	else if (!asked && !count)
		dev_warn(dev, "its user cannot be asked to let go of it: waiting until that closes it\n");
}

/**
 * mdev_request_device() - ask the users of an instance to let go of it
 * @mdev: the instance, of which the calling bus driver waits for users
 *
 * Calls &mdev_driver.request and &parent_ops.request.
 *
 * Context: process context.
 */
void mdev_request_device(struct mdev_device *mdev)
{
	mdev_device_lock(&mdev->dev);
	mdev_native_request(&mdev->dev);
	mdev_device_unlock(&mdev->dev);
}
EXPORT_SYMBOL_GPL(mdev_request_device);

/**
 * mdev_register_bus_driver() - what mdev_register_driver() stands for
 * @drv: the driver
 * @owner: its module
 * @build: what that was built with
 *
 * Return: see mdev_register_driver().
 */
int mdev_register_bus_driver(struct mdev_driver *drv, struct module *owner,
			     const struct mdev_build *build)
{
	if (!mdev_native_fits(owner ? module_name(owner) : "a bus driver",
			      build))
		return -EINVAL;
	if (!drv->name || !drv->probe || !drv->remove ||
	    !drv->pin_pages != !drv->unpin_pages) {
		pr_err("mdev: bus driver %s lacks name, probe, remove or unpin_pages\n",
		       drv->name ?: "(unnamed)");
		return -EINVAL;
	}

	drv->driver.name = drv->name;
	drv->driver.owner = owner;
	return mdev_bus_add_driver(&drv->driver, &mdev_native_interface);
}
EXPORT_SYMBOL_GPL(mdev_register_bus_driver);

/**
 * mdev_unregister_bus_driver() - what mdev_unregister_driver() stands for
 * @drv: a registered driver
 */
void mdev_unregister_bus_driver(struct mdev_driver *drv)
{
	mdev_bus_remove_driver(&drv->driver);
}
EXPORT_SYMBOL_GPL(mdev_unregister_bus_driver);

static int mdev_group_get_mdev(struct device *dev, void *data)
{
	struct mdev_device **mdev = data;

	if (!dev_is_mdev(dev))
		return 0;
	*mdev = mdev_get_device(to_mdev_device(dev));
	return 1;
}

/**
 * mdev_get_device_by_group() - find the instance of an IOMMU group
 * @group: the group
 *
 * Context: process context.
 * Return: the instance, with a reference that the caller drops with
 * mdev_put_device(); NULL if the group has no instance.
 */
struct mdev_device *mdev_get_device_by_group(struct iommu_group *group)
{
	struct mdev_device *mdev = NULL;

	iommu_group_for_each_dev(group, &mdev, mdev_group_get_mdev);
	return mdev;
}
EXPORT_SYMBOL_GPL(mdev_get_device_by_group);

/*
 * The services below are for open instances: from mdev_open_device() until
 * mdev_close_device(). A parent driver should have ended everything in its close
 * that could use them. But an interrupt of its hardware may be late, so a late
 * use is refused rather than given to a bus driver that is not there any more.
 *
 * Each use is counted while it lasts, in service_users, where an open instance
 * counts as one more. At 0 none begins, and the close waits for 0.
 */

/* Returns NULL if the instance is not open; otherwise pairs with the end */
static __always_inline const struct mdev_driver *
mdev_service_begin(struct mdev_device *mdev)
{
	if (!refcount_inc_not_zero(&mdev->service_users))
		return NULL;
	return to_mdev_driver(mdev->dev.driver);
}

static __always_inline void mdev_service_end(struct mdev_device *mdev)
{
	if (refcount_dec_and_test(&mdev->service_users))
		complete(&mdev->services_unused);
}

/**
 * mdev_services_open() - let the parent driver use the services
 * @mdev: an instance that is about to be opened; the caller has locked it
 */
void mdev_services_open(struct mdev_device *mdev)
{
	reinit_completion(&mdev->services_unused);
	refcount_set(&mdev->service_users, 1);
}

/**
 * mdev_services_close() - undo mdev_services_open()
 * @mdev: the instance, which its parent driver has closed; the caller has
 *	locked it
 *
 * When this returns, no service is in use.
 */
void mdev_services_close(struct mdev_device *mdev)
{
	mdev_service_end(mdev);
	wait_for_completion(&mdev->services_unused);
}

/*
 * Guest memory is memory of a user, which may have to be faulted in: that takes
 * the user's mmap lock. Lockdep is told so each time, and not only when a page is
 * missing. A kernel thread takes the lock as well, but has none of its own to
 * show.
 */
static void mdev_might_fault(void)
{
	might_sleep();
	if (current->mm)
		might_lock_read(&current->mm->mmap_lock);
}

/**
 * mdev_pin_pages() - pin pages of guest memory
 * @mdev: an open instance
 * @iova: guest address of the first page, page-aligned
 * @npage: number of pages, at most VFIO_PIN_PAGES_MAX_ENTRIES
 * @prot: IOMMU_READ, IOMMU_WRITE or both
 * @pages: filled with the pages
 *
 * The driver unpins them with mdev_unpin_pages(): when it no longer needs them,
 * and at the latest when &parent_ops.dma_unmap tells it to.
 *
 * Context: process context, between open and close of the instance. Takes the
 * mmap lock of the user: the caller holds no lock that its
 * &parent_ops.validate_map_request takes.
 * Return: the number of pages pinned; -E2BIG if @npage is too large; -EOPNOTSUPP
 * if the bus driver has no guest memory or the parent driver has no dma_unmap;
 * -ENODEV if the instance is not open; or another error.
 */
int mdev_pin_pages(struct mdev_device *mdev, dma_addr_t iova, int npage,
		   int prot, struct page **pages)
{
	const struct mdev_driver *drv;
	int rc = -EOPNOTSUPP;

	mdev_might_fault();
	if (npage > VFIO_PIN_PAGES_MAX_ENTRIES)
		return -E2BIG;
	drv = mdev_service_begin(mdev);
	if (!drv)
		return -ENODEV;
	if (drv->pin_pages && mdev->parent->ops->dma_unmap)
		rc = drv->pin_pages(mdev, iova, npage, prot, pages);
	mdev_service_end(mdev);
	return rc;
}
EXPORT_SYMBOL_GPL(mdev_pin_pages);

/**
 * mdev_unpin_pages() - undo mdev_pin_pages()
 * @mdev: the instance
 * @iova: guest address of the first page
 * @npage: number of pages
 *
 * Does nothing if the instance is not open.
 *
 * Context: process context, between open and close of the instance.
 */
void mdev_unpin_pages(struct mdev_device *mdev, dma_addr_t iova, int npage)
{
	const struct mdev_driver *drv = mdev_service_begin(mdev);

	if (!drv)
		return;
	if (drv->unpin_pages)
		drv->unpin_pages(mdev, iova, npage);
	mdev_service_end(mdev);
}
EXPORT_SYMBOL_GPL(mdev_unpin_pages);

static int mdev_rw_memory(struct mdev_device *mdev, dma_addr_t iova,
			  void *data, size_t len, bool write)
{
	const struct mdev_driver *drv;
	int rc = -EOPNOTSUPP;

	mdev_might_fault();
	drv = mdev_service_begin(mdev);
	if (!drv)
		return -ENODEV;
	if (drv->rw_memory)
		rc = drv->rw_memory(mdev, iova, data, len, write);
	mdev_service_end(mdev);
	return rc;
}

/**
 * mdev_read_memory() - copy from the guest's memory
 * @mdev: an open instance
 * @iova: guest address
 * @data: filled
 * @len: number of bytes
 *
 * Context: process context, between open and close of the instance; with a type
 * 1 container, a kernel thread, or a thread of the process whose memory it is.
 * Takes the mmap lock of the user: the caller holds no lock that its
 * &parent_ops.validate_map_request takes.
 * Return: 0; -EOPNOTSUPP if the bus driver has no guest memory; -ENODEV if the
 * instance is not open; or another error, such as -EFAULT for a thread of another
 * process. After an error a part may have been copied.
 */
int mdev_read_memory(struct mdev_device *mdev, dma_addr_t iova, void *data,
		     size_t len)
{
	return mdev_rw_memory(mdev, iova, data, len, false);
}
EXPORT_SYMBOL_GPL(mdev_read_memory);

/**
 * mdev_write_memory() - copy to the guest's memory
 * @mdev: an open instance
 * @iova: guest address
 * @data: the bytes
 * @len: number of bytes
 *
 * Context: process context, between open and close of the instance; with a type
 * 1 container, a kernel thread, or a thread of the process whose memory it is.
 * Takes the mmap lock of the user: the caller holds no lock that its
 * &parent_ops.validate_map_request takes.
 * Return: 0; -EOPNOTSUPP if the bus driver has no guest memory; -ENODEV if the
 * instance is not open; or another error, such as -EFAULT for a thread of another
 * process. After an error a part may have been copied.
 */
int mdev_write_memory(struct mdev_device *mdev, dma_addr_t iova,
		      const void *data, size_t len)
{
	return mdev_rw_memory(mdev, iova, (void *)data, len, true);
}
EXPORT_SYMBOL_GPL(mdev_write_memory);

/**
 * mdev_signal() - raise an interrupt in the guest
 * @mdev: an open instance
 * @index: VFIO interrupt index
 * @vector: number within the index
 *
 * Context: any but NMI, between open and close of the instance. On a kernel with
 * PREEMPT_RT not hard interrupt context, since eventfds have locks that sleep
 * there: handlers are threads, unless they are requested with IRQF_NO_THREAD.
 * Return: 0, -ENOENT if the user has set up no eventfd for it, -EOPNOTSUPP if
 * the bus driver has no interrupts, -ENODEV if the instance is not open.
 */
int mdev_signal(struct mdev_device *mdev, unsigned int index,
		unsigned int vector)
{
	const struct mdev_driver *drv = mdev_service_begin(mdev);
	int rc = -EOPNOTSUPP;

	if (!drv)
		return -ENODEV;
	if (drv->signal)
		rc = drv->signal(mdev, index, vector);
	mdev_service_end(mdev);
	return rc;
}
EXPORT_SYMBOL_GPL(mdev_signal);

/**
 * mdev_revoke() - unmap all pages of the instance from user space
 * @mdev: an open instance
 *
 * When this returns, no page that &parent_ops.validate_map_request has allowed
 * before the call is mapped. When the user touches the mapping again, that
 * callback is called again. Does nothing if the instance is not open.
 *
 * Context: process context, between open and close of the instance. The caller
 * holds no lock that its validate_map_request takes.
 */
void mdev_revoke(struct mdev_device *mdev)
{
	const struct mdev_driver *drv = mdev_service_begin(mdev);

	if (!drv)
		return;
	if (drv->revoke)
		drv->revoke(mdev);
	mdev_service_end(mdev);
}
EXPORT_SYMBOL_GPL(mdev_revoke);
