// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Noticing that files are written. What the system says instead of watching one is made up:
 * link-flags: -Wl,--wrap=inotify_add_watch
 */
#include "base/unread.h"
#include "host/file_watch.h"
#include "root.h"
#include "tap.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>

static int add_error, add_count;

int __real_inotify_add_watch(int fd, const char *path, uint32_t mask);
int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask);

int __wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	add_count++;
	if (!add_error)
		return __real_inotify_add_watch(fd, path, mask);
	errno = add_error;
	return -1;
}

static bool is_written(const struct file_watch *watch)
{
	struct pollfd ready = {.fd = watch->fd, .events = POLLIN};

	return poll(&ready, 1, 0) == 1;
}

static void renew(struct file_watch *watch, const char *first, const char *second)
{
	struct strlist paths = {0};

	if (first)
		strlist_add(&paths, first);
	if (second)
		strlist_add(&paths, second);
	file_watch_renew(watch, &paths);
	strlist_free(&paths);
}

static void test_writes(void)
{
	struct file_watch watch = FILE_WATCH_NONE;

	renew(&watch, "card/a", "card/b");
	ok(!is_written(&watch), "nothing was written yet");
	make_file("sys/card/b", "5");
	ok(is_written(&watch), "a write is noticed");
	file_watch_take(&watch);
	ok(!is_written(&watch), "once");
	for (int i = 0; i < 2000; i++)
		make_file(i % 2 ? "sys/card/a" : "sys/card/b", "7");
	file_watch_take(&watch);
	ok(!is_written(&watch), "more than are read at once are taken, too");
	make_file("sys/card/a", "5");
	renew(&watch, "card/b", NULL);
	ok(!is_written(&watch), "what was before the watch is forgotten");
	make_file("sys/card/a", "7");
	ok(!is_written(&watch), "a file that is no longer watched");
	make_file("sys/card/b", "7");
	ok(is_written(&watch), "one that still is");
	file_watch_end(&watch);
	file_watch_end(&watch);
	ok(watch.fd < 0, "it ends once");
}

/* As when the functions of a card are switched off and on. */
static void test_made_anew(void)
{
	_cleanup_free_ char *path = root_path("sys/card/a");
	struct file_watch watch = FILE_WATCH_NONE;

	renew(&watch, "card/a", NULL);
	if (unlink(path) < 0)
		abort();
	make_file("sys/card/a", "0");
	renew(&watch, "card/a", NULL);
	make_file("sys/card/a", "5");
	ok(is_written(&watch), "a file that took the place of another is watched");
	file_watch_end(&watch);
}

static void is_noted(const char *text, const char *what)
{
	struct strlist texts = {0};

	unread_take(&texts);
	is_text(texts.n == 1 ? texts.v[0] : NULL, text, what);
	strlist_free(&texts);
}

static void test_failures(void)
{
	_cleanup_free_ char *path = root_path("sys/card/a"), *text = NULL;
	struct file_watch watch = FILE_WATCH_NONE;

	renew(&watch, NULL, NULL);
	ok(watch.fd < 0, "no file, no watch");
	renew(&watch, "card/gone", "card/b");
	is_number((long long)unread_count(), 0, "a file that went away is none");
	make_file("sys/card/b", "1");
	ok(is_written(&watch), "and the others are watched");

	add_error = EACCES;
	renew(&watch, "card/a", NULL);
	text = xasprintf("%s cannot be watched for what is written to it: Permission denied", path);
	is_noted(text, "a file that cannot be watched is named");

	add_error = ENOSPC;
	add_count = 0;
	renew(&watch, "card/a", "card/b");
	set_text(&text,
		 "%s cannot be watched for what is written to it: No space left on device "
		 "(inotify(7) says what limits there are)",
		 path);
	is_noted(text, "a limit of the host is named");
	is_number(add_count, 1, "no more are tried than there are");
	file_watch_end(&watch);
}

int main(void)
{
	root_begin();
	make_folder("sys/card");
	make_file("sys/card/a", "0");
	make_file("sys/card/b", "0");
	test_writes();
	test_made_anew();
	test_failures();
	root_end();
	return tap_end();
}
