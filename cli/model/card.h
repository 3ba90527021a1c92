/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A card with virtual functions: how it shall be before instances are made on it. */
#ifndef CARD_H
#define CARD_H

#include "model/device.h"

/* How many virtual functions; any other number is that many. */
#define CARD_VFS_UNSET 0 /* as many as there are */
#define CARD_VFS_MAX UINT32_MAX /* as many as it can have */

/* A program to run. */
struct card_command {
	const char *text; /* as written */
	char **argv; /* an absolute path first, NULL last */
};

/* A section [parent NAME] of a file. Strings belong to a list's arena. */
struct card {
	const char *parent; /* as written */
	uint32_t vfs;
	struct attr *attrs; /* to write before there are virtual functions, in order */
	size_t attr_count;
	struct card_command *commands; /* to run once there are, in order */
	size_t command_count;
	const char *file;
	unsigned int line;
};

/* A zeroed card at the end; the pointer stays good. */
struct card *definition_list_add_card(struct definition_list *list);
/* The words are those of the text, and at least one. */
void card_add_command(struct card *card, struct arena *arena, const char *text,
		      const struct strlist *words);
/* All that a file can say is the same; where they stand does not count. */
bool card_same(const struct card *a, const struct card *b);

#endif
