// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts: which there are, and what they are told and answer. */
#include "host/script.h"
#include "root.h"
#include "store/mdevctl.h"
#include "store/mdevctl_answer.h"
#include "store/mdevctl_text.h"
#include "tap.h"

#include <errno.h>

static bool supports(const char *text, struct script_support *ret)
{
	return mdevctl_answer_support(text, strlen(text), ret) == 0;
}

static void test_support(void)
{
	static const char *const none[] = {
		"",
		"\n",
		"{}",
		"[]",
		"\"supports\"",
		"2",
		"{\"supports\":2}",
		"{\"supports\":{\"version\":2,\"actions\":[]}}",
		"{\"supports\":{\"version\":2,\"events\":[]}}",
		"{\"supports\":{\"actions\":[],\"events\":[]}}",
		"{\"supports\":{\"version\":-1,\"actions\":[],\"events\":[]}}",
		"{\"supports\":{\"version\":4294967296,\"actions\":[],\"events\":[]}}",
		"{\"supports\":{\"version\":2.5,\"actions\":[],\"events\":[]}}",
		"{\"supports\":{\"version\":\"2\",\"actions\":[],\"events\":[]}}",
		"{\"supports\":{\"version\":2,\"actions\":\"start\",\"events\":[]}}",
		"{\"supports\":{\"version\":2,\"actions\":[1],\"events\":[]}}",
		"{\"supports\":{\"version\":2,\"actions\":[],\"events\":null}}",
		"{\"supports\":{\"version\":2,\"actions\":[],\"events\":[]}} more",
		"{\"supports\":{\"version\":2,\"actions\":[],\"events\":[]}",
		"{\"supports\":{\"version\":2,\"actions\":[\"\xff\"],\"events\":[]}}",
	};
	static const char nul[] =
		"{\"supports\":{\"version\":2,\"actions\":[],\"events\":[]}}\n\0\0";
	struct script_support support;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		ok(!supports(none[i], &support), none[i]);
	ok(supports("{\"supports\":{\"version\":2,\"actions\":[\"start\",\"modify\"],"
		    "\"events\":[\"pre\",\"live\"],\"more\":1},\"other\":2}\n",
		    &support),
	   "other keys do not matter");
	ok(script_supports(&support, SCRIPT_START, SCRIPT_PRE) &&
		   script_supports(&support, SCRIPT_MODIFY, SCRIPT_LIVE),
	   "what it says it supports");
	ok(!script_supports(&support, SCRIPT_STOP, SCRIPT_PRE) &&
		   !script_supports(&support, SCRIPT_START, SCRIPT_POST),
	   "and nothing else");
	ok(!support.has_unknown_action && !support.has_unknown_event, "all words are known");
	ok(supports("{\"supports\":{\"version\":9,\"actions\":[\"fly\"],\"events\":[\"pre\"]}}",
		    &support),
	   "a later version has words of its own");
	ok(support.has_unknown_action && !support.has_unknown_event, "which are noted");
	is_number(mdevctl_answer_support(nul, sizeof(nul) - 1, &support), 0, "it may end in NULs");
	is_number(mdevctl_answer_support("a\0b", 3, &support), -EBADMSG, "but not hold one");
}

/* "a=1 b=2", or the reason that there are none. */
static char *attributes(const char *text, size_t len)
{
	struct definition def = {0};
	struct arena arena = {0};
	struct buf list = {0};
	char *error = NULL;

	if (mdevctl_answer_attrs(text, len, &def, &arena, &error)) {
		arena_free(&arena);
		return error;
	}
	for (size_t i = 0; i < def.attr_count; i++)
		buf_addf(&list, "%s%s=%s", i ? " " : "", def.attrs[i].name, def.attrs[i].value);
	arena_free(&arena);
	return list.data;
}

static void test_attributes(void)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{"[]", NULL},
		{"[{}]", NULL},
		{"null", NULL},
		{" [ { } ]\n", NULL},
		{"[{\"a\":\"1\"},{\"b\":\"\"},{\"a\":\"x y\\n\"}]\n", "a=1 b= a=x y\n"},
		{"{}", "attributes field is not an array"},
		{"[{\"a\":\"1\"},{}]", "invalid JSON format for attribute: too many fields"},
		{"[{\"a\":\"1\",\"b\":\"2\"}]",
		 "invalid JSON format for attribute: too many fields"},
		{"[\"a\"]", "invalid JSON format for attribute: not an object"},
		{"[{\"a\":\"1\"},{\"b\":2}]",
		 "invalid JSON format for attribute {\"b\", 2}: value must be of type str"},
		{"[{\"a\":\"1\\u0000\"}]", "the value of attribute 'a' holds a NUL"},
		{"[{\"a\":\"\xff\"}]", "it is not UTF-8"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *got = attributes(rows[i].text, strlen(rows[i].text));

		is_text(got, rows[i].expected, rows[i].text);
	}
	is_text(attributes("", 0), NULL, "no text at all");
	is_text(attributes("\0\0", 2), NULL, "nothing but NULs");
}

static void test_line(void)
{
	struct definition def = {.parent = "p",
				 .parent_name = "q",
				 .type = "t/\"",
				 .params = "x",
				 .description = "d",
				 .is_auto = true};
	_cleanup_free_ char *line = NULL;
	struct arena arena = {0};

	definition_add_attr(&def, &arena, "a", "1");
	definition_add_attr(&def, &arena, "a", "\x7f\xc3\xbc\x01");
	line = mdevctl_line(&def);
	is_text(line,
		"{\"mdev_type\":\"t/\\\"\",\"start\":\"auto\",\"attrs\":[{\"a\":\"1\"},"
		"{\"a\":\"\x7f\xc3\xbc\\u0001\"}]}",
		"one line, three keys, and nothing escaped that need not be");
	arena_free(&arena);
}

static void make_script(const char *name, mode_t mode)
{
	_cleanup_free_ char *path = root_path(name);

	make_file(name, "#!/bin/sh\nexit 0\n");
	chmod(path, mode);
}

static void test_list(void)
{
	static const char *const expected[] = {"usr/lib/mdevctl/scripts.d/callouts/10-a",
					       "usr/lib/mdevctl/scripts.d/callouts/9-b",
					       "usr/lib/mdevctl/scripts.d/callouts/link",
					       "usr/lib/mdevctl/scripts.d/callouts/plain",
					       "etc/mdevctl.d/scripts.d/callouts/05-c"};
	const struct script_list *list;

	umask(022);
	make_folder("usr/lib/mdevctl/scripts.d/callouts/folder");
	make_folder("etc/mdevctl.d/scripts.d/callouts");
	make_script("usr/lib/mdevctl/scripts.d/callouts/9-b", 0755);
	make_script("usr/lib/mdevctl/scripts.d/callouts/10-a", 0775);
	make_script("usr/lib/mdevctl/scripts.d/callouts/plain", 0644);
	make_script("usr/lib/mdevctl/scripts.d/callouts/plain-open", 0666);
	make_script("etc/mdevctl.d/scripts.d/callouts/05-c", 0755);
	make_script("usr/elsewhere", 0755);
	make_link("usr/lib/mdevctl/scripts.d/callouts/link", "../../../../elsewhere");
	make_link("usr/lib/mdevctl/scripts.d/callouts/dangling", "nowhere");
	make_link("usr/lib/mdevctl/scripts.d/callouts/outside", "/bin/sh");
	list = script_list(SCRIPT_CALLOUT);
	is_number(list->rc, 0, "all could be looked at");
	for (size_t i = 0; i < list->n && i < ARRAY_SIZE(expected); i++)
		is_text(list->v[i].path + strlen(root_get()) + 1, expected[i], "in order");
	is_number((long long)list->n, ARRAY_SIZE(expected), "and nothing else");
	is_text(list->v[0].distrust, "it can be written by group 0", "one that others can write");
	is_text(list->v[1].distrust, NULL, "one that they cannot");
	ok(script_list(SCRIPT_CALLOUT) == list, "they are listed once");
	is_number((long long)script_list(SCRIPT_NOTIFIER)->n, 0, "no folder is no script");
}

int main(void)
{
	root_begin();
	is_number(mdevctl_begin(&(char *){NULL}), 0, "the library is there");
	test_support();
	test_attributes();
	test_line();
	test_list();
	root_end();
	return tap_end();
}
