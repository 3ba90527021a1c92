// SPDX-License-Identifier: GPL-2.0-or-later
/* Errors as mdevctl says them. */
#include "front/say.h"

#include "base/file.h"
#include "base/msg.h"
#include "base/unread.h"
#include "verb/cmd.h"

char *say_system(int rc)
{
	return xasprintf("%s (os error %d)", strerror(-rc), -rc);
}

PRINTF_LIKE(2, 0) static int say(const char *cause, const char *fmt, va_list args)
{
	_cleanup_free_ char *what = xvasprintf(fmt, args);
	_cleanup_free_ char *text = xasprintf("Error: %s\n%s%s%s", what,
					      cause ? "\nCaused by:\n    " : "", cause ? cause : "",
					      cause ? "\n" : "");

	msg_text(text);
	return FAILED;
}

int say_error(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(NULL, fmt, args);
	va_end(args);
	return FAILED;
}

int say_error_for(const char *cause, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say(cause, fmt, args);
	va_end(args);
	return FAILED;
}

int say_error_of(int rc, const char *fmt, ...)
{
	_cleanup_free_ char *cause = say_system(rc);
	va_list args;

	va_start(args, fmt);
	say(cause, fmt, args);
	va_end(args);
	return FAILED;
}

int say_callout(const struct callout *callout, const char *error)
{
	if (callout->failure.trouble == CALLOUT_NO_JSON)
		return say_error_for(callout->failure.detail, "%s", error);
	return say_error("%s", error);
}

int say_output(const struct buf *text, const char *what)
{
	int rc;

	if (text->len)
		(void)fwrite(text->data, 1, text->len, stdout);
	rc = stdout_flush();
	return rc ? say_error_of(rc, "%s", what) : DONE;
}

void say_unread(void)
{
	struct strlist texts = {0};

	unread_take(&texts);
	for (size_t i = 0; i < texts.n; i++)
		msg_warning("%s", texts.v[i]);
	strlist_free(&texts);
}

bool say_unread_error(void)
{
	struct strlist texts = {0};
	bool is_any;

	unread_take(&texts);
	is_any = texts.n > 0;
	if (is_any)
		say_error("%s", texts.v[0]);
	strlist_free(&texts);
	return is_any;
}

char *say_path(const char *path)
{
	struct buf text = {0};

	buf_add(&text, "\"", 1);
	for (; *path; path++)
		buf_addf(&text, "%s%c", *path == '"' || *path == '\\' ? "\\" : "", *path);
	buf_add(&text, "\"", 1);
	return text.data;
}
