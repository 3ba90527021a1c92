// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a measurement compares with: the same work in as few system calls as can be. Runs in the
 * guest, whose clock counts instructions; prints those of each step, one number a line.
 *
 *	bare run PROGRAM ARGUMENT...	one run of a program, output thrown away
 *	bare create FILE FIRST LAST	write the identities FIRST to LAST - 1 to a type's create
 *	bare remove FIRST LAST		remove these
 *	bare read DEVICE COUNT		4-byte reads of the config space of an instance
 */
#include <err.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UUID_FORMAT "00000000-0000-4000-8000-%012x"

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static int open_or_die(int folder, const char *path, int flags)
{
	int fd = openat(folder, path, flags | O_CLOEXEC);

	if (fd < 0)
		err(1, "cannot open %s", path);
	return fd;
}

static void run(char **argv)
{
	uint64_t start = now();
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		dup2(open_or_die(AT_FDCWD, "/dev/null", O_WRONLY), 1);
		execvp(argv[0], argv);
		err(127, "cannot run %s", argv[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		errx(1, "%s failed", argv[0]);
	printf("%llu\n", (unsigned long long)(now() - start));
}

static void create(const char *path, unsigned int first, unsigned int last)
{
	int fd = open_or_die(AT_FDCWD, path, O_WRONLY);

	for (unsigned int i = first; i < last; i++) {
		char uuid[64];
		int len = snprintf(uuid, sizeof(uuid), UUID_FORMAT, i);
		uint64_t start = now();

		if (write(fd, uuid, len) != len)
			err(1, "cannot create %s", uuid);
		printf("%llu\n", (unsigned long long)(now() - start));
	}
}

static void remove_devices(unsigned int first, unsigned int last)
{
	for (unsigned int i = first; i < last; i++) {
		char path[128];
		uint64_t start;
		int fd;

		snprintf(path, sizeof(path), "/sys/bus/mdev/devices/" UUID_FORMAT "/remove", i);
		start = now();
		fd = open_or_die(AT_FDCWD, path, O_WRONLY);
		if (write(fd, "1", 1) != 1)
			err(1, "cannot write %s", path);
		close(fd);
		printf("%llu\n", (unsigned long long)(now() - start));
	}
}

/* Opens an instance through its group and a container. */
static int open_device(const char *name)
{
	char path[128], target[256], group_path[64];
	int container, group, device;
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/iommu_group", name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		err(1, "cannot read %s", path);
	target[len] = '\0';
	snprintf(group_path, sizeof(group_path), "/dev/vfio/%.40s", strrchr(target, '/') + 1);
	container = open_or_die(AT_FDCWD, "/dev/vfio/vfio", O_RDWR);
	group = open_or_die(AT_FDCWD, group_path, O_RDWR);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) < 0 ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		err(1, "cannot set up %s", group_path);
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
	if (device < 0)
		err(1, "cannot open %s", name);
	return device;
}

static void read_config(const char *name, unsigned int count)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_CONFIG_REGION_INDEX
	};
	int device = open_device(name);

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info) < 0)
		err(1, "%s has no config space", name);
	while (count-- > 0) {
		uint32_t value;
		uint64_t start = now();

		if (pread(device, &value, sizeof(value), info.offset) != sizeof(value))
			err(1, "cannot read the config space of %s", name);
		printf("%llu\n", (unsigned long long)(now() - start));
	}
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "run") && argc > 2)
		run(argv + 2);
	else if (!strcmp(verb, "create") && argc == 5)
		create(argv[2], atoi(argv[3]), atoi(argv[4]));
	else if (!strcmp(verb, "remove") && argc == 4)
		remove_devices(atoi(argv[2]), atoi(argv[3]));
	else if (!strcmp(verb, "read") && argc == 4)
		read_config(argv[2], atoi(argv[3]));
	else
		errx(2, "usage: bare run|create|remove|read ...");
	return 0;
}
