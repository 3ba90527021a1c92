/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of a definition file: read into the model, and written from it. The only user of inih.
 */
#ifndef DEFINITION_H
#define DEFINITION_H

#include "base/util.h"
#include "model/device.h"
#include "store/problem.h"

enum definition_key {
	KEY_PARENT,
	KEY_TYPE,
	KEY_AUTO,
	KEY_PARAMS,
	KEY_DESCRIPTION,
	KEY_VF,
	KEY_OWNER,
	KEY_MODE,
	KEY_ATTR,
};

/* Where a line "KEY = VALUE" stands in the text: offsets of bytes, each end behind the last one. */
struct key_place {
	enum definition_key key;
	size_t start, end; /* with its newline */
	size_t value, value_end; /* with the blanks that end it */
};

/* From the line of its header to the last of its lines that is neither blank nor a comment. */
struct section_place {
	size_t start, end;
	size_t first_key, key_count; /* in the layout */
};

/* Where everything of a file stands. Owns what it points to. Zeroed at the start. */
struct definition_layout {
	struct section_place *sections; /* one for each definition that was read, in their order */
	size_t section_count;
	struct key_place *keys;
	size_t key_count;
	unsigned int defaults; /* a bit, 1 << KEY_..., for each key that [defaults] gives */
};

void definition_layout_free(struct definition_layout *layout);

/* As it is written: "parent". */
const char *definition_key_name(enum definition_key key);

/*
 * Reads the text of one file (NULL: an empty one). Good sections are added to the list, each bad
 * line or section to the problems; a section with a bad line is not added, the others of the file
 * are. ret_layout: where they stand, needed to change the text; may be NULL.
 */
void definition_parse(const char *file, const char *text, size_t len, struct definition_list *list,
		      struct problem_list *problems, struct definition_layout *ret_layout);

/*
 * Adds the section that definition_parse() would read as this definition. 0, or -EINVAL with a
 * reason in *reterr when a file cannot hold it.
 */
int definition_format(const struct definition *def, struct buf *text, char **reterr);

#endif
