/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Users and groups: their numbers and their names.
 *
 * On the host the C library is asked, by whatever nsswitch.conf(5) says. With --root only the files
 * <root>/etc/passwd and <root>/etc/group count, as nothing else of another system can be asked.
 */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <sys/types.h>

/*
 * The number of a user, of a group: the text itself where that is a number, or the account of that
 * name. 0, -EINVAL where there is none, or the negative errno by which it cannot be looked up, with
 * the reason in *reterr.
 */
int account_user(const char *text, uid_t *ret_uid, char **reterr);
int account_group(const char *text, gid_t *ret_gid, char **reterr);

/* The name of that number, or the number as text where none has it; the caller frees it. */
char *account_user_name(uid_t uid);
char *account_group_name(gid_t gid);

#endif
