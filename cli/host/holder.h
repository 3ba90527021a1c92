/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a device open in user space. */
#ifndef HOLDER_H
#define HOLDER_H

#include "model/device.h"

/*
 * Looks for processes that have the VFIO node of one of the devices open (its group or its own
 * node), with one pass over /proc. ret_holders[i] gets a text such as "PID 4242 'qemu-system-x86'",
 * several joined by ", ", which the caller frees, or NULL when nobody was seen.
 */
void holder_find(struct device *const *devs, size_t count, char **ret_holders);

/*
 * The VFIO group of the device cannot be opened because somebody has it open: also true of a
 * process that cannot be seen from here.
 */
bool holder_has_group_open(const struct device *dev);

#endif
