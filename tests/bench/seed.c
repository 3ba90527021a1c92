// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Seeds the kernel's random number generator. The guest has no source of entropy; until the kernel
 * has 256 bits of it, each random number that it takes for itself costs thousands of instructions,
 * as on no host. The seed is always the same, so that runs repeat; in the guest nothing is secret.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/random.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#define SEED_SIZE 64

int main(void)
{
	struct {
		struct rand_pool_info info;
		char bytes[SEED_SIZE];
	} seed = {.info = {.entropy_count = 8 * SEED_SIZE, .buf_size = SEED_SIZE}};
	int fd = open("/dev/random", O_WRONLY | O_CLOEXEC);
	char byte;

	memset(seed.bytes, 0x6d, sizeof(seed.bytes));
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &seed) < 0)
		err(1, "cannot seed /dev/random");
	if (getrandom(&byte, 1, GRND_NONBLOCK) != 1)
		err(1, "the kernel still has no random numbers");
	return 0;
}
