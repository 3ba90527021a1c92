// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's tables: which identities, places and machines are taken
 */

/*
 * Locking
 *
 * In the order in which they are taken:
 *
 * mdev_machine.lock
 *	One start or stop of a machine at a time. Held over the callbacks.
 *
 * mdev_device.op_lock
 *	One of start, stop, open, close, and the decision to remove, at a time.
 *	Held over the driver's callbacks of that name, which are bounded; never
 *	over the binding or unbinding of a bus driver, which takes VFIO's locks
 *	(VFIO holds those when it calls open and close) and waits for user
 *	space. Writes and guards .open and .started, .drv, the bus driver that
 *	is bound, and .drv_changing, while one is coming or going. The device's
 *	own lock, which the driver core holds meanwhile, is taken before it;
 *	that one guards .group.
 *
 * parent_device.ops_lock
 *	Only where parent_ops.serialize is set: one of create, destroy, start,
 *	stop of the parent's instances at a time.
 *
 * mdev_lock
 *	Every list and table: parents, instances by identity, machines and
 *	their instances, a parent's instances and their number. A leaf, held
 *	for a few lines; no driver is called under it.
 *
 * mdev_device.live is written under op_lock and mdev_lock both, and so can be
 * read under either. It is set last in creation and cleared first in removal;
 * whoever clears it removes the instance, and nobody else does.
 *
 * References
 *
 * mdev_device.dev is the only count of an instance. An instance holds its type
 * from allocation to release, and the type its parent; the module stays until
 * the last parent is released. An instance's identity, its place at the parent
 * and in the machine are taken before the driver's create and given back after
 * its destroy: they do not wait for the last reference.
 */

#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/rhashtable.h>

#include "mdev_private.h"

/* A leaf; guards every list and table, see above */
DEFINE_MUTEX(mdev_lock);

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
int mdev_device_reserve(struct mdev_device *mdev)
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
void mdev_device_unreserve(struct mdev_device *mdev)
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

static int __init mdev_init(void)
{
	int rc;

	rc = rhashtable_init(&mdev_ids, &mdev_ids_params);
	if (rc)
		return rc;
	rc = mdev_machines_init();
	if (rc)
		goto out_ids;
	rc = mdev_bus_register();
	if (rc)
		goto out_machines;
	rc = mdev_sysfs_init();
	if (rc)
		goto out_bus;
	return 0;

out_bus:
	mdev_bus_unregister();
out_machines:
	mdev_machines_exit();
out_ids:
	rhashtable_destroy(&mdev_ids);
	return rc;
}

static void __exit mdev_exit(void)
{
	mdev_parents_exit();
	mdev_sysfs_exit();
	mdev_bus_unregister();
	mdev_machines_exit();
	rhashtable_destroy(&mdev_ids);
	/*
	 * Whoever gave the last reference back may still be on his way out of
	 * the code that freed it, and none of his locks is ours to wait for.
	 */
	synchronize_rcu_tasks();
}

module_init(mdev_init);
module_exit(mdev_exit);

MODULE_DESCRIPTION("Mediated device core");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
/* Above the in-tree core's, or DKMS would keep that one. */
MODULE_VERSION("1.0");
