// SPDX-License-Identifier: GPL-2.0-or-later
/* The types of instance that parents offer, and lists of them. */
#include "model/type.h"

void type_list_free(struct type_list *list)
{
	free(list->v);
	arena_free(&list->arena);
	*list = (struct type_list){0};
}
