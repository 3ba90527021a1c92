// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: a sample parent driver
 *
 * Shares QEMU's edu device (docs/specs/edu in QEMU's sources: a factorial
 * engine, a DMA engine, one interrupt) among many instances. To its user each
 * instance is an edu of its own: config space, the registers of BAR 0, INTx
 * and MSI. The registers live in memory here; what the user starts is run on
 * the one physical engine, in turn, and answer and interrupt go back to the
 * instance that asked.
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
 * while the engine works the user can read the registers.
 */

#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>
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

/* Far above what the engine takes, also under emulation on a busy host */
#define MEDU_TIMEOUT		(10 * HZ)

#define MEDU_CONFIG_SIZE	256
#define MEDU_MSI		0x40
#define MEDU_LABEL_MAX		63

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
};

/**
 * struct medu_instance - one slice of it
 * @mdev: the core's part
 * @medu: the physical device
 * @lock: guards all below but @label_lock
 * @config: PCI config space
 * @liveness: register, as it reads
 * @operand: of the factorial under way
 * @factorial: register
 * @status: register
 * @irq_status: register
 * @dma: registers from EDU_DMA_SRC on, in words
 * @buffer: what the engine's buffer holds for this instance; NULL without DMA
 * @seed: @liveness after reset
 * @factorial_job: work for the factorial engine
 * @dma_job: work for the DMA engine
 * @nr_jobs: how many jobs have run
 * @label: text that the administrator keeps here
 */
struct medu_instance {
	struct mdev_device *mdev;
	struct medu *medu;
	struct mutex lock;
	u8 config[MEDU_CONFIG_SIZE];
	u32 liveness;
	u32 operand;
	u32 factorial;
	u32 status;
	u32 irq_status;
	u32 dma[(EDU_DMA_END - EDU_DMA_SRC) / sizeof(u32)];
	u8 *buffer;
	u32 seed;
	struct work_struct factorial_job;
	struct work_struct dma_job;
	atomic_t nr_jobs;
	char label[MEDU_LABEL_MAX + 1];
};

static unsigned int max_started;
module_param(max_started, uint, 0644);
MODULE_PARM_DESC(max_started,
		 "instances of one device that can be started at once; 0: all");

/* The engine. Only jobs come here, one at a time. */

static irqreturn_t medu_interrupt(int irq, void *data)
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

static int medu_engine_wait(struct medu *medu, const char *what)
{
	if (wait_for_completion_timeout(&medu->done, MEDU_TIMEOUT))
		return 0;
	dev_err(&medu->pdev->dev, "no interrupt from the engine after %s\n",
		what);
	return -EIO;
}

static int medu_engine_factorial(struct medu *medu, u32 operand, u32 *result)
{
	int rc;

	/* Nobody may keep the others waiting for an answer that is known. */
	if (operand > EDU_FACTORIAL_MAX) {
		*result = 0;
		return 0;
	}
	reinit_completion(&medu->done);
	iowrite32(EDU_STATUS_IRQ, medu->mmio + EDU_STATUS);
	iowrite32(operand, medu->mmio + EDU_FACTORIAL);
	rc = medu_engine_wait(medu, "a factorial");
	*result = rc ? 0 : ioread32(medu->mmio + EDU_FACTORIAL);
	return rc;
}

/* Move between the bounce page and the engine's buffer; in range */
static int medu_engine_dma(struct medu *medu, u32 offset, u32 count,
			   bool to_ram)
{
	u32 cmd = EDU_DMA_RUN | EDU_DMA_IRQ | (to_ram ? EDU_DMA_TO_RAM : 0);
	u32 src = to_ram ? EDU_BUFFER + offset : medu->bounce_dma;
	u32 dst = to_ram ? medu->bounce_dma : EDU_BUFFER + offset;

	reinit_completion(&medu->done);
	iowrite32(src, medu->mmio + EDU_DMA_SRC);
	iowrite32(dst, medu->mmio + EDU_DMA_DST);
	iowrite32(count, medu->mmio + EDU_DMA_COUNT);
	iowrite32(cmd, medu->mmio + EDU_DMA_CMD);
	return medu_engine_wait(medu, "a DMA");
}

/* Bring the instance's data into the engine, if another's is there */
static int medu_engine_load(struct medu *medu, struct medu_instance *inst)
{
	int rc;

	if (medu->loaded == inst)
		return 0;
	medu->loaded = NULL;
	memcpy(medu->bounce, inst->buffer, EDU_BUFFER_SIZE);
	rc = medu_engine_dma(medu, 0, EDU_BUFFER_SIZE, false);
	if (!rc)
		medu->loaded = inst;
	return rc;
}

/* Instances: registers. The lock is held. */

/* Tell the user of the interrupt conditions that there are, if any */
static void medu_notify(struct medu_instance *inst)
{
	bool msi = inst->config[MEDU_MSI + PCI_MSI_FLAGS] &
		   PCI_MSI_FLAGS_ENABLE;

	lockdep_assert_held(&inst->lock);

	if (inst->irq_status)
		/* -ENOENT: nobody listens, which is the user's choice. */
		(void)mdev_signal(inst->mdev, msi ? VFIO_PCI_MSI_IRQ_INDEX :
						    VFIO_PCI_INTX_IRQ_INDEX, 0);
}

static void medu_raise(struct medu_instance *inst, u32 conditions)
{
	inst->irq_status |= conditions;
	medu_notify(inst);
}

static u32 *medu_dma_reg(struct medu_instance *inst, u32 reg)
{
	return &inst->dma[(reg - EDU_DMA_SRC) / sizeof(u32)];
}

static bool medu_is_dma_reg(struct medu_instance *inst, u32 reg)
{
	return inst->buffer && reg >= EDU_DMA_SRC && reg < EDU_DMA_END;
}

static u32 medu_reg_read(struct medu_instance *inst, u32 reg)
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

static void medu_reg_write(struct medu_instance *inst, u32 reg, u32 val)
{
	lockdep_assert_held(&inst->lock);

	switch (reg) {
	case EDU_LIVENESS:
		inst->liveness = ~val;
		break;
	case EDU_FACTORIAL:
		if (inst->status & EDU_STATUS_BUSY)
			break;
		inst->operand = val;
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

/* Instances: jobs */

static void medu_job_done(struct medu_instance *inst)
{
	atomic_inc(&inst->nr_jobs);
	atomic_inc(&inst->medu->nr_jobs);
}

static void medu_factorial_job(struct work_struct *work)
{
	struct medu_instance *inst =
		container_of(work, struct medu_instance, factorial_job);
	u32 result;

	/* The operand stays as it is while the instance is busy. */
	medu_engine_factorial(inst->medu, READ_ONCE(inst->operand), &result);

	mutex_lock(&inst->lock);
	inst->factorial = result;
	inst->status &= ~EDU_STATUS_BUSY;
	medu_job_done(inst);
	if (inst->status & EDU_STATUS_IRQ)
		medu_raise(inst, EDU_IRQ_FACTORIAL);
	mutex_unlock(&inst->lock);
}

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

	rc = medu_engine_load(medu, inst);
	if (rc)
		return rc;
	if (!t->to_ram) {
		rc = mdev_read_memory(inst->mdev, t->iova, medu->bounce,
				      t->count);
		if (rc)
			return rc;
		memcpy(inst->buffer + t->offset, medu->bounce, t->count);
	}
	rc = medu_engine_dma(medu, t->offset, t->count, t->to_ram);
	if (rc)
		/* What the engine holds now is not known. */
		medu->loaded = NULL;
	else if (t->to_ram)
		rc = mdev_write_memory(inst->mdev, t->iova, medu->bounce,
				       t->count);
	return rc;
}

static void medu_dma_job(struct work_struct *work)
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

static void medu_cancel_jobs(struct medu_instance *inst)
{
	cancel_work_sync(&inst->factorial_job);
	cancel_work_sync(&inst->dma_job);
}

/* Instances: config space */

struct medu_config_field {
	u16 offset;
	u8 size;
	u32 value;
	u32 writable;
};

/* Everything else is 0 and stays so. Writing a BAR's mask tells its size. */
static const struct medu_config_field medu_config_fields[] = {
	{ PCI_VENDOR_ID, 2, 0x1234, 0 },
	{ PCI_DEVICE_ID, 2, 0x11e8, 0 },
	{ PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
			     PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST, 0 },
	{ PCI_CLASS_REVISION, 4, 0x00ff0010, 0 },
	{ PCI_BASE_ADDRESS_0, 4, 0, ~(EDU_BAR0_SIZE - 1) },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, 0x1af4, 0 },
	{ PCI_SUBSYSTEM_ID, 2, 0x1100, 0 },
	{ PCI_CAPABILITY_LIST, 1, MEDU_MSI, 0 },
	{ PCI_INTERRUPT_LINE, 1, 0, 0xff },
	{ PCI_INTERRUPT_PIN, 1, 1, 0 },
	{ MEDU_MSI + PCI_CAP_LIST_ID, 1, PCI_CAP_ID_MSI, 0 },
	{ MEDU_MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT,
	  PCI_MSI_FLAGS_ENABLE },
	{ MEDU_MSI + PCI_MSI_ADDRESS_LO, 4, 0, 0xfffffffc },
	{ MEDU_MSI + PCI_MSI_ADDRESS_HI, 4, 0, 0xffffffff },
	{ MEDU_MSI + PCI_MSI_DATA_64, 2, 0, 0xffff },
};

/* Little-endian, as config space is; filled once from the table */
static u8 medu_config_init[MEDU_CONFIG_SIZE];
static u8 medu_config_writable[MEDU_CONFIG_SIZE];

static void __init medu_config_setup(void)
{
	const struct medu_config_field *f;
	unsigned int i, b;

	for (i = 0; i < ARRAY_SIZE(medu_config_fields); i++) {
		f = &medu_config_fields[i];
		for (b = 0; b < f->size; b++) {
			medu_config_init[f->offset + b] = f->value >> 8 * b;
			medu_config_writable[f->offset + b] =
				f->writable >> 8 * b;
		}
	}
}

static void medu_config_write(struct medu_instance *inst, u32 offset,
			      const u8 *buf, size_t count)
{
	u8 mask;

	for (; count; count--, offset++, buf++) {
		mask = medu_config_writable[offset];
		inst->config[offset] &= ~mask;
		inst->config[offset] |= *buf & mask;
	}
}

/* Instances: what the core calls */

static void medu_set_defaults(struct medu_instance *inst)
{
	mutex_lock(&inst->lock);
	memcpy(inst->config, medu_config_init, sizeof(inst->config));
	inst->liveness = inst->seed;
	inst->factorial = 0;
	inst->status = 0;
	inst->irq_status = 0;
	memset(inst->dma, 0, sizeof(inst->dma));
	mutex_unlock(&inst->lock);
}

static int medu_parse_params(struct medu_instance *inst, const char *params)
{
	static const char key[] = "seed=";

	if (!params)
		return 0;
	if (!strstarts(params, key) ||
	    kstrtou32(params + strlen(key), 0, &inst->seed))
		return -EINVAL;
	return 0;
}

static const struct mdev_type_desc medu_types[] = {
	{ .name = "fact", .pretty_name = "edu factorial engine" },
	{ .name = "dma", .pretty_name = "edu factorial and DMA engines" },
	{ }
};

static bool medu_type_has_dma(const struct mdev_type_desc *type)
{
	return type == &medu_types[1];
}

static int medu_create(struct mdev_device *mdev, const char *params)
{
	struct medu_instance *inst;
	int rc;

	inst = kzalloc(sizeof(*inst), GFP_KERNEL);
	if (!inst)
		return -ENOMEM;
	rc = medu_parse_params(inst, params);
	if (rc)
		goto out_free;
	if (medu_type_has_dma(mdev_type_desc(mdev))) {
		inst->buffer = kzalloc(EDU_BUFFER_SIZE, GFP_KERNEL);
		rc = inst->buffer ? 0 : -ENOMEM;
		if (rc)
			goto out_free;
	}
	inst->mdev = mdev;
	inst->medu = dev_get_drvdata(mdev->parent->dev);
	mutex_init(&inst->lock);
	INIT_WORK(&inst->factorial_job, medu_factorial_job);
	INIT_WORK(&inst->dma_job, medu_dma_job);
	mdev_set_drvdata(mdev, inst);
	return 0;

out_free:
	kfree(inst);
	return rc;
}

/* Only while no job of the instance's can be under way */
static void medu_unload(struct medu_instance *inst)
{
	/* Another's job may be loading its own data: never take that away. */
	cmpxchg(&inst->medu->loaded, inst, NULL);
}

static void medu_destroy(struct mdev_device *mdev)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);

	medu_unload(inst);
	mutex_destroy(&inst->lock);
	kfree(inst->buffer);
	kfree(inst);
}

/* A vendor would give the machine its share of the hardware here. */
static int medu_start(struct mdev_device *mdev)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);
	unsigned int max = READ_ONCE(max_started);

	if (atomic_inc_return(&inst->medu->started) > max && max) {
		atomic_dec(&inst->medu->started);
		return -EBUSY;
	}
	return 0;
}

static int medu_stop(struct mdev_device *mdev)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);

	atomic_dec(&inst->medu->started);
	return 0;
}

/* A new user finds what a new instance has, nothing of the last one's. */
static int medu_open(struct mdev_device *mdev)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);

	medu_set_defaults(inst);
	if (inst->buffer)
		memset(inst->buffer, 0, EDU_BUFFER_SIZE);
	medu_unload(inst);
	return 0;
}

static void medu_close(struct mdev_device *mdev)
{
	/* The core's services end here. */
	medu_cancel_jobs(mdev_get_drvdata(mdev));
}

static int medu_reset(struct mdev_device *mdev)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);

	medu_cancel_jobs(inst);
	medu_set_defaults(inst);
	return 0;
}

/* The size of a region, 0 where there is none */
static u64 medu_region_size(unsigned int index)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		return EDU_BAR0_SIZE;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return MEDU_CONFIG_SIZE;
	default:
		return 0;
	}
}

static int medu_get_region_info(struct mdev_device *mdev,
				struct vfio_region_info *info,
				struct vfio_info_cap *caps)
{
	info->size = medu_region_size(info->index);
	if (info->size)
		info->flags = VFIO_REGION_INFO_FLAG_READ |
			      VFIO_REGION_INFO_FLAG_WRITE;
	return 0;
}

/* Returns how much of an access is inside its region, or -EINVAL */
static ssize_t medu_clip(loff_t pos, size_t count)
{
	u64 size = medu_region_size(mdev_region_index(pos));
	u64 offset = mdev_region_pos(pos);

	if (offset >= size)
		return -EINVAL;
	count = min_t(u64, count, size - offset);
	/* Registers are words. */
	if (mdev_region_index(pos) == VFIO_PCI_BAR0_REGION_INDEX &&
	    (offset | count) % sizeof(u32))
		return -EINVAL;
	return count;
}

static ssize_t medu_read(struct mdev_device *mdev, char *buf, size_t count,
			 loff_t pos)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);
	u32 offset = mdev_region_pos(pos);
	ssize_t len = medu_clip(pos, count);
	ssize_t i;

	if (len < 0)
		return len;
	mutex_lock(&inst->lock);
	if (mdev_region_index(pos) == VFIO_PCI_CONFIG_REGION_INDEX)
		memcpy(buf, inst->config + offset, len);
	else
		for (i = 0; i < len; i += sizeof(u32))
			*(__le32 *)(buf + i) =
				cpu_to_le32(medu_reg_read(inst, offset + i));
	mutex_unlock(&inst->lock);
	return len;
}

static ssize_t medu_write(struct mdev_device *mdev, const char *buf,
			  size_t count, loff_t pos)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);
	u32 offset = mdev_region_pos(pos);
	ssize_t len = medu_clip(pos, count);
	ssize_t i;

	if (len < 0)
		return len;
	mutex_lock(&inst->lock);
	if (mdev_region_index(pos) == VFIO_PCI_CONFIG_REGION_INDEX)
		medu_config_write(inst, offset, buf, len);
	else
		for (i = 0; i < len; i += sizeof(u32))
			medu_reg_write(inst, offset + i,
				       le32_to_cpu(*(__le32 *)(buf + i)));
	mutex_unlock(&inst->lock);
	return len;
}

static int medu_get_irq_info(struct mdev_device *mdev,
			     struct vfio_irq_info *info)
{
	switch (info->index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE |
			      VFIO_IRQ_INFO_AUTOMASKED;
		info->count = 1;
		break;
	case VFIO_PCI_MSI_IRQ_INDEX:
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
		info->count = 1;
		break;
	}
	return 0;
}

/* INTx is a level: while a condition holds, unmasking brings it again. */
static void medu_set_irqs(struct mdev_device *mdev, u32 flags,
			  unsigned int index, unsigned int start,
			  unsigned int count)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);

	if (index != VFIO_PCI_INTX_IRQ_INDEX ||
	    !(flags & VFIO_IRQ_SET_ACTION_UNMASK))
		return;
	mutex_lock(&inst->lock);
	medu_notify(inst);
	mutex_unlock(&inst->lock);
}

static ssize_t medu_description(struct device *dev,
				const struct mdev_type_desc *type, char *buf)
{
	return sysfs_emit(buf, "registers=BAR0 interrupts=INTx,MSI dma=%s\n",
			  medu_type_has_dma(type) ? "yes" : "no");
}

/* Attributes of an instance, in its folder medu/ */

static ssize_t label_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct medu_instance *inst = mdev_get_drvdata(to_mdev_device(dev));
	ssize_t len;

	mutex_lock(&inst->lock);
	len = sysfs_emit(buf, "%s\n", inst->label);
	mutex_unlock(&inst->lock);
	return len;
}

static ssize_t label_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	struct medu_instance *inst = mdev_get_drvdata(to_mdev_device(dev));
	size_t len = count;

	if (len && buf[len - 1] == '\n')
		len--;
	if (len > MEDU_LABEL_MAX || memchr(buf, '\n', len) ||
	    memchr(buf, '\0', len))
		return -EINVAL;
	mutex_lock(&inst->lock);
	memcpy(inst->label, buf, len);
	inst->label[len] = '\0';
	mutex_unlock(&inst->lock);
	return count;
}
static DEVICE_ATTR_RW(label);

static ssize_t jobs_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct medu_instance *inst = mdev_get_drvdata(to_mdev_device(dev));

	return sysfs_emit(buf, "%d\n", atomic_read(&inst->nr_jobs));
}
static DEVICE_ATTR_RO(jobs);

static struct attribute *medu_instance_attrs[] = {
	&dev_attr_label.attr,
	&dev_attr_jobs.attr,
	NULL
};

static const struct attribute_group medu_instance_group = {
	.name = "medu",
	.attrs = medu_instance_attrs,
};

static const struct attribute_group *medu_instance_groups[] = {
	&medu_instance_group,
	NULL
};

/* Attributes of the physical device */

static ssize_t jobs_total_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct medu *medu = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%d\n", atomic_read(&medu->nr_jobs));
}
static DEVICE_ATTR_RO(jobs_total);

static struct attribute *medu_attrs[] = {
	&dev_attr_jobs_total.attr,
	NULL
};

static const struct attribute_group medu_group = {
	.name = "medu",
	.attrs = medu_attrs,
};

static const struct attribute_group *medu_groups[] = {
	&medu_group,
	NULL
};

static struct parent_ops medu_ops = {
	.owner = THIS_MODULE,
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.num_regions = VFIO_PCI_NUM_REGIONS,
	.num_irqs = VFIO_PCI_NUM_IRQS,
	.supported_types = medu_types,
	.max_instances = 8,
	.dev_attr_groups = medu_groups,
	.mdev_attr_groups = medu_instance_groups,
	.description = medu_description,
	.create = medu_create,
	.destroy = medu_destroy,
	.start = medu_start,
	.stop = medu_stop,
	.open = medu_open,
	.close = medu_close,
	.read = medu_read,
	.write = medu_write,
	.get_region_info = medu_get_region_info,
	.get_irq_info = medu_get_irq_info,
	.set_irqs = medu_set_irqs,
	.reset = medu_reset,
};

module_param_named(instances, medu_ops.max_instances, uint, 0444);
MODULE_PARM_DESC(instances, "instances of one device, of whatever types");

/* The physical device */

static int medu_probe_engine(struct medu *medu)
{
	struct pci_dev *pdev = medu->pdev;
	int rc;

	rc = pcim_enable_device(pdev);
	if (rc)
		return rc;
	rc = pcim_iomap_regions(pdev, BIT(0), KBUILD_MODNAME);
	if (rc)
		return rc;
	medu->mmio = pcim_iomap_table(pdev)[0];
	if ((ioread32(medu->mmio + EDU_ID) & 0xff) != (EDU_ID_VALUE & 0xff))
		return -ENODEV;
	pci_set_master(pdev);
	rc = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(28));
	if (rc)
		return rc;
	medu->bounce = dmam_alloc_coherent(&pdev->dev, PAGE_SIZE,
					   &medu->bounce_dma, GFP_KERNEL);
	return medu->bounce ? 0 : -ENOMEM;
}

static int medu_probe_irq(struct medu *medu)
{
	struct pci_dev *pdev = medu->pdev;
	int rc;

	rc = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (rc < 0)
		return rc;
	rc = request_irq(pci_irq_vector(pdev, 0), medu_interrupt, IRQF_SHARED,
			 pci_name(pdev), medu);
	if (rc)
		pci_free_irq_vectors(pdev);
	return rc;
}

static void medu_remove_irq(struct medu *medu)
{
	free_irq(pci_irq_vector(medu->pdev, 0), medu);
	pci_free_irq_vectors(medu->pdev);
}

static int medu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct medu *medu;
	int rc;

	medu = devm_kzalloc(&pdev->dev, sizeof(*medu), GFP_KERNEL);
	if (!medu)
		return -ENOMEM;
	medu->pdev = pdev;
	init_completion(&medu->done);
	pci_set_drvdata(pdev, medu);

	rc = medu_probe_engine(medu);
	if (rc)
		return rc;
	medu->jobs = alloc_ordered_workqueue("medu-%s", 0, pci_name(pdev));
	if (!medu->jobs)
		return -ENOMEM;
	rc = medu_probe_irq(medu);
	if (rc)
		goto out_jobs;
	/* Last: from here on there can be instances. */
	rc = mdev_register_device(&pdev->dev, &medu_ops);
	if (rc)
		goto out_irq;
	return 0;

out_irq:
	medu_remove_irq(medu);
out_jobs:
	destroy_workqueue(medu->jobs);
	return rc;
}

static void medu_remove(struct pci_dev *pdev)
{
	struct medu *medu = pci_get_drvdata(pdev);

	/* First: when it returns there are no instances, and so no jobs. */
	mdev_unregister_device(&pdev->dev);
	medu_remove_irq(medu);
	destroy_workqueue(medu->jobs);
}

static const struct pci_device_id medu_ids[] = {
	{ PCI_DEVICE(0x1234, 0x11e8) },
	{ }
};
MODULE_DEVICE_TABLE(pci, medu_ids);

static struct pci_driver medu_driver = {
	.name = KBUILD_MODNAME,
	.id_table = medu_ids,
	.probe = medu_probe,
	.remove = medu_remove,
};

static int __init medu_init(void)
{
	medu_config_setup();
	return pci_register_driver(&medu_driver);
}

static void __exit medu_exit(void)
{
	pci_unregister_driver(&medu_driver);
}

module_init(medu_init);
module_exit(medu_exit);

MODULE_DESCRIPTION("Sample parent driver: shares QEMU's edu device");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
MODULE_VERSION("1.0");
/* What gives the instances to user space */
MODULE_SOFTDEP("pre: vfio_mdev");
