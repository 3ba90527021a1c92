/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the core share
 */

#ifndef _MDEV_PRIVATE_H
#define _MDEV_PRIVATE_H

#include <linux/kobject.h>
#include <linux/mutex.h>

#include "mdev_interface.h"

struct mdev_machine;

#define to_mdev_core_type(_kobj) \
	container_of(_kobj, struct mdev_core_type, kobj)

/**
 * struct mdev_core_device - the core's part of an instance
 * @id: its identity
 * @type: its type, of which it holds a reference
 * @machine: all instances of its UUID
 * @machine_node: in the machine
 * @op_lock: one of start, stop, open, close, claim at a time
 * @probe_error: what the last probe returned
 * @live: complete, and not being removed
 * @gone: it has left the bus, and the driver's memory may go, too
 * @drv_changing: a bus driver is being bound or unbound
 * @started: see mdev_start in ABI.rst
 * @dev: its device, on the mdev bus, below the parent's. The last member, which
 *	is the first one of the interface's struct mdev_device.
 */
struct mdev_core_device {
	struct mdev_identity id;
	struct mdev_core_type *type;
	struct mdev_machine *machine;
	struct list_head machine_node;
	struct mutex op_lock; /* start, stop, open, close, claim */
	int probe_error;
	bool live;
	bool gone;
	bool drv_changing;
	bool started;
	struct device dev;
};

static inline struct mdev_core_device *to_mdev_core_device(struct device *dev)
{
	return container_of(dev, struct mdev_core_device, dev);
}

static inline const struct mdev_interface *
mdev_device_interface(const struct mdev_core_device *mdev)
{
	return mdev->type->parent->interface;
}

/**
 * struct mdev_request - what user space has written to make an instance
 * @id: the identity
 * @numbered: whether an instance number was written; if so it is part of the
 *	device's name
 * @params: what is for the driver, or NULL; points into @line
 * @line: a copy of the line
 */
struct mdev_request {
	struct mdev_identity id;
	bool numbered;
	char *params;
	char *line;
};

/* mdev_core.c: guards every list and table of the core */
extern struct mutex mdev_lock;

/* mdev_device.c */
struct mdev_core_device *mdev_device_find(struct mdev_core_parent *parent,
					  const struct mdev_identity *id);
int mdev_device_create(struct mdev_core_type *type,
		       const struct mdev_request *req);
int mdev_device_destroy(struct mdev_core_device *mdev);
void mdev_device_request(struct mdev_core_device *mdev);
void mdev_device_evict(struct mdev_core_device *mdev);

/* mdev_parent.c */
void mdev_parent_get(struct mdev_core_parent *parent);
void mdev_parent_put(struct mdev_core_parent *parent);
int mdev_parents_init(void);
void mdev_parents_exit(void);

/* mdev_machine.c */
int mdev_machines_init(void);
void mdev_machines_exit(void);
struct mdev_core_device *
mdev_machine_find_device(const struct mdev_identity *id);
int mdev_machine_join(struct mdev_core_device *mdev);
void mdev_machine_leave(struct mdev_core_device *mdev);
void mdev_machine_stop_removed(struct mdev_core_device *mdev);
int mdev_machine_start(const guid_t *uuid);
int mdev_machine_stop(const guid_t *uuid);

/* mdev_request.c */
int mdev_request_parse(struct mdev_request *req, const char *buf, size_t count);
void mdev_request_done(struct mdev_request *req);
struct mdev_core_type *mdev_request_take_type(struct mdev_request *req,
					      struct mdev_core_parent *parent);

/* mdev_bus.c */
int mdev_bus_register(void);
void mdev_bus_unregister(void);

/* mdev_type.c */
int mdev_types_add(struct mdev_core_parent *parent);
void mdev_types_remove(struct mdev_core_parent *parent);
int mdev_types_open(struct mdev_core_parent *parent);
void mdev_types_seal(struct mdev_core_parent *parent);

#endif /* _MDEV_PRIVATE_H */
