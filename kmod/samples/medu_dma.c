// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: DMA between the guest's memory and the engine
 */

#include <linux/string.h>

#include "medu.h"

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
	    t->count > EDU_BUFFER_SIZE - t->offset)
		return -EINVAL;
	return 0;
}

static int medu_transfer_run(struct medu_instance *inst,
			     const struct medu_transfer *t)
{
	struct medu *medu = inst->medu;
	int rc;

	if (t->to_ram) {
		rc = medu_engine_read(medu, inst, t->offset, t->count);
		if (rc)
			return rc;
		return mdev_write_memory(inst->mdev, t->iova, medu->bounce,
					 t->count);
	}
	rc = mdev_read_memory(inst->mdev, t->iova, medu->bounce, t->count);
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
