// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio_late: takes memory away while an instance is being opened
 *
 * Gives a container memory, and lets another process open an instance in it. When
 * it reads a line it takes the memory away, prints that, and ends.
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "vfio.h"

static void open_device(const struct user *u, const char *name)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ioctl(u->group, VFIO_GROUP_GET_DEVICE_FD, name) < 0)
		err(1, "VFIO_GROUP_GET_DEVICE_FD %s", name);
	pause();
}

int main(int argc, char **argv)
{
	struct user u = { .iommufd = -1 };
	pid_t opener;

	if (argc != 2)
		errx(2, "usage: vfio_late DEVICE");
	u.container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	u.group = vfio_group_open(argv[1]);
	if (ioctl(u.group, VFIO_GROUP_SET_CONTAINER, &u.container) ||
	    ioctl(u.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		err(1, "container");
	dma_map(&u);
	opener = fork();
	if (opener < 0)
		err(1, "fork");
	if (!opener)
		open_device(&u, argv[1]);
	if (getchar() == EOF)
		errx(1, "not told to");
	dma_unmap(&u);
	puts("unmapped");
	return fflush(stdout) ? 1 : 0;
}
