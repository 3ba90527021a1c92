// SPDX-License-Identifier: GPL-2.0-or-later
/* What scripts of mdevctl's protocol answer. */
#include "store/mdevctl_answer.h"

#include "base/text.h"
#include "store/json.h"
#include "store/json_text.h"
#include "store/mdevctl.h"

#include <errno.h>

/*
 * What a script says, which may end in NULs, and has one behind len. The caller puts *ret. 0, or
 * -EBADMSG with a reason in *reterr.
 */
static int parse_answer(const char *text, size_t len, struct json_object **ret, char **reterr)
{
	struct json_parsed parsed;
	const char *lax = NULL;

	*ret = NULL;
	while (len && !text[len - 1])
		len--;
	if (!text_is_utf8(text, len)) {
		set_text(reterr, "it is not UTF-8");
		return -EBADMSG;
	}
	parsed = json_parse(0, text, len);
	*ret = parsed.top;
	if (parsed.error != json_tokener_success)
		set_text(reterr, "it is not JSON: %s", json.tokener_error_desc(parsed.error));
	else
		lax = json_text_find_lax(text, len);
	if (lax)
		set_text(reterr, "it is not JSON: %s", lax);
	return *reterr ? -EBADMSG : 0;
}

/* An action that mdevctl knows, too, and never asks for. */
static bool is_reserved(const char *word)
{
	return strcmp(word, "test") == 0;
}

/* A bit for each of the words; what is not among them is noted. False for no list of words. */
static bool take_words(struct json_object *list, const char *(*name)(unsigned int),
		       unsigned int count, unsigned int *ret_bits, bool *ret_unknown)
{
	size_t n = json.object_is_type(list, json_type_array) ? json.object_array_length(list) : 0;

	*ret_bits = 0;
	*ret_unknown = false;
	for (size_t i = 0; i < n; i++) {
		struct json_object *word = json.object_array_get_idx(list, i);
		unsigned int which = 0;

		if (!json.object_is_type(word, json_type_string))
			return false;
		while (which < count && strcmp(json.object_get_string(word), name(which)) != 0)
			which++;
		if (which < count)
			*ret_bits |= 1u << which;
		else
			*ret_unknown |= !is_reserved(json.object_get_string(word));
	}
	return json.object_is_type(list, json_type_array);
}

static const char *action_name_of(unsigned int which)
{
	return script_action_name((enum script_action)which);
}

static const char *event_name_of(unsigned int which)
{
	return script_event_name((enum script_event)which);
}

static bool take_support(struct json_object *top, struct script_support *ret)
{
	struct json_object *supports, *version, *actions, *events;

	return json.object_is_type(top, json_type_object) &&
	       json.object_object_get_ex(top, "supports", &supports) &&
	       json.object_is_type(supports, json_type_object) &&
	       json.object_object_get_ex(supports, "version", &version) &&
	       json.object_is_type(version, json_type_int) && json.object_get_int64(version) >= 0 &&
	       json.object_get_int64(version) <= UINT32_MAX &&
	       json.object_object_get_ex(supports, "actions", &actions) &&
	       take_words(actions, action_name_of, SCRIPT_ACTION_COUNT, &ret->actions,
			  &ret->has_unknown_action) &&
	       json.object_object_get_ex(supports, "events", &events) &&
	       take_words(events, event_name_of, SCRIPT_EVENT_COUNT, &ret->events,
			  &ret->has_unknown_event);
}

int mdevctl_answer_support(const char *text, size_t len, struct script_support *ret)
{
	_cleanup_free_ char *error = NULL;
	struct json_object *top;
	int rc = parse_answer(text, len, &top, &error);

	*ret = (struct script_support){0};
	/* Which of two keys of one name is meant is not known. */
	if (!rc && (json_text_count_keys(text).count != json_count_members(top) ||
		    !take_support(top, ret)))
		rc = -EBADMSG;
	json.object_put(top);
	return rc;
}

/* "null" and "[{}]" say that there are none, too. */
static bool is_no_attrs(struct json_object *array)
{
	struct json_object *only;

	if (!array)
		return true;
	if (!json.object_is_type(array, json_type_array))
		return false;
	if (json.object_array_length(array) != 1)
		return !json.object_array_length(array);
	only = json.object_array_get_idx(array, 0);
	return json.object_is_type(only, json_type_object) && !json.object_object_length(only);
}

static int read_attrs(struct json_object *array, struct definition *def, struct arena *arena,
		      char **reterr)
{
	if (is_no_attrs(array))
		return 0;
	if (!json.object_is_type(array, json_type_array)) {
		set_text(reterr, "attributes field is not an array");
		return -EINVAL;
	}
	for (size_t i = 0; i < json.object_array_length(array); i++) {
		struct attr attr = {0};

		if (mdevctl_read_attr(json.object_array_get_idx(array, i), &attr, reterr))
			return -EINVAL;
		definition_add_attr(def, arena, attr.name, attr.value);
	}
	return 0;
}

int mdevctl_answer_attrs(const char *text, size_t len, struct definition *def, struct arena *arena,
			 char **reterr)
{
	struct json_object *array = NULL;
	int rc;

	while (len && !text[len - 1])
		len--;
	if (!len)
		return 0;
	rc = parse_answer(text, len, &array, reterr);
	if (!rc)
		rc = read_attrs(array, def, arena, reterr);
	json.object_put(array);
	return rc;
}
