// SPDX-License-Identifier: GPL-2.0-or-later
/* What goes through the door of results: as text, as a document, as a stream. */
#include "out/output.h"
#include "tap.h"

#include <errno.h>

static const struct identity id = {.instance = 2};
#define UUID "00000000-0000-0000-0000-000000000000"

/* What was printed since capture_begin(), until the next. */
static char *text;
static size_t text_len;
static FILE *real;

static void capture_begin(const struct output_request *request)
{
	free(text);
	text = NULL;
	real = stdout;
	stdout = open_memstream(&text, &text_len);
	if (!stdout)
		abort();
	output_begin(request);
}

static const char *capture_end(bool has_failed)
{
	output_end(has_failed);
	fclose(stdout);
	stdout = real;
	return text;
}

/* The kernel's own names, which anybody who writes a driver chooses. */
static void test_events(void)
{
	struct output_request request = {.kind = OUTPUT_STREAM, .verb = "monitor"};
	const struct device dev = {
		.id = id, .name = "n", .parent = "a\x1b[31m", .type = "t\xe2\x80\xae"};

	capture_begin(&request);
	output_parent_event("register", "p\x9b");
	output_device_event("create", &dev);
	is_text(capture_end(false),
		"register parent p\\x9b\n"
		"create " UUID ":2 parent a\\x1b[31m type t\\xe2\\x80\\xae\n",
		"names in events steer no terminal");
	request.format = OUTPUT_JSON;
	capture_begin(&request);
	output_parent_event("register", "p");
	output_device_event("destroy", &(struct device){.id = id, .parent = "p", .type = "t"});
	is_text(capture_end(false),
		"{\"schema\":1,\"parent\":\"p\",\"action\":\"register\"}\n"
		"{\"schema\":1,\"uuid\":\"" UUID
		"\",\"instance\":2,\"parent\":\"p\",\"type\":\"t\","
		"\"live\":null,\"action\":\"destroy\"}\n",
		"each event is a document");
}

static void test_failure(void)
{
	char *words[] = {"a", "b"};
	struct output_request request = {
		.format = OUTPUT_JSON, .verb = "destroy", .word_count = 2, .words = words};
	FILE *real_err = stderr;
	const char *printed;

	stderr = fopen("/dev/null", "w");
	capture_begin(&request);
	output_fail(CODE_ABSENT, "the first reason");
	output_fail(CODE_BUSY, "what follows from it");
	printed = capture_end(true);
	ok(strstr(printed, "{\"word\":\"a\",") && strstr(printed, "{\"word\":\"b\","),
	   "each word has a result");
	ok(strstr(printed, "\"code\":\"absent\",\"error\":\"the first reason\"") &&
		   !strstr(printed, "follows"),
	   "the first reason counts");
	capture_begin(&request);
	output_error("a", CODE_ABSENT, "not there");
	printed = capture_end(true);
	ok(!strstr(printed, "{\"word\":\"b\","), "a failure that was told is told once");
	capture_begin(&request);
	is_text(capture_end(false), "{\"schema\":1,\"results\":[]}\n", "nothing to tell");
	fclose(stderr);
	stderr = real_err;
}

static void test_codes(void)
{
	static const struct {
		int rc;
		const char *name;
	} codes[] = {
		{-ENOENT, "absent"},	 {-EBUSY, "busy"},
		{-EEXIST, "exists"},	 {-EUSERS, "full"},
		{-EACCES, "permission"}, {-EROFS, "permission"},
		{-EINVAL, "invalid"},	 {-EOPNOTSUPP, "unsupported"},
		{-ETIMEDOUT, "timeout"}, {-EIO, "refused"},
		{-517, "refused"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		is_text(code_name(code_of(codes[i].rc)), codes[i].name, codes[i].name);
	is_text(code_name(code_of(0)), NULL, "no code without a failure");
}

int main(void)
{
	test_events();
	test_failure();
	test_codes();
	free(text);
	return tap_end();
}
