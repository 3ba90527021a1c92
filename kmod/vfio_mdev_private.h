/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of vfio_mdev.ko share
 */

#ifndef _VFIO_MDEV_PRIVATE_H
#define _VFIO_MDEV_PRIVATE_H

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>

#include "mdev.h"

struct eventfd_ctx;
struct inode;
struct virqfd;

/**
 * struct vfio_mdev_api - a VFIO API that instances can have
 * @name: its VFIO_DEVICE_API_*_STRING
 * @flag: its VFIO_DEVICE_FLAGS_* of VFIO_DEVICE_GET_INFO
 * @has_request: it has an interrupt by which the user is asked to let go
 * @request_index: the index of that
 * @request_flags: VFIO_IRQ_INFO_* of that
 */
struct vfio_mdev_api {
	const char *name;
	u32 flag;
	bool has_request;
	u32 request_index;
	u32 request_flags;
};

/**
 * struct vfio_mdev_region - what the parent driver has said of a region
 * @size: number of bytes; 0 if there is no such region
 * @flags: VFIO_REGION_INFO_FLAG_*
 * @has_caps: it has capabilities, which it is asked for each time
 */
struct vfio_mdev_region {
	u64 size;
	u32 flags;
	bool has_caps;
};

/**
 * struct vfio_mdev_vector - one interrupt that the user can set up
 * @trigger: the user's eventfd that is signalled, or NULL
 * @unmask: listens to an eventfd by which the user unmasks, or NULL
 * @masked: signals are dropped
 */
struct vfio_mdev_vector {
	struct eventfd_ctx *trigger;
	struct virqfd *unmask;
	bool masked;
};

/**
 * struct vfio_mdev_irq - one VFIO interrupt index
 * @flags: VFIO_IRQ_INFO_*
 * @count: number of vectors
 * @index: the index
 * @enabled: the user has set up an eventfd, or none, for one of the vectors, and
 *	has not disabled the index since. Guarded by &vfio_mdev.irq_mutex.
 * @vectors: the vectors
 */
struct vfio_mdev_irq {
	u32 flags;
	u32 count;
	u32 index;
	bool enabled;
	struct vfio_mdev_vector *vectors;
};

/**
 * struct vfio_mdev - an instance as VFIO sees it
 * @vdev: VFIO's part; the first member, as vfio_alloc_device() requires
 * @mdev: the instance
 * @ops: those of its parent, which every access needs
 * @api: its API
 * @regions: its regions, &parent_ops.num_regions of them. They do not change
 *	while the instance is open; otherwise NULL.
 * @irqs: its interrupt indices, &parent_ops.num_irqs of them, from when open
 *	has returned until close has; otherwise NULL. Written under
 *	@irq_lock.
 * @irq_mutex: one change of the interrupts at a time
 * @irq_lock: guards triggers and masks; taken in any context, within @irq_mutex
 * @unmap_lock: guards @hears_unmap. Held over &parent_ops.open, close and
 *	dma_unmap, so that they never overlap.
 * @hears_unmap: the parent driver has the instance open, and is told of unmaps
 * @map_inode: its address space holds all mappings of the instance. NULL while
 *	the instance is closed, or if it cannot be mapped.
 * @map_lock: held for reading during a fault, for writing to revoke
 */
struct vfio_mdev {
	struct vfio_device vdev;
	struct mdev_device *mdev;
	const struct parent_ops *ops;
	const struct vfio_mdev_api *api;
	struct vfio_mdev_region *regions;
	struct vfio_mdev_irq *irqs;
	struct mutex irq_mutex; /* changes of the interrupts */
	spinlock_t irq_lock; /* triggers and masks */
	struct mutex unmap_lock; /* hears_unmap; one of open, close, dma_unmap */
	bool hears_unmap;
	struct inode *map_inode;
	struct rw_semaphore map_lock;
};

static inline struct vfio_mdev *to_vfio_mdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfio_mdev, vdev);
}

/* vfio_mdev_region.c */
int vfio_mdev_regions_init(struct vfio_mdev *self);
void vfio_mdev_regions_release(struct vfio_mdev *self);
struct vfio_mdev_region *vfio_mdev_region_find(struct vfio_mdev *self,
					       loff_t pos);
int vfio_mdev_get_region_info(struct vfio_device *vdev,
			      struct vfio_region_info *info,
			      struct vfio_info_cap *caps);
ssize_t vfio_mdev_read(struct vfio_device *vdev, char __user *buf,
		       size_t count, loff_t *ppos);
ssize_t vfio_mdev_write(struct vfio_device *vdev, const char __user *buf,
			size_t count, loff_t *ppos);

/* vfio_mdev_irq.c */
int vfio_mdev_get_irq_info(struct vfio_mdev *self, struct vfio_irq_info *info);
int vfio_mdev_irqs_init(struct vfio_mdev *self);
void vfio_mdev_irqs_quiesce(struct vfio_mdev *self);
void vfio_mdev_irqs_release(struct vfio_mdev *self);
int vfio_mdev_set_irqs(struct vfio_mdev *self, const struct vfio_irq_set *hdr,
		       const void *data);
int vfio_mdev_signal(struct mdev_device *mdev, unsigned int index,
		     unsigned int vector);
bool vfio_mdev_signal_request(struct vfio_mdev *self);

/* vfio_mdev_mmap.c */
int vfio_mdev_fs_init(void);
void vfio_mdev_fs_exit(void);
int vfio_mdev_maps_init(struct vfio_mdev *self);
void vfio_mdev_maps_release(struct vfio_mdev *self);
int vfio_mdev_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);
void vfio_mdev_revoke(struct mdev_device *mdev);

#endif /* _VFIO_MDEV_PRIVATE_H */
