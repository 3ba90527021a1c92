// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_display: looks at what an instance of mdpy or mbochs shows, the kernel's own
 * samples of displays, through VFIO
 *
 * mdpy shows a picture in a region of its own; mbochs hands out dma-bufs of its
 * video memory. The instance is opened by its group, or with --iommufd by its own
 * file. Prints a line for each result.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vfio.h"

/* DRM_PLANE_TYPE_PRIMARY of the kernel's include/drm/drm_plane.h */
#define PLANE_PRIMARY 1

/* Registers of mbochs in BAR 2, of 16 bits each: those of QEMU's bochs-display
 * (docs/specs/standard-vga) */
#define VBE 0x500
#define VBE_XRES 1
#define VBE_YRES 2
#define VBE_BPP 3
#define VBE_ENABLE 4

#define WIDTH 640
#define HEIGHT 480

/* VFIO_DEVICE_QUERY_GFX_PLANE; returns what ioctl() returns */
static int query(const struct user *u, uint32_t flags, struct vfio_device_gfx_plane_info *plane)
{
	*plane = (struct vfio_device_gfx_plane_info){
		.argsz = sizeof(*plane),
		.flags = flags,
		.drm_plane_type = PLANE_PRIMARY,
	};
	return ioctl(u->device, VFIO_DEVICE_QUERY_GFX_PLANE, plane);
}

static void print_probe(const struct user *u, const char *name, uint32_t kind)
{
	struct vfio_device_gfx_plane_info plane;

	printf("%s %s\n", name,
	       query(u, VFIO_GFX_PLANE_TYPE_PROBE | kind, &plane) ? strerrorname_np(errno) :
								    "offered");
}

static void print_probes(const struct user *u)
{
	print_probe(u, "region", VFIO_GFX_PLANE_TYPE_REGION);
	print_probe(u, "dma-buf", VFIO_GFX_PLANE_TYPE_DMABUF);
}

static void print_plane(const struct vfio_device_gfx_plane_info *plane)
{
	printf("%ux%u stride %u format %.4s\n", plane->width, plane->height, plane->stride,
	       (const char *)&plane->drm_format);
}

static unsigned char *map(int fd, uint64_t offset, size_t size)
{
	unsigned char *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (mem == MAP_FAILED)
		err(1, "mmap");
	return mem;
}

static void get_region(const struct user *u, uint32_t index, struct vfio_region_info *info)
{
	*info = (struct vfio_region_info){.argsz = sizeof(*info), .index = index};
	if (ioctl(u->device, VFIO_DEVICE_GET_REGION_INFO, info))
		err(1, "VFIO_DEVICE_GET_REGION_INFO %u", index);
}

/* The picture of mdpy, which gets lighter from row to row, in the region that it names */
static void cmd_region(struct user *u)
{
	struct vfio_device_gfx_plane_info plane;
	struct vfio_region_info info;
	unsigned char *picture, *again;
	unsigned int row;

	print_probes(u);
	if (query(u, VFIO_GFX_PLANE_TYPE_REGION, &plane))
		err(1, "VFIO_DEVICE_QUERY_GFX_PLANE");
	print_plane(&plane);
	get_region(u, plane.region_index, &info);
	printf("region %u flags %#x\n", plane.region_index, info.flags);
	picture = map(u->device, info.offset, info.size);
	for (row = 0; row < plane.height; row++)
		if (picture[row * plane.stride] != row * 255 / plane.height)
			errx(1, "row %u: %#x", row, picture[row * plane.stride]);
	printf("rows %u\n", row);
	again = map(u->device, info.offset, info.size);
	picture[5 * plane.stride] = 0x77;
	printf("written, mapped again: %#x\n", again[5 * plane.stride]);
	/* The mapping alone keeps the instance open. */
	close(u->device);
	printf("closed: %#x\n", picture[5 * plane.stride]);
}

static void vbe_write(const struct user *u, uint64_t bar2, unsigned int reg, uint16_t val)
{
	if (pwrite(u->device, &val, sizeof(val), bar2 + VBE + 2 * reg) != sizeof(val))
		err(1, "write of display register %u", reg);
}

static void set_mode(const struct user *u)
{
	uint64_t bar2 = vfio_region_offset(u->device, VFIO_PCI_BAR2_REGION_INDEX);

	vbe_write(u, bar2, VBE_XRES, WIDTH);
	vbe_write(u, bar2, VBE_YRES, HEIGHT);
	vbe_write(u, bar2, VBE_BPP, 32);
	vbe_write(u, bar2, VBE_ENABLE, 1);
}

/*
 * The driver makes a dma-buf for a mode when it is first asked for it, and says
 * ENOMEM all the same; it is there from then on.
 */
static void query_dmabuf(const struct user *u, struct vfio_device_gfx_plane_info *plane)
{
	if (!query(u, VFIO_GFX_PLANE_TYPE_DMABUF, plane))
		return;
	if (errno != ENOMEM || query(u, VFIO_GFX_PLANE_TYPE_DMABUF, plane))
		err(1, "VFIO_DEVICE_QUERY_GFX_PLANE");
}

static void print_memory(const struct user *u)
{
	struct vfio_region_info info;
	unsigned char *memory, *again;

	get_region(u, VFIO_PCI_BAR0_REGION_INDEX, &info);
	memory = map(u->device, info.offset, info.size);
	again = map(u->device, info.offset, info.size);
	memory[info.size - 1] = 0x11;
	printf("memory %llu, mapped again: %#x\n", info.size, again[info.size - 1]);
}

/*
 * A dma-buf of mbochs' picture, and its video memory. Nobody can map the dma-buf:
 * the driver makes it to be read only, and refuses to map what cannot be written.
 */
static void cmd_dmabuf(struct user *u)
{
	struct vfio_device_gfx_plane_info plane;
	int fd;

	print_probes(u);
	set_mode(u);
	query_dmabuf(u, &plane);
	print_plane(&plane);
	fd = ioctl(u->device, VFIO_DEVICE_GET_GFX_DMABUF, &plane.dmabuf_id);
	if (fd < 0)
		err(1, "VFIO_DEVICE_GET_GFX_DMABUF");
	printf("bytes %lld of %u\n", (long long)lseek(fd, 0, SEEK_END), plane.size);
	/* It has to go before the instance, which the driver uses to free it. */
	close(fd);
	plane.dmabuf_id = 4711;
	fd = ioctl(u->device, VFIO_DEVICE_GET_GFX_DMABUF, &plane.dmabuf_id);
	printf("another: %s\n", fd < 0 ? strerrorname_np(errno) : "got");
	print_memory(u);
}

int main(int argc, char **argv)
{
	bool iommufd = vfio_take_iommufd(&argc, &argv);
	struct user u;

	if (argc != 3 || (strcmp(argv[1], "region") && strcmp(argv[1], "dmabuf")))
		errx(2, "usage: vfio_display [--iommufd] region|dmabuf DEVICE");
	vfio_open_by(&u, argv[2], iommufd);
	if (!strcmp(argv[1], "region"))
		cmd_region(&u);
	else
		cmd_dmabuf(&u);
	return fflush(stdout) ? 1 : 0;
}
