// SPDX-License-Identifier: GPL-2.0-only
/*
 * medu: the callbacks for an instance, and its attributes
 */

#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "medu.h"

static unsigned int max_started;
module_param(max_started, uint, 0644);
MODULE_PARM_DESC(max_started,
		 "instances of one device that can be started at once; 0: all");

static unsigned int dma_instances;
module_param(dma_instances, uint, 0444);
MODULE_PARM_DESC(dma_instances,
		 "instances of one device that can have the DMA engine; 0: all");

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

/* A device that cannot reach the host's memory offers the second alone. */
static const struct mdev_type_desc medu_types[] = {
	{ .name = "dma", .pretty_name = "edu factorial and DMA engines" },
	{ .name = "fact", .pretty_name = "edu factorial engine" },
	{ }
};

static bool medu_type_has_dma(const struct mdev_type_desc *type)
{
	return type == &medu_types[0];
}

static unsigned int medu_max_dma(void)
{
	return dma_instances ?: INT_MAX;
}

/* Counts the DMA engine only; the core counts instances of both types. */
static unsigned int medu_available_instances(struct device *dev,
					     const struct mdev_type_desc *type)
{
	struct medu *medu = dev_get_drvdata(dev);

	if (!medu_type_has_dma(type))
		return UINT_MAX;
	return medu_max_dma() - atomic_read(&medu->nr_dma);
}

static int medu_take_dma(struct medu_instance *inst)
{
	if (!atomic_add_unless(&inst->medu->nr_dma, 1, medu_max_dma()))
		return -EUSERS;
	inst->buffer = kzalloc(EDU_BUFFER_SIZE, GFP_KERNEL);
	if (!inst->buffer) {
		atomic_dec(&inst->medu->nr_dma);
		return -ENOMEM;
	}
	return 0;
}

static void medu_give_dma_back(struct medu_instance *inst)
{
	if (!inst->buffer)
		return;
	kfree(inst->buffer);
	atomic_dec(&inst->medu->nr_dma);
}

/* Called while no job of the instance can run */
static void medu_unload(struct medu_instance *inst)
{
	/* The job of another instance may be loading its own data now. */
	cmpxchg(&inst->medu->loaded, inst, NULL);
}

/*
 * After an open or a reset the instance is as a new one, with nothing left from
 * a previous user. Called while no job of the instance can run.
 */
static void medu_set_defaults(struct medu_instance *inst)
{
	mutex_lock(&inst->lock);
	medu_config_reset(inst);
	medu_regs_reset(inst);
	clear_page(page_address(inst->page));
	mutex_unlock(&inst->lock);
	if (inst->buffer)
		memset(inst->buffer, 0, EDU_BUFFER_SIZE);
	medu_unload(inst);
}

static void medu_reset_job(struct work_struct *work)
{
	struct medu_instance *inst =
		container_of(work, struct medu_instance, reset_job);

	medu_unpin_range(inst, 0, U64_MAX);
	medu_set_defaults(inst);
	/* Memory space is disabled now, and the user may have BAR 2 mapped. */
	mdev_revoke(inst->mdev);
}

static int medu_create(struct mdev_device *mdev, const char *params)
{
	struct medu_instance *inst;
	int rc;

	inst = kzalloc(sizeof(*inst), GFP_KERNEL);
	if (!inst)
		return -ENOMEM;
	inst->mdev = mdev;
	inst->medu = dev_get_drvdata(mdev->parent->dev);
	rc = medu_parse_params(inst, params);
	if (!rc && medu_type_has_dma(mdev_type_desc(mdev)))
		rc = medu_take_dma(inst);
	if (rc)
		goto out_free;
	mutex_init(&inst->lock);
	mutex_init(&inst->pin_lock);
	medu_jobs_init(inst);
	INIT_WORK(&inst->reset_job, medu_reset_job);
	mdev_set_drvdata(mdev, inst);
	return 0;

out_free:
	kfree(inst);
	return rc;
}

static void medu_destroy(struct mdev_device *mdev)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);

	medu_unload(inst);
	mutex_destroy(&inst->pin_lock);
	mutex_destroy(&inst->lock);
	medu_give_dma_back(inst);
	kfree(inst);
}

/* A real driver would give the machine its share of the hardware here. */
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

static int medu_open(struct mdev_device *mdev)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);
	struct medu *medu = inst->medu;

	inst->page = alloc_page(GFP_KERNEL_ACCOUNT);
	if (!inst->page)
		return -ENOMEM;
	medu_set_defaults(inst);

	mutex_lock(&medu->open_lock);
	list_add(&inst->open_node, &medu->open);
	mutex_unlock(&medu->open_lock);
	return 0;
}

static void medu_close(struct mdev_device *mdev)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);
	struct medu *medu = inst->medu;

	/*
	 * When this returns, nothing may use the core's services any more: no
	 * job may signal, no page of the guest may be pinned, and
	 * medu_surprise() may not revoke.
	 */
	medu_jobs_cancel(inst);
	medu_unpin_range(inst, 0, U64_MAX);
	mutex_lock(&medu->open_lock);
	list_del(&inst->open_node);
	mutex_unlock(&medu->open_lock);
	__free_page(inst->page);
	inst->page = NULL;
}

/*
 * Another thread may start jobs meanwhile, so the reset is done by a job
 * itself, on the same workqueue.
 */
static int medu_reset(struct mdev_device *mdev)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);

	medu_jobs_cancel(inst);
	queue_work(inst->medu->jobs, &inst->reset_job);
	flush_work(&inst->reset_job);
	return 0;
}

/* The user waits, with locks of VFIO held: this waits for one copy at most. */
static void medu_dma_unmap(struct mdev_device *mdev, u64 iova, u64 length)
{
	medu_unpin_range(mdev_get_drvdata(mdev), iova, length);
}

/* The bus driver has asked by VFIO's interrupt. This device knows no other way. */
static void medu_request(struct mdev_device *mdev, unsigned int count)
{
	dev_dbg(&mdev->dev, "request %u to let go of it\n", count);
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

/*
 * INTx is a level interrupt. If a condition holds while the user unmasks it, or
 * sets up an eventfd for it, it is signalled then.
 */
static void medu_set_irqs(struct mdev_device *mdev, u32 flags,
			  unsigned int index, unsigned int start,
			  unsigned int count)
{
	struct medu_instance *inst = mdev_get_drvdata(mdev);
	bool unmask = flags & VFIO_IRQ_SET_ACTION_UNMASK;
	bool listen = (flags & VFIO_IRQ_SET_ACTION_TRIGGER) &&
		      (flags & VFIO_IRQ_SET_DATA_EVENTFD);

	if (index != VFIO_PCI_INTX_IRQ_INDEX || (!unmask && !listen))
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
	.available_instances = medu_available_instances,
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
	.validate_map_request = medu_validate_map_request,
	.dma_unmap = medu_dma_unmap,
	.request = medu_request,
};

/**
 * medu_register() - register the device as a parent
 * @medu: the device, whose engines are ready
 *
 * User space can make instances before this returns.
 *
 * Context: process context.
 * Return: 0, or what mdev_register_device() returns.
 */
int medu_register(struct medu *medu)
{
	medu->ops = medu_ops;
	if (!medu->bounce)
		medu->ops.supported_types = &medu_types[1];
	return mdev_register_device(&medu->pdev->dev, &medu->ops);
}

module_param_named(instances, medu_ops.max_instances, uint, 0444);
MODULE_PARM_DESC(instances, "instances of one device, of both types together");
