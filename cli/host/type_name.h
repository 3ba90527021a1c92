/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a user calls a type. Its id, "nvidia-474", is the name of its folder, and what definitions
 * have; its file "name" has what the vendor's papers call it, "GRID A100-5C".
 */
#ifndef TYPE_NAME_H
#define TYPE_NAME_H

#include "base/util.h"

/*
 * The id of the type of a parent that text means: the id itself, or what exactly one of the
 * parent's types is called, also with '_' for blanks. The caller frees it. With a reason in
 * *reterr: -ENOENT    the parent has no such type; the reason names those that come near -ENOTUNIQ
 * several types are called so
 */
int type_name_resolve(const char *parent, const char *text, char **ret_id, char **reterr);

/* Why a definition cannot have that type: only ids are meant there. */
void type_name_unknown(const char *parent, const char *id, char **reterr);

#endif
