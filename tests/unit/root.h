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
