// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Devices that come and go in a made root, as fast as it can, until it is killed.
 *
 *	churn ROOT PARENT TYPE
 *
 * PARENT is the folder of the parent below ROOT. Of 64 devices of the type one after the other is
 * made or removed, in the order of the kernel: the folder, its files, the links to it; and now and
 * then a parent of its own comes and goes with its types.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEVICES = 64, PATH_SIZE = 512 };

static const char *root, *parent, *type;

#define PATH(path, ...)                                                  \
	do {                                                             \
		if (snprintf(path, PATH_SIZE, __VA_ARGS__) >= PATH_SIZE) \
			errx(1, "a path is too long");                   \
	} while (0)

static void check(int rc, const char *path)
{
	if (rc < 0 && errno != ENOENT && errno != EEXIST)
		err(1, "%s", path);
}

static void make_file(const char *folder, const char *name, const char *text)
{
	char path[PATH_SIZE];
	int fd;

	PATH(path, "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		err(1, "%s", path);
	close(fd);
}

static void make_link(const char *target, const char *folder, const char *name)
{
	char path[PATH_SIZE];

	PATH(path, "%s/%s", folder, name);
	check(symlink(target, path), path);
}

static void remove_entry(const char *folder, const char *name, bool is_folder)
{
	char path[PATH_SIZE];

	PATH(path, "%s/%s", folder, name);
	check(is_folder ? rmdir(path) : unlink(path), path);
}

static void make_device(const char *uuid)
{
	char folder[PATH_SIZE], other[PATH_SIZE], target[PATH_SIZE];

	PATH(folder, "%s/%s/%s", root, parent, uuid);
	check(mkdir(folder, 0755), folder);
	PATH(other, "%s/medu", folder);
	check(mkdir(other, 0755), other);
	make_file(other, "label", "text\n");
	make_file(folder, "state", "stopped\n");
	make_file(folder, "remove", "");
	make_link("../../../../kernel/iommu_groups/7", folder, "iommu_group");
	PATH(target, "../mdev_supported_types/%s", type);
	make_link(target, folder, "mdev_type");
	PATH(other, "%s/%s/mdev_supported_types/%s/devices", root, parent, type);
	PATH(target, "../../../%s", uuid);
	make_link(target, other, uuid);
	PATH(other, "%s/sys/bus/mdev/devices", root);
	make_link(folder, other, uuid);
}

static void remove_device(const char *uuid)
{
	char folder[PATH_SIZE], other[PATH_SIZE];

	PATH(other, "%s/sys/bus/mdev/devices", root);
	remove_entry(other, uuid, false);
	PATH(other, "%s/%s/mdev_supported_types/%s/devices", root, parent, type);
	remove_entry(other, uuid, false);
	PATH(folder, "%s/%s/%s", root, parent, uuid);
	PATH(other, "%s/medu", folder);
	remove_entry(other, "label", false);
	remove_entry(folder, "medu", true);
	for (size_t i = 0; i < 4; i++)
		remove_entry(folder,
			     (const char *[]){"state", "remove", "iommu_group", "mdev_type"}[i],
			     false);
	PATH(other, "%s/%s", root, parent);
	remove_entry(other, uuid, true);
}

static void make_parent(void)
{
	char folder[PATH_SIZE];
	size_t end;

	PATH(folder, "%s/sys/class/mdev_bus/passing", root);
	check(mkdir(folder, 0755), folder);
	end = strlen(folder);
	strcpy(folder + end, "/mdev_supported_types");
	check(mkdir(folder, 0755), folder);
	strcat(folder, "/passing-1");
	check(mkdir(folder, 0755), folder);
	make_file(folder, "available_instances", "1\n");
	make_file(folder, "device_api", "vfio-pci\n");
	strcat(folder, "/devices");
	check(mkdir(folder, 0755), folder);
}

static void remove_parent(void)
{
	char folder[PATH_SIZE], below[PATH_SIZE];

	PATH(folder, "%s/sys/class/mdev_bus", root);
	PATH(below, "%s/passing/mdev_supported_types/passing-1", folder);
	remove_entry(below, "devices", true);
	remove_entry(below, "device_api", false);
	remove_entry(below, "available_instances", false);
	PATH(below, "%s/passing/mdev_supported_types", folder);
	remove_entry(below, "passing-1", true);
	PATH(below, "%s/passing", folder);
	remove_entry(below, "mdev_supported_types", true);
	remove_entry(folder, "passing", true);
}

int main(int argc, char **argv)
{
	bool is_there[DEVICES] = {false};

	if (argc != 4)
		errx(2, "usage: churn ROOT PARENT TYPE");
	root = argv[1];
	parent = argv[2];
	type = argv[3];
	for (unsigned long round = 0;; round++) {
		unsigned long i = (round * 37) % DEVICES;
		char uuid[37];

		snprintf(uuid, sizeof(uuid), "7777%04lu-aaaa-4bbb-8ccc-000000000000", i);
		if (is_there[i])
			remove_device(uuid);
		else
			make_device(uuid);
		is_there[i] = !is_there[i];
		if (round % 16 == 0)
			make_parent();
		else if (round % 16 == 8)
			remove_parent();
	}
}
