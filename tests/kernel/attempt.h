/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations that may fail: reading and writing files of sysfs, opening an
 * instance through VFIO; and allocations that are made to fail
 *
 * All functions return 0 or a negative errno, which the caller judges.
 */

#ifndef TESTS_KERNEL_ATTEMPT_H
#define TESTS_KERNEL_ATTEMPT_H

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICES "/sys/bus/mdev/devices"
#define PARENTS "/sys/bus/pci/devices"

static inline int attempt(int rc)
{
	return rc < 0 ? -errno : rc;
}

/* Writes a text by one write() */
static inline int attempt_write_fd(int fd, const char *text)
{
	ssize_t rc = write(fd, text, strlen(text));

	return rc < 0 ? -errno : 0;
}

static inline int attempt_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = attempt_write_fd(fd, text);
	close(fd);
	return rc;
}

/* Reads a file of one line into buf, without its newline; on failure buf is "" */
static inline int attempt_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;
	int rc = 0;

	*buf = '\0';
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	if (len < 0) {
		rc = -errno;
		len = 0;
	}
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	close(fd);
	return rc;
}

static inline bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

/**
 * struct session - an instance that is in use, or as much of that as succeeded
 * @container: with a type 1 IOMMU, or -1
 * @group: file of its group, or -1
 * @device: file of the instance, or -1
 */
struct session {
	int container;
	int group;
	int device;
};

/* The number of an instance's IOMMU group */
static inline int attempt_group_number(const char *name)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), DEVICES "/%s/iommu_group", name);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return -errno;
	link[len] = '\0';
	return atoi(strrchr(link, '/') + 1);
}

/* Opens the group and gives it a container of its own, but does not open the instance */
static inline int attempt_group(struct session *s, const char *name)
{
	int number = attempt_group_number(name);
	char path[PATH_MAX];

	s->container = s->group = s->device = -1;
	if (number < 0)
		return number;
	snprintf(path, sizeof(path), "/dev/vfio/%d", number);
	s->group = open(path, O_RDWR | O_CLOEXEC);
	if (s->group < 0)
		return -errno;
	s->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (s->container < 0)
		return -errno;
	if (ioctl(s->group, VFIO_GROUP_SET_CONTAINER, &s->container) ||
	    ioctl(s->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	return 0;
}

static inline int attempt_device(struct session *s, const char *name)
{
	s->device = ioctl(s->group, VFIO_GROUP_GET_DEVICE_FD, name);
	return s->device < 0 ? -errno : 0;
}

static inline void session_close(struct session *s)
{
	if (s->device >= 0)
		close(s->device);
	if (s->group >= 0)
		close(s->group);
	if (s->container >= 0)
		close(s->container);
}

static inline int attempt_region(const struct session *s, unsigned int index,
				 struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){ .argsz = sizeof(*info), .index = index };
	return attempt(ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, info));
}

/* A PCI function answers in its BARs, and does DMA, only after this. */
static inline int attempt_enable(const struct session *s)
{
	const uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	struct vfio_region_info info;
	int rc = attempt_region(s, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	if (!rc && pwrite(s->device, &command, sizeof(command), info.offset + PCI_COMMAND) < 0)
		rc = -errno;
	return rc;
}

/* Sets vector 0 of an interrupt index to an eventfd, or with -1 to none */
static inline int attempt_irq(const struct session *s, unsigned int index, unsigned int action,
			      int fd)
{
	char buf[sizeof(struct vfio_irq_set) + sizeof(fd)];
	struct vfio_irq_set *set = (void *)buf;

	*set = (struct vfio_irq_set){
		.argsz = sizeof(buf),
		.flags = VFIO_IRQ_SET_DATA_EVENTFD | action,
		.index = index,
		.count = 1,
	};
	memcpy(set->data, &fd, sizeof(fd));
	return attempt(ioctl(s->device, VFIO_DEVICE_SET_IRQS, set));
}

/* Opens the fail-nth of this process; a child has to open its own */
static inline int fault_open(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

/* Makes the nth allocation from now on fail, once; with 0 none */
static inline void fault_arm(int fd, unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	/* Copying this text from user space can itself be made to fail. */
	while (pwrite(fd, text, len, 0) != len)
		if (errno != EFAULT)
			err(1, "fail-nth");
}

/* Ends that; returns whether an allocation was made to fail */
static inline bool fault_disarm(int fd)
{
	char text[16] = "";
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len < 0 && errno != EFAULT)
		err(1, "fail-nth");
	fault_arm(fd, 0);
	/* If reading failed, the failure was still waiting, and this met it. */
	return len > 0 && !strtoul(text, NULL, 10);
}

#endif /* TESTS_KERNEL_ATTEMPT_H */
