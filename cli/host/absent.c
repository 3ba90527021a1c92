// SPDX-License-Identifier: GPL-2.0-or-later
/* Why what the user calls a parent is none, and the way out. */
#include "host/absent.h"

#include "base/sysfs.h"
#include "host/core.h"
#include "host/layout.h"

#include <errno.h>

/* How many names a message lists. */
#define NAMES_SHOWN 8

/* A PCI device and the virtual functions that it can have. */
struct functions {
	const char *address;
	uint32_t total, enabled, offset, stride;
};

static int read_number(const char *address, const char *file, uint32_t *ret)
{
	_cleanup_free_ char *path = layout_pci_device(address, file);

	return sysfs_read_u32(SYSFS_TOP, path, ret);
}

/* False for a device that cannot have any. */
static bool read_functions(const char *address, struct functions *ret)
{
	ret->address = address;
	return read_number(address, "sriov_totalvfs", &ret->total) == 0 && ret->total &&
	       read_number(address, "sriov_numvfs", &ret->enabled) == 0;
}

/* A hexadecimal number and the character that ends it; *text goes behind that. */
static bool take_hex(const char **text, char end, unsigned int *ret)
{
	char *stop;

	*ret = (unsigned int)strtoul(*text, &stop, 16);
	if (stop == *text || *stop != end)
		return false;
	*text = stop + 1;
	return true;
}

/* The PCI domain, and the number of a function in it: bus, slot and function in 16 bits. */
static bool split_address(const char *address, unsigned int *ret_domain, unsigned int *ret_number)
{
	unsigned int bus, slot, function;

	if (!take_hex(&address, ':', ret_domain) || !take_hex(&address, ':', &bus) ||
	    !take_hex(&address, '.', &slot) || !take_hex(&address, '\0', &function))
		return false;
	*ret_number = bus << 8 | slot << 3 | function;
	return true;
}

/* Which of the device's virtual functions the address would be, counted from 1; 0 for none. */
static unsigned int function_at(struct functions *functions, const char *address)
{
	unsigned int domain, number, own_domain, own;

	if (!split_address(address, &domain, &number) ||
	    !split_address(functions->address, &own_domain, &own) || domain != own_domain ||
	    read_number(functions->address, "sriov_offset", &functions->offset) < 0 ||
	    read_number(functions->address, "sriov_stride", &functions->stride) < 0 ||
	    number < own + functions->offset)
		return 0;
	number -= own + functions->offset;
	if (functions->stride ? number % functions->stride : number)
		return 0;
	if (functions->stride)
		number /= functions->stride;
	return number < functions->total ? number + 1 : 0;
}

/* "... (write a number to ...)"; what a vendor's driver wants its own tool for. */
static void add_enabling(struct buf *text, const struct functions *functions)
{
	buf_addf(
		text,
		"%u of %u are enabled (enable them with the vendor's tool, or write their number to /sys/" LAYOUT_PCI_DEVICES
		"/%s/sriov_numvfs)",
		functions->enabled, functions->total, functions->address);
}

/* A device that is there, with its driver or without. */
static char *explain_present(const char *address)
{
	_cleanup_free_ char *path = layout_pci_device(address, "driver"), *driver = NULL;
	struct functions functions;
	struct buf text = {0};

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
	if (read_functions(address, &functions)) {
		buf_addf(&text, "; its virtual functions may be, of which ");
		add_enabling(&text, &functions);
	} else {
		buf_addf(&text, " (it may need another module or a parameter for that)");
	}
	return text.data;
}

struct search {
	const char *address;
	char *reason; /* NULL until it is found */
};

/* For sysfs_each(): ends with the device whose virtual function the address would be. */
static int try_device(const char *name, void *arg)
{
	struct search *search = arg;
	struct functions functions;
	struct buf text = {0};
	unsigned int nth;

	if (!read_functions(name, &functions))
		return 0;
	nth = function_at(&functions, search->address);
	if (!nth)
		return 0;
	buf_addf(&text,
		 "PCI device '%s' is not there: it is virtual function %u of '%s', of which ",
		 search->address, nth, name);
	add_enabling(&text, &functions);
	search->reason = text.data;
	return 1;
}

/* NULL when nothing is to be said of the address. */
static char *explain_address(const char *address)
{
	_cleanup_free_ char *path = layout_pci_device(address, "");
	struct search search = {.address = address};

	if (sysfs_exists(SYSFS_TOP, path))
		return explain_present(address);
	(void)sysfs_each(SYSFS_TOP, LAYOUT_PCI_DEVICES, try_device, &search);
	return search.reason;
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

char *absent_explain(const struct strlist *names, const char *text, const char *pci_address)
{
	_cleanup_free_ char *shown = NULL, *why = NULL;
	struct strlist near = {0};
	char *reason = pci_address ? explain_address(pci_address) : NULL;

	if (reason)
		return reason;
	if (!names->n) {
		why = core_explain_no_parent();
		return xasprintf("there is no parent '%s': %s", text, why);
	}
	find_near(names, text, &near);
	shown = strlist_join(near.n ? &near : names, NAMES_SHOWN);
	reason = xasprintf("there is no parent '%s' (%s: %s)", text,
			   near.n ? "near it" : "registered", shown);
	strlist_free(&near);
	return reason;
}
