// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the virtual functions of PCI devices are, by the numbers that the kernel gives of them. */
#include "host/pci.h"
#include "root.h"
#include "tap.h"

static void make_number(const char *address, const char *file, const char *value)
{
	_cleanup_free_ char *path = xasprintf("sys/bus/pci/devices/%s/%s", address, file);

	make_file(path, value);
}

static void make_physical(const char *address, const char *total, const char *offset,
			  const char *stride)
{
	_cleanup_free_ char *folder = xasprintf("sys/bus/pci/devices/%s", address);

	make_folder(folder);
	make_number(address, "sriov_totalvfs", total);
	make_number(address, "sriov_numvfs", "2\n");
	make_number(address, "sriov_offset", offset);
	make_number(address, "sriov_stride", stride);
}

/* The virtual function of that number is at that address, and the other way round. */
static void is_at(const char *physical, unsigned int number, const char *address)
{
	struct pci_functions functions;
	_cleanup_free_ char *found = NULL;

	ok(pci_read_all_functions(physical, &functions),
	   "a device that can have virtual functions");
	found = pci_function_address(&functions, number);
	is_text(found, address, "the address of one of them");
	is_number(pci_function_number(&functions, address), number, "its number");
}

static void test_places(void)
{
	struct pci_functions functions;

	make_physical("0000:01:00.0", "16\n", "1\n", "1\n");
	is_at("0000:01:00.0", 0, "0000:01:00.1");
	is_at("0000:01:00.0", 7, "0000:01:01.0");
	is_at("0000:01:00.0", 15, "0000:01:02.0");
	/* On the next bus, in another domain. */
	make_physical("0001:41:00.1", "64\n", "255\n", "2\n");
	is_at("0001:41:00.1", 0, "0001:42:00.0");
	is_at("0001:41:00.1", 63, "0001:42:0f.6");
	ok(pci_read_all_functions("0001:41:00.1", &functions), "one that has a stride");
	is_number(pci_function_number(&functions, "0001:42:00.1"), -1, "what lies between");
	is_number(pci_function_number(&functions, "0000:42:00.0"), -1, "what is in another domain");
	is_number(pci_function_number(&functions, "0001:41:00.1"), -1, "the device itself");
	is_number(pci_function_number(&functions, "0001:42:10.0"), -1, "what is beyond the last");
	is_number(pci_function_number(&functions, "soft"), -1, "what is no address");
}

static void test_physical(void)
{
	_cleanup_free_ char *physical = NULL;

	make_link("sys/bus/pci/devices/0000:01:00.1/physfn", "../0000:01:00.0");
	physical = pci_physical("0000:01:00.1");
	is_text(physical, "0000:01:00.0", "the device of a virtual function");
	ok(!pci_physical("0000:01:00.0"), "a physical function is none");
	ok(!pci_physical("0000:01:00.2"), "nor is one that is not there");
}

static void test_none(void)
{
	struct pci_functions functions;

	make_physical("0000:02:00.0", "0\n", "0\n", "0\n");
	ok(!pci_read_all_functions("0000:02:00.0", &functions), "without virtual functions");
	ok(!pci_read_all_functions("0000:03:00.0", &functions), "a device that is not there");
	make_physical("0000:03:00.0", "many\n", "1\n", "1\n");
	ok(!pci_read_all_functions("0000:03:00.0", &functions), "a number that is none");
}

int main(void)
{
	root_begin();
	test_places();
	test_physical();
	test_none();
	root_end();
	return tap_end();
}
