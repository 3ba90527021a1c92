/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host as a whole: what is live and what is defined, brought together. */
#ifndef INVENTORY_H
#define INVENTORY_H

#include "model/index.h"
#include "host/parent.h"
#include "store/definition.h"

/* Owns everything that is reachable from it. Zeroed at the start. */
struct inventory {
	struct parent_index parents;
	struct definition_list definitions;
	struct definition_index by_identity; /* of the definitions, from their loading on */
	struct problem_list problems; /* of the definition files */
	struct device_list devices; /* sorted; live ones with the definition meant for them */
};

/*
 * Reads the definitions and finds their parents. A definition whose parent is not there has no
 * parent_name; one whose parent cannot be one, or could be several, is a problem besides.
 */
void inventory_load_definitions(struct inventory *inventory);
/* As above, from these files instead of those in the folders. */
void inventory_load_files(struct inventory *inventory, int count, char **paths);

/*
 * Reads what is live on one parent (NULL: on all), and lays the definitions for it that were loaded
 * beside it. A live device has the definition that is meant for it, whatever parent that is for;
 * every other definition is a device of its own, which is only defined. May be called again after
 * something changed.
 */
void inventory_load_devices(struct inventory *inventory, const char *parent);

/*
 * The definition of this identity that is meant: the first, in the order of the files, whose
 * parent is there (or is this one); NULL when none is.
 */
struct definition *inventory_definition(const struct inventory *inventory,
					const struct identity *id, const char *parent);

void inventory_free(struct inventory *inventory);

#endif
