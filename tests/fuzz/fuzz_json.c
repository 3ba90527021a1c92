// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parses the input as definitions in mdevctl's JSON. What was read can be printed and read again,
 * and is the same then. What a definition file cannot hold is refused with a message.
 */
#include "fuzz.h"
#include "store/mdevctl.h"
#include "store/mdevctl_plain.h"
#include "store/mdevctl_text.h"

#define FILE_NAME "file"

struct import {
	struct definition_list list;
	struct problem_list problems;
};

static void import_text(const char *text, size_t len, const struct mdevctl_place *place,
			struct import *import)
{
	*import = (struct import){0};
	mdevctl_import(FILE_NAME, text, len, place, &import->list, &import->problems);
}

static void import_free(struct import *import)
{
	problem_list_free(&import->problems);
	definition_list_free(&import->list);
}

static void export(const struct definition_list *list, size_t count, bool single, struct buf *text)
{
	_cleanup_free_ char *data = mdevctl_export(list->v, count, single);

	buf_add(text, data, strlen(data));
}

static bool has_same(const struct definition_list *list, const struct definition *def)
{
	for (size_t i = 0; i < list->n; i++)
		if (definition_same(list->v[i], def))
			return true;
	return false;
}

/* The order is kept for each parent. */
static void check_list(const struct definition_list *list)
{
	const struct mdevctl_place nowhere = {.parent = NULL};
	struct buf first = {0}, second = {0};
	struct import again;

	export(list, list->n, false, &first);
	import_text(first.data, first.len, &nowhere, &again);
	promise(again.problems.n == 0, "what was exported can be imported");
	promise(again.list.n == list->n, "nothing is lost");
	for (size_t i = 0; i < list->n; i++)
		promise(has_same(&again.list, list->v[i]), "and it is the same");
	export(&again.list, again.list.n, false, &second);
	promise(strcmp(first.data, second.data) == 0, "and exported to the same text");
	import_free(&again);
	buf_free(&first);
	buf_free(&second);
}

static void check_single(const struct definition_list *list)
{
	const struct mdevctl_place place = {list->v[0]->parent, &list->v[0]->id};
	struct buf text = {0};
	struct import again;

	export(list, 1, true, &text);
	import_text(text.data, text.len, &place, &again);
	promise(again.problems.n == 0 && again.list.n == 1 &&
			definition_same(again.list.v[0], list->v[0]),
		"a single definition comes back");
	import_free(&again);
	buf_free(&text);
}

static void check_format(const struct definition *def)
{
	_cleanup_free_ char *error = NULL;
	struct buf text = {0};

	if (definition_format(def, &text, &error) < 0)
		promise(error && *error && !text.len, "a refusal has its reason");
	else
		promise(text.len && !error, "and what is written has none");
	buf_free(&text);
}

static void check(const char *text, size_t len, const struct mdevctl_place *place)
{
	struct import import;

	import_text(text, len, place, &import);
	promise(import.list.n || import.problems.n || len, "no text is no definitions");
	for (size_t i = 0; i < import.list.n; i++)
		check_format(import.list.v[i]);
	if (import.list.n) {
		check_list(&import.list);
		check_single(&import.list);
	}
	import_free(&import);
}

/* What is read without json-c it reads in the same way, with a key behind the others besides. */
static void check_plain(const char *text, size_t len)
{
	struct definition plain = {0}, def = {0};
	_cleanup_free_ char *more = NULL, *error = NULL;
	struct arena arena = {0};

	if (mdevctl_plain_parse(text, len, &plain, &arena)) {
		const char *end = strrchr(text, '}');

		more = xasprintf("%.*s,\"more\":0%s", (int)(end - text), text, end);
		promise(mdevctl_parse(more, strlen(more), &def, &arena, &error) == 0 &&
				definition_same(&def, &plain),
			"what is plain is the same to json-c");
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mdevctl_place place = {.parent = "0000:01:00.0"};
	_cleanup_free_ char *text = xcalloc(size + 1, 1), *error = NULL;
	struct identity id;

	promise(mdevctl_begin(&error) == 0, "there is json-c");

	/* The NUL behind the text is promised to mdevctl_import(). */
	memcpy(text, data, size);
	identity_parse("83b8f4f2-509f-382f-3c1e-e6bfe0fa1001:3", &id);
	check_plain(text, size);
	check(text, size, &place);
	place.id = &id;
	check(text, size, &place);
	return 0;
}
