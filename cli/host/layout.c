// SPDX-License-Identifier: GPL-2.0-or-later
/* Where things are in sysfs and below /dev/vfio. */
#include "host/layout.h"

#include "base/util.h"

#include <sys/sysmacros.h>

static char *join(const char *folder, const char *name, const char *below)
{
	return xasprintf("%s/%s%s%s", folder, name, *below ? "/" : "", below);
}

char *layout_parent(const char *parent, const char *below)
{
	return join(LAYOUT_PARENTS, parent, below);
}

char *layout_type(const char *parent, const char *type, const char *below)
{
	_cleanup_free_ char *types = layout_parent(parent, LAYOUT_TYPES);

	return join(types, type, below);
}

char *layout_device(const char *parent, const char *name, const char *below)
{
	_cleanup_free_ char *folder = layout_parent(parent, "");

	return join(folder, name, below);
}

char *layout_pci_device(const char *address, const char *below)
{
	return join(LAYOUT_PCI_DEVICES, address, below);
}

char *layout_subchannel(const char *name, const char *below)
{
	return join(LAYOUT_SUBCHANNELS, name, below);
}

char *layout_pci_driver(const char *driver, const char *below)
{
	return join(LAYOUT_PCI_DRIVERS, driver, below);
}

char *layout_module(const char *module, const char *below)
{
	return join("module", module, below);
}

char *layout_device_number(dev_t number, const char *below)
{
	return xasprintf(LAYOUT_DEVICE_NUMBERS "/char/%u:%u/%s", major(number), minor(number),
			 below);
}

char *layout_channel_device(const char *number)
{
	return xasprintf(LAYOUT_CHANNEL_DEVICES "/%s", number);
}

char *layout_group_node(const char *group)
{
	return xasprintf("/dev/vfio/%s", group);
}

char *layout_vfio_node(const char *name)
{
	return xasprintf("/dev/vfio/devices/%s", name);
}

/* What the driver core puts into the folder of every device, links and folders included. */
#define OF_DRIVER_CORE                                                                            \
	"driver", "driver_override", "firmware_node", "modalias", "of_node", "physical_location", \
		"power", "subsystem", "uevent", "waiting_for_supplier"

static const char *const of_mdev[] = {
	OF_DRIVER_CORE,	     LAYOUT_REMOVE, LAYOUT_STATE, LAYOUT_TYPE, LAYOUT_IOMMU_GROUP,
	LAYOUT_VFIO_DEVICES, "instance",    "uuid",	  NULL,
};

bool layout_is_kernels(const char *name)
{
	size_t len = strcspn(name, "/");

	for (const char *const *own = of_mdev; *own; own++)
		if (strlen(*own) == len && strncmp(*own, name, len) == 0)
			return true;
	return false;
}
