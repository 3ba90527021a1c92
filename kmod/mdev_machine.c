// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machines: all instances of one UUID, on any parents, which start and stop
 * together
 *
 * The table of machines is the table of identities as well. A machine has few
 * instances, most often one, so its list is searched for an instance number.
 */

#include <linux/completion.h>
#include <linux/device/class.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>

#include "compat.h"
#include "mdev_private.h"

/**
 * struct mdev_machine - the instances that share a UUID
 * @uuid: the UUID
 * @node: in mdev_machines, while there are @devices
 * @devices: the instances, in the order of their creation; under mdev_lock
 * @nr_devices: how many; under mdev_lock
 * @lock: one start or stop at a time
 * @ref: one while there are @devices, one for each start or stop under way
 */
struct mdev_machine {
	guid_t uuid;
	struct rhash_head node;
	struct list_head devices;
	unsigned int nr_devices;
	struct mutex lock; /* outermost */
	struct kref ref;
};

static struct rhashtable mdev_machines;

static const struct rhashtable_params mdev_machines_params = {
	.key_len = sizeof(guid_t),
	.key_offset = offsetof(struct mdev_machine, uuid),
	.head_offset = offsetof(struct mdev_machine, node),
	.automatic_shrinking = true,
};

static void mdev_machine_release(struct kref *ref)
{
	struct mdev_machine *machine =
		container_of(ref, struct mdev_machine, ref);

	mutex_destroy(&machine->lock);
	kfree(machine);
}

static struct mdev_machine *mdev_machine_new(const guid_t *uuid)
{
	struct mdev_machine *machine;

	lockdep_assert_held(&mdev_lock);

	machine = kzalloc(sizeof(*machine), GFP_KERNEL);
	if (!machine)
		return NULL;
	machine->uuid = *uuid;
	INIT_LIST_HEAD(&machine->devices);
	mutex_init(&machine->lock);
	kref_init(&machine->ref);
	if (rhashtable_insert_fast(&mdev_machines, &machine->node,
				   mdev_machines_params)) {
		kfree(machine);
		return NULL;
	}
	return machine;
}

static struct mdev_machine *mdev_machine_lookup(const guid_t *uuid)
{
	lockdep_assert_held(&mdev_lock);

	return rhashtable_lookup_fast(&mdev_machines, uuid,
				      mdev_machines_params);
}

static struct mdev_core_device *
mdev_machine_member(struct mdev_machine *machine, u32 instance)
{
	struct mdev_core_device *mdev;

	list_for_each_entry(mdev, &machine->devices, machine_node)
		if (mdev->id.instance == instance)
			return mdev;
	return NULL;
}

/**
 * mdev_machine_find_device() - look up an instance by its identity
 * @id: the identity
 *
 * Context: mdev_lock held.
 * Return: the instance, which need not be live, or NULL.
 */
struct mdev_core_device *
mdev_machine_find_device(const struct mdev_identity *id)
{
	struct mdev_machine *machine;

	lockdep_assert_held(&mdev_lock);

	machine = mdev_machine_lookup(&id->uuid);
	return machine ? mdev_machine_member(machine, id->instance) : NULL;
}

/**
 * mdev_machine_join() - add an instance to the machine of its UUID
 * @mdev: the instance
 *
 * This takes its identity. Makes the machine if this is its first instance.
 *
 * Context: mdev_lock held.
 * Return: 0, -EEXIST if the identity is taken, or -ENOMEM.
 */
int mdev_machine_join(struct mdev_core_device *mdev)
{
	struct mdev_machine *machine;

	lockdep_assert_held(&mdev_lock);

	machine = mdev_machine_lookup(&mdev->id.uuid);
	if (machine && mdev_machine_member(machine, mdev->id.instance))
		return -EEXIST;
	if (!machine)
		machine = mdev_machine_new(&mdev->id.uuid);
	if (!machine)
		return -ENOMEM;
	list_add_tail(&mdev->machine_node, &machine->devices);
	machine->nr_devices++;
	mdev->machine = machine;
	return 0;
}

/**
 * mdev_machine_leave() - undo mdev_machine_join()
 * @mdev: the instance
 *
 * The machine goes with its last instance.
 *
 * Context: mdev_lock held.
 */
void mdev_machine_leave(struct mdev_core_device *mdev)
{
	struct mdev_machine *machine = mdev->machine;

	lockdep_assert_held(&mdev_lock);

	list_del(&mdev->machine_node);
	mdev->machine = NULL;
	if (--machine->nr_devices)
		return;
	rhashtable_remove_fast(&mdev_machines, &machine->node,
			       mdev_machines_params);
	/* Pairs with kref_init() in mdev_machine_new() */
	kref_put(&machine->ref, mdev_machine_release);
}

/* Returns the machine, with a reference that the caller puts, or NULL */
static struct mdev_machine *mdev_machine_find(const guid_t *uuid)
{
	struct mdev_machine *machine;

	mutex_lock(&mdev_lock);
	machine = mdev_machine_lookup(uuid);
	if (machine)
		kref_get(&machine->ref);
	mutex_unlock(&mdev_lock);
	return machine;
}

static int mdev_member_call_stop(struct mdev_core_device *mdev)
{
	const struct mdev_interface *interface = mdev_device_interface(mdev);

	return interface->stop ? interface->stop(&mdev->dev) : 0;
}

static int mdev_member_do_start(struct mdev_core_device *mdev)
{
	const struct mdev_interface *interface = mdev_device_interface(mdev);
	int rc;

	lockdep_assert_held(&mdev->op_lock);

	if (!mdev->live || mdev->started)
		return 0;
	rc = interface->start ? interface->start(&mdev->dev) : 0;
	if (rc)
		return rc;
	WRITE_ONCE(mdev->started, true);
	kobject_uevent(&mdev->dev.kobj, KOBJ_ONLINE);
	return 1;
}

/*
 * Returns 1 if the instance was started, 0 if it is started already or is being
 * removed, or the error of the driver's start.
 */
static int mdev_member_start(struct mdev_core_device *mdev)
{
	int rc;

	mutex_lock(&mdev->op_lock);
	rc = mdev_member_do_start(mdev);
	mutex_unlock(&mdev->op_lock);
	return rc;
}

static int mdev_member_do_stop(struct mdev_core_device *mdev)
{
	int rc;

	lockdep_assert_held(&mdev->op_lock);

	if (!mdev->live || !mdev->started)
		return 0;
	rc = mdev_member_call_stop(mdev);
	if (rc)
		return rc;
	WRITE_ONCE(mdev->started, false);
	kobject_uevent(&mdev->dev.kobj, KOBJ_OFFLINE);
	return 1;
}

/*
 * Returns 1 if the instance was stopped, 0 if it is stopped already or is being
 * removed, or the error of the driver's stop.
 */
static int mdev_member_stop(struct mdev_core_device *mdev)
{
	int rc;

	mutex_lock(&mdev->op_lock);
	rc = mdev_member_do_stop(mdev);
	mutex_unlock(&mdev->op_lock);
	return rc;
}

/**
 * mdev_machine_stop_removed() - stop an instance that is being removed
 * @mdev: the instance, no longer live, so that nobody else starts or stops it
 *
 * If its driver fails to stop it, that is logged, and it is removed all the
 * same.
 */
void mdev_machine_stop_removed(struct mdev_core_device *mdev)
{
	if (mdev->started && mdev_member_call_stop(mdev))
		dev_warn(mdev->type->parent->dev, "%s failed to stop, removing it\n",
			 dev_name(&mdev->dev));
}

/* The live instances of a machine at one moment, with a reference to each */
struct mdev_members {
	struct mdev_core_device **devices;
	unsigned int nr;
};

static int mdev_members_get(struct mdev_members *members,
			    struct mdev_machine *machine)
{
	struct mdev_core_device *mdev;
	int rc = 0;

	members->nr = 0;
	mutex_lock(&mdev_lock);
	members->devices = kvcalloc(machine->nr_devices,
				    sizeof(*members->devices), GFP_KERNEL);
	if (!members->devices) {
		rc = -ENOMEM;
		goto out_unlock;
	}
	list_for_each_entry(mdev, &machine->devices, machine_node)
		if (READ_ONCE(mdev->live)) {
			/* Put in mdev_members_put() */
			get_device(&mdev->dev);
			members->devices[members->nr++] = mdev;
		}
out_unlock:
	mutex_unlock(&mdev_lock);
	return rc;
}

static void mdev_members_put(struct mdev_members *members)
{
	unsigned int i;

	for (i = 0; i < members->nr; i++)
		put_device(&members->devices[i]->dev);
	kvfree(members->devices);
}

/* Start all or none, but for those that are being removed */
static int mdev_members_start(struct mdev_members *members)
{
	unsigned int started = 0, i;
	int rc;

	for (i = 0; i < members->nr; i++) {
		rc = mdev_member_start(members->devices[i]);
		if (rc < 0)
			goto out_stop;
		if (rc > 0) {
			/* Those to stop after a failure are in front. */
			swap(members->devices[started], members->devices[i]);
			started++;
		}
	}
	return 0;

out_stop:
	while (started--)
		mdev_member_stop(members->devices[started]);
	return rc;
}

/* Stop all, also after one has failed; returns the first error */
static int mdev_members_stop(struct mdev_members *members)
{
	unsigned int i = members->nr;
	int first = 0, rc;

	while (i--) {
		rc = mdev_member_stop(members->devices[i]);
		if (rc < 0 && !first)
			first = rc;
	}
	return first;
}

static int mdev_machine_run(const guid_t *uuid,
			    int (*action)(struct mdev_members *members))
{
	struct mdev_machine *machine;
	struct mdev_members members;
	int rc;

	machine = mdev_machine_find(uuid);
	if (!machine)
		return -ENODEV;

	mutex_lock(&machine->lock);
	rc = mdev_members_get(&members, machine);
	if (!rc) {
		rc = members.nr ? action(&members) : -ENODEV;
		mdev_members_put(&members);
	}
	mutex_unlock(&machine->lock);
	/* Pairs with the get in mdev_machine_find() */
	kref_put(&machine->ref, mdev_machine_release);
	return rc;
}

/**
 * mdev_machine_start() - start all instances of a machine
 * @uuid: the machine
 *
 * If one fails, those that this call has started are stopped again.
 *
 * Context: process context, no lock of the core held.
 * Return: 0, -ENODEV if the machine has no instance, -ENOMEM, or the first
 * error of a driver.
 */
int mdev_machine_start(const guid_t *uuid)
{
	return mdev_machine_run(uuid, mdev_members_start);
}

/**
 * mdev_machine_stop() - stop all instances of a machine
 * @uuid: the machine
 *
 * If one fails, the others are stopped nevertheless.
 *
 * Context: process context, no lock of the core held.
 * Return: 0, -ENODEV if the machine has no instance, -ENOMEM, or the first
 * error of a driver.
 */
int mdev_machine_stop(const guid_t *uuid)
{
	return mdev_machine_run(uuid, mdev_members_stop);
}

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

int __init mdev_machines_init(void)
{
	int rc;

	rc = rhashtable_init(&mdev_machines, &mdev_machines_params);
	if (rc)
		return rc;
	rc = class_register(&mdev_class);
	if (rc)
		rhashtable_destroy(&mdev_machines);
	return rc;
}

void mdev_machines_exit(void)
{
	class_unregister(&mdev_class);
	/* The class is memory of this module. */
	wait_for_completion(&mdev_class_released);
	rhashtable_destroy(&mdev_machines);
}
