// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text of a definition file: read into the model, and written from it. The only user of inih.
 *
 * inih splits lines into keys and values. By itself it would also cut long lines and sections,
 * take "key: value" and indented lines for something, strip what ends a value and drop sections
 * without a key. So each raw line is looked at before inih gets it: what inih would lose or change
 * is reported with its line and kept from it, and headers are read here.
 */
#include "store/definition.h"

#include "base/text.h"
#include "model/owner.h"
#include "store/card_keys.h"

#include <errno.h>
#include <ini.h>
#include <search.h>

struct parser {
	const char *file;
	const char *text;
	const char *next, *end; /* what is still to be read */
	bool is_odd; /* there is a NUL or a carriage return in it */
	unsigned int line; /* the number of the line that was read last */
	const char *tail; /* the blanks that end it: inih takes them off a value */
	size_t tail_len;
	struct key_place place; /* where that line stands, if it has a key */

	struct definition_list *list;
	struct problem_list *problems;
	struct definition_layout *layout; /* NULL when nobody wants it */

	bool has_owner; /* the file is named for this one: */
	struct identity owner;
	struct definition defaults;
	bool has_defaults, defaults_are_bad, has_identity;
	struct definition *section; /* the one that is being read, &defaults, or NULL */
	struct card *card; /* that of the section [parent NAME] that is being read, or NULL */
	bool is_bad; /* something in the section was reported */
	unsigned int keys; /* those of the section, a bit for each of known_keys */
	struct definition *first; /* that of this file; good ones */
	void *seen; /* a tree of them, once there is a second */
	size_t first_card; /* of this file, in the list */
};

/* What inih takes off the ends of keys and values, but for a carriage return: that is reported. */
static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

/* What is wrong with the line that was read last; its section is not used then. */
PRINTF_LIKE(2, 3) static void bad_line(struct parser *parser, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	problem_addv(parser->problems, parser->file, parser->line, fmt, args);
	va_end(args);
	parser->is_bad = true;
}

static int compare_definitions(const void *a, const void *b)
{
	const struct definition *first = a, *second = b;
	int order = identity_compare(&first->id, &second->id);

	return order ? order : strcmp(first->parent, second->parent);
}

/* The header was read last. */
static void note_section(struct parser *parser, const char *header)
{
	struct definition_layout *layout = parser->layout;

	if (!layout)
		return;
	layout->sections =
		xgrow(layout->sections, layout->section_count, sizeof(*layout->sections));
	layout->sections[layout->section_count++] =
		(struct section_place){.start = (size_t)(header - parser->text),
				       .end = (size_t)(parser->next - parser->text),
				       .first_key = layout->key_count};
}

/* The line of the key was read last. */
static void note_key(struct parser *parser, enum definition_key key)
{
	struct definition_layout *layout = parser->layout;
	struct section_place *section;

	if (!layout || parser->section == &parser->defaults)
		return;
	section = &layout->sections[layout->section_count - 1];
	layout->keys = xgrow(layout->keys, layout->key_count, sizeof(*layout->keys));
	parser->place.key = key;
	layout->keys[layout->key_count++] = parser->place;
	section->key_count++;
	section->end = parser->place.end;
}

static void drop_section(struct parser *parser)
{
	struct definition_layout *layout = parser->layout;

	parser->list->n--;
	if (layout)
		layout->key_count = layout->sections[--layout->section_count].first_key;
}

void definition_layout_free(struct definition_layout *layout)
{
	free(layout->sections);
	free(layout->keys);
	*layout = (struct definition_layout){0};
}

/* What only the whole section shows. */
static void check_section(struct parser *parser)
{
	struct definition *def = parser->section, **same;

	if (parser->is_bad || def == &parser->defaults)
		return;
	parser->line = def->line;
	if (!def->parent || !def->type) {
		bad_line(parser, "the section has no '%s'", def->parent ? "type" : "parent");
		return;
	}
	if (!parser->first) {
		parser->first = def;
		return;
	}
	if (!parser->seen)
		(void)tsearch(parser->first, &parser->seen, compare_definitions);
	same = tsearch(def, &parser->seen, compare_definitions);
	if (same && *same != def)
		bad_line(parser, "the same identity and parent as in line %u", (*same)->line);
}

/* Takes out again what turned out bad. */
static void end_section(struct parser *parser)
{
	unsigned int line = parser->line;

	if (parser->section && !parser->defaults_are_bad)
		check_section(parser);
	parser->line = line;
	/* It is the last one that was added. */
	if (parser->card && parser->is_bad)
		parser->list->card_count--;
	parser->card = NULL;
	if (parser->section == &parser->defaults) {
		parser->defaults_are_bad = parser->is_bad;
		if (parser->layout)
			parser->layout->defaults = parser->keys;
	} else if (parser->section && (parser->is_bad || parser->defaults_are_bad)) {
		drop_section(parser);
	}
	parser->section = NULL;
	parser->is_bad = false;
	parser->keys = 0;
}

static void begin_defaults(struct parser *parser)
{
	if (parser->has_defaults || parser->has_identity) {
		bad_line(parser, parser->has_defaults ? "a second [defaults]" :
							"[defaults] stands before all identities");
		return;
	}
	parser->has_defaults = true;
	parser->section = &parser->defaults;
}

/*
 * In a file that is named for an identity, which is the only one that is looked into when that one
 * is asked for, and is not looked into for any other: "UUID.conf" is for all instances of the UUID.
 */
static bool is_at_home(struct parser *parser, const struct identity *id)
{
	char text[IDENTITY_TEXT_SIZE], owner[IDENTITY_TEXT_SIZE];

	if (!parser->has_owner ||
	    (identity_same_uuid(id, &parser->owner) &&
	     (!parser->owner.instance || id->instance == parser->owner.instance)))
		return true;
	bad_line(parser, "%s does not belong into a file that is named for %s",
		 identity_format(id, text), identity_format(&parser->owner, owner));
	return false;
}

/* Each file has few of them. */
static const struct card *find_card(const struct parser *parser, const char *parent)
{
	for (size_t i = parser->first_card; i < parser->list->card_count; i++)
		if (strcmp(parser->list->cards[i]->parent, parent) == 0)
			return parser->list->cards[i];
	return NULL;
}

/* [parent NAME]; name: what stands behind "parent", with the blanks before it. */
static void begin_card(struct parser *parser, const char *name, size_t len)
{
	_cleanup_free_ char *parent = NULL;
	const struct card *same;
	struct card *card;

	while (len && is_blank(*name)) {
		name++;
		len--;
	}
	while (len && is_blank(name[len - 1]))
		len--;
	parent = xasprintf("%.*s", (int)len, name);
	same = find_card(parser, parent);
	if (!len)
		bad_line(parser, "a section [parent NAME] names no parent");
	else if (!text_is_plain(parent))
		bad_line(parser, "the name of the parent is not UTF-8 text");
	else if (parser->has_owner)
		bad_line(
			parser,
			"a section of a parent does not belong into a file that is named for a UUID");
	else if (same)
		bad_line(parser, "the same parent as in line %u", same->line);
	if (parser->is_bad)
		return;
	card = definition_list_add_card(parser->list);
	card->parent = arena_strdup(&parser->list->arena, parent);
	card->file = parser->file;
	card->line = parser->line;
	parser->card = card;
}

static bool is_card_header(const char *name, size_t len)
{
	size_t word = strlen("parent");

	return len >= word && memcmp(name, "parent", word) == 0 &&
	       (len == word || is_blank(name[word]));
}

/* A header as it stands in the file, without the blanks that end it. */
static void begin_section(struct parser *parser, const char *header, size_t len)
{
	const char *bracket = memchr(header, ']', len), *name = header + 1;
	size_t name_len = bracket ? (size_t)(bracket - name) : 0;
	_cleanup_free_ char *bad_name = NULL, *shown = NULL;
	char text[IDENTITY_TEXT_SIZE] = "";
	struct identity id;

	end_section(parser);
	if (bracket != header + len - 1 || memchr(header, '\0', len)) {
		bad_line(parser, "a section is one identity in brackets and nothing else");
		return;
	}
	/* One that does not fit is none. */
	if (name_len < sizeof(text))
		memcpy(text, name, name_len);
	if (strcmp(text, "defaults") == 0) {
		begin_defaults(parser);
		return;
	}
	parser->has_identity = true;
	if (is_card_header(name, name_len)) {
		begin_card(parser, name + strlen("parent"), name_len - strlen("parent"));
		return;
	}
	if (identity_parse(text, &id) < 0) {
		bad_name = xasprintf("%.*s", (int)name_len, name);
		shown = quoted(bad_name);
		bad_line(parser, "%s is neither a UUID nor UUID:INSTANCE", shown);
		return;
	}
	if (!is_at_home(parser, &id))
		return;
	parser->section = definition_list_add(parser->list);
	parser->defaults.place = parser->section->place;
	*parser->section = parser->defaults;
	parser->section->id = id;
	parser->section->file = parser->file;
	parser->section->line = parser->line;
	parser->section->is_own = parser->has_owner;
	note_section(parser, header);
}

/* A carriage return beside the key or before the value: inih would take it off. */
static bool has_return(const char *line, size_t len, size_t equals)
{
	size_t value = equals + 1;

	while (value < len && is_blank(line[value]))
		value++;
	return memchr(line, '\r', equals) || (value < len && line[value] == '\r');
}

static void note_line(struct parser *parser, const char *line, size_t len, size_t equals)
{
	size_t value = equals + 1, start = (size_t)(line - parser->text);

	while (value < len && is_blank(line[value]))
		value++;
	parser->place = (struct key_place){.start = start,
					   .end = (size_t)(parser->next - parser->text),
					   .value = start + value,
					   .value_end = start + len};
}

/* False when the line, which is not blank, must not reach inih; the reason is noted. */
static bool line_is_good(struct parser *parser, const char *line, size_t len)
{
	size_t key;

	if (parser->is_odd && memchr(line, '\0', len)) {
		bad_line(parser, "a NUL byte");
		return false;
	}
	if (line[len - parser->tail_len - 1] == '\r') {
		bad_line(parser,
			 "the line ends in a carriage return; save the file with Unix line ends");
		return false;
	}
	for (key = 0; key < len && line[key] != '=' && line[key] != ':'; key++)
		;
	if (key == len) {
		bad_line(parser, "no '=' in the line");
		return false;
	}
	if (line[key] == ':') {
		bad_line(parser, "a key is followed by '=', not by ':'");
		return false;
	}
	if (parser->is_odd && has_return(line, len, key)) {
		bad_line(parser, "a carriage return beside '='");
		return false;
	}
	note_line(parser, line, len, key);
	return true;
}

/* True when the line, without its newline, is one for inih. */
static bool take_line(struct parser *parser, const char *line, size_t len)
{
	const char *start = line, *end = line + len;

	while (end > line && is_blank(end[-1]))
		end--;
	while (start < end && is_blank(*start))
		start++;
	parser->tail = end;
	parser->tail_len = len - (size_t)(end - line);
	if (start == end || *start == '#' || *start == ';')
		return false;
	if (start == line && *line != '[')
		return line_is_good(parser, line, len);
	if (start == line)
		begin_section(parser, line, (size_t)(end - line));
	else
		bad_line(parser, "the line begins with a blank");
	return false;
}

/* Gives inih the next line that is one for it; the signature is that of fgets(). */
static char *read_line(char *str, int size, void *stream)
{
	struct parser *parser = stream;

	while (parser->next < parser->end) {
		const char *line = parser->next;
		const char *newline = memchr(line, '\n', (size_t)(parser->end - line));
		size_t len = (size_t)((newline ? newline : parser->end) - line);

		parser->next = newline ? newline + 1 : parser->end;
		parser->line++;
		if (take_line(parser, line, len) && len + 2 <= (size_t)size) {
			memcpy(mempcpy(str, line, len), "\n", 2);
			return str;
		}
	}
	return NULL;
}

static bool is_plain(struct parser *parser, const char *key, const char *value)
{
	if (!*value)
		bad_line(parser, "'%s' has no value", key);
	else if (!text_is_plain(value))
		bad_line(parser, "the value of '%s' is not UTF-8 text", key);
	else
		return true;
	return false;
}

static const char *plain_value(struct parser *parser, const char *key, const char *value)
{
	return is_plain(parser, key, value) ? arena_strdup(&parser->list->arena, value) : NULL;
}

static void set_parent(struct parser *parser, struct definition *def, const char *value)
{
	if (is_plain(parser, "parent", value))
		def->parent = definition_list_share(parser->list, value);
}

static void set_type(struct parser *parser, struct definition *def, const char *value)
{
	_cleanup_free_ char *shown = NULL;

	if (name_is_safe(value))
		def->type = definition_list_share(parser->list, value);
	else if (is_plain(parser, "type", value)) {
		shown = quoted(value);
		bad_line(parser, "%s cannot be the name of a type", shown);
	}
}

static void set_params(struct parser *parser, struct definition *def, const char *value)
{
	def->params = plain_value(parser, "params", value);
}

static void set_description(struct parser *parser, struct definition *def, const char *value)
{
	def->description = plain_value(parser, "description", value);
}

static void set_owner(struct parser *parser, struct definition *def, const char *value)
{
	_cleanup_free_ char *error = NULL;

	if (!is_plain(parser, "owner", value))
		return;
	if (owner_check(value, &error) < 0)
		bad_line(parser, "%s", error);
	else
		def->owner = definition_list_share(parser->list, value);
}

static void set_mode(struct parser *parser, struct definition *def, const char *value)
{
	_cleanup_free_ char *error = NULL;

	if (!is_plain(parser, "mode", value))
		return;
	if (owner_parse_mode(value, NULL, &error) < 0)
		bad_line(parser, "%s", error);
	else
		def->mode = definition_list_share(parser->list, value);
}

static void set_auto(struct parser *parser, struct definition *def, const char *value)
{
	_cleanup_free_ char *shown = NULL;

	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0) {
		shown = quoted(value);
		bad_line(parser, "'auto' is yes or no, not %s", shown);
	}
	def->is_auto = strcmp(value, "yes") == 0;
}

/* PCI has room for no more virtual functions of one device. */
#define VF_MAX 65534

static void set_vf(struct parser *parser, struct definition *def, const char *value)
{
	_cleanup_free_ char *shown = NULL;

	def->has_vf = parse_u32(value, &def->vf) == 0 && def->vf <= VF_MAX;
	if (!def->has_vf) {
		shown = quoted(value);
		bad_line(parser, "'vf' is the number of a virtual function, from 0, not %s", shown);
	}
}

/* With the blanks that end the line, which inih took off; the caller frees it. */
static char *whole_value(const struct parser *parser, const char *value)
{
	char *text = xcalloc(1, strlen(value) + parser->tail_len + 1);

	memcpy(stpcpy(text, value), parser->tail, parser->tail_len);
	return text;
}

/* NAME VALUE; the blanks that end the value belong to it. */
static void add_attr(struct parser *parser, struct definition *def, const char *value)
{
	_cleanup_free_ char *text = whole_value(parser, value), *error = NULL;
	struct attr attr;

	if (attr_split_line(text, &attr, &error) < 0)
		bad_line(parser, "%s", error);
	else
		definition_add_attr(def, &parser->list->arena, attr.name, attr.value);
}

static const struct key {
	const char *name;
	void (*set)(struct parser *parser, struct definition *def, const char *value);
	bool in_defaults, repeats;
} known_keys[] = {
	[KEY_PARENT] = {"parent", set_parent, true, false},
	[KEY_TYPE] = {"type", set_type, true, false},
	[KEY_AUTO] = {"auto", set_auto, true, false},
	[KEY_PARAMS] = {"params", set_params, true, false},
	[KEY_DESCRIPTION] = {"description", set_description, false, false},
	[KEY_VF] = {"vf", set_vf, false, false},
	[KEY_OWNER] = {"owner", set_owner, true, false},
	[KEY_MODE] = {"mode", set_mode, true, false},
	[KEY_ATTR] = {"attr", add_attr, false, true},
};

const char *definition_key_name(enum definition_key key)
{
	return known_keys[key].name;
}

static void take_key(struct parser *parser, const char *name, const char *value)
{
	bool is_defaults = parser->section == &parser->defaults;
	_cleanup_free_ char *shown = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(known_keys); i++) {
		const struct key *key = &known_keys[i];

		/* The first letters spare most comparisons. */
		if (*key->name != *name || strcmp(key->name, name) != 0 ||
		    (is_defaults && !key->in_defaults))
			continue;
		if (!key->repeats && parser->keys & 1u << i)
			bad_line(parser, "a second '%s' in the section", name);
		else
			key->set(parser, parser->section, value);
		parser->keys |= 1u << i;
		note_key(parser, (enum definition_key)i);
		return;
	}
	shown = quoted(name);
	bad_line(parser, "unknown key %s%s", shown, is_defaults ? " in [defaults]" : "");
}

static void take_card_key(struct parser *parser, const char *name, const char *value)
{
	_cleanup_free_ char *whole = whole_value(parser, value), *error = NULL;

	if (card_take_key(parser->card, &parser->list->arena, name, whole, &error) < 0)
		bad_line(parser, "%s", error);
}

/* Called by inih; 1 because what is wrong with a line is noted by bad_line(). */
static int on_key(void *user, const char *section, const char *key, const char *value)
{
	struct parser *parser = user;
	_cleanup_free_ char *shown = NULL;

	(void)section;
	if (parser->section) {
		take_key(parser, key, value);
	} else if (parser->card) {
		take_card_key(parser, key, value);
	} else if (!parser->is_bad) {
		shown = quoted(key);
		bad_line(parser, "%s stands before the first section", shown);
	}
	return 1;
}

static void keep_node(void *node)
{
	(void)node;
}

void definition_parse(const char *file, const char *text, size_t len, struct definition_list *list,
		      struct problem_list *problems, struct definition_layout *ret_layout)
{
	const char *start = text ? text : "", *slash = strrchr(file, '/');
	struct parser parser = {.file = arena_strdup(&list->arena, file),
				.text = start,
				.next = start,
				.end = start + len,
				.is_odd = memchr(start, '\0', len) || memchr(start, '\r', len),
				.list = list,
				.first_card = list->card_count,
				.problems = problems,
				.layout = ret_layout};
	int rc;

	parser.has_owner = identity_parse_file_name(slash ? slash + 1 : file, &parser.owner) == 0;
	/* Room for any line of it, a newline and the NUL, so that inih never cuts one. */
	ini_use_stack = false;
	ini_allow_realloc = false;
	ini_max_line = ini_initial_alloc = (int)len + 3;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	parser.next += text_bom_length(start, len);
	rc = ini_parse_stream(read_line, &parser, on_key, &parser);
	if (rc)
		problem_add(problems, file, parser.line, "cannot be parsed");
	end_section(&parser);
	problem_list_end_file(problems);
	tdestroy(parser.seen, keep_node);
}

/* Whatever a file cannot hold shows when the text is read again. */
static int check_section_text(const struct definition *def, const struct buf *text, char **reterr)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};
	int rc = 0;

	definition_parse("the definition", text->data, text->len, &list, &problems, NULL);
	if (problems.n || list.n != 1 || !definition_same(def, list.v[0])) {
		set_text(reterr, "a definition file cannot hold it%s%s", problems.n ? ": " : "",
			 problems.n ? problems.v[0].text : "");
		rc = -EINVAL;
	}
	problem_list_free(&problems);
	definition_list_free(&list);
	return rc;
}

int definition_format(const struct definition *def, struct buf *ret_text, char **reterr)
{
	char identity[IDENTITY_TEXT_SIZE];
	struct buf text = {0};
	int rc;

	buf_addf(&text, "[%s]\nparent = %s\ntype = %s\nauto = %s\n",
		 identity_format(&def->id, identity), def->parent, def->type,
		 def->is_auto ? "yes" : "no");
	if (def->params)
		buf_addf(&text, "params = %s\n", def->params);
	if (def->description)
		buf_addf(&text, "description = %s\n", def->description);
	if (def->has_vf)
		buf_addf(&text, "vf = %u\n", def->vf);
	if (def->owner)
		buf_addf(&text, "owner = %s\n", def->owner);
	if (def->mode)
		buf_addf(&text, "mode = %s\n", def->mode);
	for (size_t i = 0; i < def->attr_count; i++)
		buf_addf(&text, "attr = %s %s\n", def->attrs[i].name, def->attrs[i].value);
	rc = check_section_text(def, &text, reterr);
	if (!rc)
		buf_add(ret_text, text.data, text.len);
	buf_free(&text);
	return rc;
}
