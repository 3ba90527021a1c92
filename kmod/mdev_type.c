// SPDX-License-Identifier: GPL-2.0-only
/*
 * Types of instances: a parent's folders below mdev_supported_types, and the
 * files in them; see ABI.rst
 */

#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "mdev_private.h"

static ssize_t mdev_type_create(struct mdev_core_type *type, const char *buf,
				size_t count)
{
	struct mdev_request req;
	int rc;

	rc = mdev_request_parse(&req, buf, count);
	if (rc)
		return rc;
	rc = mdev_device_create(type, &req);
	mdev_request_done(&req);
	return rc ?: count;
}

static ssize_t create_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	return mdev_type_create(to_mdev_core_type(kobj), buf, count);
}

static ssize_t device_api_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  to_mdev_core_type(kobj)->parent->device_api);
}

static ssize_t name_show(struct kobject *kobj, struct kobj_attribute *attr,
			 char *buf)
{
	struct mdev_core_type *type = to_mdev_core_type(kobj);

	return sysfs_emit(buf, "%s\n", type->pretty_name ?: type->name);
}

static ssize_t description_show(struct kobject *kobj,
				struct kobj_attribute *attr, char *buf)
{
	struct mdev_core_type *type = to_mdev_core_type(kobj);

	return type->parent->description(type, buf);
}

static ssize_t available_instances_show(struct kobject *kobj,
					struct kobj_attribute *attr, char *buf)
{
	struct mdev_core_type *type = to_mdev_core_type(kobj);
	struct mdev_core_parent *parent = type->parent;
	unsigned int available;

	available = parent->max_instances - READ_ONCE(parent->nr_devices);
	if (parent->available)
		available = min(available, parent->available(type));
	return sysfs_emit(buf, "%u\n", available);
}

static struct kobj_attribute create_attr = __ATTR_WO(create);
static struct kobj_attribute device_api_attr = __ATTR_RO(device_api);
static struct kobj_attribute name_attr = __ATTR_RO(name);
static struct kobj_attribute description_attr = __ATTR_RO(description);
static struct kobj_attribute available_instances_attr =
	__ATTR_RO(available_instances);

/* create is not here: it exists only while the parent takes instances. */
static struct attribute *mdev_type_attrs[] = {
	&device_api_attr.attr,
	&name_attr.attr,
	&description_attr.attr,
	&available_instances_attr.attr,
	NULL
};

static umode_t mdev_type_is_visible(struct kobject *kobj,
				    struct attribute *attr, int n)
{
	if (attr == &description_attr.attr &&
	    !to_mdev_core_type(kobj)->parent->description)
		return 0;
	return attr->mode;
}

static const struct attribute_group mdev_type_group = {
	.attrs = mdev_type_attrs,
	.is_visible = mdev_type_is_visible,
};

static const struct attribute_group *mdev_type_groups[] = {
	&mdev_type_group,
	NULL
};

static void mdev_type_release(struct kobject *kobj)
{
	struct mdev_core_type *type = to_mdev_core_type(kobj);
	struct mdev_core_parent *parent = type->parent;

	kfree(type);
	/* Pairs with the get in mdev_type_add() */
	mdev_parent_put(parent);
}

static const struct kobj_type mdev_type_ktype = {
	.sysfs_ops = &kobj_sysfs_ops,
	.release = mdev_type_release,
	.default_groups = mdev_type_groups,
};

static struct mdev_core_type *mdev_type_find(struct mdev_core_parent *parent,
					     const char *name)
{
	struct mdev_core_type *type;

	list_for_each_entry(type, &parent->types, node)
		if (!strcmp(type->name, name))
			return type;
	return NULL;
}

static int mdev_type_add_files(struct mdev_core_type *type)
{
	struct mdev_core_parent *parent = type->parent;
	int rc;

	type->kobj.kset = parent->types_kset;
	rc = kobject_init_and_add(&type->kobj, &mdev_type_ktype, NULL, "%s-%s",
				  dev_driver_string(parent->dev), type->name);
	if (rc)
		return rc;
	type->devices_kobj = kobject_create_and_add("devices", &type->kobj);
	return type->devices_kobj ? 0 : -ENOMEM;
}

/* Returns 1 if the parent has no type of that number, or an error */
static int mdev_type_add(struct mdev_core_parent *parent, unsigned int nr)
{
	struct mdev_core_type *type;
	int rc = 1;

	type = kzalloc(sizeof(*type), GFP_KERNEL);
	if (!type)
		return -ENOMEM;
	if (!parent->interface->get_type(parent, nr, type))
		goto out_free;
	rc = -EEXIST;
	if (mdev_type_find(parent, type->name)) {
		dev_err(parent->dev, "two of its types are called %s\n",
			type->name);
		goto out_free;
	}
	/* Put in mdev_type_release() */
	mdev_parent_get(parent);
	type->parent = parent;
	rc = mdev_type_add_files(type);
	if (rc) {
		kobject_put(&type->kobj);
		return rc;
	}
	list_add_tail(&type->node, &parent->types);
	return 0;

out_free:
	kfree(type);
	return rc;
}

/* Its memory stays until the last reference is dropped; instances hold some. */
static void mdev_type_remove(struct mdev_core_type *type)
{
	list_del(&type->node);
	kobject_put(type->devices_kobj);
	kobject_del(&type->kobj);
	kobject_put(&type->kobj);
}

/**
 * mdev_types_remove() - undo mdev_types_add()
 * @parent: the parent, sealed and without instances
 */
void mdev_types_remove(struct mdev_core_parent *parent)
{
	struct mdev_core_type *type, *next;

	list_for_each_entry_safe(type, next, &parent->types, node)
		mdev_type_remove(type);
	kset_unregister(parent->types_kset);
}

/**
 * mdev_types_add() - make a parent's types, without the files to make instances
 * @parent: the parent
 *
 * Return: 0, -EEXIST if the device has a folder of that name or two types have
 * one name, -ENOMEM.
 */
int mdev_types_add(struct mdev_core_parent *parent)
{
	unsigned int nr = 0;
	int rc;

	parent->types_kset = kset_create_and_add("mdev_supported_types", NULL,
						 &parent->dev->kobj);
	if (!parent->types_kset)
		return -ENOMEM;

	do {
		rc = mdev_type_add(parent, nr++);
	} while (!rc);
	if (rc > 0)
		return 0;
	mdev_types_remove(parent);
	return rc;
}

/**
 * mdev_types_seal() - delete the file create of each type
 * @parent: the parent
 *
 * Waits for writes that are under way: when this returns no instance is being
 * made through a type.
 */
void mdev_types_seal(struct mdev_core_parent *parent)
{
	struct mdev_core_type *type;

	list_for_each_entry(type, &parent->types, node)
		sysfs_remove_file(&type->kobj, &create_attr.attr);
}

/**
 * mdev_types_open() - make the file create of each type
 * @parent: the parent
 *
 * Return: 0, or -ENOMEM; then no type has one.
 */
int mdev_types_open(struct mdev_core_parent *parent)
{
	struct mdev_core_type *type;
	int rc;

	list_for_each_entry(type, &parent->types, node) {
		rc = sysfs_create_file(&type->kobj, &create_attr.attr);
		if (rc) {
			mdev_types_seal(parent);
			return rc;
		}
	}
	return 0;
}
