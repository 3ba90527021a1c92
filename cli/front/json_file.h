/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --jsonfile: a definition from a file that the command line names. */
#ifndef JSON_FILE_H
#define JSON_FILE_H

#include "model/device.h"

/* Opens it. A descriptor, or a negative errno; nothing is said. */
int json_file_open(const char *path);

/*
 * Reads a definition from it, and closes it: type, attributes and auto; the strings belong to the
 * arena. DONE, or an error and FAILED.
 */
int json_file_read(int fd, const char *path, struct definition *def, struct arena *arena);

#endif
