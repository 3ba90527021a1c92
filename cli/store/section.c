// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changing sections in the text of a definition file.
 *
 * Edits are gathered by offsets of the text as it was, and carried out together at the end, so that
 * no edit moves the place of another and the text is copied once.
 */
#include "store/section.h"

#include <errno.h>

#define VF_TEXT_SIZE 12 /* a number of 32 bits */

/* Puts something in the place of the bytes from start to end. */
struct edit {
	size_t start, end;
	char *text; /* NULL for nothing; belongs to the edit */
	bool is_line; /* the text is to begin a line */
};

struct edits {
	struct edit *v;
	size_t n;
};

/* One section, and the edits of it so far. */
struct change {
	const struct definition_layout *layout;
	const struct section_place *section;
	struct edits edits;
};

static void add_edit(struct edits *edits, struct edit edit)
{
	edits->v = xgrow(edits->v, edits->n, sizeof(*edits->v));
	edits->v[edits->n++] = edit;
}

static void edits_free(struct edits *edits)
{
	for (size_t i = 0; i < edits->n; i++)
		free(edits->v[i].text);
	free(edits->v);
	*edits = (struct edits){0};
}

/* What is inserted at a place comes before what stood there. */
static bool is_before(const struct edit *a, const struct edit *b)
{
	if (a->start != b->start)
		return a->start < b->start;
	return a->end == a->start && b->end != b->start;
}

/* By place; they come nearly in order. Those of one place keep theirs. */
static void sort_edits(struct edits *edits)
{
	for (size_t i = 1; i < edits->n; i++) {
		struct edit edit = edits->v[i];
		size_t at = i;

		for (; at > 0 && is_before(&edit, &edits->v[at - 1]); at--)
			edits->v[at] = edits->v[at - 1];
		edits->v[at] = edit;
	}
}

static void carry_out(struct edits *edits, struct buf *text)
{
	struct buf new = {0};
	size_t done = 0;

	sort_edits(edits);
	for (size_t i = 0; i < edits->n; i++) {
		const struct edit *edit = &edits->v[i];

		buf_add(&new, text->data + done, edit->start - done);
		if (edit->is_line && new.len &&new.data[new.len - 1] != '\n')
			buf_add(&new, "\n", 1);
		if (edit->text)
			buf_add(&new, edit->text, strlen(edit->text));
		done = edit->end;
	}
	buf_add(&new, text->data + done, text->len - done);
	buf_free(text);
	*text = new;
}

void section_remove(struct buf *text, const struct definition_layout *layout, const size_t *which,
		    size_t count)
{
	struct edits edits = {0};

	for (size_t i = 0; i < count; i++) {
		const struct section_place *section = &layout->sections[which[i]];

		add_edit(&edits, (struct edit){.start = section->start, .end = section->end});
	}
	carry_out(&edits, text);
	edits_free(&edits);
}

/* The ith line of a key, whichever key that is. */
static const struct key_place *key_line(const struct change *change, size_t i)
{
	return &change->layout->keys[change->section->first_key + i];
}

/* The first line of a key; NULL when there is none. */
static const struct key_place *find_key(const struct change *change, enum definition_key key)
{
	for (size_t i = 0; i < change->section->key_count; i++)
		if (key_line(change, i)->key == key)
			return key_line(change, i);
	return NULL;
}

static void insert_line(struct change *change, size_t pos, enum definition_key key,
			const char *value)
{
	add_edit(&change->edits,
		 (struct edit){.start = pos,
			       .end = pos,
			       .text = xasprintf("%s = %s\n", definition_key_name(key), value),
			       .is_line = true});
}

static void replace_value(struct change *change, const struct key_place *old, const char *value)
{
	add_edit(&change->edits,
		 (struct edit){.start = old->value, .end = old->value_end, .text = xstrdup(value)});
}

static void remove_line(struct change *change, const struct key_place *old)
{
	add_edit(&change->edits, (struct edit){.start = old->start, .end = old->end});
}

/* Where a key that is new goes: behind the others, before the first attribute. */
static size_t new_key_place(const struct change *change)
{
	const struct key_place *first = find_key(change, KEY_ATTR);

	return first ? first->start : change->section->end;
}

static int change_key(struct change *change, enum definition_key key, const char *before,
		      const char *after, char **reterr)
{
	const struct key_place *old = find_key(change, key);

	if (before && after ? strcmp(before, after) == 0 : before == after)
		return 0;
	if (!after && (!old || change->layout->defaults & 1u << key)) {
		set_text(reterr,
			 "'%s' comes from [defaults] of the file and cannot be taken away here",
			 definition_key_name(key));
		return -EINVAL;
	}
	if (!after)
		remove_line(change, old);
	else if (old)
		replace_value(change, old, after);
	else
		insert_line(change, new_key_place(change), key, after);
	return 0;
}

static bool same_attr(const struct attr *a, const struct attr *b)
{
	return strcmp(a->name, b->name) == 0 && strcmp(a->value, b->value) == 0;
}

/* The attributes that are in both at the beginning, and of the others at the end. */
static void count_same_attrs(const struct definition *before, const struct definition *after,
			     size_t *ret_first, size_t *ret_last)
{
	size_t first = 0, last = 0, common = before->attr_count;

	if (common > after->attr_count)
		common = after->attr_count;
	while (first < common && same_attr(&before->attrs[first], &after->attrs[first]))
		first++;
	while (first + last < common && same_attr(&before->attrs[before->attr_count - 1 - last],
						  &after->attrs[after->attr_count - 1 - last]))
		last++;
	*ret_first = first;
	*ret_last = last;
}

/* Where the attributes of the section stand, in their order; the caller frees the array. */
static const struct key_place **list_attrs(const struct change *change)
{
	const struct section_place *section = change->section;
	const struct key_place **attrs = xcalloc(section->key_count, sizeof(struct key_place *));
	size_t count = 0;

	for (size_t i = 0; i < section->key_count; i++)
		if (key_line(change, i)->key == KEY_ATTR)
			attrs[count++] = key_line(change, i);
	return attrs;
}

/*
 * Attributes at the beginning and the end that stay the same are not touched. Of those between
 * them, as many as there were and will be get their new values in place; what is more is inserted
 * behind these, what is less is removed there.
 */
static void change_attrs(struct change *change, const struct definition *before,
			 const struct definition *after)
{
	_cleanup_free_ const struct key_place **attrs = list_attrs(change);
	size_t first, last, old_end, new_end, behind;

	count_same_attrs(before, after, &first, &last);
	old_end = before->attr_count - last;
	new_end = after->attr_count - last;
	behind = old_end ? attrs[old_end - 1]->end : new_key_place(change);
	for (size_t i = first; i < old_end || i < new_end; i++) {
		const struct attr *attr = i < new_end ? &after->attrs[i] : NULL;
		_cleanup_free_ char *value = attr ? xasprintf("%s %s", attr->name, attr->value) :
						    NULL;

		if (!value)
			remove_line(change, attrs[i]);
		else if (i < old_end)
			replace_value(change, attrs[i], value);
		else
			insert_line(change, behind, KEY_ATTR, value);
	}
}

/* NULL for none; the text belongs to the caller, who gives room for it. */
static const char *vf_text(const struct definition *def, char text[VF_TEXT_SIZE])
{
	if (!def->has_vf)
		return NULL;
	snprintf(text, VF_TEXT_SIZE, "%u", def->vf);
	return text;
}

static int change_keys(struct change *change, const struct definition *before,
		       const struct definition *after, char **reterr)
{
	char vf_before[VF_TEXT_SIZE], vf_after[VF_TEXT_SIZE];
	const struct {
		enum definition_key key;
		const char *before, *after;
	} keys[] = {
		{KEY_PARENT, before->parent, after->parent},
		{KEY_TYPE, before->type, after->type},
		{KEY_AUTO, before->is_auto ? "yes" : "no", after->is_auto ? "yes" : "no"},
		{KEY_PARAMS, before->params, after->params},
		{KEY_DESCRIPTION, before->description, after->description},
		{KEY_VF, vf_text(before, vf_before), vf_text(after, vf_after)},
		{KEY_OWNER, before->owner, after->owner},
		{KEY_MODE, before->mode, after->mode},
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(keys); i++)
		rc = change_key(change, keys[i].key, keys[i].before, keys[i].after, reterr);
	return rc;
}

int section_change(struct buf *text, const struct definition_layout *layout, size_t which,
		   const struct definition *before, const struct definition *after, char **reterr)
{
	struct change change = {.layout = layout, .section = &layout->sections[which]};
	int rc = change_keys(&change, before, after, reterr);

	if (!rc) {
		change_attrs(&change, before, after);
		carry_out(&change.edits, text);
	}
	edits_free(&change.edits);
	return rc;
}
