/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program under the names "mdevctl" and "lsmdev": the verbs, options, texts and exit statuses
 * of mdevctl 1.4.0, on the modules that the verbs of mdev are made of.
 */
#ifndef FRONT_H
#define FRONT_H

#include "verb/cmd.h"

/* The name that the program was called by is one of these. */
bool front_is_called(const char *argv0);

/* Takes the root from the environment, as mdevctl does. */
void front_take_environment(void);

/* What completion asks about: verbs and options under these names. */
const struct program *front_program(void);

/* Does what the command line says. Returns an enum exit_status. */
int front_run(int argc, char **argv);

#endif
