// SPDX-License-Identifier: GPL-2.0-only
/*
 * The measured parent on our core
 */

#include <linux/device.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "mdev.h"
#include "weight.h"

static int ours_create(struct mdev_device *mdev, const char *params)
{
	struct weight *weight = kzalloc(sizeof(*weight), GFP_KERNEL);

	if (!weight)
		return -ENOMEM;
	weight_init(weight);
	mdev_set_drvdata(mdev, weight);
	return 0;
}

static void ours_destroy(struct mdev_device *mdev)
{
	kfree(mdev_get_drvdata(mdev));
}

static ssize_t ours_read(struct mdev_device *mdev, char *buf, size_t count,
			 loff_t pos)
{
	struct weight *weight = mdev_get_drvdata(mdev);
	ssize_t len = weight_clip(pos, count);

	if (len < 0)
		return len;
	mutex_lock(&weight->lock);
	memcpy(buf, weight->regs + weight_offset(pos), len);
	mutex_unlock(&weight->lock);
	return len;
}

static ssize_t ours_raise(struct mdev_device *mdev, const char *buf,
			  size_t count)
{
	u32 times;

	if (count != sizeof(times))
		return -EINVAL;
	memcpy(&times, buf, sizeof(times));
	while (times--)
		mdev_signal(mdev, VFIO_PCI_MSI_IRQ_INDEX, 0);
	return count;
}

static ssize_t ours_write(struct mdev_device *mdev, const char *buf,
			  size_t count, loff_t pos)
{
	struct weight *weight = mdev_get_drvdata(mdev);
	ssize_t len;

	if (weight_region(pos) == WEIGHT_RAISE)
		return ours_raise(mdev, buf, count);
	len = weight_clip(pos, count);
	if (len < 0)
		return len;
	mutex_lock(&weight->lock);
	memcpy(weight->regs + weight_offset(pos), buf, len);
	mutex_unlock(&weight->lock);
	return len;
}

static int ours_get_region_info(struct mdev_device *mdev,
				struct vfio_region_info *info,
				struct vfio_info_cap *caps)
{
	weight_region_info(info);
	return 0;
}

static int ours_get_irq_info(struct mdev_device *mdev,
			     struct vfio_irq_info *info)
{
	if (info->index == VFIO_PCI_MSI_IRQ_INDEX) {
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
		info->count = WEIGHT_NR_VECTORS;
	}
	return 0;
}

static const struct mdev_type_desc ours_types[] = {
	{ .name = WEIGHT_TYPE },
	{ }
};

static const struct parent_ops ours_ops = {
	.owner = THIS_MODULE,
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.num_regions = VFIO_PCI_NUM_REGIONS,
	.num_irqs = VFIO_PCI_NUM_IRQS,
	.supported_types = ours_types,
	.max_instances = WEIGHT_INSTANCES,
	.create = ours_create,
	.destroy = ours_destroy,
	.read = ours_read,
	.write = ours_write,
	.get_region_info = ours_get_region_info,
	.get_irq_info = ours_get_irq_info,
};

static void ours_unregister(void *data)
{
	mdev_unregister_device(data);
}

static int ours_probe(struct platform_device *pdev)
{
	int rc = mdev_register_device(&pdev->dev, &ours_ops);

	if (rc)
		return rc;
	return devm_add_action_or_reset(&pdev->dev, ours_unregister,
					&pdev->dev);
}

static struct platform_driver ours_driver = {
	.driver.name = WEIGHT_PARENT,
	.probe = ours_probe,
};

static struct platform_device *ours_pdev;

static int __init ours_init(void)
{
	int rc = platform_driver_register(&ours_driver);

	if (rc)
		return rc;
	ours_pdev = platform_device_register_simple(WEIGHT_PARENT,
						    PLATFORM_DEVID_NONE, NULL,
						    0);
	if (IS_ERR(ours_pdev)) {
		platform_driver_unregister(&ours_driver);
		return PTR_ERR(ours_pdev);
	}
	return 0;
}

static void __exit ours_exit(void)
{
	platform_device_unregister(ours_pdev);
	platform_driver_unregister(&ours_driver);
}

module_init(ours_init);
module_exit(ours_exit);

MODULE_DESCRIPTION("Measured parent for the mediated device core");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
