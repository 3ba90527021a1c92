// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VFIO bus driver: makes each instance a VFIO device, and passes on to the
 * parent driver what user space does with it
 */

#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/wait_bit.h>

#include "compat.h"
#include "vfio_mdev_private.h"

/* The APIs that VFIO has. For platform and amba it has no request. */
static const struct vfio_mdev_api vfio_mdev_apis[] = {
	{
		.name = VFIO_DEVICE_API_PCI_STRING,
		.flag = VFIO_DEVICE_FLAGS_PCI,
		.has_request = true,
		.request_index = VFIO_PCI_REQ_IRQ_INDEX,
		.request_flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE,
	},
	{
		.name = VFIO_DEVICE_API_PLATFORM_STRING,
		.flag = VFIO_DEVICE_FLAGS_PLATFORM,
	},
	{
		.name = VFIO_DEVICE_API_AMBA_STRING,
		.flag = VFIO_DEVICE_FLAGS_AMBA,
	},
	{
		.name = VFIO_DEVICE_API_CCW_STRING,
		.flag = VFIO_DEVICE_FLAGS_CCW,
		.has_request = true,
		.request_index = VFIO_CCW_REQ_IRQ_INDEX,
		.request_flags = VFIO_IRQ_INFO_EVENTFD,
	},
	{
		.name = VFIO_DEVICE_API_AP_STRING,
		.flag = VFIO_DEVICE_FLAGS_AP,
		.has_request = true,
		.request_index = VFIO_AP_REQ_IRQ_INDEX,
		.request_flags = VFIO_IRQ_INFO_EVENTFD,
	},
};

/* Returns NULL for an API that VFIO does not have */
static const struct vfio_mdev_api *vfio_mdev_api_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vfio_mdev_apis); i++)
		if (!strcmp(name, vfio_mdev_apis[i].name))
			return &vfio_mdev_apis[i];
	return NULL;
}

/* Devices that VFIO has not released yet; the module is not unloaded before. */
static atomic_t vfio_mdev_nr_devices = ATOMIC_INIT(0);

static int vfio_mdev_init(struct vfio_device *vdev)
{
	struct vfio_mdev *self = to_vfio_mdev(vdev);
	int rc;

	/*
	 * A set for this device alone. VFIO would make one at registration, but
	 * does not check there whether that failed.
	 */
	rc = vfio_assign_device_set(vdev, vdev);
	if (rc)
		return rc;
	atomic_inc(&vfio_mdev_nr_devices);
	self->mdev = to_mdev_device(vdev->dev);
	self->ops = self->mdev->parent->ops;
	self->api = vfio_mdev_api_find(self->ops->device_api);
	mutex_init(&self->irq_mutex);
	mutex_init(&self->unmap_lock);
	spin_lock_init(&self->irq_lock);
	init_rwsem(&self->map_lock);
	return 0;
}

/* Can come after the device is unregistered: open files hold references. */
static void vfio_mdev_release(struct vfio_device *vdev)
{
	compat_vfio_free_device(vdev);
	if (atomic_dec_and_test(&vfio_mdev_nr_devices))
		wake_up_var(&vfio_mdev_nr_devices);
}

/*
 * dma_unmap waits while the parent driver opens or closes the instance: only
 * after that is it clear which pages are pinned. unmap_lock is what it waits
 * for.
 */
static int vfio_mdev_begin(struct vfio_mdev *self)
{
	int rc;

	mutex_lock(&self->unmap_lock);
	rc = mdev_open_device(self->mdev);
	self->hears_unmap = !rc;
	mutex_unlock(&self->unmap_lock);
	return rc;
}

static void vfio_mdev_end(struct vfio_mdev *self)
{
	mutex_lock(&self->unmap_lock);
	mdev_close_device(self->mdev);
	self->hears_unmap = false;
	mutex_unlock(&self->unmap_lock);
}

static int vfio_mdev_open_device(struct vfio_device *vdev)
{
	struct vfio_mdev *self = to_vfio_mdev(vdev);
	int rc;

	rc = vfio_mdev_maps_init(self);
	if (rc)
		return rc;
	rc = vfio_mdev_begin(self);
	if (rc)
		goto out_maps;
	rc = vfio_mdev_regions_init(self);
	if (rc)
		goto out_end;
	rc = vfio_mdev_irqs_init(self);
	if (rc)
		goto out_regions;
	return 0;

out_regions:
	vfio_mdev_regions_release(self);
out_end:
	vfio_mdev_end(self);
out_maps:
	vfio_mdev_maps_release(self);
	return rc;
}

static void vfio_mdev_close_device(struct vfio_device *vdev)
{
	struct vfio_mdev *self = to_vfio_mdev(vdev);

	/* No set_irqs may come from an unmask eventfd after the close. */
	vfio_mdev_irqs_quiesce(self);
	vfio_mdev_end(self);
	/* The parent driver can signal and revoke until it has closed. */
	vfio_mdev_maps_release(self);
	vfio_mdev_irqs_release(self);
	vfio_mdev_regions_release(self);
}

static long vfio_mdev_ioctl_get_info(struct vfio_mdev *self, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	const struct parent_ops *ops = self->ops;
	struct vfio_device_info info = {};
	size_t size;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.flags = self->api->flag;
	if (ops->reset)
		info.flags |= VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = ops->num_regions;
	info.num_irqs = ops->num_irqs;
	/* A user that knows of capabilities learns that there are none. */
	size = min_t(size_t, info.argsz, sizeof(info));
	return copy_to_user(arg, &info, size) ? -EFAULT : 0;
}

static long vfio_mdev_ioctl_get_irq_info(struct vfio_mdev *self,
					 void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_info, count);
	unsigned int num_irqs = self->ops->num_irqs;
	struct vfio_irq_info info;
	int rc;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= num_irqs)
		return -EINVAL;
	info.index = array_index_nospec(info.index, num_irqs);
	rc = vfio_mdev_get_irq_info(self, &info);
	if (rc)
		return rc;
	/* As vfio-pci does for a device without AER: there is no such index. */
	if (!info.count && info.index == VFIO_PCI_ERR_IRQ_INDEX &&
	    self->api->flag == VFIO_DEVICE_FLAGS_PCI)
		return -EINVAL;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long vfio_mdev_ioctl_set_irqs(struct vfio_mdev *self, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_set, count);
	unsigned int num_irqs = self->ops->num_irqs;
	struct vfio_irq_set hdr;
	void *data = NULL;
	size_t size;
	int rc;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;
	if (hdr.index >= num_irqs)
		return -EINVAL;
	hdr.index = array_index_nospec(hdr.index, num_irqs);
	rc = vfio_set_irqs_validate_and_prepare(&hdr,
						self->irqs[hdr.index].count,
						num_irqs, &size);
	if (rc)
		return rc;
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	mutex_lock(&self->irq_mutex);
	rc = vfio_mdev_set_irqs(self, &hdr, data);
	mutex_unlock(&self->irq_mutex);
	kfree(data);
	return rc;
}

static long vfio_mdev_ioctl_reset(struct vfio_mdev *self)
{
	const struct parent_ops *ops = self->ops;

	return ops->reset ? ops->reset(self->mdev) : -ENOTTY;
}

static long vfio_mdev_ioctl(struct vfio_device *vdev, unsigned int cmd,
			    unsigned long arg)
{
	struct vfio_mdev *self = to_vfio_mdev(vdev);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return vfio_mdev_ioctl_get_info(self, uarg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return compat_ioctl_region_info(vdev, uarg,
						vfio_mdev_get_region_info);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vfio_mdev_ioctl_get_irq_info(self, uarg);
	case VFIO_DEVICE_SET_IRQS:
		return vfio_mdev_ioctl_set_irqs(self, uarg);
	case VFIO_DEVICE_RESET:
		return vfio_mdev_ioctl_reset(self);
	default:
		return -ENOTTY;
	}
}

/* VFIO calls this every ten seconds, until the last user has closed. */
static void vfio_mdev_request(struct vfio_device *vdev, unsigned int count)
{
	mdev_request_device(to_vfio_mdev(vdev)->mdev);
}

static void vfio_mdev_dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	struct vfio_mdev *self = to_vfio_mdev(vdev);
	const struct parent_ops *ops = self->ops;

	if (!ops->dma_unmap)
		return;
	/*
	 * VFIO also calls this before the open and, with an iommufd, after the
	 * close. The parent driver hears of it in between only.
	 */
	mutex_lock(&self->unmap_lock);
	if (self->hears_unmap)
		ops->dma_unmap(self->mdev, iova, length);
	mutex_unlock(&self->unmap_lock);
}

static const struct vfio_device_ops vfio_mdev_device_ops = {
	.name = "vfio-mdev",
	.init = vfio_mdev_init,
	.release = vfio_mdev_release,
	.open_device = vfio_mdev_open_device,
	.close_device = vfio_mdev_close_device,
	.read = vfio_mdev_read,
	.write = vfio_mdev_write,
	.ioctl = vfio_mdev_ioctl,
	.mmap = vfio_mdev_mmap,
	.request = vfio_mdev_request,
	.dma_unmap = vfio_mdev_dma_unmap,
	COMPAT_VFIO_DEVICE_OPS
	COMPAT_VFIO_REGION_INFO(vfio_mdev_get_region_info)
};

static int vfio_mdev_probe(struct mdev_device *mdev)
{
	struct vfio_mdev *self;
	int rc;

	self = vfio_alloc_device(vfio_mdev, vdev, &mdev->dev,
				 &vfio_mdev_device_ops);
	if (IS_ERR(self))
		return PTR_ERR(self);
	dev_set_drvdata(&mdev->dev, self);
	/* Like the instance, it has no power to manage. */
	device_set_pm_not_required(&self->vdev.device);
	rc = vfio_register_emulated_iommu_dev(&self->vdev);
	if (rc)
		vfio_put_device(&self->vdev);
	return rc;
}

static void vfio_mdev_remove(struct mdev_device *mdev)
{
	struct vfio_mdev *self = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&self->vdev);
	/* Pairs with vfio_alloc_device() in vfio_mdev_probe() */
	vfio_put_device(&self->vdev);
}

/*
 * A file below /dev/vfio/devices holds a reference to the registration from the
 * moment that it is opened, although open_device is called only when it is
 * bound to an iommufd. So look at the references: VFIO itself holds one. A file
 * that is opened after this and before the unregistration is waited for, since
 * VFIO cannot unregister a device on condition that nobody holds it.
 */
static bool vfio_mdev_in_use(struct mdev_device *mdev)
{
	struct vfio_mdev *self = dev_get_drvdata(&mdev->dev);

	return refcount_read(&self->vdev.refcount) > 1;
}

static bool vfio_mdev_ask(struct mdev_device *mdev)
{
	return vfio_mdev_signal_request(dev_get_drvdata(&mdev->dev));
}

static bool vfio_mdev_match(struct mdev_device *mdev)
{
	return vfio_mdev_api_find(mdev->parent->ops->device_api);
}

static int vfio_mdev_pin_pages(struct mdev_device *mdev, dma_addr_t iova,
			       int npage, int prot, struct page **pages)
{
	struct vfio_mdev *self = dev_get_drvdata(&mdev->dev);

	return vfio_pin_pages(&self->vdev, iova, npage, prot, pages);
}

static void vfio_mdev_unpin_pages(struct mdev_device *mdev, dma_addr_t iova,
				  int npage)
{
	struct vfio_mdev *self = dev_get_drvdata(&mdev->dev);

	vfio_unpin_pages(&self->vdev, iova, npage);
}

static int vfio_mdev_rw_memory(struct mdev_device *mdev, dma_addr_t iova,
			       void *data, size_t len, bool write)
{
	struct vfio_mdev *self = dev_get_drvdata(&mdev->dev);

	return vfio_dma_rw(&self->vdev, iova, data, len, write);
}

static struct mdev_driver vfio_mdev_driver = {
	.name = "vfio_mdev",
	.probe = vfio_mdev_probe,
	.remove = vfio_mdev_remove,
	.in_use = vfio_mdev_in_use,
	.request = vfio_mdev_ask,
	.match = vfio_mdev_match,
	.pin_pages = vfio_mdev_pin_pages,
	.unpin_pages = vfio_mdev_unpin_pages,
	.rw_memory = vfio_mdev_rw_memory,
	.signal = vfio_mdev_signal,
	.revoke = vfio_mdev_revoke,
};

static int __init vfio_mdev_module_init(void)
{
	int rc;

	rc = vfio_mdev_fs_init();
	if (rc)
		return rc;
	rc = mdev_register_driver(&vfio_mdev_driver, THIS_MODULE);
	if (rc)
		vfio_mdev_fs_exit();
	return rc;
}

static void __exit vfio_mdev_module_exit(void)
{
	mdev_unregister_driver(&vfio_mdev_driver);
	wait_var_event(&vfio_mdev_nr_devices,
		       !atomic_read(&vfio_mdev_nr_devices));
	/*
	 * The thread that has put the last reference may still execute the end
	 * of vfio_mdev_release(). And the file of the last mapping puts its
	 * reference to the module before the one to the mount.
	 */
	synchronize_rcu_tasks();
	vfio_mdev_fs_exit();
}

module_init(vfio_mdev_module_init);
module_exit(vfio_mdev_module_exit);

MODULE_DESCRIPTION("VFIO bus driver for mediated devices");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
MODULE_VERSION(MDEV_VERSION);
