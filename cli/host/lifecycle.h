/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instances come and go: what is written to the kernel. */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H

#include "host/create_file.h"
#include "host/refusal.h"
#include "model/device.h"

/* What lifecycle_create() was at when it failed, for callers with words of their own. */
struct lifecycle_failure {
	enum lifecycle_step {
		LIFECYCLE_FORM, /* nothing was asked of the kernel yet */
		LIFECYCLE_CREATE, /* the instance was refused */
		LIFECYCLE_NO_ATTRIBUTE, /* the instance has no such attribute of its own */
		LIFECYCLE_ATTRIBUTE, /* the value of an attribute was refused */
		LIFECYCLE_NODE, /* its nodes could not be given to their owner */
	} step;
	const struct attr *attr; /* that attribute, of the definition; or NULL */
	int undo; /* why the instance could not be removed again, a negative errno, or 0 */
};

/*
 * What is kept from one instance to the next: the open "create" files of types, and what was
 * looked up to explain a refusal. Zeroed at the start, ended by lifecycle_creator_close(), which
 * leaves it zeroed again.
 */
struct lifecycle_creator {
	struct create_files files;
	struct refusal_facts facts;
	struct lifecycle_failure failure; /* of the last instance that failed */
	struct device made; /* the last instance that was made; its texts are the definition's */
	char made_name[IDENTITY_TEXT_SIZE];
	bool was_there; /* it was live before, and got its identity alone */
	/* Those of the host, where virtual functions are chosen that none of them names; or NULL.
	 */
	const struct definition_list *definitions;
};

void lifecycle_creator_close(struct lifecycle_creator *creator);

/*
 * The live device that has an identity which the kernel says is taken, anywhere on the host, or
 * NULL; good until the next call.
 */
const struct device *lifecycle_find_live(struct lifecycle_creator *creator,
					 const struct identity *id);

/* Whether core and driver take what the definition has beside the UUID: number and parameters. */
bool lifecycle_is_understood(const struct definition *def);

/* What is known to fail whatever the host is like, of def, its attributes and its owner. */
int lifecycle_check_form(const struct definition *def, char **reterr);

/*
 * What can be said without trying: the type is known to def->parent_name, an instance is left,
 * core and driver take instance number and parameters if def has any, and attributes of that
 * name and length. 0, or -ENOENT, -EUSERS, -EOPNOTSUPP, -EPERM, -E2BIG, -EEXIST with the reason in
 * *reterr.
 */
int lifecycle_check(struct lifecycle_creator *creator, const struct definition *def, char **reterr);

/*
 * Makes the instance that def describes on def->parent_name, writes its attributes in order and
 * gives its nodes to their owner. When one of that is refused the instance is removed again; an
 * attribute that reads back as another value is warned of. Signals that end the program wait until
 * it is whole or gone, but for SIGKILL. Negative errno with the reason in *reterr: -EEXIST    the
 * identity is taken, by a device anywhere on the host -EUSERS    no instance is left -EINVAL,
 * -EPERM, -E2BIG    nothing was made, for the type or an attribute cannot be called so, or an
 * attribute or the parameters cannot be written other      what the kernel said of the instance or
 * of the attribute What went wrong while undoing is part of the reason.
 */
int lifecycle_create(struct lifecycle_creator *creator, const struct definition *def,
		     char **reterr);

/*
 * Keeps a live device what it is until *ret_hold is closed, which is -1 where its kind needs no
 * lock: other runs, which could end it and give its virtual function to another one, wait. Scripts
 * are not to be run meanwhile. 0, or a negative errno with the reason in *reterr: -ENODEV when it
 * is not what the caller saw any more, or -ETIMEDOUT when other runs keep the lock.
 */
int lifecycle_hold(const struct device *dev, int *ret_hold, char **reterr);

/*
 * Writes attributes of a live device in order. When one is refused those before it get back the
 * values that they had; signals wait as above. Negative errno with the reason in *reterr; what
 * could not be set back is part of the reason.
 */
int lifecycle_write_attrs(const struct device *dev, const struct attr *attrs, size_t count,
			  char **reterr);
/* How that would end, as far as it can be said without writing: the driver may still refuse. */
int lifecycle_check_attrs(const struct device *dev, const struct attr *attrs, size_t count,
			  char **reterr);

/*
 * Removes a live instance. The caller has looked for holders: on the kernel's own core the write
 * blocks for as long as somebody has the device open.
 * -EBUSY, -ENODEV (it went away), or what the kernel said, with the reason in *reterr.
 */
int lifecycle_destroy(const struct device *dev, char **reterr);

/*
 * Starts or stops all instances of a UUID that are mediated devices: the core knows no others, for
 * which there is refusal_of_kinds(). -EOPNOTSUPP on a core that has no such thing.
 */
int lifecycle_machine(bool start, const struct identity *id, char **reterr);

#endif
