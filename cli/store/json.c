// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON as a tree: the only file that opens json-c. */
#include "store/json.h"

#include "base/library.h"

/* How deep JSON may be nested, as mdevctl reads it. */
#define DEPTH 127

#define FUNCTION(name) {"json_" #name, &json.name},

struct json_functions json;

static const struct library_function functions[] = {JSON_FUNCTIONS(FUNCTION){NULL, NULL}};
static struct library library = {"libjson-c.so.5", "libjson-c5", functions, false};

/* cppcheck-suppress unusedStructMember ; packagers read it */
LIBRARY_NOTE("mdevctl", "definitions of mdevctl, which are JSON", "suggested", "libjson-c.so.5");

int json_begin(char **reterr)
{
	return library_open(&library, reterr);
}

/* One for all texts: to make one takes longer than to read a definition. */
static struct json_tokener *the_tokener(void)
{
	static struct json_tokener *tokener;

	if (!tokener)
		tokener = json.tokener_new_ex(DEPTH);
	return tokener;
}

static struct json_object *parse_with(int flags, const char *text, size_t len)
{
	struct json_tokener *tokener = the_tokener();

	json.tokener_reset(tokener);
	json.tokener_set_flags(tokener, flags);
	return json.tokener_parse_ex(tokener, text, (int)len + 1);
}

static bool is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 0x7f)
			return false;
	return true;
}

/*
 * Since 0.17 json-c takes bytes above 0x7f for control characters where it is strict, and char is
 * signed. So of a text that has such bytes, a copy with letters in their place is parsed first. The
 * tokener knows how it ended.
 */
static struct json_object *parse_strictly(int flags, const char *text, size_t len)
{
	_cleanup_free_ char *copy = NULL;
	struct json_object *top;

	if (is_ascii(text, len))
		return parse_with(flags | JSON_TOKENER_STRICT, text, len);
	copy = xcalloc(1, len + 1);
	for (size_t i = 0; i <= len; i++)
		copy[i] = (char)((unsigned char)text[i] > 0x7f ? 'x' : text[i]);
	top = parse_with(flags | JSON_TOKENER_STRICT, copy, len);
	if (json.tokener_get_error(the_tokener()) != json_tokener_success)
		return top;
	json.object_put(top);
	return parse_with(flags, text, len);
}

struct json_parsed json_parse(int flags, const char *text, size_t len)
{
	struct json_object *top = parse_strictly(flags, text, len);

	return (struct json_parsed){
		.top = top,
		.error = json.tokener_get_error(the_tokener()),
		.end = json.tokener_get_parse_end(the_tokener()),
	};
}

/* NOLINTNEXTLINE(misc-no-recursion): json-c does not parse what is deeper than DEPTH */
size_t json_count_members(struct json_object *object)
{
	size_t count = 0;

	if (json.object_is_type(object, json_type_object)) {
		json_object_object_foreach(object, key, value) {
			(void)key;
			count += 1 + json_count_members(value);
		}
	} else if (json.object_is_type(object, json_type_array)) {
		for (size_t i = 0; i < json.object_array_length(object); i++)
			count += json_count_members(json.object_array_get_idx(object, i));
	}
	return count;
}
