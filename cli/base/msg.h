/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages: the only writer to stderr and the system's log. */
#ifndef MSG_H
#define MSG_H

#include "base/util.h"

enum msg_level { MSG_ERROR, MSG_WARNING, MSG_INFO };

/* The least important level still shown; MSG_WARNING at the start. */
void msg_set_level(enum msg_level level);

enum msg_form {
	MSG_FORM_PLAIN, /* "mdev: warning: TEXT" */
	MSG_FORM_DATED, /* "[2026-11-30T05:30:00Z WARN  mdevctl] TEXT", as mdevctl has it */
};

/* How lines on stderr begin from now on; MSG_FORM_PLAIN at the start. */
void msg_set_form(enum msg_form form);

/* From now on to the system's log instead of stderr, for a command that no user looks at. */
void msg_to_syslog(void);

/*
 * False where messages go to the system's log and nobody takes them there: syslog(3) does not tell.
 */
bool msg_is_heard(void);

/*
 * One line, "mdev: ..." on stderr. A byte that could steer a terminal or is not text is shown as
 * \xNN, for names come from files and command lines. In the log a line ends in "..." where it is
 * longer than what a log has to take (RFC 5424, 6.1: 2,048 bytes with what stands before it).
 */
void msg_error(const char *fmt, ...) PRINTF_LIKE(1, 2);
void msg_warning(const char *fmt, ...) PRINTF_LIKE(1, 2);
void msg_info(const char *fmt, ...) PRINTF_LIKE(1, 2);

/*
 * Text of the caller's own form, of several lines, to stderr, at whichever level. What could steer
 * a terminal is shown as above, but for newlines.
 */
void msg_text(const char *text);

#endif
