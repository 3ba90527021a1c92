/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an instance of the measured parents is, on either core: registers of
 * memory, and an interrupt that is raised as often as a register says.
 *
 * A parent must do no more and no less on one core than on the other.
 */

#ifndef _WEIGHT_H
#define _WEIGHT_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vfio.h>

#define WEIGHT_PARENT		"bench_parent"
#define WEIGHT_TYPE		"plain"
#define WEIGHT_INSTANCES	100000
#define WEIGHT_REGION_SHIFT	40
#define WEIGHT_SIZE		256

/* Regions: registers; a u32 that raises the interrupt so many times */
#define WEIGHT_REGS		0
#define WEIGHT_RAISE		1

/* Vectors of VFIO_PCI_MSI_IRQ_INDEX */
#define WEIGHT_NR_VECTORS	1

/**
 * struct weight - an instance
 * @lock: guards the registers
 * @regs: the registers
 */
struct weight {
	struct mutex lock; /* the registers */
	u8 regs[WEIGHT_SIZE];
};

static inline void weight_init(struct weight *weight)
{
	mutex_init(&weight->lock);
}

static inline unsigned int weight_region(loff_t pos)
{
	return (u64)pos >> WEIGHT_REGION_SHIFT;
}

static inline u64 weight_offset(loff_t pos)
{
	return pos & ((1ULL << WEIGHT_REGION_SHIFT) - 1);
}

/* Returns how much of an access is inside the registers, or -EINVAL */
static inline ssize_t weight_clip(loff_t pos, size_t count)
{
	u64 offset = weight_offset(pos);

	if (weight_region(pos) != WEIGHT_REGS || offset >= WEIGHT_SIZE)
		return -EINVAL;
	return min_t(u64, count, WEIGHT_SIZE - offset);
}

/* Fills size and flags of the region info->index; they are 0 */
static inline void weight_region_info(struct vfio_region_info *info)
{
	switch (info->index) {
	case WEIGHT_REGS:
		info->size = WEIGHT_SIZE;
		info->flags = VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_WRITE;
		break;
	case WEIGHT_RAISE:
		info->size = sizeof(u32);
		info->flags = VFIO_REGION_INFO_FLAG_WRITE;
		break;
	}
}

#endif /* _WEIGHT_H */
