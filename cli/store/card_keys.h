/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a section [parent NAME] of a definition file. */
#ifndef CARD_KEYS_H
#define CARD_KEYS_H

#include "model/card.h"

/*
 * Reads the value of a key, with all blanks that end its line, into the card. 0, or -EINVAL with a
 * reason in *reterr for an unknown key, a value that it cannot have, and a second one of a key that
 * may stand once.
 */
int card_take_key(struct card *card, struct arena *arena, const char *key, const char *value,
		  char **reterr);

#endif
