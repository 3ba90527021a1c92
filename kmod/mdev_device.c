// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instances, from creation to removal
 *
 * mdev_device_create() goes through these steps, and undoes them in reverse if
 * one fails:
 *
 *	reserve		identity, place at the parent
 *	create		the parent driver's callback
 *	device_add()	folder in sysfs; a bus driver probes
 *	publish		the core's files and links in it, uevent, live
 *
 * Removal begins with a claim, which clears live, and then takes the steps
 * back. The locking rules stand in mdev_core.c.
 */

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "mdev_private.h"

/*
 * Take the identity and a place at the parent. Returns -EEXIST if the identity
 * is taken, -EUSERS if the parent has no instance left, or -ENOMEM.
 */
static int mdev_device_reserve(struct mdev_core_device *mdev)
{
	struct mdev_core_parent *parent = mdev->type->parent;
	int rc;

	mutex_lock(&mdev_lock);
	rc = mdev_machine_join(mdev);
	if (!rc && parent->nr_devices >= parent->max_instances) {
		mdev_machine_leave(mdev);
		rc = -EUSERS;
	}
	if (!rc)
		WRITE_ONCE(parent->nr_devices, parent->nr_devices + 1);
	mutex_unlock(&mdev_lock);
	return rc;
}

static void mdev_device_unreserve(struct mdev_core_device *mdev)
{
	struct mdev_core_parent *parent = mdev->type->parent;

	mutex_lock(&mdev_lock);
	mdev_machine_leave(mdev);
	WRITE_ONCE(parent->nr_devices, parent->nr_devices - 1);
	if (!parent->nr_devices)
		/* Pairs with the wait in mdev_parent_evict_all() */
		wake_up(&parent->devices_gone);
	mutex_unlock(&mdev_lock);
}

/**
 * mdev_device_find() - look up a live instance by its identity
 * @parent: the parent that it must belong to
 * @id: the identity
 *
 * Return: the instance, with a reference that the caller puts, or NULL.
 */
struct mdev_core_device *mdev_device_find(struct mdev_core_parent *parent,
					  const struct mdev_identity *id)
{
	struct mdev_core_device *mdev;

	mutex_lock(&mdev_lock);
	mdev = mdev_machine_find_device(id);
	if (mdev && READ_ONCE(mdev->live) && mdev->type->parent == parent)
		get_device(&mdev->dev);
	else
		mdev = NULL;
	mutex_unlock(&mdev_lock);
	return mdev;
}

static ssize_t remove_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct mdev_core_device *mdev = to_mdev_core_device(dev);
	struct kernfs_node *kn;
	unsigned long val;
	int rc;

	/*
	 * kstrtoul() stops at a NUL and would ignore what follows it. sysfs
	 * passes on the first page of a longer write: there may be more.
	 */
	if (count >= PAGE_SIZE || strlen(buf) != count ||
	    kstrtoul(buf, 0, &val))
		return -EINVAL;
	if (!val)
		return count;

	/* Removal deletes this file, which would wait for this write to end. */
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
	return sysfs_emit(buf, "%pUl\n", &to_mdev_core_device(dev)->id.uuid);
}
static DEVICE_ATTR_RO(uuid);

static ssize_t instance_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", to_mdev_core_device(dev)->id.instance);
}
static DEVICE_ATTR_RO(instance);

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	bool started = READ_ONCE(to_mdev_core_device(dev)->started);

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

static umode_t mdev_device_attr_is_visible(struct kobject *kobj,
					   struct attribute *attr, int n)
{
	struct mdev_core_device *mdev = to_mdev_core_device(kobj_to_dev(kobj));

	if (attr == &dev_attr_instance.attr &&
	    !(mdev_device_interface(mdev)->takes & MDEV_TAKES_NUMBER))
		return 0;
	return attr->mode;
}

static const struct attribute_group mdev_device_group = {
	.attrs = mdev_device_attrs,
	.is_visible = mdev_device_attr_is_visible,
};

/*
 * Make the core's files of an instance, and link it and its type to each other.
 *
 * What is in the instance's own folder goes with it in mdev_device_del(), also
 * after a failure here. The driver core would look up each file by its name to
 * remove it, if this were a group of the device.
 */
static int mdev_device_add_files(struct mdev_core_device *mdev)
{
	struct kobject *kobj = &mdev->dev.kobj;
	int rc;

	rc = sysfs_create_group(kobj, &mdev_device_group);
	if (rc)
		return rc;
	rc = sysfs_create_link(kobj, &mdev->type->kobj, "mdev_type");
	if (rc)
		return rc;
	return sysfs_create_link(mdev->type->devices_kobj, kobj,
				 kobject_name(kobj));
}

static void mdev_device_remove_link(struct mdev_core_device *mdev)
{
	sysfs_remove_link(mdev->type->devices_kobj, dev_name(&mdev->dev));
}

static void mdev_device_release(struct device *dev)
{
	struct mdev_core_device *mdev = to_mdev_core_device(dev);
	struct mdev_core_type *type = mdev->type;

	mutex_destroy(&mdev->op_lock);
	kfree(mdev);
	/* Last: mdev_exit() waits for this. Taken in mdev_device_alloc(). */
	kobject_put(&type->kobj);
}

/* Returns an instance without a name, or NULL. put_device() frees it. */
static struct mdev_core_device *
mdev_device_alloc(struct mdev_core_type *type, const struct mdev_identity *id)
{
	struct mdev_core_parent *parent = type->parent;
	struct mdev_core_device *mdev;

	/* The interface's structure begins with the last member of this one. */
	mdev = kzalloc(offsetof(struct mdev_core_device, dev) +
		       parent->interface->device_size, GFP_KERNEL);
	if (!mdev)
		return NULL;

	mutex_init(&mdev->op_lock);
	mdev->id = *id;
	/* Put in mdev_device_release() */
	kobject_get(&type->kobj);
	mdev->type = type;

	device_initialize(&mdev->dev);
	mdev->dev.parent = parent->dev;
	mdev->dev.bus = &mdev_bus_type;
	mdev->dev.groups = parent->device_groups;
	mdev->dev.release = mdev_device_release;
	/* There is no power to manage, so there need be no folder power/. */
	device_set_pm_not_required(&mdev->dev);
	return mdev;
}

static int mdev_device_set_name(struct mdev_core_device *mdev, bool numbered)
{
	if (numbered)
		return dev_set_name(&mdev->dev, "%pUl-%u", &mdev->id.uuid,
				    mdev->id.instance);
	return dev_set_name(&mdev->dev, "%pUl", &mdev->id.uuid);
}

/*
 * Make sure that the instance has a bus driver. device_add() has looked for
 * one, but does not return what came of it. If a probe failed, mdev_bus_probe()
 * has kept its error. Otherwise ask again with device_attach(), which does
 * return a result: memory may have been short before any probe was called, or
 * the driver probes asynchronously, or drivers_autoprobe is off.
 */
static int mdev_device_bind(struct mdev_core_device *mdev)
{
	int rc = 0;

	if (!READ_ONCE(mdev->probe_error))
		rc = device_attach(&mdev->dev);
	if (rc > 0)
		return 0;
	if (!rc)
		rc = READ_ONCE(mdev->probe_error) ?: -ENXIO;
	/* create is not deferred: user space has to write again. */
	return rc == -EPROBE_DEFER ? -EAGAIN : rc;
}

/*
 * Announce a complete instance to user space. The uevent is sent with op_lock
 * held: a listener that removes the instance at once waits here until it is
 * live. A bus driver is bound by now, so udev needs no bind event after the
 * add.
 */
static int mdev_device_publish(struct mdev_core_device *mdev)
{
	int rc;

	/*
	 * Without op_lock: what cannot be added takes back what is there, and
	 * waits for those that use it, who may wait for op_lock.
	 */
	rc = mdev_device_add_files(mdev);
	if (rc)
		return rc;

	mutex_lock(&mdev->op_lock);
	dev_set_uevent_suppress(&mdev->dev, false);
	kobject_uevent(&mdev->dev.kobj, KOBJ_ADD);
	WRITE_ONCE(mdev->live, true);
	mutex_unlock(&mdev->op_lock);
	return 0;
}

/*
 * Take the device off the bus. Returns when no driver is asked about it.
 *
 * Its folder goes, and what the core has put there. But first nobody may be in
 * remove_store() any more, which looks for its own file in that folder.
 */
static void mdev_device_del(struct mdev_core_device *mdev)
{
	device_remove_file(&mdev->dev, &dev_attr_remove);
	device_del(&mdev->dev);
	mutex_lock(&mdev->op_lock);
	mdev->gone = true;
	mutex_unlock(&mdev->op_lock);
}

/* Add the device, bind it to a bus driver, and publish it */
static int mdev_device_add(struct mdev_core_device *mdev)
{
	int rc;

	/* device_add() would send it before the instance is complete. */
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
	mdev_device_del(mdev);
	return rc;
}

/* Logs if the request names more than the parent's interface knows of */
static bool mdev_request_is_taken(struct mdev_core_parent *parent,
				  const struct mdev_request *req)
{
	unsigned int named = (req->numbered ? MDEV_TAKES_NUMBER : 0) |
			     (req->params ? MDEV_TAKES_PARAMS : 0);
	unsigned int excess = named & ~parent->interface->takes;

	if (excess)
		dev_notice_ratelimited(parent->dev,
				       "its driver takes no %s with an instance\n",
				       excess & MDEV_TAKES_NUMBER ?
				       "instance number" : "params");
	return !excess;
}

/**
 * mdev_device_create() - make an instance
 * @type: its type; the parent stays registered during the call
 * @req: its identity and params
 *
 * Context: process context, no lock of the core held.
 * Return: 0; -EINVAL if the request names what the parent does not take;
 * -EEXIST if the identity is taken; -EUSERS if the parent has no
 * instance left; -ENXIO if no bus driver took the instance; -EAGAIN if one did
 * not take it yet; -ENOMEM; or the error of the parent driver's create or of
 * the bus driver's probe.
 */
int mdev_device_create(struct mdev_core_type *type, const struct mdev_request *req)
{
	const struct mdev_interface *interface = type->parent->interface;
	struct mdev_core_device *mdev;
	int rc;

	if (!mdev_request_is_taken(type->parent, req))
		return -EINVAL;
	mdev = mdev_device_alloc(type, &req->id);
	if (!mdev)
		return -ENOMEM;

	rc = mdev_device_reserve(mdev);
	if (rc)
		goto out_put;
	/* Not before: a request for a taken identity is refused without it. */
	rc = mdev_device_set_name(mdev, req->numbered);
	if (rc)
		goto out_unreserve;
	rc = interface->create(&mdev->dev, type, &mdev->id, req->params);
	if (rc)
		goto out_unreserve;
	rc = mdev_device_add(mdev);
	if (rc)
		goto out_destroy;
	return 0;

out_destroy:
	interface->destroy(&mdev->dev);
out_unreserve:
	mdev_device_unreserve(mdev);
out_put:
	put_device(&mdev->dev);
	return rc;
}

static bool mdev_device_in_use(struct mdev_core_device *mdev)
{
	lockdep_assert_held(&mdev->op_lock);

	return mdev->drv_changing ||
	       mdev_device_interface(mdev)->in_use(&mdev->dev);
}

/* Returns 0 to exactly one caller, which then removes the instance; or -ENODEV */
static int mdev_device_claim(struct mdev_core_device *mdev)
{
	lockdep_assert_held(&mdev->op_lock);

	if (!mdev->live)
		return -ENODEV;
	WRITE_ONCE(mdev->live, false);
	return 0;
}

/*
 * Unbind the bus driver, and let none bind again. Its remove waits until user
 * space has closed the instance, which can only be open here if its parent
 * goes. User space gets a remove uevent later, so it gets no unbind event now.
 */
static void mdev_device_unbind(struct mdev_core_device *mdev)
{
	struct device *dev = &mdev->dev;

	device_lock(dev);
	kill_device(dev);
	device_unlock(dev);
	dev_set_uevent_suppress(dev, true);
	device_release_driver(dev);
	dev_set_uevent_suppress(dev, false);
}

/*
 * Remove a claimed instance. Unbind first: the device stays in sysfs for as
 * long as it is in use.
 */
static void mdev_device_remove(struct mdev_core_device *mdev)
{
	mdev_device_unbind(mdev);
	mdev_device_remove_link(mdev);
	mdev_device_del(mdev);
	mdev_machine_stop_removed(mdev);
	mdev_device_interface(mdev)->destroy(&mdev->dev);
	mdev_device_unreserve(mdev);
	/* Pairs with device_initialize() in mdev_device_alloc() */
	put_device(&mdev->dev);
}

/**
 * mdev_device_destroy() - remove an instance that is not in use
 * @mdev: the instance; the caller holds a reference
 *
 * Context: process context, no lock of the core held. Does not wait for user
 * space.
 * Return: 0; -EBUSY if it is open, or a bus driver is being bound or unbound;
 * -ENODEV if it is not complete yet or is being removed already.
 */
int mdev_device_destroy(struct mdev_core_device *mdev)
{
	int rc;

	mutex_lock(&mdev->op_lock);
	if (mdev->live && mdev_device_in_use(mdev))
		rc = -EBUSY;
	else
		rc = mdev_device_claim(mdev);
	mutex_unlock(&mdev->op_lock);
	if (!rc)
		mdev_device_remove(mdev);
	return rc;
}

/**
 * mdev_device_evict() - remove an instance, and wait for its user if it has one
 * @mdev: the instance; the caller holds a reference
 *
 * Does nothing if another thread is removing the instance.
 *
 * Context: process context, no lock of the core held.
 */
void mdev_device_evict(struct mdev_core_device *mdev)
{
	int rc;

	mutex_lock(&mdev->op_lock);
	rc = mdev_device_claim(mdev);
	mutex_unlock(&mdev->op_lock);
	if (!rc)
		mdev_device_remove(mdev);
}

/**
 * mdev_device_request() - ask the users of an instance to let go of it
 * @mdev: the instance; the caller holds a reference
 *
 * Does nothing if it is not in use, or is being removed.
 *
 * Context: process context, no lock of the core held. Does not wait for user
 * space.
 */
void mdev_device_request(struct mdev_core_device *mdev)
{
	const struct mdev_interface *interface = mdev_device_interface(mdev);

	mutex_lock(&mdev->op_lock);
	if (mdev->live && !mdev->drv_changing && interface->in_use(&mdev->dev))
		interface->request(&mdev->dev);
	mutex_unlock(&mdev->op_lock);
}

/**
 * mdev_device_lock() - keep the core from deciding on an instance's removal
 * @dev: the instance
 *
 * Takes op_lock: see the head of mdev_core.c.
 */
void mdev_device_lock(struct device *dev)
{
	mutex_lock(&to_mdev_core_device(dev)->op_lock);
}

/**
 * mdev_device_unlock() - undo mdev_device_lock()
 * @dev: the instance
 */
void mdev_device_unlock(struct device *dev)
{
	mutex_unlock(&to_mdev_core_device(dev)->op_lock);
}

/**
 * mdev_device_is_live() - whether an instance is complete, and stays
 * @dev: the instance, locked by mdev_device_lock()
 *
 * Return: false if the instance is not complete yet or is being removed.
 */
bool mdev_device_is_live(struct device *dev)
{
	struct mdev_core_device *mdev = to_mdev_core_device(dev);

	lockdep_assert_held(&mdev->op_lock);

	return mdev->live;
}

/**
 * mdev_device_is_of() - whether a device is an instance of an interface
 * @dev: any device
 * @interface: the interface
 *
 * Return: true if the interface's struct mdev_device is around @dev.
 */
bool mdev_device_is_of(const struct device *dev,
		       const struct mdev_interface *interface)
{
	return dev->bus == &mdev_bus_type &&
	       mdev_device_interface(container_of(dev, struct mdev_core_device,
						  dev)) == interface;
}
