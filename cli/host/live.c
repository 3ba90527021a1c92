// SPDX-License-Identifier: GPL-2.0-or-later
/* What exists now: parents, types and devices, read from sysfs into the model. */
#include "host/live.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/kind.h"
#include "host/layout.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* How many kinds are looked at, in their order. */
static size_t kind_count = INSTANCE_KINDS;

void live_hide_others(void)
{
	kind_count = INSTANCE_MDEV + 1;
}

void live_functions(struct strlist *ret_addresses)
{
	for (size_t i = 0; i < kind_count; i++)
		if (kinds[i]->functions)
			kinds[i]->functions(ret_addresses);
	strlist_sort_unique(ret_addresses);
}

const char *live_function_parent(const char *address, int *ret_vf)
{
	const char *parent = NULL;

	for (size_t i = 0; !parent && i < kind_count; i++)
		if (kinds[i]->function_parent)
			parent = kinds[i]->function_parent(address, ret_vf);
	return parent;
}

struct device *live_look_at(struct device_list *list, const char *address)
{
	struct device *dev = NULL;

	for (size_t i = 0; !dev && i < kind_count; i++)
		if (kinds[i]->look_at)
			dev = kinds[i]->look_at(list, address);
	return dev;
}

int live_parents(struct strlist *ret_names)
{
	size_t first = 0;
	int rc = 0;

	for (size_t i = 0; i < kind_count; i++) {
		int failed = kinds[i]->parents(ret_names);

		rc = rc ? rc : failed;
		first = i ? first : ret_names->n;
	}
	/* The first kind's are sorted. */
	if (ret_names->n != first)
		strlist_sort_unique(ret_names);
	return rc;
}

void live_watched(struct strlist *ret_paths)
{
	for (size_t i = 0; i < kind_count; i++)
		if (kinds[i]->watched)
			kinds[i]->watched(ret_paths);
}

bool live_has_type(const char *parent, const char *id)
{
	bool has_type = false;

	for (size_t i = 0; !has_type && i < kind_count; i++)
		has_type = kinds[i]->has_type && kinds[i]->has_type(parent, id);
	return has_type;
}

bool live_type_is_closed(const char *parent, const char *type)
{
	return kind_of_type(parent, type)->is_closed(parent, type);
}

void live_devices(struct device_list *list, const char *parent)
{
	live_devices_some(list, parent, NULL);
}

void live_devices_some(struct device_list *list, const char *parent,
		       const struct identity_filter *filter)
{
	for (size_t i = 0; i < kind_count; i++)
		kinds[i]->devices(list, parent, filter);
}

static struct device *look_up(struct device_list *list, const struct identity *id, enum look_up how)
{
	struct device *dev = NULL;

	for (size_t i = 0; !dev && i < kind_count; i++)
		dev = kinds[i]->look_up(list, id, how);
	return dev;
}

struct device *live_look_up(struct device_list *list, const struct identity *id)
{
	return look_up(list, id, LOOK_UP_ANY);
}

struct device *live_look_up_usual(struct device_list *list, const struct identity *id)
{
	return look_up(list, id, LOOK_UP_USUAL);
}

char *live_device_path(const struct device *dev, const char *below)
{
	return kind_of(dev)->path(dev, below);
}

int live_try_open_attributes(const struct device *dev)
{
	_cleanup_free_ char *own = live_device_path(dev, ""), *path = NULL;
	int fd;

	if (!kind_of(dev)->attributes)
		return sysfs_try_open_dir(SYSFS_TOP, own);
	path = kind_of(dev)->attributes(dev);
	fd = sysfs_try_open_dir(SYSFS_TOP, path);
	return fd == -ENOENT ? sysfs_try_open_dir(SYSFS_TOP, own) : fd;
}

int live_open_attributes(const struct device *dev)
{
	_cleanup_free_ char *path = live_device_path(dev, "");

	return sysfs_note(SYSFS_TOP, path, live_try_open_attributes(dev));
}

static const char *read_into(struct arena *arena, int dirfd, const char *path)
{
	_cleanup_free_ char *value = NULL;

	return sysfs_read(dirfd, path, &value) ? NULL : arena_strdup(arena, value);
}

void live_device_details(struct device *dev, struct arena *arena)
{
	_cleanup_free_ char *path = live_device_path(dev, "");
	_cleanup_close_ int fd = sysfs_open_dir(SYSFS_TOP, path);
	_cleanup_free_ char *group = NULL;

	if (fd < 0)
		return;
	dev->state = read_into(arena, fd, LAYOUT_STATE);
	if (sysfs_link_name(fd, LAYOUT_IOMMU_GROUP, &group) == 0)
		dev->iommu_group = arena_strdup(arena, group);
}

/* A value that only root may read is none for others, and no failure. */
static void read_attr(int dirfd, const char *name, char **ret_value)
{
	int rc = sysfs_try_read(dirfd, name, ret_value);

	if (rc != -EILSEQ && (rc != -EACCES || geteuid() == 0))
		(void)sysfs_note(dirfd, name, rc);
}

/* Files in a folder and the folders in it, not through links. */
/* NOLINTNEXTLINE(misc-no-recursion): with a prefix it goes no deeper */
static void add_attrs(int dirfd, const char *prefix, const struct kind *kind,
		      struct definition *attrs, struct arena *arena)
{
	struct strlist names = {0};

	(void)sysfs_list(dirfd, ".", &names);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *name = xasprintf("%s%s", prefix, names.v[i]), *value = NULL;
		_cleanup_close_ int below = -1;
		mode_t mode;

		if (kind->is_kernels(name) || sysfs_mode(dirfd, names.v[i], &mode) < 0)
			continue;
		if (S_ISDIR(mode) && !*prefix) {
			below = sysfs_note(dirfd, names.v[i],
					   sysfs_open_dir_nofollow(dirfd, names.v[i]));
			set_text(&name, "%s/", name);
			if (below >= 0)
				add_attrs(below, name, kind, attrs, arena);
		} else if (S_ISREG(mode)) {
			if (mode & 0444)
				read_attr(dirfd, names.v[i], &value);
			definition_add_attr(attrs, arena, name, value ? value : "");
			if (!value)
				attrs->attrs[attrs->attr_count - 1].value = NULL;
		}
	}
	strlist_free(&names);
}

char *live_device_type(const char *parent, const char *name)
{
	_cleanup_free_ char *path = layout_device(parent, name, LAYOUT_TYPE);
	char *type = NULL;

	return sysfs_link_name(SYSFS_TOP, path, &type) < 0 ? NULL : type;
}

bool live_device_exists(const char *parent, const char *name)
{
	_cleanup_free_ char *path = layout_device(parent, name, "");

	return sysfs_exists(SYSFS_TOP, path);
}

/* False for what has no node, and for a text that is no number of one. */
static bool read_dev(const char *path, dev_t *ret_number)
{
	_cleanup_free_ char *text = NULL;
	char *minor_text;
	uint32_t major, minor;

	if (sysfs_read(SYSFS_TOP, path, &text) < 0)
		return false;
	minor_text = strchr(text, ':');
	if (!minor_text)
		return false;
	*minor_text++ = '\0';
	if (parse_u32(text, &major) < 0 || parse_u32(minor_text, &minor) < 0)
		return false;
	*ret_number = makedev(major, minor);
	return true;
}

static void find_group_node(const struct device *dev, struct vfio_node *node)
{
	_cleanup_free_ char *link = live_device_path(dev, LAYOUT_IOMMU_GROUP);
	_cleanup_free_ char *group = NULL, *path = NULL;

	if (sysfs_link_name(SYSFS_TOP, link, &group) < 0)
		return;
	path = xasprintf(LAYOUT_VFIO_GROUPS "/%s/" LAYOUT_DEV, group);
	if (read_dev(path, &node->number))
		node->path = layout_group_node(group);
}

static void find_own_node(const struct device *dev, struct vfio_node *node)
{
	_cleanup_free_ char *folder = live_device_path(dev, LAYOUT_VFIO_DEVICES);
	struct strlist names = {0};

	(void)sysfs_list(SYSFS_TOP, folder, &names);
	for (size_t i = 0; i < names.n && !node->path; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s/" LAYOUT_DEV, folder, names.v[i]);

		if (read_dev(path, &node->number))
			node->path = layout_vfio_node(names.v[i]);
	}
	strlist_free(&names);
}

void live_device_nodes(const struct device *dev, struct vfio_nodes *ret_nodes)
{
	*ret_nodes = (struct vfio_nodes){0};
	find_group_node(dev, &ret_nodes->group);
	find_own_node(dev, &ret_nodes->own);
}

void vfio_nodes_free(struct vfio_nodes *nodes)
{
	free(nodes->group.path);
	free(nodes->own.path);
}

/*
 * A kernel without VFIO groups has the node of the device alone, which QEMU opens with an iommufd:
 * one for each device, for the options of several may come together.
 */
static char *qemu_options(const struct device *dev, const struct vfio_nodes *nodes)
{
	const char *number = nodes->own.path ? strrchr(nodes->own.path, '/') : NULL;
	_cleanup_free_ char *more = NULL, *options = NULL;

	if (!kind_of(dev)->qemu)
		return NULL;
	if (nodes->group.path || !number)
		return kind_of(dev)->qemu(dev, "");
	number += strcspn(number, "0123456789");
	more = xasprintf(",iommufd=iommufd%s", number);
	options = kind_of(dev)->qemu(dev, more);
	return options ? xasprintf("-object iommufd,id=iommufd%s %s", number, options) : NULL;
}

/* Frees text. */
static const char *move_into(struct arena *arena, char *text)
{
	const char *moved = text ? arena_strdup(arena, text) : NULL;

	free(text);
	return moved;
}

void live_device_all(struct device *dev, struct arena *arena)
{
	_cleanup_free_ char *path = live_device_path(dev, ""), *real = NULL;
	_cleanup_close_ int fd = sysfs_open_dir(SYSFS_TOP, path);
	_cleanup_close_ int attrs_fd = kind_of(dev)->attributes ? live_open_attributes(dev) : -1;
	struct vfio_nodes nodes;
	struct definition attrs = {0};

	if (fd < 0)
		return;
	live_device_details(dev, arena);
	live_device_nodes(dev, &nodes);
	add_attrs(attrs_fd < 0 ? fd : attrs_fd, "", kind_of(dev), &attrs, arena);
	dev->details = arena_alloc(arena, sizeof(*dev->details));
	*dev->details = (struct device_details){
		.path = sysfs_real_path(fd, &real) ? NULL : arena_strdup(arena, real),
		.vfio_group = nodes.group.path ? arena_strdup(arena, nodes.group.path) : NULL,
		.vfio_cdev = nodes.own.path ? arena_strdup(arena, nodes.own.path) : NULL,
		.qemu = move_into(arena, qemu_options(dev, &nodes)),
		.libvirt =
			move_into(arena, kind_of(dev)->libvirt ? kind_of(dev)->libvirt(dev) : NULL),
		.attrs = attrs.attrs,
		.attr_count = attrs.attr_count,
	};
	vfio_nodes_free(&nodes);
}

void live_types(struct type_list *list, const char *parent)
{
	size_t first = 0;

	for (size_t i = 0; i < kind_count; i++) {
		kinds[i]->types(list, parent);
		first = i ? first : list->n;
	}
	/* The first kind's are sorted. */
	if (list->n != first)
		type_list_sort(list);
}

bool live_parent_takes_numbers(const char *parent)
{
	_cleanup_free_ char *path = layout_parent(parent, LAYOUT_CREATE_NUMBERED);

	return sysfs_exists(SYSFS_TOP, path);
}
