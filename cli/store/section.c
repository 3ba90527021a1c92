// SPDX-License-Identifier: GPL-2.0-or-later
/* One section in the text of a definition file: where it is, and changing it in place. */
#include "store/section.h"

#include "base/text.h"

#include <errno.h>

/* A line "KEY = VALUE". */
struct key_line {
	size_t start, end; /* end is behind its newline */
	size_t value, value_end;
};

/* The offset behind the line that begins at pos. */
static size_t line_end(const struct buf *text, size_t pos)
{
	const char *newline = memchr(text->data + pos, '\n', text->len - pos);

	return newline ? (size_t)(newline - text->data) + 1 : text->len;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* Neither blank nor a comment. */
static bool is_key_line(const struct buf *text, size_t start, size_t end)
{
	while (start < end && (is_blank(text->data[start]) || text->data[start] == '\n'))
		start++;
	return start < end && text->data[start] != '#' && text->data[start] != ';';
}

void section_find(const struct buf *text, unsigned int line, size_t *ret_start, size_t *ret_end)
{
	size_t start = text_bom_length(text->data, text->len), end, pos;

	while (--line && start < text->len)
		start = line_end(text, start);
	end = pos = line_end(text, start);
	while (pos < text->len && text->data[pos] != '[') {
		size_t next = line_end(text, pos);

		if (is_key_line(text, pos, next))
			end = next;
		pos = next;
	}
	*ret_start = start;
	*ret_end = end;
}

/* Puts other bytes in the place of those from start to end. */
static void splice(struct buf *text, size_t start, size_t end, const char *data, size_t len)
{
	struct buf new = {0};

	buf_add(&new, text->data, start);
	buf_add(&new, data, len);
	buf_add(&new, text->data + end, text->len - end);
	buf_free(text);
	*text = new;
}

void section_remove(struct buf *text, unsigned int line)
{
	size_t start, end;

	section_find(text, line, &start, &end);
	splice(text, start, end, "", 0);
}

static bool has_key(const struct buf *text, size_t start, const char *key)
{
	size_t len = strlen(key);

	if (strncmp(text->data + start, key, len) != 0)
		return false;
	for (start += len; is_blank(text->data[start]); start++)
		;
	return text->data[start] == '=';
}

/* [defaults], which stands before all other sections, has that key. */
static bool defaults_have(const struct buf *text, const char *key)
{
	bool inside = false;

	for (size_t pos = text_bom_length(text->data, text->len); pos < text->len;
	     pos = line_end(text, pos)) {
		if (text->data[pos] == '[' &&
		    (inside || !str_starts(text->data + pos, "[defaults]")))
			return false;
		inside |= text->data[pos] == '[';
		if (inside && has_key(text, pos, key))
			return true;
	}
	return false;
}

static void split(const struct buf *text, size_t start, size_t end, struct key_line *ret)
{
	const char *equals = memchr(text->data + start, '=', end - start);

	ret->start = start;
	ret->end = end;
	ret->value_end = end - (text->data[end - 1] == '\n');
	ret->value = (size_t)(equals - text->data) + 1;
	while (ret->value < ret->value_end && is_blank(text->data[ret->value]))
		ret->value++;
}

/* The nth line of a key, counted from 0. */
static bool find_key(const struct buf *text, unsigned int line, const char *key, size_t nth,
		     struct key_line *ret)
{
	size_t pos, end;

	section_find(text, line, &pos, &end);
	for (pos = line_end(text, pos); pos < end; pos = line_end(text, pos))
		if (has_key(text, pos, key) && nth-- == 0) {
			split(text, pos, line_end(text, pos), ret);
			return true;
		}
	return false;
}

static void insert_line(struct buf *text, size_t pos, const char *key, const char *value)
{
	_cleanup_free_ char *line = xasprintf(
		"%s%s = %s\n", pos && text->data[pos - 1] != '\n' ? "\n" : "", key, value);

	splice(text, pos, pos, line, strlen(line));
}

static void replace_value(struct buf *text, const struct key_line *old, const char *value)
{
	splice(text, old->value, old->value_end, value, strlen(value));
}

static void remove_line(struct buf *text, const struct key_line *old)
{
	splice(text, old->start, old->end, "", 0);
}

/* Where a key that is new goes: behind the others, before the first attribute. */
static size_t new_key_place(const struct buf *text, unsigned int line)
{
	struct key_line first;
	size_t start, end;

	section_find(text, line, &start, &end);
	return find_key(text, line, "attr", 0, &first) ? first.start : end;
}

static int change_key(struct buf *text, unsigned int line, const char *key, const char *before,
		      const char *after, char **reterr)
{
	struct key_line old;
	bool found = find_key(text, line, key, 0, &old);

	if (before && after ? strcmp(before, after) == 0 : before == after)
		return 0;
	if (!after && (!found || defaults_have(text, key))) {
		set_text(reterr,
			 "'%s' comes from [defaults] of the file and cannot be taken away here",
			 key);
		return -EINVAL;
	}
	if (!after)
		remove_line(text, &old);
	else if (found)
		replace_value(text, &old, after);
	else
		insert_line(text, new_key_place(text, line), key, after);
	return 0;
}

static bool same_attr(const struct attr *a, const struct attr *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0;
}

/* The nth attribute becomes this one; add: it is put before that, the others move up. */
static void put_attr(struct buf *text, unsigned int line, size_t nth, const struct attr *attr,
		     bool add)
{
	_cleanup_free_ char *value = xasprintf("%s %s", attr->name, attr->value);
	struct key_line old;
	size_t start, end;

	section_find(text, line, &start, &end);
	if (!add && find_key(text, line, "attr", nth, &old))
		replace_value(text, &old, value);
	else if (nth && find_key(text, line, "attr", nth - 1, &old))
		insert_line(text, old.end, "attr", value);
	else
		insert_line(text, nth ? end : new_key_place(text, line), "attr", value);
}

/* Of the attributes, those at the beginning and the end that stay the same are not touched. */
static void change_attrs(struct buf *text, unsigned int line, const struct definition *before,
			 const struct definition *after)
{
	size_t first = 0, old_end = before->attr_count, new_end = after->attr_count;
	struct key_line old;

	while (first < old_end && first < new_end &&
	       same_attr(&before->attrs[first], &after->attrs[first]))
		first++;
	while (old_end > first && new_end > first &&
	       same_attr(&before->attrs[old_end - 1], &after->attrs[new_end - 1])) {
		old_end--;
		new_end--;
	}
	for (size_t i = first; i < new_end; i++)
		put_attr(text, line, i, &after->attrs[i], i >= old_end);
	for (size_t i = new_end; i < old_end; i++)
		if (find_key(text, line, "attr", new_end, &old))
			remove_line(text, &old);
}

int section_change(struct buf *text, unsigned int line, const struct definition *before,
		   const struct definition *after, char **reterr)
{
	const struct {
		const char *key, *before, *after;
	} keys[] = {
		{"parent", before->parent, after->parent},
		{"type", before->type, after->type},
		{"auto", before->is_auto ? "yes" : "no", after->is_auto ? "yes" : "no"},
		{"params", before->params, after->params},
		{"description", before->description, after->description},
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		int rc = change_key(text, line, keys[i].key, keys[i].before, keys[i].after, reterr);

		if (rc)
			return rc;
	}
	change_attrs(text, line, before, after);
	return 0;
}
