// SPDX-License-Identifier: GPL-2.0-or-later
/* The kind "mdev": a device with a UUID on the mdev bus, which its parent's driver makes. */
#include "base/sysfs.h"
#include "base/text.h"
#include "host/assign.h"
#include "host/core.h"
#include "host/kind.h"
#include "host/layout.h"
#include "host/lifecycle.h"
#include "host/live.h"
#include "host/type_name.h"

#include <errno.h>

static int mdev_parents(struct strlist *ret_names)
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
		(void)mdev_parents(&parents);
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

static const char *read_into(struct arena *arena, int dirfd, const char *path)
{
	_cleanup_free_ char *value = NULL;

	return sysfs_read(dirfd, path, &value) ? NULL : arena_strdup(arena, value);
}

static void add_type(int types_fd, const char *parent, const char *name, void *arg)
{
	_cleanup_close_ int fd = sysfs_open_dir(types_fd, name);
	struct type_list *list = arg;
	struct type *type;
	uint32_t available;

	if (fd < 0)
		return;
	type = type_list_add(list);
	*type = (struct type){
		.parent = arena_strdup(&list->arena, parent),
		.name = arena_strdup(&list->arena, name),
		.available = TYPE_UNKNOWN,
		.device_api = read_into(&list->arena, fd, LAYOUT_API),
		.pretty_name = read_into(&list->arena, fd, "name"),
		.description = read_into(&list->arena, fd, "description"),
	};
	type->available_text = read_into(&list->arena, fd, LAYOUT_AVAILABLE);
	if (type->available_text && parse_u32(type->available_text, &available) == 0)
		type->available = available;
}

static void mdev_types(struct type_list *list, const char *parent)
{
	each_type(parent, add_type, list);
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
	dev->kind = INSTANCE_MDEV;
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

static void mdev_devices(struct device_list *list, const char *parent,
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
	_cleanup_free_ char *parent = NULL, *type = NULL, *type_link = NULL;
	struct device *dev;
	struct identity id;

	if (identity_parse_name(name, &id) < 0 || sysfs_link_folder(SYSFS_TOP, link, &parent) < 0)
		return NULL;
	type_link = layout_device(parent, name, LAYOUT_TYPE);
	if (sysfs_link_name(SYSFS_TOP, type_link, &type) < 0)
		return NULL;
	dev = device_list_add(list);
	dev->kind = INSTANCE_MDEV;
	dev->id = id;
	dev->name = arena_strdup(&list->arena, name);
	dev->parent = arena_strdup(&list->arena, parent);
	dev->type = arena_strdup(&list->arena, type);
	return dev;
}

static struct device *mdev_look_up(struct device_list *list, const struct identity *id,
				   enum look_up how)
{
	char name[IDENTITY_TEXT_SIZE];
	struct device *dev = look_up_name(list, identity_format_name(id, name));

	if (dev || id->instance || how == LOOK_UP_USUAL)
		return dev;
	/* Instance 0 is written out where its parameters begin like a number. */
	identity_format_uuid(id, name);
	memcpy(name + UUID_TEXT_LEN, "-0", sizeof("-0"));
	return look_up_name(list, name);
}

static char *mdev_path(const struct device *dev, const char *below)
{
	return layout_device(dev->parent, dev->name, below);
}

static char *mdev_api(const struct device *dev)
{
	_cleanup_free_ char *path = mdev_path(dev, LAYOUT_TYPE "/" LAYOUT_API);
	char *api = NULL;

	return sysfs_read(SYSFS_TOP, path, &api) ? NULL : api;
}

static char *mdev_qemu(const struct device *dev, const char *more)
{
	_cleanup_free_ char *api = mdev_api(dev);

	return assign_mdev_qemu(dev->name, api, more);
}

static char *mdev_libvirt(const struct device *dev)
{
	_cleanup_free_ char *api = mdev_api(dev);

	return assign_mdev_libvirt(dev->name, api);
}

static bool mdev_has_type(const char *parent, const char *id)
{
	_cleanup_free_ char *folder = layout_type(parent, id, "");

	return name_is_safe(id) && sysfs_exists(SYSFS_TOP, folder);
}

/*
 * Looked at in the order in which they go, so that one that is going is not taken for one that
 * lacks the type: on the core here "create", then the link, then the folder; on the kernel's own
 * the link is the first.
 */
static bool mdev_is_closed(const char *parent, const char *type)
{
	_cleanup_free_ char *create = layout_type(parent, type, LAYOUT_CREATE);
	_cleanup_free_ char *folder = layout_type(parent, type, "");
	_cleanup_free_ char *link = layout_parent(parent, "");
	bool is_sealed = sysfs_exists(SYSFS_TOP, folder) && !sysfs_exists(SYSFS_TOP, create);

	return is_sealed || !sysfs_exists(SYSFS_TOP, link);
}

/* Parameters that the kernel would take for an instance number: digits, then the end or a colon. */
static bool looks_like_instance(const char *params)
{
	size_t digits = strspn(params, "0123456789");

	return digits && (!params[digits] || params[digits] == ':');
}

/* Instance 0 is written out where its parameters begin like a number. */
static bool needs_zero(const struct definition *def)
{
	return def->params && !def->id.instance && looks_like_instance(def->params);
}

/* What is written to "create". */
static char *create_text(const struct definition *def)
{
	char identity[IDENTITY_TEXT_SIZE];

	identity_format(&def->id, identity);
	if (!def->params)
		return xstrdup(identity);
	return xasprintf("%s%s:%s", identity, needs_zero(def) ? ":0" : "", def->params);
}

/* The name on the bus of the instance that make() makes. */
static void make_name(const struct definition *def, char text[IDENTITY_TEXT_SIZE])
{
	identity_format_name(&def->id, text);
	if (needs_zero(def))
		memcpy(text + UUID_TEXT_LEN, "-0", sizeof("-0"));
}

static bool is_offered(const struct definition *def)
{
	_cleanup_free_ char *create = layout_type(def->parent_name, def->type, LAYOUT_CREATE);

	return name_is_safe(def->type) && sysfs_exists(SYSFS_TOP, create);
}

/* A parent that is going away loses its files: that is for the write to find out. */
static bool mdev_understands(const struct definition *def)
{
	return (!def->params && !def->id.instance) || live_parent_takes_numbers(def->parent_name) ||
	       (core_is_extended() && !is_offered(def));
}

/* The kernel's own core knows neither, nor do the drivers that were made for it. */
static int check_core(const struct definition *def, char **reterr)
{
	const char *lack = def->params ? "takes no parameters" : "takes no instance number";
	_cleanup_free_ char *reason = NULL;

	if (mdev_understands(def))
		return 0;
	if (core_is_extended())
		reason = xasprintf("the driver of parent '%s' %s", def->parent_name, lack);
	else
		reason = core_explain(lack);
	set_text(reterr, "%s", reason);
	return -EOPNOTSUPP;
}

static int mdev_check_form(const struct definition *def, char **reterr)
{
	_cleanup_free_ char *text = create_text(def), *type = NULL;

	if (!name_is_safe(def->type)) {
		type = quoted(def->type);
		set_text(reterr, "%s cannot be the name of a type", type);
		return -EINVAL;
	}
	if (strlen(text) > sysfs_value_max()) {
		set_text(reterr, "the parameters are %zu bytes long, too long to be written",
			 strlen(def->params));
		return -E2BIG;
	}
	return 0;
}

static int mdev_check(struct lifecycle_creator *creator, const struct definition *def,
		      char **reterr)
{
	int rc = 0;

	if (!is_offered(def)) {
		type_name_unknown(def->parent_name, def->type, reterr);
		return -ENOENT;
	}
	rc = check_core(def, reterr);
	if (!rc)
		rc = lifecycle_check_form(def, reterr);
	if (!rc && refusal_type_is_full(def)) {
		refusal_full(&creator->facts, def, reterr);
		rc = -EUSERS;
	}
	return rc;
}

/* The type's "create", which stays open for the next instance. */
static int mdev_open(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	int fd = create_files_open(&creator->files, def->parent_name, def->type);

	if (fd < 0)
		refusal_of_create_open(def, fd, reterr);
	return fd;
}

static int mdev_make(struct lifecycle_creator *creator, const struct definition *def, int fd,
		     struct device *ret_made, char *name, char **reterr)
{
	/* All that needs memory comes before the write. */
	_cleanup_free_ char *text = create_text(def);
	int rc;

	make_name(def, name);
	ret_made->name = name;
	rc = sysfs_write_fd(fd, text, strlen(text));
	if (rc)
		refusal_of_create(&creator->facts, def, rc, reterr);
	return rc;
}

static int mdev_undo(const struct device *dev, int dirfd, const char *folder)
{
	_cleanup_free_ char *path = xasprintf("%s/" LAYOUT_REMOVE, folder);
	_cleanup_close_ int fd = sysfs_open_write(dirfd, path);

	(void)dev;
	return fd < 0 ? fd : sysfs_write_fd(fd, "1", 1);
}

static int mdev_destroy(const struct device *dev, char **reterr)
{
	_cleanup_free_ char *path = mdev_path(dev, LAYOUT_REMOVE);
	_cleanup_close_ int fd = sysfs_open_write(SYSFS_TOP, path);
	int rc;

	if (fd < 0) {
		refusal_of_destroy_open(fd, reterr);
		return fd == -ENOENT ? -ENODEV : fd;
	}
	rc = sysfs_write_fd(fd, "1", 1);
	if (rc)
		refusal_of_destroy(rc, reterr);
	return rc;
}

const struct kind kind_mdev = {
	.number = INSTANCE_MDEV,
	.flags = KIND_STARTS,
	.parents = mdev_parents,
	.parent_path = layout_parent,
	.types = mdev_types,
	.has_type = mdev_has_type,
	.devices = mdev_devices,
	.look_up = mdev_look_up,
	.path = mdev_path,
	.qemu = mdev_qemu,
	.libvirt = mdev_libvirt,
	.is_kernels = layout_is_kernels,
	.is_closed = mdev_is_closed,
	.guards_open = core_is_extended,
	.understands = mdev_understands,
	.check_form = mdev_check_form,
	.check = mdev_check,
	.open = mdev_open,
	.make = mdev_make,
	.undo = mdev_undo,
	.destroy = mdev_destroy,
};
