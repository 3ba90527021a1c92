// SPDX-License-Identifier: GPL-2.0-or-later
/* Helpers without any knowledge of mediated devices: memory, growing things, the root folder. */
#include "base/util.h"

#include "base/text.h"

#include <errno.h>
#include <stdalign.h>
#include <time.h>

static char *root = "";

static _Noreturn void out_of_memory(void)
{
	fputs("mdev: out of memory\n", stderr);
	_exit(1);
}

void *xcalloc(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t count, size_t size)
{
	p = reallocarray(p, count, size);
	if (!p)
		out_of_memory();
	return p;
}

void *xgrow(void *v, size_t n, size_t size)
{
	return n & (n - 1) ? v : xrealloc(v, n ? 2 * n : 1, size);
}

char *xstrdup(const char *s)
{
	char *copy = strdup(s);

	if (!copy)
		out_of_memory();
	return copy;
}

char *xvasprintf(const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) < 0)
		out_of_memory();
	return text;
}

char *xasprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	return text;
}

void set_text(char **target, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	free(*target);
	*target = text;
}

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	void *p;

	if (!block || block->size - block->used < need) {
		size_t room = need > 32768 ? need : 32768;

		block = xrealloc(NULL, 1, sizeof(*block) + room);
		block->used = 0;
		block->size = room;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	p = block->data + block->used;
	block->used += need;
	return p;
}

char *arena_strdup(struct arena *arena, const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(arena_alloc(arena, size), s, size);
}

void arena_free(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
	arena->blocks = NULL;
}

void buf_grow(struct buf *buf, size_t len)
{
	buf->cap = 2 * buf->cap + len + 64;
	buf->data = xrealloc(buf->data, buf->cap, 1);
}

void buf_add(struct buf *buf, const void *data, size_t len)
{
	char *end = buf_extend(buf, len);

	if (len)
		memcpy(end, data, len);
}

void buf_addf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	buf_add(buf, text, strlen(text));
	free(text);
}

void buf_add_visible(struct buf *buf, const char *text)
{
	size_t len = strlen(text), hidden = 0;
	uint32_t number;
	bool utf8;

	/* Nearly all are, and a line for each of thousands is found to be so at once. */
	if (text_is_ascii(text, len)) {
		buf_add(buf, text, len);
		return;
	}
	utf8 = text_is_utf8(text, len);

	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (!hidden)
			hidden = utf8 ? text_unseen_length(p, &number) : text_control_length(p);
		if (hidden || (c >= 0x80 && !utf8))
			buf_addf(buf, "\\x%02x", c);
		else
			buf_add(buf, p, 1);
		hidden -= hidden != 0;
	}
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}

/* gcc's analyzer loses sight of what a list holds. */
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wanalyzer-malloc-leak"
#endif
void strlist_add(struct strlist *list, const char *s)
{
	list->v = xgrow(list->v, list->n, sizeof(*list->v));
	list->v[list->n++] = xstrdup(s);
}
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strlist_sort(struct strlist *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), compare_strings);
}

void strlist_sort_unique(struct strlist *list)
{
	size_t kept = 0;

	strlist_sort(list);
	for (size_t i = 0; i < list->n; i++) {
		if (kept && strcmp(list->v[kept - 1], list->v[i]) == 0)
			free(list->v[i]);
		else
			list->v[kept++] = list->v[i];
	}
	list->n = kept;
}

const char *strlist_find(const struct strlist *list, const char *s)
{
	char **found = NULL;

	if (list->n)
		found = bsearch(&s, list->v, list->n, sizeof(*list->v), compare_strings);
	return found ? *found : NULL;
}

char *strlist_join(const struct strlist *list, size_t max)
{
	struct buf text = {0};

	for (size_t i = 0; i < list->n && i < max; i++)
		buf_addf(&text, "%s%s", i ? ", " : "", list->v[i]);
	if (list->n > max)
		buf_addf(&text, " and %zu more", list->n - max);
	return text.data ? text.data : xstrdup("");
}

void strlist_free(struct strlist *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	*list = (struct strlist){0};
}

char *quoted(const char *text)
{
	size_t len = strlen(text);

	if (len <= QUOTED_MAX)
		return xasprintf("'%s'", text);
	return xasprintf("'%.*s...' (%zu bytes)", (int)text_cut(text, QUOTED_MAX), text, len);
}

void root_set(const char *dir)
{
	size_t len = strlen(dir);

	while (len && dir[len - 1] == '/')
		len--;
	root = len ? xasprintf("%.*s", (int)len, dir) : "";
}

bool root_is_host(void)
{
	return !*root;
}

const char *root_get(void)
{
	return root;
}

char *root_path(const char *path)
{
	return xasprintf("%s/%s", root, path);
}

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *error_text(int rc)
{
	static const struct {
		int rc;
		const char *name;
	} of_kernel[] = {
		{-512, "ERESTARTSYS"}, {-515, "ENOIOCTLCMD"}, {-517, "EPROBE_DEFER"},
		{-524, "ENOTSUPP"},    {-525, "ETOOSMALL"},   {-527, "EBADTYPE"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(of_kernel); i++)
		if (of_kernel[i].rc == rc)
			return of_kernel[i].name;
	return strerror(-rc);
}

const char *root_hint(int rc)
{
	return (rc == -EACCES || rc == -EPERM) && geteuid() != 0 ? " (only root may)" : "";
}
