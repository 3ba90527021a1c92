/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The running kernel, and what is installed of its modules. */
#ifndef KERNEL_H
#define KERNEL_H

#include "base/util.h"

/* Its release, which names the folder of its modules; "" when unknown. The caller frees it. */
char *kernel_release(void);

/*
 * Calls each() for every line of a list of modules, such as "modules.alias", until it returns
 * something other than 0. The line may be changed. 0; or a negative errno, where the list cannot
 * be read, which is noted for base/unread.
 */
int kernel_each_line(const char *release, const char *list, int (*each)(char *line, void *arg),
		     void *arg);

/* Loads a module by modprobe. 0, or a negative errno with a reason in *reterr. */
int kernel_load(const char *module, char **reterr);

#endif
