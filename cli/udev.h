/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What udev knows: properties of devices, and waiting for it. The only user of libudev. */
#ifndef UDEV_H
#define UDEV_H

#include "util.h"

/*
 * A property of the device at this path below sys/ ("class/mdev_bus/0000:01:00.0"), as
 * `udevadm info` shows it. The caller frees it. 0, -ENOENT (no such property or device).
 */
int udev_property(const char *path, const char *key, char **ret_value);

/*
 * Waiting for udev to be done with a new device: begin before it is made, end after. begin
 * returns NULL where udev does not run (or with another root), end accepts that and frees.
 * end waits for the device of that name (NULL: for nothing); 0 or -ETIMEDOUT.
 */
struct udev_wait;
struct udev_wait *udev_wait_begin(void);
int udev_wait_end(struct udev_wait *wait, const char *name, unsigned int seconds);

#endif
