// SPDX-License-Identifier: GPL-2.0-or-later
/* What exists now: parents, types and devices, read from sysfs into the model. */
#include "host/live.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/layout.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

int live_parents(struct strlist *ret_names)
{
	int rc = sysfs_list(SYSFS_TOP, LAYOUT_PARENTS, ret_names);

	/* Without a core there are none. */
	return rc == -ENOENT ? 0 : rc;
}

/* Calls each() for every type of one parent, or of all of them, in order of name. */
static void each_type(const char *only_parent,
		      void (*each)(int types_fd, const char *parent, const char *type, void *arg),
		      void *arg)
{
	struct strlist parents = {0};

	if (only_parent)
		strlist_add(&parents, only_parent);
	else
		(void)live_parents(&parents);
	for (size_t i = 0; i < parents.n; i++) {
		_cleanup_free_ char *path = layout_parent(parents.v[i], LAYOUT_TYPES);
		_cleanup_close_ int fd = sysfs_open_dir(SYSFS_TOP, path);
		struct strlist types = {0};

		if (fd >= 0)
			(void)sysfs_list(fd, ".", &types);
		for (size_t j = 0; j < types.n; j++)
			each(fd, parents.v[i], types.v[j], arg);
		strlist_free(&types);
	}
	strlist_free(&parents);
}

bool live_type_is_closed(const char *parent, const char *type)
{
	_cleanup_free_ char *link = layout_parent(parent, "");
	_cleanup_free_ char *folder = layout_type(parent, type, "");
	_cleanup_free_ char *create = layout_type(parent, type, LAYOUT_CREATE);

	if (!sysfs_exists(SYSFS_TOP, link))
		return true;
	return sysfs_exists(SYSFS_TOP, folder) && !sysfs_exists(SYSFS_TOP, create);
}

struct reader {
	struct device_list *list;
	const struct identity_filter *filter; /* NULL: all */
	const char *parent, *type; /* in the list's arena */
};

static int add_device(const char *name, void *arg)
{
	struct reader *reader = arg;
	struct identity id;
	struct device *dev;

	if (identity_parse_name(name, &id) < 0)
		return 0;
	if (reader->filter && !identity_filter_takes(reader->filter, &id))
		return 0;
	dev = device_list_add(reader->list);
	dev->id = id;
	dev->name = arena_strdup(&reader->list->arena, name);
	dev->parent = reader->parent;
	dev->type = reader->type;
	return 0;
}

static void add_devices_of_type(int types_fd, const char *parent, const char *type, void *arg)
{
	_cleanup_free_ char *path = xasprintf("%s/" LAYOUT_DEVICES, type);
	struct reader *reader = arg;

	if (!reader->parent || strcmp(reader->parent, parent) != 0)
		reader->parent = arena_strdup(&reader->list->arena, parent);
	reader->type = arena_strdup(&reader->list->arena, type);
	(void)sysfs_each(types_fd, path, add_device, reader);
}

void live_devices(struct device_list *list, const char *parent)
{
	live_devices_some(list, parent, NULL);
}

void live_devices_some(struct device_list *list, const char *parent,
		       const struct identity_filter *filter)
{
	struct reader reader = {.list = list, .filter = filter};

	each_type(parent, add_devices_of_type, &reader);
}

/*
 * The device on the bus of that name, as its parent has it: while that goes its devices may still
 * be on the bus, but are no longer its own.
 */
static struct device *look_up_name(struct device_list *list, const char *name)
{
	_cleanup_free_ char *link = xasprintf(LAYOUT_BUS_DEVICES "/%s", name);
	_cleanup_free_ char *parent = NULL, *type = NULL;
	struct device *dev;
	struct identity id;

	if (identity_parse_name(name, &id) < 0 || sysfs_link_folder(SYSFS_TOP, link, &parent) < 0)
		return NULL;
	type = live_device_type(parent, name);
	if (!type)
		return NULL;
	dev = device_list_add(list);
	dev->id = id;
	dev->name = arena_strdup(&list->arena, name);
	dev->parent = arena_strdup(&list->arena, parent);
	dev->type = arena_strdup(&list->arena, type);
	return dev;
}

struct device *live_look_up_usual(struct device_list *list, const struct identity *id)
{
	char name[IDENTITY_TEXT_SIZE];

	return look_up_name(list, identity_format_name(id, name));
}

struct device *live_look_up(struct device_list *list, const struct identity *id)
{
	struct device *dev = live_look_up_usual(list, id);
	char name[IDENTITY_TEXT_SIZE];

	if (dev || id->instance)
		return dev;
	/* Instance 0 is written out where its parameters begin like a number. */
	identity_format_uuid(id, name);
	memcpy(name + UUID_TEXT_LEN, "-0", sizeof("-0"));
	return look_up_name(list, name);
}

static const char *read_into(struct arena *arena, int dirfd, const char *path)
{
	_cleanup_free_ char *value = NULL;

	return sysfs_read(dirfd, path, &value) ? NULL : arena_strdup(arena, value);
}

void live_device_details(struct device *dev, struct arena *arena)
{
	_cleanup_free_ char *path = layout_device(dev->parent, dev->name, "");
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
static void add_attrs(int dirfd, const char *prefix, struct definition *attrs, struct arena *arena)
{
	struct strlist names = {0};

	(void)sysfs_list(dirfd, ".", &names);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *name = xasprintf("%s%s", prefix, names.v[i]), *value = NULL;
		_cleanup_close_ int below = -1;
		mode_t mode;

		if ((!*prefix && layout_is_kernels(INSTANCE_MDEV, name)) ||
		    sysfs_mode(dirfd, names.v[i], &mode) < 0)
			continue;
		if (S_ISDIR(mode) && !*prefix) {
			below = sysfs_note(dirfd, names.v[i],
					   sysfs_open_dir_nofollow(dirfd, names.v[i]));
			set_text(&name, "%s/", name);
			if (below >= 0)
				add_attrs(below, name, attrs, arena);
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
	_cleanup_free_ char *link = layout_device(dev->parent, dev->name, LAYOUT_IOMMU_GROUP);
	_cleanup_free_ char *group = NULL, *path = NULL;

	if (sysfs_link_name(SYSFS_TOP, link, &group) < 0)
		return;
	path = xasprintf(LAYOUT_VFIO_GROUPS "/%s/" LAYOUT_DEV, group);
	if (read_dev(path, &node->number))
		node->path = layout_group_node(group);
}

static void find_own_node(const struct device *dev, struct vfio_node *node)
{
	_cleanup_free_ char *folder = layout_device(dev->parent, dev->name, LAYOUT_VFIO_DEVICES);
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

void live_device_all(struct device *dev, struct arena *arena)
{
	_cleanup_free_ char *path = layout_device(dev->parent, dev->name, ""), *real = NULL;
	_cleanup_close_ int fd = sysfs_open_dir(SYSFS_TOP, path);
	struct vfio_nodes nodes;
	struct definition attrs = {0};

	if (fd < 0)
		return;
	live_device_details(dev, arena);
	live_device_nodes(dev, &nodes);
	add_attrs(fd, "", &attrs, arena);
	dev->details = arena_alloc(arena, sizeof(*dev->details));
	*dev->details = (struct device_details){
		.path = sysfs_real_path(fd, &real) ? NULL : arena_strdup(arena, real),
		.vfio_group = nodes.group.path ? arena_strdup(arena, nodes.group.path) : NULL,
		.vfio_cdev = nodes.own.path ? arena_strdup(arena, nodes.own.path) : NULL,
		.attrs = attrs.attrs,
		.attr_count = attrs.attr_count,
	};
	vfio_nodes_free(&nodes);
}

static void add_type(int types_fd, const char *parent, const char *name, void *arg)
{
	_cleanup_close_ int fd = sysfs_open_dir(types_fd, name);
	struct type_list *list = arg;
	struct type *type;
	uint32_t available;

	if (fd < 0)
		return;
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 16;
		list->v = xrealloc(list->v, list->cap, sizeof(*list->v));
	}
	type = &list->v[list->n++];
	*type = (struct type){
		.parent = arena_strdup(&list->arena, parent),
		.name = arena_strdup(&list->arena, name),
		.available = TYPE_UNKNOWN,
		.device_api = read_into(&list->arena, fd, "device_api"),
		.pretty_name = read_into(&list->arena, fd, "name"),
		.description = read_into(&list->arena, fd, "description"),
	};
	type->available_text = read_into(&list->arena, fd, LAYOUT_AVAILABLE);
	if (type->available_text && parse_u32(type->available_text, &available) == 0)
		type->available = available;
}

void live_types(struct type_list *list, const char *parent)
{
	each_type(parent, add_type, list);
}

bool live_parent_takes_numbers(const char *parent)
{
	_cleanup_free_ char *path = layout_parent(parent, LAYOUT_CREATE_NUMBERED);

	return sysfs_exists(SYSFS_TOP, path);
}
