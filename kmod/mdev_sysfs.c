// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the core has in sysfs for parents, instances and machines; see ABI.rst.
 * Types are in mdev_type.c.
 */

#include <linux/completion.h>
#include <linux/device/class.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "compat.h"
#include "mdev_private.h"

static struct class_compat *mdev_bus_class;

/* Parents */

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
 * mdev_sysfs_add_parent() - give a parent its files
 * @parent: the parent, complete
 *
 * All but those through which instances come.
 *
 * Return: 0, -EEXIST where the device has a file of such a name, -ENOMEM.
 */
int mdev_sysfs_add_parent(struct parent_device *parent)
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
 * mdev_sysfs_open_parent() - let instances be made
 * @parent: the parent, with its files
 *
 * Return: 0, -EEXIST where the device has a file of such a name, -ENOMEM. Then
 * no more instances are made, but there may be some.
 */
int mdev_sysfs_open_parent(struct parent_device *parent)
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
 * mdev_sysfs_seal_parent() - let no more instances be made
 * @parent: the parent
 *
 * Those that are being made are complete, or given up, when this returns.
 */
void mdev_sysfs_seal_parent(struct parent_device *parent)
{
	mdev_types_seal(parent);
	device_remove_file(parent->dev, &parent->create_attr);
	device_remove_file(parent->dev, &parent->destroy_attr);
}

/**
 * mdev_sysfs_remove_parent() - take a parent's files away
 * @parent: the parent, sealed and without instances
 */
void mdev_sysfs_remove_parent(struct parent_device *parent)
{
	compat_class_unlink(mdev_bus_class, parent->dev);
	mdev_types_remove(parent);
	sysfs_remove_groups(&parent->dev->kobj, parent->ops->dev_attr_groups);
}

/* Instances */

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

const struct device_type mdev_device_type = {
	.groups = mdev_device_groups,
};

/**
 * mdev_sysfs_add_links() - tie an instance to its type
 * @mdev: the instance, added
 *
 * Return: 0 or -ENOMEM.
 */
int mdev_sysfs_add_links(struct mdev_device *mdev)
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
 * mdev_sysfs_remove_links() - undo mdev_sysfs_add_links()
 * @mdev: the instance
 */
void mdev_sysfs_remove_links(struct mdev_device *mdev)
{
	sysfs_remove_link(&mdev->dev.kobj, "mdev_type");
	sysfs_remove_link(mdev->type->devices_kobj, dev_name(&mdev->dev));
}

/* Machines */

static ssize_t mdev_class_store(const char *buf, size_t count,
				int (*action)(const guid_t *uuid))
{
	struct mdev_request req;
	int rc;

	rc = mdev_request_parse(&req, buf, count);
	if (rc)
		return rc;
	if (req.numbered || req.params)
		rc = -EINVAL;
	else
		rc = action(&req.id.uuid);
	mdev_request_done(&req);
	return rc ?: count;
}

static ssize_t mdev_start_store(compat_class_const struct class *class,
				compat_class_const struct class_attribute *attr,
				const char *buf, size_t count)
{
	return mdev_class_store(buf, count, mdev_machine_start);
}
static CLASS_ATTR_WO(mdev_start);

static ssize_t mdev_stop_store(compat_class_const struct class *class,
			       compat_class_const struct class_attribute *attr,
			       const char *buf, size_t count)
{
	return mdev_class_store(buf, count, mdev_machine_stop);
}
static CLASS_ATTR_WO(mdev_stop);

static struct attribute *mdev_class_attrs[] = {
	&class_attr_mdev_start.attr,
	&class_attr_mdev_stop.attr,
	NULL
};
ATTRIBUTE_GROUPS(mdev_class);

static DECLARE_COMPLETION(mdev_class_released);

static void mdev_class_release(compat_class_const struct class *class)
{
	complete(&mdev_class_released);
}

static struct class mdev_class = {
	.name = "mdev",
	.class_groups = mdev_class_groups,
	.class_release = mdev_class_release,
};

int __init mdev_sysfs_init(void)
{
	int rc;

	mdev_bus_class = class_compat_register("mdev_bus");
	if (!mdev_bus_class)
		return -ENOMEM;
	rc = class_register(&mdev_class);
	if (rc)
		class_compat_unregister(mdev_bus_class);
	return rc;
}

void mdev_sysfs_exit(void)
{
	class_unregister(&mdev_class);
	class_compat_unregister(mdev_bus_class);
	/* The class is memory of this module. */
	wait_for_completion(&mdev_class_released);
}
