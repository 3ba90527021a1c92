/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text: what it consists of, and what it may be the name or number of. */
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix);
/* ASCII from blank to tilde, and nothing else. */
bool text_is_ascii(const char *s, size_t len);
/* Valid UTF-8, no NUL within len. */
bool text_is_utf8(const char *s, size_t len);
/* The bytes of a control character at s, 0 for another; UTF-8 has some of two, U+0080 to U+009F. */
size_t text_control_length(const char *s);
/*
 * The bytes of a character at s that a screen does not show as it is: a control character, or one
 * without a width or that turns the direction of writing, by which one name can look like another.
 * 0 for any other. Its number goes to *ret_char. s is UTF-8.
 */
size_t text_unseen_length(const char *s, uint32_t *ret_char);
/* UTF-8 without a control character: what may stand in a name or a line of text. */
bool text_is_plain(const char *s);
/*
 * How many characters have to be put in, taken out or exchanged to make one text of the other; two
 * neighbours that changed places count once. More than TEXT_DISTANCE_TYPO: not a slip of the hand.
 * Texts of more than 31 bytes are far from every other one.
 */
#define TEXT_DISTANCE_TYPO 2
size_t text_distance(const char *a, const char *b);
/* How many bytes of a text that is longer than max are left when it is cut between characters. */
size_t text_cut(const char *s, size_t max);
/* The bytes of byte order marks that a text begins with; they are no part of its first line. */
size_t text_bom_length(const char *s, size_t len);
/* A number for a text, for tables; many texts have the same. */
uint32_t text_hash(const char *s);
/*
 * One component of a path: plain text, not empty, no '/', neither "." nor "..", at most 255 bytes.
 */
bool name_is_safe(const char *s);
/* A decimal number that may have a sign, and blanks around it. 0, -EINVAL or -ERANGE. */
int parse_i32(const char *s, int32_t *ret);
/* A decimal number without sign or blanks. 0, -EINVAL (not a number) or -ERANGE. */
int parse_u32(const char *s, uint32_t *ret);

#endif
