/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What exists now: parents, types and devices, read from sysfs into the model. */
#ifndef LIVE_H
#define LIVE_H

#include "base/util.h"
#include "model/device.h"
#include "model/filter.h"
#include "model/type.h"

#include <sys/types.h>

/* Names of the registered parents, sorted. None at all is no error. 0 or a negative errno. */
int live_parents(struct strlist *ret_names);

/* Adds the addresses of virtual functions that can be instances, sorted. */
void live_functions(struct strlist *ret_addresses);
/* The parent of such a function, and its number there; NULL for any other address. */
const char *live_function_parent(const char *address, int *ret_vf);
/* Adds the instance on such a function, and returns it; NULL, and nothing added, without one. */
struct device *live_look_at(struct device_list *list, const char *address);

/*
 * From now on there are mediated devices alone, for a front that knows no others.
 */
void live_hide_others(void);

/*
 * Adds the paths below SYSFS_TOP of the files that are written to make and to end instances, where
 * the kernel makes no event of that: see host/file_watch.h. They change with the virtual functions
 * that there are.
 */
void live_watched(struct strlist *ret_paths);

/* The parent has a type of that id, as can be said without reading all of them. */
bool live_has_type(const char *parent, const char *id);

/*
 * No more instances are made there, because the parent is going or gone: it loses its place among
 * the parents, or first the file that makes instances. False for a type that it never had.
 */
bool live_type_is_closed(const char *parent, const char *type);

/*
 * Whether the parent's driver knows instance numbers and parameters. Those that were made for the
 * kernel's own core do not.
 */
bool live_parent_takes_numbers(const char *parent);

/*
 * Adds the devices of one parent (NULL: of all) to the list. It reads one folder for each type,
 * which names its devices, and nothing for each device. What vanishes meanwhile is left out; what
 * cannot be read is, too, and noted for base/unread, here and in all that follows.
 */
void live_devices(struct device_list *list, const char *parent);

/* The same of the UUIDs that the filter takes alone, which spares keeping and sorting the others.
 */
void live_devices_some(struct device_list *list, const char *parent,
		       const struct identity_filter *filter);

/*
 * Adds the device of that identity, wherever it is, and returns it; NULL without an addition when
 * it is not live. Looks at its name on the bus, and so costs the same whatever else is live.
 */
struct device *live_look_up(struct device_list *list, const struct identity *id);
/*
 * The same by the usual name alone, "UUID" for instance 0: the project's core has "UUID-0" besides,
 * where parameters begin like a number.
 */
struct device *live_look_up_usual(struct device_list *list, const struct identity *id);

/*
 * The path below SYSFS_TOP of the folder of a device, or of what is below that, unless below is "".
 * The caller frees it.
 */
char *live_device_path(const struct device *dev, const char *below);

/*
 * The folder that the attributes of a device are in, which is its own where it has no other. The
 * caller closes it. A negative errno when neither is there.
 */
int live_open_attributes(const struct device *dev);
/* The same, of which the caller says what failed. */
int live_try_open_attributes(const struct device *dev);

/* Fills in what is not in those folders: state and IOMMU group. */
void live_device_details(struct device *dev, struct arena *arena);

/*
 * Fills in that and dev->details, but for the holders. One that went away stays without details.
 */
void live_device_all(struct device *dev, struct arena *arena);

/*
 * The type of a mediated device by its name on the bus, NULL while that cannot be read; the caller
 * frees it.
 */
char *live_device_type(const char *parent, const char *name);
bool live_device_exists(const char *parent, const char *name);

/* A node under /dev/vfio; path is NULL when there is none. */
struct vfio_node {
	char *path;
	dev_t number;
};

/* Through what a device can be opened: its VFIO group, and a node of its own. */
struct vfio_nodes {
	struct vfio_node group, own;
};

/*
 * Those that the kernel has: one may be built without groups or without nodes of devices. To be
 * freed by vfio_nodes_free().
 */
void live_device_nodes(const struct device *dev, struct vfio_nodes *ret_nodes);
void vfio_nodes_free(struct vfio_nodes *nodes);

/* Adds the types of one parent (NULL: of all), sorted by parent, then name. */
void live_types(struct type_list *list, const char *parent);

#endif
