// SPDX-License-Identifier: GPL-2.0-or-later
/* Who an instance is: a UUID and a number. The only user of libuuid. */
#include "model/identity.h"

#include "base/library.h"
#include "base/text.h"

#include <errno.h>
#include <uuid/uuid.h>

static struct {
	__typeof__(uuid_generate_random) *generate_random;
	__typeof__(uuid_generate_sha1) *generate_sha1;
	__typeof__(uuid_get_template) *get_template;
} libuuid;

static const struct library_function functions[] = {
	{"uuid_generate_random", &libuuid.generate_random},
	{"uuid_generate_sha1", &libuuid.generate_sha1},
	{"uuid_get_template", &libuuid.get_template},
	{NULL, NULL},
};
static struct library library = {"libuuid.so.1", "libuuid1", functions, false};

/* cppcheck-suppress unusedStructMember ; packagers read it */
LIBRARY_NOTE("uuid", "new UUIDs for create and define, and those of virtual functions",
	     "recommended", "libuuid.so.1");

/*
 * Parsing and formatting by hand, for a listing does hardly anything else for a device. The best of
 * three runs over 4096 random UUIDs, beside libuuid, whose uuid_parse() scans a number for each
 * group: 63 ns against 1489 ns to parse, 38 ns against 82 ns to format. The unit test compares both
 * with libuuid.
 */
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

/* Of a text that is a UUID: of all that can stand in it, "A" to "F" alone lack the bit. */
static bool is_lower_case(const char *uuid)
{
	const uint64_t bits = 0x2020202020202020;
	uint64_t all = bits, bytes;

	for (size_t i = 0; i < 32; i += 8) {
		memcpy(&bytes, uuid + i, sizeof(bytes));
		all &= bytes;
	}
	memcpy(&bytes, uuid + UUID_TEXT_LEN - 8, sizeof(bytes));
	return (all & bytes) == bits;
}

int identity_parse_file_name(const char *name, struct identity *ret_id)
{
	char text[IDENTITY_TEXT_SIZE];
	size_t len = strlen(name), end = strlen(".conf");

	if (len < UUID_TEXT_LEN + end || len - end >= sizeof(text) ||
	    strcmp(name + len - end, ".conf") != 0)
		return -EINVAL;
	memcpy(text, name, len - end);
	text[len - end] = '\0';
	if (identity_parse_name(text, ret_id) < 0)
		return -EINVAL;
	/* In upper case, or as "UUID-0", it would not be found by its name. */
	return is_lower_case(text) && (!text[UUID_TEXT_LEN] || ret_id->instance) ? 0 : -EINVAL;
}

/*
 * Other ways to write a whole UUID: "{UUID}", "urn:uuid:UUID", and all 32 digits without a hyphen,
 * each of them with ":INSTANCE" behind or without. False for anything else; else text as
 * identity_parse() takes it, if what stands where the digits should be are digits.
 */
static bool rewrite(const char *word, char text[IDENTITY_TEXT_SIZE])
{
	static const char urn[] = "urn:uuid:";
	bool is_urn = strncasecmp(word, urn, strlen(urn)) == 0, is_braced = word[0] == '{';
	const char *uuid = word + (is_urn ? strlen(urn) : is_braced);
	size_t len = strcspn(uuid, is_braced ? "}" : ":");
	const char *rest = uuid + len + is_braced;
	int n;

	if ((is_braced && uuid[len] != '}') || (*rest && *rest != ':'))
		return false;
	if (len == 32 && !memchr(uuid, '-', len))
		n = snprintf(text, IDENTITY_TEXT_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s%s", uuid,
			     uuid + 8, uuid + 12, uuid + 16, uuid + 20, rest);
	else if (len == UUID_TEXT_LEN && (is_urn || is_braced))
		n = snprintf(text, IDENTITY_TEXT_SIZE, "%.*s%s", UUID_TEXT_LEN, uuid, rest);
	else
		return false;
	return n < IDENTITY_TEXT_SIZE;
}

int identity_parse_word(const char *word, struct identity *ret_id)
{
	char text[IDENTITY_TEXT_SIZE];

	return identity_parse(rewrite(word, text) ? text : word, ret_id);
}

int identity_parse_uuid(const char *text, struct identity *ret_id)
{
	static const struct {
		const char *start;
		size_t len;
	} forms[] = {
		{"", 32},
		{"", UUID_TEXT_LEN},
		{"{", 1 + UUID_TEXT_LEN + 1},
		{"urn:uuid:", 9 + UUID_TEXT_LEN},
	};
	size_t len = strlen(text);

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (len == forms[i].len && str_starts(text, forms[i].start) &&
		    identity_parse_word(text, ret_id) == 0)
			return ret_id->instance ? -EINVAL : 0;
	return -EINVAL;
}

int identity_make(struct identity *ret_id, char **reterr)
{
	int rc = library_open(&library, reterr);

	if (rc)
		return rc;
	libuuid.generate_random(ret_id->uuid);
	ret_id->instance = 0;
	return 0;
}

int identity_of_url(const char *url, struct identity *ret_id, char **reterr)
{
	int rc = library_open(&library, reterr);

	if (rc)
		return rc;
	libuuid.generate_sha1(ret_id->uuid, *libuuid.get_template("url"), url, strlen(url));
	ret_id->instance = 0;
	return 0;
}

/* In lower case, as the kernel has it. */
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

/* Returns whether there was any letter. */
static bool make_upper_case(char *text)
{
	bool any = false;

	for (; *text; text++)
		if (*text >= 'a') {
			*text -= 'a' - 'A';
			any = true;
		}
	return any;
}

size_t identity_format_ways(const struct identity *id,
			    char texts[IDENTITY_WAYS][IDENTITY_TEXT_SIZE])
{
	char uuid[IDENTITY_TEXT_SIZE];
	size_t n = 0;

	format_uuid(id, uuid);
	do {
		snprintf(texts[n++], IDENTITY_TEXT_SIZE, "%s", uuid);
		snprintf(texts[n++], IDENTITY_TEXT_SIZE, "%.8s%.4s%.4s%.4s%s", uuid, uuid + 9,
			 uuid + 14, uuid + 19, uuid + 24);
		snprintf(texts[n++], IDENTITY_TEXT_SIZE, "{%.36s}", uuid);
		snprintf(texts[n++], IDENTITY_TEXT_SIZE, "urn:uuid:%.36s", uuid);
	} while (n < IDENTITY_WAYS && make_upper_case(uuid));
	return n;
}

bool identity_same_uuid(const struct identity *a, const struct identity *b)
{
	return memcmp(a->uuid, b->uuid, sizeof(a->uuid)) == 0;
}

static int compare_identities(const void *a, const void *b)
{
	return identity_compare(a, b);
}

void identity_sort(struct identity *ids, int count)
{
	if (count)
		qsort(ids, (size_t)count, sizeof(*ids), compare_identities);
}

bool identity_is_one_of(const struct identity *id, const struct identity *ids, int count)
{
	return count && bsearch(id, ids, (size_t)count, sizeof(*ids), compare_identities);
}

int identity_prefix_parse_begun(const char *text, struct identity_prefix *ret_prefix)
{
	struct identity_prefix prefix = {.count = 0};
	size_t len = strcspn(text, ":");
	int count = len > UUID_TEXT_LEN ? -EINVAL : parse_digits(text, len, prefix.digits);

	if (count < 0)
		return -EINVAL;
	prefix.count = (size_t)count;
	*ret_prefix = prefix;
	return 0;
}

int identity_prefix_parse(const char *text, struct identity_prefix *ret_prefix)
{
	struct identity_prefix prefix = {.count = 0};
	char whole[IDENTITY_TEXT_SIZE];
	size_t len;
	int count;

	if (rewrite(text, whole))
		text = whole;
	len = strcspn(text, ":");
	count = len < 4 || len > UUID_TEXT_LEN ? -EINVAL : parse_digits(text, len, prefix.digits);

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
