// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's interface: bus drivers, and their binding to instances
 *
 * The includes are those of the kernel's drivers/vfio/mdev/mdev_driver.c, in
 * their order; mdev_kernel_parent.c says why.
 */

#include <linux/iommu.h>
#include <linux/mdev.h>

#include "mdev_kernel.h"

static struct mdev_driver *to_mdev_driver(struct device_driver *driver)
{
	return container_of(driver, struct mdev_driver, driver);
}

/* An instance is bound to the driver that its parent was registered with. */
bool mdev_kernel_match(struct device *dev, const struct device_driver *driver)
{
	return driver == &to_mdev_device(dev)->type->parent->mdev_driver->driver;
}

int mdev_kernel_probe(struct device *dev)
{
	struct mdev_driver *drv = to_mdev_driver(dev->driver);
	struct mdev_device *mdev = to_mdev_device(dev);
	int rc;

	rc = drv->probe ? drv->probe(mdev) : 0;
	mdev->active = !rc;
	return rc;
}

void mdev_kernel_remove(struct device *dev)
{
	struct mdev_driver *drv = to_mdev_driver(dev->driver);
	struct mdev_device *mdev = to_mdev_device(dev);

	mdev->active = false;
	if (drv->remove)
		drv->remove(mdev);
}

/**
 * mdev_register_driver() - register a driver of the kernel's interface
 * @drv: the driver, with device_api and driver.name set
 *
 * Context: process context.
 * Return: 0; -EINVAL if something required is missing, which is logged; -EBUSY
 * if there is a driver of that name; or another error of driver_register().
 */
int mdev_register_driver(struct mdev_driver *drv)
{
	if (!drv->driver.name || !drv->device_api) {
		pr_err("mdev: driver %s lacks driver.name or device_api\n",
		       drv->driver.name ?: "(unnamed)");
		return -EINVAL;
	}
	return mdev_bus_add_driver(&drv->driver, &mdev_kernel_interface);
}
EXPORT_SYMBOL(mdev_register_driver);

/**
 * mdev_unregister_driver() - undo mdev_register_driver()
 * @drv: a registered driver
 *
 * Waits until user space has let go of its instances. If they have a parent
 * still, they stay, without a driver.
 *
 * Context: process context.
 */
void mdev_unregister_driver(struct mdev_driver *drv)
{
	mdev_bus_remove_driver(&drv->driver);
}
EXPORT_SYMBOL(mdev_unregister_driver);
