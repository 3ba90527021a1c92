// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents: their registration, their files in sysfs, and how they go
 */

#include <linux/device/class.h>
#include <linux/sysfs.h>
#include <linux/wait_bit.h>
#include <linux/xarray.h>

#include "compat.h"
#include "mdev_private.h"

static struct class_compat *mdev_bus_class;

/* Registered parents, by their device */
static DEFINE_XARRAY(mdev_parents);

/* Parents in memory; mdev_parents_exit() waits until there are none. */
static atomic_t mdev_nr_parents = ATOMIC_INIT(0);

static void mdev_parent_release(struct kref *ref)
{
	struct mdev_core_parent *parent =
		container_of(ref, struct mdev_core_parent, ref);

	/* Pairs with the get in mdev_parent_init() */
	put_device(parent->dev);
	parent->interface->release(parent);
	if (atomic_dec_and_test(&mdev_nr_parents))
		wake_up_var(&mdev_nr_parents);
}

/**
 * mdev_parent_get() - take a reference
 * @parent: a parent that cannot be released during the call
 */
void mdev_parent_get(struct mdev_core_parent *parent)
{
	kref_get(&parent->ref);
}

/**
 * mdev_parent_put() - drop a reference
 * @parent: the parent
 */
void mdev_parent_put(struct mdev_core_parent *parent)
{
	kref_put(&parent->ref, mdev_parent_release);
}

static void mdev_parent_init(struct mdev_core_parent *parent)
{
	atomic_inc(&mdev_nr_parents);
	/* Put in mdev_parent_release() */
	get_device(parent->dev);
	kref_init(&parent->ref);
	INIT_LIST_HEAD(&parent->types);
	init_waitqueue_head(&parent->devices_gone);
}

/* Returns -EEXIST if the device is a parent already, of whichever interface */
static int mdev_parent_enlist(struct mdev_core_parent *parent)
{
	int rc;

	mutex_lock(&mdev_lock);
	rc = xa_insert(&mdev_parents, (unsigned long)parent->dev, parent,
		       GFP_KERNEL);
	mutex_unlock(&mdev_lock);
	if (rc != -EBUSY)
		return rc;
	dev_err(parent->dev, "is a parent of mediated devices already\n");
	return -EEXIST;
}

static void mdev_parent_delist(struct mdev_core_parent *parent)
{
	mutex_lock(&mdev_lock);
	xa_erase(&mdev_parents, (unsigned long)parent->dev);
	mutex_unlock(&mdev_lock);
}

/* Returns the registered parent of a device, or NULL */
static struct mdev_core_parent *mdev_parent_find(struct device *dev)
{
	struct mdev_core_parent *parent;

	mutex_lock(&mdev_lock);
	parent = xa_load(&mdev_parents, (unsigned long)dev);
	mutex_unlock(&mdev_lock);
	return parent;
}

static ssize_t mdev_create_store(struct device *dev,
				 struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct mdev_core_parent *parent =
		container_of(attr, struct mdev_core_parent, create_attr);
	struct mdev_request req;
	struct mdev_core_type *type;
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
	struct mdev_core_parent *parent =
		container_of(attr, struct mdev_core_parent, destroy_attr);
	struct mdev_core_device *mdev;
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
		put_device(&mdev->dev);
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
static int mdev_parent_add_files(struct mdev_core_parent *parent)
{
	int rc;

	rc = sysfs_create_groups(&parent->dev->kobj, parent->parent_groups);
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
	sysfs_remove_groups(&parent->dev->kobj, parent->parent_groups);
	return rc;
}

/*
 * Make mdev_create and mdev_destroy. They name instances by their number, so
 * they exist only where instances can have one.
 */
static int mdev_parent_add_doors(struct mdev_core_parent *parent)
{
	int rc;

	if (!(parent->interface->takes & MDEV_TAKES_NUMBER))
		return 0;
	mdev_parent_init_attr(&parent->create_attr, "mdev_create",
			      mdev_create_store);
	mdev_parent_init_attr(&parent->destroy_attr, "mdev_destroy",
			      mdev_destroy_store);
	rc = device_create_file(parent->dev, &parent->create_attr);
	if (rc)
		return rc;
	rc = device_create_file(parent->dev, &parent->destroy_attr);
	if (rc)
		device_remove_file(parent->dev, &parent->create_attr);
	return rc;
}

static void mdev_parent_remove_doors(struct mdev_core_parent *parent)
{
	if (!(parent->interface->takes & MDEV_TAKES_NUMBER))
		return;
	device_remove_file(parent->dev, &parent->create_attr);
	device_remove_file(parent->dev, &parent->destroy_attr);
}

/*
 * Make the files that make and remove instances. Returns -EEXIST if the device
 * has a file of such a name, or -ENOMEM; then the files are gone again, but
 * user space may have made instances meanwhile.
 */
static int mdev_parent_open(struct mdev_core_parent *parent)
{
	int rc;

	rc = mdev_parent_add_doors(parent);
	if (rc)
		return rc;
	rc = mdev_types_open(parent);
	if (rc)
		mdev_parent_remove_doors(parent);
	return rc;
}

/*
 * Delete the files that make and remove instances. sysfs waits for writes that
 * are under way: when this returns no instance is being made any more.
 */
static void mdev_parent_seal(struct mdev_core_parent *parent)
{
	mdev_types_seal(parent);
	mdev_parent_remove_doors(parent);
}

static void mdev_parent_remove_files(struct mdev_core_parent *parent)
{
	compat_class_unlink(mdev_bus_class, parent->dev);
	mdev_types_remove(parent);
	sysfs_remove_groups(&parent->dev->kobj, parent->parent_groups);
}

static void mdev_parent_announce(struct mdev_core_parent *parent, char *state)
{
	char *envp[2] = { state };

	kobject_uevent_env(&parent->dev->kobj, KOBJ_CHANGE, envp);
}

static int mdev_child_request(struct device *dev, void *unused)
{
	if (dev->bus == &mdev_bus_type)
		mdev_device_request(to_mdev_core_device(dev));
	return 0;
}

static int mdev_child_destroy(struct device *dev, void *unused)
{
	if (dev->bus == &mdev_bus_type)
		/* One that is in use is left for the next round. */
		mdev_device_destroy(to_mdev_core_device(dev));
	return 0;
}

static int mdev_child_evict(struct device *dev, void *unused)
{
	if (dev->bus == &mdev_bus_type)
		mdev_device_evict(to_mdev_core_device(dev));
	return 0;
}

/*
 * Remove all instances of a parent for which no more are made: ask the users of
 * all open ones to let go, remove the closed ones, and only then wait for one
 * user after the other. It does no harm if an instance is opened meanwhile.
 */
static void mdev_parent_evict_all(struct mdev_core_parent *parent)
{
	device_for_each_child(parent->dev, NULL, mdev_child_request);
	device_for_each_child(parent->dev, NULL, mdev_child_destroy);
	device_for_each_child(parent->dev, NULL, mdev_child_evict);
	/* Others may be removing some; mdev_device_unreserve() wakes us. */
	wait_event(parent->devices_gone, !READ_ONCE(parent->nr_devices));
}

/**
 * mdev_parent_register() - make a device a parent of mediated devices
 * @parent: what its interface says of it. From now on it belongs to the core,
 *	which releases it also if this fails.
 *
 * User space can make instances before this returns.
 *
 * Context: process context.
 * Return: 0; -EEXIST if the device is registered already, has a file of a name
 * that the core needs, or if two types have one name; -ENOMEM.
 */
int mdev_parent_register(struct mdev_core_parent *parent)
{
	int rc;

	mdev_parent_init(parent);
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

/**
 * mdev_parent_unregister() - undo mdev_parent_register()
 * @dev: the device
 * @interface: the interface that has registered it
 *
 * From now on no instance can be made. Those that exist are removed: the users
 * of open ones are asked to let go, and waited for. When this returns, nothing
 * of the interface is called for the parent any more but its release.
 *
 * Context: process context; the caller holds no lock that a callback takes.
 */
void mdev_parent_unregister(struct device *dev,
			    const struct mdev_interface *interface)
{
	struct mdev_core_parent *parent = mdev_parent_find(dev);

	if (WARN_ON(!parent || parent->interface != interface))
		return;

	mdev_parent_seal(parent);
	mdev_parent_evict_all(parent);
	mdev_parent_remove_files(parent);
	mdev_parent_delist(parent);
	mdev_parent_announce(parent, "MDEV_STATE=unregistered");
	/* Pairs with kref_init() in mdev_parent_init() */
	mdev_parent_put(parent);
}

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
