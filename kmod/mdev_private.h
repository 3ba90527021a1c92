/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of mdev.ko share
 */

#ifndef _MDEV_PRIVATE_H
#define _MDEV_PRIVATE_H

#include <linux/kobject.h>
#include <linux/mutex.h>

#include "mdev.h"

/**
 * struct mdev_type - a type of one registered parent
 * @kobj: its folder below mdev_supported_types, and its reference count
 * @devices_kobj: the folder of links to its instances
 * @parent: the parent, of which the type holds a reference
 * @desc: the driver's description
 * @node: in &parent_device.types, which does not change while the parent is
 *	registered
 */
struct mdev_type {
	struct kobject kobj;
	struct kobject *devices_kobj;
	struct parent_device *parent;
	const struct mdev_type_desc *desc;
	struct list_head node;
};

#define to_mdev_type(_kobj)	container_of(_kobj, struct mdev_type, kobj)

/**
 * struct mdev_request - what user space has written to make an instance
 * @id: the identity
 * @numbered: whether an instance number was written; if so it is part of the
 *	device's name
 * @params: what is for the driver, or NULL; points into @line
 * @line: a copy of the line
 */
struct mdev_request {
	struct mdev_id id;
	bool numbered;
	char *params;
	char *line;
};

/**
 * mdev_parent_lock_ops() - begin create, destroy, start or stop
 * @parent: the parent; has a lock for these only if it asks for it
 */
static inline void mdev_parent_lock_ops(struct parent_device *parent)
{
	if (parent->ops->serialize)
		mutex_lock(&parent->ops_lock);
}

/**
 * mdev_parent_unlock_ops() - undo mdev_parent_lock_ops()
 * @parent: the parent
 */
static inline void mdev_parent_unlock_ops(struct parent_device *parent)
{
	if (parent->ops->serialize)
		mutex_unlock(&parent->ops_lock);
}

/* mdev_core.c: guards every list and table of the core */
extern struct mutex mdev_lock;

/* mdev_device.c */
int mdev_devices_init(void);
void mdev_devices_exit(void);
struct mdev_device *mdev_device_find(struct parent_device *parent,
				     const struct mdev_id *id);
int mdev_device_create(struct mdev_type *type, const struct mdev_request *req);
int mdev_device_destroy(struct mdev_device *mdev);
void mdev_device_evict(struct mdev_device *mdev);

/* mdev_parent.c */
void mdev_parent_get(struct parent_device *parent);
void mdev_parent_put(struct parent_device *parent);
int mdev_parents_init(void);
void mdev_parents_exit(void);

/* mdev_machine.c */
int mdev_machines_init(void);
void mdev_machines_exit(void);
int mdev_machine_join(struct mdev_device *mdev);
void mdev_machine_leave(struct mdev_device *mdev);
void mdev_machine_stop_removed(struct mdev_device *mdev);
int mdev_machine_start(const guid_t *uuid);
int mdev_machine_stop(const guid_t *uuid);

/* mdev_request.c */
int mdev_request_parse(struct mdev_request *req, const char *buf, size_t count);
void mdev_request_done(struct mdev_request *req);
struct mdev_type *mdev_request_take_type(struct mdev_request *req,
					 struct parent_device *parent);

/* mdev_bus.c */
int mdev_bus_register(void);
void mdev_bus_unregister(void);

/* mdev_type.c */
int mdev_types_add(struct parent_device *parent);
void mdev_types_remove(struct parent_device *parent);
int mdev_types_open(struct parent_device *parent);
void mdev_types_seal(struct parent_device *parent);

#endif /* _MDEV_PRIVATE_H */
