/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual functions that a driver of VFIO has, and those that could be given one.
 *
 * A function is taken only when nobody uses it: it has no driver, and no driver_override that would
 * keep it for one. A function with another driver is in use by this host, by all that can be known:
 * its network interface may be in another namespace, its block device in use without being mounted.
 * It is taken from that driver by the administrator alone, who can also keep drivers off all
 * functions of a device beforehand (sriov_drivers_autoprobe).
 */
#ifndef VF_BINDING_H
#define VF_BINDING_H

#include "host/binding.h"
#include "host/pci.h"
#include "host/vfio_driver.h"

/*
 * Calls each() for every virtual function that has a driver of VFIO by which it is given away as it
 * is: not those that get a type of their vendor's first. On a host where VFIO has none, this costs
 * the looks of vfio_driver_is_any().
 */
void vf_binding_each(void (*each)(const char *function, const char *parent, const char *type,
				  void *arg),
		     void *arg);

/* The function's type, as of vfio_driver.h; NULL when it has no such driver. The caller frees it.
 */
char *vf_binding_type(const char *function);

/*
 * A device whose virtual functions are enabled, and of which *ret says where they are: not of one
 * whose functions get a type of their vendor's. False for any other. address stays the caller's.
 */
bool vf_binding_is_parent(const char *address, struct pci_functions *ret);

/* The types of the device's functions; the last one is VFIO_DRIVER_ANY. */
void vf_binding_types(const struct pci_functions *functions, struct strlist *ret_types);

/* Nobody uses the function, whose binding that is. */
bool vf_binding_is_free(const struct binding *now);

/* Who uses it, and what to do: the rest of a sentence that begins with the function. */
char *vf_binding_explain(const char *function, const struct binding *now);

/* What was read once is read anew. */
void vf_binding_forget(void);

#endif
