// SPDX-License-Identifier: GPL-2.0-or-later
/* The model: identities, definitions, devices and lists of them. */
#include "device.h"

#include "sort.h"
#include "text.h"

#include <errno.h>
#include <search.h>
#include <uuid/uuid.h>

/* What a path may have in the kernel. */
#define ATTR_NAME_MAX 4095

#define IS_DIGIT 16

/*
 * The value of a hexadecimal digit and IS_DIGIT; 0 for none. A table, for a branch on random digits
 * is mispredicted at every other one.
 */
/* clang-format off */
static const unsigned char hex_digits[256] = {
	['0'] = 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
	['A'] = 26, 27, 28, 29, 30, 31,
	['a'] = 26, 27, 28, 29, 30, 31,
};
/* clang-format on */

/*
 * The digits of the beginning of a UUID, as many as there are in len; uuid_parse() takes whole ones
 * only. How many, or -EINVAL.
 */
static int parse_digits(const char *text, size_t len, unsigned char digits[32])
{
	int count = 0;

	for (size_t i = 0; i < len; i++) {
		bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		unsigned char digit = hex_digits[(unsigned char)text[i]];

		if (is_hyphen ? text[i] != '-' : !digit)
			return -EINVAL;
		if (!is_hyphen)
			digits[count++] = digit & 15;
	}
	return count;
}

/* Where in the text the two digits of each byte stand. */
static const unsigned char byte_places[16] = {0,  2,  4,  6,  9,  11, 14, 16,
					      19, 21, 24, 26, 28, 30, 32, 34};

/* Eight bytes of a UUID: all first digits in one number, all second ones in another. */
static inline bool parse_half(const char *text, const unsigned char places[8], unsigned char ret[8])
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t high = 0, low = 0, bytes;

#pragma GCC unroll 8
	for (size_t i = 0; i < 8; i++) {
		high = high << 8 | hex_digits[(unsigned char)text[places[i]]];
		low = low << 8 | hex_digits[(unsigned char)text[places[i] + 1]];
	}
	bytes = htobe64((high & 15 * ones) << 4 | (low & 15 * ones));
	memcpy(ret, &bytes, sizeof(bytes));
	return (high & low & IS_DIGIT * ones) == IS_DIGIT * ones;
}

/* uuid_parse() costs more than all else that is done for a device of a listing. */
static int parse_uuid(const char *text, unsigned char uuid[16])
{
	if (strnlen(text, UUID_TEXT_LEN) != UUID_TEXT_LEN || text[8] != '-' || text[13] != '-' ||
	    text[18] != '-' || text[23] != '-')
		return -EINVAL;
	return parse_half(text, byte_places, uuid) && parse_half(text, byte_places + 8, uuid + 8) ?
		       0 :
		       -EINVAL;
}

/* A UUID, then nothing or the separator and a number. */
static int parse_identity(const char *text, char separator, struct identity *ret_id)
{
	struct identity id = {.instance = 0};

	if (parse_uuid(text, id.uuid) < 0)
		return -EINVAL;
	text += UUID_TEXT_LEN;
	if (*text) {
		if (*text != separator || parse_u32(text + 1, &id.instance) < 0)
			return -EINVAL;
		/* One way to write a number, so that one identity has one name. */
		if (text[1] == '0' && text[2])
			return -EINVAL;
	}
	*ret_id = id;
	return 0;
}

int identity_parse(const char *text, struct identity *ret_id)
{
	return parse_identity(text, ':', ret_id);
}

int identity_parse_name(const char *name, struct identity *ret_id)
{
	return parse_identity(name, '-', ret_id);
}

void identity_make(struct identity *ret_id)
{
	uuid_generate_random(ret_id->uuid);
	ret_id->instance = 0;
}

/* As cheap as parse_uuid(), and in lower case as the kernel has it. */
static const char *format_uuid(const struct identity *id, char text[IDENTITY_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	memset(text, '-', UUID_TEXT_LEN);
#pragma GCC unroll 16
	for (size_t i = 0; i < 16; i++) {
		text[byte_places[i]] = digits[id->uuid[i] >> 4];
		text[byte_places[i] + 1] = digits[id->uuid[i] & 15];
	}
	text[UUID_TEXT_LEN] = '\0';
	return text;
}

static const char *format_identity(const struct identity *id, char separator,
				   char text[IDENTITY_TEXT_SIZE])
{
	format_uuid(id, text);
	if (id->instance)
		snprintf(text + UUID_TEXT_LEN, IDENTITY_TEXT_SIZE - UUID_TEXT_LEN, "%c%u",
			 separator, id->instance);
	return text;
}

const char *identity_format(const struct identity *id, char text[IDENTITY_TEXT_SIZE])
{
	return format_identity(id, ':', text);
}

const char *identity_format_name(const struct identity *id, char text[IDENTITY_TEXT_SIZE])
{
	return format_identity(id, '-', text);
}

const char *identity_format_uuid(const struct identity *id, char text[IDENTITY_TEXT_SIZE])
{
	return format_uuid(id, text);
}

bool identity_same_uuid(const struct identity *a, const struct identity *b)
{
	return memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0;
}

static inline int identity_order(const struct identity *a, const struct identity *b)
{
	uint64_t first = sort_key(a->uuid), second = sort_key(b->uuid);
	int order;

	if (first != second)
		return first < second ? -1 : 1;
	order = memcmp(a->uuid + 8, b->uuid + 8, 8);
	return order ? order : (a->instance > b->instance) - (a->instance < b->instance);
}

int identity_compare(const struct identity *a, const struct identity *b)
{
	return identity_order(a, b);
}

bool identity_is_one_of(const struct identity *id, const struct identity *ids, int count)
{
	for (int i = 0; i < count; i++)
		if (identity_compare(id, &ids[i]) == 0)
			return true;
	return false;
}

int identity_prefix_parse(const char *text, struct identity_prefix *ret_prefix)
{
	struct identity_prefix prefix = {.count = 0};
	size_t len = strcspn(text, ":");
	int count = len < 4 || len > UUID_TEXT_LEN ? -EINVAL :
						     parse_digits(text, len, prefix.digits);

	if (count < 0)
		return -EINVAL;
	prefix.count = (size_t)count;
	if (text[len] == ':') {
		prefix.has_instance = true;
		if (parse_u32(text + len + 1, &prefix.instance) < 0)
			return -EINVAL;
	}
	*ret_prefix = prefix;
	return 0;
}

bool identity_prefix_matches(const struct identity_prefix *prefix, const struct identity *id)
{
	for (size_t i = 0; i < prefix->count; i++)
		if (prefix->digits[i] != (i % 2 ? id->uuid[i / 2] & 15 : id->uuid[i / 2] >> 4))
			return false;
	return true;
}

void definition_add_attr(struct definition *def, struct arena *arena, const char *name,
			 const char *value)
{
	size_t n = def->attr_count;

	/* Room for 4, 8, 16, ...; what is left behind goes with the arena. */
	if (n == 0 || (n >= 4 && (n & (n - 1)) == 0)) {
		struct attr *grown = arena_alloc(arena, (n ? 2 * n : 4) * sizeof(*grown));

		if (n)
			memcpy(grown, def->attrs, n * sizeof(*grown));
		def->attrs = grown;
	}
	def->attrs[n].name = arena_strdup(arena, name);
	def->attrs[n].value = arena_strdup(arena, value);
	def->attr_count++;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool definition_same(const struct definition *a, const struct definition *b)
{
	if (identity_compare(&a->id, &b->id) != 0 || a->is_auto != b->is_auto ||
	    !same_text(a->parent, b->parent) || !same_text(a->type, b->type) ||
	    !same_text(a->params, b->params) || !same_text(a->description, b->description) ||
	    a->attr_count != b->attr_count)
		return false;
	for (size_t i = 0; i < a->attr_count; i++)
		if (strcmp(a->attrs[i].name, b->attrs[i].name) != 0 ||
		    strcmp(a->attrs[i].value, b->attrs[i].value) != 0)
			return false;
	return true;
}

bool attr_name_is_valid(const char *name)
{
	const char *part = name;

	if (strcmp(name, "remove") == 0 || strcmp(name, "uevent") == 0 || strchr(name, ' ') ||
	    strlen(name) > ATTR_NAME_MAX || !text_is_plain(name))
		return false;
	for (;;) {
		size_t len = strcspn(part, "/");

		/* Neither empty, nor "." or "..". */
		if (len == 0 || (len <= 2 && strspn(part, ".") >= len))
			return false;
		if (!part[len])
			return true;
		part += len + 1;
	}
}

int attr_split(char *text, struct attr *ret_attr, char **reterr)
{
	char *equals = strchr(text, '=');

	if (!equals) {
		set_text(reterr, "attribute '%s' is not NAME=VALUE", text);
		return -EINVAL;
	}
	*equals = '\0';
	if (!attr_name_is_valid(text)) {
		set_text(reterr, "'%s' cannot be the name of an attribute of a device", text);
		return -EINVAL;
	}
	if (!equals[1] || strchr(equals + 1, '\n')) {
		set_text(reterr, "the value of attribute '%s' %s", text,
			 equals[1] ? "holds a newline" : "is empty");
		return -EINVAL;
	}
	*ret_attr = (struct attr){.name = text, .value = equals + 1};
	return 0;
}

const char *device_presence(const struct device *dev)
{
	if (!device_is_live(dev))
		return "defined";
	return dev->def ? "both" : "live";
}

struct device *device_list_add(struct device_list *list)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->v = xrealloc(list->v, list->cap, sizeof(*list->v));
	}
	list->v[list->n] = (struct device){0};
	return &list->v[list->n++];
}

/* By parent, then identity; live before defined. */
static bool is_before(const void *a, const void *b)
{
	const struct device *first = a, *second = b;
	int order = first->parent == second->parent ? 0 : strcmp(first->parent, second->parent);

	if (!order)
		order = identity_order(&first->id, &second->id);
	return order ? order < 0 : device_is_live(first) > device_is_live(second);
}

/* Puts the devices where the order has them, without a second list. */
static void put_in_order(struct device *v, size_t n, struct device **order)
{
	for (size_t i = 0; i < n; i++) {
		struct device first;
		size_t at = i;

		if (order[i] == &v[i])
			continue;
		first = v[i];
		/* Each place gets its device, whose own place is filled next. */
		while (order[at] != &v[i]) {
			size_t from = (size_t)(order[at] - v);

			v[at] = v[from];
			order[at] = &v[at];
			at = from;
		}
		v[at] = first;
		order[at] = &v[at];
	}
}

void device_list_sort(struct device_list *list)
{
	_cleanup_free_ struct device **order = xcalloc(list->n, 2 * sizeof(struct device *));

	for (size_t i = 0; i < list->n; i++)
		order[i] = &list->v[i];
	sort_pointers(order, list->n, is_before);
	put_in_order(list->v, list->n, order);
}

void device_list_free(struct device_list *list)
{
	free(list->v);
	arena_free(&list->arena);
	*list = (struct device_list){0};
}

struct definition *definition_list_add(struct definition_list *list)
{
	struct definition *def = arena_alloc(&list->arena, sizeof(*def));

	if ((list->n & (list->n - 1)) == 0)
		list->v = xrealloc(list->v, list->n ? 2 * list->n : 1, sizeof(*list->v));
	*def = (struct definition){0};
	list->v[list->n++] = def;
	return def;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

const char *definition_list_share(struct definition_list *list, const char *text)
{
	const char **known = tfind(text, &list->shared, compare_texts);
	const char *copy;

	if (known)
		return *known;
	copy = arena_strdup(&list->arena, text);
	(void)tsearch(copy, &list->shared, compare_texts);
	return copy;
}

static void keep_text(void *text)
{
	(void)text;
}

void definition_list_free(struct definition_list *list)
{
	tdestroy(list->shared, keep_text);
	free(list->v);
	arena_free(&list->arena);
	*list = (struct definition_list){0};
}
