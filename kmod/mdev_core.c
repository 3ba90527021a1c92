// SPDX-License-Identifier: GPL-2.0-only
/*
 * mdev.ko: what is done when it is loaded and unloaded, and the core's locking
 * rules
 */

/*
 * Locking
 *
 * In the order in which they are taken:
 *
 * mdev_machine.lock
 *	One start or stop of a machine at a time. Held over the callbacks.
 *
 * mdev_core_device.op_lock
 *	One of start, stop, open, close, and the decision to remove, at a time.
 *	Held over the driver's callbacks of that name, which are bounded; never
 *	over the binding or unbinding of a bus driver, which takes VFIO's locks
 *	(VFIO holds those when it calls open and close) and waits for user
 *	space. Also held while a driver is asked whether it matches, while the
 *	users of an instance are asked to let go, and in a close until services
 *	of the parent driver that are under way have ended. Writes and guards
 *	.started, .gone, and .drv_changing, while a bus driver is coming or
 *	going. The device's own lock, which the driver core holds meanwhile, is
 *	taken before it; that one guards what an interface keeps of the bus
 *	driver, which it also reads under op_lock while .drv_changing is not
 *	set.
 *
 * mdev_native_parent.ops_lock
 *	Only where parent_ops.serialize is set: one of create, destroy, start,
 *	stop of the parent's instances at a time.
 *
 * mdev_lock
 *	Every list and table: parents, machines and their instances, a parent's
 *	number of instances. A leaf, held for a few lines; no driver is called
 *	under it.
 *
 * The drivers on the bus are in an XArray, which has a lock of its own.
 *
 * mdev_core_device.live is written under op_lock. It is set last in creation and
 * cleared first in removal. The thread that has cleared it removes the instance;
 * no other thread does. Lookups read it under mdev_lock alone, to leave out what
 * is not complete; an instance that they return may be claimed at any time, and
 * what is done with it asks again under op_lock.
 *
 * References
 *
 * mdev_core_device.dev is the only count of an instance. An instance holds its type
 * from allocation to release, and the type its parent; the module stays until
 * the last parent is released. An instance's identity, which is its place in a
 * machine, and its place at the parent are taken before the driver's create and
 * given back after its destroy: they do not wait for the last reference.
 */

#include <linux/module.h>
#include <linux/rcupdate.h>

#include "mdev_private.h"

/* Guards every list and table; see above */
DEFINE_MUTEX(mdev_lock);

static int __init mdev_init(void)
{
	int rc;

	rc = mdev_bus_register();
	if (rc)
		return rc;
	rc = mdev_machines_init();
	if (rc)
		goto out_bus;
	rc = mdev_parents_init();
	if (rc)
		goto out_machines;
	return 0;

out_machines:
	mdev_machines_exit();
out_bus:
	mdev_bus_unregister();
	return rc;
}

static void __exit mdev_exit(void)
{
	mdev_parents_exit();
	mdev_machines_exit();
	mdev_bus_unregister();
	/*
	 * The thread that has put the last reference may still execute text of
	 * this module: the end of a release function. It holds no lock that we
	 * could take to wait for it, so wait until every task has left.
	 */
	synchronize_rcu_tasks();
}

/* Built into the kernel, it begins before any driver of a device. */
subsys_initcall(mdev_init);
module_exit(mdev_exit);

MODULE_DESCRIPTION("Mediated device core");
MODULE_AUTHOR("The mdev project");
MODULE_LICENSE("GPL");
MODULE_VERSION(MDEV_VERSION);
