// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances: identity, creation, removal, use, lifetime. Locking: see mdev_core.c.
 */

#include <linux/module.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "mdev_private.h"

static struct rhashtable mdev_ids;

static const struct rhashtable_params mdev_ids_params = {
	.key_len = sizeof(struct mdev_id),
	.key_offset = offsetof(struct mdev_device, id),
	.head_offset = offsetof(struct mdev_device, id_node),
	.automatic_shrinking = true,
};

/**
 * mdev_device_reserve() - take identity, place and machine, so that nobody
 * else can
 * @mdev: the instance, not live
 *
 * Return: 0, -EEXIST where the identity is taken, -EUSERS where the parent has
 * no instance left, -ENOMEM.
 */
static int mdev_device_reserve(struct mdev_device *mdev)
{
	struct parent_device *parent = mdev->parent;
	unsigned int max = parent->ops->max_instances;
	int rc;

	mutex_lock(&mdev_lock);
	rc = rhashtable_lookup_insert_fast(&mdev_ids, &mdev->id_node,
					   mdev_ids_params);
	if (rc) {
		/* Whatever else the table says, it is short of memory. */
		rc = rc == -EEXIST ? rc : -ENOMEM;
		goto out_unlock;
	}
	if (max && parent->nr_devices >= max) {
		rc = -EUSERS;
		goto out_remove;
	}
	rc = mdev_machine_join(mdev);
	if (rc)
		goto out_remove;

	list_add_tail(&mdev->parent_node, &parent->devices);
	WRITE_ONCE(parent->nr_devices, parent->nr_devices + 1);
	mutex_unlock(&mdev_lock);
	return 0;

out_remove:
	rhashtable_remove_fast(&mdev_ids, &mdev->id_node, mdev_ids_params);
out_unlock:
	mutex_unlock(&mdev_lock);
	return rc;
}

/**
 * mdev_device_unreserve() - undo mdev_device_reserve()
 * @mdev: the instance, not live
 */
static void mdev_device_unreserve(struct mdev_device *mdev)
{
	struct parent_device *parent = mdev->parent;

	mutex_lock(&mdev_lock);
	list_del(&mdev->parent_node);
	mdev_machine_leave(mdev);
	rhashtable_remove_fast(&mdev_ids, &mdev->id_node, mdev_ids_params);
	WRITE_ONCE(parent->nr_devices, parent->nr_devices - 1);
	if (!parent->nr_devices)
		/* Pairs with the wait in mdev_unregister_device() */
		wake_up(&parent->devices_gone);
	mutex_unlock(&mdev_lock);
}

/**
 * mdev_device_find() - look an instance up by its identity
 * @parent: whose it must be
 * @id: the identity
 *
 * Return: the instance with a reference for the caller to put, or NULL.
 */
struct mdev_device *mdev_device_find(struct parent_device *parent,
				     const struct mdev_id *id)
{
	struct mdev_device *mdev;

	mutex_lock(&mdev_lock);
	mdev = rhashtable_lookup_fast(&mdev_ids, id, mdev_ids_params);
	if (mdev && mdev->live && mdev->parent == parent)
		mdev_get_device(mdev);
	else
		mdev = NULL;
	mutex_unlock(&mdev_lock);
	return mdev;
}

static ssize_t remove_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct mdev_device *mdev = to_mdev_device(dev);
	struct kernfs_node *kn;
	unsigned long val;
	int rc;

	/*
	 * A NUL would end the number, but not what was written; and sysfs cuts
	 * a longer write to a page: what is missing is not known.
	 */
	if (count >= PAGE_SIZE || strlen(buf) != count ||
	    kstrtoul(buf, 0, &val))
		return -EINVAL;
	if (!val)
		return count;

	/* Removal takes this file away, which would wait for this write. */
	kn = sysfs_break_active_protection(&dev->kobj, &attr->attr);
	if (!kn)
		return -ENODEV;
	rc = mdev_device_destroy(mdev);
	sysfs_unbreak_active_protection(kn);
	return rc ?: count;
}
static DEVICE_ATTR_WO(remove);

static ssize_t uuid_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%pUl\n", &to_mdev_device(dev)->id.uuid);
}
static DEVICE_ATTR_RO(uuid);

static ssize_t instance_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", to_mdev_device(dev)->id.instance);
}
static DEVICE_ATTR_RO(instance);

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	bool started = READ_ONCE(to_mdev_device(dev)->started);

	return sysfs_emit(buf, "%s\n", started ? "started" : "stopped");
}
static DEVICE_ATTR_RO(state);

static struct attribute *mdev_device_attrs[] = {
	&dev_attr_remove.attr,
	&dev_attr_uuid.attr,
	&dev_attr_instance.attr,
	&dev_attr_state.attr,
	NULL
};
ATTRIBUTE_GROUPS(mdev_device);

static const struct device_type mdev_device_type = {
	.groups = mdev_device_groups,
};

/**
 * mdev_device_add_links() - tie an instance to its type
 * @mdev: the instance, added
 *
 * Return: 0 or -ENOMEM.
 */
static int mdev_device_add_links(struct mdev_device *mdev)
{
	int rc;

	rc = sysfs_create_link(mdev->type->devices_kobj, &mdev->dev.kobj,
			       dev_name(&mdev->dev));
	if (rc)
		return rc;
	rc = sysfs_create_link(&mdev->dev.kobj, &mdev->type->kobj, "mdev_type");
	if (rc)
		sysfs_remove_link(mdev->type->devices_kobj,
				  dev_name(&mdev->dev));
	return rc;
}

/**
 * mdev_device_remove_links() - undo mdev_device_add_links()
 * @mdev: the instance
 */
static void mdev_device_remove_links(struct mdev_device *mdev)
{
	sysfs_remove_link(&mdev->dev.kobj, "mdev_type");
	sysfs_remove_link(mdev->type->devices_kobj, dev_name(&mdev->dev));
}

static void mdev_device_release(struct device *dev)
{
	struct mdev_device *mdev = to_mdev_device(dev);
	struct mdev_type *type = mdev->type;

	mutex_destroy(&mdev->op_lock);
	kfree(mdev);
	/* Last, since mdev_exit() waits for it; taken in mdev_device_alloc() */
	kobject_put(&type->kobj);
}

/* Returns an instance without a name that only put_device() frees, or NULL */
static struct mdev_device *mdev_device_alloc(struct mdev_type *type,
					     const struct mdev_id *id)
{
	struct parent_device *parent = type->parent;
	struct mdev_device *mdev;

	mdev = kzalloc(sizeof(*mdev), GFP_KERNEL);
	if (!mdev)
		return NULL;

	mutex_init(&mdev->op_lock);
	mdev->id = *id;
	mdev->parent = parent;
	/* Put in mdev_device_release() */
	kobject_get(&type->kobj);
	mdev->type = type;

	device_initialize(&mdev->dev);
	mdev->dev.parent = parent->dev;
	mdev->dev.bus = &mdev_bus_type;
	mdev->dev.type = &mdev_device_type;
	mdev->dev.groups = parent->ops->mdev_attr_groups;
	mdev->dev.release = mdev_device_release;
	/* There is no power to manage: this spares the power/ folder. */
	device_set_pm_not_required(&mdev->dev);
	return mdev;
}

static int mdev_device_set_name(struct mdev_device *mdev, bool numbered)
{
	if (numbered)
		return dev_set_name(&mdev->dev, "%pUl-%u", &mdev->id.uuid,
				    mdev->id.instance);
	return dev_set_name(&mdev->dev, "%pUl", &mdev->id.uuid);
}

static void mdev_device_set_live(struct mdev_device *mdev, bool live)
{
	lockdep_assert_held(&mdev->op_lock);

	mutex_lock(&mdev_lock);
	mdev->live = live;
	mutex_unlock(&mdev_lock);
}

/*
 * Make sure that the instance has a bus driver. device_add() looked for one and
 * does not say what came of it. A probe that failed has left its error.
 * Otherwise the driver core is asked again, and now answers: it may have been
 * short of memory before it came to a probe, or probe in the background, or
 * only when it is told to.
 */
static int mdev_device_bind(struct mdev_device *mdev)
{
	int rc = 0;

	if (!READ_ONCE(mdev->probe_error))
		rc = device_attach(&mdev->dev);
	if (rc > 0)
		return 0;
	if (!rc)
		rc = READ_ONCE(mdev->probe_error) ?: -ENXIO;
	/* Nothing is put off here: user space has to try again. */
	return rc == -EPROBE_DEFER ? -EAGAIN : rc;
}

/*
 * Show a complete instance. It is announced while op_lock is held, so that a
 * listener that removes it at once waits until it is live. It is announced as
 * bound: there is no bind event behind the add for udev to go through.
 */
static int mdev_device_publish(struct mdev_device *mdev)
{
	int rc;

	mutex_lock(&mdev->op_lock);
	rc = mdev_device_add_links(mdev);
	if (!rc) {
		dev_set_uevent_suppress(&mdev->dev, false);
		kobject_uevent(&mdev->dev.kobj, KOBJ_ADD);
		mdev_device_set_live(mdev, true);
	}
	mutex_unlock(&mdev->op_lock);
	return rc;
}

/* Add the device, find it a bus driver, and publish it */
static int mdev_device_add(struct mdev_device *mdev)
{
	int rc;

	/* The driver core would announce it before it is complete. */
	dev_set_uevent_suppress(&mdev->dev, true);
	rc = device_add(&mdev->dev);
	if (rc)
		return rc;

	rc = mdev_device_bind(mdev);
	if (rc)
		goto out_del;
	rc = mdev_device_publish(mdev);
	if (rc)
		goto out_del;
	return 0;

out_del:
	device_del(&mdev->dev);
	return rc;
}

static int mdev_device_call_create(struct mdev_device *mdev,
				   const char *params)
{
	int rc;

	mdev_parent_lock_ops(mdev->parent);
	rc = mdev->parent->ops->create(mdev, params);
	mdev_parent_unlock_ops(mdev->parent);
	return rc;
}

static void mdev_device_call_destroy(struct mdev_device *mdev)
{
	mdev_parent_lock_ops(mdev->parent);
	mdev->parent->ops->destroy(mdev);
	mdev_parent_unlock_ops(mdev->parent);
}

/**
 * mdev_device_create() - make an instance
 * @type: of a registered parent, which stays registered over the call
 * @req: what to make
 *
 * Context: process context, no lock of the core held.
 * Return: 0, -EEXIST where the identity is taken, -EUSERS where the parent has
 * no instance left, -ENXIO where no bus driver took it, -EAGAIN where one puts
 * it off, -ENOMEM, or the error of the parent driver's create or the bus
 * driver's probe.
 */
int mdev_device_create(struct mdev_type *type, const struct mdev_request *req)
{
	struct mdev_device *mdev;
	int rc;

	mdev = mdev_device_alloc(type, &req->id);
	if (!mdev)
		return -ENOMEM;

	rc = mdev_device_reserve(mdev);
	if (rc)
		goto out_put;
	/* Only now: to be told that the identity is taken needs no name. */
	rc = mdev_device_set_name(mdev, req->numbered);
	if (rc)
		goto out_unreserve;
	rc = mdev_device_call_create(mdev, req->params);
	if (rc)
		goto out_unreserve;
	rc = mdev_device_add(mdev);
	if (rc)
		goto out_destroy;
	return 0;

out_destroy:
	mdev_device_call_destroy(mdev);
out_unreserve:
	mdev_device_unreserve(mdev);
out_put:
	put_device(&mdev->dev);
	return rc;
}

static bool mdev_device_in_use(struct mdev_device *mdev)
{
	lockdep_assert_held(&mdev->op_lock);

	if (mdev->open || mdev->drv_changing)
		return true;
	return mdev->drv && mdev->drv->in_use && mdev->drv->in_use(mdev);
}

/* Returns 0 to exactly one caller, who then has to remove the instance */
static int mdev_device_claim(struct mdev_device *mdev, bool wait)
{
	int rc = 0;

	mutex_lock(&mdev->op_lock);
	if (!mdev->live)
		rc = -ENODEV;
	else if (!wait && mdev_device_in_use(mdev))
		rc = -EBUSY;
	else
		mdev_device_set_live(mdev, false);
	mutex_unlock(&mdev->op_lock);
	return rc;
}

/*
 * Take the bus driver away, for good. Waits for user space where the bus driver
 * does, which an instance that was claimed while closed never makes it do. The
 * remove event says it all: there is no unbind event before it.
 */
static void mdev_device_unbind(struct mdev_device *mdev)
{
	struct device *dev = &mdev->dev;

	device_lock(dev);
	kill_device(dev);
	device_unlock(dev);
	dev_set_uevent_suppress(dev, true);
	device_release_driver(dev);
	dev_set_uevent_suppress(dev, false);
}

/* Remove a claimed instance. It is to be seen for as long as it has a user. */
static void mdev_device_remove(struct mdev_device *mdev)
{
	mdev_device_unbind(mdev);
	mdev_device_remove_links(mdev);
	device_del(&mdev->dev);
	mdev_machine_stop_removed(mdev);
	mdev_device_call_destroy(mdev);
	mdev_device_unreserve(mdev);
	/* Pairs with device_initialize() in mdev_device_alloc() */
	put_device(&mdev->dev);
}

/**
 * mdev_device_destroy() - remove an instance that nobody uses
 * @mdev: the instance; the caller holds a reference
 *
 * Context: process context, no lock of the core held. Does not wait for user
 * space.
 * Return: 0, -EBUSY where it is open or a bus driver is coming or going,
 * -ENODEV where it is being removed already or not complete yet.
 */
int mdev_device_destroy(struct mdev_device *mdev)
{
	int rc = mdev_device_claim(mdev, false);

	if (!rc)
		mdev_device_remove(mdev);
	return rc;
}

/**
 * mdev_device_evict() - remove an instance, waiting for its user
 * @mdev: the instance; the caller holds a reference
 *
 * Context: process context, no lock of the core held. Does nothing where
 * somebody else is removing the instance.
 */
void mdev_device_evict(struct mdev_device *mdev)
{
	if (!mdev_device_claim(mdev, true))
		mdev_device_remove(mdev);
}

static int mdev_device_do_open(struct mdev_device *mdev)
{
	const struct parent_ops *ops = mdev->parent->ops;
	int rc = 0;

	if (!mdev->live)
		return -ENODEV;
	if (WARN_ON(mdev->open))
		return -EBUSY;
	/* Put in mdev_close_device() */
	if (!try_module_get(ops->owner))
		return -ENODEV;
	if (ops->open)
		rc = ops->open(mdev);
	if (rc)
		module_put(ops->owner);
	else
		WRITE_ONCE(mdev->open, true);
	return rc;
}

/**
 * mdev_open_device() - tell the core and the parent driver of a first user
 * @mdev: the instance, bound to the calling bus driver
 *
 * An open instance is not removed, but for its parent's sake, and its parent's
 * module stays.
 *
 * Context: process context.
 * Return: 0, -ENODEV where the instance or its parent is going away, or the
 * error of the driver's open.
 */
int mdev_open_device(struct mdev_device *mdev)
{
	int rc;

	mutex_lock(&mdev->op_lock);
	rc = mdev_device_do_open(mdev);
	mutex_unlock(&mdev->op_lock);
	return rc;
}
EXPORT_SYMBOL_GPL(mdev_open_device);

/**
 * mdev_close_device() - the last user is gone
 * @mdev: an instance that mdev_open_device() succeeded for
 *
 * Context: process context.
 */
void mdev_close_device(struct mdev_device *mdev)
{
	const struct parent_ops *ops = mdev->parent->ops;

	mutex_lock(&mdev->op_lock);
	if (ops->close)
		ops->close(mdev);
	WRITE_ONCE(mdev->open, false);
	mutex_unlock(&mdev->op_lock);
	/* Pairs with the get in mdev_device_do_open() */
	module_put(ops->owner);
}
EXPORT_SYMBOL_GPL(mdev_close_device);

/**
 * mdev_type_desc() - what the parent driver said of an instance's type
 * @mdev: the instance
 *
 * Context: any, from create to destroy of the instance. A reference to it does
 * not keep what its parent driver has in memory.
 *
 * Return: the entry of &parent_ops.supported_types.
 */
const struct mdev_type_desc *mdev_type_desc(struct mdev_device *mdev)
{
	return mdev->type->desc;
}
EXPORT_SYMBOL_GPL(mdev_type_desc);

int __init mdev_devices_init(void)
{
	return rhashtable_init(&mdev_ids, &mdev_ids_params);
}

void mdev_devices_exit(void)
{
	rhashtable_destroy(&mdev_ids);
}
