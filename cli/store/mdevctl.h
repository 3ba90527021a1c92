/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions in mdevctl's form, read. */
#ifndef MDEVCTL_H
#define MDEVCTL_H

#include "store/definition.h"

/* What a definition that stands alone in a text does not say. */
struct mdevctl_place {
	const char *parent; /* NULL when it is not known */
	const struct identity *id; /* NULL when it is not known */
};

/*
 * To be called, with success, before mdevctl_import() and before scripts are asked: opens json-c.
 * 0, or -ELIBACC and a reason in *reterr.
 */
int mdevctl_begin(char **reterr);

/*
 * Reads definitions in mdevctl's form from a text that ends in a NUL behind len: the list that its
 * "list --dumpjson" prints, or a single one, whose place is said. Good ones are added to the list,
 * file and line 0 being where they are from; what is wrong, and what would be lost, goes to the
 * problems.
 */
void mdevctl_import(const char *file, const char *text, size_t len,
		    const struct mdevctl_place *place, struct definition_list *list,
		    struct problem_list *problems);

/*
 * Reads the text of one definition as mdevctl itself reads its files: keys that it does not know
 * are passed over, and attributes may have any name and value. The text ends in a NUL behind len.
 * Sets type, attributes and is_auto of the definition; the strings belong to the arena. 0, or with
 * a reason in *reterr, in mdevctl's words where it has some: -EBADMSG, or -ELIBACC without json-c,
 * which is not needed for what is as mdevctl writes it.
 */
int mdevctl_parse(const char *text, size_t len, struct definition *def, struct arena *arena,
		  char **reterr);

struct json_object;
/*
 * Reads one attribute of the array "attrs", {"NAME": "VALUE"}; its texts belong to the tree. 0, or
 * -EBADMSG with a reason in *reterr, in mdevctl's words.
 */
int mdevctl_read_attr(struct json_object *object, struct attr *ret, char **reterr);

#endif
