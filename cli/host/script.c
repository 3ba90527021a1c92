// SPDX-License-Identifier: GPL-2.0-or-later
/* Scripts that take part in changes of devices. */
#include "host/script.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>

/* What is kept of what a script says, in bytes: far more than any answer or complaint has. */
#define OUT_MAX (1u << 20)
#define ERR_MAX (64u << 10)

static const char *const folders[] = {"usr/lib/mdevctl/scripts.d", "etc/mdevctl.d/scripts.d"};

static const char *kind_name(enum script_kind kind)
{
	return kind == SCRIPT_CALLOUT ? "callouts" : "notifiers";
}

static void note_error(struct script_list *list, const char *path, int rc)
{
	if (list->rc)
		return;
	list->rc = rc;
	list->error = xasprintf("%s: %s%s", path, strerror(-rc), root_hint(rc));
}

/* Below another root the path leads to the same file as from there. */
static bool is_within_root(const char *path, const struct stat *st)
{
	struct stat outside;

	return root_is_host() || (stat(path, &outside) == 0 && outside.st_dev == st->st_dev &&
				  outside.st_ino == st->st_ino);
}

/* distrust: of its folder, or NULL */
static void add_script(struct script_list *list, char *path, const char *distrust)
{
	struct script *script;
	struct stat st;
	int rc = file_stat(path, &st);
	char *own;

	if (rc && rc != -ENOENT && rc != -ELOOP && rc != -EXDEV)
		note_error(list, path, rc);
	if (rc || !S_ISREG(st.st_mode) || !is_within_root(path, &st)) {
		free(path);
		return;
	}
	own = file_distrust(&st, "it");
	/* What nobody may execute would not be run by anybody, and can wait for its mode. */
	if ((own || distrust) && !(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH))) {
		free(own);
		free(path);
		return;
	}
	list->v = xgrow(list->v, list->n, sizeof(*list->v));
	script = &list->v[list->n++];
	*script = (struct script){.path = path, .distrust = own};
	if (!own && distrust)
		script->distrust = xstrdup(distrust);
}

static int add_name(const char *name, void *arg)
{
	strlist_add(arg, name);
	return 0;
}

static void add_folder(struct script_list *list, const char *path)
{
	_cleanup_close_ int fd = file_open(path, O_RDONLY | O_DIRECTORY, 0);
	_cleanup_free_ char *distrust = NULL;
	struct strlist names = {0};
	struct stat st;
	int rc = fd < 0 ? fd : folder_each(fd, add_name, &names);

	if (!rc && fstat(fd, &st) < 0)
		rc = -errno;
	if (!rc)
		distrust = file_distrust(&st, "its folder");
	else if (rc != -ENOENT && rc != -ENOTDIR)
		note_error(list, path, rc);
	strlist_sort(&names);
	for (size_t i = 0; i < names.n; i++)
		add_script(list, xasprintf("%s/%s", path, names.v[i]), distrust);
	strlist_free(&names);
}

struct script_list *script_list(enum script_kind kind)
{
	static struct script_list lists[SCRIPT_KIND_COUNT];
	static bool is_read[SCRIPT_KIND_COUNT];

	for (size_t i = 0; !is_read[kind] && i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *top = root_path(folders[i]);
		_cleanup_free_ char *path = xasprintf("%s/%s", top, kind_name(kind));

		add_folder(&lists[kind], path);
	}
	is_read[kind] = true;
	return &lists[kind];
}

/* What execve() says of what is no program, or is so no more. */
static bool is_no_program(int rc)
{
	return rc == -ENOENT || rc == -EACCES || rc == -ENOEXEC || rc == -ENOTDIR || rc == -ELOOP;
}

int script_run(struct script *script, const struct script_call *call, struct process_result *ret)
{
	char identity[IDENTITY_TEXT_SIZE];
	const char *const argv[] = {
		script->path,
		"-t",
		call->type,
		"-e",
		script_event_name(call->event),
		"-a",
		script_action_name(call->action),
		"-s",
		script_state_name(call->state),
		"-u",
		identity_format(call->id, identity),
		"-p",
		call->parent,
		NULL,
	};
	const struct process process = {
		.argv = (char *const *)argv,
		.input = call->input,
		.out_max = OUT_MAX,
		.err_max = ERR_MAX,
		.seconds = call->seconds,
	};
	int rc = process_run(&process, ret);

	if (!rc && ret->end == PROCESS_TIMED_OUT)
		script->is_out = true;
	return is_no_program(rc) ? -ENOEXEC : rc;
}
