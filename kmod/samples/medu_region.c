// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: the regions of an instance: describing, reading, writing, mapping
 */

#include <linux/mm.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "medu.h"

/* read and write get bytes within the region, with the instance locked. */
struct medu_region {
	u64 size;
	void (*read)(struct medu_instance *inst, u32 offset, u8 *buf,
		     size_t count);
	void (*write)(struct medu_instance *inst, u32 offset, const u8 *buf,
		      size_t count);
};

static void medu_bar0_read(struct medu_instance *inst, u32 offset, u8 *buf,
			   size_t count)
{
	size_t i;

	for (i = 0; i < count; i += sizeof(u32))
		*(__le32 *)(buf + i) =
			cpu_to_le32(medu_reg_read(inst, offset + i));
}

static void medu_bar0_write(struct medu_instance *inst, u32 offset,
			    const u8 *buf, size_t count)
{
	size_t i;

	for (i = 0; i < count; i += sizeof(u32))
		medu_reg_write(inst, offset + i,
			       le32_to_cpup((const __le32 *)(buf + i)));
}

static u32 medu_bar2_reg(struct medu_instance *inst, u32 reg)
{
	return reg == MEDU_BAR2_JOBS ? atomic_read(&inst->nr_jobs) : ~0U;
}

static void medu_bar2_read(struct medu_instance *inst, u32 offset, u8 *buf,
			   size_t count)
{
	size_t i;

	if (offset < PAGE_SIZE) {
		memcpy(buf, page_address(inst->page) + offset, count);
		return;
	}
	for (i = 0; i < count; i += sizeof(u32))
		*(__le32 *)(buf + i) =
			cpu_to_le32(medu_bar2_reg(inst, offset + i));
}

/* The second page is read-only. */
static void medu_bar2_write(struct medu_instance *inst, u32 offset,
			    const u8 *buf, size_t count)
{
	if (offset < PAGE_SIZE)
		memcpy(page_address(inst->page) + offset, buf, count);
}

static const struct medu_region medu_regions[VFIO_PCI_NUM_REGIONS] = {
	[VFIO_PCI_BAR0_REGION_INDEX] = {
		EDU_BAR0_SIZE, medu_bar0_read, medu_bar0_write
	},
	[VFIO_PCI_BAR2_REGION_INDEX] = {
		MEDU_BAR2_SIZE, medu_bar2_read, medu_bar2_write
	},
	[VFIO_PCI_CONFIG_REGION_INDEX] = {
		MEDU_CONFIG_SIZE, medu_config_read, medu_config_write
	},
};

/* The first page of BAR 2 can be mapped, the second cannot. */
static int medu_add_sparse_mmap(struct vfio_info_cap *caps)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	size_t size = struct_size(sparse, areas, 1);
	int rc;

	sparse = kzalloc(size, GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = 1;
	sparse->areas[0].offset = 0;
	sparse->areas[0].size = PAGE_SIZE;
	rc = vfio_info_add_capability(caps, &sparse->header, size);
	kfree(sparse);
	return rc;
}

/**
 * medu_get_region_info() - the &parent_ops.get_region_info
 * @mdev: the instance
 * @info: index set; size and flags are filled
 * @caps: the part of BAR 2 that can be mapped is added
 *
 * Return: 0 or -ENOMEM.
 */
int medu_get_region_info(struct mdev_device *mdev,
			 struct vfio_region_info *info,
			 struct vfio_info_cap *caps)
{
	info->size = medu_regions[info->index].size;
	if (!info->size)
		return 0;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
	if (info->index != VFIO_PCI_BAR2_REGION_INDEX)
		return 0;
	info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	return medu_add_sparse_mmap(caps);
}

/**
 * medu_validate_map_request() - the &parent_ops.validate_map_request
 * @mdev: the instance
 * @pos: VFIO region offset of the page that the user has touched
 * @virtaddr: not used
 * @pfn: set to the page that belongs there
 * @size: not used
 * @prot: not changed
 *
 * The page is memory of this instance alone, so the user may access it. A
 * driver that maps registers of the hardware has to check here that the
 * registers belong to this instance, and that the hardware is there.
 *
 * Return: 0, -EINVAL if nothing can be mapped there, -ENODEV if the hardware is
 * gone, -EIO if the guest has disabled memory space.
 */
int medu_validate_map_request(struct mdev_device *mdev, loff_t pos,
			      unsigned long virtaddr, unsigned long *pfn,
			      unsigned long *size, pgprot_t *prot)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);

	if (READ_ONCE(inst->medu->gone))
		return -ENODEV;
	if (!medu_config_allows(inst, PCI_COMMAND_MEMORY))
		return -EIO;
	if (mdev_region_pos(pos) >= PAGE_SIZE)
		return -EINVAL;
	*pfn = page_to_pfn(inst->page);
	return 0;
}

/*
 * Returns how many bytes of an access are to be moved, or an error. The bus
 * driver has seen to it that all of them are within the region.
 */
static ssize_t medu_clip(struct medu_instance *inst, loff_t pos, size_t count)
{
	unsigned int index = mdev_region_index(pos);
	u64 offset = mdev_region_pos(pos);

	lockdep_assert_held(&inst->lock);

	if (index != VFIO_PCI_CONFIG_REGION_INDEX &&
	    !medu_config_allows(inst, PCI_COMMAND_MEMORY))
		return -EIO;
	/* An access to the page of memory ends where the registers begin. */
	if (index == VFIO_PCI_BAR2_REGION_INDEX && offset < PAGE_SIZE)
		return min_t(u64, count, PAGE_SIZE - offset);
	/* Registers are accessed in words. */
	if (index != VFIO_PCI_CONFIG_REGION_INDEX &&
	    (offset | count) % sizeof(u32))
		return -EINVAL;
	return count;
}

/**
 * medu_read() - the &parent_ops.read
 * @mdev: the instance
 * @buf: filled
 * @count: number of bytes wanted
 * @pos: VFIO region offset, in a region below &parent_ops.num_regions
 *
 * Return: the number of bytes read; -EINVAL if registers are not read in words;
 * -EIO if the guest has disabled memory space.
 */
ssize_t medu_read(struct mdev_device *mdev, char *buf, size_t count,
		  loff_t pos)
{
	const struct medu_region *region =
		&medu_regions[mdev_region_index(pos)];
	struct medu_instance *inst = mdev_get_drvdata(mdev);
	ssize_t len;

	mutex_lock(&inst->lock);
	len = medu_clip(inst, pos, count);
	if (len > 0)
		region->read(inst, mdev_region_pos(pos), buf, len);
	mutex_unlock(&inst->lock);
	return len;
}

/**
 * medu_write() - the &parent_ops.write
 * @mdev: the instance
 * @buf: the bytes
 * @count: their number
 * @pos: VFIO region offset, in a region below &parent_ops.num_regions
 *
 * Return: as for medu_read().
 */
ssize_t medu_write(struct mdev_device *mdev, const char *buf, size_t count,
		   loff_t pos)
{
	const struct medu_region *region =
		&medu_regions[mdev_region_index(pos)];
	struct medu_instance *inst = mdev_get_drvdata(mdev);
	ssize_t len;

	mutex_lock(&inst->lock);
	len = medu_clip(inst, pos, count);
	if (len > 0)
		region->write(inst, mdev_region_pos(pos), buf, len);
	mutex_unlock(&inst->lock);
	return len;
}
