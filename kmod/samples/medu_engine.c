// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: the physical engine. Everything here is for jobs, which run one at a
 * time on medu.jobs.
 */

#include <linux/pci.h>
#include <linux/string.h>

#include "medu.h"

/* Far above what the engine takes, also under emulation on a busy host */
#define MEDU_TIMEOUT		(10 * HZ)

/**
 * medu_interrupt() - the engine is done
 * @irq: not used
 * @data: the struct medu
 *
 * Return: whether it was this device.
 */
irqreturn_t medu_interrupt(int irq, void *data)
{
	struct medu *medu = data;
	u32 status = ioread32(medu->mmio + EDU_IRQ_STATUS);

	/* All ones is a device that has been pulled out. */
	if (!status || status == ~0U)
		return IRQ_NONE;
	iowrite32(status, medu->mmio + EDU_IRQ_ACK);
	complete(&medu->done);
	return IRQ_HANDLED;
}

/* Returns -ENODEV where the device is gone; one that goes later ends the wait */
static int medu_engine_prepare(struct medu *medu)
{
	reinit_completion(&medu->done);
	/* Pairs with the order in medu_surprise() */
	smp_mb();
	return READ_ONCE(medu->gone) ? -ENODEV : 0;
}

static int medu_engine_wait(struct medu *medu, const char *what)
{
	unsigned long left;

	left = wait_for_completion_timeout(&medu->done, MEDU_TIMEOUT);
	if (READ_ONCE(medu->gone))
		return -ENODEV;
	if (left)
		return 0;
	dev_err(&medu->pdev->dev, "no interrupt from the engine after %s\n",
		what);
	return -EIO;
}

/**
 * medu_engine_factorial() - run the factorial engine
 * @medu: the device
 * @operand: any number
 * @result: its factorial modulo 2^32, or 0 on error
 *
 * Return: 0, -EIO where the engine does not answer, -ENODEV where it is gone.
 */
int medu_engine_factorial(struct medu *medu, u32 operand, u32 *result)
{
	int rc;

	/* Nobody may keep the others waiting for an answer that is known. */
	*result = 0;
	if (operand > EDU_FACTORIAL_MAX)
		return 0;
	rc = medu_engine_prepare(medu);
	if (rc)
		return rc;
	iowrite32(EDU_STATUS_IRQ, medu->mmio + EDU_STATUS);
	iowrite32(operand, medu->mmio + EDU_FACTORIAL);
	rc = medu_engine_wait(medu, "a factorial");
	if (!rc)
		*result = ioread32(medu->mmio + EDU_FACTORIAL);
	return rc;
}

/* Move between the bounce page and the engine's buffer; in range */
static int medu_engine_dma(struct medu *medu, u32 offset, u32 count,
			   bool to_ram)
{
	u32 cmd = EDU_DMA_RUN | EDU_DMA_IRQ | (to_ram ? EDU_DMA_TO_RAM : 0);
	u32 src = to_ram ? EDU_BUFFER + offset : medu->bounce_dma;
	u32 dst = to_ram ? medu->bounce_dma : EDU_BUFFER + offset;
	int rc;

	rc = medu_engine_prepare(medu);
	if (rc)
		return rc;
	iowrite32(src, medu->mmio + EDU_DMA_SRC);
	iowrite32(dst, medu->mmio + EDU_DMA_DST);
	iowrite32(count, medu->mmio + EDU_DMA_COUNT);
	iowrite32(cmd, medu->mmio + EDU_DMA_CMD);
	return medu_engine_wait(medu, "a DMA");
}

/*
 * Bring the instance's data into the engine, if another's is there. Whose it is
 * can change to nobody's meanwhile; see medu_unload().
 */
static int medu_engine_load(struct medu *medu, struct medu_instance *inst)
{
	int rc;

	if (READ_ONCE(medu->loaded) == inst)
		return 0;
	WRITE_ONCE(medu->loaded, NULL);
	memcpy(medu->bounce, inst->buffer, EDU_BUFFER_SIZE);
	rc = medu_engine_dma(medu, 0, EDU_BUFFER_SIZE, false);
	if (!rc)
		WRITE_ONCE(medu->loaded, inst);
	return rc;
}

/**
 * medu_engine_write() - move from the bounce page into the engine's buffer
 * @medu: the device
 * @inst: whose buffer it is to be
 * @offset: where in the buffer; @offset + @count is EDU_BUFFER_SIZE at most
 * @count: bytes, 1 at least, from the beginning of the bounce page
 *
 * The caller has put the bytes into the instance's copy of the buffer, too;
 * what is in the bounce page is lost where the engine has to be loaded first.
 *
 * Return: 0, -EIO where the engine does not answer, -ENODEV where it is gone.
 */
int medu_engine_write(struct medu *medu, struct medu_instance *inst,
		      u32 offset, u32 count)
{
	int rc;

	/* Loading brings in all of the copy, these bytes among them. */
	if (READ_ONCE(medu->loaded) != inst)
		return medu_engine_load(medu, inst);
	rc = medu_engine_dma(medu, offset, count, false);
	if (rc)
		/* What the engine holds now is not known. */
		WRITE_ONCE(medu->loaded, NULL);
	return rc;
}

/**
 * medu_engine_read() - move from the engine's buffer into the bounce page
 * @medu: the device
 * @inst: whose buffer it is
 * @offset: where in the buffer; @offset + @count is EDU_BUFFER_SIZE at most
 * @count: bytes, 1 at least
 *
 * Return: 0, -EIO where the engine does not answer, -ENODEV where it is gone.
 */
int medu_engine_read(struct medu *medu, struct medu_instance *inst,
		     u32 offset, u32 count)
{
	int rc;

	rc = medu_engine_load(medu, inst);
	if (rc)
		return rc;
	return medu_engine_dma(medu, offset, count, true);
}

/**
 * medu_job_done() - count a job
 * @inst: whose it was
 */
void medu_job_done(struct medu_instance *inst)
{
	atomic_inc(&inst->nr_jobs);
	atomic_inc(&inst->medu->nr_jobs);
}
