// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO's devices of an instance, for an interface whose bus drivers do not say
 * who uses them
 *
 * A driver makes a VFIO device for the instance that it binds, which VFIO
 * registers below the instance, in the class vfio-dev. Its reference count is
 * one for the registration, and one for each file that user space has opened,
 * by the group or below /dev/vfio/devices.
 */

#include <linux/refcount.h>
#include <linux/string.h>
#include <linux/vfio.h>

#include "mdev_kernel.h"

/* Calls fn for each device of VFIO below the instance until one returns not 0 */
struct mdev_vfio_walk {
	int (*fn)(struct vfio_device *vdev);
};

static int mdev_vfio_visit(struct device *child, void *data)
{
	struct mdev_vfio_walk *walk = data;

	if (!child->class || strcmp(child->class->name, "vfio-dev"))
		return 0;
	return walk->fn(container_of(child, struct vfio_device, device));
}

static int mdev_vfio_for_each(struct device *dev,
			      int (*fn)(struct vfio_device *vdev))
{
	struct mdev_vfio_walk walk = { fn };

	return device_for_each_child(dev, &walk, mdev_vfio_visit);
}

/* VFIO itself holds one reference. */
static int mdev_vfio_is_open(struct vfio_device *vdev)
{
	return refcount_read(&vdev->refcount) > 1;
}

static int mdev_vfio_ask(struct vfio_device *vdev)
{
	if (mdev_vfio_is_open(vdev) && vdev->ops->request)
		vdev->ops->request(vdev, 0);
	return 0;
}

/**
 * mdev_vfio_in_use() - whether user space has a VFIO device of an instance open
 * @dev: the instance; no driver is being bound to it or unbound
 *
 * The answer can change at once: VFIO has no way to unregister a device on
 * condition that nobody has it open.
 *
 * Context: process context; does not wait for user space.
 * Return: true if so.
 */
bool mdev_vfio_in_use(struct device *dev)
{
	return mdev_vfio_for_each(dev, mdev_vfio_is_open);
}

/**
 * mdev_vfio_request() - have the driver ask the users to let go of an instance
 * @dev: the instance; no driver is being bound to it or unbound
 *
 * VFIO asks again when the driver unregisters the VFIO device, every 10
 * seconds.
 *
 * Context: process context; does not wait for user space.
 */
void mdev_vfio_request(struct device *dev)
{
	mdev_vfio_for_each(dev, mdev_vfio_ask);
}
