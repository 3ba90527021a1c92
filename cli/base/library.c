// SPDX-License-Identifier: GPL-2.0-or-later
/* A shared library that is opened when it is first used. */
#include "base/library.h"

#include <dlfcn.h>
#include <errno.h>

static int fail(const struct library *library, char **reterr)
{
	set_text(reterr, "%s; install it (in Debian it is package %s)", dlerror(),
		 library->package);
	return -ELIBACC;
}

int library_open(struct library *library, char **reterr)
{
	void *handle;

	if (library->is_open)
		return 0;
	/* All at once, for one that lacks a function is found out now, not in the midst of work. */
	handle = dlopen(library->soname, RTLD_NOW | RTLD_NODELETE);
	if (!handle)
		return fail(library, reterr);
	for (const struct library_function *function = library->functions; function->name;
	     function++) {
		void **pointer = function->pointer;

		/* POSIX has it so: a function's address in what C takes for a pointer to data. */
		*pointer = dlsym(handle, function->name);
		if (!*pointer)
			return fail(library, reterr);
	}
	library->is_open = true;
	return 0;
}
