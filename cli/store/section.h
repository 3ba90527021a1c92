/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing sections in the text of a definition file, every other byte of which stays. The text was
 * parsed without a problem; its layout says where what is to change stands, and is of no use for
 * the changed text.
 */
#ifndef SECTION_H
#define SECTION_H

#include "store/definition.h"

/* Takes out sections: count of them, by their ascending indexes in the layout. */
void section_remove(struct buf *text, const struct definition_layout *layout, const size_t *which,
		    size_t count);

/*
 * Changes the section of that index, which says what before says, to say what after says. For
 * example, another type changes the value behind "type =", and no line of a key that is the same in
 * both. 0, or -EINVAL with a reason in *reterr, and the text unchanged, when a key that is to go is
 * given by [defaults].
 */
int section_change(struct buf *text, const struct definition_layout *layout, size_t which,
		   const struct definition *before, const struct definition *after, char **reterr);

#endif
