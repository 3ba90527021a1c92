/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The drivers by which VFIO gives PCI functions to user space: "vfio-pci" for any, and variants
 * that know one device ("mlx5_vfio_pci"), mostly to migrate it.
 *
 * A type is called as its driver, always with '-' for '_', of which modules and drivers have either
 * by chance: "mlx5-vfio-pci".
 */
#ifndef VFIO_DRIVER_H
#define VFIO_DRIVER_H

#include "base/util.h"

#define VFIO_DRIVER_ANY "vfio-pci"

/*
 * The part of VFIO that all drivers of PCI functions need, those of vendors as well, is loaded:
 * where it is not, no function is given to user space. That is all that hosts with mediated devices
 * alone pay for: a look at its module and, because the kernel shows no module where it is built in,
 * one at the driver that is built in with it.
 */
bool vfio_driver_is_any(void);
/* It is looked at anew; else once in a run. */
void vfio_driver_forget(void);

struct vfio_driver {
	char *name; /* as sysfs has it */
	char *type;
};

/* Zeroed at the start. */
struct vfio_driver_list {
	struct vfio_driver *v;
	size_t n;
};

/* Adds the loaded drivers; what cannot be read is noted for base/unread. */
void vfio_driver_list(struct vfio_driver_list *list);
void vfio_driver_list_free(struct vfio_driver_list *list);

/*
 * The type of the variant that is installed for the PCI function at an address, loaded or not; NULL
 * when there is none. It is that whose pattern in the kernel's modules.alias says most of the
 * device. The caller frees it.
 */
char *vfio_driver_variant(const char *address);

/*
 * The name of the driver of a type, which is loaded if it is not; the caller frees it. 0, or a
 * negative errno with a reason in *reterr.
 */
int vfio_driver_find(const char *type, char **ret_name, char **reterr);

/* "mlx5_vfio_pci" as a type; the caller frees it. */
char *vfio_driver_type(const char *name);

#endif
