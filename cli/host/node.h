/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose the nodes of an instance are: /dev/vfio/GROUP, and /dev/vfio/devices/vfioN where the kernel
 * has that. Who may open one of them has the device.
 *
 * The kernel gives the number of a group or of a node that went to the next one, so a name alone
 * may mean another device by the time that something is done to it. A node is opened first, as a
 * mere reference, and only then the device is asked in sysfs which name and number its node has:
 * what was opened is that node, or one that is no longer under /dev, and is changed through that
 * reference.
 */
#ifndef NODE_H
#define NODE_H

#include "model/device.h"

#include <sys/stat.h>

/* What the nodes of a device shall be. */
struct node_wish {
	enum {
		NODE_OWNER = 1 << 0, /* uid and gid */
		NODE_MODE = 1 << 1, /* mode */
	} parts;
	uid_t uid;
	gid_t gid;
	mode_t mode; /* the permissions alone */
};

/* As the kernel makes nodes: root alone may open them. */
#define NODE_WISH_ROOT                                         \
	{                                                      \
		.parts = NODE_OWNER | NODE_MODE, .mode = 0600, \
	}

/*
 * What owner and mode of a definition mean, with no parts where it has neither: a group that is not
 * named is root's, and the mode is 0660 where only an owner is. 0, -EINVAL for an account that
 * there is not, or another negative errno, with the reason in *reterr.
 */
int node_wish_of(const struct definition *def, struct node_wish *ret_wish, char **reterr);

/* Adds that what the definition no longer says goes back to root's; parts: of NODE_OWNER,
 * NODE_MODE. */
void node_wish_remove(struct node_wish *wish, unsigned int parts);

/* 1 where a node of the device is not as it shall be, 0, or a negative errno as node_change(). */
int node_differs(const struct device *dev, const struct node_wish *wish, char **reterr);

/* Nodes that were changed, and how they were before. Zeroed at the start. */
struct node_change {
	struct node {
		char *path; /* "/dev/vfio/12" */
		dev_t number;
		int fd;
		struct stat before;
	} v[2];
	size_t n;
};

/*
 * Makes the nodes of a live device what they shall be, all or none. ret_change is for
 * node_change_end(), also after a failure. 0, or a negative errno with the reason in *reterr:
 * -ENODEV     it has no node, or went away meanwhile
 * -ESTALE     what has the name of its node is not that node
 * -EBADMSG    sysfs cannot be read; why was noted for base/unread
 * other       what the kernel said
 */
int node_change(const struct device *dev, const struct node_wish *wish,
		struct node_change *ret_change, char **reterr);

/* rc: how what came after the change ended. After a failure the nodes get back what they had. */
void node_change_end(struct node_change *change, int rc);

/*
 * The same for the end of an instance whose nodes stay: they go back to root, before the end of the
 * instance so that one that is killed between the two leaves no node to its former owner. One
 * without nodes is no failure.
 */
int node_take(const struct device *dev, struct node_change *ret_change, char **reterr);
/* As node_change_end(). On success udev is told, so that rules of the host count again. */
void node_take_end(struct node_change *change, int rc);

/*
 * Says of a node with whom a device that is given away shares its IOMMU group, because the group's
 * node opens all of them; name: what the message calls the device.
 */
void node_warn_of_group(const struct device *dev, const char *name);

/*
 * Fills in what struct device has of the nodes of a live one, as the first of them is; nothing for
 * one without nodes. Strings belong to the arena.
 */
void node_describe(struct device *dev, struct arena *arena);

#endif
