// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's interface: parents and their instances
 *
 * Drivers that were built for the kernel's own core run on this one unchanged.
 * So what is exported here and in mdev_kernel_driver.c must have the checksums
 * (CRCs) of the kernel's own exports. A checksum covers every type that can be
 * reached from the prototype and is complete at that place, and hardly any
 * struct of the kernel cannot be reached from struct device. Therefore each of
 * the two files includes just what the kernel's own file with that export does,
 * in that order, and nothing but headers of ours that include no more.
 * check-exports compares the result with the kernel's Module.symvers.
 */

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/mdev.h>

#include "mdev_kernel.h"

/**
 * struct mdev_kernel_parent - a parent
 * @core: the core's part
 * @shown: what the driver sees, and keeps until it has unregistered the parent
 */
struct mdev_kernel_parent {
	struct mdev_core_parent core;
	struct mdev_parent *shown;
};

/* The core lets this begin where its own struct mdev_core_device ends. */
static_assert(!offsetof(struct mdev_device, dev));

static struct mdev_parent *mdev_kernel_shown(struct mdev_core_parent *parent)
{
	return container_of(parent, struct mdev_kernel_parent, core)->shown;
}

/* The driver's type, which the driver gave to be written to */
static struct mdev_type *mdev_kernel_type(const struct mdev_core_type *type)
{
	return (struct mdev_type *)type->desc;
}

static void mdev_kernel_release(struct mdev_core_parent *parent)
{
	kfree(container_of(parent, struct mdev_kernel_parent, core));
}

static bool mdev_kernel_get_type(struct mdev_core_parent *parent,
				 unsigned int nr, struct mdev_core_type *type)
{
	struct mdev_parent *shown = mdev_kernel_shown(parent);

	if (nr >= shown->nr_types)
		return false;
	shown->types[nr]->parent = shown;
	type->name = shown->types[nr]->sysfs_name;
	type->pretty_name = shown->types[nr]->pretty_name;
	type->desc = shown->types[nr];
	return true;
}

static unsigned int mdev_kernel_available(struct mdev_core_type *type)
{
	struct mdev_driver *drv = mdev_kernel_shown(type->parent)->mdev_driver;

	return drv->get_available(mdev_kernel_type(type));
}

static ssize_t mdev_kernel_description(struct mdev_core_type *type, char *buf)
{
	struct mdev_driver *drv = mdev_kernel_shown(type->parent)->mdev_driver;

	return drv->show_description(mdev_kernel_type(type), buf);
}

/* The driver makes what it needs when it is bound. */
static int mdev_kernel_create(struct device *dev, struct mdev_core_type *type,
			      const struct mdev_identity *id,
			      const char *params)
{
	struct mdev_device *mdev = to_mdev_device(dev);

	mdev->uuid = id->uuid;
	INIT_LIST_HEAD(&mdev->next);
	mdev->type = mdev_kernel_type(type);
	return 0;
}

static void mdev_kernel_destroy(struct device *dev)
{
}

const struct mdev_interface mdev_kernel_interface = {
	.device_size = sizeof(struct mdev_device),
	.release = mdev_kernel_release,
	.get_type = mdev_kernel_get_type,
	.create = mdev_kernel_create,
	.destroy = mdev_kernel_destroy,
	.match = mdev_kernel_match,
	.probe = mdev_kernel_probe,
	.remove = mdev_kernel_remove,
	.in_use = mdev_vfio_in_use,
	.request = mdev_vfio_request,
};

/* Returns what is wrong with what a driver registers, or NULL */
static const char *mdev_kernel_flaw(const struct mdev_driver *drv,
				    struct mdev_type **types,
				    unsigned int nr_types)
{
	unsigned int i;

	if (!drv || !drv->device_api)
		return "lacks a struct mdev_driver with device_api";
	if (nr_types && !types)
		return "lacks types";
	for (i = 0; i < nr_types; i++)
		if (!types[i] || !types[i]->sysfs_name ||
		    !*types[i]->sysfs_name ||
		    strchr(types[i]->sysfs_name, '/'))
			return "lacks a valid sysfs_name for each type";
	return NULL;
}

static struct mdev_kernel_parent *
mdev_kernel_parent_alloc(struct mdev_parent *shown)
{
	struct mdev_driver *drv = shown->mdev_driver;
	struct mdev_kernel_parent *parent;

	parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	if (!parent)
		return NULL;
	parent->shown = shown;
	parent->core.dev = shown->dev;
	parent->core.interface = &mdev_kernel_interface;
	parent->core.device_api = drv->device_api;
	/* A driver with get_available counts itself. */
	parent->core.max_instances = drv->get_available ? UINT_MAX :
							  drv->max_instances;
	if (drv->get_available)
		parent->core.available = mdev_kernel_available;
	if (drv->show_description)
		parent->core.description = mdev_kernel_description;
	return parent;
}

/**
 * mdev_register_parent() - make a device a parent of mediated devices
 * @parent: the driver's memory; filled, and valid until
 *	mdev_unregister_parent() has returned
 * @dev: the device
 * @mdev_driver: the driver that instances are bound to. While it is not
 *	registered none can be made: some drivers register their parents first.
 * @types: the types, with sysfs_name and perhaps pretty_name set; valid as long
 *	as @parent
 * @nr_types: how many
 *
 * User space can make instances before this returns.
 *
 * Context: process context.
 * Return: 0; -EINVAL if something required is missing, which is logged; -EEXIST
 * if @dev is registered already, has a file of a name that the core needs, or
 * two types have one name; -ENOMEM.
 */
int mdev_register_parent(struct mdev_parent *parent, struct device *dev,
			 struct mdev_driver *mdev_driver,
			 struct mdev_type **types, unsigned int nr_types)
{
	const char *flaw = mdev_kernel_flaw(mdev_driver, types, nr_types);
	struct mdev_kernel_parent *self;

	if (!dev || flaw) {
		dev_err(dev, "cannot be a parent: its driver %s\n",
			flaw ?: "lacks a device");
		return -EINVAL;
	}

	memset(parent, 0, sizeof(*parent));
	init_rwsem(&parent->unreg_sem);
	parent->dev = dev;
	parent->mdev_driver = mdev_driver;
	parent->types = types;
	parent->nr_types = nr_types;
	atomic_set(&parent->available_instances, mdev_driver->max_instances);
	self = mdev_kernel_parent_alloc(parent);
	if (!self)
		return -ENOMEM;
	return mdev_parent_register(&self->core);
}
EXPORT_SYMBOL(mdev_register_parent);

/**
 * mdev_unregister_parent() - undo mdev_register_parent()
 * @parent: a registered parent
 *
 * From now on no instance can be made. Those that exist are removed: the users
 * of open ones are asked to let go, and waited for. When this returns, the core
 * uses neither @parent nor its types any more.
 *
 * Context: process context; the caller holds no lock that a callback takes.
 */
void mdev_unregister_parent(struct mdev_parent *parent)
{
	mdev_parent_unregister(parent->dev, &mdev_kernel_interface);
}
EXPORT_SYMBOL(mdev_unregister_parent);
