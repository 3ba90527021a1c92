// SPDX-License-Identifier: GPL-2.0-only
/*
 * minv: a parent driver that is built outside of this tree, with nothing but
 * what is installed
 *
 * It is as small as a whole driver can be; medu shows the rest. The hardware is
 * QEMU's edu device, of which it uses one register: that reads as the inverse of
 * what was written to it last. Each instance is a platform device with one
 * region. What its user writes to the first word there is inverted by the
 * hardware, and can be read in the same place.
 */

#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include <mdev.h>

#define EDU_LIVENESS	0x04

/**
 * struct minv - the physical device
 * @mmio: its BAR 0
 * @lock: held from the write of the register until its read, so that no user
 *	reads what another has written; and guards the results of all instances
 */
struct minv {
	void __iomem *mmio;
	struct mutex lock; /* register and results */
};

/**
 * struct minv_instance - an instance
 * @minv: the physical device
 * @result: what the hardware has made of the word that was written last
 */
struct minv_instance {
	struct minv *minv;
	u32 result;
};

static int minv_create(struct mdev_device *mdev, const char *params)
{
	struct minv_instance *inst;

	if (params)
		return -EINVAL;
	inst = kzalloc(sizeof(*inst), GFP_KERNEL);
	if (!inst)
		return -ENOMEM;
	inst->minv = dev_get_drvdata(mdev->parent->dev);
	mdev_set_drvdata(mdev, inst);
	return 0;
}

static void minv_destroy(struct mdev_device *mdev)
{
	kfree(mdev_get_drvdata(mdev));
}

/* Nothing is left of the user before. */
static int minv_open(struct mdev_device *mdev)
{
	struct minv_instance *inst = mdev_get_drvdata(mdev);

	mutex_lock(&inst->minv->lock);
	inst->result = 0;
	mutex_unlock(&inst->minv->lock);
	return 0;
}

/* Behind the first word, the region reads as 0 and ignores writes. */
static ssize_t minv_read(struct mdev_device *mdev, char *buf, size_t count,
			 loff_t pos)
{
	struct minv_instance *inst = mdev_get_drvdata(mdev);
	u64 offset = mdev_region_pos(pos);

	/* Registers are accessed in words. */
	if ((offset | count) % sizeof(u32))
		return -EINVAL;
	memset(buf, 0, count);
	if (offset)
		return count;
	mutex_lock(&inst->minv->lock);
	*(__le32 *)buf = cpu_to_le32(inst->result);
	mutex_unlock(&inst->minv->lock);
	return count;
}

static ssize_t minv_write(struct mdev_device *mdev, const char *buf,
			  size_t count, loff_t pos)
{
	struct minv_instance *inst = mdev_get_drvdata(mdev);
	struct minv *minv = inst->minv;
	u64 offset = mdev_region_pos(pos);

	if ((offset | count) % sizeof(u32))
		return -EINVAL;
	if (offset)
		return count;
	mutex_lock(&minv->lock);
	iowrite32(le32_to_cpup((const __le32 *)buf), minv->mmio + EDU_LIVENESS);
	inst->result = ioread32(minv->mmio + EDU_LIVENESS);
	mutex_unlock(&minv->lock);
	return count;
}

static int minv_get_region_info(struct mdev_device *mdev,
				struct vfio_region_info *info,
				struct vfio_info_cap *caps)
{
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	info->size = SZ_4K;
	return 0;
}

static const struct mdev_type_desc minv_types[] = {
	{ .name = "word", .pretty_name = "inverter of words" },
	{ }
};

static const struct parent_ops minv_ops = {
	.owner = THIS_MODULE,
	.device_api = VFIO_DEVICE_API_PLATFORM_STRING,
	.num_regions = 1,
	.supported_types = minv_types,
	.max_instances = 16,
	.create = minv_create,
	.destroy = minv_destroy,
	.open = minv_open,
	.read = minv_read,
	.write = minv_write,
	.get_region_info = minv_get_region_info,
};

static int minv_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct minv *minv;
	int rc;

	minv = devm_kzalloc(&pdev->dev, sizeof(*minv), GFP_KERNEL);
	if (!minv)
		return -ENOMEM;
	rc = pcim_enable_device(pdev);
	if (rc)
		return rc;
	rc = pcim_iomap_regions(pdev, BIT(0), KBUILD_MODNAME);
	if (rc)
		return rc;
	minv->mmio = pcim_iomap_table(pdev)[0];
	mutex_init(&minv->lock);
	pci_set_drvdata(pdev, minv);
	/* Last: user space can make instances before this returns. */
	return mdev_register_device(&pdev->dev, &minv_ops);
}

static void minv_remove(struct pci_dev *pdev)
{
	/* First: when this returns there are no instances. */
	mdev_unregister_device(&pdev->dev);
}

static const struct pci_device_id minv_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, minv_ids);

static struct pci_driver minv_driver = {
	.name = KBUILD_MODNAME,
	.id_table = minv_ids,
	.probe = minv_probe,
	.remove = minv_remove,
};
module_pci_driver(minv_driver);

MODULE_DESCRIPTION("Sample parent driver outside of the tree: inverts words");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
/* Without a bus driver, no instance can be made. */
MODULE_SOFTDEP("pre: vfio_mdev");
