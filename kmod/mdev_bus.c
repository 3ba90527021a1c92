// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mdev bus: bus drivers, their binding to instances, and the services that
 * they provide to parent drivers
 */

#include <linux/iommu.h>
#include <linux/module.h>

#include "compat.h"
#include "mdev_private.h"

static int mdev_bus_match(struct device *dev,
			  compat_match_const struct device_driver *driver)
{
	const struct mdev_driver *drv = to_mdev_driver(driver);

	return !drv->match || drv->match(to_mdev_device(dev));
}

/*
 * While a driver is being bound or unbound, removal of the instance is refused
 * with -EBUSY rather than kept waiting: a driver's remove waits for user space,
 * and user space can open the instance before the probe has returned.
 */
static void mdev_set_driver(struct mdev_device *mdev,
			    const struct mdev_driver *drv, bool changing)
{
	mutex_lock(&mdev->op_lock);
	mdev->drv = drv;
	mdev->drv_changing = changing;
	mutex_unlock(&mdev->op_lock);
}

static int mdev_bus_probe(struct device *dev)
{
	struct mdev_driver *drv = to_mdev_driver(dev->driver);
	struct mdev_device *mdev = to_mdev_device(dev);
	int rc;

	mdev_set_driver(mdev, NULL, true);
	rc = drv->probe(mdev);
	/* For mdev_device_bind(), which the driver core does not tell. */
	WRITE_ONCE(mdev->probe_error, rc);
	if (!rc)
		/*
		 * VFIO has made the group, unless it is built without groups.
		 * Put in mdev_bus_remove().
		 */
		mdev->group = iommu_group_get(dev);
	mdev_set_driver(mdev, rc ? NULL : drv, false);
	return rc;
}

static void mdev_bus_remove(struct device *dev)
{
	struct mdev_driver *drv = to_mdev_driver(dev->driver);
	struct mdev_device *mdev = to_mdev_device(dev);
	struct iommu_group *group = mdev->group;

	mdev_set_driver(mdev, NULL, true);
	drv->remove(mdev);
	mdev->group = NULL;
	/* Pairs with the get in mdev_bus_probe() */
	iommu_group_put(group);
	mdev_set_driver(mdev, NULL, false);
}

struct bus_type mdev_bus_type = {
	.name = "mdev",
	.match = mdev_bus_match,
	.probe = mdev_bus_probe,
	.remove = mdev_bus_remove,
};
EXPORT_SYMBOL_GPL(mdev_bus_type);

/**
 * mdev_register_driver() - register a bus driver
 * @drv: the driver, with @name, @probe and @remove set
 * @owner: its module
 *
 * It probes every instance that it matches and that has no driver.
 *
 * Context: process context.
 * Return: 0, -EINVAL if something required is missing, -EBUSY if there is a
 * driver of that name, or another error of driver_register().
 */
int mdev_register_driver(struct mdev_driver *drv, struct module *owner)
{
	if (!drv->name || !drv->probe || !drv->remove ||
	    !drv->pin_pages != !drv->unpin_pages) {
		pr_err("mdev: bus driver %s lacks name, probe, remove or unpin_pages\n",
		       drv->name ?: "(unnamed)");
		return -EINVAL;
	}

	drv->driver.name = drv->name;
	drv->driver.bus = &mdev_bus_type;
	drv->driver.owner = owner;
	return driver_register(&drv->driver);
}
EXPORT_SYMBOL_GPL(mdev_register_driver);

/**
 * mdev_unregister_driver() - undo mdev_register_driver()
 * @drv: a registered driver
 *
 * Waits until user space has closed its instances. They stay, without a driver.
 *
 * Context: process context.
 */
void mdev_unregister_driver(struct mdev_driver *drv)
{
	driver_unregister(&drv->driver);
}
EXPORT_SYMBOL_GPL(mdev_unregister_driver);

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

int __init mdev_bus_register(void)
{
	int rc = bus_register(&mdev_bus_type);

	if (rc == -EEXIST)
		pr_err("mdev: another mediated device core is loaded; unload it first\n");
	return rc;
}

void mdev_bus_unregister(void)
{
	bus_unregister(&mdev_bus_type);
}
