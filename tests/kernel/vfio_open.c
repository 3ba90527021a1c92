// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_open: opens an instance of medu in all wrong ways, and twice
 *
 * Prints what differs from what is expected, and the number of checks. Exit
 * status 0: nothing differs.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommufd.h"
#include "vfio.h"

static unsigned int checks, differences;

/* rc is what a system call returned; want is an errno, or 0 for success */
static void expect(const char *what, long rc, int want)
{
	int got = rc < 0 ? errno : 0;

	checks++;
	if (got == want)
		return;
	differences++;
	printf("%s: %s instead of %s\n", what, strerrorname_np(got), strerrorname_np(want));
}

/* VFIO's errno for a file that is no container differs between kernels; any is right. */
static void expect_no_container(const char *what, int group, int *fd)
{
	long rc = ioctl(group, VFIO_GROUP_SET_CONTAINER, fd);

	expect(what, rc, errno == EBADFD ? EBADFD : EINVAL);
}

/* The newest kernels have an errno of its own for a range that wraps around. */
static void expect_wrapped(const char *what, long rc)
{
	expect(what, rc, errno == EOVERFLOW ? EOVERFLOW : EINVAL);
}

static int open_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

static void check_names(int group)
{
	char name[8192];

	expect("no name", ioctl(group, VFIO_GROUP_GET_DEVICE_FD, ""), ENODEV);
	expect("another name", ioctl(group, VFIO_GROUP_GET_DEVICE_FD, "0000:01:00.0"), ENODEV);
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	expect("long name", ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name), EINVAL);
	expect("NULL for a name", ioctl(group, VFIO_GROUP_GET_DEVICE_FD, NULL), EFAULT);
}

/* Each step of opening a device: too early, and twice */
static void check_group(const char *name)
{
	int container = open_file("/dev/vfio/vfio"), null = open_file("/dev/null"), none = -1;
	int group = vfio_group_open(name), device, again;

	expect("group", group, 0);
	expect("group, a second time", vfio_group_open(name), EBUSY);
	expect("device without container", ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name), EINVAL);
	expect("unset without container", ioctl(group, VFIO_GROUP_UNSET_CONTAINER), EINVAL);
	expect("IOMMU without group", ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU),
	       EINVAL);
	expect("no container", ioctl(group, VFIO_GROUP_SET_CONTAINER, &none), EBADF);
	expect_no_container("a file for a container", group, &null);
	expect_no_container("the group for a container", group, &group);
	expect("container", ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), 0);
	expect("container, twice", ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), EINVAL);
	expect("device without IOMMU", ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name), EINVAL);
	expect("unknown IOMMU", ioctl(container, VFIO_SET_IOMMU, 4711), ENODEV);
	expect("IOMMU", ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), 0);
	check_names(group);
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
	expect("device", device, 0);
	again = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
	expect("device, a second time by the same user", again, 0);
	expect("unset while open", ioctl(group, VFIO_GROUP_UNSET_CONTAINER), EBUSY);
	close(device);
	expect("what the other file has", ioctl(again, VFIO_DEVICE_RESET), 0);
	expect("group, still held", vfio_group_open(name), EBUSY);
	close(group);
	expect("group, held by the device", vfio_group_open(name), EBUSY);
	close(again);
	group = vfio_group_open(name);
	expect("group, free again", group, 0);
}

static int map_dma(int container, uint64_t vaddr, uint64_t iova, uint64_t size, uint32_t flags)
{
	struct vfio_iommu_type1_dma_map map = { .argsz = sizeof(map), .flags = flags,
						.vaddr = vaddr, .iova = iova, .size = size };

	return ioctl(container, VFIO_IOMMU_MAP_DMA, &map);
}

static int unmap_dma(int container, uint64_t iova, uint64_t size)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap), .iova = iova,
						    .size = size };

	return ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

/* Starts a transfer; it ends even if there is memory that it cannot reach */
static void transfer(const struct user *u, int irq, uint64_t src, uint64_t dst, uint32_t count,
		     uint32_t flags)
{
	reg_write(u, EDU_DMA_SRC + 4, src >> 32);
	reg_write(u, EDU_DMA_DST + 4, dst >> 32);
	dma_start(u, src, dst, count, flags);
	irq_wait(irq);
	expect("the engine is free", reg_read(u, EDU_DMA_CMD) & EDU_DMA_RUN ? -1 : 0, 0);
	reg_write(u, EDU_IRQ_ACK, reg_read(u, EDU_IRQ_STATUS));
}

/* Guest memory that does not exist, is read-only, or is gone; transfers out of range */
static void check_dma(const char *name)
{
	const uint32_t rw = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	struct user u;
	char *mem;
	int irq;

	vfio_open(&u, name);
	irq = msi_listen(&u);
	mem = dma_map(&u);
	strcpy(mem, "kept");
	expect("mapped over", map_dma(u.container, (uintptr_t)mem, DMA_IOVA, 4096, rw), EEXIST);
	expect("mapped unaligned", map_dma(u.container, (uintptr_t)mem + 1, 0, 4096, rw), EINVAL);
	expect_wrapped("mapped around", map_dma(u.container, (uintptr_t)mem, -4096ULL, 8192, rw));
	transfer(&u, irq, DMA_IOVA, EDU_BUFFER, 4096, 0);
	transfer(&u, irq, DMA_IOVA, EDU_BUFFER + 4095, 1, 0);
	transfer(&u, irq, DMA_IOVA, EDU_BUFFER - 1, 2, 0);
	transfer(&u, irq, DMA_IOVA, EDU_BUFFER + 1, UINT32_MAX, 0);
	transfer(&u, irq, DMA_IOVA, EDU_BUFFER, 0, 0);
	transfer(&u, irq, EDU_BUFFER, DMA_IOVA + (1ULL << 32), 16, EDU_DMA_TO_RAM);
	transfer(&u, irq, EDU_BUFFER, UINT64_MAX - 3, 16, EDU_DMA_TO_RAM);
	transfer(&u, irq, EDU_BUFFER, DMA_IOVA + DMA_SIZE, 16, EDU_DMA_TO_RAM);
	transfer(&u, irq, EDU_BUFFER + (1ULL << 32), DMA_IOVA, 16, EDU_DMA_TO_RAM);
	expect("memory is as it was", strcmp(mem, "kept") ? -1 : 0, 0);
	expect("unmapped", unmap_dma(u.container, DMA_IOVA, DMA_SIZE), 0);
	transfer(&u, irq, EDU_BUFFER, DMA_IOVA, 16, EDU_DMA_TO_RAM);
	expect("memory is as it was", strcmp(mem, "kept") ? -1 : 0, 0);
	expect("mapped to be read", map_dma(u.container, (uintptr_t)mem, DMA_IOVA, DMA_SIZE,
					    VFIO_DMA_MAP_FLAG_READ), 0);
	transfer(&u, irq, EDU_BUFFER, DMA_IOVA, 16, EDU_DMA_TO_RAM);
	expect("memory is as it was", strcmp(mem, "kept") ? -1 : 0, 0);
	munmap(mem, DMA_SIZE);
	transfer(&u, irq, DMA_IOVA, EDU_BUFFER, 16, 0);
}

/* A device file before and after it is bound to an iommufd */
static void check_iommufd(const char *name)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach), .pt_id = 4711 };
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int device = vfio_cdev_open(name), null = open_file("/dev/null"), other;
	struct user u;
	char byte;

	expect("device", device, 0);
	expect("GET_INFO before bind", ioctl(device, VFIO_DEVICE_GET_INFO, &info), EINVAL);
	expect("read before bind", pread(device, &byte, 1, 0), EINVAL);
	expect("attach before bind", ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach),
	       EINVAL);
	bind.iommufd = -1;
	expect("bind to nothing", ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind), EINVAL);
	bind.iommufd = null;
	expect("bind to a file", ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind), EBADFD);
	bind.iommufd = open_file("/dev/iommu");
	bind.flags = 1;
	expect("bind with a flag", ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind), EINVAL);
	bind.flags = 0;
	expect("bind", ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind), 0);
	expect("bind, twice", ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind), EINVAL);
	expect("GET_INFO", ioctl(device, VFIO_DEVICE_GET_INFO, &info), 0);
	expect("attach to nothing", ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach),
	       ENOENT);
	expect("group of a bound device", vfio_group_open(name), EBUSY);
	other = vfio_cdev_open(name);
	expect("file, a second time", other, 0);
	expect("bind by another", ioctl(other, VFIO_DEVICE_BIND_IOMMUFD, &bind), EINVAL);
	close(other);
	close(device);
	vfio_open_iommufd(&u, name);
	expect("reset", ioctl(u.device, VFIO_DEVICE_RESET), 0);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "group"))
		check_group(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "dma"))
		check_dma(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "iommufd"))
		check_iommufd(argv[2]);
	else
		errx(2, "usage: vfio_open group|dma|iommufd DEVICE");
	printf("%u checks, %u differences\n", checks, differences);
	return differences ? 1 : 0;
}
