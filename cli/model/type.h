/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The types of instance that parents offer, and lists of them. */
#ifndef TYPE_H
#define TYPE_H

#include "base/util.h"

/*
 * A type of instance that a parent offers. A value that could not be read is NULL, a number
 * TYPE_UNKNOWN: one attribute that a driver gets wrong costs its own value only.
 */
#define TYPE_UNKNOWN (-1)

struct type {
	const char *parent;
	const char *name;
	int64_t available;
	bool is_at_most; /* the number is an upper bound */
	const char *available_text; /* as the parent says it, whatever that is */
	const char *device_api;
	const char *pretty_name;
	const char *description;
};

/* Owns everything that is reachable from it. Zeroed at the start. */
struct type_list {
	struct type *v;
	size_t n, cap;
	struct arena arena;
};

/*
 * Its pretty name is that text, which may have '_' for blanks, and may leave out the vendor
 * ("NVIDIA", "GRID") in front.
 */
bool type_is_called(const struct type *type, const char *text);

/* A zeroed type at the end; the pointer is good until the next one. */
struct type *type_list_add(struct type_list *list);
/* By parent, then name. */
void type_list_sort(struct type_list *list);
/* The type of that name on that parent, or NULL, in a list that is sorted by parent, then name. */
struct type *type_list_find(const struct type_list *list, const char *parent, const char *name);
void type_list_free(struct type_list *list);

#endif
