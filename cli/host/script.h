/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts that take part in changes of devices: which there are, and running one of them by
 * mdevctl's protocol.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "base/process.h"
#include "model/identity.h"
#include "model/protocol.h"

enum script_kind {
	SCRIPT_CALLOUT, /* asked and told of what is done to devices of its types */
	SCRIPT_NOTIFIER, /* told of what was done to any device */
	SCRIPT_KIND_COUNT
};

struct script {
	char *path; /* by which it is run */
	/* That others than root can write it, in words; NULL when nobody can. It is not run then.
	 */
	char *distrust;
	bool is_out; /* it did not end in time, and is not to be run again */
};

/* What is in the folders of one kind, in the order in which it is run. */
struct script_list {
	struct script *v;
	size_t n;
	int rc; /* 0, or the negative errno for which a folder or an entry could not be looked at */
	char *error; /* with its path */
};

/*
 * usr/lib/mdevctl/scripts.d and etc/mdevctl.d/scripts.d below the root, each by name. The folders
 * are read at the first call, and the list stays as it was then to the end of the program. What
 * cannot be a program is left out, as is a link that leads out of the root.
 */
struct script_list *script_list(enum script_kind kind);

/* What a script is told. */
struct script_call {
	enum script_event event;
	enum script_action action;
	enum script_state state;
	const struct identity *id;
	const char *type, *parent;
	const char *input; /* for its stdin; NULL for none */
	unsigned int seconds; /* that it may take */
};

/*
 * Runs it to its end, which may be one that the limit of time has put to it: then it is marked as
 * out. The caller frees the result whatever this returns. 0, or a negative errno: -ENOEXEC where it
 * is no program, or its interpreter is not there.
 */
int script_run(struct script *script, const struct script_call *call, struct process_result *ret);

#endif
