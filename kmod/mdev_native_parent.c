// SPDX-License-Identifier: GPL-2.0-only
/*
 * The project's own interface: parents, and what their drivers do with
 * instances
 */

#include <linux/module.h>
#include <linux/slab.h>

#include "mdev_native.h"

/**
 * struct mdev_native_parent - a parent
 * @core: the core's part
 * @shown: what drivers see
 * @ops_lock: one of create, destroy, start, stop at a time; only where
 *	parent_ops.serialize is set
 */
struct mdev_native_parent {
	struct mdev_core_parent core;
	struct parent_device shown;
	struct mutex ops_lock; /* create, destroy, start, stop */
};

/* The core lets this begin where its own struct mdev_core_device ends. */
static_assert(!offsetof(struct mdev_device, dev));

static const struct parent_ops *
mdev_native_parent_ops(struct mdev_core_parent *parent)
{
	return container_of(parent, struct mdev_native_parent, core)->shown.ops;
}

static void mdev_native_lock_ops(struct mdev_device *mdev)
{
	if (mdev->parent->ops->serialize)
		mutex_lock(&container_of(mdev->parent,
					 struct mdev_native_parent, shown)
				    ->ops_lock);
}

static void mdev_native_unlock_ops(struct mdev_device *mdev)
{
	if (mdev->parent->ops->serialize)
		mutex_unlock(&container_of(mdev->parent,
					   struct mdev_native_parent, shown)
				      ->ops_lock);
}

static void mdev_native_release(struct mdev_core_parent *core)
{
	struct mdev_native_parent *parent =
		container_of(core, struct mdev_native_parent, core);

	mutex_destroy(&parent->ops_lock);
	kfree(parent);
}

static bool mdev_native_get_type(struct mdev_core_parent *parent,
				 unsigned int nr, struct mdev_core_type *type)
{
	const struct mdev_type_desc *desc =
		&mdev_native_parent_ops(parent)->supported_types[nr];

	type->name = desc->name;
	type->pretty_name = desc->pretty_name;
	type->desc = desc;
	return desc->name;
}

static unsigned int mdev_native_available(struct mdev_core_type *type)
{
	return mdev_native_parent_ops(type->parent)
		->available_instances(type->parent->dev, type->desc);
}

static ssize_t mdev_native_description(struct mdev_core_type *type, char *buf)
{
	return mdev_native_parent_ops(type->parent)
		->description(type->parent->dev, type->desc, buf);
}

static int mdev_native_create(struct device *dev, struct mdev_core_type *type,
			      const struct mdev_identity *id,
			      const char *params)
{
	struct mdev_device *mdev = to_mdev_device(dev);
	int rc;

	mdev->parent = &container_of(type->parent, struct mdev_native_parent,
				     core)->shown;
	mdev->type = type->desc;
	mdev->id.uuid = id->uuid;
	mdev->id.instance = id->instance;
	init_completion(&mdev->services_unused);
	mdev_native_lock_ops(mdev);
	rc = mdev->parent->ops->create(mdev, params);
	mdev_native_unlock_ops(mdev);
	return rc;
}

static void mdev_native_destroy(struct device *dev)
{
	struct mdev_device *mdev = to_mdev_device(dev);

	mdev_native_lock_ops(mdev);
	mdev->parent->ops->destroy(mdev);
	mdev_native_unlock_ops(mdev);
}

static int mdev_native_start(struct device *dev)
{
	struct mdev_device *mdev = to_mdev_device(dev);
	int rc;

	if (!mdev->parent->ops->start)
		return 0;
	mdev_native_lock_ops(mdev);
	rc = mdev->parent->ops->start(mdev);
	mdev_native_unlock_ops(mdev);
	return rc;
}

static int mdev_native_stop(struct device *dev)
{
	struct mdev_device *mdev = to_mdev_device(dev);
	int rc;

	if (!mdev->parent->ops->stop)
		return 0;
	mdev_native_lock_ops(mdev);
	rc = mdev->parent->ops->stop(mdev);
	mdev_native_unlock_ops(mdev);
	return rc;
}

const struct mdev_interface mdev_native_interface = {
	.device_size = sizeof(struct mdev_device),
	.takes = MDEV_TAKES_NUMBER | MDEV_TAKES_PARAMS,
	.release = mdev_native_release,
	.get_type = mdev_native_get_type,
	.create = mdev_native_create,
	.destroy = mdev_native_destroy,
	.start = mdev_native_start,
	.stop = mdev_native_stop,
	.match = mdev_native_match,
	.probe = mdev_native_probe,
	.remove = mdev_native_remove,
	.in_use = mdev_native_in_use,
	.request = mdev_native_request,
};

/**
 * mdev_native_fits() - whether a driver was built with the mdev.h of this module
 * @name: the driver's
 * @build: what it was built with
 *
 * Return: true if so; if not, that is logged.
 */
bool mdev_native_fits(const char *name, const struct mdev_build *build)
{
	static const struct mdev_build ours = MDEV_BUILD;

	if (build->api == ours.api && !memcmp(build, &ours, sizeof(ours)))
		return true;
	pr_err("mdev: %s was built with another mdev.h (API %u) than this module (API %u): build it again\n",
	       name, build->api, ours.api);
	return false;
}

/*
 * Returns the name of the first thing that the driver lacks, or NULL. module is
 * that of the calling code: NULL if it is built into the kernel.
 */
static const char *mdev_ops_flaw(const struct parent_ops *ops,
				 const struct module *module)
{
	const struct mdev_type_desc *type = ops->supported_types;

	if (!ops->owner && module)
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

static struct mdev_native_parent *
mdev_native_parent_alloc(struct device *dev, const struct parent_ops *ops)
{
	struct mdev_native_parent *parent;

	parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	if (!parent)
		return NULL;
	parent->shown.dev = dev;
	parent->shown.ops = ops;
	mutex_init(&parent->ops_lock);
	parent->core.dev = dev;
	parent->core.interface = &mdev_native_interface;
	parent->core.device_api = ops->device_api;
	parent->core.max_instances = ops->max_instances ?: UINT_MAX;
	parent->core.parent_groups = ops->dev_attr_groups;
	parent->core.device_groups = ops->mdev_attr_groups;
	if (ops->available_instances)
		parent->core.available = mdev_native_available;
	if (ops->description)
		parent->core.description = mdev_native_description;
	return parent;
}

/**
 * __mdev_register_device() - what mdev_register_device() stands for
 * @dev: the device
 * @ops: what its driver provides
 * @module: the calling module
 * @build: what that was built with
 *
 * Return: see mdev_register_device().
 */
int __mdev_register_device(struct device *dev, const struct parent_ops *ops,
			   struct module *module,
			   const struct mdev_build *build)
{
	struct mdev_native_parent *parent;
	const char *flaw;

	if (!mdev_native_fits(dev_driver_string(dev), build))
		return -EINVAL;
	flaw = mdev_ops_flaw(ops, module);
	if (flaw) {
		dev_err(dev, "cannot be a parent: its driver lacks %s\n", flaw);
		return -EINVAL;
	}

	parent = mdev_native_parent_alloc(dev, ops);
	if (!parent)
		return -ENOMEM;
	return mdev_parent_register(&parent->core);
}
EXPORT_SYMBOL_GPL(__mdev_register_device);

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
	mdev_parent_unregister(dev, &mdev_native_interface);
}
EXPORT_SYMBOL_GPL(mdev_unregister_device);

static int mdev_native_do_open(struct mdev_device *mdev)
{
	const struct parent_ops *ops = mdev->parent->ops;
	int rc = 0;

	if (!mdev_device_is_live(&mdev->dev))
		return -ENODEV;
	if (WARN_ON(mdev->open))
		return -EBUSY;
	/* Put in mdev_close_device() */
	if (!try_module_get(ops->owner))
		return -ENODEV;
	mdev->requests = 0;
	mdev_services_open(mdev);
	if (ops->open)
		rc = ops->open(mdev);
	if (!rc) {
		mdev->open = true;
		return 0;
	}
	mdev_services_close(mdev);
	module_put(ops->owner);
	return rc;
}

/**
 * mdev_open_device() - a first user opens the instance
 * @mdev: the instance, bound to the calling bus driver
 *
 * Calls &parent_ops.open. Until mdev_close_device() the parent driver's module
 * stays loaded, and user space cannot remove the instance; only the end of its
 * parent removes it, and waits for the close.
 *
 * Context: process context.
 * Return: 0, -ENODEV if the instance or its parent is going away, or the error
 * of the driver's open.
 */
int mdev_open_device(struct mdev_device *mdev)
{
	int rc;

	mdev_device_lock(&mdev->dev);
	rc = mdev_native_do_open(mdev);
	mdev_device_unlock(&mdev->dev);
	return rc;
}
EXPORT_SYMBOL_GPL(mdev_open_device);

/**
 * mdev_close_device() - the last user has closed the instance
 * @mdev: an instance that mdev_open_device() has opened
 *
 * Context: process context.
 */
void mdev_close_device(struct mdev_device *mdev)
{
	const struct parent_ops *ops = mdev->parent->ops;

	mdev_device_lock(&mdev->dev);
	if (ops->close)
		ops->close(mdev);
	mdev_services_close(mdev);
	mdev->open = false;
	mdev_device_unlock(&mdev->dev);
	/* Pairs with the get in mdev_native_do_open() */
	module_put(ops->owner);
}
EXPORT_SYMBOL_GPL(mdev_close_device);

/**
 * mdev_type_desc() - the parent driver's description of an instance's type
 * @mdev: the instance
 *
 * Context: any, between create and destroy of the instance. Not later: it is
 * the parent driver's memory, which a reference to the instance does not keep.
 *
 * Return: the entry of &parent_ops.supported_types.
 */
const struct mdev_type_desc *mdev_type_desc(struct mdev_device *mdev)
{
	return mdev->type;
}
EXPORT_SYMBOL_GPL(mdev_type_desc);

/**
 * dev_is_mdev() - whether a device is an instance of this interface
 * @dev: any device
 *
 * Context: any.
 * Return: true if to_mdev_device() can be used on it.
 */
bool dev_is_mdev(const struct device *dev)
{
	return mdev_device_is_of(dev, &mdev_native_interface);
}
EXPORT_SYMBOL_GPL(dev_is_mdev);
