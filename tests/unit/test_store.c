// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Definitions on a disk that is full or unreliable, with reads that are short, and while another
 * process keeps the lock. This program plays all of these:
 * link-flags: -Wl,--wrap=file_replace -Wl,--wrap=lock_wait -Wl,--wrap=read
 */
#include "store/change.h"
#include "store/store.h"
#include "tap.h"

#include <errno.h>
#include <sys/stat.h>

#define UUID "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

static char top[] = "/tmp/mdev-test-XXXXXX";
static int replace_result, lock_result, locks;
static size_t read_max = SIZE_MAX;

ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __real_read(int fd, void *buffer, size_t size);

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
	return __real_read(fd, buffer, size < read_max ? size : read_max);
}

struct disk_change __wrap_file_replace(int tmp_dirfd, int dirfd, const char *name, const char *data,
				       size_t len);
struct disk_change __real_file_replace(int tmp_dirfd, int dirfd, const char *name, const char *data,
				       size_t len);
int __wrap_lock_wait(int fd, unsigned int seconds);

struct disk_change __wrap_file_replace(int tmp_dirfd, int dirfd, const char *name, const char *data,
				       size_t len)
{
	ok(locks > 0, "the folder is locked when a file is replaced");
	return replace_result ? disk_change_of(replace_result) :
				__real_file_replace(tmp_dirfd, dirfd, name, data, len);
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

	is_number(store_add(&def, file, &path, &error).rc, rc, reason);
	ok(rc ? error && strstr(error, reason) && !path : path && !error, "a path or a reason");
	if (rc && error && !strstr(error, reason))
		printf("# is: %s\n", error);
}

/* The first definition that is on disk. */
static void remove_first(int rc, const char *reason)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};
	struct removal removal = {.def = NULL};

	store_load(&list, &problems);
	if (ok(list.n > 0, "there is one to remove")) {
		removal.def = list.v[0];
		store_remove(&removal, 1);
		is_number(removal.result.rc, rc, reason);
	}
	ok(rc ? removal.error && strstr(removal.error, reason) : !removal.error,
	   "the reason is said");
	free(removal.error);
	problem_list_free(&problems);
	definition_list_free(&list);
}

/* A definition is removed by another process before this one gets to it. */
static void test_vanished(void)
{
	struct definition def = definition(UUID ":9");
	_cleanup_free_ char *file = xasprintf("%s/etc/mdev.d/gone.conf", top);
	struct removal removal = {.def = &def};

	def.file = file;
	def.line = 1;
	store_remove(&removal, 1);
	is_number(removal.result.rc, -ENOENT, "what is not there any more");
	ok(strstr(removal.error, "any more") != NULL, "is said");
	free(removal.error);
}

/* A file system may return fewer bytes than asked for before the end of the file. */
static void test_short_reads(void)
{
	static const size_t sizes[] = {1, 134, SIZE_MAX};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_free_ char *identity = xasprintf(UUID ":%zu", 20 + i);

		read_max = sizes[i];
		add(identity, "farm", 0, "a section of a file that comes in pieces");
		count(4 + i, "and all others stay");
	}
}

/* Removes two definitions at once, the first two of the file. */
static void remove_two(const char *name, int rc, const char *what)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};
	struct removal removals[2] = {0};
	size_t found = 0;

	store_load(&list, &problems);
	for (size_t i = 0; i < list.n && found < 2; i++)
		if (strstr(list.v[i]->file, name))
			removals[found++].def = list.v[i];
	if (ok(found == 2, "there are two in the file")) {
		store_remove(removals, 2);
		is_number(removals[0].result.rc, rc, what);
		is_number(removals[1].result.rc, rc, "the same of both");
	}
	for (size_t i = 0; i < 2; i++)
		free(removals[i].error);
	problem_list_free(&problems);
	definition_list_free(&list);
}

static void test_remove_together(void)
{
	struct definition first = definition(UUID ":31"), gone = definition(UUID ":33");
	_cleanup_free_ char *file = xasprintf("%s/etc/mdev.d/pair.conf", top);
	struct removal removals[] = {{.def = &gone}, {.def = &first}};

	first.file = gone.file = file;
	first.line = 3;
	gone.line = 12;
	add(UUID ":31", "pair", 0, "one of a pair");
	add(UUID ":32", "pair", 0, "the other one");
	store_remove(removals, 2);
	ok(removals[0].result.rc == -ENOENT && removals[1].result.rc == -ENOENT,
	   "where one is not there any more, none goes");
	ok(strstr(removals[1].error, UUID ":33 is not in ") != NULL, "and it is said which");
	free(removals[0].error);
	free(removals[1].error);
	replace_result = -EIO;
	remove_two("pair", -EIO, "a disk that fails");
	replace_result = 0;
	remove_two("pair", 0, "two of a file");
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

	test_short_reads();
	test_remove_together();
	count(6, "what others said stays");

	replace_result = -ENOSPC;
	add(UUID ":3", NULL, -ENOSPC, "cannot be written: No space left on device");
	add(UUID ":3", "farm", -ENOSPC, "cannot be written: No space left on device");
	count(6, "a full disk leaves what was");
	replace_result = 0;

	lock_result = -ETIMEDOUT;
	add(UUID ":3", NULL, -ETIMEDOUT, "another command keeps it locked");
	remove_first(-ETIMEDOUT, "another command keeps it locked");
	count(6, "a lock that is not to be had leaves what was");
	lock_result = 0;

	remove_first(0, "its own file goes");
	replace_result = -EIO;
	remove_first(-EIO, "cannot be written: Input/output error");
	replace_result = 0;
	count(5, "what could not be removed is still there");
	remove_first(0, "a section of a file");
	count(4, "and the others stay");
	test_vanished();

	command = xasprintf("rm -rf '%s'", top);
	ok(system(command) == 0, "cleared away");
	free((char *)root_get());
	return tap_end();
}
