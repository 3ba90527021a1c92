/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the user writes for a device, found in a list. */
#ifndef FIND_H
#define FIND_H

#include "model/index.h"

/*
 * The identity that text means among the devices of the index: UUID, UUID:INSTANCE, or an
 * unambiguous beginning of four digits or more. With a reason in *reterr: -EINVAL (no identity
 * begins like that), -ENOENT, -ENOTUNIQ.
 */
int find_identity(const struct device_index *index, const char *text, struct identity *ret_id,
		  char **reterr);

#endif
