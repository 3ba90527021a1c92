// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: DMA between the guest's memory and the engine
 *
 * A few bytes are copied by the core. For more, the pages of the guest are
 * pinned. They stay pinned for the next transfer, until the guest takes the
 * memory away, resets the instance or closes it.
 *
 * This engine has addresses of 28 bits and cannot reach the guest's memory, so
 * all data goes through the bounce page. Only the CPU accesses a page of the
 * guest, and only with pin_lock held. If your hardware can reach the pages, map
 * them with dma_map_page() after pinning; before unpinning, wait until the
 * hardware has finished with them, or stop it.
 */

#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/pci_regs.h>
#include <linux/string.h>

#include "medu.h"

/* Up to this number of bytes, copying is faster than pinning. */
#define MEDU_COPY_MAX	256

/* Pins */

static void medu_unpin(struct medu_instance *inst, struct medu_pin *pin)
{
	lockdep_assert_held(&inst->pin_lock);

	if (!pin->page)
		return;
	mdev_unpin_pages(inst->mdev, pin->iova, 1);
	pin->page = NULL;
}

/**
 * medu_unpin_range() - unpin the pages that overlap a range of guest memory
 * @inst: the instance
 * @iova: guest address of the first byte
 * @length: number of bytes, at least 1
 *
 * When this returns, nothing accesses that memory any more. There need not be a
 * pinned page in the range.
 *
 * Context: process context.
 */
void medu_unpin_range(struct medu_instance *inst, u64 iova, u64 length)
{
	struct medu_pin *pin;

	mutex_lock(&inst->pin_lock);
	for (pin = inst->pins; pin < inst->pins + MEDU_NR_PINS; pin++)
		/* iova + length can overflow: compare the last bytes. */
		if (pin->iova + (PAGE_SIZE - 1) >= iova &&
		    pin->iova <= iova + (length - 1))
			medu_unpin(inst, pin);
	mutex_unlock(&inst->pin_lock);
}

static struct medu_pin *medu_pin_find(struct medu_instance *inst,
				      dma_addr_t iova, int prot)
{
	struct medu_pin *pin;

	for (pin = inst->pins; pin < inst->pins + MEDU_NR_PINS; pin++)
		if (pin->page && pin->iova == iova && pin->prot == prot)
			return pin;
	return NULL;
}

/*
 * Returns a page of the guest, which stays pinned while pin_lock is held; NULL
 * if the guest has no memory there, or none for that access.
 *
 * pin_lock must be held during mdev_pin_pages(). As soon as the page is pinned
 * the guest can take it away, and medu_unpin_range() has to find it then: it
 * waits for pin_lock, and by that time the page is in pins.
 */
static struct page *medu_pin(struct medu_instance *inst, dma_addr_t iova,
			     int prot)
{
	struct medu_pin *pin = medu_pin_find(inst, iova, prot);
	struct page *page;

	lockdep_assert_held(&inst->pin_lock);

	if (pin)
		return pin->page;
	if (mdev_pin_pages(inst->mdev, iova, 1, prot, &page) != 1)
		return NULL;
	/* Pinned pages count as locked memory of the user: keep a few. */
	pin = &inst->pins[inst->next_pin++ % MEDU_NR_PINS];
	medu_unpin(inst, pin);
	*pin = (struct medu_pin){ .iova = iova, .page = page, .prot = prot };
	return page;
}

/* Transfers */

/* A transfer, as the user has set it up in the registers */
struct medu_transfer {
	u64 iova;
	u32 offset;
	u32 count;
	bool to_ram;
};

/* The user can write any numbers: check them before they reach the engine. */
static int medu_transfer_get(struct medu_instance *inst,
			     struct medu_transfer *t)
{
	u32 *src = medu_dma_reg(inst, EDU_DMA_SRC);
	u32 *dst = medu_dma_reg(inst, EDU_DMA_DST);
	u32 *count = medu_dma_reg(inst, EDU_DMA_COUNT);
	u32 *buf;

	t->to_ram = *medu_dma_reg(inst, EDU_DMA_CMD) & EDU_DMA_TO_RAM;
	buf = t->to_ram ? src : dst;
	t->iova = t->to_ram ? (u64)dst[1] << 32 | dst[0] :
			      (u64)src[1] << 32 | src[0];
	t->offset = buf[0] - EDU_BUFFER;
	t->count = count[0];
	if (buf[1] || count[1] || t->offset >= EDU_BUFFER_SIZE ||
	    t->count > EDU_BUFFER_SIZE - t->offset ||
	    t->iova + t->count < t->iova)
		return -EINVAL;
	return 0;
}

/* Copy between the bounce page and the guest's pages */
static int medu_transfer_pages(struct medu_instance *inst,
			       const struct medu_transfer *t)
{
	int prot = t->to_ram ? IOMMU_WRITE : IOMMU_READ;
	char *bounce = inst->medu->bounce;
	u32 done, len, at;
	struct page *page;

	lockdep_assert_held(&inst->pin_lock);

	for (done = 0; done < t->count; done += len) {
		at = offset_in_page(t->iova + done);
		len = min_t(u32, t->count - done, PAGE_SIZE - at);
		page = medu_pin(inst, t->iova + done - at, prot);
		if (!page)
			return -EFAULT;
		if (t->to_ram)
			memcpy_to_page(page, at, bounce + done, len);
		else
			memcpy_from_page(bounce + done, page, at, len);
	}
	return 0;
}

/*
 * Copy between the bounce page and the guest's memory, in the cheaper way. With
 * bus mastering off no access leaves the device: as with the real one, what it
 * writes is lost, and what it reads is 0.
 */
static int medu_transfer_move(struct medu_instance *inst,
			      const struct medu_transfer *t)
{
	void *bounce = inst->medu->bounce;
	int rc;

	if (!medu_config_allows(inst, PCI_COMMAND_MASTER)) {
		if (!t->to_ram)
			memset(bounce, 0, t->count);
		return 0;
	}
	if (t->count <= MEDU_COPY_MAX && t->to_ram)
		return mdev_write_memory(inst->mdev, t->iova, bounce, t->count);
	if (t->count <= MEDU_COPY_MAX)
		return mdev_read_memory(inst->mdev, t->iova, bounce, t->count);

	mutex_lock(&inst->pin_lock);
	rc = medu_transfer_pages(inst, t);
	mutex_unlock(&inst->pin_lock);
	return rc;
}

static int medu_transfer_run(struct medu_instance *inst,
			     const struct medu_transfer *t)
{
	struct medu *medu = inst->medu;
	int rc;

	if (t->to_ram) {
		rc = medu_engine_read(medu, inst, t->offset, t->count);
		return rc ?: medu_transfer_move(inst, t);
	}
	rc = medu_transfer_move(inst, t);
	if (rc)
		return rc;
	memcpy(inst->buffer + t->offset, medu->bounce, t->count);
	return medu_engine_write(medu, inst, t->offset, t->count);
}

/**
 * medu_dma_job() - carry out the transfer that the DMA registers describe
 * @work: the &medu_instance.dma_job
 */
void medu_dma_job(struct work_struct *work)
{
	struct medu_instance *inst =
		container_of(work, struct medu_instance, dma_job);
	struct medu_transfer t;
	u32 *cmd = medu_dma_reg(inst, EDU_DMA_CMD);
	int rc;

	mutex_lock(&inst->lock);
	rc = medu_transfer_get(inst, &t);
	mutex_unlock(&inst->lock);

	if (!rc && t.count)
		rc = medu_transfer_run(inst, &t);
	if (rc)
		dev_dbg(&inst->mdev->dev, "DMA not done: %d\n", rc);

	mutex_lock(&inst->lock);
	*cmd &= ~EDU_DMA_RUN;
	medu_job_done(inst);
	if (*cmd & EDU_DMA_IRQ)
		medu_raise(inst, EDU_IRQ_DMA);
	mutex_unlock(&inst->lock);
}
