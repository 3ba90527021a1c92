// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kind "vf": a virtual function that is given away as it is, by a driver of VFIO. Its device is
 * the parent, its address the name, its driver the type, and vf_record.c says who the instance is.
 *
 * Any device whose virtual functions are enabled can be a parent. A host has thousands of devices,
 * so only those with an instance are listed, which the few drivers of VFIO lead to; others are
 * parents when somebody names them.
 */
#include "base/signals.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "base/unread.h"
#include "host/assign.h"
#include "host/holder.h"
#include "host/kind.h"
#include "host/layout.h"
#include "host/lifecycle.h"
#include "host/type_name.h"
#include "host/vf_binding.h"
#include "host/vf_claim.h"
#include "host/vf_event.h"
#include "host/vf_place.h"
#include "host/vf_record.h"

#include <errno.h>
#include <search.h>

/*
 * What is kept of the host for a run: the names of all PCI devices, once one is looked for, so that
 * those that are not there cost nothing; and which names are known to be of parents and functions.
 */
static struct {
	bool is_loaded;
	struct strlist devices;
	void *known; /* a tree of them */
} host;

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_known(const char *name)
{
	return tfind(name, &host.known, compare_names);
}

static void know(const char *name)
{
	if (!is_known(name))
		(void)tsearch(xstrdup(name), &host.known, compare_names);
}

static void vf_forget(void)
{
	strlist_free(&host.devices);
	tdestroy(host.known, free);
	host.known = NULL;
	host.is_loaded = false;
	vf_binding_forget();
}

static void add_parent(const char *function, const char *parent, const char *type, void *names)
{
	struct strlist *list = names;

	(void)function, (void)type;
	/* Functions of a device come one after the other. */
	if (list->n && strcmp(list->v[list->n - 1], parent) == 0)
		return;
	know(parent);
	strlist_add(list, parent);
}

static int vf_parents(struct strlist *ret_names)
{
	vf_binding_each(add_parent, ret_names);
	return 0;
}

static bool is_there(const char *address)
{
	if (!host.is_loaded)
		(void)sysfs_list(SYSFS_TOP, LAYOUT_PCI_DEVICES, &host.devices);
	host.is_loaded = true;
	return strlist_find(&host.devices, address);
}

static bool vf_is_parent(const char *name)
{
	struct pci_functions functions;
	bool is_parent = is_there(name) && vf_binding_is_parent(name, &functions);

	if (is_parent)
		know(name);
	return is_parent;
}

/* Asked for every parent of every kind, so that it must not look. */
static char *vf_parent_path(const char *parent, const char *below)
{
	return is_known(parent) ? layout_pci_device(parent, below) : NULL;
}

static int64_t count_free(const struct pci_functions *functions)
{
	int64_t count = 0;

	for (uint32_t i = 0; i < functions->enabled; i++) {
		_cleanup_free_ char *function = pci_function_address(functions, i);
		struct binding now;

		if (binding_read(function, &now) < 0)
			continue;
		count += vf_binding_is_free(&now);
		binding_free(&now);
	}
	return count;
}

static void add_types(struct type_list *list, const struct pci_functions *functions)
{
	int64_t available = count_free(functions);
	_cleanup_free_ char *text = xasprintf("%lld", (long long)available);
	struct strlist types = {0};

	vf_binding_types(functions, &types);
	for (size_t i = 0; i < types.n; i++) {
		struct type *type = type_list_add(list);

		type->parent = arena_strdup(&list->arena, functions->address);
		type->name = arena_strdup(&list->arena, types.v[i]);
		type->device_api = "vfio-pci";
		type->available = available;
		type->available_text = arena_strdup(&list->arena, text);
	}
	strlist_free(&types);
}

/* All PCI devices are looked at when nobody names one, where there is a driver to give them. */
static void list_candidates(struct strlist *ret_names)
{
	if (vfio_driver_is_any())
		(void)sysfs_list(SYSFS_TOP, LAYOUT_PCI_DEVICES, ret_names);
}

/* What is known to be a function is not asked for functions of its own. */
static void list_functions_of_others(struct strlist *ret_names)
{
	for (size_t i = 0; i < INSTANCE_KINDS; i++)
		if (i != INSTANCE_VF && kinds[i]->functions)
			kinds[i]->functions(ret_names);
	strlist_sort(ret_names);
}

static void add_types_of(struct type_list *list, const char *address)
{
	_cleanup_free_ char *first = layout_pci_device(address, LAYOUT_FIRST_FUNCTION);
	struct pci_functions functions;

	if (sysfs_exists(SYSFS_TOP, first) && vf_binding_is_parent(address, &functions))
		add_types(list, &functions);
}

static void vf_types(struct type_list *list, const char *parent)
{
	struct strlist names = {0}, known = {0};

	if (parent) {
		add_types_of(list, parent);
		return;
	}
	list_candidates(&names);
	list_functions_of_others(&known);
	for (size_t i = 0; i < names.n; i++)
		if (!strlist_find(&known, names.v[i]))
			add_types_of(list, names.v[i]);
	strlist_free(&names);
	strlist_free(&known);
}

/* A function that VFIO has, as an instance; false for one that cannot be named. */
static bool read_device(const char *function, const char *parent, const char *type,
			struct arena *arena, struct device *ret)
{
	struct pci_functions functions;
	int rc;

	*ret = (struct device){.kind = INSTANCE_VF, .vf = VF_ANY};
	rc = vf_record_read(function, type, &ret->id);
	if (rc && rc != -ENOENT)
		return false;
	ret->is_foreign = rc != 0;
	if (ret->is_foreign && vf_record_foreign(function, &ret->id) < 0)
		return false;
	if (pci_read_all_functions(parent, &functions))
		ret->vf = pci_function_number(&functions, function);
	ret->name = arena_strdup(arena, function);
	ret->parent = arena_strdup(arena, parent);
	ret->type = arena_strdup(arena, type);
	return true;
}

struct reader {
	struct device_list *list;
	const char *parent; /* NULL: any */
	const struct identity_filter *filter; /* NULL: all */
	const struct identity *id; /* this one alone; NULL: all */
};

static void add_device(const char *function, const char *parent, const char *type, void *arg)
{
	struct reader *reader = arg;
	struct device dev;

	if (reader->parent && strcmp(reader->parent, parent) != 0)
		return;
	if (!read_device(function, parent, type, &reader->list->arena, &dev) ||
	    (reader->filter && !identity_filter_takes(reader->filter, &dev.id)) ||
	    (reader->id && identity_compare(reader->id, &dev.id) != 0))
		return;
	*device_list_add(reader->list) = dev;
}

static void vf_devices(struct device_list *list, const char *parent,
		       const struct identity_filter *filter)
{
	struct reader reader = {.list = list, .parent = parent, .filter = filter};

	vf_binding_each(add_device, &reader);
}

/* The first that was added to the list since it had so many; NULL for none. */
static struct device *added_since(struct device_list *list, size_t before)
{
	return list->n > before ? &list->v[before] : NULL;
}

/* By its record, or among all where its identity is one that others' instances have. */
static struct device *vf_look_up(struct device_list *list, const struct identity *id,
				 enum look_up how)
{
	struct reader reader = {.list = list, .id = id};
	_cleanup_free_ char *function = NULL, *type = NULL, *parent = NULL;
	size_t before = list->n;

	(void)how;
	if (!vfio_driver_is_any())
		return NULL;
	if (vf_record_find(id, &function) == 0) {
		type = vf_binding_type(function);
		parent = pci_physical(function);
	}
	if (type && parent)
		add_device(function, parent, type, &reader);
	else if (identity_may_be_of_url(id))
		vf_binding_each(add_device, &reader);
	return added_since(list, before);
}

static struct device *vf_look_at(struct device_list *list, const char *address)
{
	_cleanup_free_ char *type = vf_binding_type(address);
	_cleanup_free_ char *parent = type ? pci_physical(address) : NULL;
	struct reader reader = {.list = list};
	size_t before = list->n;

	if (parent)
		add_device(address, parent, type, &reader);
	return added_since(list, before);
}

static void add_function(const char *function, const char *parent, const char *type,
			 void *addresses)
{
	(void)parent, (void)type;
	know(function);
	strlist_add(addresses, function);
}

/* Like parents, others are functions of one when somebody names them. */
static void vf_functions(struct strlist *ret_addresses)
{
	vf_binding_each(add_function, ret_addresses);
}

static const char *vf_function_parent(const char *address, int *ret_vf)
{
	/* Good until the next call, and for the end of the program to free. */
	static char *parent;
	struct pci_functions functions;

	free(parent);
	parent = pci_physical(address);
	if (!parent || !vf_binding_is_parent(parent, &functions))
		return NULL;
	*ret_vf = pci_function_number(&functions, address);
	return *ret_vf < 0 ? NULL : parent;
}

static char *vf_path(const struct device *dev, const char *below)
{
	return layout_pci_device(dev->name, below);
}

static char *vf_qemu(const struct device *dev, const char *more)
{
	return assign_pci_qemu(dev->name, more);
}

static char *vf_libvirt(const struct device *dev)
{
	return assign_pci_libvirt(dev->name);
}

/*
 * What Xe lets one set of a virtual function stands with its device, which counts them from 1:
 * "sriov_admin/vf1/profile/exec_quantum_ms" is of "virtfn0".
 */
static char *vf_attributes(const struct device *dev)
{
	_cleanup_free_ char *below = NULL;
	struct pci_functions functions;
	int number = -1;

	if (pci_read_all_functions(dev->parent, &functions))
		number = pci_function_number(&functions, dev->name);
	below = xasprintf(LAYOUT_SRIOV_ADMIN "/vf%d", number + 1);
	return layout_pci_device(dev->parent, below);
}

/* In that folder there are a link to the function, and a file that stops it, too. */
static bool vf_is_kernels(const char *name)
{
	return strcmp(name, LAYOUT_PROFILE) != 0 && !str_starts(name, LAYOUT_PROFILE "/");
}

static bool vf_is_type(const char *name)
{
	return strcmp(name, VFIO_DRIVER_ANY) == 0 || str_ends(name, "-" VFIO_DRIVER_ANY);
}

/* Also a device that has no functions yet. */
static bool vf_claims(const char *parent)
{
	_cleanup_free_ char *path = layout_pci_device(parent, LAYOUT_FUNCTIONS_TOTAL);

	return sysfs_exists(SYSFS_TOP, path);
}

static bool vf_is_closed(const char *parent, const char *type)
{
	struct pci_functions functions;

	(void)type;
	return !vf_binding_is_parent(parent, &functions);
}

static bool vf_understands(const struct definition *def)
{
	return !def->params;
}

static int vf_check_form(const struct definition *def, char **reterr)
{
	if (!def->params)
		return 0;
	set_text(reterr, "type '%s' takes no parameters", def->type);
	return -EOPNOTSUPP;
}

static int check_type(const struct pci_functions *functions, const struct definition *def,
		      char **reterr)
{
	struct strlist types = {0};
	bool is_offered = strcmp(def->type, VFIO_DRIVER_ANY) == 0;

	if (!is_offered)
		vf_binding_types(functions, &types);
	for (size_t i = 0; i < types.n; i++)
		is_offered |= strcmp(types.v[i], def->type) == 0;
	strlist_free(&types);
	if (is_offered)
		return 0;
	type_name_unknown(def->parent_name, def->type, reterr);
	return -ENOENT;
}

static int check_parent(const struct definition *def, struct pci_functions *ret, char **reterr)
{
	if (vf_binding_is_parent(def->parent_name, ret))
		return check_type(ret, def, reterr);
	set_text(reterr, "parent '%s' has no virtual functions now", def->parent_name);
	return -ENODEV;
}

static int vf_check(struct lifecycle_creator *creator, const struct definition *def, char **reterr)
{
	struct pci_functions functions;
	int rc = check_parent(def, &functions, reterr);

	if (!rc)
		rc = lifecycle_check_form(def, reterr);
	return rc ? rc : vf_place_check(creator, &functions, def, reterr);
}

static int vf_make(struct lifecycle_creator *creator, const struct definition *def, int fd,
		   struct device *ret_made, char *name, char **reterr)
{
	struct pci_functions functions;
	sigset_t before;
	int rc = check_parent(def, &functions, reterr);

	(void)fd;
	if (rc)
		return rc;
	/* What is begun with one function is ended with it. */
	signals_hold(&before);
	rc = vf_place(creator, &functions, def, ret_made, name, reterr);
	signals_release(&before);
	return rc;
}

static void vf_close(int fd)
{
	close(fd);
}

/* It is what the caller saw: the function may have been given to another instance meanwhile. */
static bool is_still(const struct device *dev)
{
	_cleanup_free_ char *type = vf_binding_type(dev->name);
	struct arena arena = {0};
	struct device now;
	bool is_same;

	is_same = type && strcmp(type, dev->type) == 0 &&
		  read_device(dev->name, dev->parent, type, &arena, &now) &&
		  identity_compare(&now.id, &dev->id) == 0;
	arena_free(&arena);
	return is_same;
}

/* The function is free again, as it was found, and has no name any more. */
static int give_back(const struct device *dev, char **reterr)
{
	size_t unread = unread_count();
	struct binding now;
	int rc;

	if (!is_still(dev) && unread == unread_count())
		return -ENODEV;
	if (unread != unread_count()) {
		set_text(reterr, "it could not be read again");
		return -EBADMSG;
	}
	rc = binding_read(dev->name, &now);
	if (!rc)
		rc = binding_release(dev->name, now.driver ? now.driver : "", reterr);
	binding_free(&now);
	if (!rc)
		vf_record_remove(dev->name, &dev->id);
	return rc;
}

static int vf_undo(const struct device *dev, int dirfd, const char *folder)
{
	_cleanup_free_ char *error = NULL;

	(void)dirfd, (void)folder;
	return give_back(dev, &error);
}

static int vf_hold_it(const struct device *dev, char **reterr)
{
	return vf_hold(dev, is_still, reterr);
}

/*
 * The kernel would wait for the end of those who have the function open, and cannot be asked not
 * to: so who has it open is looked for again, under the lock.
 */
static int vf_destroy(const struct device *dev, char **reterr)
{
	_cleanup_close_ int lock = vf_hold_it(dev, reterr);
	struct device asked = *dev;
	sigset_t before;
	int rc;

	if (lock < 0)
		return lock;
	if (holder_is_any(&asked)) {
		set_text(reterr, "it is in use");
		return -EBUSY;
	}
	signals_hold(&before);
	rc = give_back(dev, reterr);
	signals_release(&before);
	if (rc == -ENODEV)
		set_text(reterr, "it went away meanwhile");
	if (!rc)
		vf_event_tell(dev, KIND_DESTROYED);
	return rc;
}

const struct kind kind_vf = {
	.number = INSTANCE_VF,
	.flags = KIND_PINS_MEMORY,
	.parents = vf_parents,
	.is_parent = vf_is_parent,
	.parent_path = vf_parent_path,
	.types = vf_types,
	.devices = vf_devices,
	.look_up = vf_look_up,
	.functions = vf_functions,
	.function_parent = vf_function_parent,
	.look_at = vf_look_at,
	.path = vf_path,
	.attributes = vf_attributes,
	.qemu = vf_qemu,
	.libvirt = vf_libvirt,
	.is_kernels = vf_is_kernels,
	.is_type = vf_is_type,
	.claims = vf_claims,
	.is_closed = vf_is_closed,
	.understands = vf_understands,
	.check_form = vf_check_form,
	.check = vf_check,
	.open = vf_claim,
	.make = vf_make,
	.close = vf_close,
	.disown = vf_disown,
	.tell = vf_event_tell,
	.undo = vf_undo,
	.hold = vf_hold_it,
	.destroy = vf_destroy,
	.forget = vf_forget,
};
