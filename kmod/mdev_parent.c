// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents: their registration, their files in sysfs, and how they go
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

/* Parents in memory; mdev_parents_exit() waits until there are none. */
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
 * @parent: a parent that cannot be released during the call
 */
void mdev_parent_get(struct parent_device *parent)
{
	kref_get(&parent->ref);
}

/**
 * mdev_parent_put() - drop a reference
 * @parent: the parent
 */
void mdev_parent_put(struct parent_device *parent)
{
	kref_put(&parent->ref, mdev_parent_release);
}

/* Returns the name of the first thing that the driver lacks, or NULL */
static const char *mdev_ops_flaw(const struct parent_ops *ops)
{
	const struct mdev_type_desc *type = ops->supported_types;

	if (!ops->owner && IS_ENABLED(CONFIG_MODULES))
		return "owner";
	if (!ops->device_api)
		return "device_api";
	if (!ops->create || !ops->destroy)
		return "create or destroy";
	if (!ops->read || !ops->write)
		return "read or write";
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
			return "a valid name for each type";
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

/*
 * mdev_create and mdev_destroy are made after all other files of the parent,
 * and deleted before them.
 */
static void mdev_parent_init_attr(struct device_attribute *attr,
				  const char *name,
				  ssize_t (*store)(struct device *dev,
						   struct device_attribute *attr,
						   const char *buf,
						   size_t count))
{
	sysfs_attr_init(&attr->attr);
	attr->attr.name = name;
	attr->attr.mode = 0200;
	attr->store = store;
}

/*
 * Make the parent's files, but for those that make and remove instances.
 * Returns -EEXIST if the device has a file of such a name, or -ENOMEM.
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

/*
 * Make the files that make and remove instances. Returns -EEXIST if the device
 * has a file of such a name, or -ENOMEM; then the files are gone again, but
 * user space may have made instances meanwhile.
 */
static int mdev_parent_open(struct parent_device *parent)
{
	int rc;

	mdev_parent_init_attr(&parent->create_attr, "mdev_create",
			      mdev_create_store);
	mdev_parent_init_attr(&parent->destroy_attr, "mdev_destroy",
			      mdev_destroy_store);

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

/*
 * Delete the files that make and remove instances. sysfs waits for writes that
 * are under way: when this returns no instance is being made any more.
 */
static void mdev_parent_seal(struct parent_device *parent)
{
	mdev_types_seal(parent);
	device_remove_file(parent->dev, &parent->create_attr);
	device_remove_file(parent->dev, &parent->destroy_attr);
}

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
 * Returns a live instance, with a reference that the caller puts, or NULL. Open
 * ones come last, so that all closed ones are gone while their users are waited
 * for. It does no harm if one is opened just after this has looked.
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
	/* Others may be removing some; mdev_device_unreserve() wakes us. */
	wait_event(parent->devices_gone, !READ_ONCE(parent->nr_devices));
}

/**
 * mdev_register_device() - make a device a parent of mediated devices
 * @dev: the device. It is bound to its driver, and stays so until
 *	mdev_unregister_device() has returned.
 * @ops: what its driver provides. Does not change until then.
 *
 * User space can make instances before this returns, so the driver has to be
 * ready for every callback when it calls this.
 *
 * Context: process context.
 * Return: 0; -EINVAL if @ops lacks something required, which is logged; -EEXIST
 * if @dev is registered already, or has a file of a name that the core needs;
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
	/* The files were there for a moment, and may have been used. */
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
 * mdev_unregister_device() - undo mdev_register_device()
 * @dev: a registered parent
 *
 * From now on no instance can be made. Those that exist are removed: the users
 * of open ones are asked to let go, and waited for. When this returns, no
 * callback of the driver is running or will be called.
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
 * mdev_parents_exit() - wait until parents, types and instances are released
 *
 * A reference to an instance can outlive its removal, and keeps its type and
 * its parent in memory. The functions that release them are in this module.
 */
void mdev_parents_exit(void)
{
	wait_var_event(&mdev_nr_parents, !atomic_read(&mdev_nr_parents));
	class_compat_unregister(mdev_bus_class);
}
