// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_regions: reads the regions of an instance of mdev_test
 *
 * Prints, for each region, its offset in the file and the offset that the parent
 * driver got when that was read; and the areas of region 0 that can be mapped.
 */

#include <err.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio.h"

#define DISTANCE 0x18

static void print_offset(int device, unsigned int index)
{
	uint64_t offset = vfio_region_offset(device, index), asked;

	if (pread(device, &asked, sizeof(asked), offset + DISTANCE) != sizeof(asked))
		err(1, "read of region %u", index);
	printf("region %u read at its offset %s\n", index,
	       asked == offset + DISTANCE ? "0x18" : "?");
}

static void print_areas(int device)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	struct vfio_region_info info = { .argsz = sizeof(info) }, *full;
	uint64_t page = sysconf(_SC_PAGESIZE);
	unsigned int i;

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		err(1, "VFIO_DEVICE_GET_REGION_INFO");
	full = calloc(1, info.argsz);
	if (!full)
		err(1, "calloc");
	full->argsz = info.argsz;
	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, full))
		err(1, "VFIO_DEVICE_GET_REGION_INFO with capabilities");
	if (!full->cap_offset)
		errx(1, "no capability in %u bytes", info.argsz);
	sparse = (void *)full + full->cap_offset;
	for (i = 0; i < sparse->nr_areas; i++)
		if (sparse->areas[i].offset != i * 2 * page || sparse->areas[i].size != page)
			errx(1, "area %u at %#llx, size %#llx", i, sparse->areas[i].offset,
			     sparse->areas[i].size);
	printf("capability %u with %u areas\n", sparse->header.id, sparse->nr_areas);
	free(full);
}

int main(int argc, char **argv)
{
	struct user u;
	unsigned int i;

	if (argc != 2)
		errx(2, "usage: vfio_regions DEVICE");
	vfio_open(&u, argv[1]);
	for (i = 0; i < VFIO_PCI_NUM_REGIONS; i++)
		print_offset(u.device, i);
	print_areas(u.device);
	return fflush(stdout) ? 1 : 0;
}
