// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a terminal gets colours. */
#include "out/color.h"

#include "base/util.h"

#define FOLDER "terminal-colors.d"

static bool has(const char *folder, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/" FOLDER "/%s", folder, name);

	return access(path, F_OK) == 0;
}

/* The user's own folder takes the place of the system's, of several files the one for mdev counts.
 */
static bool is_disabled(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	_cleanup_free_ char *own = config && *config ? xstrdup(config) :
						       xasprintf("%s/.config", home ? home : "");
	const char *folder = has(own, "") ? own : "/etc";

	return has(folder, "mdev.disable") ||
	       (has(folder, "disable") && !has(folder, "mdev.enable"));
}

bool color_is_wanted(void)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0 &&
	       !(no_color && *no_color) && !is_disabled();
}
