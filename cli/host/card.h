/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cards with virtual functions, which are none after a boot and after the driver was loaded:
 * enabled as a section [parent NAME] says.
 */
#ifndef HOST_CARD_H
#define HOST_CARD_H

#include "host/parent.h"
#include "model/card.h"

/*
 * Makes an index of the PCI devices that can have virtual functions, in place of the registered
 * parents: parent_resolve() finds such a device by it, in all ways in which a parent can be named.
 */
void card_index_make(struct parent_index *index);

/* What the section says that no card could be: an attribute that is none. 0, or -EPERM or such with
 * the reason in *reterr. */
int card_check(const struct card *card, char **reterr);

/* The PCI device of that name is the card at that address, or a virtual function of it. */
bool card_is_of(const char *address, const char *name);
/* The same for one of several cards. */
bool card_is_of_any(const struct strlist *addresses, const char *name);

/*
 * The card at that address is not as the section has it: it has no virtual function, or the one
 * that enabled them did not come to the end of that. False for a card that is to be left alone.
 */
bool card_is_unready(const struct card *card, const char *address);

/*
 * The PCI device of that name is a card, or a virtual function of one, that is being prepared or
 * was not to the end. Costs a look on a host without such cards.
 */
bool card_is_begun(const char *name);

/*
 * One at a time prepares the card at that address; card_is_unready() is true meanwhile. Waits for
 * others at most that many seconds. A descriptor, whose closing ends it, or a negative errno with a
 * reason in *reterr: -ETIMEDOUT while another one does.
 */
int card_lock(const char *address, unsigned int seconds, char **reterr);

/* Each virtual function of the card has all of its files. */
bool card_is_whole(const char *address);

/*
 * Brings the card to what the section says, and takes as long as that takes: attributes are
 * written, virtual functions enabled and waited for, programs run. To be called with the lock, for
 * a card that is unready. 0, or a negative errno with the reason in *reterr; what was enabled
 * stays, but the card stays unready.
 */
int card_prepare(const struct card *card, const char *address, char **reterr);

#endif
