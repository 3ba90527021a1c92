/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions in mdevctl's form, read and written. The only user of json-c. */
#ifndef MDEVCTL_H
#define MDEVCTL_H

#include "model/protocol.h"
#include "store/definition.h"

/* What a definition that stands alone in a text does not say. */
struct mdevctl_place {
	const char *parent; /* NULL when it is not known */
	const struct identity *id; /* NULL when it is not known */
};

/*
 * To be called, with success, before any of those below: opens json-c. 0, or -ELIBACC and a reason
 * in *reterr.
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
 * Definitions in mdevctl's form, as a list, or the one alone; the caller frees the text. What
 * mdevctl has no word for stands under keys of our own, which it ignores and mdevctl_import()
 * reads.
 */
char *mdevctl_export(struct definition *const *defs, size_t count, bool single);
/* What those are for a definition, "params, description"; NULL for none. The caller frees it. */
char *mdevctl_export_extras(const struct definition *def);

/* What a script is told of a device: mdevctl's form on one line. The caller frees it. */
char *mdevctl_line(const struct definition *def);

/* What a script that was asked for its capabilities says. 0, or -EBADMSG for no such answer. */
int mdevctl_parse_support(const char *text, size_t len, struct script_support *ret);

/*
 * What a script that was asked for attributes says, as "attrs" of mdevctl's form; no text is none.
 * Adds them to the definition, to which nobody has looked whether they can be attributes. 0, or
 * -EBADMSG with a reason in *reterr, and then nothing is added.
 */
int mdevctl_parse_attrs(const char *text, size_t len, struct definition *def, struct arena *arena,
			char **reterr);

#endif
