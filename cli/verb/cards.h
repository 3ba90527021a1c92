/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Brings cards to what sections [parent NAME] say, before instances are made on them. */
#ifndef CARDS_H
#define CARDS_H

#include "host/parent.h"
#include "model/card.h"
#include "verb/enact.h"

/* Begins zeroed; cards_end() ends it. */
struct cards {
	struct parent_index index;
	bool is_indexed;
	struct strlist held; /* addresses of the cards that are not ready; see enact.h */
};

/*
 * Prepares the cards that have a section and are unready; name: NULL, or the address of the only
 * one, or of a virtual function of it. With ENACT_DRY_RUN it says so and does not do it. With
 * ENACT_EVENT it takes no time where systemd runs: a unit of the card does it, and what is to be
 * made on the card. What fails is complained of.
 *
 * True when that was tried: what was looked at before is to be looked at anew. Those that are
 * not ready after that are added to cards->held.
 */
bool cards_prepare(struct cards *cards, struct enactment *enactment,
		   const struct definition_list *list, const char *name);

/*
 * The address of the card that a definition is for, by its parent: that card, or a virtual function
 * of it, there or not. NULL for none.
 */
const char *cards_of_definition(struct cards *cards, const struct definition *def);

/* The address of the card that a text means. 0, or as parent_resolve() fails. */
int cards_resolve(struct cards *cards, const char *text, const char **ret_address);

/* The section of that card that counts, which is the first; NULL for none. */
const struct card *cards_section(struct cards *cards, const struct definition_list *list,
				 const char *address);

/*
 * Tells the rule for udev that no definition file has such a section, so that it need not run the
 * program for each card that comes. Any run that comes upon a section takes that back.
 */
void cards_tell_none(void);
void cards_tell_some(void);

void cards_end(struct cards *cards);

#endif
