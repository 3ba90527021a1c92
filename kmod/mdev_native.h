/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the project's own interface share
 */

#ifndef _MDEV_NATIVE_H
#define _MDEV_NATIVE_H

#include "mdev.h"
#include "mdev_interface.h"

/* mdev_native_parent.c */
extern const struct mdev_interface mdev_native_interface;

bool mdev_native_fits(const char *name, const struct mdev_build *build);

/* mdev_native_driver.c */
bool mdev_native_match(struct device *dev, const struct device_driver *driver);
int mdev_native_probe(struct device *dev);
void mdev_native_remove(struct device *dev);
bool mdev_native_in_use(struct device *dev);
void mdev_native_request(struct device *dev);
void mdev_services_open(struct mdev_device *mdev);
void mdev_services_close(struct mdev_device *mdev);

#endif /* _MDEV_NATIVE_H */
