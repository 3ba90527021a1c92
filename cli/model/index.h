/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices and definitions of a list by their identity. */
#ifndef INDEX_H
#define INDEX_H

#include "model/device.h"

/*
 * Points to devices of a list, and so is good until one is added to the list or it is sorted.
 * Several devices may have one identity: one that is live, and definitions for other parents.
 */
struct device_index {
	struct device **v;
	size_t n;
	bool is_sorted;
};

/*
 * Makes an index of the devices that accept() takes (NULL: of all), for so many look-ups. Each of
 * several costs the logarithm of the number of devices; for a single one the devices are not
 * sorted, since a walk through all of them is cheaper. device_index_free() frees it.
 */
void device_index_make(struct device_index *ret_index, const struct device_list *list,
		       bool (*accept)(const struct device *dev), size_t look_ups);

/*
 * A part of the index that has all devices whose UUID begins so, in the order of the index: where
 * it begins, and in *ret_count its length. There may be others among them in an index that is not
 * sorted.
 */
struct device *const *device_index_range(const struct device_index *index,
					 const struct identity_prefix *prefix, size_t *ret_count);

/* The live device of this identity, or NULL; there is at most one on a host. */
struct device *device_index_live(const struct device_index *index, const struct identity *id);
/* The same; where none is live, the first that is only defined. */
struct device *device_index_find(const struct device_index *index, const struct identity *id);

void device_index_free(struct device_index *index);

/*
 * Definitions by identity, those of one identity in the order in which they count: those in a file
 * that is named for it first, then the others, each in the order of the list that they stand in.
 */
struct definition_index {
	struct definition **v;
	size_t n;
};

/* definition_index_free() frees it; the definitions stay those of the list. */
void definition_index_make(struct definition_index *ret_index, const struct definition_list *list);
/* Where the definitions of this identity begin in the index, and in *ret_count how many they are.
 */
struct definition *const *definition_index_find(const struct definition_index *index,
						const struct identity *id, size_t *ret_count);
/*
 * Adds all definitions of these identities, each once, in the order of the list that the index is
 * of. The identities may come several times. definition_list_free() leaves the definitions.
 */
void definition_index_select(const struct definition_index *index, const struct identity *ids,
			     size_t count, struct definition_list *ret_list);
void definition_index_free(struct definition_index *index);

#endif
