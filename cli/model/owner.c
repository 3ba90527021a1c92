// SPDX-License-Identifier: GPL-2.0-or-later
/* To whom the nodes of an instance are given, as definitions and options write it. */
#include "model/owner.h"

#include "base/text.h"
#include "base/util.h"

#include <errno.h>

#define MODE_LEAST 0600
#define MODE_MOST 0666

int owner_check(const char *text, char **reterr)
{
	size_t user = strcspn(text, ":");
	const char *group = text[user] ? text + user + 1 : NULL;
	_cleanup_free_ char *shown = NULL;

	if (user && text_is_plain(text) && !strpbrk(text, " \t/") &&
	    (!group || (*group && !strchr(group, ':'))))
		return 0;
	shown = quoted(text);
	set_text(reterr, "%s is not an owner, which is USER or USER:GROUP", shown);
	return -EINVAL;
}

int owner_parse_mode(const char *text, mode_t *ret_mode, char **reterr)
{
	bool is_octal = strlen(text) == 4 && text[0] == '0' && strspn(text, "01234567") == 4;
	mode_t mode = is_octal ? (mode_t)strtoul(text, NULL, 8) : 0;
	_cleanup_free_ char *shown = NULL;

	if ((mode & MODE_LEAST) == MODE_LEAST && !(mode & ~(mode_t)MODE_MOST)) {
		if (ret_mode)
			*ret_mode = mode;
		return 0;
	}
	shown = quoted(text);
	set_text(reterr,
		 "%s is not a mode such as 0660, which is no less than 0600 and no more than 0666",
		 shown);
	return -EINVAL;
}
