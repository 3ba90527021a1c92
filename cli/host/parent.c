// SPDX-License-Identifier: GPL-2.0-or-later
/* What the user calls a parent, turned into its one name in sysfs. */
#include "host/parent.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/absent.h"
#include "host/layout.h"
#include "host/live.h"
#include "host/udev.h"

#include <errno.h>
#include <search.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* How many names a message lists. */
#define NAMES_SHOWN 8

struct resolved {
	char *text;
	const char *name; /* NULL when it was not found */
	int rc;
	char *error;
};

static int compare_resolved(const void *a, const void *b)
{
	return strcmp(((const struct resolved *)a)->text, ((const struct resolved *)b)->text);
}

static const char *index_find(const struct parent_index *index, const char *name)
{
	return strlist_find(&index->names, name);
}

/* Hexadecimal digits, at most max (8), and the character behind them. NULL for anything else. */
static const char *take_hex(const char *text, size_t max, char behind, unsigned int *ret)
{
	size_t digits = text ? strspn(text, "0123456789abcdefABCDEF") : 0;

	if (digits < 1 || digits > max || text[digits] != behind)
		return NULL;
	*ret = (unsigned int)strtoul(text, NULL, 16);
	return text + digits + (behind != '\0');
}

/* "[DOMAIN:]BUS:SLOT.FUNCTION" in any case, as sysfs writes it; NULL when it is none. */
static char *pci_address(const char *text)
{
	unsigned int domain = 0, bus, slot, function;

	if (strchr(text, ':') != strrchr(text, ':'))
		text = take_hex(text, 8, ':', &domain);
	text = take_hex(text, 2, ':', &bus);
	text = take_hex(text, 2, '.', &slot);
	if (!take_hex(text, 1, '\0', &function))
		return NULL;
	return xasprintf("%04x:%02x:%02x.%x", domain, bus, slot, function);
}

/* The registered parent at this path below sys/, or the nearest one above it. */
static const char *parent_above(const struct parent_index *index, const char *path)
{
	_cleanup_free_ char *up = xstrdup(path);

	for (int depth = 0; depth < 32; depth++) {
		for (size_t i = 0; i < index->names.n; i++) {
			_cleanup_free_ char *known = layout_parent(index->names.v[i], "");

			if (sysfs_same(SYSFS_TOP, up, SYSFS_TOP, known))
				return index->names.v[i];
		}
		if (depth == 31 || sysfs_same(SYSFS_TOP, up, SYSFS_TOP, "."))
			return NULL;
		set_text(&up, "%s/..", up);
	}
	return NULL;
}

static int resolve_path(const struct parent_index *index, const char *path, struct strlist *found)
{
	const char *below = path;

	if (!root_is_host() && str_starts(below, root_get()))
		below += strlen(root_get());
	if (!str_starts(below, "/sys/") || strstr(below, "/../") || str_ends(below, "/.."))
		return -EINVAL;
	below += strlen("/sys/");
	for (size_t i = 0; i < index->names.n; i++) {
		_cleanup_free_ char *known = layout_parent(index->names.v[i], "");

		if (sysfs_same(SYSFS_TOP, below, SYSFS_TOP, known))
			strlist_add(found, index->names.v[i]);
	}
	return 0;
}

/* The node may be of the parent itself or of a device below it, as a graphics card's is. */
static int resolve_node(const struct parent_index *index, const char *path, struct strlist *found)
{
	_cleanup_free_ char *node = root_path(path + 1), *sysfs = NULL;
	const char *name;
	struct stat st;

	if (stat(node, &st) < 0)
		return 0;
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EINVAL;
	sysfs = xasprintf(LAYOUT_DEVICE_NUMBERS "/%s/%u:%u", S_ISCHR(st.st_mode) ? "char" : "block",
			  major(st.st_rdev), minor(st.st_rdev));
	name = sysfs_exists(SYSFS_TOP, sysfs) ? parent_above(index, sysfs) : NULL;
	if (name)
		strlist_add(found, name);
	return 0;
}

struct pci_id {
	unsigned int vendor, device;
	uint32_t nth; /* 0: not given */
};

/* What stands behind "pci:": "VENDOR:DEVICE" or "VENDOR:DEVICE/N". */
static int pci_id_parse(const char *text, struct pci_id *ret)
{
	const char *slash = strchr(text, '/');

	ret->nth = 0;
	if (slash && (parse_u32(slash + 1, &ret->nth) < 0 || !ret->nth))
		return -EINVAL;
	text = take_hex(text, 4, ':', &ret->vendor);
	return take_hex(text, 4, slash ? '/' : '\0', &ret->device) ? 0 : -EINVAL;
}

/* Four hexadecimal digits of the attribute (0x1234) against those of the user. */
static bool has_number(const char *folder, const char *attribute, unsigned int wanted)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder, attribute), *value = NULL;
	unsigned int number;

	return sysfs_read(SYSFS_TOP, path, &value) == 0 && str_starts(value, "0x") &&
	       take_hex(value + 2, 8, '\0', &number) && number == wanted;
}

static bool has_pci_id(const char *folder, const struct pci_id *id)
{
	return has_number(folder, "vendor", id->vendor) && has_number(folder, "device", id->device);
}

/*
 * The PCI devices of a kind, parents or not: among the parents alone the Nth would be another one,
 * and one of several the only one, until the drivers of all have come.
 */
static void pci_devices(const struct pci_id *id, struct strlist *ret_addresses)
{
	struct strlist names = {0};

	(void)sysfs_list(SYSFS_TOP, LAYOUT_PCI_DEVICES, &names);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *folder = layout_pci_device(names.v[i], "");

		if (has_pci_id(folder, id))
			strlist_add(ret_addresses, names.v[i]);
	}
	strlist_free(&names);
}

/* -ENOTUNIQ: found holds what the text could mean, and how that would be written. */
static int choose_pci_device(const struct parent_index *index, const struct pci_id *id,
			     const struct strlist *addresses, struct strlist *found)
{
	if (id->nth && id->nth <= addresses->n && index_find(index, addresses->v[id->nth - 1]))
		strlist_add(found, addresses->v[id->nth - 1]);
	if (id->nth)
		return 0;
	for (size_t i = 0; i < addresses->n; i++) {
		_cleanup_free_ char *candidate = xasprintf("%s (/%zu)", addresses->v[i], i + 1);

		strlist_add(found, candidate);
	}
	return -ENOTUNIQ;
}

static int resolve_pci_id(const struct parent_index *index, const char *text, struct strlist *found)
{
	struct strlist addresses = {0};
	struct pci_id id;
	int rc = 0;

	if (pci_id_parse(text, &id) < 0)
		return -EINVAL;
	pci_devices(&id, &addresses);
	if (id.nth || addresses.n > 1)
		rc = choose_pci_device(index, &id, &addresses, found);
	strlist_free(&addresses);
	if (rc || id.nth)
		return rc;
	for (size_t i = 0; i < index->names.n; i++) {
		_cleanup_free_ char *folder = layout_parent(index->names.v[i], "");

		if (has_pci_id(folder, &id))
			strlist_add(found, index->names.v[i]);
	}
	return 0;
}

static bool has_properties(const char *parent, const struct strlist *wanted)
{
	_cleanup_free_ char *path = layout_parent(parent, "");

	for (size_t i = 0; i < wanted->n; i++) {
		const char *equals = strchr(wanted->v[i], '=');
		_cleanup_free_ char *key =
			xasprintf("%.*s", (int)(equals - wanted->v[i]), wanted->v[i]);
		_cleanup_free_ char *value = NULL;

		if (udev_property(path, key, &value) < 0 || strcmp(value, equals + 1) != 0)
			return false;
	}
	return true;
}

static int resolve_properties(const struct parent_index *index, const char *text,
			      struct strlist *found)
{
	_cleanup_free_ char *copy = xstrdup(text);
	struct strlist wanted = {0};
	char *rest = copy, *pair;
	int rc = 0;

	while ((pair = strsep(&rest, ","))) {
		if (!strchr(pair, '=') || pair[0] == '=')
			rc = -EINVAL;
		else
			strlist_add(&wanted, pair);
	}
	for (size_t i = 0; !rc && i < index->names.n; i++)
		if (has_properties(index->names.v[i], &wanted))
			strlist_add(found, index->names.v[i]);
	strlist_free(&wanted);
	return rc;
}

static int resolve_name(const struct parent_index *index, const char *text, struct strlist *found)
{
	_cleanup_free_ char *address = NULL;
	const char *name = index_find(index, text);

	if (!name && !name_is_safe(text))
		return -EINVAL;
	if (!name) {
		address = pci_address(text);
		name = address ? index_find(index, address) : NULL;
	}
	if (name)
		strlist_add(found, name);
	return 0;
}

static int resolve_any(const struct parent_index *index, const char *text, struct strlist *found)
{
	if (!*text || !text_is_plain(text) || strlen(text) > 4095)
		return -EINVAL;
	if (str_starts(text, "/dev/"))
		return resolve_node(index, text, found);
	if (text[0] == '/')
		return resolve_path(index, text, found);
	if (str_starts(text, "pci:"))
		return resolve_pci_id(index, text + strlen("pci:"), found);
	if (str_starts(text, "udev:"))
		return resolve_properties(index, text + strlen("udev:"), found);
	return resolve_name(index, text, found);
}

/* The address of the PCI device that the text means, there or not; NULL when it means none. */
static char *meant_address(const char *text)
{
	struct strlist addresses = {0};
	char *address = NULL;
	struct pci_id id;

	if (text[0] == '/')
		return pci_address(strrchr(text, '/') + 1);
	if (!str_starts(text, "pci:"))
		return pci_address(text);
	if (pci_id_parse(text + strlen("pci:"), &id) < 0)
		return NULL;
	pci_devices(&id, &addresses);
	if (id.nth ? id.nth <= addresses.n : addresses.n)
		address = xstrdup(addresses.v[id.nth ? id.nth - 1 : 0]);
	strlist_free(&addresses);
	return address;
}

/* What the parents have for the first of the properties that are asked for. */
static void list_properties(const struct parent_index *index, const char *text,
			    struct strlist *ret_texts)
{
	_cleanup_free_ char *key = xstrdup(text + strlen("udev:"));

	key[strcspn(key, "=")] = '\0';
	for (size_t i = 0; i < index->names.n; i++) {
		_cleanup_free_ char *path = layout_parent(index->names.v[i], "");
		_cleanup_free_ char *value = NULL, *property = NULL;

		if (udev_property(path, key, &value) < 0)
			continue;
		property = xasprintf("%s of %s is %s", key, index->names.v[i], value);
		strlist_add(ret_texts, property);
	}
}

/* What the parents are by vendor and device, of those that are PCI devices. */
static void list_pci_ids(const struct parent_index *index, struct strlist *ret_texts)
{
	for (size_t i = 0; i < index->names.n; i++) {
		_cleanup_free_ char *vendor_path = layout_parent(index->names.v[i], "vendor");
		_cleanup_free_ char *device_path = layout_parent(index->names.v[i], "device");
		_cleanup_free_ char *vendor = NULL, *device = NULL, *id = NULL;

		if (sysfs_read(SYSFS_TOP, vendor_path, &vendor) < 0 ||
		    sysfs_read(SYSFS_TOP, device_path, &device) < 0 || !str_starts(vendor, "0x") ||
		    !str_starts(device, "0x"))
			continue;
		id = xasprintf("%s is pci:%s:%s", index->names.v[i], vendor + 2, device + 2);
		strlist_add(ret_texts, id);
	}
}

static char *explain_missing(const struct parent_index *index, const char *text)
{
	_cleanup_free_ char *address = meant_address(text), *shown = NULL;
	struct strlist near = {0};

	if (str_starts(text, "udev:"))
		list_properties(index, text, &near);
	else if (str_starts(text, "pci:") && !address)
		list_pci_ids(index, &near);
	if (!near.n)
		return absent_explain(&index->names, text, address);
	shown = strlist_join(&near, NAMES_SHOWN);
	strlist_free(&near);
	return xasprintf("there is no parent '%s' (%s)", text, shown);
}

static void resolve(const struct parent_index *index, struct resolved *entry)
{
	struct strlist found = {0};

	entry->rc = resolve_any(index, entry->text, &found);
	if (!entry->rc && index->rc) {
		entry->rc = index->rc;
		entry->error = xasprintf("the parents cannot be listed: %s", strerror(-index->rc));
	} else if (entry->rc == -ENOTUNIQ) {
		_cleanup_free_ char *names = strlist_join(&found, NAMES_SHOWN);

		entry->error = xasprintf("'%s' names several PCI devices; say which of %s",
					 entry->text, names);
	} else if (entry->rc) {
		entry->error = xasprintf("'%s' cannot name a parent", entry->text);
	} else if (found.n == 0) {
		entry->rc = -ENOENT;
		entry->error = explain_missing(index, entry->text);
	} else if (found.n > 1) {
		_cleanup_free_ char *names = strlist_join(&found, NAMES_SHOWN);

		entry->rc = -ENOTUNIQ;
		entry->error = xasprintf("'%s' names several parents: %s", entry->text, names);
	} else {
		entry->name = index_find(index, found.v[0]);
	}
	strlist_free(&found);
}

int parent_resolve(struct parent_index *index, const char *text, const char **ret_name,
		   char **reterr)
{
	struct resolved key = {.text = (char *)text};
	struct resolved **slot = tfind(&key, &index->resolved, compare_resolved);
	struct resolved *entry = slot ? *slot : NULL;

	if (!index->loaded) {
		index->rc = live_parents(&index->names);
		index->loaded = true;
	}
	if (!entry) {
		entry = xcalloc(1, sizeof(*entry));
		entry->text = xstrdup(text);
		resolve(index, entry);
		(void)tsearch(entry, &index->resolved, compare_resolved);
	}
	if (entry->rc) {
		set_text(reterr, "%s", entry->error);
		return entry->rc;
	}
	*ret_name = entry->name;
	return 0;
}

static void free_resolved(void *p)
{
	struct resolved *entry = p;

	free(entry->text);
	free(entry->error);
	free(entry);
}

void parent_index_free(struct parent_index *index)
{
	tdestroy(index->resolved, free_resolved);
	strlist_free(&index->names);
	*index = (struct parent_index){0};
}
