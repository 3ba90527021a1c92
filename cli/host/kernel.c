// SPDX-License-Identifier: GPL-2.0-or-later
/* The running kernel, and what is installed of its modules. */
#include "host/kernel.h"

#include "base/file.h"
#include "base/process.h"
#include "base/unread.h"

#include <errno.h>

/* Far above any name of a release, and any list of modules. */
#define RELEASE_MAX 4096
#define LIST_MAX (64 << 20)

/* Far more than modprobe says, and than any module takes. */
#define SAID_MAX 4096
#define LOAD_SECONDS 60

char *kernel_release(void)
{
	_cleanup_free_ char *path = root_path("proc/sys/kernel/osrelease");
	struct buf text = {0};

	if (unread_note(path, file_read(path, RELEASE_MAX, &text)) < 0 || !text.len) {
		buf_free(&text);
		return xstrdup("");
	}
	text.data[strcspn(text.data, "\n")] = '\0';
	return text.data;
}

int kernel_each_line(const char *release, const char *list, int (*each)(char *line, void *arg),
		     void *arg)
{
	_cleanup_free_ char *below = xasprintf("lib/modules/%s/%s", release, list);
	_cleanup_free_ char *path = root_path(below);
	struct buf text = {0};
	int rc = unread_note(path, file_read(path, LIST_MAX, &text));
	char *line, *rest = rc ? NULL : text.data;

	while (!rc && (line = strsep(&rest, "\n")))
		rc = each(line, arg);
	buf_free(&text);
	return rc < 0 ? rc : 0;
}

/* The reason that modprobe gave, in one line. */
static void explain_load(const char *module, const struct process_result *result, char **reterr)
{
	_cleanup_free_ char *said = result->err.data ? xstrdup(result->err.data) : NULL;

	if (said)
		said[strcspn(said, "\n")] = '\0';
	if (result->end == PROCESS_TIMED_OUT)
		set_text(reterr, "module '%s' is not loaded after %d seconds", module,
			 LOAD_SECONDS);
	else
		set_text(reterr, "module '%s' cannot be loaded: %s", module,
			 said && *said ? said : "modprobe does not say why");
}

int kernel_load(const char *module, char **reterr)
{
	/* Where the kernel looks for it by default, too. */
	char *argv[] = {(char *)"/sbin/modprobe", (char *)"--", (char *)module, NULL};
	const struct process modprobe = {
		.argv = argv, .err_max = SAID_MAX, .seconds = LOAD_SECONDS};
	struct process_result result;
	int rc;

	/* The host's own kernel is no part of another root. */
	if (!root_is_host()) {
		set_text(reterr, "module '%s' is not loaded", module);
		return -ENOENT;
	}
	rc = process_run(&modprobe, &result);
	if (rc)
		set_text(reterr, "module '%s' is not loaded, and %s cannot be run: %s", module,
			 argv[0], error_text(rc));
	else if (result.end != PROCESS_EXITED || result.status != 0)
		rc = -ENOENT;
	if (rc && !*reterr)
		explain_load(module, &result, reterr);
	process_result_free(&result);
	return rc;
}
