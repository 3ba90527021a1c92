/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals that end the program, held back while something must not be left half done. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <signal.h>

/*
 * From here on SIGHUP, SIGINT and SIGTERM wait until signals_release(), which may end the program
 * at once. May be nested: *ret_before is for the release that belongs to it.
 */
void signals_hold(sigset_t *ret_before);
void signals_release(const sigset_t *before);

#endif
