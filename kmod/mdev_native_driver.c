// SPDX-License-Identifier: GPL-2.0-only
/*
 * The project's own interface: bus drivers, their binding to instances, and the
 * services that they provide to parent drivers
 */

#include <linux/iommu.h>
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
 * The services below are for open instances, which have a bus driver until they
 * are closed.
 */
static const struct mdev_driver *mdev_bound_driver(struct mdev_device *mdev)
{
	return to_mdev_driver(mdev->dev.driver);
}

/**
 * mdev_pin_pages() - pin pages of guest memory
 * @mdev: an open instance
 * @iova: guest address of the first page, page-aligned
 * @npage: number of pages
 * @prot: IOMMU_READ, IOMMU_WRITE or both
 * @pages: filled with the pages
 *
 * The driver unpins them with mdev_unpin_pages(): when it no longer needs them,
 * and at the latest when &parent_ops.dma_unmap tells it to.
 *
 * Context: process context, between open and close of the instance.
 * Return: the number of pages pinned; -EOPNOTSUPP if the bus driver has no
 * guest memory or the parent driver has no dma_unmap; or another error.
 */
int mdev_pin_pages(struct mdev_device *mdev, dma_addr_t iova, int npage,
		   int prot, struct page **pages)
{
	const struct mdev_driver *drv = mdev_bound_driver(mdev);

	if (!drv->pin_pages || !mdev->parent->ops->dma_unmap)
		return -EOPNOTSUPP;
	return drv->pin_pages(mdev, iova, npage, prot, pages);
}
EXPORT_SYMBOL_GPL(mdev_pin_pages);

/**
 * mdev_unpin_pages() - undo mdev_pin_pages()
 * @mdev: the instance
 * @iova: guest address of the first page
 * @npage: number of pages
 *
 * Context: process context, between open and close of the instance.
 */
void mdev_unpin_pages(struct mdev_device *mdev, dma_addr_t iova, int npage)
{
	const struct mdev_driver *drv = mdev_bound_driver(mdev);

	if (drv->unpin_pages)
		drv->unpin_pages(mdev, iova, npage);
}
EXPORT_SYMBOL_GPL(mdev_unpin_pages);

static int mdev_rw_memory(struct mdev_device *mdev, dma_addr_t iova,
			  void *data, size_t len, bool write)
{
	const struct mdev_driver *drv = mdev_bound_driver(mdev);

	if (!drv->rw_memory)
		return -EOPNOTSUPP;
	return drv->rw_memory(mdev, iova, data, len, write);
}

/**
 * mdev_read_memory() - copy from the guest's memory
 * @mdev: an open instance
 * @iova: guest address
 * @data: filled
 * @len: number of bytes
 *
 * Context: process context, between open and close of the instance.
 * Return: 0, -EOPNOTSUPP if the bus driver has no guest memory, or another
 * error. After an error a part may have been copied.
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
 * Context: process context, between open and close of the instance.
 * Return: 0, -EOPNOTSUPP if the bus driver has no guest memory, or another
 * error. After an error a part may have been copied.
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
 * Context: any, between open and close of the instance.
 * Return: 0, -ENOENT if the user has set up no eventfd for it, -EOPNOTSUPP if
 * the bus driver has no interrupts.
 */
int mdev_signal(struct mdev_device *mdev, unsigned int index,
		unsigned int vector)
{
	const struct mdev_driver *drv = mdev_bound_driver(mdev);

	if (!drv->signal)
		return -EOPNOTSUPP;
	return drv->signal(mdev, index, vector);
}
EXPORT_SYMBOL_GPL(mdev_signal);

/**
 * mdev_revoke() - unmap all pages of the instance from user space
 * @mdev: an open instance
 *
 * When this returns, no page that &parent_ops.validate_map_request has allowed
 * before the call is mapped. When the user touches the mapping again, that
 * callback is called again.
 *
 * Context: process context, between open and close of the instance. The caller
 * holds no lock that its validate_map_request takes.
 */
void mdev_revoke(struct mdev_device *mdev)
{
	const struct mdev_driver *drv = mdev_bound_driver(mdev);

	if (drv->revoke)
		drv->revoke(mdev);
}
EXPORT_SYMBOL_GPL(mdev_revoke);
