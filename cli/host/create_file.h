/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files "create" of types, kept open from one instance to the next. */
#ifndef CREATE_FILE_H
#define CREATE_FILE_H

#include "base/util.h"

/* Far below the 1,024 files that a process may have open. */
#define CREATE_FILES_MAX 64

/* An open file, and the type of the parent that it belongs to. */
struct create_file {
	uint32_t hash; /* of both names: most others differ by it */
	int fd;
	char *parent, *type;
};

/* Zeroed at the start, ended by create_files_close(). */
struct create_files {
	struct create_file v[CREATE_FILES_MAX];
	size_t n;
	size_t oldest; /* the one that makes room when all are open */
};

/*
 * The descriptor of the type's "create", which stays open and the files' own. A negative errno when
 * it cannot be opened.
 */
int create_files_open(struct create_files *files, const char *parent, const char *type);

void create_files_close(struct create_files *files);

#endif
