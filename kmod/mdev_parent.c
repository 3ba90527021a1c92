// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents: registration, and the end of it
 */

#include <linux/device/class.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/wait_bit.h>

#include "compat.h"
#include "mdev_private.h"

static struct class_compat *mdev_bus_class;

static LIST_HEAD(mdev_parents);

/* Parents that have not been released; mdev_parents_exit() waits for none. */
static atomic_t mdev_nr_parents = ATOMIC_INIT(0);

static void mdev_parent_release(struct kref *ref)
{
	struct parent_device *parent =
		container_of(ref, struct parent_device, ref);

	mutex_destroy(&parent->ops_lock);
	/* Pairs with the get in mdev_parent_alloc() */
	put_device(parent->dev);
	kfree(parent);
	if (atomic_dec_and_test(&mdev_nr_parents))
		wake_up_var(&mdev_nr_parents);
}

/**
 * mdev_parent_get() - take a reference
 * @parent: a parent that the caller has some hold of
 */
void mdev_parent_get(struct parent_device *parent)
{
	kref_get(&parent->ref);
}

/**
 * mdev_parent_put() - give a reference back
 * @parent: the parent
 */
void mdev_parent_put(struct parent_device *parent)
{
	kref_put(&parent->ref, mdev_parent_release);
}

/* Returns the name of the first thing that is wrong with a table, or NULL */
static const char *mdev_ops_flaw(const struct parent_ops *ops)
{
	const struct mdev_type_desc *type = ops->supported_types;

	if (!ops->owner && IS_ENABLED(CONFIG_MODULES))
		return "owner";
	if (!ops->device_api)
		return "device_api";
	if (!ops->create || !ops->destroy)
		return "create, destroy";
	if (!ops->read || !ops->write)
		return "read, write";
	if (!ops->get_region_info)
		return "get_region_info";
	if (!ops->start != !ops->stop)
		return "start or stop";
	if (!ops->max_instances && !ops->available_instances)
		return "max_instances or available_instances";
	if (!type || !type->name)
		return "supported_types";
	for (; type->name; type++)
		if (!*type->name || strchr(type->name, '/'))
			return "a type's proper name";
	return NULL;
}

static struct parent_device *mdev_parent_find(struct device *dev)
{
	struct parent_device *parent;

	lockdep_assert_held(&mdev_lock);

	list_for_each_entry(parent, &mdev_parents, node)
		if (parent->dev == dev)
			return parent;
	return NULL;
}

static struct parent_device *mdev_parent_alloc(struct device *dev,
					       const struct parent_ops *ops)
{
	struct parent_device *parent;

	parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	if (!parent)
		return NULL;
	atomic_inc(&mdev_nr_parents);
	/* Put in mdev_parent_release() */
	parent->dev = get_device(dev);
	parent->ops = ops;
	kref_init(&parent->ref);
	INIT_LIST_HEAD(&parent->devices);
	INIT_LIST_HEAD(&parent->types);
	init_waitqueue_head(&parent->devices_gone);
	mutex_init(&parent->ops_lock);
	return parent;
}

static int mdev_parent_enlist(struct parent_device *parent)
{
	int rc = 0;

	mutex_lock(&mdev_lock);
	if (mdev_parent_find(parent->dev))
		rc = -EEXIST;
	else
		list_add_tail(&parent->node, &mdev_parents);
	mutex_unlock(&mdev_lock);
	return rc;
}

static void mdev_parent_delist(struct parent_device *parent)
{
	mutex_lock(&mdev_lock);
	list_del(&parent->node);
	mutex_unlock(&mdev_lock);
}

static ssize_t mdev_create_store(struct device *dev,
				 struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct parent_device *parent =
		container_of(attr, struct parent_device, create_attr);
	struct mdev_request req;
	struct mdev_type *type;
	int rc;

	rc = mdev_request_parse(&req, buf, count);
	if (rc)
		return rc;
	type = mdev_request_take_type(&req, parent);
	if (!req.numbered)
		rc = -EINVAL;
	else if (IS_ERR(type))
		rc = PTR_ERR(type);
	else
		rc = mdev_device_create(type, &req);
	mdev_request_done(&req);
	return rc ?: count;
}

static ssize_t mdev_destroy_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t count)
{
	struct parent_device *parent =
		container_of(attr, struct parent_device, destroy_attr);
	struct mdev_device *mdev;
	struct mdev_request req;
	int rc;

	rc = mdev_request_parse(&req, buf, count);
	if (rc)
		return rc;
	rc = req.params ? -EINVAL : -ENODEV;
	mdev = req.params ? NULL : mdev_device_find(parent, &req.id);
	if (mdev) {
		rc = mdev_device_destroy(mdev);
		/* Pairs with the get in mdev_device_find() */
		mdev_put_device(mdev);
	}
	mdev_request_done(&req);
	return rc ?: count;
}

/* For the files through which instances come, added last and removed first */
static void mdev_door_init(struct device_attribute *attr, const char *name)
{
	sysfs_attr_init(&attr->attr);
	attr->attr.name = name;
	attr->attr.mode = 0200;
}

/**
 * mdev_parent_add_files() - give a parent its files
 * @parent: the parent, complete
 *
 * All but those through which instances come.
 *
 * Return: 0, -EEXIST where the device has a file of such a name, -ENOMEM.
 */
static int mdev_parent_add_files(struct parent_device *parent)
{
	int rc;

	rc = sysfs_create_groups(&parent->dev->kobj,
				 parent->ops->dev_attr_groups);
	if (rc)
		return rc;
	rc = mdev_types_add(parent);
	if (rc)
		goto out_groups;
	rc = compat_class_link(mdev_bus_class, parent->dev);
	if (rc)
		goto out_types;
	return 0;

out_types:
	mdev_types_remove(parent);
out_groups:
	sysfs_remove_groups(&parent->dev->kobj, parent->ops->dev_attr_groups);
	return rc;
}

/**
 * mdev_parent_open() - let instances be made
 * @parent: the parent, with its files
 *
 * Return: 0, -EEXIST where the device has a file of such a name, -ENOMEM. Then
 * no more instances are made, but there may be some.
 */
static int mdev_parent_open(struct parent_device *parent)
{
	int rc;

	mdev_door_init(&parent->create_attr, "mdev_create");
	parent->create_attr.store = mdev_create_store;
	mdev_door_init(&parent->destroy_attr, "mdev_destroy");
	parent->destroy_attr.store = mdev_destroy_store;

	rc = device_create_file(parent->dev, &parent->create_attr);
	if (rc)
		return rc;
	rc = device_create_file(parent->dev, &parent->destroy_attr);
	if (rc)
		goto out_create;
	rc = mdev_types_open(parent);
	if (rc)
		goto out_destroy;
	return 0;

out_destroy:
	device_remove_file(parent->dev, &parent->destroy_attr);
out_create:
	device_remove_file(parent->dev, &parent->create_attr);
	return rc;
}

/**
 * mdev_parent_seal() - let no more instances be made
 * @parent: the parent
 *
 * Those that are being made are complete, or given up, when this returns.
 */
static void mdev_parent_seal(struct parent_device *parent)
{
	mdev_types_seal(parent);
	device_remove_file(parent->dev, &parent->create_attr);
	device_remove_file(parent->dev, &parent->destroy_attr);
}

/**
 * mdev_parent_remove_files() - take a parent's files away
 * @parent: the parent, sealed and without instances
 */
static void mdev_parent_remove_files(struct parent_device *parent)
{
	compat_class_unlink(mdev_bus_class, parent->dev);
	mdev_types_remove(parent);
	sysfs_remove_groups(&parent->dev->kobj, parent->ops->dev_attr_groups);
}

static void mdev_parent_announce(struct parent_device *parent, char *state)
{
	char *envp[2] = { state };

	kobject_uevent_env(&parent->dev->kobj, KOBJ_CHANGE, envp);
}

/*
 * Returns a live instance with a reference for the caller to put, or NULL. Open
 * ones come last, so that their users are waited for when all else is gone;
 * one that is opened meanwhile is waited for a little earlier, no more.
 */
static struct mdev_device *mdev_parent_next_live(struct parent_device *parent)
{
	struct mdev_device *mdev, *next = NULL;

	mutex_lock(&mdev_lock);
	list_for_each_entry(mdev, &parent->devices, parent_node) {
		if (!mdev->live)
			continue;
		next = mdev;
		if (!READ_ONCE(mdev->open))
			break;
	}
	mdev_get_device(next);
	mutex_unlock(&mdev_lock);
	return next;
}

static void mdev_parent_evict_all(struct parent_device *parent)
{
	struct mdev_device *mdev;

	while ((mdev = mdev_parent_next_live(parent))) {
		mdev_device_evict(mdev);
		/* Pairs with the get in mdev_parent_next_live() */
		mdev_put_device(mdev);
	}
	/* Those that others are removing; mdev_device_unreserve() wakes. */
	wait_event(parent->devices_gone, !READ_ONCE(parent->nr_devices));
}

/**
 * mdev_register_device() - offer a device's slices
 * @dev: the device; bound to its driver, and not removed before
 *	mdev_unregister_device() has returned
 * @ops: what its driver provides; stays as it is until then
 *
 * When this returns instances can be there already: what @ops needs is ready
 * before.
 *
 * Context: process context.
 * Return: 0, -EINVAL where @ops lacks something required (which is logged),
 * -EEXIST where @dev is registered or has a file of a name that is needed,
 * -ENOMEM.
 */
int mdev_register_device(struct device *dev, const struct parent_ops *ops)
{
	struct parent_device *parent;
	const char *flaw;
	int rc;

	flaw = mdev_ops_flaw(ops);
	if (flaw) {
		dev_err(dev, "cannot be a parent: its driver lacks %s\n", flaw);
		return -EINVAL;
	}

	parent = mdev_parent_alloc(dev, ops);
	if (!parent)
		return -ENOMEM;
	rc = mdev_parent_enlist(parent);
	if (rc)
		goto out_put;
	rc = mdev_parent_add_files(parent);
	if (rc)
		goto out_delist;
	rc = mdev_parent_open(parent);
	if (rc)
		goto out_evict;

	mdev_parent_announce(parent, "MDEV_STATE=registered");
	return 0;

out_evict:
	/* Instances came by the files that were there for a while. */
	mdev_parent_evict_all(parent);
	mdev_parent_remove_files(parent);
out_delist:
	mdev_parent_delist(parent);
out_put:
	mdev_parent_put(parent);
	return rc;
}
EXPORT_SYMBOL_GPL(mdev_register_device);

/**
 * mdev_unregister_device() - take the offer back
 * @dev: a device that mdev_register_device() succeeded for
 *
 * No instance is made from here on. Those that exist are removed; one that is
 * open in user space is waited for. When this returns the driver's callbacks
 * are no longer called, and nothing of the parent is left.
 *
 * Context: process context; the caller holds no lock that a callback takes.
 */
void mdev_unregister_device(struct device *dev)
{
	struct parent_device *parent;

	mutex_lock(&mdev_lock);
	parent = mdev_parent_find(dev);
	mutex_unlock(&mdev_lock);
	if (WARN_ON(!parent))
		return;

	mdev_parent_seal(parent);
	mdev_parent_evict_all(parent);
	mdev_parent_remove_files(parent);
	mdev_parent_delist(parent);
	mdev_parent_announce(parent, "MDEV_STATE=unregistered");
	/* Pairs with kref_init() in mdev_parent_alloc() */
	mdev_parent_put(parent);
}
EXPORT_SYMBOL_GPL(mdev_unregister_device);

int __init mdev_parents_init(void)
{
	mdev_bus_class = class_compat_register("mdev_bus");
	return mdev_bus_class ? 0 : -ENOMEM;
}

/**
 * mdev_parents_exit() - wait until nothing of parents is left in memory
 *
 * Instances and types hold their parent. Somebody may keep a reference to an
 * instance beyond its removal, and what frees it is code of this module.
 */
void mdev_parents_exit(void)
{
	wait_var_event(&mdev_nr_parents, !atomic_read(&mdev_nr_parents));
	class_compat_unregister(mdev_bus_class);
}
