/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which driver a PCI function has, and giving it another one.
 *
 * The kernel binds a function to the driver that its driver_override names and to no other. An
 * override alone binds nothing. The function is bound by a write to the driver's own file "bind",
 * which says why the driver refuses, and that somebody else was first; "drivers_probe" of the bus
 * says neither.
 */
#ifndef BINDING_H
#define BINDING_H

#include "base/util.h"

/* Zeroed, or ended by binding_free(). */
struct binding {
	char *driver; /* NULL: none */
	char *override; /* the only driver that may have it; NULL: as the drivers' tables say */
};

/* 0; -ENODEV: there is no such function (any more); or what the system said. */
int binding_read(const char *address, struct binding *ret);
void binding_free(struct binding *binding);

/*
 * Binds a function that has no driver to a loaded one, by driver_override, and reads back that it
 * is bound. When that fails the override is cleared again; what could not be undone is part of the
 * reason in *reterr.
 * -EIO     the driver said that it took it, and it has none
 * -EBUSY   it has a driver, or somebody else gave it one or an override meanwhile
 * -ENODEV  the function or the driver went away, or the driver does not take it
 * other    what the driver said, or the system when a file was opened
 */
int binding_take(const char *address, const char *driver, char **reterr);

/*
 * Unbinds it from that driver, and clears an override that names the driver, so that it is free. A
 * function that has another driver by now keeps that one, and one that is gone is no error. The
 * kernel waits until nobody has the function open. 0, or a negative errno with a reason.
 */
int binding_release(const char *address, const char *driver, char **reterr);

#endif
