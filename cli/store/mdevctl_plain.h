/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a definition as mdevctl itself writes it, read in one pass. */
#ifndef MDEVCTL_PLAIN_H
#define MDEVCTL_PLAIN_H

#include "model/device.h"

/*
 * Reads an object of the keys "mdev_type", "start" and "attrs" alone, in any order, whose strings
 * are ASCII without an escape. The text ends in a NUL behind len. True with type, attributes and
 * is_auto of the definition set; the strings belong to the arena. False for everything else, be it
 * JSON or not: the definition is as it was, and what the text says is for a parser of JSON to find.
 */
bool mdevctl_plain_parse(const char *text, size_t len, struct definition *def, struct arena *arena);

#endif
