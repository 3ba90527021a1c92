// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: the physical engine. Jobs use it, which run one at a time on medu.jobs.
 */

#include <linux/pci.h>
#include <linux/string.h>

#include "medu.h"

/* Far more than the engine takes, even an emulated one on a busy host */
#define MEDU_TIMEOUT		(10 * HZ)

/**
 * medu_interrupt() - handle the interrupt of the engine, which ends a job
 * @irq: not used
 * @data: the struct medu
 *
 * Return: IRQ_HANDLED, or IRQ_NONE if the interrupt is another device's.
 */
irqreturn_t medu_interrupt(int irq, void *data)
{
	struct medu *medu = data;
	u32 status = ioread32(medu->mmio + EDU_IRQ_STATUS);

	/* A device that has been pulled out reads as all ones. */
	if (!status || status == ~0U)
		return IRQ_NONE;
	iowrite32(status, medu->mmio + EDU_IRQ_ACK);
	complete(&medu->done);
	return IRQ_HANDLED;
}

/* Returns -ENODEV if the device is gone. If it goes later, the wait ends. */
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
 * Return: 0, -EIO if the engine does not answer, -ENODEV if it is gone.
 */
int medu_engine_factorial(struct medu *medu, u32 operand, u32 *result)
{
	int rc;

	/* The result is known: do not keep the engine from other instances. */
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

/* Transfer between the bounce page and the engine's buffer, within bounds */
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
 * Load the instance's data into the engine, unless it is there. medu_unload()
 * can set medu->loaded to NULL at any time, but never to an instance.
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
 * medu_engine_write() - transfer from the bounce page to the engine's buffer
 * @medu: the device
 * @inst: the instance that writes to its buffer
 * @offset: offset in the buffer; @offset + @count is EDU_BUFFER_SIZE at most
 * @count: number of bytes, at least 1, from the beginning of the bounce page
 *
 * The caller has also copied the bytes to @inst->buffer: if another instance's
 * data is in the engine, all of that is loaded, and the bounce page
 * overwritten.
 *
 * Return: 0, -EIO if the engine does not answer, -ENODEV if it is gone.
 */
int medu_engine_write(struct medu *medu, struct medu_instance *inst,
		      u32 offset, u32 count)
{
	int rc;

	/* This loads all of inst->buffer, which has the new bytes. */
	if (READ_ONCE(medu->loaded) != inst)
		return medu_engine_load(medu, inst);
	rc = medu_engine_dma(medu, offset, count, false);
	if (rc)
		/* The engine may have some of the bytes. */
		WRITE_ONCE(medu->loaded, NULL);
	return rc;
}

/**
 * medu_engine_read() - transfer from the engine's buffer to the bounce page
 * @medu: the device
 * @inst: the instance that reads its buffer
 * @offset: offset in the buffer; @offset + @count is EDU_BUFFER_SIZE at most
 * @count: number of bytes, at least 1
 *
 * Return: 0, -EIO if the engine does not answer, -ENODEV if it is gone.
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
 * medu_job_done() - count a job that has run
 * @inst: the instance that had started it
 */
void medu_job_done(struct medu_instance *inst)
{
	atomic_inc(&inst->nr_jobs);
	atomic_inc(&inst->medu->nr_jobs);
}
