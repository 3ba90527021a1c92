// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages: the only writer to stderr and the system's log. */
#include "base/msg.h"

#include "base/text.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

/* Leaves room for the time, the host and the program in front of it. */
#define LOG_LINE_MAX 1900

static enum msg_level shown = MSG_WARNING;
static enum msg_form form = MSG_FORM_PLAIN;
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

void msg_set_form(enum msg_form new)
{
	form = new;
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

/* "mdev: warning: ", or "[2026-11-30T05:30:00Z WARN  mdevctl] "; nothing for the system's log. */
static void add_prefix(struct buf *line, enum msg_level level)
{
	static const char *const names[] = {"ERROR", "WARN ", "INFO "};
	time_t now = time(NULL);
	struct tm utc;
	char date[32];

	if (form == MSG_FORM_DATED) {
		(void)strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
		buf_addf(line, "[%s %s mdevctl] ", date, names[level]);
		return;
	}
	buf_addf(line, "%s%s", to_syslog ? "" : "mdev: ", level == MSG_WARNING ? "warning: " : "");
}

static void say(enum msg_level level, const char *fmt, va_list args)
{
	struct buf line = {0};
	char *text;

	if (level > shown)
		return;
	text = xvasprintf(fmt, args);
	add_prefix(&line, level);
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
	say(MSG_ERROR, fmt, args);
	va_end(args);
}

void msg_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(MSG_WARNING, fmt, args);
	va_end(args);
}

void msg_info(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(MSG_INFO, fmt, args);
	va_end(args);
}

void msg_text(const char *text)
{
	struct buf visible = {0};

	while (*text) {
		size_t len = strcspn(text, "\n");
		_cleanup_free_ char *line = xasprintf("%.*s", (int)len, text);

		buf_add_visible(&visible, line);
		text += len;
		if (*text) {
			buf_add(&visible, "\n", 1);
			text++;
		}
	}
	fprintf(stderr, "%s", visible.data ? visible.data : "");
	buf_free(&visible);
}
