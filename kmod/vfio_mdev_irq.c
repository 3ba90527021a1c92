// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of an open instance: eventfds and masks, set by the user, signalled
 * by the parent driver. The protocol is that of VFIO_DEVICE_SET_IRQS in
 * include/uapi/linux/vfio.h.
 */

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "vfio_mdev_private.h"

/* The index by which a PCI device's user is asked to let go is VFIO's own. */
static bool vfio_mdev_is_request_irq(struct vfio_mdev *self,
				     unsigned int index)
{
	return index == VFIO_PCI_REQ_IRQ_INDEX &&
	       !strcmp(self->mdev->parent->ops->device_api,
		       VFIO_DEVICE_API_PCI_STRING);
}

/**
 * vfio_mdev_get_irq_info() - describe an interrupt index
 * @self: the instance
 * @info: index set, below the number of indices; the rest is filled
 *
 * Return: 0 or the parent driver's error.
 */
int vfio_mdev_get_irq_info(struct vfio_mdev *self, struct vfio_irq_info *info)
{
	const struct parent_ops *ops = self->mdev->parent->ops;

	info->flags = 0;
	info->count = 0;
	if (vfio_mdev_is_request_irq(self, info->index)) {
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
		info->count = 1;
		return 0;
	}
	return ops->get_irq_info ? ops->get_irq_info(self->mdev, info) : 0;
}

static void vfio_mdev_irq_quiesce(struct vfio_mdev_irq *irq)
{
	u32 i;

	for (i = 0; i < irq->count; i++)
		vfio_virqfd_disable(&irq->vectors[i].unmask);
}

/**
 * vfio_mdev_irqs_quiesce() - no unmask comes from an eventfd any more
 * @self: the instance, open still
 */
void vfio_mdev_irqs_quiesce(struct vfio_mdev *self)
{
	unsigned int i;

	for (i = 0; i < self->mdev->parent->ops->num_irqs; i++)
		vfio_mdev_irq_quiesce(&self->irqs[i]);
}

/*
 * VFIO can ask the user to let go while he comes or goes, and the parent driver
 * signal from the moment that it is asked to open the instance.
 */
static void vfio_mdev_irqs_set(struct vfio_mdev *self,
			       struct vfio_mdev_irq *irqs)
{
	mutex_lock(&self->irq_mutex);
	spin_lock_irq(&self->irq_lock);
	self->irqs = irqs;
	spin_unlock_irq(&self->irq_lock);
	mutex_unlock(&self->irq_mutex);
}

static void vfio_mdev_irqs_free(struct vfio_mdev_irq *irqs, unsigned int nr)
{
	unsigned int i, v;

	for (i = 0; i < nr; i++) {
		for (v = 0; v < irqs[i].count; v++)
			if (irqs[i].vectors[v].trigger)
				eventfd_ctx_put(irqs[i].vectors[v].trigger);
		kvfree(irqs[i].vectors);
	}
	kfree(irqs);
}

/**
 * vfio_mdev_irqs_release() - forget what the user has set up
 * @self: the instance, which its parent driver does not signal any more
 */
void vfio_mdev_irqs_release(struct vfio_mdev *self)
{
	struct vfio_mdev_irq *irqs = self->irqs;

	vfio_mdev_irqs_set(self, NULL);
	if (irqs)
		vfio_mdev_irqs_free(irqs, self->mdev->parent->ops->num_irqs);
}

static int vfio_mdev_irq_init(struct vfio_mdev *self,
			      struct vfio_mdev_irq *irq, unsigned int index)
{
	struct vfio_irq_info info = { .index = index };
	int rc;

	rc = vfio_mdev_get_irq_info(self, &info);
	if (rc || !info.count)
		return rc;
	irq->vectors = kvcalloc(info.count, sizeof(*irq->vectors),
				GFP_KERNEL_ACCOUNT);
	if (!irq->vectors)
		return -ENOMEM;
	irq->flags = info.flags;
	irq->count = info.count;
	irq->index = index;
	return 0;
}

/**
 * vfio_mdev_irqs_init() - prepare the interrupts of an instance being opened
 * @self: the instance, which its parent driver has opened
 *
 * Return: 0, -ENOMEM, or the error of the parent driver's get_irq_info.
 */
int vfio_mdev_irqs_init(struct vfio_mdev *self)
{
	unsigned int nr = self->mdev->parent->ops->num_irqs, i;
	struct vfio_mdev_irq *irqs;
	int rc;

	if (!nr)
		return 0;
	irqs = kcalloc(nr, sizeof(*irqs), GFP_KERNEL_ACCOUNT);
	if (!irqs)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		rc = vfio_mdev_irq_init(self, &irqs[i], i);
		if (rc) {
			vfio_mdev_irqs_free(irqs, i);
			return rc;
		}
	}
	vfio_mdev_irqs_set(self, irqs);
	return 0;
}

/*
 * A masked vector swallows the signal. The parent driver repeats it when it
 * hears of the unmask, if its condition holds still.
 */
static int vfio_mdev_irq_signal(struct vfio_mdev_irq *irq, unsigned int vector)
{
	struct vfio_mdev_vector *v = &irq->vectors[vector];

	if (!v->trigger)
		return -ENOENT;
	if (!v->masked) {
		compat_eventfd_signal(v->trigger);
		v->masked = irq->flags & VFIO_IRQ_INFO_AUTOMASKED;
	}
	return 0;
}

/**
 * vfio_mdev_signal() - the mdev_driver.signal of this bus driver
 * @mdev: an open instance
 * @index: interrupt index
 * @vector: vector of it
 *
 * Context: any.
 * Return: 0, -ENOENT where no eventfd is set up there.
 */
int vfio_mdev_signal(struct mdev_device *mdev, unsigned int index,
		     unsigned int vector)
{
	struct vfio_mdev *self = dev_get_drvdata(&mdev->dev);
	unsigned long flags;
	int rc = -ENOENT;

	spin_lock_irqsave(&self->irq_lock, flags);
	if (self->irqs && index < mdev->parent->ops->num_irqs &&
	    vector < self->irqs[index].count)
		rc = vfio_mdev_irq_signal(&self->irqs[index], vector);
	spin_unlock_irqrestore(&self->irq_lock, flags);
	return rc;
}

/* Whether the user's bool, or the absence of data, means vector number i */
static bool vfio_mdev_irq_picks(const struct vfio_irq_set *hdr,
				const void *data, unsigned int i)
{
	return (hdr->flags & VFIO_IRQ_SET_DATA_NONE) || ((const u8 *)data)[i];
}

/* In the context of whoever signals the eventfd; the rest may sleep */
static int vfio_mdev_unmask_handler(void *opaque, void *data)
{
	return 1;
}

static void vfio_mdev_unmask_thread(void *opaque, void *data)
{
	struct vfio_mdev *self = opaque;
	struct vfio_mdev_irq *irq = data;
	const struct parent_ops *ops = self->mdev->parent->ops;
	unsigned long flags;

	/* Level interrupts have one vector: the protocol knows no other. */
	spin_lock_irqsave(&self->irq_lock, flags);
	irq->vectors[0].masked = false;
	spin_unlock_irqrestore(&self->irq_lock, flags);
	if (ops->set_irqs)
		ops->set_irqs(self->mdev, VFIO_IRQ_SET_ACTION_UNMASK,
			      irq->index, 0, 1);
}

/* The user writes to an eventfd, and vector 0 is unmasked; -1 ends that */
static int vfio_mdev_irq_set_unmask_fd(struct vfio_mdev *self,
				       struct vfio_mdev_irq *irq,
				       const struct vfio_irq_set *hdr,
				       const s32 *fds)
{
	struct virqfd **unmask = &irq->vectors[0].unmask;

	if (hdr->start || hdr->count != 1)
		return -EINVAL;
	vfio_virqfd_disable(unmask);
	if (fds[0] == -1)
		return 0;
	return vfio_virqfd_enable(self, vfio_mdev_unmask_handler,
				  vfio_mdev_unmask_thread, irq, unmask,
				  fds[0]);
}

static int vfio_mdev_irq_set_mask(struct vfio_mdev *self,
				  struct vfio_mdev_irq *irq,
				  const struct vfio_irq_set *hdr,
				  const void *data, bool masked)
{
	unsigned long flags;
	unsigned int i;

	if (!(irq->flags & VFIO_IRQ_INFO_MASKABLE))
		return -ENOTTY;
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return masked ? -ENOTTY :
		       vfio_mdev_irq_set_unmask_fd(self, irq, hdr, data);

	spin_lock_irqsave(&self->irq_lock, flags);
	for (i = 0; i < hdr->count; i++)
		if (vfio_mdev_irq_picks(hdr, data, i))
			irq->vectors[hdr->start + i].masked = masked;
	spin_unlock_irqrestore(&self->irq_lock, flags);
	return 0;
}

/* Put new triggers in place; triggers then holds the old ones */
static void vfio_mdev_irq_swap(struct vfio_mdev *self,
			       struct vfio_mdev_irq *irq,
			       unsigned int start, unsigned int count,
			       struct eventfd_ctx **triggers)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&self->irq_lock, flags);
	for (i = 0; i < count; i++) {
		swap(irq->vectors[start + i].trigger, triggers[i]);
		irq->vectors[start + i].masked = false;
	}
	spin_unlock_irqrestore(&self->irq_lock, flags);
}

static void vfio_mdev_triggers_free(struct eventfd_ctx **triggers,
				    unsigned int count)
{
	while (count--)
		if (triggers[count])
			eventfd_ctx_put(triggers[count]);
	kvfree(triggers);
}

/* Look the user's eventfds up; -1 is none. All are good, or none is taken. */
static struct eventfd_ctx **vfio_mdev_triggers_get(const s32 *fds,
						   unsigned int count)
{
	struct eventfd_ctx **triggers, *trigger;
	unsigned int i;

	triggers = kvcalloc(count, sizeof(*triggers), GFP_KERNEL_ACCOUNT);
	if (!triggers)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < count; i++) {
		if (fds && fds[i] != -1) {
			trigger = eventfd_ctx_fdget(fds[i]);
			if (IS_ERR(trigger)) {
				vfio_mdev_triggers_free(triggers, i);
				return ERR_CAST(trigger);
			}
			triggers[i] = trigger;
		}
	}
	return triggers;
}

/* fds is NULL to take all away */
static int vfio_mdev_irq_set_triggers(struct vfio_mdev *self,
				      struct vfio_mdev_irq *irq,
				      unsigned int start, unsigned int count,
				      const s32 *fds)
{
	struct eventfd_ctx **triggers;

	triggers = vfio_mdev_triggers_get(fds, count);
	if (IS_ERR(triggers))
		return PTR_ERR(triggers);
	vfio_mdev_irq_swap(self, irq, start, count, triggers);
	vfio_mdev_triggers_free(triggers, count);
	return 0;
}

static int vfio_mdev_irq_trigger(struct vfio_mdev *self,
				 struct vfio_mdev_irq *irq,
				 const struct vfio_irq_set *hdr,
				 const void *data)
{
	unsigned int i;

	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return vfio_mdev_irq_set_triggers(self, irq, hdr->start,
						  hdr->count, data);
	if (!hdr->count && (hdr->flags & VFIO_IRQ_SET_DATA_NONE)) {
		vfio_mdev_irq_quiesce(irq);
		return vfio_mdev_irq_set_triggers(self, irq, 0, irq->count,
						  NULL);
	}
	for (i = 0; i < hdr->count; i++)
		if (vfio_mdev_irq_picks(hdr, data, i))
			vfio_mdev_signal(self->mdev, irq->index,
					 hdr->start + i);
	return 0;
}

/**
 * vfio_mdev_set_irqs() - carry out VFIO_DEVICE_SET_IRQS
 * @self: the open instance
 * @hdr: checked by vfio_set_irqs_validate_and_prepare()
 * @data: what follows it, of the size that @hdr calls for
 *
 * Context: irq_mutex held.
 * Return: 0, -EINVAL where @hdr asks for no action or several, -ENOTTY where
 * the interrupt can not do it, -EBADF or -EINVAL where an eventfd is none,
 * -ENOMEM.
 */
int vfio_mdev_set_irqs(struct vfio_mdev *self, const struct vfio_irq_set *hdr,
		       const void *data)
{
	const struct parent_ops *ops = self->mdev->parent->ops;
	struct vfio_mdev_irq *irq = &self->irqs[hdr->index];
	int rc;

	lockdep_assert_held(&self->irq_mutex);

	switch (hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) {
	case VFIO_IRQ_SET_ACTION_MASK:
		rc = vfio_mdev_irq_set_mask(self, irq, hdr, data, true);
		break;
	case VFIO_IRQ_SET_ACTION_UNMASK:
		rc = vfio_mdev_irq_set_mask(self, irq, hdr, data, false);
		break;
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		rc = vfio_mdev_irq_trigger(self, irq, hdr, data);
		break;
	default:
		rc = -EINVAL;
	}
	if (!rc && ops->set_irqs && !vfio_mdev_is_request_irq(self, hdr->index))
		ops->set_irqs(self->mdev, hdr->flags, hdr->index, hdr->start,
			      hdr->count);
	return rc;
}

/**
 * vfio_mdev_request_release() - ask the user of a PCI device to let go
 * @self: the instance, open or not
 *
 * Context: process context. Does nothing where the user has not offered to
 * listen.
 */
void vfio_mdev_request_release(struct vfio_mdev *self)
{
	mutex_lock(&self->irq_mutex);
	if (vfio_mdev_is_request_irq(self, VFIO_PCI_REQ_IRQ_INDEX))
		vfio_mdev_signal(self->mdev, VFIO_PCI_REQ_IRQ_INDEX, 0);
	mutex_unlock(&self->irq_mutex);
}
