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
	struct definition_layout layout = {0};
	_cleanup_free_ char *error = NULL;
	struct buf text = {0};
	struct definition new;

	buf_add(&text, before, strlen(before));
	definition_parse("f", text.data, text.len, &list, &problems, &layout);
	if (!ok(list.n >= 1 && problems.n == 0, "the text is good"))
		return;
	new = *list.v[0];
	change(&new, &list.arena);
	is_number(section_change(&text, &layout, 0, list.v[0], &new, &error), after ? 0 : -EINVAL,
		  what);
	if (after)
		is_text(text.data, after, what);
	buf_free(&text);
	definition_layout_free(&layout);
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

static void pin(struct definition *def, struct arena *arena)
{
	(void)arena;
	def->has_vf = true;
	def->vf = 0;
}

static void unpin(struct definition *def, struct arena *arena)
{
	(void)arena;
	def->has_vf = false;
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

/* Sets the attributes to these: one for each letter, with the value 9. */
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
	check(KEYS "attr = a 1\n", pin, KEYS "vf = 0\nattr = a 1\n", "the first virtual function");
	check(KEYS "vf=07 \nattr = a 1\n", pin, KEYS "vf=0\nattr = a 1\n", "another one");
	check(KEYS "vf = 000\n", pin, KEYS "vf = 000\n", "the same, as it was written");
	check(KEYS "vf = 7\n", unpin, KEYS, "none any more");
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

/* Three definitions, each of its header and keys as K has them. */
#define A "[83b8f4f2-509f-382f-3c1e-e6bfe0fa100a]\n"
#define B "[83b8f4f2-509f-382f-3c1e-e6bfe0fa100b]\n"
#define C "[83b8f4f2-509f-382f-3c1e-e6bfe0fa100c]\n"
#define K "parent=p\ntype=t\n"

static void layout_of(const char *text, struct definition_layout *layout, size_t count)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};

	*layout = (struct definition_layout){0};
	definition_parse("f", text, strlen(text), &list, &problems, layout);
	is_number((long long)problems.n, 0, "the text is good");
	is_number((long long)layout->section_count, (long long)count, "so many sections");
	problem_list_free(&problems);
	definition_list_free(&list);
}

static void is_part(const char *text, size_t start, size_t end, const char *expected,
		    const char *what)
{
	_cleanup_free_ char *part = xasprintf("%.*s", (int)(end - start), text + start);

	is_text(part, expected, what);
}

/* The bytes of the section of that index. */
static void is_section(const char *text, size_t count, size_t which, const char *expected,
		       const char *what)
{
	struct definition_layout layout;

	layout_of(text, &layout, count);
	is_part(text, layout.sections[which].start, layout.sections[which].end, expected, what);
	definition_layout_free(&layout);
}

static void test_layout(void)
{
	static const char text[] = "# top\n" A K "\n# mine\nauto=no\n\n# of b\n" B K C K "attr=z 3";

	is_section(text, 3, 0, A K "\n# mine\nauto=no\n",
		   "to its last key, comments behind it stay");
	is_section(text, 3, 1, B K, "one behind the other");
	is_section(text, 3, 2, C K "attr=z 3", "the last line without a newline");
	is_section("[defaults]\n" K A, 1, 0, A, "a header alone");
	is_section("[defaults]\n" K B "\n \n;x\n", 1, 0, B, "nothing but comments behind it");
	is_section("\xef\xbb\xbf" A K, 1, 0, A K, "a byte order mark before it");
}

static void test_key_places(void)
{
	static const char text[] = "[defaults]\nparent=p\nauto=no\n" A "# c\ntype \t=\t t x \n" B
				   "type=u";
	struct definition_layout layout;

	layout_of(text, &layout, 2);
	is_number(layout.defaults, 1 << KEY_PARENT | 1 << KEY_AUTO, "keys of [defaults]");
	is_number((long long)layout.key_count, 2, "those of the sections");
	is_number(layout.keys[0].key, KEY_TYPE, "which");
	is_part(text, layout.keys[0].start, layout.keys[0].end, "type \t=\t t x \n", "the line");
	is_part(text, layout.keys[0].value, layout.keys[0].value_end, "t x ", "the value");
	is_part(text, layout.keys[1].value, layout.keys[1].value_end, "u", "one at the end");
	is_number((long long)layout.sections[1].first_key, 1, "each section has its own");
	definition_layout_free(&layout);
}

/* Sections, by a letter "a" to "c" each, taken out of a text of count. */
static void take_out(const char *text, size_t count, const char *letters, const char *expected,
		     const char *what)
{
	struct definition_layout layout;
	struct buf buf = {0};
	size_t which[3];

	layout_of(text, &layout, count);
	for (size_t i = 0; letters[i]; i++)
		which[i] = (size_t)(letters[i] - 'a');
	buf_add(&buf, text, strlen(text));
	section_remove(&buf, &layout, which, strlen(letters));
	is_text(buf.data, expected, what);
	buf_free(&buf);
	definition_layout_free(&layout);
}

static void test_remove(void)
{
	static const char text[] = "# top\n" A K "\n# of b\n" B K C K;

	take_out(text, 3, "a", "# top\n\n# of b\n" B K C K, "the first");
	take_out(text, 3, "c", "# top\n" A K "\n# of b\n" B K, "the last");
	take_out(text, 3, "ab", "# top\n\n# of b\n" C K, "two at once");
	take_out(text, 3, "abc", "# top\n\n# of b\n", "all");
	take_out(A K, 1, "a", "", "all there is");
	take_out("\xef\xbb\xbf" A K B K, 2, "a", "\xef\xbb\xbf" B K, "a byte order mark stays");
}

static void no_description_but_attr(struct definition *def, struct arena *arena)
{
	def->description = NULL;
	definition_add_attr(def, arena, "c", "3");
}

/* Where one edit ends, another begins. */
static void test_edits_side_by_side(void)
{
	check(KEYS "attr = a 1\ndescription = x\nauto = no\n", no_description_but_attr,
	      KEYS "attr = a 1\nattr = c 3\nauto = no\n", "a line for a line");
	check(KEYS "attr = a 1\ndescription = x", no_description_but_attr,
	      KEYS "attr = a 1\nattr = c 3\n", "at the end, without a newline");
	check(KEYS "description = x", no_description_but_attr, KEYS "attr = c 3\n",
	      "behind what goes");
}

int main(void)
{
	test_layout();
	test_key_places();
	test_remove();
	test_keys();
	test_attrs();
	test_edits_side_by_side();
	return tap_end();
}
