// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mdev bus: which drivers are on it, and their binding to instances
 *
 * Each interface adds its drivers. A driver is offered the instances of its own
 * interface only.
 */

#include <linux/xarray.h>

#include "compat.h"
#include "mdev_private.h"

/* The interface of each driver on the bus, by the struct device_driver */
static DEFINE_XARRAY(mdev_bus_drivers);

/*
 * When a driver comes, the driver core asks it about every device that it finds
 * on the bus, also about one that is leaving it meanwhile. So make sure that
 * what belongs to the parent's driver still exists.
 */
static int mdev_bus_match(struct device *dev,
			  compat_match_const struct device_driver *drv)
{
	struct mdev_core_device *mdev = to_mdev_core_device(dev);
	const struct mdev_interface *interface = mdev_device_interface(mdev);
	int rc;

	mutex_lock(&mdev->op_lock);
	rc = !mdev->gone && mdev_bus_has_driver(drv, interface) &&
	     interface->match(dev, drv);
	mutex_unlock(&mdev->op_lock);
	return rc;
}

/*
 * While a driver is being bound or unbound, removal of the instance is refused
 * with -EBUSY rather than kept waiting: a driver's remove waits for user space,
 * and user space can open the instance before the probe has returned.
 */
static void mdev_set_changing(struct mdev_core_device *mdev, bool changing)
{
	mutex_lock(&mdev->op_lock);
	mdev->drv_changing = changing;
	mutex_unlock(&mdev->op_lock);
}

static int mdev_bus_probe(struct device *dev)
{
	struct mdev_core_device *mdev = to_mdev_core_device(dev);
	int rc;

	mdev_set_changing(mdev, true);
	rc = mdev_device_interface(mdev)->probe(dev);
	/* For mdev_device_bind(), which the driver core does not tell. */
	WRITE_ONCE(mdev->probe_error, rc);
	mdev_set_changing(mdev, false);
	return rc;
}

static void mdev_bus_remove(struct device *dev)
{
	struct mdev_core_device *mdev = to_mdev_core_device(dev);

	mdev_set_changing(mdev, true);
	mdev_device_interface(mdev)->remove(dev);
	mdev_set_changing(mdev, false);
}

struct bus_type mdev_bus_type = {
	.name = "mdev",
	.match = mdev_bus_match,
	.probe = mdev_bus_probe,
	.remove = mdev_bus_remove,
};
EXPORT_SYMBOL_GPL(mdev_bus_type);

/**
 * mdev_bus_has_driver() - whether a driver is on the bus
 * @drv: the driver
 * @interface: the interface that must have added it
 *
 * Context: any.
 * Return: true if so.
 */
bool mdev_bus_has_driver(const struct device_driver *drv,
			 const struct mdev_interface *interface)
{
	return xa_load(&mdev_bus_drivers, (unsigned long)drv) == interface;
}

/**
 * mdev_bus_add_driver() - register a driver with the bus
 * @drv: the driver; its name and owner are set
 * @interface: the interface whose instances it is offered
 *
 * It probes every instance that it matches and that has no driver.
 *
 * Context: process context.
 * Return: 0, -EBUSY if there is a driver of that name or this one is registered
 * already, -ENOMEM, or another error of driver_register().
 */
int mdev_bus_add_driver(struct device_driver *drv,
			const struct mdev_interface *interface)
{
	int rc;

	/* First: the bus asks for it while the driver is being registered. */
	rc = xa_insert(&mdev_bus_drivers, (unsigned long)drv,
		       (void *)interface, GFP_KERNEL);
	if (rc)
		return rc;
	drv->bus = &mdev_bus_type;
	rc = driver_register(drv);
	if (rc)
		xa_erase(&mdev_bus_drivers, (unsigned long)drv);
	return rc;
}

/**
 * mdev_bus_remove_driver() - undo mdev_bus_add_driver()
 * @drv: a registered driver
 *
 * Waits until user space has let go of its instances. They stay, without a
 * driver.
 *
 * Context: process context.
 */
void mdev_bus_remove_driver(struct device_driver *drv)
{
	driver_unregister(drv);
	xa_erase(&mdev_bus_drivers, (unsigned long)drv);
}

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
