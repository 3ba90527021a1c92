// SPDX-License-Identifier: GPL-2.0-or-later
/* Definitions in mdevctl's form, read. */
#include "store/mdevctl.h"

#include "base/text.h"
#include "model/owner.h"
#include "store/json.h"
#include "store/json_text.h"
#include "store/mdevctl_plain.h"

#include <errno.h>

/* Reading mdevctl's form: one definition at a time, of which the first mistake is reported. */
struct import {
	const char *file;
	struct definition_list *list;
	struct problem_list *problems;
	struct definition *def;
	bool is_bad;
};

PRINTF_LIKE(2, 3) static void bad(struct import *import, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	char text[IDENTITY_TEXT_SIZE];
	va_list args;

	va_start(args, fmt);
	what = xvasprintf(fmt, args);
	va_end(args);
	if (import->def && !import->is_bad)
		problem_add(import->problems, import->file, 0, "%s: %s",
			    identity_format(&import->def->id, text), what);
	else if (!import->def)
		problem_add(import->problems, import->file, 0, "%s", what);
	import->is_bad = true;
}

/* What is wrong with a key, or with what stands behind it. */
static void bad_key(struct import *import, const char *key, const char *what)
{
	_cleanup_free_ char *shown = quoted(key);

	bad(import, "%s %s", shown, what);
}

/* The text that an array holds byte by byte, NULL when it holds anything else. */
static char *text_of_bytes(struct arena *arena, struct json_object *array, size_t len)
{
	char *text = arena_alloc(arena, len + 1);

	for (size_t i = 0; i < len; i++) {
		struct json_object *byte = json.object_array_get_idx(array, i);
		int64_t value = json.object_get_int64(byte);

		if (!json.object_is_type(byte, json_type_int) || value < 0 || value > 255)
			return NULL;
		text[i] = (char)value;
	}
	return text;
}

/* A string, or the array of its bytes; NULL and a problem for anything else. */
static const char *take_text(struct import *import, const char *key, struct json_object *value)
{
	size_t len = 0;
	char *text = NULL;

	if (json.object_is_type(value, json_type_string)) {
		len = (size_t)json.object_get_string_len(value);
		text = arena_alloc(&import->list->arena, len + 1);
		memcpy(text, json.object_get_string(value), len);
	} else if (json.object_is_type(value, json_type_array)) {
		len = json.object_array_length(value);
		text = text_of_bytes(&import->list->arena, value, len);
	}
	if (!text) {
		bad_key(import, key, "is not a string");
		return NULL;
	}
	text[len] = '\0';
	if (!len || strlen(text) != len || strchr(text, '\n')) {
		bad_key(import, key,
			"is empty or holds a newline or NUL, which a definition cannot say");
		return NULL;
	}
	return text;
}

static void take_vf(struct import *import, const char *key, struct json_object *value)
{
	struct definition *def = import->def;
	/* Only a number is written with digits alone. */
	const char *text =
		json.object_is_type(value, json_type_int) ? json.object_get_string(value) : "";

	def->has_vf = parse_u32(text, &def->vf) == 0;
	if (!def->has_vf)
		bad_key(import, key, "is not the number of a virtual function");
}

static void take_attr(struct import *import, struct json_object *attr)
{
	if (!json.object_is_type(attr, json_type_object) || json.object_object_length(attr) != 1) {
		bad(import, "an attribute is not an object with one key");
		return;
	}
	json_object_object_foreach(attr, name, value) {
		const char *text = take_text(import, name, value);

		if (text && !attr_name_is_valid(name))
			bad_key(import, name, "cannot be the name of an attribute of a device");
		else if (text)
			definition_add_attr(import->def, &import->list->arena, name, text);
	}
}

static void take_attrs(struct import *import, struct json_object *attrs)
{
	if (attrs && !json.object_is_type(attrs, json_type_array)) {
		bad(import, "'attrs' is not an array");
		return;
	}
	for (size_t i = 0; attrs && i < json.object_array_length(attrs); i++)
		take_attr(import, json.object_array_get_idx(attrs, i));
}

static void take_owner(struct import *import, struct json_object *value)
{
	_cleanup_free_ char *error = NULL;

	import->def->owner = take_text(import, "owner", value);
	if (import->def->owner && owner_check(import->def->owner, &error) < 0)
		bad(import, "%s", error);
}

static void take_mode(struct import *import, struct json_object *value)
{
	_cleanup_free_ char *error = NULL;

	import->def->mode = take_text(import, "mode", value);
	if (import->def->mode && owner_parse_mode(import->def->mode, NULL, &error) < 0)
		bad(import, "%s", error);
}

static void take_key(struct import *import, const char *key, struct json_object *value)
{
	struct definition *def = import->def;

	if (strcmp(key, "attrs") == 0) {
		take_attrs(import, value);
	} else if (strcmp(key, "mdev_type") == 0) {
		def->type = take_text(import, key, value);
	} else if (strcmp(key, "start") == 0) {
		/* As mdevctl reads it: anything that is not "auto" is manual. */
		def->is_auto = json.object_is_type(value, json_type_string) &&
			       strcmp(json.object_get_string(value), "auto") == 0;
	} else if (strcmp(key, "parent") == 0) {
		def->parent = take_text(import, key, value);
	} else if (strcmp(key, "params") == 0) {
		def->params = take_text(import, key, value);
	} else if (strcmp(key, "description") == 0) {
		def->description = take_text(import, key, value);
	} else if (strcmp(key, "vf") == 0) {
		take_vf(import, key, value);
	} else if (strcmp(key, "owner") == 0) {
		take_owner(import, value);
	} else if (strcmp(key, "mode") == 0) {
		take_mode(import, value);
	} else {
		bad_key(import, key, "is not a known key, and would be lost");
	}
}

static void take_definition(struct import *import, const struct identity *id, const char *parent,
			    struct json_object *object)
{
	import->def = definition_list_add(import->list);
	import->is_bad = false;
	import->def->id = *id;
	import->def->parent = arena_strdup(&import->list->arena, parent);
	import->def->file = arena_strdup(&import->list->arena, import->file);
	if (json.object_is_type(object, json_type_object)) {
		json_object_object_foreach(object, key, value)
			take_key(import, key, value);
	}
	if (!import->def->type)
		bad(import, "there is no 'mdev_type'");
	if (import->is_bad)
		import->list->n--;
	import->def = NULL;
}

/* {"PARENT": [{"UUID": {...}}, ...], ...} */
static void take_parents(struct import *import, struct json_object *parents)
{
	json_object_object_foreach(parents, parent, devices) {
		size_t count = json.object_is_type(devices, json_type_array) ?
				       json.object_array_length(devices) :
				       0;

		if (!json.object_is_type(devices, json_type_array))
			bad_key(import, parent, "is not followed by an array of devices");
		for (size_t i = 0; i < count; i++) {
			struct json_object *device = json.object_array_get_idx(devices, i);

			if (!json.object_is_type(device, json_type_object)) {
				bad_key(import, parent, "has a device that is not an object");
				continue;
			}
			json_object_object_foreach(device, identity, object) {
				struct identity id;

				if (identity_parse(identity, &id) < 0)
					bad_key(import, identity,
						"is neither a UUID nor UUID:INSTANCE");
				else
					take_definition(import, &id, parent, object);
			}
		}
	}
}

static void take_top(struct import *import, struct json_object *top,
		     const struct mdevctl_place *place)
{
	struct json_object *type;

	if (json.object_is_type(top, json_type_array)) {
		for (size_t i = 0; i < json.object_array_length(top); i++) {
			struct json_object *parents = json.object_array_get_idx(top, i);

			if (json.object_is_type(parents, json_type_object))
				take_parents(import, parents);
			else
				bad(import, "the list holds something that is not an object");
		}
	} else if (!json.object_is_type(top, json_type_object)) {
		bad(import, "neither a list of definitions nor a definition");
	} else if (!json.object_object_get_ex(top, "mdev_type", &type)) {
		take_parents(import, top);
	} else if (!place->parent || !place->id) {
		bad(import, "a single definition says neither its parent nor its UUID; give both");
	} else {
		take_definition(import, place->id, place->parent, top);
	}
}

/* Nothing was lost between the text and the tree. */
static bool check_keys(struct import *import, const char *text, struct json_object *top)
{
	struct json_keys keys = json_text_count_keys(text);

	if (keys.has_nul)
		bad(import, "a key holds a NUL");
	else if (keys.count != json_count_members(top))
		bad(import, "an object has a key twice, of which one would be lost");
	return !import->is_bad;
}

int mdevctl_begin(char **reterr)
{
	return json_begin(reterr);
}

/* The text, which ends in a NUL behind len, as json-c's tree; NULL and a reason in *reterr. */
static struct json_object *parse_text(const char *text, size_t len, char **reterr)
{
	struct json_parsed parsed = json_parse(JSON_TOKENER_ALLOW_TRAILING_CHARS, text, len);
	enum json_tokener_error error = parsed.error;
	size_t end = parsed.end;
	const char *lax = NULL;

	while (end < len && strchr(" \t\r\n", text[end]) && text[end])
		end++;
	if (error == json_tokener_continue || error == json_tokener_error_parse_eof)
		set_text(reterr, "the text ends too early to be JSON");
	else if (error != json_tokener_success)
		set_text(reterr, "not JSON at byte %zu: %s", end, json.tokener_error_desc(error));
	else if (end < len)
		set_text(reterr, "something follows the JSON, at byte %zu", end);
	else
		lax = json_text_find_lax(text, len);
	if (lax)
		set_text(reterr, "not JSON: %s", lax);
	if (!*reterr)
		return parsed.top;
	json.object_put(parsed.top);
	return NULL;
}

void mdevctl_import(const char *file, const char *text, size_t len,
		    const struct mdevctl_place *place, struct definition_list *list,
		    struct problem_list *problems)
{
	struct import import = {.file = file, .list = list, .problems = problems};
	_cleanup_free_ char *error = NULL;
	struct json_object *top = parse_text(text, len, &error);

	if (error)
		bad(&import, "%s", error);
	else if (check_keys(&import, text, top))
		take_top(&import, top, place);
	json.object_put(top);
	problem_list_end_file(problems);
}

/*
 * Reading as mdevctl does, which takes nearly everything, with its own words for what it refuses.
 */

/* A string without a NUL, which belongs to the arena; else NULL. */
static const char *string_of(struct arena *arena, struct json_object *value)
{
	const char *text;

	if (!json.object_is_type(value, json_type_string))
		return NULL;
	text = json.object_get_string(value);
	if (strlen(text) != (size_t)json.object_get_string_len(value))
		return NULL;
	return arena_strdup(arena, text);
}

int mdevctl_read_attr(struct json_object *object, struct attr *ret, char **reterr)
{
	if (!json.object_is_type(object, json_type_object)) {
		set_text(reterr, "invalid JSON format for attribute: not an object");
		return -EBADMSG;
	}
	if (json.object_object_length(object) != 1) {
		set_text(reterr, "invalid JSON format for attribute: too many fields");
		return -EBADMSG;
	}
	json_object_object_foreach(object, name, value) {
		bool is_text = json.object_is_type(value, json_type_string);

		if (!is_text)
			set_text(
				reterr,
				"invalid JSON format for attribute {\"%s\", %s}: value must be of type str",
				name,
				json.object_to_json_string_ext(value,
							       JSON_C_TO_STRING_NOSLASHESCAPE));
		*ret = (struct attr){name, is_text ? json.object_get_string(value) : NULL};
		if (is_text && strlen(ret->value) != (size_t)json.object_get_string_len(value))
			set_text(reterr, "the value of attribute '%s' holds a NUL", name);
	}
	return *reterr ? -EBADMSG : 0;
}

static int parse_attrs(struct json_object *attrs, struct definition *def, struct arena *arena,
		       char **reterr)
{
	if (attrs && !json.object_is_type(attrs, json_type_array)) {
		set_text(reterr, "attributes field is not an array");
		return -EBADMSG;
	}
	for (size_t i = 0; attrs && i < json.object_array_length(attrs); i++) {
		struct attr attr = {0};

		if (mdevctl_read_attr(json.object_array_get_idx(attrs, i), &attr, reterr))
			return -EBADMSG;
		definition_add_attr(def, arena, attr.name, attr.value);
	}
	return 0;
}

static int parse_definition(struct json_object *top, struct definition *def, struct arena *arena,
			    char **reterr)
{
	struct json_object *type = NULL, *start = NULL, *attrs = NULL;

	if (json.object_is_type(top, json_type_object)) {
		(void)json.object_object_get_ex(top, "mdev_type", &type);
		(void)json.object_object_get_ex(top, "start", &start);
		(void)json.object_object_get_ex(top, "attrs", &attrs);
	}
	def->type = string_of(arena, type);
	if (!def->type || !start) {
		set_text(reterr, type && start && json.object_is_type(type, json_type_string) ?
					 "the type holds a NUL" :
					 "invalid json");
		return -EBADMSG;
	}
	def->is_auto = json.object_is_type(start, json_type_string) &&
		       strcmp(json.object_get_string(start), "auto") == 0;
	return parse_attrs(attrs, def, arena, reterr);
}

int mdevctl_parse(const char *text, size_t len, struct definition *def, struct arena *arena,
		  char **reterr)
{
	struct json_object *top;
	int rc;

	if (mdevctl_plain_parse(text, len, def, arena))
		return 0;
	rc = json_begin(reterr);
	if (rc)
		return rc;
	if (!text_is_utf8(text, len)) {
		set_text(reterr, "stream did not contain valid UTF-8");
		return -EBADMSG;
	}
	top = parse_text(text, len, reterr);
	if (*reterr) {
		rc = -EBADMSG;
	} else if (json_text_count_keys(text).has_nul) {
		set_text(reterr, "a key holds a NUL");
		rc = -EBADMSG;
	} else {
		rc = parse_definition(top, def, arena, reterr);
	}
	json.object_put(top);
	return rc;
}
