// SPDX-License-Identifier: GPL-2.0-only
/*
 * The use of an instance: the callbacks from open to close
 *
 * Regions have no contents: a read returns the offset that it is for. Region 0 can
 * be mapped in many areas, region 1 as a whole, for reading. All mappings show
 * the same page.
 */

#include <linux/gfp.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "mdev_test.h"

/* The address at which tests/kernel/vfio.c gives an instance memory */
#define TEST_IOVA	0x10000000

#define TEST_NR_VECTORS	4

u32 test_areas = 1;
u32 test_pin;
atomic_t test_pinned = ATOMIC_INIT(0);
atomic_t test_strays = ATOMIC_INIT(0);

/* Returns the instance, and counts a stray call if it is not open */
static struct test_instance *test_used(struct mdev_device *mdev)
{
	struct test_instance *inst = mdev_get_drvdata(mdev);

	if (!READ_ONCE(inst->open))
		atomic_inc(&test_strays);
	return inst;
}

static void test_pin_page(struct mdev_device *mdev)
{
	struct test_instance *inst = mdev_get_drvdata(mdev);
	struct page *page;

	if (!READ_ONCE(test_pin))
		return;
	mutex_lock(&inst->pin_lock);
	if (mdev_pin_pages(mdev, TEST_IOVA, 1, IOMMU_READ, &page) == 1) {
		inst->pinned = true;
		atomic_inc(&test_pinned);
	}
	mutex_unlock(&inst->pin_lock);
}

static void test_unpin_page(struct mdev_device *mdev)
{
	struct test_instance *inst = mdev_get_drvdata(mdev);

	mutex_lock(&inst->pin_lock);
	if (inst->pinned) {
		mdev_unpin_pages(mdev, TEST_IOVA, 1);
		inst->pinned = false;
		atomic_dec(&test_pinned);
	}
	mutex_unlock(&inst->pin_lock);
}

int test_open(struct mdev_device *mdev)
{
	struct test_instance *inst = mdev_get_drvdata(mdev);
	int rc;

	test_pin_page(mdev);
	rc = test_call(TEST_OPEN);
	if (rc)
		test_unpin_page(mdev);
	else
		WRITE_ONCE(inst->open, true);
	return rc;
}

void test_close(struct mdev_device *mdev)
{
	struct test_instance *inst = mdev_get_drvdata(mdev);

	WRITE_ONCE(inst->open, false);
	test_call(TEST_CLOSE);
	test_unpin_page(mdev);
}

ssize_t test_read(struct mdev_device *mdev, char *buf, size_t count,
		  loff_t pos)
{
	__le64 val = cpu_to_le64(pos);

	test_used(mdev);
	count = min(count, sizeof(val));
	memcpy(buf, &val, count);
	return count;
}

ssize_t test_write(struct mdev_device *mdev, const char *buf, size_t count,
		   loff_t pos)
{
	test_used(mdev);
	return count;
}

static int test_add_areas(struct vfio_info_cap *caps, u32 nr)
{
	struct vfio_region_info_cap_sparse_mmap *sparse;
	u32 i;
	int rc;

	sparse = kzalloc(struct_size(sparse, areas, nr), GFP_KERNEL);
	if (!sparse)
		return -ENOMEM;
	sparse->header.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP;
	sparse->header.version = 1;
	sparse->nr_areas = nr;
	for (i = 0; i < nr; i++) {
		sparse->areas[i].offset = (u64)i * 2 * PAGE_SIZE;
		sparse->areas[i].size = PAGE_SIZE;
	}
	rc = vfio_info_add_capability(caps, &sparse->header,
				      struct_size(sparse, areas, nr));
	kfree(sparse);
	return rc;
}

int test_get_region_info(struct mdev_device *mdev,
			 struct vfio_region_info *info,
			 struct vfio_info_cap *caps)
{
	u32 nr = READ_ONCE(test_areas);

	test_used(mdev);
	if (info->index > 1)
		return 0;
	info->flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_MMAP;
	info->size = 2 * PAGE_SIZE;
	if (info->index)
		return 0;
	info->flags |= VFIO_REGION_INFO_FLAG_WRITE;
	info->size *= nr;
	return test_add_areas(caps, nr);
}

int test_get_irq_info(struct mdev_device *mdev, struct vfio_irq_info *info)
{
	test_used(mdev);
	if (info->index == VFIO_PCI_MSI_IRQ_INDEX) {
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
		info->count = TEST_NR_VECTORS;
	}
	return test_call(TEST_IRQ_INFO);
}

/* Shows the arguments of the last set_irqs */
struct test_irqs test_irqs;

void test_set_irqs(struct mdev_device *mdev, u32 flags, unsigned int index,
		   unsigned int start, unsigned int count)
{
	test_used(mdev);
	test_irqs = (struct test_irqs){ flags, index, start, count };
	test_call(TEST_SET_IRQS);
}

int test_reset(struct mdev_device *mdev)
{
	test_used(mdev);
	return test_call(TEST_RESET);
}

int test_validate_map_request(struct mdev_device *mdev, loff_t pos,
			      unsigned long virtaddr, unsigned long *pfn,
			      unsigned long *size, pgprot_t *prot)
{
	struct test_instance *inst = test_used(mdev);

	*pfn = page_to_pfn(inst->page);
	return test_call(TEST_VALIDATE);
}

void test_dma_unmap(struct mdev_device *mdev, u64 iova, u64 length)
{
	test_used(mdev);
	test_call(TEST_DMA_UNMAP);
	test_unpin_page(mdev);
}

void test_request(struct mdev_device *mdev, unsigned int count)
{
	test_used(mdev);
	test_call(TEST_REQUEST);
}

struct test_instance *test_instance_new(const char *params)
{
	struct test_instance *inst = kzalloc(sizeof(*inst), GFP_KERNEL);

	if (!inst)
		return NULL;
	inst->params = kstrdup(params ?: "", GFP_KERNEL);
	inst->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!inst->params || !inst->page) {
		test_instance_free(inst);
		return NULL;
	}
	mutex_init(&inst->pin_lock);
	return inst;
}

void test_instance_free(struct test_instance *inst)
{
	if (inst->page)
		__free_page(inst->page);
	kfree(inst->params);
	kfree(inst);
}
