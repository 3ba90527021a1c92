/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON as a tree, by json-c, which is opened when it is first used. Its functions are called as
 * json.object_put() is.
 */
#ifndef JSON_H
#define JSON_H

#include "base/util.h"

#include <json-c/json.h>

/* clang-format off */
#define JSON_FUNCTIONS(each) \
	each(object_array_get_idx) \
	each(object_array_length) \
	each(object_get_int64) \
	each(object_get_object) \
	each(object_get_string) \
	each(object_get_string_len) \
	each(object_is_type) \
	each(object_object_get_ex) \
	each(object_object_length) \
	each(object_put) \
	each(object_to_json_string_ext) \
	each(tokener_error_desc) \
	each(tokener_get_error) \
	each(tokener_get_parse_end) \
	each(tokener_new_ex) \
	each(tokener_parse_ex) \
	each(tokener_reset) \
	each(tokener_set_flags)
/* clang-format on */

/* Good from json_begin() on. */
extern struct json_functions {
#define JSON_POINTER(name) __typeof__(json_##name) *(name);
	JSON_FUNCTIONS(JSON_POINTER)
} json;

/* json_object_object_foreach() calls it by its name. */
#define json_object_get_object json.object_get_object

/* Opens json-c. 0, or -ELIBACC and a reason in *reterr. */
int json_begin(char **reterr);

/* A text that was parsed. */
struct json_parsed {
	struct json_object *top; /* the caller puts it; NULL where there is none, and for "null" */
	enum json_tokener_error error;
	size_t end; /* where the parsing ended */
};

/*
 * Parses a text, which ends in a NUL behind len, and takes no comments, single quotes or other
 * things that are no JSON; of what json-c takes all the same, see json_text.h. flags: 0, or
 * JSON_TOKENER_ALLOW_TRAILING_CHARS.
 */
struct json_parsed json_parse(int flags, const char *text, size_t len);

/* How many members all objects of the tree have. */
size_t json_count_members(struct json_object *object);

#endif
