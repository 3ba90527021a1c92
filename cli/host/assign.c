// SPDX-License-Identifier: GPL-2.0-or-later
/* How a virtual machine is told to have an instance: QEMU's options, and libvirt's XML. */
#include "host/assign.h"

#include "base/util.h"
#include "host/layout.h"

#include <stdio.h>

/* QEMU's "-device help" and libvirt's schema (domaincommon.rng) have these, by the same names. */
static bool is_known_api(const char *api)
{
	static const char *const known[] = {"vfio-pci", "vfio-ccw", "vfio-ap"};

	for (size_t i = 0; api && i < ARRAY_SIZE(known); i++)
		if (strcmp(api, known[i]) == 0)
			return true;
	return false;
}

char *assign_mdev_qemu(const char *name, const char *api, const char *more)
{
	if (!is_known_api(api))
		return NULL;
	return xasprintf("-device %s,sysfsdev=/sys/" LAYOUT_BUS_DEVICES "/%s%s", api, name, more);
}

char *assign_mdev_libvirt(const char *name, const char *api)
{
	if (!is_known_api(api) || strlen(name) != UUID_TEXT_LEN)
		return NULL;
	return xasprintf(
		"<hostdev mode='subsystem' type='mdev' model='%s'><source><address uuid='%s'/></source></hostdev>",
		api, name);
}

char *assign_pci_qemu(const char *address, const char *more)
{
	return xasprintf("-device vfio-pci,host=%s%s", address, more);
}

char *assign_pci_libvirt(const char *address)
{
	const char *bus = strchr(address, ':'), *slot = bus ? strchr(bus + 1, ':') : NULL;
	const char *function = slot ? strchr(slot, '.') : NULL;

	if (!function)
		return NULL;
	return xasprintf(
		"<hostdev mode='subsystem' type='pci' managed='no'><source><address domain='0x%.*s' bus='0x%.2s' slot='0x%.2s' function='0x%s'/></source></hostdev>",
		(int)(bus - address), address, bus + 1, slot + 1, function + 1);
}
