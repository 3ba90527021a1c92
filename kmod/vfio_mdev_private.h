/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of vfio_mdev.ko share
 */

#ifndef _VFIO_MDEV_PRIVATE_H
#define _VFIO_MDEV_PRIVATE_H

#include <linux/spinlock.h>
#include <linux/vfio.h>

#include "mdev.h"

struct eventfd_ctx;

/**
 * struct vfio_mdev_vector - one interrupt that the user can set up
 * @trigger: what to signal, or NULL
 * @masked: not now
 */
struct vfio_mdev_vector {
	struct eventfd_ctx *trigger;
	bool masked;
};

/**
 * struct vfio_mdev_irq - one VFIO interrupt index
 * @flags: VFIO_IRQ_INFO_*
 * @count: number of vectors
 * @vectors: the vectors
 */
struct vfio_mdev_irq {
	u32 flags;
	u32 count;
	struct vfio_mdev_vector *vectors;
};

/**
 * struct vfio_mdev - an instance as VFIO sees it
 * @vdev: VFIO's part; first, it is allocated through it
 * @mdev: the instance
 * @irqs: its &parent_ops.num_irqs interrupt indices while it is open
 * @irq_lock: guards triggers and masks; taken in any context
 */
struct vfio_mdev {
	struct vfio_device vdev;
	struct mdev_device *mdev;
	struct vfio_mdev_irq *irqs;
	spinlock_t irq_lock; /* triggers and masks */
};

int vfio_mdev_get_irq_info(struct vfio_mdev *self, struct vfio_irq_info *info);
int vfio_mdev_irqs_init(struct vfio_mdev *self);
void vfio_mdev_irqs_release(struct vfio_mdev *self);
int vfio_mdev_set_irqs(struct vfio_mdev *self, const struct vfio_irq_set *hdr,
		       const void *data);
int vfio_mdev_signal(struct mdev_device *mdev, unsigned int index,
		     unsigned int vector);
void vfio_mdev_request_release(struct vfio_mdev *self);

#endif /* _VFIO_MDEV_PRIVATE_H */
