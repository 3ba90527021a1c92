/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Helpers without any knowledge of mediated devices: memory, growing things, the root folder. */
#ifndef UTIL_H
#define UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* Hands the pointer over and forgets it, so that a cleanup attribute does not free it. */
#define TAKE_PTR(p)                        \
	({                                 \
		__typeof__(p) take_ = (p); \
		(p) = NULL;                \
		take_;                     \
	})

static inline void cleanup_free(void *variable)
{
	void *p;

	/* The variable is a pointer of any type, and not to be looked at as another one. */
	memcpy(&p, variable, sizeof(p));
	free(p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)

/*
 * Allocation that cannot fail: out of memory ends the program with a message and status 1.
 * The caller frees what these return.
 */
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t count, size_t size);
/*
 * Room for one more behind n items of an array (NULL for none), which must have grown by this
 * alone. It doubles each time their number reaches a power of two.
 */
void *xgrow(void *v, size_t n, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);
char *xvasprintf(const char *fmt, va_list args) PRINTF_LIKE(1, 0);

/* Frees *target, then sets it to the formatted text; for messages handed up as reterr. */
void set_text(char **target, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Memory that is given back all at once. Start from a zeroed struct; arena_free() leaves it
 * zeroed again. What the functions return belongs to the arena; it is not cleared.
 */
struct arena {
	struct arena_block *blocks;
};

void *arena_alloc(struct arena *arena, size_t size);
char *arena_strdup(struct arena *arena, const char *s);
void arena_free(struct arena *arena);

/* A growing text; zeroed at the start, always NUL-terminated once something was added. */
struct buf {
	char *data;
	size_t len;
	size_t cap;
};

void buf_add(struct buf *buf, const void *data, size_t len);
/* Room for that much more, and for a NUL. */
void buf_grow(struct buf *buf, size_t len);

/* Makes the text that much longer; the caller fills what this returns. */
static inline __attribute__((returns_nonnull)) char *buf_extend(struct buf *buf, size_t len)
{
	char *added;

	if (!buf->data || buf->cap - buf->len <= len)
		buf_grow(buf, len);
	added = buf->data + buf->len;
	added[len] = '\0';
	buf->len += len;
	return added;
}

/* As buf_addf() with "%s", at a tenth of its cost: for what is added for each of thousands. */
static inline void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_addf(struct buf *buf, const char *fmt, ...) PRINTF_LIKE(2, 3);
/*
 * Text from elsewhere: the bytes of a character that could steer a terminal or is not seen, and
 * what is not text, become \xNN.
 */
void buf_add_visible(struct buf *buf, const char *text);
void buf_free(struct buf *buf);

/* A growing list of strings that belong to it. Zeroed at the start. */
struct strlist {
	char **v;
	size_t n;
};

void strlist_add(struct strlist *list, const char *s);
void strlist_sort(struct strlist *list);
/* Sorts it, and leaves each string once. */
void strlist_sort_unique(struct strlist *list);
/* The list's own copy of s, NULL when it has none; the list is sorted. */
const char *strlist_find(const struct strlist *list, const char *s);
/* The first max strings joined by ", " and how many more there are; the caller frees it. */
char *strlist_join(const struct strlist *list, size_t max);
void strlist_free(struct strlist *list);

/*
 * The text in single quotes for a message, and cut: after QUOTED_MAX bytes, between two characters,
 * come "..." and how long it is, as in "'aaaa...' (1048576 bytes)". The caller frees it.
 */
#define QUOTED_MAX 128
char *quoted(const char *text);

/* The folder below which everything is looked up; "" for the running system. Set once by main. */
void root_set(const char *dir);
bool root_is_host(void);
const char *root_get(void);
/* root + "/" + path; the caller frees it. */
char *root_path(const char *path);

/* Milliseconds that always go forward, from some beginning. */
int64_t clock_ms(void);

/*
 * What an errno is called, rc being a negative one. The kernel has some that no program should ever
 * see, which drivers let through all the same: those have no text in the C library, and are called
 * by their names, such as "EPROBE_DEFER".
 */
const char *error_text(int rc);

/* " (only root may)" where that is why rc, a negative errno, was the answer; else "". */
const char *root_hint(int rc);

#endif
