// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of JSON, looked at beside json-c. */
#include "store/json_text.h"

#include "base/text.h"

/* The bits of a surrogate that say which half of a pair it is. */
#define SURROGATE_MASK 0xfc00
#define HIGH_SURROGATE 0xd800
#define LOW_SURROGATE 0xdc00

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number behind "\u"; 0 when the text has something else there. */
static unsigned long escaped_unit(const char *text)
{
	char digits[5] = "";

	if (!str_starts(text, "\\u"))
		return 0;
	memcpy(digits, text + 2, sizeof(digits) - 1);
	return strtoul(digits, NULL, 16);
}

/* How many bytes the escape at text takes; 0 for half of a surrogate pair. */
static size_t escape_len(const char *text)
{
	unsigned long half = escaped_unit(text) & SURROGATE_MASK;

	if (half == LOW_SURROGATE)
		return 0;
	if (half != HIGH_SURROGATE)
		return 2;
	return (escaped_unit(text + 6) & SURROGATE_MASK) == LOW_SURROGATE ? 12 : 0;
}

/* At a byte outside of strings, which is not the last one: "1." and "-01" are no numbers. */
static bool is_lax_number(const char *text, int before)
{
	if (text[0] == '.')
		return !is_digit(text[1]);
	return text[0] == '-' && text[1] == '0' && is_digit(text[2]) && before != 'e' &&
	       before != 'E';
}

const char *json_text_find_lax(const char *text, size_t len)
{
	bool is_string = false;

	for (size_t i = 0; i < len;) {
		size_t step = 1;

		if (text[i] == '"')
			is_string = !is_string;
		else if (is_string && (unsigned char)text[i] < ' ')
			return "a string holds a control character as it is";
		else if (is_string && text[i] == '\\')
			step = escape_len(text + i);
		else if (!is_string && (text[i] == 'N' || text[i] == 'I'))
			return "NaN and Infinity are no numbers";
		else if (!is_string && is_lax_number(text + i, i ? text[i - 1] : ' '))
			return "a number is written as JSON has none";
		if (!step)
			return "a string holds half of a surrogate pair";
		i += step;
	}
	return NULL;
}

/* The end of the string that begins at text, behind its quote. */
static const char *skip_string(const char *text, bool *ret_nul)
{
	*ret_nul = false;
	for (text++; *text && *text != '"'; text++) {
		if (*text != '\\')
			continue;
		*ret_nul |= str_starts(text, "\\u0000");
		text += text[1] != '\0';
	}
	return text + (*text == '"');
}

/* Outside of strings a colon stands behind each key and nowhere else. */
struct json_keys json_text_count_keys(const char *text)
{
	struct json_keys keys = {0};
	bool has_nul = false;

	while (*text) {
		if (*text == '"') {
			text = skip_string(text, &has_nul);
			continue;
		}
		if (*text == ':') {
			keys.count++;
			keys.has_nul |= has_nul;
		}
		text++;
	}
	return keys;
}
