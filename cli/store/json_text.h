/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text of JSON, looked at beside json-c, which takes some texts that are none and loses some
 * things without a word.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "base/util.h"

/*
 * What json-c has parsed and is no JSON all the same: control characters and halves of surrogate
 * pairs in strings, and numbers such as "1.", "-01" and NaN. What it is, in words, and NULL for
 * nothing. The text ends in a NUL behind len.
 */
const char *json_text_find_lax(const char *text, size_t len);

/*
 * The keys of a text that was parsed. Of two keys of one name json-c keeps the last, and it cuts a
 * key at \u0000: so they are counted before its tree is believed.
 */
struct json_keys {
	size_t count;
	bool has_nul; /* one of them holds \u0000, and is cut there */
};
struct json_keys json_text_count_keys(const char *text);

#endif
