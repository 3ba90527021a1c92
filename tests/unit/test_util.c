// SPDX-License-Identifier: GPL-2.0-or-later
/* Text, numbers, the root, files that are replaced whole. */
#include "base/file.h"
#include "tap.h"
#include "base/text.h"
#include "base/text_set.h"
#include "base/util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

static void test_utf8(void)
{
	static const struct {
		const char *text;
		bool valid;
	} cases[] = {
		{"", true},
		{"plain", true},
		{"gr\xc3\xbc\xc3\x9f", true},
		{"\xe2\x82\xac", true},
		{"\xf0\x9f\x98\x80", true},
		{"\xff", false},
		{"\xc3", false},
		{"\xc0\xaf", false},
		{"\xe0\x80\xaf", false},
		{"\xed\xa0\x80", false},
		{"\xf4\x90\x80\x80", false},
		{"\x80", false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *what = xasprintf("UTF-8 case %zu", i);

		is_number(text_is_utf8(cases[i].text, strlen(cases[i].text)), cases[i].valid, what);
	}
	ok(!text_is_utf8("a\0b", 3), "a NUL is no text");
	ok(!text_is_plain("a\x1b[2Jb"), "an escape sequence is not plain");
	ok(!text_is_plain("a\nb"), "a newline is not plain");
}

static void test_names(void)
{
	char longest[257];

	memset(longest, 'a', sizeof(longest) - 1);
	longest[256] = '\0';
	ok(!name_is_safe(longest), "256 bytes are no name");
	ok(name_is_safe(longest + 1), "255 bytes are a name");
	ok(name_is_safe("0000:01:00.0"), "a PCI address is a name");
	ok(!name_is_safe(""), "nothing is no name");
	ok(!name_is_safe("."), ". is no name");
	ok(!name_is_safe(".."), ".. is no name");
	ok(!name_is_safe("a/b"), "a path is no name");
	ok(!name_is_safe("a\xff"), "what is not UTF-8 is no name");
}

static void test_distances(void)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
		{"list", "list", 0}, {"lst", "list", 1}, {"lits", "list", 1}, {"", "list", 4},
		{"list", "", 4},     {"", "", 0},	 {"ilst", "list", 1}, {"show", "stop", 2},
		{"edit", "exit", 1}, {"a", "b", 1},	 {"abcd", "badc", 2},
	};
	char longest[100];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *what = xasprintf("from '%s' to '%s'", cases[i].a, cases[i].b);

		is_number((long)text_distance(cases[i].a, cases[i].b), (long)cases[i].distance,
			  what);
	}
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	ok(text_distance(longest, longest) == 0, "a long text is itself");
	ok(text_distance(longest, longest + 1) > TEXT_DISTANCE_TYPO, "and far from others");
}

static void test_numbers(void)
{
	uint32_t value = 7;

	is_number(parse_u32("0", &value), 0, "zero is a number");
	is_number(value, 0, "and is 0");
	is_number(parse_u32("4294967295", &value), 0, "the largest is a number");
	is_number(value, 4294967295, "and is that");
	is_number(parse_u32("4294967296", &value), -ERANGE, "one more is too large");
	is_number(parse_u32("99999999999999999999999999", &value), -ERANGE,
		  "far more is too large");
	is_number(parse_u32("", &value), -EINVAL, "nothing is no number");
	is_number(parse_u32("-1", &value), -EINVAL, "a sign is no digit");
	is_number(parse_u32(" 1", &value), -EINVAL, "a blank is no digit");
	is_number(parse_u32("0x1", &value), -EINVAL, "hexadecimal is no number here");
	is_number(value, 4294967295, "what fails changes nothing");
}

static void test_root(void)
{
	_cleanup_free_ char *host = root_path("etc/x");
	_cleanup_free_ char *other = NULL;

	is_text(host, "/etc/x", "the running system's root");
	root_set("/some/where///");
	other = root_path("etc/x");
	is_text(other, "/some/where/etc/x", "another root, slashes at its end do not count");
	free((char *)root_get());
	root_set("/");
	ok(root_is_host(), "the root / is the running system");
}

static void test_lists(void)
{
	struct strlist list = {0};
	char *text;

	strlist_add(&list, "c");
	strlist_add(&list, "a");
	strlist_add(&list, "b");
	strlist_sort(&list);
	is_text(strlist_find(&list, "b"), "b", "found in a sorted list");
	is_text(strlist_find(&list, "d"), NULL, "not found what is not there");
	text = strlist_join(&list, 2);
	is_text(text, "a, b and 1 more", "joined, and the rest counted");
	free(text);
	strlist_free(&list);
	text = strlist_join(&list, 2);
	is_text(text, "", "joined from nothing");
	free(text);
}

static void read_back(int folder, const char *name, char *text, size_t size)
{
	int fd = openat(folder, name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	text[n < 0 ? 0 : n] = '\0';
	cleanup_close(&fd);
}

/* The temporary file in another folder, and on another file system than that of the file. */
static void test_replace_by(int fd)
{
	_cleanup_close_ int shm = open("/dev/shm", O_RDONLY | O_DIRECTORY);
	_cleanup_close_ int home = -1;
	char text[64];
	struct stat st;

	ok(mkdirat(fd, "home", 0700) == 0, "a folder for temporary files");
	home = openat(fd, "home", O_RDONLY | O_DIRECTORY);
	is_number(file_replace(home, fd, "a", "four\n", 5).rc, 0, "by way of another folder");
	read_back(fd, "a", text, sizeof(text));
	is_text(text, "four\n", "holds the new text");
	ok(fstatat(home, ".mdev.tmp", &st, 0) < 0, "and nothing temporary is left in the other");
	is_number(file_replace(shm, fd, "a", "five\n", 5).rc, 0, "from another file system");
	read_back(fd, "a", text, sizeof(text));
	is_text(text, "five\n", "holds the new text");
	ok(fstatat(shm, ".mdev.tmp", &st, 0) < 0 && fstatat(fd, ".mdev.tmp", &st, 0) < 0,
	   "and nothing temporary is left in either");
	unlinkat(fd, "home", AT_REMOVEDIR);
}

static void test_file_replace(void)
{
	char dir[] = "/tmp/mdev-test-XXXXXX", text[64];
	struct stat st;
	int fd;

	if (!mkdtemp(dir)) {
		ok(false, "a folder for the test");
		return;
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	is_number(file_replace(fd, fd, "a", "one\n", 4).rc, 0, "a new file");
	read_back(fd, "a", text, sizeof(text));
	is_text(text, "one\n", "holds what was written");
	umask(077);
	is_number(file_replace(fd, fd, "a", "two\n", 4).rc, 0, "the file replaced");
	read_back(fd, "a", text, sizeof(text));
	is_text(text, "two\n", "holds the new text");
	ok(fstatat(fd, "a", &st, 0) == 0 && (st.st_mode & 07777) == 0644,
	   "mode 0644, whatever the umask");

	ok(symlinkat("/etc/passwd", fd, ".mdev.tmp") == 0,
	   "a planted link in place of the temporary");
	is_number(file_replace(fd, fd, "a", "three\n", 6).rc, 0, "is no obstacle");
	ok(fstatat(fd, ".mdev.tmp", &st, AT_SYMLINK_NOFOLLOW) < 0, "and nothing temporary is left");
	ok(mkdirat(fd, "folder", 0755) == 0, "a folder in place of the file");
	is_number(file_replace(fd, fd, "folder", "x", 1).rc, -EISDIR, "is refused");
	ok(fstatat(fd, ".mdev.tmp", &st, AT_SYMLINK_NOFOLLOW) < 0, "and nothing temporary is left");

	unlinkat(fd, "folder", AT_REMOVEDIR);
	test_replace_by(fd);
	unlinkat(fd, "a", 0);
	close(fd);
	rmdir(dir);
}

/*
 * A list of access in the kernel's form, which is little-endian anywhere: a version, and for each
 * entry a tag, its rights and an id. A further user (12345) may read, the group may not.
 */
static const uint8_t acl[] = {
	2,  0, 0, 0, /* the version */
	1,  0, 6, 0, 0xff, 0xff, 0xff, 0xff, /* the owner */
	2,  0, 4, 0, 0x39, 0x30, 0,    0, /* the further user */
	4,  0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* the group */
	16, 0, 4, 0, 0xff, 0xff, 0xff, 0xff, /* the mask */
	32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, /* all others */
};

/* Extended attributes of a file, if the file system has them. */
static bool give_xattrs(const char *path)
{
	bool given = setxattr(path, "user.mdev", "kept", 4, 0) == 0;

	given = setxattr(path, "system.posix_acl_access", &acl, sizeof(acl), 0) == 0 && given;
	if (!given)
		printf("# no extended attributes here: %s\n", strerror(errno));
	return given;
}

static void test_file_access(void)
{
	char dir[] = "/var/tmp/mdev-test-XXXXXX", value[256];
	_cleanup_free_ char *path = NULL;
	bool given;
	struct stat st;
	int fd;

	if (!ok(mkdtemp(dir) != NULL, "a folder for the test"))
		return;
	path = xasprintf("%s/a", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	is_number(file_replace(fd, fd, "a", "one\n", 4).rc, 0, "a new file");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0644, "that everybody may read");
	ok(chmod(path, 0600) == 0, "then its owner alone");
	if (geteuid() == 0)
		ok(chown(path, 12345, 54321) == 0, "another one");
	is_number(file_replace(fd, fd, "a", "two\n", 4).rc, 0, "and it is replaced");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "the mode is kept");
	ok(geteuid() != 0 || (st.st_uid == 12345 && st.st_gid == 54321), "and the owner");

	given = give_xattrs(path);
	is_number(file_replace(fd, fd, "a", "three\n", 6).rc, 0, "a file with extended attributes");
	ok(!given || getxattr(path, "user.mdev", value, sizeof(value)) == 4, "they are kept");
	ok(!given || (getxattr(path, "system.posix_acl_access", value, sizeof(value)) ==
			      sizeof(acl) &&
		      memcmp(value, &acl, sizeof(acl)) == 0),
	   "and so is a list of access");
	ok(!given || setxattr(dir, "system.posix_acl_default", &acl, sizeof(acl), 0) == 0,
	   "a folder that gives such a list to each new file");
	ok((!given || removexattr(path, "system.posix_acl_access") == 0) && chmod(path, 0640) == 0,
	   "but not to this one");
	is_number(file_replace(fd, fd, "a", "four\n", 5).rc, 0, "a file without a list");
	ok(getxattr(path, "system.posix_acl_access", value, sizeof(value)) < 0, "gets none");
	ok(stat(path, &st) == 0 && (st.st_mode & 07777) == 0640, "and keeps its mode");

	unlink(path);
	close(fd);
	rmdir(dir);
}

/* SIGALRM as a caller may leave it: how is what sigaction() and sigprocmask() are given. */
static void wait_with_alarm(int fd, void (*handler)(int), int how, const char *what)
{
	struct sigaction action = {.sa_handler = handler}, before;
	sigset_t set, mask;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigaction(SIGALRM, &action, &before);
	sigprocmask(how, &set, &mask);
	is_number(lock_wait(fd, 1), -ETIMEDOUT, what);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(SIGALRM, &before, NULL);
}

/* A signal that has nothing to do with the wait. */
static void wait_with_signal(int fd)
{
	pid_t child = fork();
	int64_t before = clock_ms();

	if (child == 0) {
		usleep(100000);
		kill(getppid(), SIGALRM);
		_exit(0);
	}
	is_number(lock_wait(fd, 1), -ETIMEDOUT, "a signal of somebody else's");
	ok(clock_ms() - before >= 1000, "does not end the wait");
	waitpid(child, NULL, 0);
}

/* The child holds the lock until it is killed. */
static void test_lock_wait(void)
{
	char path[] = "/tmp/mdev-lock-XXXXXX", byte = 0;
	int fd = mkstemp(path), pipe_fds[2], other;
	pid_t child;

	if (fd < 0 || pipe(pipe_fds) < 0) {
		ok(false, "a file to lock");
		return;
	}
	child = fork();
	if (child == 0) {
		int mine = open(path, O_RDWR);

		if (mine < 0 || flock(mine, LOCK_EX) < 0 || write(pipe_fds[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	ok(read(pipe_fds[0], &byte, 1) == 1, "somebody else has the lock");
	is_number(lock_wait(fd, 1), -ETIMEDOUT, "waiting for it ends");
	wait_with_alarm(fd, SIG_DFL, SIG_BLOCK, "also when SIGALRM is blocked");
	wait_with_alarm(fd, SIG_IGN, SIG_UNBLOCK, "also when SIGALRM is ignored");
	wait_with_signal(fd);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	is_number(lock_wait(fd, 5), 0, "it is free when its holder was killed");
	other = open(path, O_RDWR);
	ok(flock(other, LOCK_EX | LOCK_NB) < 0, "and then it is held here");
	close(other);
	close(fd);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
	unlink(path);
}

static void quote(const char *text, const char *expected)
{
	_cleanup_free_ char *result = quoted(text);

	is_text(result, expected, "quoted for a message");
}

static void test_quoted(void)
{
	char longest[QUOTED_MAX + 1], text[QUOTED_MAX + 8];
	_cleanup_free_ char *whole = NULL, *cut = NULL;

	memset(longest, 'a', QUOTED_MAX);
	longest[QUOTED_MAX] = '\0';
	whole = xasprintf("'%s'", longest);
	quote("", "''");
	quote(longest, whole);
	snprintf(text, sizeof(text), "%sb", longest);
	cut = xasprintf("'%s...' (%d bytes)", longest, QUOTED_MAX + 1);
	quote(text, cut);
	/* A character of two bytes that the cut would split. */
	longest[QUOTED_MAX - 1] = '\0';
	snprintf(text, sizeof(text), "%s\xc3\xa4", longest);
	set_text(&cut, "'%s...' (%d bytes)", longest, QUOTED_MAX + 1);
	quote(text, cut);
}

static void test_error_text(void)
{
	is_text(error_text(-ENODEV), strerror(ENODEV), "an errno of the C library");
	is_text(error_text(-517), "EPROBE_DEFER", "one of the kernel's own");
	is_text(error_text(-524), "ENOTSUPP", "another one");
	is_text(error_text(-9999), "Unknown error 9999", "one that nobody knows");
}

/* Each text once, among more than there is room for at first, and "Aa" and "BB" of one hash. */
static void test_text_set(void)
{
	struct text_set set = {0};
	struct arena arena = {0};
	const char *first[1002];
	bool is_right = true;
	char text[32];

	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1002; i++) {
			const char *kept;

			snprintf(text, sizeof(text), "text %d", i);
			kept = text_set_add(&set, &arena, i < 1000 ? text : i % 2 ? "Aa" : "BB");
			if (!round)
				first[i] = kept;
			is_right &= kept == first[i] && strcmp(kept, i < 1000 ? text :
								     i % 2    ? "Aa" :
										"BB") == 0;
		}
	ok(is_right, "a text is kept once, whatever was added before");
	is_number((long long)set.n, 1002, "two texts of one hash are two");
	text_set_free(&set);
	arena_free(&arena);
}

int main(void)
{
	test_utf8();
	test_names();
	test_distances();
	test_numbers();
	test_root();
	test_lists();
	test_file_replace();
	test_file_access();
	test_lock_wait();
	test_quoted();
	test_error_text();
	test_text_set();
	return tap_end();
}
