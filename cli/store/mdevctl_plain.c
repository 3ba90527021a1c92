// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text of a definition as mdevctl itself writes it, read in one pass.
 *
 * Nearly every file is such a one. To build json-c's tree of it and to take it down again, and to
 * look for what json-c lets through, takes more than ten times as many instructions, and most of
 * what a listing does.
 */
#include "store/mdevctl_plain.h"

/* Where in the text the reading is. */
struct scan {
	const char *at;
	struct arena *arena;
};

/* What stands between two quotes. */
struct span {
	const char *text;
	size_t len;
};

/* The text has this byte next, blanks aside: it is passed. */
static inline bool take(struct scan *scan, char byte)
{
	while (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r')
		scan->at++;
	if (*scan->at != byte)
		return false;
	scan->at++;
	return true;
}

static inline bool is_plain(char byte)
{
	return byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
}

static bool take_span(struct scan *scan, struct span *ret)
{
	if (!take(scan, '"'))
		return false;
	ret->text = scan->at;
	while (is_plain(*scan->at))
		scan->at++;
	ret->len = (size_t)(scan->at - ret->text);
	return *scan->at++ == '"';
}

/* A string that is next; NULL for anything else. */
static const char *take_string(struct scan *scan)
{
	struct span span;
	char *copy;

	if (!take_span(scan, &span))
		return NULL;
	copy = memcpy(arena_alloc(scan->arena, span.len + 1), span.text, span.len);
	copy[span.len] = '\0';
	return copy;
}

/* {"NAME": "VALUE"} */
static bool take_attr(struct scan *scan, struct definition *def)
{
	const char *name, *value;

	if (!take(scan, '{') || !(name = take_string(scan)) || !take(scan, ':') ||
	    !(value = take_string(scan)) || !take(scan, '}'))
		return false;
	definition_add_attr(def, scan->arena, name, value);
	return true;
}

static bool take_attrs(struct scan *scan, struct definition *def)
{
	if (!take(scan, '['))
		return false;
	if (take(scan, ']'))
		return true;
	do
		if (!take_attr(scan, def))
			return false;
	while (take(scan, ','));
	return take(scan, ']');
}

/* What was found of the object so far. */
struct found {
	const char *type;
	struct span start;
	bool has_attrs;
};

static bool is_text(const struct span *span, const char *text)
{
	return span->len == strlen(text) && memcmp(span->text, text, span->len) == 0;
}

/* A key that was not there before, and its value. */
static bool take_member(struct scan *scan, struct definition *def, struct found *found)
{
	struct span key;

	if (!take_span(scan, &key) || !take(scan, ':'))
		return false;
	if (is_text(&key, "mdev_type") && !found->type) {
		found->type = take_string(scan);
		return found->type;
	}
	if (is_text(&key, "start") && !found->start.text)
		return take_span(scan, &found->start);
	if (!is_text(&key, "attrs") || found->has_attrs)
		return false;
	found->has_attrs = true;
	return take_attrs(scan, def);
}

static bool take_object(struct scan *scan, struct definition *def, struct found *found)
{
	if (!take(scan, '{'))
		return false;
	do
		if (!take_member(scan, def, found))
			return false;
	while (take(scan, ','));
	return take(scan, '}') && found->type && found->start.text;
}

bool mdevctl_plain_parse(const char *text, size_t len, struct definition *def, struct arena *arena)
{
	struct scan scan = {.at = text, .arena = arena};
	struct definition read = {.attrs = NULL};
	struct found found = {0};

	/* Behind it is the NUL that ends the text, and not one that stands in it. */
	if (!take_object(&scan, &read, &found) || !take(&scan, '\0') || scan.at != text + len + 1)
		return false;
	def->type = found.type;
	def->is_auto = is_text(&found.start, "auto");
	def->attrs = read.attrs;
	def->attr_count = read.attr_count;
	return true;
}
