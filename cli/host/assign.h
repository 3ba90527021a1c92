/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a virtual machine is told to have an instance: the options of QEMU, and what stands in a
 * domain of libvirt. Each function returns a text that the caller frees, in one line.
 */
#ifndef ASSIGN_H
#define ASSIGN_H

#include "model/identity.h"

/*
 * A mediated device by its name on the bus. api: its device_api, by which QEMU and libvirt call the
 * kind of device ("vfio-pci", "vfio-ccw", "vfio-ap"); NULL for any other, also where it could not
 * be read (NULL). more: what comes behind the device, such as ",iommufd=iommufd0".
 */
char *assign_mdev_qemu(const char *name, const char *api, const char *more);
/* libvirt names it by its UUID alone: NULL for an instance that has a number in its name, too. */
char *assign_mdev_libvirt(const char *name, const char *api);

/* A PCI function by its address, "0000:41:00.7". */
char *assign_pci_qemu(const char *address, const char *more);
/* libvirt leaves it bound to its driver, managed='no'. NULL when the address is none. */
char *assign_pci_libvirt(const char *address);

#endif
