// SPDX-License-Identifier: GPL-2.0-only
/*
 * The regions of an instance: describing, reading and writing them
 */

#include <linux/nospec.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "vfio_mdev_private.h"

/**
 * vfio_mdev_get_region_info() - describe a region
 * @vdev: the instance
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
	const struct parent_ops *ops = vfio_mdev_ops(self);

	if (info->index >= ops->num_regions)
		return -EINVAL;
	info->index = array_index_nospec(info->index, ops->num_regions);
	info->flags = 0;
	info->size = 0;
	info->offset = mdev_region_offset(info->index);
	return ops->get_region_info(self->mdev, info, caps);
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
 * Both return how many bytes were copied. If the user's memory ends within a
 * piece of several registers, whole steps are copied, so that no register is
 * copied in part. Most accesses are one register: they go without the general
 * copy, which takes longer.
 */
static size_t vfio_mdev_copy_out(char __user *buf, const void *piece,
				 size_t len)
{
	size_t left;

	switch (len) {
	case 1:
		return put_user(*(const u8 *)piece, (u8 __user *)buf) ? 0 : 1;
	case 2:
		return put_user(*(const u16 *)piece, (u16 __user *)buf) ? 0 : 2;
	case 4:
		return put_user(*(const u32 *)piece, (u32 __user *)buf) ? 0 : 4;
	default:
		left = copy_to_user(buf, piece, len);
		return left ? round_down(len - left, MDEV_ACCESS_STEP) : len;
	}
}

static size_t vfio_mdev_copy_in(void *piece, const char __user *buf, size_t len)
{
	size_t left;

	switch (len) {
	case 1:
		return get_user(*(u8 *)piece, (const u8 __user *)buf) ? 0 : 1;
	case 2:
		return get_user(*(u16 *)piece, (const u16 __user *)buf) ? 0 : 2;
	case 4:
		return get_user(*(u32 *)piece, (const u32 __user *)buf) ? 0 : 4;
	default:
		left = copy_from_user(piece, buf, len);
		return left ? round_down(len - left, MDEV_ACCESS_STEP) : len;
	}
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
	u8 piece[MDEV_ACCESS_MAX] __aligned(8);
	ssize_t rc;

	rc = vfio_mdev_ops(self)->read(self->mdev, piece, len, pos);
	if (rc <= 0)
		return rc;
	return vfio_mdev_copy_out(buf, piece, rc) ?: -EFAULT;
}

static __always_inline ssize_t
vfio_mdev_write_piece(struct vfio_mdev *self, const char __user *buf,
		      size_t len, loff_t pos)
{
	u8 piece[MDEV_ACCESS_MAX] __aligned(8);

	len = vfio_mdev_copy_in(piece, buf, len);
	if (!len)
		return -EFAULT;
	return vfio_mdev_ops(self)->write(self->mdev, piece, len, pos);
}

static __always_inline ssize_t
vfio_mdev_rw(struct vfio_device *vdev, char __user *buf, size_t count,
	     loff_t *ppos, bool write)
{
	struct vfio_mdev *self = to_vfio_mdev(vdev);
	size_t done = 0, len;
	ssize_t rc = 0;

	if (mdev_region_index(*ppos) >= vfio_mdev_ops(self)->num_regions)
		return -EINVAL;
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
 * @ppos is beyond the last region; -EFAULT; or the error of the parent driver.
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
