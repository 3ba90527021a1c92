/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions in mdevctl's form, written, byte for byte as mdevctl writes them. */
#ifndef MDEVCTL_TEXT_H
#define MDEVCTL_TEXT_H

#include "model/device.h"

/* A string of JSON with its quotes; text that is not UTF-8 becomes the array of its bytes. */
void mdevctl_add_text(struct buf *text, const char *value);

/*
 * Adds one definition as it stands in a file, without a newline at the end. members: further ones
 * of the object, each as '"KEY": VALUE'.
 */
void mdevctl_format(const struct definition *def, const struct strlist *members, struct buf *text);

/* What a script is told of a device: the same on one line. The caller frees it. */
char *mdevctl_line(const struct definition *def);

/*
 * Adds definitions as "list --dumpjson" prints them, without a newline at the end. They are in the
 * order of their parents, each of which is called by parent_name where there is one.
 */
void mdevctl_format_list(struct definition *const *defs, size_t count, struct buf *text);

/*
 * The members of the object in the text, which mdevctl_parse() has read, that are not written by
 * mdevctl_format() itself, as they stand there.
 */
void mdevctl_find_members(const char *text, struct strlist *ret_members);

/*
 * Definitions in any order, as a list, or the one alone, with a newline; the caller frees the text.
 * What mdevctl has no word for stands under keys of our own, which it ignores and mdevctl_import()
 * reads. What could steer a terminal is escaped, too.
 */
char *mdevctl_export(struct definition *const *defs, size_t count, bool single);
/* What those are for a definition, "params, description"; NULL for none. The caller frees it. */
char *mdevctl_export_extras(const struct definition *def);

#endif
