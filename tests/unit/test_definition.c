// SPDX-License-Identifier: GPL-2.0-or-later
/* Parsing of definition files: the definitions and the problems that are found in a text. */
#include "store/definition.h"
#include "tap.h"

#include <errno.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

/* The definitions and problems that a text gives, as "N definitions, N problems". */
static void parse(const char *text, size_t len, size_t definitions, size_t problems,
		  const char *what)
{
	struct definition_list list = {0};
	struct problem_list found = {0};
	bool same;

	definition_parse("f", text, len, &list, &found, NULL);
	same = list.n == definitions && found.n == problems;
	ok(same, what);
	if (!same)
		printf("# %zu definitions, %zu problems: %s\n", list.n, found.n,
		       found.n ? found.v[0].text : "");
	problem_list_free(&found);
	definition_list_free(&list);
}

#define GOOD "[" UUID "]\nparent=a\ntype=b\n"

/* What inih would lose is reported instead. */
static void test_lost_bytes(void)
{
	static const struct {
		const char *text;
		size_t len, definitions, problems;
		const char *what;
	} cases[] = {
#define TEXT(text) text, sizeof(text) - 1
		{TEXT(GOOD "[" UUID ":1]\0x\nparent=a\ntype=b\n"), 1, 1, "a NUL behind a header"},
		{TEXT(GOOD "attr=x 1\0"), 0, 1, "a NUL in a value"},
		{TEXT(GOOD "attr=x 1\r \n"), 0, 1, "a value that would be cut"},
		{TEXT(GOOD "attr= \rx 1\n"), 0, 1, "a name that would be cut"},
		{TEXT(GOOD "auto\r=yes\n"), 0, 1, "a key that would be cut"},
		{TEXT(GOOD "attr=x 1\r2\n"), 1, 0, "no harm within a value"},
#undef TEXT
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		parse(cases[i].text, cases[i].len, cases[i].definitions, cases[i].problems,
		      cases[i].what);
}

static void test_odd_texts(void)
{
	static const char good[] = GOOD;

	parse("", 0, 0, 0, "nothing");
	parse("\n", 1, 0, 0, "a blank line");
	parse("[", 1, 0, 1, "half a header");
	parse("]", 1, 0, 1, "the other half");
	parse("=", 1, 0, 1, "no key and no value");
	parse("\0", 1, 0, 1, "a NUL");
	parse("\xef\xbb\xbf", 3, 0, 0, "a byte order mark alone");
	parse(good, sizeof(good) - 1, 1, 0, "one definition");
	for (size_t len = 0; len < sizeof(good); len++) {
		char *exact = xcalloc(1, len);
		struct definition_list list = {0};
		struct problem_list problems = {0};

		/* A copy of exactly this size, so that the sanitizer sees a read behind its end. */
		memcpy(exact, good, len);
		definition_parse("f", exact, len, &list, &problems, NULL);
		problem_list_free(&problems);
		definition_list_free(&list);
		free(exact);
	}
	ok(true, "every beginning of it is read without going too far");
}

static struct definition example(void)
{
	struct definition def = {.parent = "p", .type = "t"};

	identity_parse(UUID, &def.id);
	return def;
}

static void format(const struct definition *def, int rc, const char *what)
{
	_cleanup_free_ char *error = NULL;
	struct buf text = {0};

	is_number(definition_format(def, &text, &error), rc, what);
	ok(rc == 0 ? text.len > 0 : text.len == 0 && error, "and a text or a reason is given");
	buf_free(&text);
}

static void test_format(void)
{
	struct attr attr = {"a", "v"};
	struct definition def = example();

	format(&def, 0, "the least");
	def.params = " x";
	format(&def, -EINVAL, "blanks at the ends of a value would be lost");
	def.params = "x\ny = z";
	format(&def, -EINVAL, "a newline");
	def.params = "";
	format(&def, -EINVAL, "an empty value");
	def.params = "; #=:[]";
	format(&def, 0, "but every sign");
	def.parent = "p\n[" UUID "]";
	format(&def, -EINVAL, "a section in a value");
	def.parent = "p";
	def.attrs = &attr;
	def.attr_count = 1;
	attr.value = " \t ";
	format(&def, 0, "an attribute's blanks are kept");
	attr.value = "a\rb\x01\xff";
	format(&def, 0, "and any byte");
	attr.value = "a\r";
	format(&def, -EINVAL, "but a carriage return at the end");
	attr.value = "a\nb";
	format(&def, -EINVAL, "and a newline");
	attr.value = "";
	format(&def, -EINVAL, "and nothing");
	def.description = "x\n[parent p]\nthen = /bin/sh";
	attr.value = "1";
	format(&def, -EINVAL, "a section of a parent in a value");
	def.description = NULL;
	attr.name = "a b";
	format(&def, -EINVAL, "a blank in a name");
}

/* An identity that is there twice is found among two thousand sections. */
static void test_many(void)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};
	struct buf text = {0};

	for (unsigned int i = 1; i <= 2000; i++)
		buf_addf(&text, "[" UUID ":%u]\nparent=p\ntype=t\n", i % 1999);
	definition_parse("f", text.data, text.len, &list, &problems, NULL);
	is_number((long long)list.n, 1999,
		  "two thousand sections but for the one that is there twice");
	is_number((long long)problems.n, 1, "which is reported");
	problem_list_free(&problems);
	definition_list_free(&list);
	buf_free(&text);
}

int main(void)
{
	test_odd_texts();
	test_lost_bytes();
	test_format();
	test_many();
	return tap_end();
}
