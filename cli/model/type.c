// SPDX-License-Identifier: GPL-2.0-or-later
/* The types of instance that parents offer, and lists of them. */
#include "model/type.h"

bool type_is_called(const struct type *type, const char *text)
{
	const char *name = type->pretty_name;

	if (!name || !*name)
		return false;
	while (*name && (*name == *text || (*name == ' ' && *text == '_'))) {
		name++;
		text++;
	}
	return !*name && !*text;
}

void type_list_free(struct type_list *list)
{
	free(list->v);
	arena_free(&list->arena);
	*list = (struct type_list){0};
}
