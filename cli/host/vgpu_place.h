/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which virtual function of a card gets a vGPU, and the write that makes it. */
#ifndef VGPU_PLACE_H
#define VGPU_PLACE_H

#include "host/lifecycle.h"
#include "host/vgpu.h"

/*
 * Gives the type of def to the function that def names, or else to the first one that has none, may
 * have that type, is not open, and is not named by another definition (creator->definitions). What
 * has the type already on the function that def names, and was made by somebody else, becomes the
 * instance: creator->was_there. The caller holds the locks of vf_record.h, and has seen that the
 * identity is free. Fills in name and ret_made. With the reason in *reterr:
 * -EUSERS    no function is left, or none can have the type beside what is there
 * -EBUSY     the function that def names has another type or instance, or is open
 * -ENODEV    that function is not there, or has no driver that gives it a type
 * other      what the driver said, or the system of a file
 */
int vgpu_place(struct lifecycle_creator *creator, const struct vgpu_card *card,
	       const struct definition *def, struct device *ret_made, char *name, char **reterr);

#endif
