// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Definitions as mdevctl writes them are read without json-c, which must read the same: of what one
 * takes, the other makes the same definition.
 */
#include "store/mdevctl.h"
#include "store/mdevctl_plain.h"
#include "store/mdevctl_text.h"
#include "tap.h"

static struct arena arena;

/* "TYPE auto a=1 b=2", NULL for what is not taken. The caller frees it. */
static char *describe(const struct definition *def)
{
	struct buf text = {0};

	buf_addf(&text, "%s %s", def->type, def->is_auto ? "auto" : "manual");
	for (size_t i = 0; i < def->attr_count; i++)
		buf_addf(&text, " %s=%s", def->attrs[i].name, def->attrs[i].value);
	return text.data;
}

static char *plain(const char *text, size_t len)
{
	struct definition def = {.type = "before"};

	if (mdevctl_plain_parse(text, len, &def, &arena))
		return describe(&def);
	/* What was left as it was. */
	return strcmp(def.type, "before") == 0 && !def.attrs ? NULL : xstrdup("half of it");
}

static void takes(const char *text, const char *expected)
{
	_cleanup_free_ char *read = plain(text, strlen(text));

	is_text(read, expected, expected);
}

static void test_taken(void)
{
	const struct strlist none = {0};
	struct definition def = {.type = "acme-1", .is_auto = true};
	_cleanup_free_ char *line = NULL;
	struct buf text = {0};

	mdevctl_format(&def, &none, &text);
	takes(text.data, "acme-1 auto");
	definition_add_attr(&def, &arena, "a/b", "1 2");
	definition_add_attr(&def, &arena, "a/b", "");
	text.len = 0;
	mdevctl_format(&def, &none, &text);
	takes(text.data, "acme-1 auto a/b=1 2 a/b=");
	line = mdevctl_line(&def);
	takes(line, "acme-1 auto a/b=1 2 a/b=");
	takes("\r\n\t {\"start\" : \"AUTO\",\"mdev_type\":\"\"} \n", " manual");
	takes("{\"attrs\":[ ],\"start\":\"auto\",\"mdev_type\":\"t\"}", "t auto");
	buf_free(&text);
}

static void test_not_taken(void)
{
	static const char *const texts[] = {
		"",
		"{}",
		"{\"mdev_type\":\"t\"}",
		"{\"start\":\"auto\"}",
		"{\"mdev_type\":\"t\",\"start\":null}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\"}}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\"",
		"{\"mdev_type\":\"t\",\"start\":\"auto",
		"{\"mdev_type\":\"t\" \"start\":\"auto\"}",
		"{\"mdev_type\":\"t\",\"mdev_type\":\"u\",\"start\":\"auto\"}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"start\":\"auto\"}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"attrs\":[],\"attrs\":[]}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"more\":\"\"}",
		"{\"mdev_type\":\"\\u0074\",\"start\":\"auto\"}",
		"{\"mdev_type\":\"\xc3\xa4\",\"start\":\"auto\"}",
		"{\"mdev_type\":\"\x7f\",\"start\":\"auto\"}",
		"{\"mdev_type\":\"a\nb\",\"start\":\"auto\"}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"attrs\":null}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"attrs\":[{}]}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"attrs\":[{\"a\":\"1\"},]}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"attrs\":[{\"a\":\"1\",\"b\":\"1\"}]}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"attrs\":[{\"a\":1}]}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"attrs\":[{\"a\":\"1\"}",
	};
	static const char nul[] = "{\"mdev_type\":\"t\",\"start\":\"auto\"}\0 ";

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *what = xasprintf("left to json-c: number %zu", i);
		_cleanup_free_ char *read = plain(texts[i], strlen(texts[i]));

		is_text(read, NULL, what);
	}
	ok(!plain(nul, sizeof(nul) - 1), "a NUL does not end the text");
	ok(!plain("{\"mdev_type\":\"\0\",\"start\":\"auto\"}", 33), "nor is it in a string");
}

/* The same text with a key that the plain form has not, so that json-c reads it. */
static char *by_json(const char *text)
{
	const char *end = strrchr(text, '}');
	_cleanup_free_ char *other = xasprintf("%.*s,\"more\":0%s", (int)(end - text), text, end);
	struct definition def = {0};
	char *error = NULL;

	if (mdevctl_parse(other, strlen(other), &def, &arena, &error))
		return error;
	return describe(&def);
}

static unsigned int choose(unsigned int count)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)(state >> 33) % count;
}

/* Somewhere in the text a byte goes, or another one takes its place, or stands before it. */
static void spoil(char *text, size_t size)
{
	static const char bytes[] = "{}[],:\"\\ \n\ta1\x01\xc3\x7f/";
	size_t len = strlen(text), at = choose((unsigned int)len);

	switch (choose(3)) {
	case 0:
		memmove(text + at, text + at + 1, len - at);
		break;
	case 1:
		text[at] = bytes[choose(sizeof(bytes) - 1)];
		break;
	default:
		if (len + 2 > size)
			return;
		memmove(text + at + 1, text + at, len - at + 1);
		text[at] = bytes[choose(sizeof(bytes) - 1)];
	}
}

static void test_same(void)
{
	static const char *const texts[] = {
		"{\n  \"mdev_type\": \"t\",\n  \"start\": \"auto\",\n  \"attrs\": []\n}",
		"{\"mdev_type\":\"t\",\"start\":\"auto\",\"attrs\":[{\"a\":\"1\"},{\"b\":\"2\"}]}",
		"{\"start\":\"manual\",\"mdev_type\":\"t\"}",
	};
	unsigned int taken = 0, different = 0;

	for (unsigned int round = 0; round < 30000; round++) {
		_cleanup_free_ char *read = NULL, *expected = NULL;
		char text[256];

		snprintf(text, sizeof(text), "%s", texts[round % ARRAY_SIZE(texts)]);
		for (unsigned int i = choose(3); i-- > 0;)
			spoil(text, sizeof(text));
		read = plain(text, strlen(text));
		if (!read)
			continue;
		taken++;
		expected = by_json(text);
		different += strcmp(read, expected) != 0;
		if (strcmp(read, expected) != 0)
			printf("# %s\n# is: %s\n# json-c: %s\n", text, read, expected);
	}
	ok(taken > 5000, "many texts that were changed a little are still plain");
	is_number(different, 0, "and json-c reads each of them in the same way");
}

int main(void)
{
	test_taken();
	test_not_taken();
	test_same();
	arena_free(&arena);
	return tap_end();
}
