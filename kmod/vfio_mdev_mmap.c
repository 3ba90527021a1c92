// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of regions. When the user touches a page, the parent driver is asked
 * which page of memory belongs there.
 *
 * mdev_revoke() has to find all mappings of an instance, so they share the
 * address space of one inode. VFIO's own file of the device does not do for
 * that: on some kernels all devices share its inode. Therefore an open instance
 * has an inode on a file system of this module, and each mapping a file on that
 * inode. The file holds a reference to VFIO's file, which keeps the instance
 * open while it is mapped.
 */

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>

#include "compat.h"
#include "vfio_mdev_private.h"

#define VFIO_MDEV_FS_MAGIC	0x6d646576

static struct vfsmount *vfio_mdev_mnt;

static int vfio_mdev_fs_init_context(struct fs_context *fc)
{
	return init_pseudo(fc, VFIO_MDEV_FS_MAGIC) ? 0 : -ENOMEM;
}

/*
 * No owner: the mount below would hold a reference to the module, which could
 * never be unloaded. Each mapping holds one instead, and the module unmounts
 * when it is unloaded.
 */
static struct file_system_type vfio_mdev_fs = {
	.name = "vfio_mdev",
	.init_fs_context = vfio_mdev_fs_init_context,
	.kill_sb = kill_anon_super,
};

int __init vfio_mdev_fs_init(void)
{
	vfio_mdev_mnt = kern_mount(&vfio_mdev_fs);
	return PTR_ERR_OR_ZERO(vfio_mdev_mnt);
}

void vfio_mdev_fs_exit(void)
{
	kern_unmount(vfio_mdev_mnt);
}

static int vfio_mdev_map_release(struct inode *inode, struct file *file)
{
	/* Pairs with get_file() in vfio_mdev_map_file() */
	fput(file->private_data);
	return 0;
}

static const struct file_operations vfio_mdev_map_fops = {
	.owner = THIS_MODULE,
	.release = vfio_mdev_map_release,
};

/**
 * vfio_mdev_maps_init() - prepare for mappings, when an instance is opened
 * @self: the instance
 *
 * Return: 0 or -ENOMEM.
 */
int vfio_mdev_maps_init(struct vfio_mdev *self)
{
	struct inode *inode;

	if (!self->ops->validate_map_request)
		return 0;
	inode = alloc_anon_inode(vfio_mdev_mnt->mnt_sb);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	self->map_inode = inode;
	return 0;
}

/**
 * vfio_mdev_maps_release() - undo vfio_mdev_maps_init()
 * @self: the instance; no mapping of it is left
 */
void vfio_mdev_maps_release(struct vfio_mdev *self)
{
	iput(self->map_inode);
	self->map_inode = NULL;
}

/**
 * vfio_mdev_revoke() - the &mdev_driver.revoke of this bus driver
 * @mdev: an open instance
 *
 * Context: process context.
 */
void vfio_mdev_revoke(struct mdev_device *mdev)
{
	struct vfio_mdev *self = dev_get_drvdata(&mdev->dev);

	if (!self->map_inode)
		return;
	/* Waits for faults that have been allowed to put their pages in. */
	down_write(&self->map_lock);
	unmap_mapping_range(self->map_inode->i_mapping, 0, 0, 1);
	up_write(&self->map_lock);
}

/*
 * Memory is mapped as the user asks. Device memory must not be cached, nor be
 * taken for encrypted, unless the parent driver has said how it is to be mapped.
 */
static pgprot_t vfio_mdev_map_prot(struct vm_area_struct *vma,
				   unsigned long pfn, pgprot_t prot)
{
	if (pfn_valid(pfn) ||
	    pgprot_val(prot) != pgprot_val(vma->vm_page_prot))
		return prot;
	return pgprot_decrypted(pgprot_noncached(prot));
}

static vm_fault_t vfio_mdev_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vfio_mdev *self = vma->vm_private_data;
	const struct parent_ops *ops = self->ops;
	loff_t pos = (loff_t)vmf->pgoff << PAGE_SHIFT;
	unsigned long pfn, size = PAGE_SIZE;
	pgprot_t prot = vma->vm_page_prot;
	vm_fault_t rc = VM_FAULT_SIGBUS;

	/* Held until the page is in its place; see vfio_mdev_revoke() */
	down_read(&self->map_lock);
	if (!ops->validate_map_request(self->mdev, pos, vmf->address, &pfn,
				       &size, &prot))
		rc = vmf_insert_pfn_prot(vma, vmf->address, pfn,
					 vfio_mdev_map_prot(vma, pfn, prot));
	up_read(&self->map_lock);
	return rc;
}

static const struct vm_operations_struct vfio_mdev_vm_ops = {
	.fault = vfio_mdev_fault,
};

/* Returns the kinds of access that a region does not allow, as VM_* flags */
static unsigned long vfio_mdev_map_denied(const struct vfio_mdev_region *region)
{
	unsigned long denied = 0;

	if (!(region->flags & VFIO_REGION_INFO_FLAG_READ))
		denied |= VM_READ | VM_MAYREAD;
	if (!(region->flags & VFIO_REGION_INFO_FLAG_WRITE))
		denied |= VM_WRITE | VM_MAYWRITE;
	return denied;
}

/*
 * Returns 0 if the range lies in a region that can be mapped like this. Sets
 * *denied to the flags that the mapping must never get, also not by mprotect().
 */
static int vfio_mdev_map_check(struct vfio_mdev *self,
			       struct vm_area_struct *vma,
			       unsigned long *denied)
{
	loff_t pos = (loff_t)vma->vm_pgoff << PAGE_SHIFT;
	u64 len = vma->vm_end - vma->vm_start;
	const struct vfio_mdev_region *region;

	if (!(vma->vm_flags & VM_SHARED) || !self->map_inode)
		return -EINVAL;
	region = vfio_mdev_region_find(self, pos);
	if (!region || !(region->flags & VFIO_REGION_INFO_FLAG_MMAP) ||
	    len > region->size || mdev_region_pos(pos) > region->size - len)
		return -EINVAL;
	*denied = vfio_mdev_map_denied(region);
	return vma->vm_flags & *denied & (VM_READ | VM_WRITE) ? -EINVAL : 0;
}

/* Returns a file on the instance's inode that holds VFIO's, or an ERR_PTR() */
static struct file *vfio_mdev_map_file(struct vfio_mdev *self,
				       struct file *device)
{
	struct file *file;

	ihold(self->map_inode);
	file = alloc_file_pseudo(self->map_inode, vfio_mdev_mnt, "[vfio-mdev]",
				 O_RDWR, &vfio_mdev_map_fops);
	if (IS_ERR(file)) {
		iput(self->map_inode);
		return file;
	}
	/* vfio_mdev_map_release() is in this module. */
	__module_get(THIS_MODULE);
	/* Put in vfio_mdev_map_release() */
	file->private_data = get_file(device);
	return file;
}

/**
 * vfio_mdev_mmap() - the mmap of an open instance
 * @vdev: the instance
 * @vma: the mapping, at a region's offset
 *
 * Return: 0; -EINVAL if the mapping is private, not within a region that can be
 * mapped, or for an access that the region does not allow; -ENOMEM.
 */
int vfio_mdev_mmap(struct vfio_device *vdev, struct vm_area_struct *vma)
{
	struct vfio_mdev *self = to_vfio_mdev(vdev);
	unsigned long denied;
	struct file *file;
	int rc;

	rc = vfio_mdev_map_check(self, vma, &denied);
	if (rc)
		return rc;
	file = vfio_mdev_map_file(self, vma->vm_file);
	if (IS_ERR(file))
		return PTR_ERR(file);

	vma_set_file(vma, file);
	/* vma_set_file() has taken a reference of its own. */
	fput(file);
	compat_vm_flags_mod(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND |
				 VM_DONTDUMP, denied);
	vma->vm_private_data = self;
	vma->vm_ops = &vfio_mdev_vm_ops;
	return 0;
}
