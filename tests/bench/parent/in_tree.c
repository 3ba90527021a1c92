// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measured parent on the kernel's own core, where a parent driver is a VFIO
 * driver as well. It does as little as it can: one allocation for an instance,
 * one copy for an access, an eventfd that is signalled at once, and no power
 * management for VFIO's device, as vfio_mdev does on the other side.
 */

#include <linux/device.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "compat.h"
#include "weight.h"

struct in_tree {
	struct vfio_device vdev;
	struct weight weight;
	struct eventfd_ctx *trigger; /* under weight.lock */
};

static struct in_tree *to_in_tree(struct vfio_device *vdev)
{
	return container_of(vdev, struct in_tree, vdev);
}

static int in_tree_init_device(struct vfio_device *vdev)
{
	weight_init(&to_in_tree(vdev)->weight);
	return 0;
}

static int in_tree_open(struct vfio_device *vdev)
{
	return 0;
}

/* Returns the trigger that there was, for the caller to put */
static struct eventfd_ctx *in_tree_swap(struct in_tree *self,
					struct eventfd_ctx *trigger)
{
	mutex_lock(&self->weight.lock);
	swap(self->trigger, trigger);
	mutex_unlock(&self->weight.lock);
	return trigger;
}

static void in_tree_close(struct vfio_device *vdev)
{
	struct eventfd_ctx *trigger = in_tree_swap(to_in_tree(vdev), NULL);

	if (trigger)
		eventfd_ctx_put(trigger);
}

static ssize_t in_tree_read(struct vfio_device *vdev, char __user *buf,
			    size_t count, loff_t *ppos)
{
	struct in_tree *self = to_in_tree(vdev);
	ssize_t len = weight_clip(*ppos, count);
	unsigned long left;

	if (len < 0)
		return len;
	mutex_lock(&self->weight.lock);
	left = copy_to_user(buf, self->weight.regs + weight_offset(*ppos), len);
	mutex_unlock(&self->weight.lock);
	if (left)
		return -EFAULT;
	*ppos += len;
	return len;
}

static ssize_t in_tree_raise(struct in_tree *self, const char __user *buf,
			     size_t count)
{
	u32 times;

	if (count != sizeof(times))
		return -EINVAL;
	if (copy_from_user(&times, buf, sizeof(times)))
		return -EFAULT;
	mutex_lock(&self->weight.lock);
	while (times--)
		if (self->trigger)
			compat_eventfd_signal(self->trigger);
	mutex_unlock(&self->weight.lock);
	return count;
}

static ssize_t in_tree_write(struct vfio_device *vdev, const char __user *buf,
			     size_t count, loff_t *ppos)
{
	struct in_tree *self = to_in_tree(vdev);
	unsigned long left;
	ssize_t len;

	if (weight_region(*ppos) == WEIGHT_RAISE)
		return in_tree_raise(self, buf, count);
	len = weight_clip(*ppos, count);
	if (len < 0)
		return len;
	mutex_lock(&self->weight.lock);
	left = copy_from_user(self->weight.regs + weight_offset(*ppos), buf,
			      len);
	mutex_unlock(&self->weight.lock);
	if (left)
		return -EFAULT;
	*ppos += len;
	return len;
}

/* The kernels that ask for capabilities too do the copying. */
static int in_tree_get_region_info(struct vfio_device *vdev,
				   struct vfio_region_info *info,
				   struct vfio_info_cap *caps)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info->flags = 0;
	info->cap_offset = 0;
	info->size = 0;
	info->offset = (u64)info->index << WEIGHT_REGION_SHIFT;
	weight_region_info(info);
	return 0;
}

static long in_tree_ioctl_region_info(struct vfio_device *vdev,
				      void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;
	int rc;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	rc = in_tree_get_region_info(vdev, &info, NULL);
	if (rc)
		return rc;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

/* What the measurement asks for: an eventfd for the one vector */
static long in_tree_set_irqs(struct in_tree *self, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_set, count);
	struct eventfd_ctx *trigger;
	struct vfio_irq_set hdr;
	size_t size;
	s32 fd;
	int rc;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	rc = vfio_set_irqs_validate_and_prepare(&hdr, WEIGHT_NR_VECTORS,
						VFIO_PCI_NUM_IRQS, &size);
	if (rc)
		return rc;
	if (hdr.index != VFIO_PCI_MSI_IRQ_INDEX || size != sizeof(fd) ||
	    !(hdr.flags & VFIO_IRQ_SET_ACTION_TRIGGER))
		return -EINVAL;
	if (copy_from_user(&fd, arg + minsz, sizeof(fd)))
		return -EFAULT;
	trigger = eventfd_ctx_fdget(fd);
	if (IS_ERR(trigger))
		return PTR_ERR(trigger);
	trigger = in_tree_swap(self, trigger);
	if (trigger)
		eventfd_ctx_put(trigger);
	return 0;
}

static long in_tree_ioctl(struct vfio_device *vdev, unsigned int cmd,
			  unsigned long arg)
{
	switch (cmd) {
	case VFIO_DEVICE_GET_REGION_INFO:
		return in_tree_ioctl_region_info(vdev, (void __user *)arg);
	case VFIO_DEVICE_SET_IRQS:
		return in_tree_set_irqs(to_in_tree(vdev), (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static void in_tree_release_device(struct vfio_device *vdev)
{
	compat_vfio_free_device(vdev);
}

static const struct vfio_device_ops in_tree_device_ops = {
	.name = WEIGHT_PARENT,
	.init = in_tree_init_device,
	.release = in_tree_release_device,
	.open_device = in_tree_open,
	.close_device = in_tree_close,
	.read = in_tree_read,
	.write = in_tree_write,
	.ioctl = in_tree_ioctl,
	COMPAT_VFIO_DEVICE_OPS
	COMPAT_VFIO_REGION_INFO(in_tree_get_region_info)
};

static int in_tree_probe_instance(struct mdev_device *mdev)
{
	struct in_tree *self;
	int rc;

	self = vfio_alloc_device(in_tree, vdev, &mdev->dev,
				 &in_tree_device_ops);
	if (IS_ERR(self))
		return PTR_ERR(self);
	dev_set_drvdata(&mdev->dev, self);
	/* Otherwise its folder in sysfs has one more, power/, with 11 files */
	device_set_pm_not_required(&self->vdev.device);
	rc = vfio_register_emulated_iommu_dev(&self->vdev);
	if (rc)
		vfio_put_device(&self->vdev);
	return rc;
}

static void in_tree_remove_instance(struct mdev_device *mdev)
{
	struct in_tree *self = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&self->vdev);
	/* Pairs with vfio_alloc_device() in in_tree_probe_instance() */
	vfio_put_device(&self->vdev);
}

static struct mdev_driver in_tree_mdev_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.max_instances = WEIGHT_INSTANCES,
	.probe = in_tree_probe_instance,
	.remove = in_tree_remove_instance,
	.driver = {
		.name = WEIGHT_PARENT,
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
};

static struct mdev_type in_tree_type = {
	.sysfs_name = WEIGHT_TYPE,
	.pretty_name = WEIGHT_TYPE,
};

static struct mdev_type *in_tree_types[] = { &in_tree_type };
static struct mdev_parent in_tree_parent;

static void in_tree_unregister(void *data)
{
	mdev_unregister_parent(&in_tree_parent);
}

static int in_tree_probe(struct platform_device *pdev)
{
	int rc;

	rc = mdev_register_parent(&in_tree_parent, &pdev->dev,
				  &in_tree_mdev_driver, in_tree_types,
				  ARRAY_SIZE(in_tree_types));
	if (rc)
		return rc;
	return devm_add_action_or_reset(&pdev->dev, in_tree_unregister, NULL);
}

static struct platform_driver in_tree_driver = {
	.driver.name = WEIGHT_PARENT,
	.probe = in_tree_probe,
};

static struct platform_device *in_tree_pdev;

static int __init in_tree_init(void)
{
	int rc;

	rc = mdev_register_driver(&in_tree_mdev_driver);
	if (rc)
		return rc;
	rc = platform_driver_register(&in_tree_driver);
	if (rc)
		goto out_mdev;
	in_tree_pdev = platform_device_register_simple(WEIGHT_PARENT,
						       PLATFORM_DEVID_NONE,
						       NULL, 0);
	if (IS_ERR(in_tree_pdev)) {
		rc = PTR_ERR(in_tree_pdev);
		goto out_platform;
	}
	return 0;

out_platform:
	platform_driver_unregister(&in_tree_driver);
out_mdev:
	mdev_unregister_driver(&in_tree_mdev_driver);
	return rc;
}

static void __exit in_tree_exit(void)
{
	platform_device_unregister(in_tree_pdev);
	platform_driver_unregister(&in_tree_driver);
	mdev_unregister_driver(&in_tree_mdev_driver);
}

module_init(in_tree_init);
module_exit(in_tree_exit);

MODULE_DESCRIPTION("Measured parent for the kernel's own mediated device core");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
