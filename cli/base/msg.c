// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages: the only writer to stderr and the system's log. */
#include "base/msg.h"

#include <syslog.h>

static enum msg_level shown = MSG_WARNING;
static bool to_syslog;

void msg_set_level(enum msg_level level)
{
	shown = level;
}

void msg_to_syslog(void)
{
	openlog("mdev", LOG_PID, LOG_DAEMON);
	to_syslog = true;
}

static int syslog_priority(enum msg_level level)
{
	if (level == MSG_INFO)
		return LOG_INFO;
	return level == MSG_WARNING ? LOG_WARNING : LOG_ERR;
}

static void say(enum msg_level level, const char *prefix, const char *fmt, va_list args)
{
	struct buf line = {0};
	char *text;

	if (level > shown)
		return;
	text = xvasprintf(fmt, args);
	buf_addf(&line, "%s%s", to_syslog ? "" : "mdev: ", prefix);
	buf_add_visible(&line, text);
	if (to_syslog)
		syslog(syslog_priority(level), "%s", line.data);
	else
		fprintf(stderr, "%s\n", line.data);
	buf_free(&line);
	free(text);
}

void msg_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(MSG_ERROR, "", fmt, args);
	va_end(args);
}

void msg_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(MSG_WARNING, "warning: ", fmt, args);
	va_end(args);
}

void msg_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(MSG_INFO, "", fmt, args);
	va_end(args);
}
