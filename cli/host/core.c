// SPDX-License-Identifier: GPL-2.0-or-later
/* The mediated device core in the kernel: whose it is, and the way out of the wrong one. */
#include "host/core.h"

#include "base/file.h"
#include "base/sysfs.h"
#include "base/unread.h"
#include "host/kernel.h"
#include "host/layout.h"

#include <errno.h>

bool core_is_extended(void)
{
	return sysfs_exists(SYSFS_TOP, LAYOUT_MACHINE_START);
}

static bool is_loaded(void)
{
	return sysfs_exists(SYSFS_TOP, LAYOUT_BUS);
}

const char *core_hint(int rc)
{
	return (rc == -ENOENT || rc == -ENODEV) && !is_loaded() ? " (no mdev core is loaded)" : "";
}

/* Only what can be unloaded has a state. */
static bool is_built_in(void)
{
	return !sysfs_exists(SYSFS_TOP, LAYOUT_MODULE "/initstate");
}

/* The project's module is where modprobe looks first, as make or as DKMS installs it. */
static bool is_installed(const char *release)
{
	static const char *const folders[] = {"updates", "updates/dkms"};
	static const char *const suffixes[] = {"", ".xz", ".zst", ".gz"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		for (size_t j = 0; j < ARRAY_SIZE(suffixes); j++) {
			_cleanup_free_ char *name = xasprintf("lib/modules/%s/%s/mdev.ko%s",
							      release, folders[i], suffixes[j]);
			_cleanup_free_ char *path = root_path(name);

			if (unread_note(path, file_look(path)) == 0)
				return true;
		}
	return false;
}

/* How to exchange the kernel's own core for the project's: modules that use it are unloaded first.
 */
static char *way_out(void)
{
	_cleanup_free_ char *release = kernel_release();
	struct strlist users = {0};
	struct buf text = {0};

	if (is_built_in())
		return xstrdup("it is built into the kernel");
	if (!is_installed(release))
		return xstrdup("this project's is not installed");
	(void)sysfs_list(SYSFS_TOP, LAYOUT_MODULE "/holders", &users);
	buf_addf(&text, "'modprobe -r");
	for (size_t i = 0; i < users.n; i++)
		buf_addf(&text, " %s", users.v[i]);
	buf_addf(&text, " mdev && modprobe vfio_mdev' exchanges it for this project's");
	strlist_free(&users);
	return text.data;
}

/* A line of the list, "kernel/drivers/vfio/mdev/mdev.ko.xz: ...", is of a file of that name. */
static int is_of_module(char *line, void *arg)
{
	bool *found = arg;

	line[strcspn(line, ":")] = '\0';
	*found |= strstr(line, "/mdev.ko") != NULL;
	return *found;
}

/* True also where the lists of modules cannot be read. */
static bool is_available(const char *release)
{
	bool found = false;

	return kernel_each_line(release, "modules.dep", is_of_module, &found) < 0 || found;
}

char *core_explain_no_parent(void)
{
	_cleanup_free_ char *release = kernel_release();

	if (is_loaded())
		return xstrdup(
			"no driver has registered any (load the one of the device to share)");
	if (is_available(release))
		return xstrdup(
			"no mdev core is loaded (load the driver of the device to share: it brings the core)");
	return xasprintf(
		"the kernel has no support for mediated devices: there is no module 'mdev' for %s (install this project's, or a kernel with CONFIG_VFIO_MDEV)",
		release);
}

char *core_explain(const char *lack)
{
	_cleanup_free_ char *way = NULL;

	if (!is_loaded())
		return xstrdup("no mdev core is loaded");
	way = way_out();
	return xasprintf("the loaded mdev core is the kernel's own, which %s (%s)", lack, way);
}

char *core_describe(void)
{
	_cleanup_free_ char *version = NULL, *way = NULL;

	if (!is_loaded())
		return xstrdup("none is loaded");
	if (sysfs_read(SYSFS_TOP, LAYOUT_MODULE "/version", &version) < 0)
		version = xstrdup("of unknown version");
	if (core_is_extended())
		return xasprintf("this project's, %s", version);
	way = way_out();
	return xasprintf("the kernel's own, %s (%s)", version, way);
}
