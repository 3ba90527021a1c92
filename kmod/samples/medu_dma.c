// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: DMA between the guest's memory and the engine
 *
 * A few bytes are copied by the core. More go by way of the guest's pages,
 * which are pinned for that and stay so for the next time, until the guest
 * takes the memory away, or resets or closes the instance.
 *
 * This engine reaches 28 bits of address, so that all goes through the bounce
 * page, and a page of the guest's is only touched while pin_lock is held. A
 * vendor whose hardware reaches the pages maps them with dma_map_page() when
 * they are pinned; before they are unpinned the hardware has to be done with
 * them, or be stopped.
 */

#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "medu.h"

/* Up to so many bytes pinning is more work than copying. */
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
 * medu_unpin_range() - let go of guest memory
 * @inst: the instance
 * @iova: guest address
 * @length: bytes from there on, 1 at least
 *
 * When this returns nothing touches the memory any more.
 *
 * Context: process context. It may be called for what is pinned by nobody, and
 * of another size than what was pinned.
 */
void medu_unpin_range(struct medu_instance *inst, u64 iova, u64 length)
{
	struct medu_pin *pin;

	mutex_lock(&inst->pin_lock);
	for (pin = inst->pins; pin < inst->pins + MEDU_NR_PINS; pin++)
		/* Address and length can add up to more than 64 bits hold. */
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
 * Returns a page of the guest's that stays where it is for as long as pin_lock
 * is held, or NULL where the guest has none there, or not for that.
 *
 * pin_lock is held over mdev_pin_pages() for a reason: the guest can take the
 * page away the moment that it is pinned, and is not kept waiting for a page
 * that medu_unpin_range() does not find.
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
	/* What is pinned counts as the user's locked memory: no more than a few. */
	pin = &inst->pins[inst->next_pin++ % MEDU_NR_PINS];
	medu_unpin(inst, pin);
	*pin = (struct medu_pin){ .iova = iova, .page = page, .prot = prot };
	return page;
}

/* Transfers */

/* What the user wants of the DMA engine */
struct medu_transfer {
	u64 iova;
	u32 offset;
	u32 count;
	bool to_ram;
};

/* The user's numbers are anything: look before they reach the engine. */
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

/* Move between the bounce page and the guest's pages */
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

/* Move between the bounce page and the guest's memory */
static int medu_transfer_move(struct medu_instance *inst,
			      const struct medu_transfer *t)
{
	void *bounce = inst->medu->bounce;
	int rc;

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
 * medu_dma_job() - carry out what the DMA registers say
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
