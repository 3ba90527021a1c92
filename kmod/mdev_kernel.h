/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the kernel's interface share
 *
 * Included after <linux/mdev.h>. Like mdev_interface.h it needs nothing of the
 * kernel beyond that; mdev_kernel_parent.c says why.
 */

#ifndef _MDEV_KERNEL_H
#define _MDEV_KERNEL_H

#include "mdev_interface.h"

/* mdev_kernel_parent.c */
extern const struct mdev_interface mdev_kernel_interface;

/* mdev_kernel_driver.c */
bool mdev_kernel_match(struct device *dev, const struct device_driver *driver);
int mdev_kernel_probe(struct device *dev);
void mdev_kernel_remove(struct device *dev);

/* mdev_vfio.c */
bool mdev_vfio_in_use(struct device *dev);
void mdev_vfio_request(struct device *dev);

#endif /* _MDEV_KERNEL_H */
