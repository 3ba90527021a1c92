// SPDX-License-Identifier: GPL-2.0-only
/*
 * The use of an instance: the callbacks from open to close
 *
 * Regions have no contents: a read returns the offset that it is for. Region 0 can
 * be mapped in many areas, region 1 as a whole, for reading. All mappings show
 * the same page. Writes do nothing, but for one of 8 bytes to region 0: it is an
 * address of the user's memory, from which a word is read.
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
u32 test_excess;
u32 test_frame;
u32 test_combine;
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

static u64 test_region_size(loff_t pos)
{
	if (mdev_region_index(pos) >= VFIO_PCI_NUM_REGIONS)
		return 0;
	return 2 * PAGE_SIZE *
	       (mdev_region_index(pos) ? 1 : READ_ONCE(test_areas));
}

/* Counts an access that is not within one region as a stray call */
static struct test_instance *test_accessed(struct mdev_device *mdev,
					   size_t count, loff_t pos)
{
	if (mdev_region_pos(pos) + count > test_region_size(pos))
		atomic_inc(&test_strays);
	return test_used(mdev);
}

ssize_t test_read(struct mdev_device *mdev, char *buf, size_t count,
		  loff_t pos)
{
	__le64 val = cpu_to_le64(pos);

	test_accessed(mdev, count, pos);
	count = min(count, sizeof(val));
	memcpy(buf, &val, count);
	return count + READ_ONCE(test_excess);
}

/* Its lock is one that get_region_info takes as well. */
static int test_fetch(struct mdev_device *mdev, const char *buf)
{
	struct test_instance *inst = mdev_get_drvdata(mdev);
	u64 iova;
	u32 word;
	int rc;

	memcpy(&iova, buf, sizeof(iova));
	mutex_lock(&inst->memory_lock);
	rc = test_call(TEST_MEMORY);
	if (!rc)
		rc = mdev_read_memory(mdev, iova, &word, sizeof(word));
	mutex_unlock(&inst->memory_lock);
	return rc;
}

ssize_t test_write(struct mdev_device *mdev, const char *buf, size_t count,
		   loff_t pos)
{
	int rc = 0;

	test_accessed(mdev, count, pos);
	if (!mdev_region_index(pos) && count == sizeof(u64))
		rc = test_fetch(mdev, buf);
	return rc ?: count + READ_ONCE(test_excess);
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
	struct test_instance *inst = test_used(mdev);
	int rc;

	mutex_lock(&inst->memory_lock);
	info->size = test_region_size(info->offset);
	mutex_unlock(&inst->memory_lock);
	info->flags = VFIO_REGION_INFO_FLAG_READ;
	if (info->index != 1)
		info->flags |= VFIO_REGION_INFO_FLAG_WRITE;
	if (info->index <= 1)
		info->flags |= VFIO_REGION_INFO_FLAG_MMAP;
	rc = test_call(TEST_REGION_INFO);
	if (rc || info->index)
		return rc;
	return test_add_areas(caps, READ_ONCE(test_areas));
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

	*pfn = READ_ONCE(test_frame) ?: page_to_pfn(inst->page);
	if (READ_ONCE(test_combine))
		*prot = pgprot_writecombine(*prot);
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
	mutex_init(&inst->memory_lock);
	return inst;
}

void test_instance_free(struct test_instance *inst)
{
	if (inst->page)
		__free_page(inst->page);
	kfree(inst->params);
	kfree(inst);
}
