/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of mdevctl's protocol for scripts: what is being done to a device, and when in its
 * course a script is run.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdbool.h>

enum script_action {
	SCRIPT_START,
	SCRIPT_STOP,
	SCRIPT_DEFINE,
	SCRIPT_UNDEFINE,
	SCRIPT_MODIFY,
	/* What is asked for in SCRIPT_GET. */
	SCRIPT_ATTRIBUTES,
	SCRIPT_CAPABILITIES,
	SCRIPT_ACTION_COUNT
};

enum script_event {
	SCRIPT_PRE, /* before the action, which the script can refuse */
	SCRIPT_POST, /* after it */
	SCRIPT_NOTIFY, /* at the end, for those that are only told */
	SCRIPT_GET, /* the script is asked for something */
	SCRIPT_LIVE, /* the script itself is to change a live device */
	SCRIPT_EVENT_COUNT
};

/* How the action ended, as far as that is known. */
enum script_state { SCRIPT_NONE, SCRIPT_SUCCESS, SCRIPT_FAILURE };

/* As scripts get them: "start", "pre", "none". */
const char *script_action_name(enum script_action action);
const char *script_event_name(enum script_event event);
const char *script_state_name(enum script_state state);

/* What a script says that it serves: a bit, 1 << SCRIPT_..., for each word. */
struct script_support {
	unsigned int actions, events;
	bool has_unknown_action, has_unknown_event; /* words that are not among ours */
};

static inline bool script_supports(const struct script_support *support, enum script_action action,
				   enum script_event event)
{
	return support->actions & 1u << action && support->events & 1u << event;
}

/* What a script gets that is asked for its capabilities: all of the above, in JSON. */
extern const char script_provides[];

#endif
