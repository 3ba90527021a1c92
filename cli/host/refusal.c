// SPDX-License-Identifier: GPL-2.0-or-later
/* What is said of an errno that came from a write to sysfs. */
#include "host/refusal.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/core.h"
#include "host/kind.h"
#include "host/layout.h"
#include "host/live.h"
#include "host/type_name.h"

#include <errno.h>

/* How many devices a message lists. */
#define NAMES_SHOWN 8

void refusal_facts_free(struct refusal_facts *facts)
{
	strlist_free(&facts->full);
	device_list_free(&facts->live);
	facts->core = REFUSAL_CORE_UNKNOWN;
}

const struct device *refusal_find_device(struct refusal_facts *facts, const struct identity *id)
{
	device_list_free(&facts->live);
	if (facts->core == REFUSAL_CORE_UNKNOWN)
		facts->core = core_is_extended() ? REFUSAL_CORE_EXTENDED : REFUSAL_CORE_KERNELS;
	return facts->core == REFUSAL_CORE_EXTENDED ? live_look_up(&facts->live, id) :
						      live_look_up_usual(&facts->live, id);
}

/* What a failed open() means whatever the file is. */
static const char *open_text(int rc)
{
	return rc == -EROFS ? "/sys is read-only here, as in a container" : error_text(rc);
}

void refusal_of_open(const char *path, int rc, char **reterr)
{
	if (rc == -EROFS)
		set_text(reterr, "%s", open_text(rc));
	else
		set_text(reterr, "%s/sys/%s cannot be opened: %s%s", root_get(), path,
			 open_text(rc), root_hint(rc));
}

/* Nothing that can be looked up explains it. */
static void refusal_of_driver(int rc, char **reterr)
{
	set_text(reterr, "the driver refused: %s (the kernel's log may say why)", error_text(rc));
}

void refusal_live(const struct device *dev, char **reterr)
{
	set_text(reterr, "it is live already, on parent '%s' with type '%s'", dev->parent,
		 dev->type);
}

/* How many instances are left, as the parent says; -1 when it does not. */
static int64_t instances_left(const struct definition *def)
{
	_cleanup_free_ char *path = layout_type(def->parent_name, def->type, LAYOUT_AVAILABLE);
	uint32_t left;

	return sysfs_read_u32(SYSFS_TOP, path, &left) == 0 ? (int64_t)left : -1;
}

bool refusal_type_is_full(const struct definition *def)
{
	return instances_left(def) == 0;
}

/* The identities of what is live on a parent, "" for nothing; the caller frees it. */
static char *list_live_on(const char *parent)
{
	struct device_list devices = {0};
	struct strlist names = {0};
	char *text;

	live_devices(&devices, parent);
	device_list_sort(&devices);
	for (size_t i = 0; i < devices.n; i++) {
		char identity[IDENTITY_TEXT_SIZE];

		strlist_add(&names, identity_format(&devices.v[i].id, identity));
	}
	text = strlist_join(&names, NAMES_SHOWN);
	strlist_free(&names);
	device_list_free(&devices);
	return text;
}

/* The text that begins so, or NULL. */
static const char *find_beginning(const struct strlist *texts, const char *beginning)
{
	for (size_t i = 0; i < texts->n; i++)
		if (str_starts(texts->v[i], beginning))
			return texts->v[i];
	return NULL;
}

/* what: the beginning of the sentence, by which it is remembered. */
static void say_full(struct refusal_facts *facts, const char *what, const char *parent,
		     char **reterr)
{
	const char *known = find_beginning(&facts->full, what);
	_cleanup_free_ char *live = NULL;

	if (known) {
		set_text(reterr, "%s", known);
		return;
	}
	live = list_live_on(parent);
	if (*live)
		set_text(reterr, "%s: taken up by %s (destroy one, or take another parent)", what,
			 live);
	else
		set_text(reterr, "%s", what);
	strlist_add(&facts->full, *reterr);
}

void refusal_full(struct refusal_facts *facts, const struct definition *def, char **reterr)
{
	_cleanup_free_ char *what = xasprintf("no instance of type '%s' is left on parent '%s'",
					      def->type, def->parent_name);

	say_full(facts, what, def->parent_name, reterr);
}

/*
 * The parent counts instances, and the driver something else besides: memory, or engines, or what
 * other types take of the same. Its word is good until it is asked.
 */
static void refusal_no_room(struct refusal_facts *facts, const struct definition *def, int64_t left,
			    char **reterr)
{
	_cleanup_free_ char *what = xasprintf(
		"there is no room for another '%s' now, though parent '%s' says that %lld are left",
		def->type, def->parent_name, (long long)left);

	say_full(facts, what, def->parent_name, reterr);
}

/* -EUSERS from the core, and -ENOSPC from a driver that counts by itself. */
static void refusal_too_many(struct refusal_facts *facts, const struct definition *def,
			     char **reterr)
{
	int64_t left = instances_left(def);

	if (left > 0)
		refusal_no_room(facts, def, left, reterr);
	else
		refusal_full(facts, def, reterr);
}

static void refusal_parent_goes(const struct definition *def, char **reterr)
{
	set_text(reterr, "parent '%s' is going away", def->parent_name);
}

/* The type had a "create" when it was opened; has it still? */
static bool has_type(const struct definition *def)
{
	_cleanup_free_ char *path = layout_type(def->parent_name, def->type, LAYOUT_CREATE);

	return sysfs_exists(SYSFS_TOP, path);
}

/* A driver that was made for the kernel's own core brings its bus driver along. */
static bool lacks_bus_driver(const struct definition *def)
{
	return live_parent_takes_numbers(def->parent_name) &&
	       !sysfs_exists(SYSFS_TOP, LAYOUT_BUS_DRIVERS "/vfio_mdev");
}

/* A device of that identity is on the bus, complete or not. */
static bool is_on_bus(const struct identity *id)
{
	char name[IDENTITY_TEXT_SIZE];
	_cleanup_free_ char *path =
		xasprintf(LAYOUT_BUS_DEVICES "/%s", identity_format_name(id, name));

	return sysfs_exists(SYSFS_TOP, path);
}

static void refusal_taken(struct refusal_facts *facts, const struct definition *def, char **reterr)
{
	const struct device *dev = refusal_find_device(facts, &def->id);

	if (dev)
		refusal_live(dev, reterr);
	else if (is_on_bus(&def->id))
		set_text(reterr, "the identity is taken by a device that is coming or going");
	else
		set_text(reterr, "the driver refused: %s (or a device of that identity was going)",
			 error_text(-EEXIST));
}

void refusal_of_create_open(const struct definition *def, int rc, char **reterr)
{
	_cleanup_free_ char *path = layout_type(def->parent_name, def->type, LAYOUT_CREATE);

	if (rc == -ENODEV || (rc == -ENOENT && live_type_is_closed(def->parent_name, def->type)))
		refusal_parent_goes(def, reterr);
	else if (rc == -ENOENT)
		type_name_unknown(def->parent_name, def->type, reterr);
	else
		refusal_of_open(path, rc, reterr);
}

void refusal_of_create(struct refusal_facts *facts, const struct definition *def, int rc,
		       char **reterr)
{
	if (rc == -EEXIST)
		refusal_taken(facts, def, reterr);
	else if (rc == -EUSERS || rc == -ENOSPC)
		refusal_too_many(facts, def, reterr);
	else if ((rc == -ENODEV || rc == -ENOENT) && !has_type(def))
		refusal_parent_goes(def, reterr);
	else if (rc == -ENXIO && lacks_bus_driver(def))
		set_text(reterr, "no bus driver took the device (load the module vfio_mdev)");
	else if (rc == -EINVAL && def->params)
		set_text(reterr, "the driver refused the parameters '%s'", def->params);
	else if (refusal_type_is_full(def))
		/* A driver that counts by itself has errors of its own. */
		refusal_full(facts, def, reterr);
	else
		refusal_of_driver(rc, reterr);
}

void refusal_of_attribute_open(const struct attr *attr, int rc, char **reterr)
{
	_cleanup_free_ char *name = quoted(attr->name);

	if (rc == -ENOENT)
		set_text(reterr, "the device has no attribute %s", name);
	else if (rc == -ELOOP || rc == -ENOTDIR)
		set_text(reterr, "attribute %s is not the device's own: there is a link on the way",
			 name);
	else
		set_text(reterr, "attribute %s cannot be written to: %s%s", name, open_text(rc),
			 root_hint(rc));
}

void refusal_of_attribute(const struct attr *attr, int rc, char **reterr)
{
	_cleanup_free_ char *name = quoted(attr->name), *value = quoted(attr->value);

	set_text(reterr, "attribute %s refused %s: %s", name, value, error_text(rc));
}

void refusal_of_destroy_open(int rc, char **reterr)
{
	if (rc == -ENOENT || rc == -ENODEV)
		set_text(reterr, "it went away meanwhile");
	else
		set_text(reterr, "its file 'remove' cannot be opened: %s%s", open_text(rc),
			 root_hint(rc));
}

void refusal_of_destroy(int rc, char **reterr)
{
	if (rc == -ENODEV)
		set_text(reterr, "it went away meanwhile");
	else if (rc == -EAGAIN)
		set_text(reterr, "it is being removed, or made, by somebody else");
	else if (rc == -EBUSY)
		set_text(reterr, "it is in use");
	else
		refusal_of_driver(rc, reterr);
}

bool refusal_of_kinds(struct device *const *devices, size_t count, const struct identity *id,
		      char **reterr)
{
	const struct device *other = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!identity_same_uuid(&devices[i]->id, id))
			continue;
		if (kind_of(devices[i])->flags & KIND_STARTS)
			return false;
		other = devices[i];
	}
	if (other)
		set_text(
			reterr,
			"it is virtual function '%s', of kind '%s', whose driver is told nothing of machines: mediated devices alone start and stop",
			other->name, instance_kind_name(other->kind));
	return other;
}

void refusal_of_machine_open(int rc, char **reterr)
{
	set_text(reterr, "the core cannot be told: %s%s", open_text(rc), root_hint(rc));
}

void refusal_of_machine(const struct identity *id, int rc, char **reterr)
{
	struct device_list devices = {0};
	bool any = false;

	live_devices(&devices, NULL);
	for (size_t i = 0; i < devices.n; i++)
		any |= identity_same_uuid(&devices.v[i].id, id);
	device_list_free(&devices);
	if (rc == -ENODEV && !any)
		set_text(reterr, "no instance of it is live");
	else
		set_text(reterr, "its driver refused: %s", error_text(rc));
}
