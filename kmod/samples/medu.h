/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * medu: a sample parent driver, and what its files share
 *
 * Shares QEMU's edu device (docs/specs/edu in QEMU's sources: a factorial
 * engine, a DMA engine, one interrupt) among many instances. Its user sees each
 * instance as an edu of its own: config space, the registers of BAR 0, INTx and
 * MSI. There is also a BAR 2, which the real edu does not have: a page of
 * memory that can be mapped, and a page of registers that cannot. The registers
 * are emulated in memory. What the user starts with them runs on the one
 * physical engine, one job after another; result and interrupt go to the
 * instance that started it.
 *
 * Types:
 *	fact	the factorial engine
 *	dma	the factorial engine and the DMA engine
 *
 * Params of an instance:
 *	seed=N	the value of its liveness register until that is written
 *
 * Locking: medu_instance.lock guards an instance's registers. The jobs of all
 * instances run on an ordered workqueue, one at a time, so the job that runs
 * has the physical device to itself. It takes the instance's lock at its
 * beginning and at its end, but not while the engine works, so that the user
 * can read the registers then. pin_lock guards the pages of the guest.
 * dma_unmap waits for it, so it is never held while the engine works. It is not
 * taken together with any other lock of this driver.
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

/* Registers of BAR 0, of an instance and of the physical device */
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
#define EDU_DMA_BITS		28
#define EDU_BAR0_SIZE		SZ_1M
#define EDU_BUFFER		0x40000
/*
 * The engine's buffer has 4096 bytes. The last one is not used: some versions
 * of QEMU abort when it is accessed.
 */
#define EDU_BUFFER_SIZE		4095

/* From 34! on factorials are multiples of 2^32: the engine would return 0. */
#define EDU_FACTORIAL_MAX	33

/* BAR 2; its second page has one register */
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
 * @done: completed by the interrupt of the engine
 * @ops: what it offers: without @bounce, all but DMA
 * @bounce: a page for DMA, at an address that the engine can use, or NULL if
 *	the host has no memory at any
 * @bounce_dma: that address
 * @loaded: the instance whose data is in the engine's buffer, or NULL
 * @nr_jobs: number of jobs that have run
 * @started: number of instances that are started
 * @nr_dma: number of instances that have the DMA engine
 * @gone: the device has been pulled out
 * @open_lock: guards @open; no lock of an instance is taken while it is held
 * @open: the open instances
 */
struct medu {
	struct pci_dev *pdev;
	void __iomem *mmio;
	struct workqueue_struct *jobs;
	struct completion done;
	struct parent_ops ops;
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
 * struct medu_pin - a pinned page of the guest
 * @iova: its guest address
 * @page: the page, or NULL if this entry is free
 * @prot: the access that it is pinned for, IOMMU_READ or IOMMU_WRITE
 */
struct medu_pin {
	dma_addr_t iova;
	struct page *page;
	int prot;
};

/**
 * struct medu_instance - an instance
 * @mdev: the core's part
 * @medu: the physical device
 * @lock: guards the registers and the label
 * @config: PCI config space; the command is also read without the lock
 * @liveness: register, as the user reads it
 * @operand: the number whose factorial the engine is to compute
 * @factorial: register
 * @status: register
 * @irq_status: register
 * @dma: registers from EDU_DMA_SRC on, in words
 * @buffer: the instance's copy of the engine's buffer; NULL without DMA engine
 * @page: the memory of BAR 2, while the instance is open
 * @seed: value of @liveness after a reset
 * @factorial_job: uses the factorial engine
 * @dma_job: uses the DMA engine
 * @reset_job: resets the instance; on the same workqueue, so that no job runs
 *	then
 * @pin_lock: guards @pins and the pages in it
 * @pins: the pinned pages of the guest
 * @next_pin: index of the entry of @pins that is used next
 * @nr_jobs: number of jobs that have run
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

/* medu_engine.c: called by jobs, of which one runs at a time */
irqreturn_t medu_interrupt(int irq, void *data);
int medu_engine_factorial(struct medu *medu, u32 operand, u32 *result);
int medu_engine_write(struct medu *medu, struct medu_instance *inst,
		      u32 offset, u32 count);
int medu_engine_read(struct medu *medu, struct medu_instance *inst,
		     u32 offset, u32 count);
void medu_job_done(struct medu_instance *inst);

/* medu_regs.c: called with the instance's lock held */
u32 medu_reg_read(struct medu_instance *inst, u32 reg);
void medu_reg_write(struct medu_instance *inst, u32 reg, u32 val);
void medu_regs_reset(struct medu_instance *inst);

/* medu_regs.c: called without it */
void medu_jobs_init(struct medu_instance *inst);
void medu_jobs_cancel(struct medu_instance *inst);

/* medu_dma.c */
void medu_dma_job(struct work_struct *work);
void medu_unpin_range(struct medu_instance *inst, u64 iova, u64 length);

/* medu_config.c */
void medu_config_setup(void);
void medu_config_reset(struct medu_instance *inst);
bool medu_config_allows(struct medu_instance *inst, u8 access);
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
int medu_register(struct medu *medu);

#endif /* _MEDU_H */
