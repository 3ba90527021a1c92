/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of definitions gets another text, and scripts are asked of each definition that differs.
 */
#ifndef RETEXT_H
#define RETEXT_H

#include "base/file.h"

struct retext {
	const char *path; /* the file that is written */
	const struct buf *in_path; /* what it says; empty: there is none */
	/* What counted until now: another text, where the file will hide one of a package. */
	const struct buf *before;
	const struct buf *after; /* that has no mistake */
};

/*
 * Writes it as a whole, where scripts are asked of one definition at the most. Otherwise the
 * definitions are changed one after the other, for each has its scripts by itself, and the text
 * comes at the end; when one is refused, those before it are changed, and the text is not taken. A
 * reason in *reterr unless it is done.
 */
struct disk_change retext_write(const struct retext *retext, char **reterr);

#endif
