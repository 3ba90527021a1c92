// SPDX-License-Identifier: GPL-2.0-only
/*
 * The regions of an instance: describing, reading and writing them
 *
 * Their sizes and flags are asked for once, when the instance is opened. So a
 * mapping is checked, under the user's mmap lock, without a call of the parent
 * driver, which may hold its locks while it waits for that lock: it does when
 * it accesses the user's memory.
 */

#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "vfio_mdev_private.h"

/* Fills info, whose index is below num_regions, and adds to caps */
static int vfio_mdev_region_ask(struct vfio_mdev *self,
				struct vfio_region_info *info,
				struct vfio_info_cap *caps)
{
	info->flags = 0;
	info->size = 0;
	info->offset = mdev_region_offset(info->index);
	return self->ops->get_region_info(self->mdev, info, caps);
}

static int vfio_mdev_region_init(struct vfio_mdev *self,
				 struct vfio_mdev_region *region,
				 unsigned int index)
{
	struct vfio_region_info info = { .index = index };
	struct vfio_info_cap caps = {};
	int rc;

	rc = vfio_mdev_region_ask(self, &info, &caps);
	kfree(caps.buf);
	region->size = info.size;
	region->flags = info.flags;
	region->has_caps = caps.size;
	return rc;
}

/**
 * vfio_mdev_regions_init() - learn the regions, when an instance is opened
 * @self: the instance; its parent driver has opened it
 *
 * Return: 0, -ENOMEM, or the error of the parent driver's get_region_info.
 */
int vfio_mdev_regions_init(struct vfio_mdev *self)
{
	unsigned int nr = self->ops->num_regions, i;
	struct vfio_mdev_region *regions;
	int rc = 0;

	if (!nr)
		return 0;
	regions = kvcalloc(nr, sizeof(*regions), GFP_KERNEL_ACCOUNT);
	if (!regions)
		return -ENOMEM;
	for (i = 0; i < nr && !rc; i++)
		rc = vfio_mdev_region_init(self, &regions[i], i);
	if (rc) {
		kvfree(regions);
		return rc;
	}
	self->regions = regions;
	return 0;
}

/**
 * vfio_mdev_regions_release() - undo vfio_mdev_regions_init()
 * @self: the instance
 */
void vfio_mdev_regions_release(struct vfio_mdev *self)
{
	kvfree(self->regions);
	self->regions = NULL;
}

/**
 * vfio_mdev_region_find() - the region that an offset of the device file is in
 * @self: the open instance
 * @pos: the offset
 *
 * Return: the region, or NULL if the offset is beyond the last one.
 */
struct vfio_mdev_region *vfio_mdev_region_find(struct vfio_mdev *self,
					       loff_t pos)
{
	unsigned int nr = self->ops->num_regions;
	unsigned int index = mdev_region_index(pos);

	if (index >= nr)
		return NULL;
	return &self->regions[array_index_nospec(index, nr)];
}

/**
 * vfio_mdev_get_region_info() - describe a region
 * @vdev: the open instance
 * @info: the user has set the index; the rest is filled
 * @caps: capabilities are added; the caller frees its buf with kfree(), also
 *	after an error
 *
 * Return: 0, -EINVAL if there is no such index, or the parent driver's error.
 */
int vfio_mdev_get_region_info(struct vfio_device *vdev,
			      struct vfio_region_info *info,
			      struct vfio_info_cap *caps)
{
	struct vfio_mdev *self = to_vfio_mdev(vdev);
	unsigned int nr = self->ops->num_regions;
	const struct vfio_mdev_region *region;
	int rc = 0;

	if (info->index >= nr)
		return -EINVAL;
	info->index = array_index_nospec(info->index, nr);
	region = &self->regions[info->index];
	if (region->has_caps)
		rc = vfio_mdev_region_ask(self, info, caps);
	/* What accesses and mappings are checked against */
	info->size = region->size;
	info->flags = region->flags;
	info->offset = mdev_region_offset(info->index);
	return rc;
}

/*
 * How many of the bytes that are left of an access the parent driver gets in
 * the next call. For example 600 bytes go in calls of 256, 256, 64 and 24.
 */
static size_t vfio_mdev_piece(size_t left)
{
	if (left <= MDEV_ACCESS_STEP)
		return left;
	return round_down(min_t(size_t, left, MDEV_ACCESS_MAX),
			  MDEV_ACCESS_STEP);
}

/*
 * Copy steps for as long as the user's memory reaches: no register is copied in
 * part. copy_to_user() and copy_from_user() may say less of a longer copy, as
 * on arm64, where they move several registers of the processor at a time.
 */
static size_t vfio_mdev_steps_out(char __user *buf, const void *piece,
				  size_t len)
{
	size_t done = 0;

	while (len - done >= MDEV_ACCESS_STEP &&
	       !copy_to_user(buf + done, piece + done, MDEV_ACCESS_STEP))
		done += MDEV_ACCESS_STEP;
	return done;
}

static size_t vfio_mdev_steps_in(void *piece, const char __user *buf,
				 size_t len)
{
	size_t done = 0;

	while (len - done >= MDEV_ACCESS_STEP &&
	       !copy_from_user(piece + done, buf + done, MDEV_ACCESS_STEP))
		done += MDEV_ACCESS_STEP;
	return done;
}

/*
 * Both return how many bytes were copied, which are fewer where the user's
 * memory ends within a piece. Most accesses are one register: they go without
 * the general copy, which takes longer.
 */
static size_t vfio_mdev_copy_out(char __user *buf, const void *piece,
				 size_t len)
{
	switch (len) {
	case 1:
		return put_user(*(const u8 *)piece, (u8 __user *)buf) ? 0 : 1;
	case 2:
		return put_user(*(const u16 *)piece, (u16 __user *)buf) ? 0 : 2;
	case 4:
		return put_user(*(const u32 *)piece, (u32 __user *)buf) ? 0 : 4;
	default:
		if (copy_to_user(buf, piece, len))
			return vfio_mdev_steps_out(buf, piece, len);
		return len;
	}
}

static size_t vfio_mdev_copy_in(void *piece, const char __user *buf, size_t len)
{
	switch (len) {
	case 1:
		return get_user(*(u8 *)piece, (const u8 __user *)buf) ? 0 : 1;
	case 2:
		return get_user(*(u16 *)piece, (const u16 __user *)buf) ? 0 : 2;
	case 4:
		return get_user(*(u32 *)piece, (const u32 __user *)buf) ? 0 : 4;
	default:
		if (copy_from_user(piece, buf, len))
			return vfio_mdev_steps_in(piece, buf, len);
		return len;
	}
}

/*
 * A driver cannot have moved more than it was asked for. If it says so, what it
 * has written may end anywhere, but the bytes that were asked for are there.
 */
static __always_inline ssize_t vfio_mdev_moved(ssize_t rc, size_t len)
{
	return WARN_ON_ONCE(rc > (ssize_t)len) ? len : rc;
}

/*
 * A driver may say that it has filled what it has not: it is no stack of ours.
 * A piece is as long as the longest, and cleared as far as it is used.
 */
static __always_inline void vfio_mdev_clear(u8 *piece, size_t len)
{
	if (len <= sizeof(u64))
		*(u64 *)piece = 0;
	else
		memset(piece, 0, len);
}

/*
 * Both return how many bytes of a piece were moved; 0 or an error ends the
 * access. They and vfio_mdev_rw() are inlined into vfio_mdev_read() and
 * vfio_mdev_write(), which saves calls and branches for each register.
 */
static __always_inline ssize_t
vfio_mdev_read_piece(struct vfio_mdev *self, char __user *buf, size_t len,
		     loff_t pos)
{
	u8 piece[MDEV_ACCESS_MAX] __aligned(8) __uninitialized;
	ssize_t rc;

	vfio_mdev_clear(piece, len);
	rc = self->ops->read(self->mdev, piece, len, pos);
	rc = vfio_mdev_moved(rc, len);
	if (rc <= 0)
		return rc;
	return vfio_mdev_copy_out(buf, piece, rc) ?: -EFAULT;
}

static __always_inline ssize_t
vfio_mdev_write_piece(struct vfio_mdev *self, const char __user *buf,
		      size_t len, loff_t pos)
{
	u8 piece[MDEV_ACCESS_MAX] __aligned(8) __uninitialized;
	ssize_t rc;

	len = vfio_mdev_copy_in(piece, buf, len);
	if (!len)
		return -EFAULT;
	rc = self->ops->write(self->mdev, piece, len, pos);
	return vfio_mdev_moved(rc, len);
}

static __always_inline ssize_t
vfio_mdev_rw(struct vfio_device *vdev, char __user *buf, size_t count,
	     loff_t *ppos, bool write)
{
	struct vfio_mdev *self = to_vfio_mdev(vdev);
	const struct vfio_mdev_region *region;
	size_t done = 0, len;
	ssize_t rc = 0;

	region = vfio_mdev_region_find(self, *ppos);
	if (!region || mdev_region_pos(*ppos) >= region->size)
		return -EINVAL;
	/* The access ends where the region does. */
	count = min_t(u64, count, region->size - mdev_region_pos(*ppos));
	while (done < count) {
		len = vfio_mdev_piece(count - done);
		if (write)
			rc = vfio_mdev_write_piece(self, buf + done, len, *ppos);
		else
			rc = vfio_mdev_read_piece(self, buf + done, len, *ppos);
		if (rc <= 0)
			break;
		done += rc;
		*ppos += rc;
	}
	return done ?: rc;
}

/**
 * vfio_mdev_read() - the read of an open instance
 * @vdev: the instance
 * @buf: filled
 * @count: number of bytes wanted
 * @ppos: VFIO region offset; advanced by the number of bytes read
 *
 * Context: process context.
 * Return: the number of bytes read, which can be less than @count; -EINVAL if
 * @ppos is in no region; -EFAULT; or the error of the parent driver.
 */
ssize_t vfio_mdev_read(struct vfio_device *vdev, char __user *buf,
		       size_t count, loff_t *ppos)
{
	return vfio_mdev_rw(vdev, buf, count, ppos, false);
}

/**
 * vfio_mdev_write() - the write of an open instance
 * @vdev: the instance
 * @buf: the bytes
 * @count: their number
 * @ppos: VFIO region offset; advanced by the number of bytes written
 *
 * Context: process context.
 * Return: as for vfio_mdev_read().
 */
ssize_t vfio_mdev_write(struct vfio_device *vdev, const char __user *buf,
			size_t count, loff_t *ppos)
{
	return vfio_mdev_rw(vdev, (char __user *)buf, count, ppos, true);
}
