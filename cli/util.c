// SPDX-License-Identifier: GPL-2.0-or-later
/* Helpers without any knowledge of mediated devices: memory, text, files, the root folder. */
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdalign.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
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

char *xstrdup(const char *s)
{
	char *copy = strdup(s);

	if (!copy)
		out_of_memory();
	return copy;
}

static char *xvasprintf(const char *fmt, va_list args)
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

char *buf_extend(struct buf *buf, size_t len)
{
	char *end;

	if (!buf->data || buf->cap - buf->len <= len) {
		buf->cap = 2 * buf->cap + len + 64;
		buf->data = xrealloc(buf->data, buf->cap, 1);
	}
	end = buf->data + buf->len;
	end[len] = '\0';
	buf->len += len;
	return end;
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

size_t text_control_length(const char *s)
{
	unsigned char c = (unsigned char)*s;

	if ((c && c < 0x20) || c == 0x7f)
		return 1;
	return c == 0xc2 && ((unsigned char)s[1] & 0xe0) == 0x80 ? 2 : 0;
}

void buf_add_visible(struct buf *buf, const char *text)
{
	bool utf8 = text_is_utf8(text, strlen(text));
	size_t hidden = 0;

	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (!hidden)
			hidden = text_control_length(p);
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
	/* The room doubles each time the number reaches a power of two. */
	if ((list->n & (list->n - 1)) == 0)
		list->v = xrealloc(list->v, list->n ? 2 * list->n : 1, sizeof(*list->v));
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

bool str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s), tail = strlen(suffix);

	return len >= tail && strcmp(s + len - tail, suffix) == 0;
}

/* One byte below a blank, above a tilde or of more than seven bits, of eight. */
static bool any_not_ascii(const char *s)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t bytes;

	memcpy(&bytes, s, sizeof(bytes));
	return ((bytes - 0x20 * ones) | (bytes + ones) | bytes) & (0x80 * ones);
}

bool text_is_ascii(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i + 8 <= len; i += 8)
		if (any_not_ascii(s + i))
			return false;
	/* The last eight once more, for those that are left over. */
	if (i < len && len > 8)
		return !any_not_ascii(s + len - 8);
	for (; i < len; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return true;
}

/* Bytes of the UTF-8 character at s (at least one byte is left), 0 when it is none. */
static size_t utf8_char_len(const unsigned char *s, size_t left)
{
	size_t len;

	if (s[0] < 0x80)
		return s[0] ? 1 : 0;
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		len = 4;
	else
		return 0;
	if (left < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

bool text_is_utf8(const char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t step = utf8_char_len((const unsigned char *)s + i, len - i);

		if (!step)
			return false;
		i += step;
	}
	return true;
}

bool text_is_plain(const char *s)
{
	size_t len = strlen(s);

	if (text_is_ascii(s, len))
		return true;
	for (const char *p = s; *p; p++)
		if (text_control_length(p))
			return false;
	return text_is_utf8(s, len);
}

/* Several of them come from joining files. */
size_t text_bom_length(const char *text, size_t len)
{
	static const char bom[] = "\xef\xbb\xbf";
	size_t pos = 0;

	while (len - pos >= strlen(bom) && memcmp(text + pos, bom, strlen(bom)) == 0)
		pos += strlen(bom);
	return pos;
}

bool name_is_safe(const char *s)
{
	bool is_dots = s[0] == '.' && (!s[1] || (s[1] == '.' && !s[2]));

	return *s && !is_dots && strlen(s) <= 255 && !strchr(s, '/') && text_is_plain(s);
}

int parse_u32(const char *s, uint32_t *ret)
{
	uint64_t value = 0;

	if (!*s)
		return -EINVAL;
	for (const char *p = s; *p; p++)
		if (*p < '0' || *p > '9')
			return -EINVAL;
	for (; *s; s++) {
		value = value * 10 + (uint64_t)(*s - '0');
		if (value > UINT32_MAX)
			return -ERANGE;
	}
	*ret = (uint32_t)value;
	return 0;
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

static void on_alarm(int signal)
{
	(void)signal;
}

/* range: NULL for the whole file's lock. */
static int lock_once(int fd, struct flock *range, bool wait)
{
	int rc = range ? fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, range) :
			 flock(fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);

	return rc < 0 ? -errno : 0;
}

static int lock_within(int fd, struct flock *range, unsigned int seconds)
{
	/* The timer repeats, for the first signal could come just before the lock blocks. */
	struct itimerval timer = {.it_interval.tv_usec = 100000, .it_value.tv_sec = seconds};
	struct sigaction action = {.sa_handler = on_alarm}, before;
	int rc = lock_once(fd, range, false);

	if (rc != -EWOULDBLOCK && rc != -EACCES)
		return rc;
	sigaction(SIGALRM, &action, &before);
	setitimer(ITIMER_REAL, &timer, NULL);
	rc = lock_once(fd, range, true);
	if (rc == -EINTR)
		rc = -ETIMEDOUT;
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	sigaction(SIGALRM, &before, NULL);
	return rc;
}

int lock_wait(int fd, unsigned int seconds)
{
	return lock_within(fd, NULL, seconds);
}

int lock_wait_range(int fd, off_t start, off_t len, unsigned int seconds)
{
	struct flock range = {
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len};

	return lock_within(fd, &range, seconds);
}

int stream_write(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int folder_sync(int dirfd)
{
	/* EINVAL: the file system has no such thing as a folder to be synced. */
	return fsync(dirfd) < 0 && errno != EINVAL ? errno : 0;
}

int file_replace(int dirfd, const char *name, const char *data, size_t len)
{
	static const char temporary[] = ".mdev.tmp";
	_cleanup_close_ int fd = -1;
	int rc;

	if (unlinkat(dirfd, temporary, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	rc = stream_write(fd, data, len);
	if (!rc && fchmod(fd, 0644) < 0)
		rc = -errno;
	if (!rc && fsync(fd) < 0)
		rc = -errno;
	if (!rc && renameat(dirfd, temporary, dirfd, name) < 0)
		rc = -errno;
	if (rc) {
		(void)unlinkat(dirfd, temporary, 0);
		return rc;
	}
	return folder_sync(dirfd);
}

int stream_read(int fd, size_t max, struct buf *text)
{
	char part[16384];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			buf_add(text, part, (size_t)n);
		if (text->len > max)
			return -EFBIG;
	}
	return 0;
}

int file_read(const char *path, size_t max, struct buf *text)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd < 0 ? -errno : stream_read(fd, max, text);
}

int64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *root_hint(int rc)
{
	return (rc == -EACCES || rc == -EPERM) && geteuid() != 0 ? " (only root may)" : "";
}

void streams_reserve(void)
{
	/* A folder, which is there on every system, can be neither read nor written. */
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/", O_RDONLY | O_DIRECTORY) != fd)
			_exit(1);
}

int stdout_close(void)
{
	int rc = 0;

	if (fflush(stdout) != 0)
		rc = -errno;
	else if (ferror(stdout))
		rc = -EIO;
	/* Some file systems report a full disk only here. */
	if (close(STDOUT_FILENO) < 0 && !rc && errno != EBADF)
		rc = -errno;
	return rc;
}
