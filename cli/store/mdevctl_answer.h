/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What scripts of mdevctl's protocol answer. They are asked after mdevctl_begin() alone. */
#ifndef MDEVCTL_ANSWER_H
#define MDEVCTL_ANSWER_H

#include "model/device.h"
#include "model/protocol.h"

/* What a script that was asked for its capabilities says. 0, or -EBADMSG for no such answer. */
int mdevctl_answer_support(const char *text, size_t len, struct script_support *ret);

/*
 * What a script that was asked for attributes says, as "attrs" of mdevctl's form; no text is none.
 * Adds them to the definition; whether they can be attributes of a device is not looked at. 0, or
 * with a reason in *reterr -EBADMSG for what is no JSON, and -EINVAL for another mistake: what
 * stands before that is added.
 */
int mdevctl_answer_attrs(const char *text, size_t len, struct definition *def, struct arena *arena,
			 char **reterr);

#endif
