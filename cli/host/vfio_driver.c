// SPDX-License-Identifier: GPL-2.0-or-later
/* The drivers by which VFIO gives PCI functions to user space. */
#include "host/vfio_driver.h"

#include "base/sysfs.h"
#include "base/text.h"
#include "host/kernel.h"
#include "host/layout.h"

#include <errno.h>
#include <fnmatch.h>

#define PCI_PREFIX "pci:"
#define ALIAS_PREFIX "alias vfio_pci:"

static enum { ANY_UNKNOWN, ANY_NONE, ANY_LOADED } any;

bool vfio_driver_is_any(void)
{
	if (any == ANY_UNKNOWN)
		any = sysfs_exists(SYSFS_TOP, LAYOUT_VFIO_PCI_MODULE) ||
				      sysfs_exists(SYSFS_TOP,
						   LAYOUT_PCI_DRIVERS "/" VFIO_DRIVER_ANY) ?
			      ANY_LOADED :
			      ANY_NONE;
	return any == ANY_LOADED;
}

void vfio_driver_forget(void)
{
	any = ANY_UNKNOWN;
}

static char *exchange(const char *name, char old, char new)
{
	char *text = xstrdup(name);

	for (char *p = text; *p; p++)
		if (*p == old)
			*p = new;
	return text;
}

char *vfio_driver_type(const char *name)
{
	return exchange(name, '_', '-');
}

static void add(struct vfio_driver_list *list, const char *name, const char *module)
{
	list->v = xgrow(list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = (struct vfio_driver){xstrdup(name), vfio_driver_type(module)};
}

/* A module may have other drivers besides, of the auxiliary bus. */
static void add_of_module(struct vfio_driver_list *list, const char *module)
{
	_cleanup_free_ char *path = layout_module(module, LAYOUT_MODULE_DRIVERS);
	struct strlist names = {0};

	(void)sysfs_list(SYSFS_TOP, path, &names);
	for (size_t i = 0; i < names.n; i++)
		if (str_starts(names.v[i], PCI_PREFIX))
			add(list, names.v[i] + strlen(PCI_PREFIX), module);
	strlist_free(&names);
}

/* What is built in has no list of those that use it: its drivers are known by what they are called.
 */
static void add_built_in(struct vfio_driver_list *list)
{
	struct strlist names = {0};

	if (sysfs_exists(SYSFS_TOP, LAYOUT_PCI_DRIVERS "/" VFIO_DRIVER_ANY))
		(void)sysfs_list(SYSFS_TOP, LAYOUT_PCI_DRIVERS, &names);
	for (size_t i = 0; i < names.n; i++)
		if (strstr(names.v[i], "vfio"))
			add(list, names.v[i], names.v[i]);
	strlist_free(&names);
}

void vfio_driver_list(struct vfio_driver_list *list)
{
	struct strlist modules = {0};

	if (sysfs_list(SYSFS_TOP, LAYOUT_VFIO_PCI_USERS, &modules) == -ENOENT)
		add_built_in(list);
	for (size_t i = 0; i < modules.n; i++)
		add_of_module(list, modules.v[i]);
	strlist_free(&modules);
}

void vfio_driver_list_free(struct vfio_driver_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free(list->v[i].name);
		free(list->v[i].type);
	}
	free(list->v);
	*list = (struct vfio_driver_list){0};
}

/* The best line so far of those that match a device. */
struct match {
	const char *device; /* what modalias has of it, behind "pci:" */
	size_t stars;
	char *type;
};

static size_t count_stars(const char *pattern)
{
	size_t count = 0;

	for (; *pattern; pattern++)
		count += *pattern == '*';
	return count;
}

/* "alias vfio_pci:v000015B3d0000101Esv*sd*bc*sc*i* mlx5_vfio_pci" */
static int take_alias(char *line, void *arg)
{
	struct match *match = arg;
	char *pattern, *module;

	if (!str_starts(line, ALIAS_PREFIX))
		return 0;
	module = line + strlen(ALIAS_PREFIX);
	pattern = strsep(&module, " ");
	if (!module || !name_is_safe(module) || fnmatch(pattern, match->device, 0) != 0 ||
	    (match->type && count_stars(pattern) >= match->stars))
		return 0;
	match->stars = count_stars(pattern);
	free(match->type);
	match->type = vfio_driver_type(module);
	return 0;
}

char *vfio_driver_variant(const char *address)
{
	_cleanup_free_ char *path = layout_pci_device(address, LAYOUT_MODALIAS), *modalias = NULL;
	_cleanup_free_ char *release = kernel_release();
	struct match match = {0};

	if (sysfs_read(SYSFS_TOP, path, &modalias) < 0 || !str_starts(modalias, PCI_PREFIX))
		return NULL;
	match.device = modalias + strlen(PCI_PREFIX);
	(void)kernel_each_line(release, "modules.alias", take_alias, &match);
	/* Which matches any device. */
	if (match.type && strcmp(match.type, VFIO_DRIVER_ANY) == 0)
		free(TAKE_PTR(match.type));
	return match.type;
}

/* -ENOENT when it is not loaded. */
static int find_loaded(const char *type, char **ret_name)
{
	struct vfio_driver_list list = {0};
	int rc = -ENOENT;

	vfio_driver_list(&list);
	for (size_t i = 0; rc && i < list.n; i++)
		if (strcmp(list.v[i].type, type) == 0) {
			*ret_name = TAKE_PTR(list.v[i].name);
			rc = 0;
		}
	vfio_driver_list_free(&list);
	return rc;
}

int vfio_driver_find(const char *type, char **ret_name, char **reterr)
{
	int rc = find_loaded(type, ret_name);

	if (!rc)
		return 0;
	rc = kernel_load(type, reterr);
	if (rc)
		return rc;
	vfio_driver_forget();
	rc = find_loaded(type, ret_name);
	if (rc)
		set_text(reterr, "module '%s' has no driver of PCI functions by VFIO", type);
	return rc;
}
