// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a script keeps something from being done, in words: those of mdev, or as mdevctl says it. */
#include "verb/callout_failure.h"

#include "base/msg.h"

static enum callout_form form = CALLOUT_FORM_OURS;

void callout_set_form(enum callout_form new)
{
	form = new;
}

static char *explain(const struct callout_failure *failure)
{
	const char *detail = failure->detail ? failure->detail : "";

	switch (failure->trouble) {
	case CALLOUT_REFUSED:
		return xasprintf("script '%s' refused it (status %d)%s%s", failure->path,
				 failure->status, *detail ? ": " : "", detail);
	case CALLOUT_KILLED:
		return xasprintf("script '%s' was killed by signal %d", failure->path,
				 failure->status);
	case CALLOUT_LATE:
		return xasprintf("script '%s' %s", failure->path, detail);
	case CALLOUT_NO_ACTION:
		return xasprintf("script '%s' does not support the action '%s'", failure->path,
				 script_action_name(failure->action));
	case CALLOUT_NO_EVENT:
		return xasprintf("script '%s' does not support the event '%s'", failure->path,
				 script_event_name(failure->event));
	case CALLOUT_BAD_ANSWER:
	case CALLOUT_NO_JSON:
		return xasprintf("script '%s' gives no list of attributes: %s", failure->path,
				 detail);
	default:
		return failure->path ?
			       xasprintf("script '%s' is not run: %s", failure->path, detail) :
			       xasprintf("scripts cannot be asked: %s", detail);
	}
}

/* With a capital at its beginning; the caller frees it. */
static char *capitalised(const char *word)
{
	char *text = xstrdup(word);

	text[0] = (char)(text[0] - 'a' + 'A');
	return text;
}

/* mdevctl has a status for each end, "unknown" for one that was not by exit(). */
static char *explain_as_mdevctl(const struct callout_failure *failure)
{
	_cleanup_free_ char *status = xasprintf("%d", failure->status), *word = NULL;

	switch (failure->trouble) {
	case CALLOUT_KILLED:
	case CALLOUT_LATE:
		set_text(&status, "unknown");
		__attribute__((fallthrough));
	case CALLOUT_REFUSED:
		return xasprintf("Script '\"%s\"' failed with status '%s'", failure->path, status);
	case CALLOUT_NO_ACTION:
		word = capitalised(script_action_name(failure->action));
		return xasprintf("Script \"%s\" does not support action '%s'", failure->path, word);
	case CALLOUT_NO_EVENT:
		word = capitalised(script_event_name(failure->event));
		return xasprintf("Script \"%s\" does not support event '%s'", failure->path, word);
	case CALLOUT_BAD_ANSWER:
		return xstrdup(failure->detail);
	case CALLOUT_NO_JSON:
		return xstrdup("Invalid JSON received from callout script");
	default:
		return explain(failure);
	}
}

char *callout_explain(const struct callout_failure *failure)
{
	return form == CALLOUT_FORM_OURS ? explain(failure) : explain_as_mdevctl(failure);
}

void callout_say_forced(enum script_action action, const struct callout_failure *failure)
{
	_cleanup_free_ char *error = callout_explain(failure);

	if (form == CALLOUT_FORM_OURS)
		msg_warning("going on by force, though %s", error);
	else
		msg_warning("Forcing operation '%s' despite callout failure. Error was: %s",
			    script_action_name(action), error);
}

void callout_say_killed(const struct script *script, int signal)
{
	if (form == CALLOUT_FORM_OURS)
		msg_warning("script '%s' was killed by signal %d", script->path, signal);
	else
		msg_warning("callout script \"%s\" was terminated by a signal", script->path);
}

void callout_say_unknown(const struct script *script, const char *what)
{
	_cleanup_free_ char *word = capitalised(what);

	if (form == CALLOUT_FORM_OURS)
		msg_warning("script '%s' supports an %s that is not known here", script->path,
			    what);
	else
		msg_warning("Callout script \"%s\" provides unknown %s type", script->path, word);
}

/* As it is: with its name before all of it, and no newline that it does not end in itself. */
static void relay_as_mdevctl(const char *name, const char *text)
{
	_cleanup_free_ char *whole = xasprintf("%s: %s", name, text);

	msg_text(whole);
}

void callout_relay(const struct script *script, const struct process_result *result,
		   bool is_refusal)
{
	_cleanup_free_ char *text = result->err.data ? xstrdup(result->err.data) : NULL;
	const char *name = strrchr(script->path, '/') + 1;
	char *rest = text, *line;

	if (form == CALLOUT_FORM_MDEVCTL) {
		if (text)
			relay_as_mdevctl(name, text);
		return;
	}
	if (is_refusal)
		(void)strsep(&rest, "\n");
	while ((line = strsep(&rest, "\n")))
		if (*line)
			msg_warning("%s: %s", name, line);
}
