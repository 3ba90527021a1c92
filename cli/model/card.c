// SPDX-License-Identifier: GPL-2.0-or-later
/* A card with virtual functions: how it shall be before instances are made on it. */
#include "model/card.h"

struct card *definition_list_add_card(struct definition_list *list)
{
	struct card *card = arena_alloc(&list->arena, sizeof(*card));

	list->cards = xgrow(list->cards, list->card_count, sizeof(*list->cards));
	*card = (struct card){.vfs = CARD_VFS_UNSET};
	list->cards[list->card_count++] = card;
	return card;
}

void card_add_command(struct card *card, struct arena *arena, const char *text,
		      const struct strlist *words)
{
	struct card_command *grown = arena_alloc(arena, (card->command_count + 1) * sizeof(*grown));
	char **argv = arena_alloc(arena, (words->n + 1) * sizeof(*argv));

	if (card->command_count)
		memcpy(grown, card->commands, card->command_count * sizeof(*grown));
	for (size_t i = 0; i < words->n; i++)
		argv[i] = arena_strdup(arena, words->v[i]);
	argv[words->n] = NULL;
	grown[card->command_count++] = (struct card_command){arena_strdup(arena, text), argv};
	card->commands = grown;
}

bool card_same(const struct card *a, const struct card *b)
{
	if (strcmp(a->parent, b->parent) != 0 || a->vfs != b->vfs ||
	    a->attr_count != b->attr_count || a->command_count != b->command_count)
		return false;
	for (size_t i = 0; i < a->attr_count; i++)
		if (strcmp(a->attrs[i].name, b->attrs[i].name) != 0 ||
		    strcmp(a->attrs[i].value, b->attrs[i].value) != 0)
			return false;
	for (size_t i = 0; i < a->command_count; i++)
		if (strcmp(a->commands[i].text, b->commands[i].text) != 0)
			return false;
	return true;
}
