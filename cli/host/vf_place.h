/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which virtual function of a device is given to VFIO, and giving it. */
#ifndef VF_PLACE_H
#define VF_PLACE_H

#include "host/lifecycle.h"
#include "host/pci.h"

/*
 * Binds the function that def names, or else the first one that nobody uses and that no other
 * definition names (creator->definitions), to the driver of def's type, which is one of the
 * parent's; the driver is loaded if it is not. What has that driver already, on the function that
 * def names, and was made by somebody else, becomes the instance: creator->was_there. The caller
 * holds the locks of vf_record.h, and has seen that the identity is free. Fills in name and
 * ret_made. With the reason in *reterr:
 * -EUSERS  nobody's function is left
 * -EBUSY   the function that def names has another driver or instance, or is kept for a driver
 * -ENODEV  that function is not there
 * other    what modprobe, the driver or the system said
 * What was begun with a function is undone when that fails; see binding_take().
 */
int vf_place(struct lifecycle_creator *creator, const struct pci_functions *functions,
	     const struct definition *def, struct device *ret_made, char *name, char **reterr);

/* How that would end, as far as it can be said without trying. */
int vf_place_check(struct lifecycle_creator *creator, const struct pci_functions *functions,
		   const struct definition *def, char **reterr);

#endif
