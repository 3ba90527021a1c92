/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One section in the text of a definition file: where it is, and changing it in place. */
#ifndef SECTION_H
#define SECTION_H

#include "base/util.h"
#include "model/device.h"

/*
 * The bytes of a section: from the line of its header to the end of its last line that is neither
 * blank nor a comment. line is the definition's.
 */
void section_find(const struct buf *text, unsigned int line, size_t *ret_start, size_t *ret_end);

/* Takes out those bytes. */
void section_remove(struct buf *text, unsigned int line);

/*
 * Changes the section at that line, which says what before says, to say what after says. Lines of
 * keys that are the same in both, comments and blanks stay as they are, byte for byte. The text
 * was parsed without a problem. -EINVAL with a reason in *reterr when a key that is to go stands
 * in [defaults]; the text is of no use then.
 */
int section_change(struct buf *text, unsigned int line, const struct definition *before,
		   const struct definition *after, char **reterr);

#endif
