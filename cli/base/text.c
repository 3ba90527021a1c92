// SPDX-License-Identifier: GPL-2.0-or-later
/* Text: what it consists of, and what it may be the name or number of. */
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t text_control_length(const char *s)
{
	unsigned char c = (unsigned char)*s;

	if ((c && c < 0x20) || c == 0x7f)
		return 1;
	return c == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80 ? 2 : 0;
}

static bool is_unseen(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0xad, 0xad}, /* soft hyphen */
		{0x34f, 0x34f}, /* joins letters */
		{0x61c, 0x61c}, /* Arabic letter mark */
		{0x115f, 0x1160}, /* fillers of Hangul */
		{0x17b4, 0x17b5}, /* vowels of Khmer that are not written */
		{0x180e, 0x180e}, /* separates vowels of Mongolian */
		{0x200b, 0x200f}, /* zero width; marks of direction */
		{0x2028, 0x202e}, /* separators of lines; embedding of directions */
		{0x2060, 0x206f}, /* joiners, invisible operators, isolation of directions */
		{0x3164, 0x3164}, /* fillers of Hangul */
		{0xfeff, 0xfeff}, /* zero width, or a byte order mark */
		{0xffa0, 0xffa0},   {0xfff9, 0xfffb}, /* annotations between lines */
		{0xe0000, 0xe007f}, /* tags */
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* The character at s, which is UTF-8, and its bytes. */
static size_t decode(const char *s, uint32_t *ret_char)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	unsigned char first = (unsigned char)*s;
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	/* Not the beginning of one: a part of another, which nobody asks about. */
	if (first >= 0x80 && first < 0xc0)
		len = 1;
	*ret_char = first & masks[len];
	for (size_t i = 1; i < len; i++)
		*ret_char = *ret_char << 6 | ((unsigned char)s[i] & 0x3f);
	return len;
}

size_t text_unseen_length(const char *s, uint32_t *ret_char)
{
	size_t len = decode(s, ret_char);

	return text_control_length(s) || is_unseen(*ret_char) ? len : 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), tail = strlen(suffix);

	return len >= tail && strcmp(s + len - tail, suffix) == 0;
}

/* One byte below a blank, above a tilde or of more than seven bits, of eight. */
static bool any_not_ascii(const char *s)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t bytes;

	memcpy(&bytes, s, sizeof(bytes));
	return ((bytes - 0x20 * ones) | (bytes + ones) | bytes) & (0x80 * ones);
}

bool text_is_ascii(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i + 8 <= len; i += 8)
		if (any_not_ascii(s + i))
			return false;
	/* The last eight once more, for those that are left over. */
	if (i < len && len > 8)
		return !any_not_ascii(s + len - 8);
	for (; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

/* Bytes of the UTF-8 character at s (at least one byte is left), 0 when it is none. */
static size_t utf8_char_len(const unsigned char *s, size_t left)
{
	size_t len;

	if (s[0] < 0x80)
		return s[0] ? 1 : 0;
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		len = 4;
	else
		return 0;
	if (left < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

bool text_is_utf8(const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t step = utf8_char_len((const unsigned char *)s + i, len - i);

		if (!step)
			return false;
		i += step;
	}
	return true;
}

bool text_is_plain(const char *s)
{
	size_t len = strlen(s);

	if (text_is_ascii(s, len))
		return true;
	for (const char *p = s; *p; p++)
		if (text_control_length(p))
			return false;
	return text_is_utf8(s, len);
}

#define DISTANCE_MAX 31

static size_t least_of(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Row by row of the table of the distances of all beginnings of a from all beginnings of b. */
size_t text_distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b), table[DISTANCE_MAX + 1][DISTANCE_MAX + 1];

	if (a_len > DISTANCE_MAX || b_len > DISTANCE_MAX)
		return strcmp(a, b) == 0 ? 0 : SIZE_MAX;
	for (size_t i = 0; i <= a_len; i++)
		for (size_t j = 0; j <= b_len; j++) {
			size_t *here = &table[i][j];

			if (!i || !j) {
				*here = i + j;
				continue;
			}
			*here = least_of(table[i - 1][j] + 1, table[i][j - 1] + 1,
					 table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    table[i - 2][j - 2] + 1 < *here)
				*here = table[i - 2][j - 2] + 1;
		}
	return table[a_len][b_len];
}

size_t text_cut(const char *s, size_t max)
{
	/* Not within a character of UTF-8, whose further bytes begin with the bits 10. */
	while (max && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

/* Several of them come from joining files. */
size_t text_bom_length(const char *text, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t pos = 0;

	while (len - pos >= strlen(bom) && memcmp(text + pos, bom, strlen(bom)) == 0)
		pos += strlen(bom);
	return pos;
}

bool name_is_safe(const char *s)
{
	bool is_dots = s[0] == '.' && (!s[1] || (s[1] == '.' && !s[2]));

	return *s && !is_dots && strlen(s) <= 255 && !strchr(s, '/') && text_is_plain(s);
}

uint32_t text_hash(const char *s)
{
	uint32_t hash = 0;

	for (; *s; s++)
		hash = hash * 31 + (unsigned char)*s;
	return hash;
}

int parse_i32(const char *s, int32_t *ret)
{
	const char *blanks = " \t\n\v\f\r", *digits;
	char *end;
	long value;

	s += strspn(s, blanks);
	digits = s + (*s == '-' || *s == '+');
	if (*digits < '0' || *digits > '9')
		return -EINVAL;
	errno = 0;
	value = strtol(s, &end, 10);
	if (end[strspn(end, blanks)])
		return -EINVAL;
	if (errno || value < INT32_MIN || value > INT32_MAX)
		return -ERANGE;
	*ret = (int32_t)value;
	return 0;
}

int parse_u32(const char *s, uint32_t *ret)
{
	uint64_t value = 0;

	if (!*s)
		return -EINVAL;
	for (const char *p = s; *p; p++)
		if (*p < '0' || *p > '9')
			return -EINVAL;
	for (; *s; s++) {
		value = value * 10 + (uint64_t)(*s - '0');
		if (value > UINT32_MAX)
			return -ERANGE;
	}
	*ret = (uint32_t)value;
	return 0;
}
