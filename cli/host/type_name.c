// SPDX-License-Identifier: GPL-2.0-or-later
/* What a user calls a type. */
#include "host/type_name.h"

#include "base/text.h"
#include "host/kind.h"
#include "host/live.h"

#include <ctype.h>
#include <errno.h>

/* How many types a message lists. */
#define TYPES_SHOWN 8

static int fold(char c)
{
	return c == '_' ? ' ' : tolower((unsigned char)c);
}

/* How far two texts are the same, but for case and '_'. */
static size_t same_beginning(const char *a, const char *b)
{
	size_t len = 0;

	while (a[len] && fold(a[len]) == fold(b[len]))
		len++;
	return len;
}

/* Half of what was written is right: "GRID A100-5D" comes near "GRID A100-5C". */
static bool is_near(const struct type *type, const char *text)
{
	size_t by_id = same_beginning(text, type->name);
	size_t by_name = type->pretty_name ? same_beginning(text, type->pretty_name) : 0;

	return 2 * (by_id > by_name ? by_id : by_name) >= strlen(text) && *text;
}

static void add_description(struct strlist *list, const struct type *type)
{
	_cleanup_free_ char *text = NULL;

	if (type->pretty_name && strcmp(type->pretty_name, type->name) != 0)
		text = xasprintf("%s '%s'", type->name, type->pretty_name);
	strlist_add(list, text ? text : type->name);
}

/* Those that come near, or all when none does; the caller frees it. */
static char *describe_types(const struct type_list *types, const char *text)
{
	struct strlist near = {0}, all = {0};
	char *joined;

	for (size_t i = 0; i < types->n; i++) {
		add_description(&all, &types->v[i]);
		if (is_near(&types->v[i], text))
			add_description(&near, &types->v[i]);
	}
	joined = strlist_join(near.n ? &near : &all, TYPES_SHOWN);
	strlist_free(&near);
	strlist_free(&all);
	return joined;
}

/* The ids of the types that are called so. */
static void find_called(const struct type_list *types, const char *text, struct strlist *ret_ids)
{
	for (size_t i = 0; i < types->n; i++)
		if (type_is_called(&types->v[i], text))
			strlist_add(ret_ids, types->v[i].name);
}

static void say_unknown(const char *parent, const struct type_list *types, const char *text,
			char **reterr)
{
	_cleanup_free_ char *known = describe_types(types, text), *given = quoted(text);
	_cleanup_free_ char *lack = kind_lack_of_type(parent);

	set_text(reterr, "parent '%s' has no type %s (it has %s)%s%s", parent, given,
		 *known ? known : "none", lack ? "; " : "", lack ? lack : "");
}

void type_name_unknown(const char *parent, const char *id, char **reterr)
{
	struct type_list types = {0};
	struct strlist called = {0};

	live_types(&types, parent);
	find_called(&types, id, &called);
	if (called.n == 1)
		set_text(reterr, "parent '%s' has no type '%s': that is what it calls '%s'", parent,
			 id, called.v[0]);
	else
		say_unknown(parent, &types, id, reterr);
	strlist_free(&called);
	type_list_free(&types);
}

int type_name_resolve(const char *parent, const char *text, char **ret_id, char **reterr)
{
	struct type_list types = {0};
	struct strlist called = {0};
	int rc = 0;

	if (live_has_type(parent, text)) {
		*ret_id = xstrdup(text);
		return 0;
	}
	live_types(&types, parent);
	if (type_list_find(&types, parent, text))
		strlist_add(&called, text);
	else
		find_called(&types, text, &called);
	if (called.n == 1) {
		*ret_id = xstrdup(called.v[0]);
	} else if (called.n) {
		_cleanup_free_ char *ids = strlist_join(&called, TYPES_SHOWN);

		set_text(reterr, "parent '%s' calls several types '%s': %s", parent, text, ids);
		rc = -ENOTUNIQ;
	} else {
		say_unknown(parent, &types, text, reterr);
		rc = -ENOENT;
	}
	strlist_free(&called);
	type_list_free(&types);
	return rc;
}
