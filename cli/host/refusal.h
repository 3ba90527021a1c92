/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is said of an errno that came from a write to sysfs, so that it names who refused and why.
 *
 * Opening the file and writing to it are two steps with two meanings: open() fails before anybody
 * was asked (sysfs is mounted read-only, the file is gone, the user may not), write() gives the
 * answer of the core or of the parent's driver. One errno may be of either, and a driver uses the
 * errnos of the core for reasons of its own: -ENODEV may mean that the parent is going, or
 * that the driver's firmware did not answer. So what the core would mean is looked up, and where
 * that is not so, the driver is said to have refused.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include "model/device.h"

/*
 * What was looked up to explain refusals, so that a thousand of full types cost one listing. Zeroed
 * at the start.
 */
struct refusal_facts {
	struct strlist full; /* reasons, one for each type that was found full */
	struct device_list live; /* the device that was looked up last */
	enum { REFUSAL_CORE_UNKNOWN, REFUSAL_CORE_KERNELS, REFUSAL_CORE_EXTENDED } core;
};

void refusal_facts_free(struct refusal_facts *facts);

/* The live device of an identity, or NULL; good until the next call. */
const struct device *refusal_find_device(struct refusal_facts *facts, const struct identity *id);

/* The parent says that it has no instance of the definition's type left. */
bool refusal_type_is_full(const struct definition *def);

/* These go to *reterr in place of what is there, as set_text() does. */

/* A file below sys could not be opened for writing. */
void refusal_of_open(const char *path, int rc, char **reterr);
/* dev has the identity already. */
void refusal_live(const struct device *dev, char **reterr);
/* No instance of the type is left; names what takes them up. */
void refusal_full(struct refusal_facts *facts, const struct definition *def, char **reterr);
/* The type's "create" could not be opened, or the write to it failed, with rc. */
void refusal_of_create_open(const struct definition *def, int rc, char **reterr);
void refusal_of_create(struct refusal_facts *facts, const struct definition *def, int rc,
		       char **reterr);
/* An attribute could not be opened, or did not take its value. */
void refusal_of_attribute_open(const struct attr *attr, int rc, char **reterr);
void refusal_of_attribute(const struct attr *attr, int rc, char **reterr);
/* The device's "remove", likewise. */
void refusal_of_destroy_open(int rc, char **reterr);
void refusal_of_destroy(int rc, char **reterr);
/*
 * Those of the devices that have this UUID are of kinds whose drivers are told nothing of machines.
 * False, and nothing goes to *reterr, where there is none, or another one besides.
 */
bool refusal_of_kinds(struct device *const *devices, size_t count, const struct identity *id,
		      char **reterr);
/* The file by which machines start and stop, likewise. */
void refusal_of_machine_open(int rc, char **reterr);
void refusal_of_machine(const struct identity *id, int rc, char **reterr);

#endif
