/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user writes for a device, found in a list. */
#ifndef FIND_H
#define FIND_H

#include "model/device.h"

/*
 * The identity that text means among the devices of the list that accept() takes (NULL: all):
 * UUID, UUID:INSTANCE, or an unambiguous beginning of four digits or more. With a reason
 * in *reterr: -EINVAL (no identity begins like that), -ENOENT, -ENOTUNIQ.
 */
int find_identity(const struct device_list *list, const char *text,
		  bool (*accept)(const struct device *dev), struct identity *ret_id, char **reterr);

#endif
