/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host as a whole: what is live and what is defined, brought together. */
#ifndef INVENTORY_H
#define INVENTORY_H

#include "model/index.h"
#include "host/parent.h"
#include "store/mdevctl_folder.h"

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
 * parent_name; one whose parent cannot be one, or could be several, is a problem besides. One whose
 * parent is a virtual function is for that function of its card, and has vf, too.
 */
void inventory_load_definitions(struct inventory *inventory);
/*
 * As above, of the definitions that are wanted, as mdevctl has words for them: one of its own is
 * for the parent that its folder is called by, be it there or not. There is no index of them.
 */
void inventory_load_by_names(struct inventory *inventory, const struct mdevctl_folder_query *query);
/*
 * As above, for a caller that is asked about few parents of many: where a definition names its
 * parent as sysfs does, and its type is none of virtual functions', that is its parent_name, and
 * nobody has looked whether the parent is there. Before it is said what is meant for an identity,
 * all definitions of the identity are to be settled.
 */
void inventory_load_unsettled(struct inventory *inventory);
/* Looks for the parents of these, and which of them are overruled. */
void inventory_settle(struct inventory *inventory, const struct definition_list *list);
/* As inventory_load_definitions(), from these files instead of those in the folders. */
void inventory_load_files(struct inventory *inventory, int count, char **paths);

/*
 * Reads what is live on one parent (NULL: on all), and lays the definitions for it that were loaded
 * beside it. A live device has the definition that is meant for it, whatever parent that is for;
 * every other definition is a device of its own, which is only defined. May be called again after
 * something changed.
 */
void inventory_load_devices(struct inventory *inventory, const char *parent);

/* What inventory_load_words() reads. */
enum inventory_need {
	NEED_DEFINITIONS = 1 << 0,
	NEED_DEVICES = 1 << 1,
	/* All instances of the UUIDs, and the definitions that do not count, too. */
	NEED_ALL = 1 << 2,
};

/*
 * Reads as the functions above do what the words of a command line mean, identities or beginnings
 * of UUIDs; and what a message needs that there is no such device. needs: of enum inventory_need,
 * with NEED_DEVICES unless with NEED_ALL, for which definitions count depends on what is live.
 * parent: NULL, or the only one whose devices and definitions are laid beside each other.
 *
 * One identity in full costs one on a host of ten thousand: its device is looked up by its name on
 * the bus, its definition in the file that is named for it, "UUID.conf". If the parent of that
 * definition is there, and the device is not live in another way, no other file is read, for what
 * they say of the identity does not count. Otherwise the folders are listed, and files that are
 * named for other UUIDs are left out. The problems are those of the files that were read.
 */
void inventory_load_words(struct inventory *inventory, unsigned int needs, const char *parent,
			  int word_count, char *const *words);

/* The same of one identity. */
void inventory_load_identity(struct inventory *inventory, unsigned int needs,
			     const struct identity *id);

/*
 * The same of all whose UUIDs begin like a word that is still being typed, for completion.
 * Costs a listing of names.
 */
void inventory_load_begun(struct inventory *inventory, unsigned int needs, const char *begun);

/*
 * False for a definition that is overruled by a file that is named for its identity, or stands in
 * mdevctl's folder beside another one for the same parent, unless the device is live by it: where
 * it was made, it stays.
 */
bool inventory_counts(const struct inventory *inventory, const struct definition *def);
/*
 * The definition leaves open which virtual function of the parent its instance is on, so that those
 * matter which other definitions name. Mediated devices have none.
 */
bool inventory_needs_others(const struct definition *def);
/* All definitions of the host, with their parents as far as they are there. */
void inventory_load_others(struct inventory *inventory, struct definition_list *ret_list);

/* Takes the definitions out that do not count. */
void inventory_drop_overruled(struct inventory *inventory);

/*
 * The definition of this identity that is meant: the first, in the order of the files, whose
 * parent is there (or is this one); NULL when none is.
 */
struct definition *inventory_definition(const struct inventory *inventory,
					const struct identity *id, const char *parent);

/* The first definition that names that virtual function; NULL for none. */
const struct definition *inventory_of_function(const struct inventory *inventory,
					       const char *parent, uint32_t vf);

void inventory_free(struct inventory *inventory);

#endif
