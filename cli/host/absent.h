/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why what the user calls a parent is none, and the way out. */
#ifndef ABSENT_H
#define ABSENT_H

#include "base/util.h"

/*
 * A sentence for a parent that is not registered: what is wrong with the PCI device of that address
 * (NULL: it is not known to be one), or what there is that comes near the text. names: the
 * registered parents. The caller frees it.
 */
char *absent_explain(const struct strlist *names, const char *text, const char *pci_address);

#endif
