// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Printed JSON is read again by json-c: every text must be the same, whatever bytes it has.
 * link-flags: -ljson-c
 */
#include "out/output.h"
#include "tap.h"
#include "base/text.h"

#include <json-c/json.h>

static const struct identity id;

/* The list that is printed for a device with this description, read again; the caller puts it. */
static struct json_object *print_and_read(const char *description)
{
	struct definition def = {
		.id = id, .parent = "p", .type = "t", .description = description, .file = "f"};
	struct device dev = {.id = id, .parent = "p", .type = "t", .def = &def};
	const struct output_request request = {.format = OUTPUT_JSON, .verb = "show"};
	struct json_object *top, *list = NULL;
	FILE *real = stdout;
	char *text = NULL;
	size_t len = 0;

	stdout = open_memstream(&text, &len);
	if (!stdout)
		abort();
	output_begin(&request);
	output_device(&dev, &(struct outcome){.is_changed = false});
	output_end(false);
	fclose(stdout);
	stdout = real;
	top = json_tokener_parse(text);
	/* What steers a terminal, or turns the direction of writing, never gets through. */
	if (!strchr(text, 0x7f) && !strstr(text, "\xc2\x80") && !strstr(text, "\xc2\x9b") &&
	    !strstr(text, "\xe2\x80\xae") && !strstr(text, "\xf3\xa0\x81\x81"))
		list = json_object_get(json_object_object_get(top, "results"));
	json_object_put(top);
	free(text);
	return list;
}

static bool is_bytes(struct json_object *array, const char *text)
{
	size_t len = strlen(text);

	if (!json_object_is_type(array, json_type_array) || json_object_array_length(array) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (json_object_get_int(json_object_array_get_idx(array, i)) !=
		    (unsigned char)text[i])
			return false;
	return true;
}

/* Text is a string, anything else the array of its bytes. */
static bool comes_back(const char *text)
{
	struct json_object *list = print_and_read(text), *device, *def, *value;
	bool same = false;

	if (json_object_is_type(list, json_type_array) && json_object_array_length(list) == 1) {
		device = json_object_array_get_idx(list, 0);
		json_object_object_get_ex(device, "defined", &def);
		json_object_object_get_ex(def, "description", &value);
		same = text_is_utf8(text, strlen(text)) ?
			       json_object_is_type(value, json_type_string) &&
				       strcmp(json_object_get_string(value), text) == 0 :
			       is_bytes(value, text);
	}
	json_object_put(list);
	if (!same)
		printf("# not the same: %s\n", text);
	return same;
}

static void encode(unsigned int c, char utf8[5])
{
	unsigned char *p = (unsigned char *)utf8;

	memset(utf8, 0, 5);
	if (c < 0x80) {
		p[0] = (unsigned char)c;
	} else if (c < 0x800) {
		p[0] = (unsigned char)(0xc0 | c >> 6);
		p[1] = (unsigned char)(0x80 | (c & 63));
	} else if (c < 0x10000) {
		p[0] = (unsigned char)(0xe0 | c >> 12);
		p[1] = (unsigned char)(0x80 | (c >> 6 & 63));
		p[2] = (unsigned char)(0x80 | (c & 63));
	} else {
		p[0] = (unsigned char)(0xf0 | c >> 18);
		p[1] = (unsigned char)(0x80 | (c >> 12 & 63));
		p[2] = (unsigned char)(0x80 | (c >> 6 & 63));
		p[3] = (unsigned char)(0x80 | (c & 63));
	}
}

/* By itself, and between others. */
static void test_characters(void)
{
	static const struct {
		unsigned int first, last, step;
		const char *what;
	} ranges[] = {
		{1, 0x2ff, 1, "each character up to U+02FF"},
		{0x300, 0xd7ff, 61, "characters up to the surrogates"},
		{0x2000, 0x206f, 1, "those without a width, or that turn the direction"},
		{0xe0000, 0xe007f, 1, "tags"},
		{0xe000, 0xffff, 61, "characters behind them"},
		{0x10000, 0x10ffff, 4099, "characters of four bytes"},
		{0x10ffff, 0x10ffff, 1, "the last one"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		bool same = true;

		for (unsigned int c = ranges[i].first; c <= ranges[i].last; c += ranges[i].step) {
			char utf8[5], between[16];

			encode(c, utf8);
			snprintf(between, sizeof(between), "a%s\"%s", utf8, utf8);
			same &= comes_back(utf8) && comes_back(between);
		}
		ok(same, ranges[i].what);
	}
}

/* Each byte alone and behind each other one; most pairs of high ones are no text. */
static void test_bytes(void)
{
	bool same = true;

	for (int first = 1; first < 256; first++) {
		char text[3] = {(char)first};

		same &= comes_back(text);
		for (int second = 0x70; second < 256; second += 7) {
			text[1] = (char)second;
			same &= comes_back(text);
		}
	}
	ok(same, "any bytes");
	ok(comes_back("\xed\xa0\x80") && comes_back("\xf4\x90\x80\x80") && comes_back("\xc0\x80"),
	   "surrogates, what is beyond Unicode, and long forms are bytes");
}

int main(void)
{
	test_characters();
	test_bytes();
	return tap_end();
}
