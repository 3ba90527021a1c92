/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * medu: a sample parent driver; what its files share
 *
 * Shares QEMU's edu device (docs/specs/edu in QEMU's sources: a factorial
 * engine, a DMA engine, one interrupt) among many instances. To its user each
 * instance is an edu of its own: config space, the registers of BAR 0, INTx
 * and MSI; and a BAR 2 that the real one does not have, a page of memory to
 * map and a page of registers that can not be. The registers live in memory
 * here; what the user starts is run on the one physical engine, in turn, and
 * answer and interrupt go back to the instance that asked.
 *
 * Types:
 *	fact	the factorial engine
 *	dma	with the DMA engine
 *
 * Params of an instance:
 *	seed=N	what its liveness register answers until it is written
 *
 * Locking: medu_instance.lock guards an instance's registers. Jobs of all
 * instances run on an ordered workqueue, one at a time, and own the physical
 * device while they run. A job takes the instance's lock for its ends only:
 * while the engine works the user can read the registers. pin_lock, which
 * nests with no other lock of this driver's, guards the guest's pages: it is
 * what dma_unmap waits for, and so is never held while the engine works.
 */

#ifndef _MEDU_H
#define _MEDU_H

#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "../mdev.h"

/* Registers of BAR 0, the instance's and the engine's alike */
#define EDU_ID			0x00
#define EDU_LIVENESS		0x04
#define EDU_FACTORIAL		0x08
#define EDU_STATUS		0x20
#define   EDU_STATUS_BUSY	0x01
#define   EDU_STATUS_IRQ	0x80
#define EDU_IRQ_STATUS		0x24
#define   EDU_IRQ_FACTORIAL	0x00000001
#define   EDU_IRQ_DMA		0x00000100
#define EDU_IRQ_RAISE		0x60
#define EDU_IRQ_ACK		0x64
#define EDU_DMA_SRC		0x80
#define EDU_DMA_DST		0x88
#define EDU_DMA_COUNT		0x90
#define EDU_DMA_CMD		0x98
#define   EDU_DMA_RUN		0x01
#define   EDU_DMA_TO_RAM	0x02
#define   EDU_DMA_IRQ		0x04
#define EDU_DMA_END		0xa0

#define EDU_ID_VALUE		0x010000ed
#define EDU_BAR0_SIZE		SZ_1M
#define EDU_BUFFER		0x40000
/*
 * The engine's buffer has 4096 bytes. Some versions of QEMU end the virtual
 * machine when its last byte is touched.
 */
#define EDU_BUFFER_SIZE		4095

/* 34! and what is above are multiples of 2^32: the engine would answer 0. */
#define EDU_FACTORIAL_MAX	33

/* Words of BAR 2's second page */
#define MEDU_BAR2_JOBS		PAGE_SIZE
#define MEDU_BAR2_SIZE		(2 * PAGE_SIZE)

#define MEDU_CONFIG_SIZE	256
#define MEDU_MSI		0x40
#define MEDU_LABEL_MAX		63
#define MEDU_NR_PINS		4

struct medu_instance;

/**
 * struct medu - the physical device
 * @pdev: the PCI device
 * @mmio: its BAR 0
 * @jobs: runs the instances' jobs one after another
 * @done: the engine has interrupted
 * @bounce: memory that the engine reaches, for DMA
 * @bounce_dma: its address to the engine
 * @loaded: instance whose data is in the engine's buffer, or NULL
 * @nr_jobs: how many jobs have run
 * @started: how many instances are started
 * @nr_dma: how many instances have the DMA engine
 * @gone: the device has been pulled out
 * @open_lock: guards @open; no lock of an instance's is taken within
 * @open: the instances that are open
 */
struct medu {
	struct pci_dev *pdev;
	void __iomem *mmio;
	struct workqueue_struct *jobs;
	struct completion done;
	void *bounce;
	dma_addr_t bounce_dma;
	struct medu_instance *loaded;
	atomic_t nr_jobs;
	atomic_t started;
	atomic_t nr_dma;
	bool gone;
	struct mutex open_lock; /* the list of open instances */
	struct list_head open;
};

/**
 * struct medu_pin - a page of the guest's that is pinned
 * @iova: its guest address
 * @page: the page, or NULL where this one is free
 * @prot: IOMMU_READ or IOMMU_WRITE: what it is pinned for
 */
struct medu_pin {
	dma_addr_t iova;
	struct page *page;
	int prot;
};

/**
 * struct medu_instance - one slice of it
 * @mdev: the core's part
 * @medu: the physical device
 * @lock: guards the registers and the label
 * @config: PCI config space
 * @liveness: register, as it reads
 * @operand: of the factorial under way
 * @factorial: register
 * @status: register
 * @irq_status: register
 * @dma: registers from EDU_DMA_SRC on, in words
 * @buffer: what the engine's buffer holds for this instance; NULL without DMA
 * @page: BAR 2's memory while it is open
 * @seed: @liveness after reset
 * @factorial_job: work for the factorial engine
 * @dma_job: work for the DMA engine
 * @reset_job: what a reset does, when neither of them runs
 * @pin_lock: guards @pins and the pages in it
 * @pins: what is pinned of the guest's memory
 * @next_pin: which of @pins is the next to be used again
 * @nr_jobs: how many jobs have run
 * @open_node: in &medu.open
 * @label: text that the administrator keeps here
 */
struct medu_instance {
	struct mdev_device *mdev;
	struct medu *medu;
	struct mutex lock; /* registers and label */
	u8 config[MEDU_CONFIG_SIZE];
	u32 liveness;
	u32 operand;
	u32 factorial;
	u32 status;
	u32 irq_status;
	u32 dma[(EDU_DMA_END - EDU_DMA_SRC) / sizeof(u32)];
	u8 *buffer;
	struct page *page;
	u32 seed;
	struct work_struct factorial_job;
	struct work_struct dma_job;
	struct work_struct reset_job;
	struct mutex pin_lock; /* pins, and the guest's pages */
	struct medu_pin pins[MEDU_NR_PINS];
	unsigned int next_pin;
	atomic_t nr_jobs;
	struct list_head open_node;
	char label[MEDU_LABEL_MAX + 1];
};

static inline u32 *medu_dma_reg(struct medu_instance *inst, u32 reg)
{
	return &inst->dma[(reg - EDU_DMA_SRC) / sizeof(u32)];
}

/* medu_engine.c: for jobs, of which one runs at a time */
irqreturn_t medu_interrupt(int irq, void *data);
int medu_engine_factorial(struct medu *medu, u32 operand, u32 *result);
int medu_engine_write(struct medu *medu, struct medu_instance *inst,
		      u32 offset, u32 count);
int medu_engine_read(struct medu *medu, struct medu_instance *inst,
		     u32 offset, u32 count);
void medu_job_done(struct medu_instance *inst);

/* medu_regs.c: with the instance's lock held */
u32 medu_reg_read(struct medu_instance *inst, u32 reg);
void medu_reg_write(struct medu_instance *inst, u32 reg, u32 val);
void medu_regs_reset(struct medu_instance *inst);

/* medu_regs.c: without */
void medu_jobs_init(struct medu_instance *inst);
void medu_jobs_cancel(struct medu_instance *inst);

/* medu_dma.c */
void medu_dma_job(struct work_struct *work);
void medu_unpin_range(struct medu_instance *inst, u64 iova, u64 length);

/* medu_config.c */
void medu_config_setup(void);
void medu_config_reset(struct medu_instance *inst);
void medu_config_read(struct medu_instance *inst, u32 offset, u8 *buf,
		      size_t count);
void medu_config_write(struct medu_instance *inst, u32 offset, const u8 *buf,
		       size_t count);
void medu_notify(struct medu_instance *inst);
void medu_raise(struct medu_instance *inst, u32 conditions);

/* medu_region.c */
int medu_get_region_info(struct mdev_device *mdev,
			 struct vfio_region_info *info,
			 struct vfio_info_cap *caps);
int medu_validate_map_request(struct mdev_device *mdev, loff_t pos,
			      unsigned long virtaddr, unsigned long *pfn,
			      unsigned long *size, pgprot_t *prot);
ssize_t medu_read(struct mdev_device *mdev, char *buf, size_t count,
		  loff_t pos);
ssize_t medu_write(struct mdev_device *mdev, const char *buf, size_t count,
		   loff_t pos);

/* medu_instance.c */
extern struct parent_ops medu_ops;

#endif /* _MEDU_H */
