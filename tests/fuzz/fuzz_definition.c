// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parses the input as a definition file. What was read can be written and read again. When a
 * section is removed or changed in place, the result is what was asked for, and no other byte has
 * changed.
 */
#include "fuzz.h"
#include "model/card.h"
#include "store/section.h"

struct file {
	struct definition_list list;
	struct problem_list problems;
	struct definition_layout layout;
};

static void file_parse(const char *text, size_t len, struct file *file)
{
	*file = (struct file){0};
	definition_parse("file", text, len, &file->list, &file->problems, &file->layout);
}

static void file_free(struct file *file)
{
	problem_list_free(&file->problems);
	definition_list_free(&file->list);
	definition_layout_free(&file->layout);
}

static void check_format(const struct definition_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		_cleanup_free_ char *error = NULL;
		struct buf text = {0};

		promise(definition_format(list->v[i], &text, &error) == 0,
			"what a file said can be written to a file");
		buf_free(&text);
	}
}

/* Lines of a text, one after the other; with their newline, if there is one. */
struct line {
	const char *start;
	size_t len;
};

static bool next_line(const char **pos, const char *end, struct line *ret)
{
	const char *newline;

	if (*pos == end)
		return false;
	newline = memchr(*pos, '\n', (size_t)(end - *pos));
	ret->start = *pos;
	*pos = newline ? newline + 1 : end;
	ret->len = (size_t)(*pos - ret->start);
	return true;
}

/* Whether the line is "KEY = ..."; written anew, because section.c is under test here. */
static bool line_has_key(const struct line *line, const char *key)
{
	const char *equals = memchr(line->start, '=', line->len);
	size_t len = equals ? (size_t)(equals - line->start) : 0;

	while (len && strchr(" \t\v\f", line->start[len - 1]))
		len--;
	return len == strlen(key) && memcmp(line->start, key, len) == 0;
}

/* A section without the lines of keys that were to change. The last line gets its newline. */
static void add_unchanged(struct buf *rest, const char *start, const char *end,
			  const struct strlist *changed)
{
	struct line line;

	while (next_line(&start, end, &line)) {
		bool is_changed = false;

		for (size_t i = 0; i < changed->n; i++)
			is_changed |= line_has_key(&line, changed->v[i]);
		if (is_changed)
			continue;
		buf_add(rest, line.start, line.len);
		if (line.start[line.len - 1] != '\n')
			buf_add(rest, "\n", 1);
	}
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_attr(const struct attr *a, const struct attr *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0;
}

static bool same_attrs(const struct definition *a, const struct definition *b)
{
	bool same = a->attr_count == b->attr_count;

	for (size_t i = 0; same && i < a->attr_count; i++)
		same = same_attr(&a->attrs[i], &b->attrs[i]);
	return same;
}

static void add_changed_keys(const struct definition *old, const struct definition *new,
			     struct strlist *keys)
{
	if (!same_text(old->parent, new->parent))
		strlist_add(keys, "parent");
	if (!same_text(old->type, new->type))
		strlist_add(keys, "type");
	if (!same_text(old->params, new->params))
		strlist_add(keys, "params");
	if (!same_text(old->description, new->description))
		strlist_add(keys, "description");
	if (old->has_vf != new->has_vf || (old->has_vf && old->vf != new->vf))
		strlist_add(keys, "vf");
	if (!same_text(old->owner, new->owner))
		strlist_add(keys, "owner");
	if (!same_text(old->mode, new->mode))
		strlist_add(keys, "mode");
	if (old->is_auto != new->is_auto)
		strlist_add(keys, "auto");
	if (!same_attrs(old, new))
		strlist_add(keys, "attr");
}

static bool same_bytes(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

static void list_attr_lines(const char *start, const char *end, struct strlist *lines)
{
	struct line line;

	while (next_line(&start, end, &line)) {
		_cleanup_free_ char *text = xasprintf(
			"%.*s", (int)(line.len - (line.start[line.len - 1] == '\n')), line.start);

		if (line_has_key(&line, "attr"))
			strlist_add(lines, text);
	}
}

/* The lines of attributes that stay the first and the last ones. */
static void check_attr_lines(const struct strlist *before, const struct strlist *after,
			     const struct definition *old, const struct definition *new)
{
	size_t first = 0, left;

	promise(before->n == old->attr_count && after->n == new->attr_count, "an attribute a line");
	for (; first < before->n && first < after->n; first++) {
		if (!same_attr(&old->attrs[first], &new->attrs[first]))
			break;
		promise(same_text(before->v[first], after->v[first]), "first attributes stay");
	}
	left = (before->n < after->n ? before->n : after->n) - first;
	for (size_t i = 1; i <= left; i++) {
		if (!same_attr(&old->attrs[before->n - i], &new->attrs[after->n - i]))
			break;
		promise(same_text(before->v[before->n - i], after->v[after->n - i]),
			"last attributes stay");
	}
}

static void check_section(const char *before, const char *before_end, const char *after,
			  const char *after_end, const struct definition *old,
			  const struct definition *new)
{
	struct strlist changed = {0}, old_attrs = {0}, new_attrs = {0};
	struct buf old_rest = {0}, new_rest = {0};

	add_changed_keys(old, new, &changed);
	add_unchanged(&old_rest, before, before_end, &changed);
	add_unchanged(&new_rest, after, after_end, &changed);
	promise(same_bytes(&old_rest, &new_rest), "other lines of the section stay");
	list_attr_lines(before, before_end, &old_attrs);
	list_attr_lines(after, after_end, &new_attrs);
	check_attr_lines(&old_attrs, &new_attrs, old, new);
	strlist_free(&changed);
	strlist_free(&old_attrs);
	strlist_free(&new_attrs);
	buf_free(&old_rest);
	buf_free(&new_rest);
}

static void check_bytes(const struct buf *before, const struct buf *after,
			const struct section_place *section, const struct definition *old,
			const struct definition *new)
{
	size_t start = section->start, end = section->end, behind = before->len - end;

	promise(after->len >= start + behind && memcmp(before->data, after->data, start) == 0,
		"what stands before the section stays");
	promise(memcmp(before->data + end, after->data + after->len - behind, behind) == 0,
		"what stands behind the section stays");
	check_section(before->data + start, before->data + end, after->data + start,
		      after->data + after->len - behind, old, new);
}

/* The text says what the list says, but new where that has old; NULL: not at all. */
static void check_reads(const struct buf *text, const struct definition_list *before,
			const struct definition *old, const struct definition *new)
{
	struct file now;
	size_t n = 0;

	file_parse(text->data, text->len, &now);
	promise(now.problems.n == 0, "a changed file can be read");
	for (size_t i = 0; i < before->n; i++) {
		const struct definition *expected = before->v[i] == old ? new : before->v[i];

		if (expected)
			promise(n < now.list.n && definition_same(now.list.v[n++], expected),
				"a changed file says what it shall");
	}
	promise(n == now.list.n, "and nothing more");
	promise(now.list.card_count == before->card_count, "sections of parents stay");
	for (size_t i = 0; i < before->card_count; i++)
		promise(card_same(now.list.cards[i], before->cards[i]), "as they were");
	file_free(&now);
}

/*
 * What the layout says is what stands there, by a look at the text that does not know the parser:
 * sections begin with a bracket, one behind the other; their keys are lines of that key.
 */
static void check_layout(const struct buf *text, const struct file *file)
{
	size_t behind = 0;

	promise(file->layout.section_count == file->list.n, "a place for each definition");
	for (size_t i = 0; i < file->list.n; i++) {
		const struct section_place *section = &file->layout.sections[i];

		promise(section->start >= behind && text->data[section->start] == '[',
			"a section begins with its header");
		behind = section->start + 1;
		for (size_t j = 0; j < section->key_count; j++) {
			const struct key_place *place = &file->layout.keys[section->first_key + j];
			struct line line = {text->data + place->start, place->end - place->start};

			promise(place->start >= behind && place->end <= section->end,
				"a key stands in its section");
			promise(line_has_key(&line, definition_key_name(place->key)),
				"and is the key that it is said to be");
			promise(place->value > place->start && place->value_end <= place->end,
				"a value stands in its line");
			behind = place->end;
		}
		promise(section->end >= behind, "a section ends behind its last key");
		behind = section->end;
	}
}

static void check_remove(const struct buf *original, const struct file *file, size_t i)
{
	size_t start = file->layout.sections[i].start, end = file->layout.sections[i].end;
	struct buf text = {0};

	buf_add(&text, original->data, original->len);
	section_remove(&text, &file->layout, &i, 1);
	promise(text.len == original->len - (end - start) &&
			memcmp(text.data, original->data, start) == 0 &&
			memcmp(text.data + start, original->data + end, original->len - end) == 0,
		"what stands around a removed section stays");
	check_reads(&text, &file->list, file->list.v[i], NULL);
	buf_free(&text);
}

/* Values that have tripped parsers, and one of the file itself. */
static const char *some_value(struct choices *choices, const struct definition_list *list,
			      const char *old)
{
	static const char *const values[] = {
		"x",	     "yes",   "a b",	  "a ; b", " # c", "=",	 "[x]",	      "a\t",
		"pci:1:2/3", "a = b", "\xc3\xa9", "x:y",   "a\r",  "\\", "'q' \"q\"",
	};
	size_t which = choose(choices, ARRAY_SIZE(values) + 3);

	if (which < ARRAY_SIZE(values))
		return values[which];
	if (which == ARRAY_SIZE(values))
		return list->v[choose(choices, list->n)]->parent;
	return old;
}

static void change_attrs(struct choices *choices, struct file *file, const struct definition *old,
			 struct definition *new)
{
	size_t kept = choose(choices, old->attr_count + 2);

	new->attrs = NULL;
	new->attr_count = 0;
	for (size_t i = 0; i < old->attr_count; i++) {
		if (i == kept && choose(choices, 2))
			definition_add_attr(new, &file->list.arena, "added",
					    some_value(choices, &file->list, "1"));
		if (i != kept || choose(choices, 2))
			definition_add_attr(new, &file->list.arena, old->attrs[i].name,
					    i == kept ? some_value(choices, &file->list,
								   old->attrs[i].value) :
							old->attrs[i].value);
	}
	if (kept > old->attr_count)
		definition_add_attr(new, &file->list.arena, "last/one",
				    some_value(choices, &file->list, "2 "));
}

static struct definition change(struct choices *choices, struct file *file,
				const struct definition *old)
{
	struct definition new = *old;

	new.parent = some_value(choices, &file->list, old->parent);
	new.type = some_value(choices, &file->list, old->type);
	if (choose(choices, 2))
		new.params = choose(choices, 3) ? some_value(choices, &file->list, old->params) :
						  NULL;
	if (choose(choices, 2))
		new.description = choose(choices, 3) ?
					  some_value(choices, &file->list, old->description) :
					  NULL;
	if (choose(choices, 2))
		new.has_vf = choose(choices, 2);
	if (choose(choices, 2))
		new.vf = (uint32_t)choose(choices, 70000);
	if (choose(choices, 2))
		new.owner = choose(choices, 3) ? some_value(choices, &file->list, old->owner) :
						 NULL;
	if (choose(choices, 2))
		new.mode = choose(choices, 3) ? some_value(choices, &file->list, old->mode) : NULL;
	new.is_auto = choose(choices, 2);
	if (choose(choices, 2))
		change_attrs(choices, file, old, &new);
	return new;
}

/* A file cannot hold it by itself, or not beside the others. */
static bool is_impossible(const struct definition_list *list, const struct definition *old,
			  const struct definition *new)
{
	_cleanup_free_ char *error = NULL;
	struct buf text = {0};
	int rc = definition_format(new, &text, &error);

	buf_free(&text);
	for (size_t i = 0; !rc && i < list->n; i++)
		if (list->v[i] != old && identity_compare(&list->v[i]->id, &new->id) == 0 &&
		    strcmp(list->v[i]->parent, new->parent) == 0)
			rc = -1;
	return rc != 0;
}

static void check_change(const struct buf *original, struct file *file, size_t i,
			 struct choices *choices)
{
	const struct definition *old = file->list.v[i];
	struct definition new = change(choices, file, old);
	_cleanup_free_ char *error = NULL;
	struct buf text = {0};
	int rc;

	if (is_impossible(&file->list, old, &new))
		return;
	buf_add(&text, original->data, original->len);
	rc = section_change(&text, &file->layout, i, old, &new, &error);
	if (rc) {
		promise(error && memmem(original->data, original->len, "[defaults]", 10),
			"only what comes from [defaults] cannot be taken away");
	} else {
		check_bytes(original, &text, &file->layout.sections[i], old, &new);
		check_reads(&text, &file->list, old, &new);
	}
	buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = choices_of(data, size);
	struct buf text = {0};
	struct file file;

	/* A copy of exactly this size, so that the sanitizer sees a read behind its end. */
	file_parse((const char *)data, size, &file);
	buf_add(&text, data, size);
	check_format(&file.list);
	/* A file with a problem is never changed. */
	if (file.list.n && !file.problems.n) {
		size_t i = choose(&choices, file.list.n);

		check_layout(&text, &file);
		check_remove(&text, &file, i);
		for (int round = 0; round < 4; round++)
			check_change(&text, &file, i, &choices);
	}
	file_free(&file);
	buf_free(&text);
	return 0;
}
