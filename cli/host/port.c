// SPDX-License-Identifier: GPL-2.0-or-later
/* The port that a PCI parent is plugged into. */
#include "host/port.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/kind.h"
#include "host/layout.h"

#include <errno.h>

/* "/sys/devices/..." of the parent. */
static int real_path(const char *name, char **ret_path)
{
	_cleanup_free_ char *path = kind_parent_path(name, "");
	_cleanup_close_ int fd = sysfs_open_dir(SYSFS_TOP, path);

	return fd < 0 ? fd : sysfs_real_path(fd, ret_path);
}

/* A component such as "pci0000:00/": what is in this folder is on a root bus. */
static bool is_root_bus(const char *component)
{
	size_t digits;

	if (!str_starts(component, "pci"))
		return false;
	component += strlen("pci");
	digits = strspn(component, "0123456789abcdef");
	component += digits;
	return digits >= 4 && component[0] == ':' &&
	       strspn(component + 1, "0123456789abcdef") == 2 && component[3] == '/';
}

/* Behind the next device on a root bus, of which a path may have several; NULL for none. */
static char *after_port(char *path)
{
	char *slash = strchr(path, '/');

	for (; slash; slash = strchr(slash + 1, '/'))
		if (is_root_bus(slash + 1))
			return strchrnul(strchr(slash + 1, '/') + 1, '/');
	return NULL;
}

/* "PORT/STAR/virtfnN" where the parent is that virtual function of a card; NULL where it is none.
 */
static char *function_path(const char *port, const char *name)
{
	_cleanup_free_ char *link = layout_pci_device(name, LAYOUT_OWNER), *owner = NULL;
	struct pci_functions functions;
	char *path = NULL;

	if (sysfs_link_name(SYSFS_TOP, link, &owner) < 0 || !pci_read_functions(owner, &functions))
		return NULL;
	for (uint32_t i = 0; !path && i < functions.enabled; i++) {
		_cleanup_free_ char *below = xasprintf(LAYOUT_FUNCTION "%u", i);
		_cleanup_free_ char *function = layout_pci_device(owner, below), *address = NULL;

		if (sysfs_link_name(SYSFS_TOP, function, &address) == 0 &&
		    strcmp(address, name) == 0)
			path = xasprintf("%s/*/%s", port, below);
	}
	return path;
}

static bool means(struct parent_index *index, const char *text, const char *name)
{
	struct strlist found = {0};
	bool is_it = parent_candidates(index, text, &found) == 0 && strcmp(found.v[0], name) == 0;

	strlist_free(&found);
	return is_it;
}

int port_path(struct parent_index *index, const char *name, char **ret_path, char **reterr)
{
	_cleanup_free_ char *path = NULL, *port = NULL, *function = NULL;
	int rc = real_path(name, &path);

	if (rc) {
		set_text(reterr, "where '%s' stands cannot be read: %s", name, strerror(-rc));
		return rc;
	}
	for (char *end = after_port(path); end; end = *end ? after_port(end) : NULL) {
		set_text(&port, "%.*s", (int)(end - path), path);
		if (means(index, port, name)) {
			*ret_path = TAKE_PTR(port);
			return 0;
		}
	}
	if (!port) {
		set_text(reterr, "'%s' is plugged into no PCI port", name);
		return -EINVAL;
	}
	function = function_path(port, name);
	if (function && means(index, function, name)) {
		*ret_path = TAKE_PTR(function);
		return 0;
	}
	set_text(reterr, "other parents than '%s' are behind its port '%s', too", name, port);
	return -ENOTUNIQ;
}

/* The device stands on a root bus itself, whose number stays. */
static bool is_built_in(const char *name)
{
	_cleanup_free_ char *path = NULL;
	char *end;

	if (real_path(name, &path) < 0)
		return true;
	end = after_port(path);
	return !end || !*end;
}

/* Another card of the kind, or NULL. */
static const char *find_twin(struct pci_table *table, const char *name)
{
	const struct pci_device *dev = pci_at(table, name);
	struct pci_device *const *kind;
	const char *card = NULL;
	struct pci_id id;
	size_t count;

	if (!dev)
		return NULL;
	id = (struct pci_id){.vendor = dev->vendor, .device = dev->device};
	count = pci_find(table, &id, &kind);
	for (size_t i = 0; i < count; i++)
		if (kind[i] == dev)
			card = pci_card(kind[i]);
	for (size_t i = 0; card && i < count; i++)
		if (strcmp(pci_card(kind[i]), card) != 0)
			return kind[i]->address;
	return NULL;
}

/* Written so that another card could be meant after addresses have moved. */
static bool is_by_address(const char *text, const char *name)
{
	static const char *const keys[] = {
		"ID_PATH=", "ID_PATH_TAG=", "PCI_SLOT_NAME=", "DEVPATH="};

	if (str_starts(text, "pci:"))
		return false;
	if (str_starts(text, "udev:")) {
		for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
			if (str_starts(text + strlen("udev:"), keys[i]))
				return !strchr(text, ',');
		return false;
	}
	return text[0] != '/' || str_starts(text, "/dev/") || str_ends(text, name);
}

char *port_doubt(struct parent_index *index, const char *text, const char *name)
{
	const char *twin;

	if (!is_by_address(text, name) || is_built_in(name))
		return NULL;
	twin = find_twin(&index->pci, name);
	if (!twin)
		return NULL;
	return xasprintf(
		"parent '%s' is '%s' now, but may be '%s' after a card was plugged in or taken out: both are of one kind, and addresses move (--parent-by=port names it by its slot)",
		text, name, twin);
}
