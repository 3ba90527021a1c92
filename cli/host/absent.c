// SPDX-License-Identifier: GPL-2.0-or-later
/* Why what the user calls a parent is none, and the way out. */
#include "host/absent.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/core.h"
#include "host/layout.h"
#include "host/live.h"
#include "host/subchannel.h"
#include "host/udev.h"

#include <errno.h>

/* How many names a message lists. */
#define NAMES_SHOWN 8

/*
 * For how many names near ones are looked for, each time among all parents. A host where more are
 * unknown lacks its cards; those are no slips of the hand.
 */
#define NEAR_SEARCHES 16

/* No tree of devices is as deep as that. */
#define DEPTH_MAX 32

/* "... (write a number to ...)"; what a vendor's driver wants its own tool for. */
static void add_enabling(struct buf *text, const struct pci_functions *functions)
{
	buf_addf(
		text,
		"%u of %u are enabled (enable them with the vendor's tool, or write their number to /sys/" LAYOUT_PCI_DEVICES
		"/%s/sriov_numvfs)",
		functions->enabled, functions->total, functions->address);
}

static bool has_file(const char *address, const char *below)
{
	_cleanup_free_ char *path = layout_pci_device(address, below);

	return sysfs_exists(SYSFS_TOP, path);
}

/* A function of a parent, which is none itself; NULL for any other device. */
static char *explain_function(const char *address)
{
	const char *parent;
	int vf;

	parent = live_function_parent(address, &vf);
	return parent ? xasprintf("PCI device '%s' is virtual function %d of parent '%s'", address,
				  vf, parent) :
			NULL;
}

/* A port or a bridge, behind which no device is. */
static bool is_port(const char *address)
{
	_cleanup_free_ char *path = layout_pci_device(address, "class"), *class = NULL;

	return sysfs_read(SYSFS_TOP, path, &class) == 0 && str_starts(class, "0x0604");
}

/* A device that is there, with its driver or without. */
static char *explain_present(const char *address)
{
	char *reason = explain_function(address);
	_cleanup_free_ char *path = layout_pci_device(address, "driver"), *driver = NULL;
	struct pci_functions functions;
	struct buf text = {0};

	if (reason)
		return reason;
	if (is_port(address))
		return xasprintf("no device is behind port '%s'", address);
	if (sysfs_link_name(SYSFS_TOP, path, &driver) < 0)
		return xasprintf(
			"PCI device '%s' has no driver: load the one that makes it a parent",
			address);
	if (strcmp(driver, "vfio-pci") == 0 || strcmp(driver, "pci-stub") == 0)
		return xasprintf(
			"PCI device '%s' is bound to '%s', to be given away as a whole: bind it to the driver that makes it a parent",
			address, driver);
	buf_addf(&text, "PCI device '%s' is not registered as a parent by its driver '%s'", address,
		 driver);
	if (pci_read_functions(address, &functions)) {
		buf_addf(&text, "; its virtual functions may be, of which ");
		add_enabling(&text, &functions);
	} else {
		buf_addf(&text, " (it may need another module or a parameter for that)");
	}
	return text.data;
}

/* NULL when nothing is to be said of the address. */
static char *explain_address(struct parent_index *index, const char *address)
{
	const struct pci_functions *owner;
	struct buf text = {0};
	unsigned int nth;

	if (has_file(address, ""))
		return explain_present(address);
	owner = pci_owner(&index->pci, address, &nth);
	if (!owner)
		return NULL;
	buf_addf(&text,
		 "PCI device '%s' is not there: it is virtual function %u of '%s', of which ",
		 address, nth, owner->address);
	add_enabling(&text, owner);
	return text.data;
}

/* The first PCI device in the folder of another one, behind which it is; NULL for none. */
static char *address_behind(const char *address)
{
	_cleanup_free_ char *folder = layout_pci_device(address, "");
	struct strlist names = {0};
	char *found = NULL;

	(void)sysfs_list(SYSFS_TOP, folder, &names);
	for (size_t i = 0; !found && i < names.n; i++)
		found = pci_address(names.v[i]);
	strlist_free(&names);
	return found;
}

/* Of a path that leads to a PCI device, or to a port: of the first device behind that. */
static char *address_of_path(const char *path)
{
	char *address = pci_address(strrchr(path, '/') + 1), *next;

	for (int depth = 0; address && depth < DEPTH_MAX; depth++) {
		next = address_behind(address);
		if (!next)
			break;
		free(address);
		address = next;
	}
	return address;
}

/* The address of the PCI device that the text means, there or not; NULL when it means none. */
static char *meant_address(struct parent_index *index, const char *text)
{
	struct pci_device *const *devices;
	struct pci_id id;
	size_t count;

	if (text[0] == '/')
		return address_of_path(text);
	if (!str_starts(text, "pci:"))
		return pci_address(text);
	if (pci_id_parse(text + strlen("pci:"), &id) < 0)
		return NULL;
	count = pci_find(&index->pci, &id, &devices);
	if (id.nth ? id.nth > count : !count)
		return NULL;
	return xstrdup(devices[id.nth ? id.nth - 1 : 0]->address);
}

/* What the parents are by vendor and device, of those that are PCI devices. */
static const struct strlist *list_pci_ids(struct parent_index *index)
{
	if (index->listed_ids.n)
		return &index->listed_ids;
	for (size_t i = 0; i < index->names.n; i++) {
		const struct pci_device *dev = pci_at(&index->pci, index->names.v[i]);
		_cleanup_free_ char *id = NULL;

		if (!dev)
			continue;
		id = xasprintf("%s is pci:%04x:%04x", dev->address, dev->vendor, dev->device);
		strlist_add(&index->listed_ids, id);
	}
	return &index->listed_ids;
}

/* What the parents have for the first of the properties that are asked for. */
static const struct strlist *list_properties(struct parent_index *index, const char *text)
{
	_cleanup_free_ char *key = xstrdup(text + strlen("udev:"));

	key[strcspn(key, "=")] = '\0';
	return property_list(&index->properties, &index->names, key);
}

/* One letter is another one, too many or missing. */
static bool is_one_edit(const char *a, const char *b)
{
	size_t same = 0, left_a, left_b, end = 0;

	while (a[same] && a[same] == b[same])
		same++;
	left_a = strlen(a + same);
	left_b = strlen(b + same);
	while (end < left_a && end < left_b &&
	       a[same + left_a - 1 - end] == b[same + left_b - 1 - end])
		end++;
	/* cppcheck-suppress knownConditionTrueFalse ; it does not follow the loop to its end */
	return left_a - end <= 1 && left_b - end <= 1;
}

static void find_near(const struct strlist *names, const char *text, struct strlist *near)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcasestr(names->v[i], text) || is_one_edit(names->v[i], text))
			strlist_add(near, names->v[i]);
}

/* The parents that come near the text, or all. */
static char *explain_unknown(struct parent_index *index, const char *text)
{
	_cleanup_free_ char *shown = NULL;
	struct strlist near = {0};
	char *reason;

	if (!index->names.n && !index->no_parent)
		index->no_parent = core_explain_no_parent();
	if (!index->names.n)
		return xasprintf("there is no parent '%s': %s", text, index->no_parent);
	if (index->near_searches == NEAR_SEARCHES)
		return xasprintf("there is no parent '%s'", text);
	index->near_searches++;
	find_near(&index->names, text, &near);
	shown = strlist_join(near.n ? &near : &index->names, NAMES_SHOWN);
	reason = xasprintf("there is no parent '%s' (%s: %s)", text,
			   near.n ? "near it" : "registered", shown);
	strlist_free(&near);
	return reason;
}

/* Without udev's data the kernel's part of the properties is all that there is. */
static char *explain_no_data(const char *text)
{
	_cleanup_free_ char *path = NULL;
	int rc = udev_find_data(&path);

	if (!rc)
		return NULL;
	return xasprintf(
		"'%s' cannot be looked up, for udev's data cannot be read here: %s: %s (a container sees it where the host's /run/udev is mounted)",
		text, path, strerror(-rc));
}

static char *explain_missing(struct parent_index *index, const char *text)
{
	_cleanup_free_ char *address = meant_address(index, text), *shown = NULL;
	const struct strlist *others = NULL;
	char *reason = address ? explain_address(index, address) : subchannel_explain(text);

	if (!reason && str_starts(text, "udev:"))
		reason = explain_no_data(text);
	if (reason)
		return reason;
	if (str_starts(text, "udev:"))
		others = list_properties(index, text);
	else if (str_starts(text, "pci:") && !address)
		others = list_pci_ids(index);
	if (!others || !others->n)
		return explain_unknown(index, text);
	shown = strlist_join(others, NAMES_SHOWN);
	return xasprintf("there is no parent '%s' (%s)", text, shown);
}

/* What could not be read when the text was looked up. */
static char *explain_failure(const struct parent_index *index, const char *text, int rc)
{
	const char *what = NULL;

	if (index->rc)
		return xasprintf("the parents cannot be listed: %s", strerror(-rc));
	if (str_starts(text, "pci:"))
		what = index->pci.rc_path;
	else if (str_starts(text, "udev:"))
		what = index->properties.rc_path;
	else if (index->places.rc)
		what = index->places.rc_path;
	return xasprintf("'%s' cannot be looked up%s%s: %s", text, what ? ": " : "",
			 what ? what : "", strerror(-rc));
}

char *absent_explain(struct parent_index *index, const char *text)
{
	_cleanup_free_ char *names = NULL;
	struct strlist found = {0};
	int rc = parent_candidates(index, text, &found);

	names = strlist_join(&found, NAMES_SHOWN);
	strlist_free(&found);
	switch (rc) {
	case -ENOENT:
		return explain_missing(index, text);
	case -EINVAL:
		return xasprintf("'%s' cannot name a parent", text);
	case -ENOTUNIQ:
		return xasprintf(str_starts(text, "pci:") ?
					 "'%s' names several PCI devices; say which of %s" :
					 "'%s' names several parents: %s",
				 text, names);
	default:
		return explain_failure(index, text, rc);
	}
}
