// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of mdevctl's protocol for scripts. */
#include "model/protocol.h"

const char script_provides[] =
	"{\"provides\":{\"version\":2,"
	"\"actions\":[\"start\",\"stop\",\"define\",\"undefine\",\"modify\",\"attributes\","
	"\"capabilities\"],"
	"\"events\":[\"pre\",\"post\",\"notify\",\"get\",\"live\"]}}";

const char *script_action_name(enum script_action action)
{
	static const char *const names[] = {
		[SCRIPT_START] = "start",
		[SCRIPT_STOP] = "stop",
		[SCRIPT_DEFINE] = "define",
		[SCRIPT_UNDEFINE] = "undefine",
		[SCRIPT_MODIFY] = "modify",
		[SCRIPT_ATTRIBUTES] = "attributes",
		[SCRIPT_CAPABILITIES] = "capabilities",
	};

	return names[action];
}

const char *script_event_name(enum script_event event)
{
	static const char *const names[] = {
		[SCRIPT_PRE] = "pre", [SCRIPT_POST] = "post", [SCRIPT_NOTIFY] = "notify",
		[SCRIPT_GET] = "get", [SCRIPT_LIVE] = "live",
	};

	return names[event];
}

const char *script_state_name(enum script_state state)
{
	static const char *const names[] = {
		[SCRIPT_NONE] = "none",
		[SCRIPT_SUCCESS] = "success",
		[SCRIPT_FAILURE] = "failure",
	};

	return names[state];
}
