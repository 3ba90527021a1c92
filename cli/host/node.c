// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose the nodes of an instance are: /dev/vfio/GROUP, and /dev/vfio/devices/vfioN. */
#include "host/node.h"

#include "base/file.h"
#include "base/msg.h"
#include "base/sysfs.h"
#include "base/unread.h"
#include "host/account.h"
#include "host/kind.h"
#include "host/layout.h"
#include "host/live.h"
#include "model/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>

#define PERMISSIONS 07777
/* Of a node that an owner was given without a mode. */
#define MODE_OF_OWNED 0660

int node_wish_of(const struct definition *def, struct node_wish *ret_wish, char **reterr)
{
	_cleanup_free_ char *user = def->owner ? xstrdup(def->owner) : NULL;
	char *group = user ? strchr(user, ':') : NULL;
	int rc = 0;

	*ret_wish = (struct node_wish){.mode = MODE_OF_OWNED};
	if (group)
		*group++ = '\0';
	if (user) {
		ret_wish->parts = NODE_OWNER | NODE_MODE;
		rc = account_user(user, &ret_wish->uid, reterr);
	}
	if (!rc && group)
		rc = account_group(group, &ret_wish->gid, reterr);
	if (!rc && def->mode) {
		ret_wish->parts |= NODE_MODE;
		rc = owner_parse_mode(def->mode, &ret_wish->mode, reterr);
	}
	return rc;
}

void node_wish_remove(struct node_wish *wish, unsigned int parts)
{
	static const struct node_wish root = NODE_WISH_ROOT;

	if (parts & NODE_OWNER & ~wish->parts) {
		wish->uid = root.uid;
		wish->gid = root.gid;
	}
	if (parts & NODE_MODE & ~wish->parts)
		wish->mode = root.mode;
	wish->parts |= parts;
}

/* As sysfs has them now; without any, -ENODEV. */
static int look_up(const struct device *dev, struct vfio_nodes *ret_nodes, char **reterr)
{
	size_t before = unread_count();

	live_device_nodes(dev, ret_nodes);
	if (unread_count() != before) {
		set_text(reterr, "not everything could be read of its nodes");
		return -EBADMSG;
	}
	if (ret_nodes->group.path || ret_nodes->own.path)
		return 0;
	set_text(reterr, "it has no VFIO node, for no driver of VFIO has it");
	return -ENODEV;
}

/* A reference to what has the name of a node, if there is a node. */
static int open_node(struct node_change *change, const struct vfio_node *node, char **reterr)
{
	_cleanup_free_ char *path = node->path ? root_path(node->path + 1) : NULL;
	struct node *opened = &change->v[change->n];
	int rc;

	if (!path)
		return 0;
	rc = file_open(path, O_PATH | O_NOFOLLOW, 0);
	if (rc < 0) {
		set_text(reterr, "%s cannot be opened: %s", path, error_text(rc));
		return rc;
	}
	*opened = (struct node){.path = xstrdup(node->path), .number = node->number, .fd = rc};
	change->n++;
	if (fstat(opened->fd, &opened->before) == 0)
		return 0;
	rc = -errno;
	set_text(reterr, "%s cannot be looked at: %s", path, error_text(rc));
	return rc;
}

static bool is_of(const struct node *opened, const struct vfio_node *node)
{
	return node->path && strcmp(opened->path, node->path) == 0 &&
	       opened->number == node->number;
}

/* What was opened is what the device has now, by name and number. */
static int check_node(const struct node *opened, const struct vfio_nodes *now, char **reterr)
{
	if (!is_of(opened, &now->group) && !is_of(opened, &now->own)) {
		set_text(reterr, "%s became another device's node meanwhile", opened->path);
		return -ENODEV;
	}
	if (S_ISCHR(opened->before.st_mode) && opened->before.st_rdev == opened->number)
		return 0;
	set_text(reterr, "%s is not the node %u:%u that the kernel has for it", opened->path,
		 major(opened->number), minor(opened->number));
	return -ESTALE;
}

/* All nodes of a device, checked; to be closed whatever comes of it. */
static int open_all(const struct device *dev, struct node_change *change, char **reterr)
{
	struct vfio_nodes nodes, now = {0};
	int rc = look_up(dev, &nodes, reterr);

	if (!rc)
		rc = open_node(change, &nodes.group, reterr);
	if (!rc)
		rc = open_node(change, &nodes.own, reterr);
	if (!rc)
		rc = look_up(dev, &now, reterr);
	for (size_t i = 0; !rc && i < change->n; i++)
		rc = check_node(&change->v[i], &now, reterr);
	vfio_nodes_free(&nodes);
	vfio_nodes_free(&now);
	return rc;
}

static void close_all(struct node_change *change)
{
	for (size_t i = 0; i < change->n; i++) {
		close(change->v[i].fd);
		free(change->v[i].path);
	}
	*change = (struct node_change){0};
}

static bool has_owner(const struct stat *st, const struct node_wish *wish)
{
	return !(wish->parts & NODE_OWNER) || (st->st_uid == wish->uid && st->st_gid == wish->gid);
}

static bool has_mode(const struct stat *st, const struct node_wish *wish)
{
	return !(wish->parts & NODE_MODE) || (st->st_mode & PERMISSIONS) == wish->mode;
}

/* A descriptor that is a mere reference has a mode that only its path can change. */
static int set_mode(const struct node *node, mode_t mode)
{
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d", node->fd);

	return chmod(path, mode) < 0 ? -errno : 0;
}

/*
 * What differs of now alone. The owner first: nobody but the old owner and the new one gets to open
 * it in between.
 */
static int set_node(const struct node *node, const struct stat *now, const struct node_wish *wish)
{
	if (!has_owner(now, wish) &&
	    fchownat(node->fd, "", wish->uid, wish->gid, AT_EMPTY_PATH) < 0)
		return -errno;
	return has_mode(now, wish) ? 0 : set_mode(node, wish->mode);
}

static void put_back(const struct node_change *change)
{
	for (size_t i = change->n; i-- > 0;) {
		const struct node *node = &change->v[i];
		const struct node_wish old = {.parts = NODE_OWNER | NODE_MODE,
					      .uid = node->before.st_uid,
					      .gid = node->before.st_gid,
					      .mode = node->before.st_mode & PERMISSIONS};
		struct stat now;
		int rc = fstat(node->fd, &now) < 0 ? -errno : set_node(node, &now, &old);

		if (rc)
			msg_warning("%s could not be given back to its owner: %s", node->path,
				    error_text(rc));
	}
}

int node_differs(const struct device *dev, const struct node_wish *wish, char **reterr)
{
	struct node_change change = {0};
	int rc = open_all(dev, &change, reterr);

	for (size_t i = 0; !rc && i < change.n; i++)
		rc = !has_owner(&change.v[i].before, wish) || !has_mode(&change.v[i].before, wish);
	close_all(&change);
	return rc;
}

/* Those that are open already. */
static int set_all(struct node_change *change, const struct node_wish *wish, char **reterr)
{
	for (size_t i = 0; i < change->n; i++) {
		const struct node *node = &change->v[i];
		int rc = set_node(node, &node->before, wish);

		if (!rc)
			continue;
		set_text(reterr, "%s cannot be given to its owner: %s%s", node->path,
			 error_text(rc), root_hint(rc));
		put_back(change);
		close_all(change);
		return rc;
	}
	return 0;
}

int node_change(const struct device *dev, const struct node_wish *wish,
		struct node_change *ret_change, char **reterr)
{
	int rc;

	*ret_change = (struct node_change){0};
	if (!wish->parts)
		return 0;
	rc = open_all(dev, ret_change, reterr);
	if (rc)
		close_all(ret_change);
	return rc ? rc : set_all(ret_change, wish, reterr);
}

void node_change_end(struct node_change *change, int rc)
{
	if (rc)
		put_back(change);
	close_all(change);
}

int node_take(const struct device *dev, struct node_change *ret_change, char **reterr)
{
	static const struct node_wish root = NODE_WISH_ROOT;
	int rc;

	*ret_change = (struct node_change){0};
	rc = open_all(dev, ret_change, reterr);
	if (!rc)
		return set_all(ret_change, &root, reterr);
	close_all(ret_change);
	return rc == -ENODEV || rc == -ENOENT ? 0 : rc;
}

/* Without an event nothing is lost but what a rule of the host would make of the node. */
static void tell_udev(const struct node *node)
{
	_cleanup_free_ char *path = layout_device_number(node->number, LAYOUT_UEVENT);
	_cleanup_close_ int fd = sysfs_open_write(SYSFS_TOP, path);

	if (fd >= 0)
		(void)sysfs_write_fd(fd, "change", strlen("change"));
}

void node_take_end(struct node_change *change, int rc)
{
	static const struct node_wish root = NODE_WISH_ROOT;

	for (size_t i = 0; !rc && i < change->n; i++)
		if (!has_owner(&change->v[i].before, &root) ||
		    !has_mode(&change->v[i].before, &root))
			tell_udev(&change->v[i]);
	node_change_end(change, rc);
}

#define MATES_SHOWN 8

void node_warn_of_group(const struct device *dev, const char *name)
{
	struct strlist mates = {0}, others = {0};
	_cleanup_free_ char *path = live_device_path(dev, LAYOUT_GROUP_DEVICES), *list = NULL;

	(void)sysfs_list(SYSFS_TOP, path, &mates);
	for (size_t i = 0; i < mates.n; i++)
		if (strcmp(mates.v[i], dev->name) != 0)
			strlist_add(&others, mates.v[i]);
	if (others.n) {
		list = strlist_join(&others, MATES_SHOWN);
		msg_warning(
			"%s: who may open it may open all of its IOMMU group, to which belongs %s",
			name, list);
	}
	strlist_free(&mates);
	strlist_free(&others);
}

static const char *owner_text(uid_t uid, gid_t gid, struct arena *arena)
{
	_cleanup_free_ char *user = account_user_name(uid), *group = account_group_name(gid);
	_cleanup_free_ char *text = xasprintf("%s:%s", user, group);

	return arena_strdup(arena, text);
}

/* Names, numbers and a group that is left out may mean the same. */
static const char *defined_owner(const struct device *dev, struct arena *arena)
{
	_cleanup_free_ char *error = NULL;
	struct node_wish wish;

	if (!dev->def || !dev->def->owner)
		return NULL;
	return node_wish_of(dev->def, &wish, &error) ? dev->def->owner :
						       owner_text(wish.uid, wish.gid, arena);
}

void node_describe(struct device *dev, struct arena *arena)
{
	struct node_change change = {0};
	_cleanup_free_ char *error = NULL, *mode = NULL;

	dev->owner_defined = defined_owner(dev, arena);
	if (open_all(dev, &change, &error) == 0) {
		const struct stat *st = &change.v[0].before;

		mode = xasprintf("%04o", st->st_mode & PERMISSIONS);
		dev->owner = owner_text(st->st_uid, st->st_gid, arena);
		dev->mode = arena_strdup(arena, mode);
		dev->pins_memory = st->st_uid != 0 && kind_of(dev)->flags & KIND_PINS_MEMORY;
	}
	close_all(&change);
}
