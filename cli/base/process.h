/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program that is run to its end: what it is given, what it says, how it ended. */
#ifndef PROCESS_H
#define PROCESS_H

#include "base/util.h"

/*
 * How to run it. argv[0] is the path of the program, which is not looked for in PATH, and gets no
 * shell where it has no interpreter of its own. input is what it reads from its stdin, NULL for
 * nothing. What it writes beyond the limits is read and dropped.
 */
struct process {
	char *const *argv;
	const char *input;
	size_t out_max, err_max; /* bytes */
	/* Then it is ended: by SIGTERM, and by SIGKILL after PROCESS_GRACE_SECONDS more. */
	unsigned int seconds;
};

#define PROCESS_GRACE_SECONDS 5

enum process_end { PROCESS_EXITED, PROCESS_KILLED, PROCESS_TIMED_OUT };

struct process_result {
	enum process_end end;
	int status; /* of exit(), or the number of the signal that killed it */
	struct buf out, err; /* data is NULL where it wrote nothing */
	bool is_out_cut; /* it wrote more than out_max */
};

/*
 * Runs the program as a child of this process, with this environment and this current folder, every
 * signal unblocked and SIGPIPE as it was at the start, and waits for its end alone: what it has
 * started itself, and left behind, is neither waited for nor ended. The caller frees the result by
 * process_result_free() whatever this returns.
 * 0; or a negative errno when it cannot be run at all: -ENOENT and -EACCES (none that could be),
 * -ENOEXEC (neither a program nor a script with "#!"), or that of a pipe or a process.
 */
int process_run(const struct process *process, struct process_result *ret);
void process_result_free(struct process_result *result);

#endif
