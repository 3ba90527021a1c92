// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities: read from text and written as text, beside libuuid as the plain way to do the same.
 * link-flags: -luuid
 */
#include "model/filter.h"
#include "tap.h"

#include <errno.h>
#include <uuid/uuid.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define DIGITS "83b8f4f2509f382f3c1ee6bfe0fa1001"

static void test_identities(void)
{
	static const char *const refused[] = {
		"",
		"83b8f4f2",
		UUID "0",
		UUID ":",
		UUID ":x",
		UUID ":-1",
		UUID ":01",
		UUID ": 1",
		UUID ":4294967296",
		UUID "-1",
		UUID "\n",
		" " UUID,
		"{" UUID "}",
		"83b8f4f2509f382f3c1ee6bfe0fa1001",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100g",
		"83b8f4f2+509f-382f-3c1e-e6bfe0fa1001",
		"83b8f4f2-509f-382f-3c1e-e6bfe0fa100\xc3",
	};
	char text[IDENTITY_TEXT_SIZE];
	_cleanup_free_ char *error = NULL;
	struct identity id, other;

	is_number(identity_parse(UUID, &id), 0, "a UUID");
	is_number(id.instance, 0, "is instance 0");
	is_text(identity_format(&id, text), UUID, "and written without a number");
	is_number(identity_parse(UUID ":0", &other), 0, "instance 0 by number");
	is_number(identity_compare(&id, &other), 0, "is the same identity");
	is_number(identity_parse("83B8F4F2-509F-382F-3C1E-E6BFE0FA1001:4294967295", &other), 0,
		  "upper case and the largest number");
	is_text(identity_format(&other, text), UUID ":4294967295", "are written in lower case");
	is_text(identity_format_name(&other, text), UUID "-4294967295", "and with '-' on the bus");
	ok(identity_same_uuid(&id, &other), "the UUID is the same");
	ok(identity_compare(&id, &other) < 0, "the identity is not");
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		_cleanup_free_ char *what = xasprintf("refused: case %zu", i);

		is_number(identity_parse(refused[i], &id), -EINVAL, what);
	}
	is_number(identity_parse_name(UUID "-3", &id), 0, "a name on the bus");
	is_number(id.instance, 3, "has its number");
	is_number(identity_parse_name(UUID ":3", &id), -EINVAL, "a name has no ':'");
	is_number(identity_make(&id, &error), 0, "one is made up");
	is_number(identity_make(&other, &error), 0, "and another one");
	ok(identity_compare(&id, &other) != 0, "two new ones differ");
}

static void word(const char *text, const char *expected)
{
	_cleanup_free_ char *what = xasprintf("'%s' on the command line", text);
	char written[IDENTITY_TEXT_SIZE];
	struct identity id;

	is_number(identity_parse_word(text, &id), expected ? 0 : -EINVAL, what);
	if (expected)
		is_text(identity_format(&id, written), expected, what);
}

static void test_words(void)
{
	word(UUID, UUID);
	word(UUID ":7", UUID ":7");
	word("{" UUID "}", UUID);
	word("{" UUID "}:7", UUID ":7");
	word("urn:uuid:" UUID, UUID);
	word("URN:UUID:" UUID ":4294967295", UUID ":4294967295");
	word(DIGITS, UUID);
	word(DIGITS ":7", UUID ":7");
	word("{" DIGITS "}", UUID);
	word("{" UUID, NULL);
	word(UUID "}", NULL);
	word("{}", NULL);
	word("{" UUID "}x", NULL);
	word("{" UUID ":7}", NULL);
	word("{{" UUID "}}", NULL);
	word("urn:uuid:", NULL);
	word("urn:uuid:{" UUID "}", NULL);
	word("urn:" UUID, NULL);
	word(DIGITS "0", NULL);
	word("83b8f4f2509f382f3c1ee6bfe0fa100g", NULL);
	word("83b8f4f2-509f-382f-3c1e-e6bfe0fa", NULL);
	word(DIGITS ":07", NULL);
	word(DIGITS ":00000000000000000000000000007", NULL);
}

static void test_prefixes(void)
{
	static const struct {
		const char *text;
		int rc;
		size_t count;
	} cases[] = {
		{"83b8", 0, 4},
		{"83b", -EINVAL, 0},
		{UUID, 0, 32},
		{"{" UUID "}", 0, 32},
		{"urn:uuid:" UUID ":5", 0, 32},
		{DIGITS, 0, 32},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa", 0, 28},
		{"83b8f4f2509f", -EINVAL, 0},
		{"{83b8", -EINVAL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct identity_prefix prefix;

		is_number(identity_prefix_parse(cases[i].text, &prefix), cases[i].rc,
			  cases[i].text);
		if (!cases[i].rc)
			is_number((long long)prefix.count, (long long)cases[i].count, "digits");
	}
}

/* The plain way: what identity_parse() and identity_format_uuid() do for the sake of speed. */
static bool agrees(const char *text)
{
	char ours[IDENTITY_TEXT_SIZE], plain[UUID_STR_LEN];
	struct identity id = {.instance = 1};
	uuid_t uuid;
	int expected = uuid_parse(text, uuid) ? -EINVAL : 0;

	if (identity_parse(text, &id) != expected)
		return false;
	if (expected)
		return true;
	uuid_unparse_lower(uuid, plain);
	return memcmp(uuid, id.uuid, sizeof(uuid)) == 0 && id.instance == 0 &&
	       strcmp(identity_format_uuid(&id, ours), plain) == 0;
}

/* Random UUIDs in either case, then each with one byte of any value in any place. */
static void test_file_names(void)
{
	static const struct {
		const char *name;
		bool is_named;
		uint32_t instance;
	} cases[] = {
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001.conf", true, 0},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001-7.conf", true, 7},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001-4294967295.conf", true, 4294967295},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001-4294967296.conf", false, 0},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001-0.conf", false, 0},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001-07.conf", false, 0},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001:7.conf", false, 0},
		{"83B8F4F2-509F-382F-3C1E-E6BFE0FA1001.conf", false, 0},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001.CONF", false, 0},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", false, 0},
		{"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001.conf.conf", false, 0},
		{".conf", false, 0},
		{"", false, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct identity id = {.instance = 0};

		is_number(identity_parse_file_name(cases[i].name, &id) == 0, cases[i].is_named,
			  cases[i].name);
		is_number(id.instance, cases[i].instance, "its instance");
	}
}

static bool takes(const struct identity_filter *filter, const char *text)
{
	struct identity id;

	return identity_parse(text, &id) == 0 && identity_filter_takes(filter, &id);
}

static void test_filter(void)
{
	char *words[] = {"83b8f4f2", "83b8", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001:3", "no word",
			 "ffff0000", "0000", "83b9f4f2-509f-382f-3c1e-e6bfe0fa1001"};
	struct identity_filter filter;

	identity_filter_make(&filter, ARRAY_SIZE(words), words);
	is_number((long long)filter.n, 4, "what a shorter one takes is not looked for twice");
	ok(takes(&filter, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"), "the UUID");
	ok(takes(&filter, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001:9"), "all its instances");
	ok(takes(&filter, "83b8ffff-ffff-ffff-ffff-ffffffffffff"), "the last of a beginning");
	ok(takes(&filter, "00000000-0000-0000-0000-000000000000"), "the first there can be");
	ok(takes(&filter, "ffff0000-ffff-ffff-ffff-ffffffffffff"), "behind all others");
	ok(takes(&filter, "83b9f4f2-509f-382f-3c1e-e6bfe0fa1001"), "a whole one");
	ok(!takes(&filter, "83b9f4f2-509f-382f-3c1e-e6bfe0fa1002"), "not the next one");
	ok(!takes(&filter, "83b7ffff-ffff-ffff-ffff-ffffffffffff"), "not what is before");
	ok(!takes(&filter, "ffff0001-0000-0000-0000-000000000000"), "not what is behind");
	identity_filter_free(&filter);
	identity_filter_make(&filter, 0, NULL);
	ok(!takes(&filter, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"), "without words nothing");
	identity_filter_free(&filter);
}

static void test_against_libuuid(void)
{
	size_t wrong = 0, places = 0;

	srandom(1);
	for (int i = 0; i < 20000; i++) {
		char text[UUID_STR_LEN];
		size_t at = (size_t)random() % UUID_TEXT_LEN;
		uuid_t uuid;

		for (size_t j = 0; j < sizeof(uuid); j++)
			uuid[j] = (unsigned char)random();
		if (i % 2)
			uuid_unparse_upper(uuid, text);
		else
			uuid_unparse_lower(uuid, text);
		wrong += !agrees(text);
		text[at] = (char)random();
		wrong += !agrees(text);
	}
	is_number((long long)wrong, 0, "random UUIDs, whole and with a wrong byte");
	for (wrong = 0; places < UUID_TEXT_LEN; places++)
		for (int byte = 0; byte < 256; byte++) {
			char text[] = UUID;

			text[places] = (char)byte;
			wrong += !agrees(text);
		}
	is_number((long long)wrong, 0, "every byte in every place");
}

/* Each of them is read as the same, and no two of them are one name. */
static void test_ways(void)
{
	char texts[IDENTITY_WAYS][IDENTITY_TEXT_SIZE], usual[IDENTITY_TEXT_SIZE];
	unsigned int wrong = 0;
	struct identity id, read;
	size_t count;

	identity_parse("00000000-0000-4000-8000-0000000000af", &id);
	count = identity_format_ways(&id, texts);
	is_number(count, IDENTITY_WAYS, "four ways in two cases");
	is_text(texts[0], identity_format_uuid(&id, usual), "the usual one is the first");
	is_text(texts[7], "urn:uuid:00000000-0000-4000-8000-0000000000AF", "digits alone change");
	for (size_t i = 0; i < count; i++) {
		wrong += identity_parse_uuid(texts[i], &read) || identity_compare(&id, &read) != 0;
		for (size_t j = 0; j < i; j++)
			wrong += strcmp(texts[i], texts[j]) == 0;
	}
	is_number(wrong, 0, "each of them is read as the same");
	identity_parse("00000000-0000-4000-8000-000000000009", &id);
	is_number(identity_format_ways(&id, texts), IDENTITY_WAYS / 2, "digits have no case");
}

int main(void)
{
	test_identities();
	test_words();
	test_ways();
	test_prefixes();
	test_file_names();
	test_filter();
	test_against_libuuid();
	return tap_end();
}
