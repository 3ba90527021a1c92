// SPDX-License-Identifier: GPL-2.0-or-later
/* Users and groups: their numbers and their names. */
#include "host/account.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>

struct account {
	char *name;
	uint32_t number;
};

/* How the accounts of one sort are found; each result is good until the next look. */
struct accounts {
	const char *what; /* "user" */
	const char *file; /* of a made root */
	const struct account *(*by_name)(const char *name);
	const struct account *(*by_number)(uint32_t number);
	const struct account *(*next)(FILE *stream);
};

static const struct account *take_user(const struct passwd *entry)
{
	static struct account account;

	if (!entry)
		return NULL;
	account = (struct account){entry->pw_name, entry->pw_uid};
	return &account;
}

static const struct account *take_group(const struct group *entry)
{
	static struct account account;

	if (!entry)
		return NULL;
	account = (struct account){entry->gr_name, entry->gr_gid};
	return &account;
}

static const struct account *user_by_name(const char *name)
{
	return take_user(getpwnam(name));
}

static const struct account *user_by_number(uint32_t number)
{
	return take_user(getpwuid(number));
}

static const struct account *next_user(FILE *stream)
{
	return take_user(fgetpwent(stream));
}

static const struct account *group_by_name(const char *name)
{
	return take_group(getgrnam(name));
}

static const struct account *group_by_number(uint32_t number)
{
	return take_group(getgrgid(number));
}

static const struct account *next_group(FILE *stream)
{
	return take_group(fgetgrent(stream));
}

static const struct accounts users = {"user", "etc/passwd", user_by_name, user_by_number,
				      next_user};
static const struct accounts groups = {"group", "etc/group", group_by_name, group_by_number,
				       next_group};

/*
 * In the file of a made root: by name, or by number where that is NULL. 0 without an account where
 * there is none, or a negative errno.
 */
static int look_in_root(const struct accounts *accounts, const char *name, uint32_t number,
			struct account *ret)
{
	_cleanup_free_ char *path = root_path(accounts->file);
	int fd = file_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0), rc = 0;
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "re");
	const struct account *found;

	if (!stream)
		return fd < 0 ? fd : -errno;
	errno = 0;
	do {
		found = accounts->next(stream);
	} while (found && (name ? strcmp(found->name, name) != 0 : found->number != number));
	if (found)
		*ret = (struct account){xstrdup(found->name), found->number};
	else if (errno && errno != ENOENT)
		rc = -errno;
	(void)fclose(stream);
	return rc;
}

/* The same on the host, where several errnos mean that there is none; see getpwnam(3). */
static int look_on_host(const struct accounts *accounts, const char *name, uint32_t number,
			struct account *ret)
{
	const struct account *found;

	errno = 0;
	found = name ? accounts->by_name(name) : accounts->by_number(number);
	if (found)
		*ret = (struct account){xstrdup(found->name), found->number};
	else if (errno != ENOENT && errno != ESRCH && errno != EBADF && errno != EPERM)
		return -errno;
	return 0;
}

/* ret: without a name where there is none; the caller frees the name. */
static int look(const struct accounts *accounts, const char *name, uint32_t number,
		struct account *ret)
{
	*ret = (struct account){0};
	return root_is_host() ? look_on_host(accounts, name, number, ret) :
				look_in_root(accounts, name, number, ret);
}

/* All ones means "leave it as it is" to chown(2), and is nobody's number. */
static int resolve(const struct accounts *accounts, const char *text, uint32_t *ret, char **reterr)
{
	_cleanup_free_ char *shown = quoted(text), *where = NULL;
	struct account account;
	int rc;

	if (parse_u32(text, ret) == 0 && *ret != UINT32_MAX)
		return 0;
	where = root_is_host() ? xstrdup("") : xasprintf(" in the root's %s", accounts->file);
	rc = look(accounts, text, 0, &account);
	if (rc) {
		set_text(reterr, "%s %s cannot be looked up%s: %s", accounts->what, shown, where,
			 error_text(rc));
		return rc;
	}
	if (!account.name) {
		set_text(reterr, "there is no %s %s%s", accounts->what, shown, where);
		return -EINVAL;
	}
	free(account.name);
	*ret = account.number;
	if (*ret != UINT32_MAX)
		return 0;
	set_text(reterr, "the number of %s %s%s is nobody's, %u", accounts->what, shown, where,
		 *ret);
	return -EINVAL;
}

int account_user(const char *text, uid_t *ret_uid, char **reterr)
{
	return resolve(&users, text, ret_uid, reterr);
}

int account_group(const char *text, gid_t *ret_gid, char **reterr)
{
	return resolve(&groups, text, ret_gid, reterr);
}

static char *name_of(const struct accounts *accounts, uint32_t number)
{
	struct account account;

	if (look(accounts, NULL, number, &account) < 0 || !account.name)
		return xasprintf("%u", number);
	return account.name;
}

char *account_user_name(uid_t uid)
{
	return name_of(&users, uid);
}

char *account_group_name(gid_t gid)
{
	return name_of(&groups, gid);
}
