// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of a section [parent NAME] of a definition file. */
#include "store/card_keys.h"

#include "base/text.h"
#include "base/words.h"

#include <errno.h>

/* The blanks that end a value are no part of a number. */
static size_t length_without_tail(const char *value)
{
	size_t len = strlen(value);

	while (len && strchr(" \t\v\f", value[len - 1]))
		len--;
	return len;
}

static int take_vfs(struct card *card, struct arena *arena, const char *value, char **reterr)
{
	_cleanup_free_ char *text = xasprintf("%.*s", (int)length_without_tail(value), value);
	_cleanup_free_ char *shown = NULL;
	uint32_t vfs = CARD_VFS_MAX;

	(void)arena;
	if (card->vfs != CARD_VFS_UNSET) {
		set_text(reterr, "a second 'vfs' in the section");
		return -EINVAL;
	}
	if (strcmp(text, "max") != 0 && (parse_u32(text, &vfs) < 0 || !vfs || vfs > UINT16_MAX)) {
		shown = quoted(text);
		set_text(reterr, "'vfs' is max or a number from 1, not %s", shown);
		return -EINVAL;
	}
	card->vfs = vfs;
	return 0;
}

static int take_command(struct card *card, struct arena *arena, const char *value, char **reterr)
{
	_cleanup_free_ char *text = xasprintf("%.*s", (int)length_without_tail(value), value);
	struct strlist words = {0};
	int rc = words_split(value, &words, reterr);

	if (!rc && (!words.n || words.v[0][0] != '/')) {
		set_text(reterr, "'then' begins with the whole path of a program");
		rc = -EINVAL;
	}
	if (!rc)
		card_add_command(card, arena, text, &words);
	strlist_free(&words);
	return rc;
}

static int take_attr(struct card *card, struct arena *arena, const char *value, char **reterr)
{
	_cleanup_free_ char *text = xstrdup(value);
	struct attr attr;
	int rc = attr_split_line(text, &attr, reterr);

	if (!rc)
		attr_add(&card->attrs, &card->attr_count, arena, attr.name, attr.value);
	return rc;
}

int card_take_key(struct card *card, struct arena *arena, const char *key, const char *value,
		  char **reterr)
{
	static const struct {
		const char *name;
		int (*take)(struct card *card, struct arena *arena, const char *value,
			    char **reterr);
	} keys[] = {
		{"vfs", take_vfs},
		{"then", take_command},
		{"attr", take_attr},
	};
	_cleanup_free_ char *shown = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].name, key) == 0)
			return keys[i].take(card, arena, value, reterr);
	shown = quoted(key);
	set_text(reterr, "unknown key %s in a section of a parent", shown);
	return -EINVAL;
}
