// SPDX-License-Identifier: GPL-2.0-or-later
/* Where things are in sysfs and below /dev/vfio. */
#include "host/layout.h"

#include "base/util.h"

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

char *layout_group_node(const char *group)
{
	return xasprintf("/dev/vfio/%s", group);
}

char *layout_vfio_node(const char *name)
{
	return xasprintf("/dev/vfio/devices/%s", name);
}
