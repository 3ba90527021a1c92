/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is defined against what is live: the ordered actions that bring one to the other. */
#ifndef PLAN_H
#define PLAN_H

#include "model/device.h"

enum action_kind {
	ACTION_DESTROY, /* live, and not defined */
	ACTION_CREATE, /* defined, and not live */
	ACTION_KEEP, /* as it shall be */
	ACTION_OWN, /* the same, but its nodes are to get the owner or mode that is defined */
	ACTION_DIFFERS, /* live with another type or on another parent; left alone */
	ACTION_MANUAL, /* not live, and not to be created by itself */
	ACTION_ABSENT, /* its parent is not there; dev may be live on another one */
	ACTION_SHADOWED, /* another definition of the identity is meant */
	ACTION_COUNT
};

/* "create" and so on. */
const char *action_name(enum action_kind kind);

struct action {
	enum action_kind kind;
	struct definition *def; /* NULL for a device to destroy */
	struct device *dev; /* the live one; NULL when there is none */
	const struct definition *meant; /* of the identity; NULL when no parent of it is there */
};

struct plan {
	struct action *v;
	size_t n;
};

struct plan_wish {
	const char *parent; /* only what is defined for, or live on, this parent; NULL: all */
	bool is_of_function; /* only what is for this virtual function of the parent: */
	uint32_t vf;
	bool with_any; /* and what may be on any */
	bool all; /* create what is not auto, too */
	bool prune; /* destroy what no definition names, whatever its parent */
	bool foreign; /* with prune: what others made, too */
};

/*
 * A pure function of its arguments: definitions in the order of their files, live devices (those
 * that are only defined are passed over). What is to be destroyed comes first, for it makes
 * room; the rest in the order of the definitions. The plan points into both lists.
 *
 * Whose nodes are is not looked at here: of what is to be kept the caller finds out.
 *
 * Of several definitions of an identity the one is meant by which it is live, else the first whose
 * parent is there.
 */
void plan_make(const struct definition_list *definitions, const struct device_list *devices,
	       const struct plan_wish *wish, struct plan *ret_plan);
/* Something is to be created or destroyed. */
bool plan_changes(const struct plan *plan);
void plan_free(struct plan *plan);

#endif
