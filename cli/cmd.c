// SPDX-License-Identifier: GPL-2.0-or-later
/* What verbs share. */
#include "cmd.h"

#include "msg.h"

#include <errno.h>

int cmd_usage(const struct command *command, const char *fmt, ...)
{
	struct buf text = {0};
	va_list args;
	char *what;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		what = NULL;
	va_end(args);
	buf_addf(&text, "%s; try 'mdev%s%s --help'", what ? what : "wrong usage",
		 command ? " " : "", command ? command->name : "");
	msg_error("%s", text.data);
	buf_free(&text);
	free(what);
	return USAGE;
}

int cmd_report_problems(const struct inventory *inventory)
{
	const struct strlist *texts = &inventory->problems.texts;

	for (size_t i = 0; i < texts->n; i++)
		msg_error("%s", texts->v[i]);
	return texts->n ? FAILED : DONE;
}

int cmd_parent(const struct command *command, struct inventory *inventory, const char *text,
	       const char **ret_name)
{
	_cleanup_free_ char *error = NULL;
	int rc;

	*ret_name = NULL;
	if (!text)
		return DONE;
	rc = parent_resolve(&inventory->parents, text, ret_name, &error);
	if (rc == -EINVAL)
		return cmd_usage(command, "%s", error);
	if (rc) {
		msg_error("%s", error);
		return FAILED;
	}
	return DONE;
}
