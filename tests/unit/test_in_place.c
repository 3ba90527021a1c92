// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changing sections in place, in texts made of pieces that parsers disagree about. In every text
 * that definition.c reads without a problem, section.c must find the same lines: the changed text
 * is then read as what was asked for, and no other line has changed.
 */
#include "store/definition.h"
#include "store/section.h"
#include "tap.h"

#define ROUNDS 20000

static const char *const pieces[] = {
	"\n",
	"\n",
	"\n",
	" ",
	"\t",
	"\v",
	"\r",
	"\xef\xbb\xbf",
	"[defaults]\n",
	"[",
	"]",
	"=",
	" = ",
	":",
	"#",
	";",
	" ;",
	"# c\n",
	"; [x]\n",
	"  # c\n",
	"parent",
	"type",
	"auto",
	"yes",
	"attr",
	"params",
	"description",
	"parent = p\n",
	"parent=p\n",
	"type = t\n",
	"type\t=\v t \n",
	"auto = yes\n",
	"auto=no\n",
	"params = a;b #c\n",
	"description = [x] \n",
	"description = gr\xc3\xbcn\n",
	"owner = alice\n",
	"owner=1000:kvm \n",
	"owner = :\n",
	"mode = 0660\n",
	"mode=660\n",
	"attr = a 1\n",
	"attr =a  1 \n",
	"attr = a/b ;#=:\t\n",
	"attr = b \xff\n",
	"attr=c [d]\r x\n",
	"type =\rt\n",
	"type\r= t\n",
	"attr = a b\r \n",
	"[83b8f4f2-509f-382f-3c1e-e6bfe0fa1001]\nparent = p\n",
	"[83b8f4f2-509f-382f-3c1e-e6bfe0fa1002]\nparent=p\ntype=t\n",
	"[83b8f4f2-509f-382f-3c1e-e6bfe0fa1003:2] \ntype = t\nparent = q",
	"[83b8f4f2-509f-382f-3c1e-e6bfe0fa1004]",
	"\xc2\x85",
	"\xc2\xa0",
};

/* The same numbers each time (xorshift32). */
static uint32_t next_number(uint32_t below)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static void add_text(struct buf *text, const char *piece)
{
	buf_add(text, piece, strlen(piece));
}

/* Now and then with the NUL that ends the piece. */
static void add_pieces(struct buf *text)
{
	for (uint32_t count = next_number(5); count; count--) {
		const char *piece = pieces[next_number(ARRAY_SIZE(pieces))];

		buf_add(text, piece, strlen(piece) + (next_number(200) == 0));
	}
}

static void make_text(struct buf *text)
{
	text->len = 0;
	if (next_number(8) == 0)
		add_text(text, "\xef\xbb\xbf");
	if (next_number(4) == 0)
		add_text(text, "[defaults]\nparams = d\nauto = yes\n");
	add_pieces(text);
	for (uint32_t sections = 1 + next_number(2); sections; sections--) {
		buf_addf(text, "[83b8f4f2-509f-382f-3c1e-e6bfe0fa%u]\n", 1001 + next_number(5));
		add_text(text,
			 next_number(2) ? "parent = p\ntype=t\n" : "type =  t \n#\nparent=p\n");
		add_pieces(text);
	}
}

static void change_attrs(struct definition *def, struct arena *arena)
{
	const struct attr *old = def->attrs;
	size_t count = def->attr_count;

	def->attrs = NULL;
	def->attr_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (next_number(3) == 0)
			definition_add_attr(def, arena, "new", " v ");
		if (next_number(3))
			definition_add_attr(def, arena, old[i].name, old[i].value);
	}
	if (next_number(2))
		definition_add_attr(def, arena, "last", "\xff ;");
}

static void change(struct definition *def, struct arena *arena)
{
	def->is_auto = next_number(2);
	if (next_number(2))
		def->type = "other";
	if (next_number(2))
		def->parent = "elsewhere";
	if (next_number(2))
		def->description = next_number(2) ? "new; #text" : NULL;
	if (next_number(2))
		def->params = next_number(2) ? "a=b:c" : NULL;
	if (next_number(2))
		def->owner = next_number(2) ? "bob" : NULL;
	if (next_number(2))
		def->mode = next_number(2) ? "0600" : NULL;
	change_attrs(def, arena);
}

/* The text is read as the list, but for one section. */
static bool reads_as(const struct buf *text, const struct definition_list *list, size_t changed,
		     const struct definition *new)
{
	struct definition_list now = {0};
	struct problem_list problems = {0};
	bool same;

	definition_parse("f", text->data, text->len, &now, &problems, NULL);
	same = !problems.n && now.n == list->n;
	for (size_t i = 0; same && i < now.n; i++)
		same = definition_same(now.v[i], i == changed ? new : list->v[i]);
	problem_list_free(&problems);
	definition_list_free(&now);
	return same;
}

/* What stands before and behind the section stays, but for the end of the last line. */
static bool keeps_rest(const struct buf *before, const struct buf *after,
		       const struct section_place *section)
{
	size_t rest = before->len - section->end;

	return after->len >= section->start + rest &&
	       memcmp(before->data, after->data, section->start) == 0 &&
	       memcmp(before->data + section->end, after->data + after->len - rest, rest) == 0;
}

static void say_text(const char *what, const struct buf *text)
{
	printf("# %s: ", what);
	for (size_t i = 0; i < text->len; i++)
		printf(text->data[i] > ' ' && text->data[i] < 0x7f ? "%c" : "\\x%02x",
		       (unsigned char)text->data[i]);
	printf("\n");
}

/* False when the changed text is not what it shall be. */
static bool try(struct buf *text, const struct definition_list *list,
		const struct definition_layout *layout, struct arena *arena)
{
	size_t which = next_number((uint32_t)list->n);
	const struct definition *old = list->v[which];
	struct definition new = *old;
	_cleanup_free_ char *error = NULL;
	struct buf before = {0};
	bool good = true;

	buf_add(&before, text->data, text->len);
	change(&new, arena);
	if (section_change(text, layout, which, old, &new, &error) == 0)
		good = reads_as(text, list, which, &new) &&
		       keeps_rest(&before, text, &layout->sections[which]);
	if (!good) {
		say_text("before", &before);
		say_text("after", text);
	}
	buf_free(&before);
	return good;
}

int main(void)
{
	unsigned int tried = 0, wrong = 0;
	struct buf text = {0};

	for (unsigned int i = 0; i < ROUNDS && wrong < 5; i++) {
		struct definition_list list = {0};
		struct problem_list problems = {0};
		struct definition_layout layout = {0};

		make_text(&text);
		definition_parse("f", text.data, text.len, &list, &problems, &layout);
		if (list.n && !problems.n) {
			tried++;
			wrong += !try(&text, &list, &layout, &list.arena);
		}
		definition_layout_free(&layout);
		problem_list_free(&problems);
		definition_list_free(&list);
	}
	buf_free(&text);
	ok(tried > ROUNDS / 50, "enough of the texts can be read");
	printf("# %u of %u\n", tried, ROUNDS);
	is_number(wrong, 0, "what is changed in place is read as it shall be");
	return tap_end();
}
