// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a root to measure on, of one shape for mdev and for mdevctl; or parts of one.
 *
 *	make-root sysfs ROOT COUNT PARENTS
 *		so many parents with two types each, and COUNT live devices on them in turn
 *	make-root definitions ROOT COUNT PARENTS
 *		definitions of the same devices, in the form of either
 *	make-root definitions ROOT COUNT PARENT TYPE
 *		likewise, all of that parent and that type
 *	make-root cards ROOT COUNT CARDS
 *		so many of NVIDIA's cards, and COUNT virtual functions on them; the one with an even
 *		number is a vGPU that mdev made
 *	make-root pci ROOT COUNT
 *		PCI devices that are no parents, each fourth with SR-IOV
 *	make-root processes ROOT COUNT
 *		processes with eight open files each
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TYPES 2
#define OPEN_FILES 8

static const char *const types[TYPES] = {"medu-fact", "medu-dma"};

static void __attribute__((format(printf, 1, 2))) folder(const char *fmt, ...)
{
	char path[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	for (char *slash = path; slash; slash = strchr(slash + 1, '/')) {
		if (slash == path)
			continue;
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			err(1, "cannot make %s", path);
		*slash = '/';
	}
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		err(1, "cannot make %s", path);
}

static void __attribute__((format(printf, 2, 3))) file(const char *text, const char *fmt, ...)
{
	char path[512];
	size_t len = strlen(text);
	va_list args;
	int fd;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		err(1, "cannot write %s", path);
	close(fd);
}

static void __attribute__((format(printf, 2, 3))) link_to(const char *target, const char *fmt, ...)
{
	char path[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);
	if (symlink(target, path) < 0)
		err(1, "cannot make %s", path);
}

/* As random as the UUIDs of a real host, and the same at each run. */
static void make_uuid(unsigned int seed, char text[40])
{
	uint64_t part[2];

	for (int i = 0; i < 2; i++) {
		uint64_t z = (2ull * seed + i + 1) * 0x9e3779b97f4a7c15ull;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
		part[i] = z ^ (z >> 31);
	}
	snprintf(text, 40, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned int)(part[0] >> 32),
		 (unsigned int)(part[0] >> 16) & 0xffff, (unsigned int)part[0] & 0xfff,
		 (unsigned int)(part[1] >> 52), (unsigned long long)part[1] & 0xffffffffffffull);
}

/* 200 to a domain: 0000:01:00.0, 0000:02:00.0 ... */
static const char *parent_name(unsigned int number)
{
	static char name[40];

	snprintf(name, sizeof(name), "%04x:%02x:00.0", number / 200, 1 + number % 200);
	return name;
}

static void make_type(const char *parent_folder, const char *type)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/mdev_supported_types/%s", parent_folder, type);
	folder("%s/devices", path);
	file("vfio-pci\n", "%s/device_api", path);
	file("20000\n", "%s/available_instances", path);
	file("Factorial engine\n", "%s/name", path);
	file("computes factorials\n", "%s/description", path);
	file("", "%s/create", path);
}

static void make_parent(const char *root, const char *parent)
{
	char path[300], target[100];

	snprintf(path, sizeof(path), "%s/sys/devices/pci0000:00/%.40s", root, parent);
	for (int i = 0; i < TYPES; i++)
		make_type(path, types[i]);
	snprintf(target, sizeof(target), "../../devices/pci0000:00/%.40s", parent);
	link_to(target, "%s/sys/class/mdev_bus/%s", root, parent);
}

static void make_device(const char *root, const char *parent, const char *type, const char *uuid)
{
	char path[300], target[200];

	snprintf(path, sizeof(path), "%s/sys/devices/pci0000:00/%s", root, parent);
	folder("%s/%s", path, uuid);
	file("", "%s/%s/remove", path, uuid);
	snprintf(target, sizeof(target), "../mdev_supported_types/%s", type);
	link_to(target, "%s/%s/mdev_type", path, uuid);
	snprintf(target, sizeof(target), "../../../%s", uuid);
	link_to(target, "%s/mdev_supported_types/%s/devices/%s", path, type, uuid);
	snprintf(target, sizeof(target), "../../../devices/pci0000:00/%s/%s", parent, uuid);
	link_to(target, "%s/sys/bus/mdev/devices/%s", root, uuid);
}

static void make_definition(const char *root, const char *parent, const char *type,
			    const char *uuid)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "# Written by mdev; change it with mdev or by hand.\n\n"
		 "[%s]\nparent = %s\ntype = %s\nauto = yes\n",
		 uuid, parent, type);
	file(text, "%s/etc/mdev.d/%s.conf", root, uuid);
	snprintf(text, sizeof(text),
		 "{\n  \"mdev_type\": \"%s\",\n  \"start\": \"auto\",\n  \"attrs\": []\n}", type);
	file(text, "%s/etc/mdevctl.d/%s/%s", root, parent, uuid);
}

static void make_sysfs(const char *root, unsigned int count, unsigned int parents)
{
	folder("%s/sys/class/mdev_bus", root);
	folder("%s/sys/bus/mdev/devices", root);
	for (unsigned int i = 0; i < parents; i++)
		make_parent(root, parent_name(i));
	for (unsigned int i = 0; i < count; i++) {
		char uuid[40];

		make_uuid(i, uuid);
		make_device(root, parent_name(i % parents), types[i / parents % TYPES], uuid);
	}
}

static void make_definition_folders(const char *root)
{
	folder("%s/etc/mdev.d", root);
	folder("%s/etc/mdevctl.d", root);
	/* mdevctl does nothing without these. */
	folder("%s/usr/lib/mdevctl/scripts.d/callouts", root);
	folder("%s/usr/lib/mdevctl/scripts.d/notifiers", root);
}

static void make_definitions(const char *root, unsigned int count, unsigned int parents)
{
	make_definition_folders(root);
	for (unsigned int i = 0; i < parents; i++)
		folder("%s/etc/mdevctl.d/%s", root, parent_name(i));
	for (unsigned int i = 0; i < count; i++) {
		char uuid[40];

		make_uuid(i, uuid);
		make_definition(root, parent_name(i % parents), types[i / parents % TYPES], uuid);
	}
}

static void make_definitions_of(const char *root, unsigned int count, const char *parent,
				const char *type)
{
	make_definition_folders(root);
	folder("%s/etc/mdevctl.d/%s", root, parent);
	for (unsigned int i = 0; i < count; i++) {
		char uuid[40];

		make_uuid(i, uuid);
		make_definition(root, parent, type, uuid);
	}
}

/* Where the bus and the driver have a device of a card; number counts from the card on. */
static void make_links(const char *root, const char *driver, unsigned int bus, unsigned int number)
{
	char name[40], target[100];

	snprintf(name, sizeof(name), "0000:%02x:%02x.%x", bus, number / 8, number % 8);
	snprintf(target, sizeof(target), "../../../devices/pci0000:%02x/%s", bus, name);
	link_to(target, "%s/sys/bus/pci/devices/%s", root, name);
	snprintf(target, sizeof(target), "../../../../devices/pci0000:%02x/%s", bus, name);
	link_to(target, "%s/%s", driver, name);
	link_to("../../../bus/pci/drivers/nvidia", "%s/sys/devices/pci0000:%02x/%s/driver", root,
		bus, name);
}

static void make_vgpu(const char *root, const char *path, const char *name, unsigned int seed)
{
	char uuid[40], text[60];

	make_uuid(seed, uuid);
	file("5\n", "%s/nvidia/current_vgpu_type", path);
	file("ID    : vGPU Name\n", "%s/nvidia/creatable_vgpu_types", path);
	snprintf(text, sizeof(text), "%s nvidia-5\n", uuid);
	file(text, "%s/run/mdev/vf/%s", root, name);
	link_to(name, "%s/run/mdev/vf/%s", root, uuid);
}

static void make_function(const char *root, const char *driver, unsigned int bus,
			  unsigned int number)
{
	unsigned int behind = number + 4;
	char name[40], path[300], target[50];

	snprintf(name, sizeof(name), "0000:%02x:%02x.%x", bus, behind / 8, behind % 8);
	snprintf(path, sizeof(path), "%s/sys/devices/pci0000:%02x/%s", root, bus, name);
	folder("%s/nvidia", path);
	file("", "%s/uevent", path);
	snprintf(target, sizeof(target), "../0000:%02x:00.0", bus);
	link_to(target, "%s/physfn", path);
	snprintf(target, sizeof(target), "../%s", name);
	link_to(target, "%s/sys/devices/pci0000:%02x/0000:%02x:00.0/virtfn%u", root, bus, bus,
		number);
	make_links(root, driver, bus, behind);
	if (number % 2 == 0) {
		make_vgpu(root, path, name, bus * 256 + number);
		return;
	}
	file("0\n", "%s/nvidia/current_vgpu_type", path);
	file("ID    : vGPU Name\n5     : L40S-1Q\n7     : L40S-4Q\n",
	     "%s/nvidia/creatable_vgpu_types", path);
}

/* A card at BUS:00.0, its functions from BUS:00.4 on, as the driver "nvidia" has them. */
static void make_card(const char *root, unsigned int bus, unsigned int count)
{
	char path[300], driver[200], text[40];

	snprintf(driver, sizeof(driver), "%s/sys/bus/pci/drivers/nvidia", root);
	snprintf(path, sizeof(path), "%s/sys/devices/pci0000:%02x/0000:%02x:00.0", root, bus, bus);
	folder("%s", path);
	snprintf(text, sizeof(text), "%u\n", count);
	file(text, "%s/sriov_totalvfs", path);
	file(text, "%s/sriov_numvfs", path);
	file("4\n", "%s/sriov_offset", path);
	file("1\n", "%s/sriov_stride", path);
	make_links(root, driver, bus, 0);
	for (unsigned int i = 0; i < count; i++)
		make_function(root, driver, bus, i);
}

static void make_cards(const char *root, unsigned int count, unsigned int cards)
{
	folder("%s/sys/bus/pci/devices", root);
	folder("%s/sys/bus/pci/drivers/nvidia", root);
	folder("%s/sys/class/mdev_bus", root);
	folder("%s/sys/bus/mdev/devices", root);
	folder("%s/sys/module/vfio_pci_core", root);
	folder("%s/run/mdev/vf", root);
	for (unsigned int i = 0; i < cards; i++)
		make_card(root, i + 1, count / cards);
}

/* At addresses where no parent is */
static void make_pci(const char *root, unsigned int count)
{
	folder("%s/sys/bus/pci/devices", root);
	for (unsigned int i = 0; i < count; i++) {
		char name[40], path[300], target[100];

		snprintf(name, sizeof(name), "0000:%02x:%02x.%x", 0xd0 + i / 256, i / 8 % 32,
			 i % 8);
		snprintf(path, sizeof(path), "%s/sys/devices/pci0000:d0/%s", root, name);
		folder("%s", path);
		file("0x1234\n", "%s/vendor", path);
		file("0x11e9\n", "%s/device", path);
		if (i % 4 == 0) {
			file("16\n", "%s/sriov_totalvfs", path);
			file("0\n", "%s/sriov_numvfs", path);
			file("16\n", "%s/sriov_offset", path);
			file("1\n", "%s/sriov_stride", path);
		}
		snprintf(target, sizeof(target), "../../../devices/pci0000:d0/%s", name);
		link_to(target, "%s/sys/bus/pci/devices/%s", root, name);
	}
}

static void make_processes(const char *root, unsigned int count)
{
	for (unsigned int i = 1; i <= count; i++) {
		folder("%s/proc/%u/fd", root, i);
		file("idle\n", "%s/proc/%u/comm", root, i);
		for (int fd = 0; fd < OPEN_FILES; fd++)
			link_to(fd % 2 ? "/" : "/dev/null", "%s/proc/%u/fd/%d", root, i, fd);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 3 ? argv[1] : "";
	unsigned int count = argc > 3 ? (unsigned int)atoi(argv[3]) : 0;
	unsigned int parents = argc == 5 ? (unsigned int)atoi(argv[4]) : 0;

	if (parents && strcmp(what, "sysfs") == 0)
		make_sysfs(argv[2], count, parents);
	else if (parents && strcmp(what, "definitions") == 0)
		make_definitions(argv[2], count, parents);
	else if (argc == 6 && strcmp(what, "definitions") == 0)
		make_definitions_of(argv[2], count, argv[4], argv[5]);
	else if (parents && strcmp(what, "cards") == 0)
		make_cards(argv[2], count, parents);
	else if (argc == 4 && strcmp(what, "pci") == 0)
		make_pci(argv[2], count);
	else if (argc == 4 && strcmp(what, "processes") == 0)
		make_processes(argv[2], count);
	else
		errx(2, "usage: make-root sysfs|definitions|cards|pci|processes ROOT COUNT ...");
	return 0;
}
