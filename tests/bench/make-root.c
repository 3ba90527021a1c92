// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a root to measure on, of one shape for mdev and for mdevctl.
 *
 *	make-root sysfs ROOT COUNT	four parents with two types each, COUNT live devices on them
 *	make-root definitions ROOT COUNT [PARENT TYPE]
 *					definitions in the form of either, for all parents and types
 *					or for these
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

#define PARENTS 4
#define TYPES 2

static const char *const parents[PARENTS] = {"0000:01:00.0", "0000:02:00.0", "0000:03:00.0",
					     "0000:04:00.0"};
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

static void make_sysfs(const char *root, unsigned int count)
{
	folder("%s/sys/class/mdev_bus", root);
	folder("%s/sys/bus/mdev/devices", root);
	for (int i = 0; i < PARENTS; i++)
		make_parent(root, parents[i]);
	for (unsigned int i = 0; i < count; i++) {
		char uuid[40];

		make_uuid(i, uuid);
		make_device(root, parents[i % PARENTS], types[i / PARENTS % TYPES], uuid);
	}
}

/* parent and type: NULL for all of them in turn */
static void make_definitions(const char *root, unsigned int count, const char *parent,
			     const char *type)
{
	folder("%s/etc/mdev.d", root);
	/* mdevctl does nothing without these. */
	folder("%s/usr/lib/mdevctl/scripts.d/callouts", root);
	folder("%s/usr/lib/mdevctl/scripts.d/notifiers", root);
	for (int i = 0; i < PARENTS; i++)
		folder("%s/etc/mdevctl.d/%s", root, parents[i]);
	for (unsigned int i = 0; i < count; i++) {
		char uuid[40];

		make_uuid(i, uuid);
		make_definition(root, parent ? parent : parents[i % PARENTS],
				type ? type : types[i / PARENTS % TYPES], uuid);
	}
}

int main(int argc, char **argv)
{
	unsigned int count = argc > 3 ? (unsigned int)atoi(argv[3]) : 0;

	if (argc == 4 && strcmp(argv[1], "sysfs") == 0)
		make_sysfs(argv[2], count);
	else if ((argc == 4 || argc == 6) && strcmp(argv[1], "definitions") == 0)
		make_definitions(argv[2], count, argc == 6 ? argv[4] : NULL,
				 argc == 6 ? argv[5] : NULL);
	else
		errx(2, "usage: make-root sysfs|definitions ROOT COUNT [PARENT TYPE]");
	return 0;
}
