/* SPDX-License-Identifier: GPL-2.0-or-later */
/* To whom the nodes of an instance are given, as definitions and options write it. */
#ifndef OWNER_H
#define OWNER_H

#include <sys/types.h>

/*
 * "USER" or "USER:GROUP", names or numbers: neither is empty, nor has a blank or control
 * characters. Whether there is such a user is not known here. 0, or -EINVAL with a reason in
 * *reterr.
 */
int owner_check(const char *text, char **reterr);

/*
 * "0NNN", octal: the owner may read and write, as whoever opens a device has to, and nobody may
 * execute. 0, or -EINVAL with a reason in *reterr. ret_mode may be NULL.
 */
int owner_parse_mode(const char *text, mode_t *ret_mode, char **reterr);

#endif
