/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The port that a PCI parent is plugged into. Addresses have numbers of buses in them, which the
 * firmware deals out anew when a card is plugged in or taken out: 0000:03:00.0 may be another card
 * after the next boot. The port on the root bus, "/sys/devices/pci0000:00/0000:00:06.0", stays.
 */
#ifndef PORT_H
#define PORT_H

#include "host/parent.h"

/*
 * The path that names this parent alone and stays: of its port, or for a virtual function of a
 * card "PORT/STAR/virtfnN", where STAR is an asterisk. name: of a registered parent. The caller
 * frees the path. With a reason in *reterr, which the caller frees:
 * -EINVAL    it is no PCI device, or stands on no root bus
 * -ENOTUNIQ  other parents are behind the port, too, and it is no virtual function
 * other      what the system said
 */
int port_path(struct parent_index *index, const char *name, char **ret_path, char **reterr);

/*
 * A warning where the text names the parent by an address, or by a number that comes from the
 * order of the addresses, and another card of the same kind could get that; NULL where it is no
 * guess. text resolves to name. The caller frees it.
 */
char *port_doubt(struct parent_index *index, const char *text, const char *name);

#endif
