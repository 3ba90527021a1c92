/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between the kernels that are supported. This is the only file
 * that looks at the kernel's version.
 */

#ifndef _MDEV_COMPAT_H
#define _MDEV_COMPAT_H

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vfio.h>

/* 6.11: bus_type.match gets a const driver. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define compat_match_const const
#else
#define compat_match_const
#endif

/* 6.4: callbacks of classes get a const class and a const attribute. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define compat_class_const const
#else
#define compat_class_const
#endif

/* 6.14: links of a compatibility class lose an argument, which was unused. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
#define compat_class_link(_class, _dev) class_compat_create_link(_class, _dev)
#define compat_class_unlink(_class, _dev) class_compat_remove_link(_class, _dev)
#else
#define compat_class_link(_class, _dev) \
	class_compat_create_link(_class, _dev, NULL)
#define compat_class_unlink(_class, _dev) \
	class_compat_remove_link(_class, _dev, NULL)
#endif

/* 6.3: flags of a mapping are changed by functions only. */
static inline void compat_vm_flags_mod(struct vm_area_struct *vma,
				       unsigned long set, unsigned long clear)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_mod(vma, set, clear);
#else
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#endif
}

/* 6.8: eventfd_signal() always adds 1. */
static inline void compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

/* 6.5: the user of an AP matrix can be asked to let go of it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
enum {
	VFIO_AP_REQ_IRQ_INDEX,
	VFIO_AP_NUM_IRQS
};
#endif

/*
 * 6.2: a VFIO driver must say how a device is bound to an iommufd, even if the
 * kernel is built without iommufd. 6.6: and how it is detached.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define COMPAT_VFIO_DETACH_IOAS .detach_ioas = vfio_iommufd_emulated_detach_ioas,
#else
#define COMPAT_VFIO_DETACH_IOAS
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define COMPAT_VFIO_DEVICE_OPS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas, \
	COMPAT_VFIO_DETACH_IOAS
#else
#define COMPAT_VFIO_DEVICE_OPS
#endif

/* 6.2: VFIO frees a device after the driver's release; before, release does. */
static inline void compat_vfio_free_device(struct vfio_device *vdev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	vfio_free_device(vdev);
#endif
}

/*
 * 6.19: region info is an operation of its own, for which VFIO copies. Before,
 * it is an ioctl of the driver's, which copies itself.
 */
typedef int (*compat_region_info_t)(struct vfio_device *vdev,
				    struct vfio_region_info *info,
				    struct vfio_info_cap *caps);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#define COMPAT_VFIO_REGION_INFO(_fn) .get_region_info_caps = _fn,

static inline long compat_ioctl_region_info(struct vfio_device *vdev,
					    void __user *arg,
					    compat_region_info_t get)
{
	return -ENOTTY;
}
#else
#define COMPAT_VFIO_REGION_INFO(_fn)

static inline int compat_put_region_info(void __user *arg,
					 struct vfio_region_info *info,
					 struct vfio_info_cap *caps)
{
	info->cap_offset = 0;
	if (caps->size) {
		info->flags |= VFIO_REGION_INFO_FLAG_CAPS;
		if (info->argsz < sizeof(*info) + caps->size) {
			info->argsz = sizeof(*info) + caps->size;
		} else {
			vfio_info_cap_shift(caps, sizeof(*info));
			if (copy_to_user(arg + sizeof(*info), caps->buf,
					 caps->size))
				return -EFAULT;
			info->cap_offset = sizeof(*info);
		}
	}
	return copy_to_user(arg, info, sizeof(*info)) ? -EFAULT : 0;
}

static inline long compat_ioctl_region_info(struct vfio_device *vdev,
					    void __user *arg,
					    compat_region_info_t get)
{
	struct vfio_info_cap caps = {};
	struct vfio_region_info info __uninitialized;
	int rc;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	if (info.argsz < sizeof(info))
		return -EINVAL;
	rc = get(vdev, &info, &caps);
	if (!rc)
		rc = compat_put_region_info(arg, &info, &caps);
	/* Most regions have no capabilities, and so nothing to free. */
	if (caps.size)
		kfree(caps.buf);
	return rc;
}
#endif

#endif /* _MDEV_COMPAT_H */
