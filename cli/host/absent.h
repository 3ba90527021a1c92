/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why what the user calls a parent is none, and the way out. */
#ifndef ABSENT_H
#define ABSENT_H

#include "host/parent.h"

/*
 * After parent_resolve() did not find the parent: the reason and the way out, as the rest of a line
 * ("PCI device '0000:03:00.0' has no driver: load the one that makes it a parent"). It reads more
 * of the host than resolving does, so ask only for a reason that is printed. The caller frees it.
 */
char *absent_explain(struct parent_index *index, const char *text);

#endif
