// SPDX-License-Identifier: GPL-2.0-or-later
/* Virtual functions that a driver of VFIO has, and those that could be given one. */
#include "host/vf_binding.h"

#include "base/sysfs.h"
#include "host/layout.h"

static struct {
	bool is_loaded;
	struct vfio_driver_list list;
} drivers;

/* Those that are loaded. They are looked for once. */
static const struct vfio_driver_list *load_drivers(void)
{
	if (!drivers.is_loaded && vfio_driver_is_any())
		vfio_driver_list(&drivers.list);
	drivers.is_loaded = true;
	return &drivers.list;
}

void vf_binding_forget(void)
{
	vfio_driver_list_free(&drivers.list);
	drivers.is_loaded = false;
	vfio_driver_forget();
}

static bool gets_type(const char *function)
{
	_cleanup_free_ char *path = layout_pci_device(function, LAYOUT_VENDOR_VFIO);

	return sysfs_exists(SYSFS_TOP, path);
}

/* Also those that are no virtual functions. */
static void list_functions(const char *driver, struct strlist *ret_functions)
{
	_cleanup_free_ char *folder = layout_pci_driver(driver, "");
	struct strlist names = {0};

	(void)sysfs_list(SYSFS_TOP, folder, &names);
	for (size_t i = 0; i < names.n; i++) {
		_cleanup_free_ char *address = pci_address(names.v[i]);

		/* There are files in that folder, too. */
		if (address && strcmp(address, names.v[i]) == 0)
			strlist_add(ret_functions, address);
	}
	strlist_free(&names);
}

void vf_binding_each(void (*each)(const char *function, const char *parent, const char *type,
				  void *arg),
		     void *arg)
{
	const struct vfio_driver_list *list = load_drivers();

	for (size_t i = 0; i < list->n; i++) {
		struct strlist functions = {0};
		bool is_first = true;

		list_functions(list->v[i].name, &functions);
		for (size_t j = 0; j < functions.n; j++) {
			_cleanup_free_ char *parent = pci_physical(functions.v[j]);

			/* A device that is given away as a whole is nobody's function. */
			if (!parent)
				continue;
			/* A vendor's driver, which has cards as well, gives all of them types. */
			if (is_first && gets_type(functions.v[j]))
				break;
			is_first = false;
			each(functions.v[j], parent, list->v[i].type, arg);
		}
		strlist_free(&functions);
	}
}

char *vf_binding_type(const char *function)
{
	const struct vfio_driver_list *list = load_drivers();
	struct binding now = {0};
	char *type = NULL;

	if (list->n && binding_read(function, &now) == 0 && now.driver)
		for (size_t i = 0; !type && i < list->n; i++)
			if (strcmp(list->v[i].name, now.driver) == 0 && !gets_type(function))
				type = xstrdup(list->v[i].type);
	binding_free(&now);
	return type;
}

bool vf_binding_is_parent(const char *address, struct pci_functions *ret)
{
	_cleanup_free_ char *same = pci_address(address), *first = NULL;

	if (!same || strcmp(same, address) != 0)
		return false;
	first = xasprintf("%s/" LAYOUT_FIRST_FUNCTION, address);
	return !gets_type(first) && pci_read_all_functions(address, ret) && ret->enabled;
}

void vf_binding_types(const struct pci_functions *functions, struct strlist *ret_types)
{
	_cleanup_free_ char *first = pci_function_address(functions, 0);
	_cleanup_free_ char *variant = vfio_driver_variant(first);

	if (variant)
		strlist_add(ret_types, variant);
	strlist_add(ret_types, VFIO_DRIVER_ANY);
}

bool vf_binding_is_free(const struct binding *now)
{
	return !now->driver && !now->override;
}

char *vf_binding_explain(const char *function, const struct binding *now)
{
	if (now->driver)
		return xasprintf(
			"has driver '%s', for this host's own use (unbind it: echo %s > /sys/" LAYOUT_PCI_DRIVERS
			"/%s/" LAYOUT_UNBIND ")",
			now->driver, function, now->driver);
	return xasprintf("is kept for driver '%s' (clear that: echo > /sys/" LAYOUT_PCI_DEVICES
			 "/%s/" LAYOUT_OVERRIDE ")",
			 now->override, function);
}
