// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts of an open instance. The user sets eventfds and masks, by
 * VFIO_DEVICE_SET_IRQS (see include/uapi/linux/vfio.h); the parent driver
 * signals them with mdev_signal().
 *
 * Where the uAPI leaves something open, the answer is that of vfio-pci. An index
 * is enabled when eventfds are set up for it. Until then it cannot be masked,
 * unmasked or triggered by the user. Masks last until the index is disabled,
 * also when eventfds are exchanged meanwhile. A trigger by the user goes to the
 * eventfd at once: it asks for no mask, and leaves none.
 */

#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "vfio_mdev_private.h"

/* By this index the user is asked to let go of the instance. */
static bool vfio_mdev_is_request_irq(struct vfio_mdev *self,
				     unsigned int index)
{
	return self->api->has_request && index == self->api->request_index;
}

/**
 * vfio_mdev_get_irq_info() - describe an interrupt index
 * @self: the instance
 * @info: the index is set, and below &parent_ops.num_irqs; the rest is filled
 *
 * Return: 0 or the parent driver's error.
 */
int vfio_mdev_get_irq_info(struct vfio_mdev *self, struct vfio_irq_info *info)
{
	const struct parent_ops *ops = self->ops;

	info->flags = 0;
	info->count = 0;
	if (vfio_mdev_is_request_irq(self, info->index)) {
		info->flags = self->api->request_flags;
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
 * vfio_mdev_irqs_quiesce() - stop listening to eventfds that unmask
 * @self: the instance, which is still open
 *
 * Waits for those that are being handled: when this returns, none of them calls
 * &parent_ops.set_irqs any more.
 */
void vfio_mdev_irqs_quiesce(struct vfio_mdev *self)
{
	unsigned int i;

	for (i = 0; i < self->ops->num_irqs; i++)
		vfio_mdev_irq_quiesce(&self->irqs[i]);
}

/*
 * vfio_mdev_signal() can look at any time: the parent driver signals as soon as
 * its open is called, and VFIO requests also while the instance is closed.
 */
static void vfio_mdev_irqs_set(struct vfio_mdev *self,
			       struct vfio_mdev_irq *irqs)
{
	spin_lock_irq(&self->irq_lock);
	self->irqs = irqs;
	spin_unlock_irq(&self->irq_lock);
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
 * vfio_mdev_irqs_release() - free what the user has set up
 * @self: the instance; its parent driver has closed it, and does not signal
 */
void vfio_mdev_irqs_release(struct vfio_mdev *self)
{
	struct vfio_mdev_irq *irqs = self->irqs;

	vfio_mdev_irqs_set(self, NULL);
	if (irqs)
		vfio_mdev_irqs_free(irqs, self->ops->num_irqs);
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
 * vfio_mdev_irqs_init() - prepare the interrupts, when an instance is opened
 * @self: the instance; its parent driver has opened it
 *
 * Return: 0, -ENOMEM, or the error of the parent driver's get_irq_info.
 */
int vfio_mdev_irqs_init(struct vfio_mdev *self)
{
	unsigned int nr = self->ops->num_irqs, i;
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
 * A signal to a masked vector is dropped. When the vector is unmasked, set_irqs
 * tells the parent driver, which signals again if its condition still holds.
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
 * vfio_mdev_signal() - the &mdev_driver.signal of this bus driver
 * @mdev: an open instance
 * @index: VFIO interrupt index
 * @vector: number within the index
 *
 * Context: any.
 * Return: 0, or -ENOENT if the user has set up no eventfd for it.
 */
int vfio_mdev_signal(struct mdev_device *mdev, unsigned int index,
		     unsigned int vector)
{
	struct vfio_mdev *self = dev_get_drvdata(&mdev->dev);
	unsigned long flags;
	int rc = -ENOENT;

	spin_lock_irqsave(&self->irq_lock, flags);
	if (self->irqs && index < self->ops->num_irqs &&
	    vector < self->irqs[index].count)
		rc = vfio_mdev_irq_signal(&self->irqs[index], vector);
	spin_unlock_irqrestore(&self->irq_lock, flags);
	return rc;
}

/* Whether the action is for vector i: with DATA_NONE always, else as data says */
static bool vfio_mdev_irq_picks(const struct vfio_irq_set *hdr,
				const void *data, unsigned int i)
{
	return (hdr->flags & VFIO_IRQ_SET_DATA_NONE) || ((const u8 *)data)[i];
}

/* In atomic context; a return value of 1 runs the thread, which may sleep. */
static int vfio_mdev_unmask_handler(void *opaque, void *data)
{
	return 1;
}

static void vfio_mdev_unmask_thread(void *opaque, void *data)
{
	struct vfio_mdev *self = opaque;
	struct vfio_mdev_irq *irq = data;
	const struct parent_ops *ops = self->ops;
	unsigned long flags;

	/* VFIO unmasks vector 0 only: a level interrupt has no other. */
	spin_lock_irqsave(&self->irq_lock, flags);
	irq->vectors[0].masked = false;
	spin_unlock_irqrestore(&self->irq_lock, flags);
	if (ops->set_irqs)
		ops->set_irqs(self->mdev, VFIO_IRQ_SET_ACTION_UNMASK,
			      irq->index, 0, 1);
}

/* From now on a write to the eventfd unmasks vector 0; -1 ends that */
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
	if (!irq->enabled)
		return -EINVAL;
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

/* Exchange the triggers of vectors for those given, which become the old ones */
static void vfio_mdev_irq_swap(struct vfio_mdev *self,
			       struct vfio_mdev_irq *irq,
			       unsigned int start, unsigned int count,
			       struct eventfd_ctx **triggers)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&self->irq_lock, flags);
	for (i = 0; i < count; i++)
		swap(irq->vectors[start + i].trigger, triggers[i]);
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

/*
 * Look up the user's eventfds; -1 stands for none, and so does fds == NULL for
 * all of them. If one is bad, references to the others are dropped again.
 */
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

static int vfio_mdev_irq_enable(struct vfio_mdev *self,
				struct vfio_mdev_irq *irq,
				const struct vfio_irq_set *hdr, const s32 *fds)
{
	int rc;

	rc = vfio_mdev_irq_set_triggers(self, irq, hdr->start, hdr->count, fds);
	if (!rc && hdr->count)
		irq->enabled = true;
	return rc;
}

static int vfio_mdev_irq_disable(struct vfio_mdev *self,
				 struct vfio_mdev_irq *irq)
{
	unsigned long flags;
	unsigned int i;
	int rc;

	vfio_mdev_irq_quiesce(irq);
	rc = vfio_mdev_irq_set_triggers(self, irq, 0, irq->count, NULL);
	if (rc)
		return rc;
	spin_lock_irqsave(&self->irq_lock, flags);
	for (i = 0; i < irq->count; i++)
		irq->vectors[i].masked = false;
	spin_unlock_irqrestore(&self->irq_lock, flags);
	irq->enabled = false;
	return 0;
}

/* What the parent driver would do, as a test of the user's own set-up */
static void vfio_mdev_irq_loop_back(struct vfio_mdev_irq *irq,
				    const struct vfio_irq_set *hdr,
				    const void *data)
{
	struct vfio_mdev_vector *vectors = irq->vectors + hdr->start;
	unsigned int i;

	/* The triggers do not change: that takes irq_mutex, too. */
	for (i = 0; i < hdr->count; i++)
		if (vectors[i].trigger && vfio_mdev_irq_picks(hdr, data, i))
			compat_eventfd_signal(vectors[i].trigger);
}

static int vfio_mdev_irq_trigger(struct vfio_mdev *self,
				 struct vfio_mdev_irq *irq,
				 const struct vfio_irq_set *hdr,
				 const void *data)
{
	if (hdr->flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return vfio_mdev_irq_enable(self, irq, hdr, data);
	if (!irq->enabled)
		return -EINVAL;
	if (!hdr->count && (hdr->flags & VFIO_IRQ_SET_DATA_NONE))
		return vfio_mdev_irq_disable(self, irq);
	vfio_mdev_irq_loop_back(irq, hdr, data);
	return 0;
}

/**
 * vfio_mdev_set_irqs() - carry out VFIO_DEVICE_SET_IRQS
 * @self: the open instance
 * @hdr: checked by vfio_set_irqs_validate_and_prepare()
 * @data: what follows @hdr, as long as @hdr requires
 *
 * Context: irq_mutex held.
 * Return: 0; -EINVAL if @hdr names no action or several, or anything but eventfds
 * for an index that is not enabled; -ENOTTY if the interrupt does not have the
 * action; -EBADF or -EINVAL if a descriptor is not an eventfd; -ENOMEM.
 */
int vfio_mdev_set_irqs(struct vfio_mdev *self, const struct vfio_irq_set *hdr,
		       const void *data)
{
	const struct parent_ops *ops = self->ops;
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
 * vfio_mdev_signal_request() - ask the user by an interrupt to let go
 * @self: the instance, open or not
 *
 * Context: process context.
 * Return: whether the user has set up an eventfd for that.
 */
bool vfio_mdev_signal_request(struct vfio_mdev *self)
{
	return self->api->has_request &&
	       !vfio_mdev_signal(self->mdev, self->api->request_index, 0);
}
