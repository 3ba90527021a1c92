// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages: the only writer to stderr and the system's log. */
#include "base/msg.h"

#include "base/text.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

/* Leaves room for the time, the host and the program in front of it. */
#define LOG_LINE_MAX 1900

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

/* Where syslog(3) connects to. */
static bool reaches_log(int type)
{
	static const struct sockaddr_un log = {.sun_family = AF_UNIX, .sun_path = _PATH_LOG};
	_cleanup_close_ int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)&log, sizeof(log)) == 0;
}

bool msg_is_heard(void)
{
	return !to_syslog || reaches_log(SOCK_DGRAM) || reaches_log(SOCK_STREAM);
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
	if (to_syslog && line.len > LOG_LINE_MAX)
		syslog(syslog_priority(level), "%.*s...", (int)text_cut(line.data, LOG_LINE_MAX),
		       line.data);
	else if (to_syslog)
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
