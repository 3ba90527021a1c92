// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Users and groups by name and number, of the host and of a made root. What the host's C library
 * answers is made up:
 * link-flags: -Wl,--wrap=getpwnam -Wl,--wrap=getpwuid -Wl,--wrap=getgrnam
 */
#include "host/account.h"
#include "root.h"
#include "tap.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

/* The errno of each answer; -1: there is an account. And for what it was asked. */
static int nss_error;
static char asked[64];

struct passwd *__wrap_getpwnam(const char *name);
struct passwd *__wrap_getpwuid(uid_t uid);
struct group *__wrap_getgrnam(const char *name);

static struct passwd *answer_user(void)
{
	static struct passwd user = {.pw_name = "alice", .pw_uid = 4000};

	errno = nss_error < 0 ? 0 : nss_error;
	return nss_error < 0 ? &user : NULL;
}

struct passwd *__wrap_getpwnam(const char *name)
{
	snprintf(asked, sizeof(asked), "%s", name);
	return answer_user();
}

struct passwd *__wrap_getpwuid(uid_t uid)
{
	snprintf(asked, sizeof(asked), "%u", uid);
	return answer_user();
}

struct group *__wrap_getgrnam(const char *name)
{
	static struct group group = {.gr_name = "team", .gr_gid = 78};

	snprintf(asked, sizeof(asked), "%s", name);
	errno = nss_error < 0 ? 0 : nss_error;
	return nss_error < 0 ? &group : NULL;
}

/* The user's number, or the negative errno; the reason has to be the one given, if any is. */
static long long user(const char *text, const char *reason)
{
	_cleanup_free_ char *error = NULL;
	uid_t uid = 12345;
	int rc;

	asked[0] = '\0';
	rc = account_user(text, &uid, &error);
	if (reason)
		is_text(error, reason, "and why is said");
	return rc ? rc : (long long)uid;
}

static void test_numbers(void)
{
	nss_error = 0;
	is_number(user("0", NULL), 0, "root by number");
	is_number(user("4294967294", NULL), 4294967294LL, "the highest number");
	is_text(asked, "", "a number is not looked up");
	is_number(user("4294967295", "there is no user '4294967295'"), -EINVAL,
		  "all ones would change nothing, so it is no number");
	is_number(user("4294967296", "there is no user '4294967296'"), -EINVAL,
		  "a number that is too high does not begin anew at 0");
	is_number(user("18446744073709551616", NULL), -EINVAL, "nor one of more than 64 bits");
	is_number(user("-1", "there is no user '-1'"), -EINVAL, "a sign");
	is_text(asked, "-1", "it is looked up as a name");
	is_number(user("+5", NULL), -EINVAL, "the other sign");
	is_number(user("0x10", NULL), -EINVAL, "another base");
	is_number(user("5 ", NULL), -EINVAL, "a blank");
	is_number(user("", NULL), -EINVAL, "an empty text");
	nss_error = -1;
	is_number(user("4294967295", NULL), 4000, "a name of digits alone that is no number");
}

static void test_host(void)
{
	static const int none[] = {0, ENOENT, ESRCH, EBADF, EPERM};
	static const int failed[] = {EIO, EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN, ETIMEDOUT};
	_cleanup_free_ char *name = NULL, *number = NULL, *error = NULL;
	gid_t gid;

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		nss_error = none[i];
		is_number(user("bob", "there is no user 'bob'"), -EINVAL,
			  "an errno by which the library says that there is none");
	}
	for (size_t i = 0; i < ARRAY_SIZE(failed); i++) {
		_cleanup_free_ char *reason =
			xasprintf("user 'bob' cannot be looked up: %s", error_text(-failed[i]));

		nss_error = failed[i];
		is_number(user("bob", reason), -failed[i], "one by which it could not find out");
	}
	number = account_user_name(7);
	is_text(number, "7", "the number where its name cannot be looked up");
	nss_error = -1;
	is_number(user("alice", NULL), 4000, "an account");
	name = account_user_name(4000);
	is_text(name, "alice", "its name");
	is_number(account_group("team", &gid, &error), 0, "a group");
	is_number(gid, 78, "its number");
}

static void make_long_file(void)
{
	struct buf text = {0};

	for (int i = 0; i < 3000; i++)
		buf_addf(&text, "user%04d-%04d,", i, i);
	buf_addf(
		&text,
		":x:9:9::/:/bin/sh\n\n:::\nno colon\nover:x:99999999999:1::/:/bin/sh\n"
		"1000:x:5:5::/:/bin/sh\nall:x:4294967295:1::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
		"alice:x:4000:1::/:/bin/sh\nalice:x:4001:1::/:/bin/sh\n");
	make_file("etc/passwd", text.data);
	buf_free(&text);
}

static void test_root(void)
{
	_cleanup_free_ char *name = NULL, *none = NULL, *longest = xcalloc(1, 100001);

	make_folder("etc");
	nss_error = -1;
	is_number(user("alice",
		       "user 'alice' cannot be looked up in the root's etc/passwd: No such file or "
		       "directory"),
		  -ENOENT, "a root without accounts");
	make_long_file();
	is_number(user("alice", NULL), 4000, "the first of that name, behind what is none");
	is_text(asked, "", "the host is not asked");
	is_number(user("nobody", NULL), 65534, "nobody is an account");
	is_number(user("1000", NULL), 1000, "a number is that, though somebody is called so");
	is_number(user("bob", "there is no user 'bob' in the root's etc/passwd"), -EINVAL,
		  "no such account");
	is_number(user("over", NULL), -EINVAL, "one whose number is none");
	is_number(user("all",
		       "the number of user 'all' in the root's etc/passwd is nobody's, 4294967295"),
		  -EINVAL, "one whose number would change nothing");
	memset(longest, 'x', 100000);
	is_number(user(longest, NULL), -EINVAL, "a name of 100,000 letters");
	name = account_user_name(65534);
	is_text(name, "nobody", "the name of a number");
	none = account_user_name(77);
	is_text(none, "77", "a number that nobody has");
}

int main(void)
{
	test_numbers();
	test_host();
	root_begin();
	test_root();
	root_end();
	return tap_end();
}
