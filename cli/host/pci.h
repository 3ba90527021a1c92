/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PCI devices of the host, parents or not: what they are, and which virtual functions they
 * have. */
#ifndef PCI_H
#define PCI_H

#include "base/util.h"

/*
 * "[DOMAIN:]BUS:SLOT.FUNCTION" in any case, as sysfs writes it; NULL when the text is none. The
 * caller frees it.
 */
char *pci_address(const char *text);
/* The text is such an address as sysfs has it, with a domain of four digits. */
bool pci_is_full_address(const char *text);

struct pci_id {
	unsigned int vendor, device;
	uint32_t nth; /* in order of address, from 1; 0: not given */
};

/* "VENDOR:DEVICE" or "VENDOR:DEVICE/N". 0, or -EINVAL for anything else. */
int pci_id_parse(const char *text, struct pci_id *ret);

struct pci_device {
	char *address;
	unsigned int vendor, device;
	char *card; /* NULL until pci_card() was asked for it */
};

/* What an address says: the domain, and bus, slot and function in 16 bits. */
struct pci_place {
	unsigned int domain, number;
};

/* False for a text that is no address, as of pci_address(). */
bool pci_place_parse(const char *text, struct pci_place *ret);

/* A device that can have virtual functions, and what its files sriov_* say of them. */
struct pci_functions {
	const char *address;
	struct pci_place place; /* the same */
	uint32_t total, enabled, offset, stride;
};

/*
 * What is read once and then kept, for many names are looked up in it. Zeroed at the start; the
 * functions below read what they need.
 */
struct pci_table {
	bool is_loaded, has_functions;
	int rc; /* the first error but that a device is not there, and of which file; or 0 */
	char *rc_path;
	struct pci_device *v; /* by address */
	struct pci_device **by_id; /* by vendor and device, then address */
	size_t n, id_count;
	struct pci_functions *functions;
	size_t function_count;
};

/* From now on pci_find() knows these devices alone; the list is sorted. */
void pci_keep(struct pci_table *table, const struct strlist *addresses);

/*
 * The devices of that vendor and device, in order of address: how many, and the first of an array.
 * What is beyond a file that could not be read is missing: see table->rc.
 */
size_t pci_find(struct pci_table *table, const struct pci_id *id,
		struct pci_device *const **ret_devices);

/* The device at that address, as sysfs writes it; NULL when there is none. */
const struct pci_device *pci_at(struct pci_table *table, const char *address);

/*
 * The slot of the card that the device is a function of: "0000:03:00", of a virtual function that
 * of the device it belongs to. It belongs to the table.
 */
const char *pci_card(struct pci_device *dev);

/* False for a device that cannot have virtual functions. Reads how many, and not where. */
bool pci_read_functions(const char *address, struct pci_functions *ret);

/* The same, and where they are. */
bool pci_read_all_functions(const char *address, struct pci_functions *ret);

/*
 * The address of the virtual function of that number, as sysfs writes it, and back: the number of
 * the one at an address, -1 for none of them. They count from 0, as in the name of the kernel's
 * link to each, "virtfn0", and are known whether or not they are enabled.
 */
char *pci_function_address(const struct pci_functions *functions, unsigned int number);
int pci_function_number(const struct pci_functions *functions, const char *address);
int pci_function_at(const struct pci_functions *functions, const struct pci_place *place);

/* The device that the function at an address is a virtual function of; NULL for any other. */
char *pci_physical(const char *address);

/*
 * The device whose virtual function the address would be, if they were enabled, and which of them,
 * counted from 1. NULL when it would be none.
 */
const struct pci_functions *pci_owner(struct pci_table *table, const char *address,
				      unsigned int *ret_nth);

void pci_table_free(struct pci_table *table);

#endif
