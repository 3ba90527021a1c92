/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parents that are known to be some only when somebody names them: kind.h says why a kind does not
 * list them.
 */
#ifndef UNLISTED_H
#define UNLISTED_H

#include "host/pci.h"

/*
 * Adds the names of the unlisted parents that a text may mean, where that can be said without
 * looking at everything on the host: of an address, of a path below /sys of a PCI device, or of the
 * port above one (with one component that is any, too), of pci:VENDOR:DEVICE[/N], and of udev:
 * with ID_PATH. The caller looks which of them it means.
 */
void unlisted_find(struct pci_table *pci, const char *text, struct strlist *ret_names);

#endif
