// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevctl's own rule for udev. */
#include "store/mdevctl_rule.h"

#include "base/file.h"
#include "base/text.h"
#include "base/unread.h"
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>

#define NAME "60-mdevctl.rules"

/* As udev(7) has them: of files of one name the first counts. */
static const char *const folders[] = {
	"etc/udev/rules.d",
	"run/udev/rules.d",
	"usr/local/lib/udev/rules.d",
	"usr/lib/udev/rules.d",
};

/* The text of the rule that counts: nothing where a link to /dev/null does. *ret_path is its. */
static int read_rule(struct buf *text, char **ret_path)
{
	int rc = -ENOENT;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && rc == -ENOENT; i++) {
		_cleanup_free_ char *name = xasprintf("%s/" NAME, folders[i]);

		free(*ret_path);
		*ret_path = root_path(name);
		rc = folder_read(AT_FDCWD, *ret_path, FOLDER_FOLLOW, text, NULL);
	}
	return rc;
}

/* The program that is run with these arguments; NULL where it is not named by a whole path. */
static char *program_before(const char *text, const char *arguments)
{
	const char *begin = arguments;

	while (begin > text && !strchr(" \t\n\"'", begin[-1]))
		begin--;
	return *begin == '/' ? xasprintf("%.*s", (int)(arguments - begin) - 1, begin + 1) : NULL;
}

/*
 * That of Debian's package runs /usr/sbin/mdevctl, while the package has the program in /usr/bin:
 * unless somebody made a link, it starts nothing.
 */
static int look_for_program(const char *text, char **ret_path)
{
	const char *arguments = text ? strstr(text, " start-parent-mdevs") : NULL;
	_cleanup_free_ char *program = arguments ? program_before(text, arguments) : NULL;

	if (!arguments)
		return -ENOENT;
	if (!program)
		return 0;
	free(*ret_path);
	*ret_path = root_path(program);
	return file_look(*ret_path);
}

int mdevctl_rule_starts(char **ret_path)
{
	_cleanup_free_ char *path = NULL;
	struct buf text = {0};
	int rc = read_rule(&text, &path);

	if (!rc)
		rc = look_for_program(text.data, &path);
	buf_free(&text);
	if (!rc)
		return 1;
	if (unread_is_absence(rc))
		return 0;
	*ret_path = TAKE_PTR(path);
	return rc;
}
