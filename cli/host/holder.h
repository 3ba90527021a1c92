/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a device open in user space. */
#ifndef HOLDER_H
#define HOLDER_H

#include "model/device.h"

/* Who has one device open, each process once. Zeroed at the start. */
struct holder_list {
	struct holder *v;
	size_t n;
};

void holder_list_free(struct holder_list *list);

/*
 * Looks for processes that have a VFIO node of one of the devices open (its group's or its own),
 * with one pass over /proc. A node is told by its device number, so that a process in a chroot or
 * in a mount namespace of its own is found. ret_holders has a list for each device, which the
 * caller frees. Returns how many processes could not be looked into because only root may; what
 * failed otherwise is noted for base/unread.
 */
size_t holder_find(struct device *const *devs, size_t count, struct holder_list *ret_holders);

/*
 * The VFIO group of the device cannot be opened because somebody has it open: also true of a
 * process that cannot be seen from here.
 */
bool holder_has_group_open(const struct device *dev);

/*
 * False where nobody can have the device open, which spares the pass over /proc: its VFIO group can
 * be opened, as only one at a time can, and it has no node of its own. Of such a node nothing but
 * that pass shows who has it open. For a device that is about to be removed: who opens its group at
 * the same moment is refused.
 */
bool holder_may_exist(const struct device *dev);

/* Somebody has the device open, by all that can be seen from here. */
bool holder_is_any(struct device *dev);

#endif
