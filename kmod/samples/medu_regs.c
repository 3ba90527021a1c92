// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: the registers of an instance, and the jobs that the user starts by them
 */

#include <linux/string.h>

#include "medu.h"

static bool medu_is_dma_reg(struct medu_instance *inst, u32 reg)
{
	return inst->buffer && reg >= EDU_DMA_SRC && reg < EDU_DMA_END;
}

/**
 * medu_reg_read() - read a register
 * @inst: the instance, locked
 * @reg: offset in BAR 0, a multiple of 4
 *
 * Return: its value; all ones if there is no such register.
 */
u32 medu_reg_read(struct medu_instance *inst, u32 reg)
{
	lockdep_assert_held(&inst->lock);

	switch (reg) {
	case EDU_ID:
		return EDU_ID_VALUE;
	case EDU_LIVENESS:
		return inst->liveness;
	case EDU_FACTORIAL:
		return inst->factorial;
	case EDU_STATUS:
		return inst->status;
	case EDU_IRQ_STATUS:
		return inst->irq_status;
	default:
		if (medu_is_dma_reg(inst, reg))
			return *medu_dma_reg(inst, reg);
		return ~0U;
	}
}

static void medu_dma_reg_write(struct medu_instance *inst, u32 reg, u32 val)
{
	if (*medu_dma_reg(inst, EDU_DMA_CMD) & EDU_DMA_RUN)
		return;
	*medu_dma_reg(inst, reg) = val;
	if (reg == EDU_DMA_CMD && (val & EDU_DMA_RUN))
		queue_work(inst->medu->jobs, &inst->dma_job);
}

/**
 * medu_reg_write() - write a register
 * @inst: the open instance, locked
 * @reg: offset in BAR 0, a multiple of 4
 * @val: the value
 */
void medu_reg_write(struct medu_instance *inst, u32 reg, u32 val)
{
	lockdep_assert_held(&inst->lock);

	switch (reg) {
	case EDU_LIVENESS:
		inst->liveness = ~val;
		break;
	case EDU_FACTORIAL:
		if (inst->status & EDU_STATUS_BUSY)
			break;
		WRITE_ONCE(inst->operand, val);
		inst->status |= EDU_STATUS_BUSY;
		queue_work(inst->medu->jobs, &inst->factorial_job);
		break;
	case EDU_STATUS:
		inst->status &= ~EDU_STATUS_IRQ;
		inst->status |= val & EDU_STATUS_IRQ;
		break;
	case EDU_IRQ_RAISE:
		medu_raise(inst, val);
		break;
	case EDU_IRQ_ACK:
		inst->irq_status &= ~val;
		break;
	default:
		if (medu_is_dma_reg(inst, reg))
			medu_dma_reg_write(inst, reg, val);
	}
}

/* Jobs */

static void medu_factorial_job(struct work_struct *work)
{
	struct medu_instance *inst =
		container_of(work, struct medu_instance, factorial_job);
	u32 result;

	/* Only a reset can change the operand now: the instance is busy. */
	medu_engine_factorial(inst->medu, READ_ONCE(inst->operand), &result);

	mutex_lock(&inst->lock);
	inst->factorial = result;
	inst->status &= ~EDU_STATUS_BUSY;
	medu_job_done(inst);
	if (inst->status & EDU_STATUS_IRQ)
		medu_raise(inst, EDU_IRQ_FACTORIAL);
	mutex_unlock(&inst->lock);
}

/**
 * medu_jobs_init() - prepare the jobs of an instance
 * @inst: the instance
 */
void medu_jobs_init(struct medu_instance *inst)
{
	INIT_WORK(&inst->factorial_job, medu_factorial_job);
	INIT_WORK(&inst->dma_job, medu_dma_job);
}

/**
 * medu_jobs_cancel() - cancel the jobs that the user has started
 * @inst: the instance
 *
 * Waits for a job that uses the engine. Does not change registers.
 */
void medu_jobs_cancel(struct medu_instance *inst)
{
	cancel_work_sync(&inst->factorial_job);
	cancel_work_sync(&inst->dma_job);
}

/**
 * medu_regs_reset() - set the registers to their initial values
 * @inst: the instance, locked, its jobs cancelled
 */
void medu_regs_reset(struct medu_instance *inst)
{
	lockdep_assert_held(&inst->lock);

	inst->liveness = inst->seed;
	inst->factorial = 0;
	inst->status = 0;
	inst->irq_status = 0;
	memset(inst->dma, 0, sizeof(inst->dma));
}
