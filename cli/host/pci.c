// SPDX-License-Identifier: GPL-2.0-or-later
/* The PCI devices of the host, parents or not: what they are, and which virtual functions they
 * have. */
#include "host/pci.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/layout.h"

#include <errno.h>

/* -1 for no hexadecimal digit */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/*
 * Hexadecimal digits, at most max (8), and the character behind them. NULL for anything else. By
 * hand: each name of a driver's folder is held against each card.
 */
static const char *take_hex(const char *text, size_t max, char behind, unsigned int *ret)
{
	size_t digits = 0;

	*ret = 0;
	for (; text && digits < max && hex_value(text[digits]) >= 0; digits++)
		*ret = *ret << 4 | (unsigned int)hex_value(text[digits]);
	if (!digits || text[digits] != behind)
		return NULL;
	return text + digits + (behind != '\0');
}

struct address {
	unsigned int domain, bus, slot, function;
};

static bool parse_address(const char *text, struct address *ret)
{
	ret->domain = 0;
	if (strchr(text, ':') != strrchr(text, ':'))
		text = take_hex(text, 8, ':', &ret->domain);
	text = take_hex(text, 2, ':', &ret->bus);
	text = take_hex(text, 2, '.', &ret->slot);
	return take_hex(text, 1, '\0', &ret->function);
}

bool pci_place_parse(const char *text, struct pci_place *ret)
{
	struct address address;

	if (!parse_address(text, &address))
		return false;
	ret->domain = address.domain;
	ret->number = address.bus << 8 | address.slot << 3 | address.function;
	return true;
}

char *pci_address(const char *text)
{
	struct address address;

	if (!parse_address(text, &address))
		return NULL;
	return xasprintf("%04x:%02x:%02x.%x", address.domain, address.bus, address.slot,
			 address.function);
}

bool pci_is_full_address(const char *text)
{
	static const char form[] = "hhhh:hh:hh.h";

	for (size_t i = 0; i < sizeof(form); i++) {
		bool is_digit = (text[i] >= '0' && text[i] <= '9') ||
				(text[i] >= 'a' && text[i] <= 'f');

		if (form[i] == 'h' ? !is_digit : text[i] != form[i])
			return false;
	}
	return true;
}

int pci_id_parse(const char *text, struct pci_id *ret)
{
	const char *slash = strchr(text, '/');

	ret->nth = 0;
	if (slash && (parse_u32(slash + 1, &ret->nth) < 0 || !ret->nth))
		return -EINVAL;
	text = take_hex(text, 4, ':', &ret->vendor);
	return take_hex(text, 4, slash ? '/' : '\0', &ret->device) ? 0 : -EINVAL;
}

/* The first error is kept. That a device is not there, or not any more, is none. */
static void keep_error(struct pci_table *table, int rc, const char *path)
{
	if (table->rc || rc == -ENOENT || rc == -ENODEV)
		return;
	table->rc = rc;
	table->rc_path = xasprintf("/sys/%s", path);
}

/* The file holds a number such as 0x10de. */
static bool read_id(struct pci_table *table, const char *address, const char *file,
		    unsigned int *ret)
{
	_cleanup_free_ char *path = layout_pci_device(address, file), *value = NULL;
	int rc = sysfs_read(SYSFS_TOP, path, &value);

	if (rc)
		keep_error(table, rc, path);
	return !rc && str_starts(value, "0x") && take_hex(value + 2, 8, '\0', ret);
}

static int compare_ids(const void *a, const void *b)
{
	const struct pci_device *first = *(struct pci_device *const *)a;
	const struct pci_device *second = *(struct pci_device *const *)b;

	if (first->vendor != second->vendor)
		return first->vendor < second->vendor ? -1 : 1;
	if (first->device != second->device)
		return first->device < second->device ? -1 : 1;
	return strcmp(first->address, second->address);
}

static void load(struct pci_table *table)
{
	struct strlist names = {0};
	int rc;

	if (table->is_loaded)
		return;
	table->is_loaded = true;
	rc = sysfs_list(SYSFS_TOP, LAYOUT_PCI_DEVICES, &names);
	if (rc)
		keep_error(table, rc, LAYOUT_PCI_DEVICES);
	table->v = xcalloc(names.n, sizeof(*table->v));
	table->by_id = xcalloc(names.n, sizeof(struct pci_device *));
	for (size_t i = 0; i < names.n; i++) {
		struct pci_device *dev = &table->v[table->n];

		if (!read_id(table, names.v[i], "vendor", &dev->vendor) ||
		    !read_id(table, names.v[i], "device", &dev->device))
			continue;
		dev->address = xstrdup(names.v[i]);
		table->by_id[table->n++] = dev;
	}
	strlist_free(&names);
	table->id_count = table->n;
	if (table->n)
		qsort(table->by_id, table->n, sizeof(struct pci_device *), compare_ids);
}

void pci_keep(struct pci_table *table, const struct strlist *addresses)
{
	size_t kept = 0;

	load(table);
	for (size_t i = 0; i < table->id_count; i++)
		if (strlist_find(addresses, table->by_id[i]->address))
			table->by_id[kept++] = table->by_id[i];
	table->id_count = kept;
}

size_t pci_find(struct pci_table *table, const struct pci_id *id,
		struct pci_device *const **ret_devices)
{
	struct pci_device key = {"", id->vendor, id->device, NULL}, *wanted = &key;
	size_t low = 0, high, count = 0;

	load(table);
	high = table->id_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_ids(&table->by_id[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_devices = table->by_id + low;
	while (low + count < table->id_count && table->by_id[low + count]->vendor == id->vendor &&
	       table->by_id[low + count]->device == id->device)
		count++;
	return count;
}

static int compare_addresses(const void *a, const void *b)
{
	return strcmp(((const struct pci_device *)a)->address,
		      ((const struct pci_device *)b)->address);
}

const struct pci_device *pci_at(struct pci_table *table, const char *address)
{
	const struct pci_device key = {.address = (char *)address};

	load(table);
	return table->n ? bsearch(&key, table->v, table->n, sizeof(*table->v), compare_addresses) :
			  NULL;
}

char *pci_physical(const char *address)
{
	_cleanup_free_ char *path = layout_pci_device(address, LAYOUT_OWNER);
	char *physical = NULL;

	return sysfs_link_name(SYSFS_TOP, path, &physical) < 0 ? NULL : physical;
}

const char *pci_card(struct pci_device *dev)
{
	if (dev->card)
		return dev->card;
	dev->card = pci_physical(dev->address);
	if (!dev->card)
		dev->card = xstrdup(dev->address);
	dev->card[strcspn(dev->card, ".")] = '\0';
	return dev->card;
}

static int read_number(const char *address, const char *file, uint32_t *ret)
{
	_cleanup_free_ char *path = layout_pci_device(address, file);

	return sysfs_read_u32(SYSFS_TOP, path, ret);
}

bool pci_read_functions(const char *address, struct pci_functions *ret)
{
	*ret = (struct pci_functions){.address = address};
	return pci_place_parse(address, &ret->place) &&
	       read_number(address, "sriov_totalvfs", &ret->total) == 0 && ret->total &&
	       read_number(address, LAYOUT_FUNCTIONS, &ret->enabled) == 0;
}

bool pci_read_all_functions(const char *address, struct pci_functions *ret)
{
	return pci_read_functions(address, ret) &&
	       read_number(address, "sriov_offset", &ret->offset) == 0 &&
	       read_number(address, "sriov_stride", &ret->stride) == 0;
}

/* Of all devices that have virtual functions of known addresses. */
static void load_functions(struct pci_table *table)
{
	load(table);
	if (table->has_functions)
		return;
	table->has_functions = true;
	table->functions = xcalloc(table->n, sizeof(*table->functions));
	for (size_t i = 0; i < table->n; i++) {
		struct pci_functions *functions = &table->functions[table->function_count];

		if (pci_read_all_functions(table->v[i].address, functions))
			table->function_count++;
	}
}

int pci_function_at(const struct pci_functions *functions, const struct pci_place *place)
{
	uint64_t number = place->number;
	uint64_t first = (uint64_t)functions->place.number + functions->offset;

	if (functions->place.domain != place->domain || number < first)
		return -1;
	number -= first;
	if (functions->stride ? number % functions->stride : number)
		return -1;
	if (functions->stride)
		number /= functions->stride;
	return number < functions->total ? (int)number : -1;
}

int pci_function_number(const struct pci_functions *functions, const char *text)
{
	struct pci_place place;

	return pci_place_parse(text, &place) ? pci_function_at(functions, &place) : -1;
}

char *pci_function_address(const struct pci_functions *functions, unsigned int number)
{
	uint64_t at =
		functions->place.number + functions->offset + (uint64_t)functions->stride * number;

	return xasprintf("%04x:%02x:%02x.%x", functions->place.domain,
			 (unsigned int)(at >> 8 & 0xff), (unsigned int)(at >> 3 & 0x1f),
			 (unsigned int)(at & 7));
}

const struct pci_functions *pci_owner(struct pci_table *table, const char *text,
				      unsigned int *ret_nth)
{
	struct pci_place place;

	if (!pci_place_parse(text, &place))
		return NULL;
	load_functions(table);
	for (size_t i = 0; i < table->function_count; i++) {
		*ret_nth = (unsigned int)(pci_function_at(&table->functions[i], &place) + 1);
		if (*ret_nth)
			return &table->functions[i];
	}
	return NULL;
}

void pci_table_free(struct pci_table *table)
{
	for (size_t i = 0; i < table->n; i++) {
		free(table->v[i].address);
		free(table->v[i].card);
	}
	free(table->v);
	free(table->by_id);
	free(table->functions);
	free(table->rc_path);
	*table = (struct pci_table){0};
}
