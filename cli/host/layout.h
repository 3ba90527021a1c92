/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where things are in sysfs and below /dev/vfio: the only file that spells such a path.
 *
 *	class/mdev_bus/PARENT/mdev_supported_types/TYPE/{create,devices/NAME,...}
 *	class/mdev_bus/PARENT/NAME/{remove,mdev_type,iommu_group,vfio-dev/vfioN,...}
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <sys/types.h>

/* Folders and files below SYSFS_TOP. */
#define LAYOUT_PARENTS "class/mdev_bus"
#define LAYOUT_BUS "bus/mdev"
#define LAYOUT_BUS_DEVICES LAYOUT_BUS "/devices"
#define LAYOUT_BUS_DRIVERS LAYOUT_BUS "/drivers"
#define LAYOUT_MODULE "module/mdev"
#define LAYOUT_MACHINE_START "class/mdev/mdev_start"
#define LAYOUT_MACHINE_STOP "class/mdev/mdev_stop"
#define LAYOUT_PCI_DEVICES "bus/pci/devices"
#define LAYOUT_PCI_DRIVERS "bus/pci/drivers"
#define LAYOUT_VFIO_PCI_MODULE "module/vfio_pci_core"
#define LAYOUT_VFIO_PCI_USERS LAYOUT_VFIO_PCI_MODULE "/holders"
#define LAYOUT_SUBCHANNELS "bus/css/devices"
#define LAYOUT_CHANNEL_DEVICES "bus/ccw/devices"
#define LAYOUT_DEVICE_NUMBERS "dev"
#define LAYOUT_VFIO_GROUPS "class/vfio"
#define LAYOUT_DEVICE_TREE "devices"

/* In the folder of a PCI device. */
#define LAYOUT_OWNER "physfn"
#define LAYOUT_FUNCTION "virtfn" /* and a number */
#define LAYOUT_FIRST_FUNCTION LAYOUT_FUNCTION "0"
#define LAYOUT_FUNCTIONS "sriov_numvfs" /* how many there are */
#define LAYOUT_VGPU "nvidia"
#define LAYOUT_VENDOR_VFIO LAYOUT_VGPU "/current_vgpu_type"
#define LAYOUT_VGPU_CREATABLE LAYOUT_VGPU "/creatable_vgpu_types"
#define LAYOUT_FUNCTIONS_TOTAL "sriov_totalvfs"
#define LAYOUT_SRIOV_ADMIN "sriov_admin" /* with a folder for each function */
#define LAYOUT_DRIVER "driver"
#define LAYOUT_OVERRIDE "driver_override" /* the only driver that may have it */
#define LAYOUT_MODALIAS "modalias"

/* In the folder that Xe has for each virtual function. */
#define LAYOUT_PROFILE "profile"

/* In the folder of a driver: an address is written to them. */
#define LAYOUT_BIND "bind"
#define LAYOUT_UNBIND "unbind"

/* In the folder of a module: "pci:NAME" for each driver that it has. */
#define LAYOUT_MODULE_DRIVERS "drivers"

/* In the folder of a parent. */
#define LAYOUT_TYPES "mdev_supported_types"
#define LAYOUT_CREATE_NUMBERED "mdev_create" /* only where drivers know numbers and parameters */

/* In the folder of a type. */
#define LAYOUT_CREATE "create"
#define LAYOUT_AVAILABLE "available_instances"
#define LAYOUT_API "device_api"
#define LAYOUT_DEVICES "devices"

/* In the folder of an instance. */
#define LAYOUT_REMOVE "remove"
#define LAYOUT_STATE "state"
#define LAYOUT_TYPE "mdev_type"
#define LAYOUT_IOMMU_GROUP "iommu_group"
#define LAYOUT_VFIO_DEVICES "vfio-dev"
#define LAYOUT_GROUP_DEVICES LAYOUT_IOMMU_GROUP "/devices"

/* In the folder of what has a node under /dev: "MAJOR:MINOR" of the node. */
#define LAYOUT_DEV "dev"
#define LAYOUT_UEVENT "uevent" /* a word written to it makes an event of the device */

/*
 * The path below SYSFS_TOP of a parent, of one of its types, of one of its instances, of any PCI
 * device, of any subchannel; or of what is below that, unless below is "". The caller frees it.
 */
char *layout_parent(const char *parent, const char *below);
char *layout_type(const char *parent, const char *type, const char *below);
char *layout_device(const char *parent, const char *name, const char *below);
char *layout_pci_device(const char *address, const char *below);
char *layout_subchannel(const char *name, const char *below);

/* The same of a driver of PCI devices, and of a module by its name with '_' for '-'. */
char *layout_pci_driver(const char *driver, const char *below);
char *layout_module(const char *module, const char *below);

/* What is below the folder of the device that has a node of that number. */
char *layout_device_number(dev_t number, const char *below);

/* The link to the folder of a device with that number, which is in its subchannel's. */
char *layout_channel_device(const char *number);

/* The node of a VFIO group, and of a VFIO device ("vfio0"); the caller frees it. */
char *layout_group_node(const char *group);
char *layout_vfio_node(const char *name);

/*
 * What is called so in the folder of a mediated device ("label", "power/control") is the kernel's
 * own, or in a folder of the kernel's own.
 */
bool layout_is_kernels(const char *name);

#endif
