// SPDX-License-Identifier: GPL-2.0-or-later
/* What could not be read. */
#include "base/unread.h"

#include <errno.h>

/* A disk or a driver that is broken is broken for a thousand devices. */
#define TEXTS_MAX 20

static struct strlist texts;
static size_t count, left_out;

bool unread_is_absence(int rc)
{
	switch (-rc) {
	case ENOENT:
	case ENODEV:
	case ESRCH:
	case ESTALE:
	/* Not what is looked for: a folder in place of a file, or a path that leads nowhere. */
	case EISDIR:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return true;
	default:
		return false;
	}
}

static bool is_noted(const char *text)
{
	for (size_t i = 0; i < texts.n; i++)
		if (strcmp(texts.v[i], text) == 0)
			return true;
	return false;
}

void unread_add(const char *text)
{
	count++;
	if (is_noted(text))
		return;
	if (texts.n < TEXTS_MAX)
		strlist_add(&texts, text);
	else
		left_out++;
}

int unread_note(const char *path, int rc)
{
	_cleanup_free_ char *text = NULL;

	if (rc >= 0 || unread_is_absence(rc))
		return rc;
	text = xasprintf("%s: cannot be read: %s%s", path, error_text(rc), root_hint(rc));
	unread_add(text);
	return rc;
}

size_t unread_count(void)
{
	return count;
}

void unread_take(struct strlist *ret_texts)
{
	for (size_t i = 0; i < texts.n; i++)
		strlist_add(ret_texts, texts.v[i]);
	if (left_out) {
		_cleanup_free_ char *more = xasprintf("%zu more could not be read", left_out);

		strlist_add(ret_texts, more);
	}
	strlist_free(&texts);
	left_out = 0;
}
