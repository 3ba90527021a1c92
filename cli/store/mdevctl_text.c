// SPDX-License-Identifier: GPL-2.0-or-later
/* Definitions in mdevctl's form, written, byte for byte as mdevctl writes them. */
#include "store/mdevctl_text.h"

#include "base/sort.h"
#include "base/text.h"

/* Each level of the text is indented by this much more. */
#define INDENT 2

static void add_line(struct buf *text, unsigned int indent)
{
	char *line = buf_extend(text, 1 + indent);

	line[0] = '\n';
	memset(line + 1, ' ', indent);
}

static bool is_escaped(char c)
{
	return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

static void add_escape(struct buf *text, char c)
{
	static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *letter = strchr(escaped, c);

	if (letter)
		buf_addf(text, "\\%c", letters[letter - escaped]);
	else
		buf_addf(text, "\\u%04x", (unsigned int)c);
}

/* Nothing else is escaped: neither a slash, nor DEL, nor anything that is not ASCII. */
static void add_string(struct buf *text, const char *value)
{
	buf_add(text, "\"", 1);
	for (;;) {
		size_t len = 0;

		while (!is_escaped(value[len]))
			len++;
		buf_add(text, value, len);
		value += len;
		if (!*value)
			break;
		add_escape(text, *value++);
	}
	buf_add(text, "\"", 1);
}

void mdevctl_add_text(struct buf *text, const char *value)
{
	const char *separator = "";

	if (text_is_utf8(value, strlen(value))) {
		add_string(text, value);
		return;
	}
	buf_add(text, "[", 1);
	for (; *value; value++, separator = ",")
		buf_addf(text, "%s%u", separator, (unsigned char)*value);
	buf_add(text, "]", 1);
}

static void add_attrs(struct buf *text, const struct definition *def, unsigned int indent)
{
	buf_add_text(text, "\"attrs\": [");
	for (size_t i = 0; i < def->attr_count; i++) {
		buf_add_text(text, i ? "," : "");
		add_line(text, indent + INDENT);
		buf_add(text, "{", 1);
		add_line(text, indent + 2 * INDENT);
		add_string(text, def->attrs[i].name);
		buf_add(text, ": ", 2);
		mdevctl_add_text(text, def->attrs[i].value);
		add_line(text, indent + INDENT);
		buf_add(text, "}", 1);
	}
	if (def->attr_count)
		add_line(text, indent);
	buf_add(text, "]", 1);
}

/* indent: of the line that the object begins in. */
static void add_object(struct buf *text, const struct definition *def,
		       const struct strlist *members, unsigned int indent)
{
	buf_add(text, "{", 1);
	add_line(text, indent + INDENT);
	buf_add_text(text, "\"mdev_type\": ");
	mdevctl_add_text(text, def->type);
	buf_add(text, ",", 1);
	add_line(text, indent + INDENT);
	buf_add_text(text, def->is_auto ? "\"start\": \"auto\"," : "\"start\": \"manual\",");
	add_line(text, indent + INDENT);
	add_attrs(text, def, indent + INDENT);
	for (size_t i = 0; i < members->n; i++) {
		buf_add(text, ",", 1);
		add_line(text, indent + INDENT);
		buf_add_text(text, members->v[i]);
	}
	add_line(text, indent);
	buf_add(text, "}", 1);
}

void mdevctl_format(const struct definition *def, const struct strlist *members, struct buf *text)
{
	add_object(text, def, members, 0);
}

char *mdevctl_line(const struct definition *def)
{
	struct buf text = {0};

	buf_addf(&text, "{\"mdev_type\":");
	mdevctl_add_text(&text, def->type);
	buf_addf(&text, ",\"start\":\"%s\",\"attrs\":[", def->is_auto ? "auto" : "manual");
	for (size_t i = 0; i < def->attr_count; i++) {
		buf_addf(&text, "%s{", i ? "," : "");
		add_string(&text, def->attrs[i].name);
		buf_add(&text, ":", 1);
		mdevctl_add_text(&text, def->attrs[i].value);
		buf_add(&text, "}", 1);
	}
	buf_add(&text, "]}", 2);
	return text.data;
}

/* A key cannot be an array of bytes. */
static const char *parent_of(const struct definition *def)
{
	const char *name = def->parent_name;

	return name && text_is_utf8(name, strlen(name)) ? name : def->parent;
}

static void add_extra(struct strlist *members, const char *key, const char *value)
{
	struct buf member = {0};

	buf_addf(&member, "\"%s\": ", key);
	mdevctl_add_text(&member, value);
	strlist_add(members, member.data);
	buf_free(&member);
}

static bool names_parent_otherwise(const struct definition *def)
{
	return def->parent_name && strcmp(def->parent, def->parent_name) != 0;
}

/* The members of our own. */
static void list_extras(const struct definition *def, struct strlist *ret_members)
{
	if (names_parent_otherwise(def))
		add_extra(ret_members, "parent", def->parent);
	if (def->params)
		add_extra(ret_members, "params", def->params);
	if (def->description)
		add_extra(ret_members, "description", def->description);
	if (def->has_vf) {
		_cleanup_free_ char *member = xasprintf("\"vf\": %u", def->vf);

		strlist_add(ret_members, member);
	}
	if (def->owner)
		add_extra(ret_members, "owner", def->owner);
	if (def->mode)
		add_extra(ret_members, "mode", def->mode);
}

static void no_extras(const struct definition *def, struct strlist *ret_members)
{
	(void)def, (void)ret_members;
}

typedef void (*members_fn)(const struct definition *def, struct strlist *ret_members);

/* {"UUID": {...}} */
static void add_device(struct buf *text, const struct definition *def, members_fn members_of)
{
	struct strlist members = {0};
	char identity[IDENTITY_TEXT_SIZE];

	members_of(def, &members);
	add_line(text, 3 * INDENT);
	buf_add(text, "{", 1);
	add_line(text, 4 * INDENT);
	buf_add(text, "\"", 1);
	buf_add_text(text, identity_format(&def->id, identity));
	buf_add(text, "\": ", 3);
	add_object(text, def, &members, 4 * INDENT);
	add_line(text, 3 * INDENT);
	buf_add(text, "}", 1);
	strlist_free(&members);
}

static bool is_of_same_parent(const struct definition *a, const struct definition *b)
{
	if (a->parent == b->parent && a->parent_name == b->parent_name)
		return true;
	return strcmp(parent_of(a), parent_of(b)) == 0;
}

/* Of definitions in the order of their parents. */
static void add_list(struct buf *text, struct definition *const *defs, size_t count,
		     members_fn members_of)
{
	if (!count) {
		buf_add(text, "[]", 2);
		return;
	}
	buf_addf(text, "[\n%*s{", INDENT, "");
	for (size_t i = 0; i < count; i++) {
		bool is_next = !i || !is_of_same_parent(defs[i - 1], defs[i]);

		if (is_next && i)
			buf_addf(text, "\n%*s],", 2 * INDENT, "");
		else if (i)
			buf_add(text, ",", 1);
		if (is_next) {
			add_line(text, 2 * INDENT);
			add_string(text, parent_of(defs[i]));
			buf_add(text, ": [", 3);
		}
		add_device(text, defs[i], members_of);
	}
	buf_addf(text, "\n%*s]\n%*s}\n]", 2 * INDENT, "", INDENT, "");
}

void mdevctl_format_list(struct definition *const *defs, size_t count, struct buf *text)
{
	add_list(text, defs, count, no_extras);
}

/* The end of the string that begins at text. */
static const char *skip_string(const char *text)
{
	for (text++; *text != '"'; text++)
		text += *text == '\\';
	return text + 1;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

/* The end of the value that begins at text, whatever it is. */
static const char *skip_value(const char *text)
{
	int depth = 0;

	do {
		if (*text == '"') {
			text = skip_string(text);
			continue;
		}
		depth += (*text == '{' || *text == '[') - (*text == '}' || *text == ']');
		text++;
	} while (depth || !strchr(",} \t\r\n", *text));
	return text;
}

/* The member begins with that key, in which each character may be written as \u00XX. */
static bool has_key(const char *member, const char *key)
{
	for (member++; *key; key++) {
		unsigned long c = (unsigned char)*member++;

		if (str_starts(member - 1, "\\u00")) {
			const char digits[] = {member[3], member[4], '\0'};

			c = strtoul(digits, NULL, 16);
			member += 5;
		}
		if (c != (unsigned char)*key)
			return false;
	}
	return *member == '"';
}

static bool is_written(const char *member)
{
	return has_key(member, "mdev_type") || has_key(member, "start") || has_key(member, "attrs");
}

void mdevctl_find_members(const char *text, struct strlist *ret_members)
{
	for (text = skip_blanks(strchr(text, '{') + 1); *text != '}';) {
		const char *value = skip_blanks(skip_blanks(skip_string(text)) + 1);
		const char *end = skip_value(value);
		_cleanup_free_ char *member = xasprintf("%.*s: %.*s",
							(int)(skip_string(text) - text), text,
							(int)(end - value), value);

		if (!is_written(member))
			strlist_add(ret_members, member);
		text = skip_blanks(end);
		if (*text == ',')
			text = skip_blanks(text + 1);
	}
}

/* JSON leaves DEL and U+0080 to U+009F as they are; they stand in strings only. */
static void add_safely(struct buf *buf, const char *text)
{
	for (;;) {
		size_t plain = strcspn(text, "\x7f\xc2");

		buf_add(buf, text, plain);
		text += plain;
		if (!*text)
			return;
		if (*text == 0x7f)
			buf_addf(buf, "\\u007f");
		else if ((text[1] & 0xe0) == 0x80)
			buf_addf(buf, "\\u00%02x", (unsigned char)*++text);
		else
			buf_add(buf, text, 1);
		text++;
	}
}

static bool is_parent_before(const void *a, const void *b)
{
	return strcmp(parent_of(a), parent_of(b)) < 0;
}

/* Those of one parent together; they stay in their order. */
static void add_by_parents(struct buf *text, struct definition *const *defs, size_t count)
{
	_cleanup_free_ struct definition **sorted = xcalloc(count, sizeof(struct definition *));

	for (size_t i = 0; i < count; i++)
		sorted[i] = defs[i];
	sort_pointers(sorted, count, is_parent_before);
	add_list(text, sorted, count, list_extras);
}

char *mdevctl_export(struct definition *const *defs, size_t count, bool single)
{
	struct strlist members = {0};
	struct buf text = {0}, safe = {0};

	if (single) {
		list_extras(defs[0], &members);
		add_object(&text, defs[0], &members, 0);
		strlist_free(&members);
	} else {
		add_by_parents(&text, defs, count);
	}
	buf_add(&text, "\n", 1);
	add_safely(&safe, text.data);
	buf_free(&text);
	return safe.data;
}

static bool is_all_utf8(const struct definition *def)
{
	bool is = text_is_utf8(def->type, strlen(def->type));

	for (size_t i = 0; is && i < def->attr_count; i++) {
		const struct attr *attr = &def->attrs[i];

		is = text_is_utf8(attr->name, strlen(attr->name)) &&
		     text_is_utf8(attr->value, strlen(attr->value));
	}
	return is;
}

char *mdevctl_export_extras(const struct definition *def)
{
	struct strlist words = {0};
	char *text;

	if (def->id.instance)
		strlist_add(&words, "instance number");
	if (names_parent_otherwise(def))
		strlist_add(&words, "way of naming the parent");
	if (def->params)
		strlist_add(&words, "params");
	if (def->description)
		strlist_add(&words, "description");
	if (def->has_vf)
		strlist_add(&words, "vf");
	if (def->owner)
		strlist_add(&words, "owner");
	if (def->mode)
		strlist_add(&words, "mode");
	if (!is_all_utf8(def))
		strlist_add(&words, "values that are not UTF-8");
	text = words.n ? strlist_join(&words, words.n) : NULL;
	strlist_free(&words);
	return text;
}
