/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A made root for unit tests: begin, make folders and files in it, end. */
#ifndef ROOT_H
#define ROOT_H

#include "base/util.h"

#include <sys/stat.h>

static char root_top[] = "/tmp/mdev-test-XXXXXX";

static inline void root_begin(void)
{
	if (!mkdtemp(root_top))
		abort();
	root_set(root_top);
}

static inline void root_end(void)
{
	_cleanup_free_ char *command = xasprintf("rm -rf '%s'", root_top);

	if (system(command) != 0)
		printf("# %s is left\n", root_top);
	free((char *)root_get());
}

/* With those above it. */
static inline void make_folder(const char *path)
{
	_cleanup_free_ char *full = xasprintf("%s/%s", root_top, path);

	for (char *p = full + strlen(root_top) + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			(void)mkdir(full, 0755);
			*p = '/';
		}
	(void)mkdir(full, 0755);
}

/* With the folders above it; one that is there stays. */
static inline void make_link(const char *path, const char *target)
{
	_cleanup_free_ char *full = xasprintf("%s/%s", root_top, path);
	_cleanup_free_ char *above = xasprintf("%.*s", (int)(strrchr(path, '/') - path), path);

	make_folder(above);
	(void)!symlink(target, full);
}

/* A live device of a parent and one of its types, as far as it takes to find it. */
static inline void make_device(const char *parent, const char *type, const char *name)
{
	_cleanup_free_ char *listed = xasprintf(
		"sys/class/mdev_bus/%s/mdev_supported_types/%s/devices/%s", parent, type, name);
	_cleanup_free_ char *own = xasprintf("sys/class/mdev_bus/%s/%s/mdev_type", parent, name);
	_cleanup_free_ char *type_folder = xasprintf("../mdev_supported_types/%s", type);
	_cleanup_free_ char *bus = xasprintf("sys/bus/mdev/devices/%s", name);
	_cleanup_free_ char *folder = xasprintf("../../../class/mdev_bus/%s/%s", parent, name);

	make_folder(listed);
	make_link(own, type_folder);
	make_link(bus, folder);
}

static inline void make_file(const char *path, const char *text)
{
	_cleanup_free_ char *full = xasprintf("%s/%s", root_top, path);
	FILE *stream = fopen(full, "w");

	if (!stream)
		abort();
	fputs(text, stream);
	fclose(stream);
}

#endif
