// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An instance of medu, opened through VFIO: what the programs here share
 */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iommufd.h"
#include "vfio.h"

/* By then the interrupt will not come any more, on however busy a machine. */
#define IRQ_TIMEOUT_MS 300000

static int open_or_die(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

/* Stores the path of a file in the folder of an instance: of a mediated device, or of a PCI function */
static void device_file(char path[PATH_MAX], const char *name, const char *file)
{
	snprintf(path, PATH_MAX, "/sys/bus/mdev/devices/%s/%s", name, file);
	if (access(path, F_OK))
		snprintf(path, PATH_MAX, "/sys/bus/pci/devices/%s/%s", name, file);
}

/**
 * vfio_group_open() - open the file of an instance's IOMMU group
 * @name: the instance, as on the bus of mediated devices or of PCI
 *
 * Return: a file descriptor, or -1 and errno if VFIO refuses.
 */
int vfio_group_open(const char *name)
{
	char path[PATH_MAX], link[PATH_MAX];
	ssize_t len;

	device_file(path, name, "iommu_group");
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		err(1, "%s", path);
	link[len] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	return open(path, O_RDWR | O_CLOEXEC);
}

/**
 * vfio_cdev_open() - open the file of an instance below /dev/vfio/devices
 * @name: the instance, as on the bus
 *
 * Return: a file descriptor, or -1 and errno if VFIO refuses.
 */
int vfio_cdev_open(const char *name)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	device_file(path, name, "vfio-dev");
	dir = opendir(path);
	if (!dir)
		err(1, "%s", path);
	do
		entry = readdir(dir);
	while (entry && entry->d_name[0] == '.');
	if (!entry)
		errx(1, "%s is empty", path);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
	closedir(dir);
	return open(path, O_RDWR | O_CLOEXEC);
}

/**
 * vfio_region_offset() - the offset of a region in a device file
 * @device: the file
 * @index: the region
 *
 * Return: the offset.
 */
uint64_t vfio_region_offset(int device, unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		err(1, "VFIO_DEVICE_GET_REGION_INFO %u", index);
	return info.offset;
}

/*
 * A driver of a PCI function begins so: before that it neither answers in its BARs nor does DMA.
 * Other devices have registers in region 0, too, but no config space.
 */
static void enable_device(struct user *u)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(u->device, VFIO_DEVICE_GET_INFO, &info))
		err(1, "VFIO_DEVICE_GET_INFO");
	u->bar0 = vfio_region_offset(u->device, VFIO_PCI_BAR0_REGION_INDEX);
	if (!(info.flags & VFIO_DEVICE_FLAGS_PCI))
		return;
	u->config = vfio_region_offset(u->device, VFIO_PCI_CONFIG_REGION_INDEX);
	config_write16(u, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/**
 * vfio_open_any() - open an instance of any kind by its group, with a container of its own
 * @u: filled, but for the regions of a PCI device
 * @name: the instance, as on the bus
 */
void vfio_open_any(struct user *u, const char *name)
{
	u->iommufd = -1;
	u->container = open_or_die("/dev/vfio/vfio");
	u->group = vfio_group_open(name);
	if (u->group < 0)
		err(1, "the group of %s", name);
	if (ioctl(u->group, VFIO_GROUP_SET_CONTAINER, &u->container))
		err(1, "VFIO_GROUP_SET_CONTAINER");
	if (ioctl(u->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		err(1, "VFIO_SET_IOMMU");
	u->device = ioctl(u->group, VFIO_GROUP_GET_DEVICE_FD, name);
	if (u->device < 0)
		err(1, "VFIO_GROUP_GET_DEVICE_FD %s", name);
}

/**
 * vfio_open() - the same for a PCI device
 * @u: filled; the function may answer in its BARs, and do DMA
 * @name: the instance, as on the bus
 */
void vfio_open(struct user *u, const char *name)
{
	vfio_open_any(u, name);
	enable_device(u);
}

/**
 * vfio_open_iommufd() - open an instance by its own file, with an iommufd
 * @u: filled, as by vfio_open()
 * @name: the instance, as on the bus
 */
void vfio_open_iommufd(struct user *u, const char *name)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach) };
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };

	u->container = -1;
	u->group = -1;
	u->iommufd = open_or_die("/dev/iommu");
	u->device = vfio_cdev_open(name);
	if (u->device < 0)
		err(1, "the file of %s", name);
	bind.iommufd = u->iommufd;
	if (ioctl(u->device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		err(1, "VFIO_DEVICE_BIND_IOMMUFD");
	if (ioctl(u->iommufd, IOMMU_IOAS_ALLOC, &ioas))
		err(1, "IOMMU_IOAS_ALLOC");
	attach.pt_id = u->ioas = ioas.out_ioas_id;
	if (ioctl(u->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		err(1, "VFIO_DEVICE_ATTACH_IOMMUFD_PT");
	enable_device(u);
}

/**
 * vfio_take_iommufd() - take --iommufd from the beginning of the arguments
 * @argc: number of arguments, with the program's name
 * @argv: the arguments
 *
 * Return: whether it was there.
 */
bool vfio_take_iommufd(int *argc, char ***argv)
{
	if (*argc < 2 || strcmp((*argv)[1], "--iommufd"))
		return false;
	(*argc)--;
	(*argv)++;
	return true;
}

/* Opens an instance in one way or the other */
void vfio_open_by(struct user *u, const char *name, bool iommufd)
{
	if (iommufd)
		vfio_open_iommufd(u, name);
	else
		vfio_open(u, name);
}

uint32_t reg_read(const struct user *u, uint32_t reg)
{
	uint32_t val;

	if (pread(u->device, &val, sizeof(val), u->bar0 + reg) != sizeof(val))
		err(1, "read of register %#x", reg);
	return val;
}

void reg_write(const struct user *u, uint32_t reg, uint32_t val)
{
	if (pwrite(u->device, &val, sizeof(val), u->bar0 + reg) != sizeof(val))
		err(1, "write of register %#x", reg);
}

uint16_t config_read16(const struct user *u, uint32_t offset)
{
	uint16_t val;

	if (pread(u->device, &val, sizeof(val), u->config + offset) != sizeof(val))
		err(1, "read of config space at %#x", offset);
	return val;
}

void config_write16(const struct user *u, uint32_t offset, uint16_t val)
{
	if (pwrite(u->device, &val, sizeof(val), u->config + offset) != sizeof(val))
		err(1, "write of config space at %#x", offset);
}

static void map_type1(const struct user *u, char *mem)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)mem,
		.iova = DMA_IOVA,
		.size = DMA_SIZE,
	};

	if (ioctl(u->container, VFIO_IOMMU_MAP_DMA, &map))
		err(1, "VFIO_IOMMU_MAP_DMA");
}

static void map_iommufd(const struct user *u, char *mem)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = u->ioas,
		.user_va = (uintptr_t)mem,
		.length = DMA_SIZE,
		.iova = DMA_IOVA,
	};

	if (ioctl(u->iommufd, IOMMU_IOAS_MAP, &map))
		err(1, "IOMMU_IOAS_MAP");
}

static void unmap_type1(const struct user *u)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = DMA_IOVA,
		.size = DMA_SIZE,
	};

	if (ioctl(u->container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		err(1, "VFIO_IOMMU_UNMAP_DMA");
}

static void unmap_iommufd(const struct user *u)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = u->ioas,
		.iova = DMA_IOVA,
		.length = DMA_SIZE,
	};

	if (ioctl(u->iommufd, IOMMU_IOAS_UNMAP, &unmap))
		err(1, "IOMMU_IOAS_UNMAP");
}

/**
 * dma_memory() - allocate memory that instances can be given
 *
 * Return: the memory, zeroed; it lasts as long as the program.
 */
char *dma_memory(void)
{
	char *mem = mmap(NULL, DMA_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		err(1, "mmap");
	return mem;
}

/**
 * dma_map_memory() - give an instance memory
 * @u: the instance, which has none
 * @mem: what dma_memory() returned
 */
void dma_map_memory(const struct user *u, char *mem)
{
	if (u->iommufd < 0)
		map_type1(u, mem);
	else
		map_iommufd(u, mem);
}

/* Returns memory that the instance has been given */
char *dma_map(const struct user *u)
{
	char *mem = dma_memory();

	dma_map_memory(u, mem);
	return mem;
}

/* Takes it away again */
void dma_unmap(const struct user *u)
{
	if (u->iommufd < 0)
		unmap_type1(u);
	else
		unmap_iommufd(u);
}

/**
 * dma_start() - start the DMA engine, which interrupts when it is done
 * @u: the instance
 * @src: address of the source
 * @dst: address of the destination
 * @count: number of bytes
 * @flags: 0, or EDU_DMA_TO_RAM
 */
void dma_start(const struct user *u, uint32_t src, uint32_t dst, uint32_t count, uint32_t flags)
{
	reg_write(u, EDU_DMA_SRC, src);
	reg_write(u, EDU_DMA_DST, dst);
	reg_write(u, EDU_DMA_COUNT, count);
	reg_write(u, EDU_DMA_CMD, EDU_DMA_RUN | EDU_DMA_IRQ | flags);
}

/* The same; waits until it is done, and acknowledges the interrupt */
void dma_run(const struct user *u, int irq, uint32_t src, uint32_t dst, uint32_t count,
	     uint32_t flags)
{
	dma_start(u, src, dst, count, flags);
	irq_wait(irq);
	if (reg_read(u, EDU_DMA_CMD) & EDU_DMA_RUN)
		errx(1, "interrupt before the DMA was done");
	reg_write(u, EDU_IRQ_ACK, reg_read(u, EDU_IRQ_STATUS));
}

/**
 * set_irqs() - VFIO_DEVICE_SET_IRQS for vector 0
 * @u: the instance
 * @flags: the action
 * @index: interrupt index
 * @fd: an eventfd, or NULL for an action without data
 *
 * Return: what ioctl() returns.
 */
int set_irqs(const struct user *u, uint32_t flags, uint32_t index, const int *fd)
{
	char buf[sizeof(struct vfio_irq_set) + sizeof(int)];
	struct vfio_irq_set *set = (void *)buf;

	*set = (struct vfio_irq_set){
		.argsz = sizeof(*set) + (fd ? sizeof(*fd) : 0),
		.flags = flags | (fd ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE),
		.index = index,
		.count = 1,
	};
	if (fd)
		memcpy(set->data, fd, sizeof(*fd));
	return ioctl(u->device, VFIO_DEVICE_SET_IRQS, set);
}

/**
 * irq_disable() - disable an interrupt index
 * @u: the instance
 * @index: interrupt index
 *
 * Return: what ioctl() returns.
 */
int irq_disable(const struct user *u, uint32_t index)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_NONE,
		.index = index,
	};

	return ioctl(u->device, VFIO_DEVICE_SET_IRQS, &set);
}

/**
 * irq_listen() - set up an eventfd that an interrupt signals
 * @u: the instance
 * @index: interrupt index
 *
 * Return: the eventfd, which does not block.
 */
int irq_listen(const struct user *u, uint32_t index)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		err(1, "eventfd");
	if (set_irqs(u, VFIO_IRQ_SET_ACTION_TRIGGER, index, &fd))
		err(1, "VFIO_DEVICE_SET_IRQS trigger");
	return fd;
}

/* The same for MSI, which is enabled in config space first */
int msi_listen(const struct user *u)
{
	config_write16(u, MSI_FLAGS, config_read16(u, MSI_FLAGS) | PCI_MSI_FLAGS_ENABLE);
	return irq_listen(u, VFIO_PCI_MSI_IRQ_INDEX);
}

/* Waits for an interrupt; returns how often it has come */
uint64_t irq_wait(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t count;

	if (poll(&pfd, 1, IRQ_TIMEOUT_MS) != 1)
		errx(1, "no interrupt");
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		err(1, "eventfd");
	return count;
}

bool irq_came(int fd)
{
	uint64_t count;

	return read(fd, &count, sizeof(count)) == sizeof(count);
}

/* A number on the command line, up to 32 bits */
uint32_t number(const char *s)
{
	unsigned long val;
	char *end;

	errno = 0;
	val = strtoul(s, &end, 0);
	if (errno || end == s || *end || val > UINT32_MAX)
		errx(2, "not a number: '%s'", s);
	return val;
}
