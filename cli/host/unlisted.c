// SPDX-License-Identifier: GPL-2.0-or-later
/* Parents that are known to be some only when somebody names them. */
#include "host/unlisted.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/kind.h"

#include <errno.h>

#define SYS_PREFIX "/sys/"
#define PCI_PREFIX "pci:"
#define UDEV_PREFIX "udev:"
#define ID_PATH_PREFIX "ID_PATH=pci-"

static void add_address(const char *text, struct strlist *names)
{
	_cleanup_free_ char *address = pci_address(text);

	if (address && kind_is_parent(address))
		strlist_add(names, address);
}

/* The device that a path ends at, and those behind it, where it is a port. */
static void add_path(const char *path, struct strlist *names)
{
	_cleanup_free_ char *folder = NULL;
	struct strlist behind = {0};
	const char *star;

	if (!root_is_host() && str_starts(path, root_get()))
		path += strlen(root_get());
	if (!str_starts(path, SYS_PREFIX) || strstr(path, "/../"))
		return;
	add_address(strrchr(path, '/') + 1, names);
	star = strstr(path, "/*/");
	folder = star ? xasprintf("%.*s", (int)(star - path), path) : xstrdup(path);
	(void)sysfs_list(SYSFS_TOP, folder + strlen(SYS_PREFIX), &behind);
	for (size_t i = 0; i < behind.n; i++)
		add_address(behind.v[i], names);
	strlist_free(&behind);
}

static void add_id(struct pci_table *pci, const char *text, struct strlist *names)
{
	struct pci_device *const *devices;
	struct pci_id id;
	size_t count;

	if (pci_id_parse(text, &id) < 0)
		return;
	count = pci_find(pci, &id, &devices);
	for (size_t i = 0; i < count; i++)
		add_address(devices[i]->address, names);
}

/* "udev:ID_PATH=pci-ADDRESS,...", with the property at any place. */
static void add_property(const char *text, struct strlist *names)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char *rest = copy, *pair;

	while ((pair = strsep(&rest, ",")))
		if (str_starts(pair, ID_PATH_PREFIX))
			add_address(pair + strlen(ID_PATH_PREFIX), names);
}

void unlisted_find(struct pci_table *pci, const char *text, struct strlist *ret_names)
{
	if (text[0] == '/')
		add_path(text, ret_names);
	else if (str_starts(text, PCI_PREFIX))
		add_id(pci, text + strlen(PCI_PREFIX), ret_names);
	else if (str_starts(text, UDEV_PREFIX))
		add_property(text + strlen(UDEV_PREFIX), ret_names);
	else
		add_address(text, ret_names);
}
