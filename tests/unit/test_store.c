// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Definitions on disk when the disk is full or somebody keeps the lock. The two ways to fail are
 * made here: link-flags: -Wl,--wrap=file_replace -Wl,--wrap=lock_wait
 */
#include "store/store.h"
#include "tap.h"

#include <errno.h>
#include <sys/stat.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static char top[] = "/tmp/mdev-test-XXXXXX";
static int replace_result, lock_result, locks;

int __wrap_file_replace(int dirfd, const char *name, const char *data, size_t len);
int __real_file_replace(int dirfd, const char *name, const char *data, size_t len);
int __wrap_lock_wait(int fd, unsigned int seconds);

int __wrap_file_replace(int dirfd, const char *name, const char *data, size_t len)
{
	ok(locks > 0, "the folder is locked when a file is replaced");
	return replace_result ? replace_result : __real_file_replace(dirfd, name, data, len);
}

int __wrap_lock_wait(int fd, unsigned int seconds)
{
	(void)fd;
	ok(seconds > 0 && seconds <= 60, "waiting for the lock has a bound");
	locks++;
	return lock_result;
}

static struct definition definition(const char *identity)
{
	struct definition def = {.parent = "p", .type = "t"};

	identity_parse(identity, &def.id);
	return def;
}

/* How many definitions can be read, and that nothing is wrong with them. */
static void count(size_t expected, const char *what)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};

	store_load(&list, &problems);
	is_number((long long)list.n, (long long)expected, what);
	is_number((long long)problems.n, 0, "and nothing is wrong with them");
	problem_list_free(&problems);
	definition_list_free(&list);
}

static void add(const char *identity, const char *file, int rc, const char *reason)
{
	_cleanup_free_ char *path = NULL, *error = NULL;
	struct definition def = definition(identity);

	is_number(store_add(&def, file, &path, &error), rc, reason);
	ok(rc ? error && strstr(error, reason) && !path : path && !error, "a path or a reason");
	if (rc && error && !strstr(error, reason))
		printf("# is: %s\n", error);
}

/* The first definition that is on disk. */
static void remove_first(int rc, const char *reason)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};
	_cleanup_free_ char *error = NULL;

	store_load(&list, &problems);
	if (ok(list.n > 0, "there is one to remove"))
		is_number(store_remove(list.v[0], &error), rc, reason);
	ok(rc ? error && strstr(error, reason) : !error, "the reason is said");
	problem_list_free(&problems);
	definition_list_free(&list);
}

/* Something that is written down is removed again before this gets to it. */
static void test_vanished(void)
{
	struct definition def = definition(UUID ":9");
	_cleanup_free_ char *file = xasprintf("%s/etc/mdev.d/gone.conf", top), *error = NULL;

	def.file = file;
	def.line = 1;
	is_number(store_remove(&def, &error), -ENOENT, "what is not there any more");
	ok(strstr(error, "any more") != NULL, "is said");
}

int main(void)
{
	_cleanup_free_ char *etc = NULL, *command = NULL;

	if (!mkdtemp(top))
		return 1;
	etc = xasprintf("%s/etc", top);
	mkdir(etc, 0755);
	root_set(top);
	count(0, "no folder at all");
	add(UUID, NULL, 0, "the folder and the file are made");
	add(UUID ":1", "farm", 0, "a file of another name");
	add(UUID ":2", "farm", 0, "and once more");
	count(3, "three are read");
	add(UUID, NULL, -EEXIST, "it is already defined in");

	replace_result = -ENOSPC;
	add(UUID ":3", NULL, -ENOSPC, "cannot be written: No space left on device");
	add(UUID ":3", "farm", -ENOSPC, "cannot be written: No space left on device");
	count(3, "a full disk leaves what was");
	replace_result = 0;

	lock_result = -ETIMEDOUT;
	add(UUID ":3", NULL, -ETIMEDOUT, "another command keeps it locked");
	remove_first(-ETIMEDOUT, "another command keeps it locked");
	count(3, "a lock that is not to be had leaves what was");
	lock_result = 0;

	remove_first(0, "its own file goes");
	replace_result = -EIO;
	remove_first(-EIO, "cannot be written: Input/output error");
	replace_result = 0;
	count(2, "what could not be removed is still there");
	remove_first(0, "a section of a file");
	count(1, "and the other one stays");
	test_vanished();

	command = xasprintf("rm -rf '%s'", top);
	ok(system(command) == 0, "cleared away");
	free((char *)root_get());
	return tap_end();
}
