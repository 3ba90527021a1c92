// SPDX-License-Identifier: GPL-2.0-or-later
/* The types of instance that parents offer, and lists of them. */
#include "model/type.h"

/* The vendor's word in front may be left out: "L40S-2Q" is "NVIDIA L40S-2Q". */
static const char *skip_vendor(const char *name)
{
	static const char *const vendors[] = {"NVIDIA ", "GRID "};

	for (size_t i = 0; i < ARRAY_SIZE(vendors); i++)
		if (strncmp(name, vendors[i], strlen(vendors[i])) == 0)
			return name + strlen(vendors[i]);
	return name;
}

static bool is_same_name(const char *name, const char *text)
{
	while (*name && (*name == *text || (*name == ' ' && *text == '_'))) {
		name++;
		text++;
	}
	return !*name && !*text;
}

bool type_is_called(const struct type *type, const char *text)
{
	const char *name = type->pretty_name;

	if (!name || !*name)
		return false;
	return is_same_name(name, text) || is_same_name(skip_vendor(name), text);
}

struct type *type_list_add(struct type_list *list)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 16;
		list->v = xrealloc(list->v, list->cap, sizeof(*list->v));
	}
	list->v[list->n] = (struct type){0};
	return &list->v[list->n++];
}

static int compare_types(const void *a, const void *b)
{
	const struct type *first = a, *second = b;
	int order = strcmp(first->parent, second->parent);

	return order ? order : strcmp(first->name, second->name);
}

void type_list_sort(struct type_list *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), compare_types);
}

struct type *type_list_find(const struct type_list *list, const char *parent, const char *name)
{
	struct type key = {.parent = parent, .name = name};

	return list->n ? bsearch(&key, list->v, list->n, sizeof(key), compare_types) : NULL;
}

void type_list_free(struct type_list *list)
{
	free(list->v);
	arena_free(&list->arena);
	*list = (struct type_list){0};
}
