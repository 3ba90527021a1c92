// SPDX-License-Identifier: GPL-2.0-or-later
/* Changing a section in place: which bytes change, and which do not. */
#include "store/definition.h"
#include "store/section.h"
#include "tap.h"

#include <errno.h>

#define UUID "[83b8f4f2-509f-382f-3c1e-e6bfe0fa1001]"
#define OTHER "\n# the other\n[83b8f4f2-509f-382f-3c1e-e6bfe0fa1002]\nparent=p\ntype=t\nattr=a 1"

/* Reads the text, changes its first section by change(), and compares what the text becomes. */
static void check(const char *before, void (*change)(struct definition *def, struct arena *arena),
		  const char *after, const char *what)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};
	_cleanup_free_ char *error = NULL;
	struct buf text = {0};
	struct definition new;

	buf_add(&text, before, strlen(before));
	definition_parse("f", text.data, text.len, &list, &problems);
	if (!ok(list.n >= 1 && problems.n == 0, "the text is good"))
		return;
	new = *list.v[0];
	change(&new, &list.arena);
	is_number(section_change(&text, list.v[0]->line, list.v[0], &new, &error),
		  after ? 0 : -EINVAL, what);
	if (after)
		is_text(text.data, after, what);
	buf_free(&text);
	problem_list_free(&problems);
	definition_list_free(&list);
}

static void nothing(struct definition *def, struct arena *arena)
{
	(void)def, (void)arena;
}

static void other_type(struct definition *def, struct arena *arena)
{
	(void)arena;
	def->type = "other";
}

static void automatic(struct definition *def, struct arena *arena)
{
	(void)arena;
	def->is_auto = true;
}

static void add_keys(struct definition *def, struct arena *arena)
{
	(void)arena;
	def->params = "a=1";
	def->description = "new";
}

static void no_params(struct definition *def, struct arena *arena)
{
	(void)arena;
	def->params = NULL;
}

static void add_attr(struct definition *def, struct arena *arena)
{
	definition_add_attr(def, arena, "c", "3 ");
}

/* The attributes become these: a letter each, its value 9. */
static void set_attrs(struct definition *def, struct arena *arena, const char *letters)
{
	def->attrs = NULL;
	def->attr_count = 0;
	for (; *letters; letters++) {
		char name[] = {*letters, '\0'};

		definition_add_attr(def, arena, name, "9");
	}
}

static void attrs_none(struct definition *def, struct arena *arena)
{
	set_attrs(def, arena, "");
}

static void attrs_bc(struct definition *def, struct arena *arena)
{
	set_attrs(def, arena, "bc");
}

static void attrs_ac(struct definition *def, struct arena *arena)
{
	set_attrs(def, arena, "ac");
}

static void attrs_xabc(struct definition *def, struct arena *arena)
{
	set_attrs(def, arena, "xabc");
}

static void attrs_abxyc(struct definition *def, struct arena *arena)
{
	set_attrs(def, arena, "abxyc");
}

static void attrs_cba(struct definition *def, struct arena *arena)
{
	set_attrs(def, arena, "cba");
}

#define KEYS UUID "\nparent=p\n# why\ntype  =  t  \n"
#define ABC "attr=a 9\n# two\nattr = b 9\n\nattr = c 9\n"

static void test_keys(void)
{
	check(KEYS OTHER, nothing, KEYS OTHER, "no change");
	check(KEYS OTHER, other_type, UUID "\nparent=p\n# why\ntype  =  other\n" OTHER,
	      "a value in its line");
	check(KEYS OTHER, automatic, KEYS "auto = yes\n" OTHER, "a new key behind the others");
	check(UUID "\nparent=p\ntype=t", automatic, UUID "\nparent=p\ntype=t\nauto = yes\n",
	      "the last line had no end");
	check(KEYS "attr = a 1\n", add_keys, KEYS "params = a=1\ndescription = new\nattr = a 1\n",
	      "new keys before attributes");
	check(KEYS "params = x\n; end\n", no_params, KEYS "; end\n", "a key goes");
	check("[defaults]\nparams = x\nauto = no\n" KEYS, no_params, NULL,
	      "a default cannot be taken away");
	check("[defaults]\nparams = x\n" UUID "\nparent=p\ntype=t\nparams = y\n", no_params, NULL,
	      "nor come back when what overrides it goes");
	check("\xef\xbb\xbf[defaults]\n\nparams=x\n" UUID "\nparent=p\ntype=t\nparams=y\n",
	      no_params, NULL, "also behind a byte order mark");
	check("[defaults]\nauto = no\n" UUID "\nparent=p\ntype=t\nparams=y\n", no_params,
	      "[defaults]\nauto = no\n" UUID "\nparent=p\ntype=t\n", "other defaults do no harm");
	check("[defaults]\nparams = x\nauto = no\n" KEYS, automatic,
	      "[defaults]\nparams = x\nauto = no\n" KEYS "auto = yes\n", "but be overridden");
}

static void test_attrs(void)
{
	check(KEYS OTHER, add_attr, KEYS "attr = c 3 \n" OTHER, "the first attribute");
	check(KEYS ABC OTHER, attrs_none, KEYS "# two\n\n" OTHER, "all go");
	check(KEYS ABC, attrs_bc, KEYS "# two\nattr = b 9\n\nattr = c 9\n", "the first one goes");
	check(KEYS ABC, attrs_ac, KEYS "attr=a 9\n# two\n\nattr = c 9\n", "the middle one goes");
	check(KEYS ABC, attrs_xabc, KEYS "attr = x 9\n" ABC, "one before all");
	check(KEYS ABC, attrs_abxyc,
	      KEYS "attr=a 9\n# two\nattr = b 9\nattr = x 9\nattr = y 9\n\nattr = c 9\n",
	      "two in the middle");
	check(KEYS ABC, attrs_cba, KEYS "attr=c 9\n# two\nattr = b 9\n\nattr = a 9\n",
	      "another order");
}

/* The section whose header is in that line. */
static void find(const char *text, unsigned int line, const char *expected, const char *what)
{
	_cleanup_free_ char *found = NULL;
	struct buf buf = {0};
	size_t start, end;

	buf_add(&buf, text, strlen(text));
	section_find(&buf, line, &start, &end);
	found = xasprintf("%.*s", (int)(end - start), text + start);
	is_text(found, expected, what);
	buf_free(&buf);
}

static void test_find_section(void)
{
	static const char text[] = "# top\n[a]\nx=1\n\n# mine\ny=2\n\n# of b\n[b]\n[c]\nz=3";

	find(text, 2, "[a]\nx=1\n\n# mine\ny=2\n", "to its last key, comments behind it stay");
	find(text, 9, "[b]\n", "a header alone");
	find(text, 10, "[c]\nz=3", "the last line without a newline");
	find("[a]", 1, "[a]", "one line");
	find("[a]\n \n;x\n", 1, "[a]\n", "nothing but comments behind it");
}

/* The section whose header is in that line, taken out. */
static void take_out(const char *text, unsigned int line, const char *expected, const char *what)
{
	struct buf buf = {0};

	buf_add(&buf, text, strlen(text));
	section_remove(&buf, line);
	is_text(buf.data, expected, what);
	buf_free(&buf);
}

static void test_remove(void)
{
	take_out("# top\n[a]\nx=1\n\n# of b\n[b]\ny=2", 2, "# top\n\n# of b\n[b]\ny=2",
		 "the first");
	take_out("# top\n[a]\nx=1\n\n# of b\n[b]\ny=2", 6, "# top\n[a]\nx=1\n\n# of b\n",
		 "the last");
	take_out("[a]\nx=1\n", 1, "", "all there is");
	take_out("\xef\xbb\xbf[a]\nx=1\n[b]\n", 1, "\xef\xbb\xbf[b]\n", "a byte order mark stays");
}

int main(void)
{
	test_find_section();
	test_remove();
	test_keys();
	test_attrs();
	return tap_end();
}
