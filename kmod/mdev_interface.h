/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core, as its interfaces to drivers see it
 *
 * Drivers reach the core through one of two interfaces, which stand beside each
 * other on top of it:
 *
 *	mdev_native_*.c		the project's own, which mdev.h describes
 *	mdev_kernel_*.c		that of the kernel's <linux/mdev.h>
 *
 * An interface describes each of its parents by a struct mdev_core_parent, and
 * answers what the core asks by its struct mdev_interface. The core knows
 * neither of the two.
 *
 * Both have a struct mdev_device of their own, which drivers see. It begins with
 * the struct device, with which the core's struct mdev_core_device ends:
 *
 *	struct mdev_core_device		... | dev |
 *	struct mdev_device		    | dev | ...
 *
 * The core allocates both in one piece, and passes the device to the interface,
 * which finds its own structure around it.
 *
 * This header needs no more of the kernel than <linux/mdev.h> does itself;
 * mdev_kernel_parent.c says why.
 */

#ifndef _MDEV_INTERFACE_H
#define _MDEV_INTERFACE_H

#include <linux/device.h>
#include <linux/uuid.h>

struct mdev_core_parent;

/**
 * struct mdev_identity - what no two instances of a host have in common
 * @uuid: the machine that the instance is meant for
 * @instance: number within the machine; 0 if user space gave none
 */
struct mdev_identity {
	guid_t uuid;
	u32 instance;
};

/**
 * struct mdev_core_type - a type of one registered parent
 * @name: its name after that of the parent's driver; set by
 *	&mdev_interface.get_type, like the next two
 * @pretty_name: a name for people, or NULL
 * @desc: the driver's description
 * @parent: the parent, of which the type holds a reference
 * @kobj: its folder below mdev_supported_types, and its reference count
 * @devices_kobj: the folder of links to its instances
 * @node: in the parent's list of types, which does not change while the parent
 *	is registered
 */
struct mdev_core_type {
	const char *name;
	const char *pretty_name;
	const void *desc;
	struct mdev_core_parent *parent;
	struct kobject kobj;
	struct kobject *devices_kobj;
	struct list_head node;
};

/* What a request for an instance may name beside the UUID */
enum mdev_takes {
	MDEV_TAKES_NUMBER = BIT(0),
	MDEV_TAKES_PARAMS = BIT(1),
};

/**
 * struct mdev_interface - what the core asks an interface
 * @device_size: size of its struct mdev_device
 * @takes: MDEV_TAKES_* of its parents. A parent that takes no number has no
 *	mdev_create and mdev_destroy, and its instances have no file instance.
 * @release: free a parent. No lock is held.
 * @get_type: fill name, pretty_name and desc of the parent's type number nr, and
 *	return true; return false if there is none.
 * @create: fill the interface's struct mdev_device, which is zeroed, and have
 *	the driver make what it needs. Nobody else sees the device.
 * @destroy: undo @create.
 * @start: the machine is about to run; op_lock is held. Optional.
 * @stop: the machine has ended; op_lock is held unless the instance is being
 *	removed. Optional.
 * @match: whether a driver that the interface has added to the bus can drive
 *	the instance; op_lock is held.
 * @probe: bind dev->driver, which @match has accepted.
 * @remove: unbind it; waits until user space has let go of the instance.
 * @in_use: whether @remove would have to wait now. Does not wait itself. No
 *	driver is being bound or unbound; op_lock is held.
 * @request: ask the users to let go, and return at once; called like @in_use.
 */
struct mdev_interface {
	size_t device_size;
	unsigned int takes;
	void (*release)(struct mdev_core_parent *parent);
	bool (*get_type)(struct mdev_core_parent *parent, unsigned int nr,
			 struct mdev_core_type *type);
	int (*create)(struct device *dev, struct mdev_core_type *type,
		      const struct mdev_identity *id, const char *params);
	void (*destroy)(struct device *dev);
	int (*start)(struct device *dev);
	int (*stop)(struct device *dev);
	bool (*match)(struct device *dev, const struct device_driver *drv);
	int (*probe)(struct device *dev);
	void (*remove)(struct device *dev);
	bool (*in_use)(struct device *dev);
	void (*request)(struct device *dev);
};

/**
 * struct mdev_core_parent - a parent
 * @dev: the physical device
 * @interface: whose it is
 * @device_api: the VFIO API of its instances
 * @max_instances: how many it can have, of all types together
 * @parent_groups: attributes of the parent while it is registered, or NULL
 * @device_groups: attributes of each instance, or NULL
 * @available: how many more instances of a type it can have now; NULL if only
 *	@max_instances limits them
 * @description: print what distinguishes a type to a page; or NULL
 *
 * An interface embeds this in what it allocates for a parent, sets these
 * members, and calls mdev_parent_register(). The other members belong to the
 * core.
 */
struct mdev_core_parent {
	struct device *dev;
	const struct mdev_interface *interface;
	const char *device_api;
	unsigned int max_instances;
	const struct attribute_group **parent_groups;
	const struct attribute_group **device_groups;
	unsigned int (*available)(struct mdev_core_type *type);
	ssize_t (*description)(struct mdev_core_type *type, char *buf);

	/* private: locking rules stand at the head of mdev_core.c */
	struct kref ref;
	unsigned int nr_devices;
	wait_queue_head_t devices_gone;
	struct kset *types_kset;
	struct list_head types;
	struct device_attribute create_attr;
	struct device_attribute destroy_attr;
};

/* mdev_parent.c */
int mdev_parent_register(struct mdev_core_parent *parent);
void mdev_parent_unregister(struct device *dev,
			    const struct mdev_interface *interface);

/* mdev_device.c */
void mdev_device_lock(struct device *dev);
void mdev_device_unlock(struct device *dev);
bool mdev_device_is_live(struct device *dev);
bool mdev_device_is_of(const struct device *dev,
		       const struct mdev_interface *interface);

/* mdev_bus.c */
extern struct bus_type mdev_bus_type;

int mdev_bus_add_driver(struct device_driver *drv,
			const struct mdev_interface *interface);
void mdev_bus_remove_driver(struct device_driver *drv);
bool mdev_bus_has_driver(const struct device_driver *drv,
			 const struct mdev_interface *interface);

#endif /* _MDEV_INTERFACE_H */
