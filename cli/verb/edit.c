// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev edit: definitions in an editor, checked before they take the place of the old ones. */
#include "base/file.h"
#include "base/msg.h"
#include "base/text.h"
#include "model/find.h"
#include "store/change.h"
#include "store/store.h"
#include "verb/cmd.h"
#include "verb/retext.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct edit_args {
	const char *from;
	bool new;
};

static const struct option_row edit_options[] = {
	{"from", 0, OPTION_TEXT, "FILE", "begin with this text, one kept from before",
	 offsetof(struct edit_args, from)},
	{"new", 0, OPTION_FLAG, NULL, "make the file when there is none of that name",
	 offsetof(struct edit_args, new)},
	{0},
};

/* The file and the copy that is edited. */
struct edit {
	char *source, *target; /* differ for what came with a package */
	struct buf before, after;
	struct buf in_target; /* what is there now; empty for a new file */
	char *folder, *copy;
	bool is_changed;
};

/* The file of a device that is defined, or one named itself. */
static int edit_find(char *word, char **ret_path)
{
	struct inventory inventory = {0};
	_cleanup_free_ char *error = NULL;
	struct device_index index;
	struct definition *const *defs;
	struct identity id;
	size_t count;
	int rc = -EINVAL;

	if (!strchr(word, '/') && !str_ends(word, ".conf")) {
		inventory_load_words(&inventory, NEED_DEFINITIONS | NEED_DEVICES, NULL, 1, &word);
		device_index_make(&index, &inventory.devices, NULL, 1);
		rc = find_identity(&index, word, &id, &error);
		device_index_free(&index);
	}
	if (rc == -EINVAL) {
		rc = store_find_file(word, ret_path, &error);
	} else if (!rc) {
		rc = -ENOENT;
		set_text(&error, "it is not defined");
		defs = definition_index_find(&inventory.by_identity, &id, &count);
		if (count) {
			*ret_path = xstrdup(defs[0]->file);
			rc = 0;
		}
	}
	if (rc == -EINVAL) {
		(void)cmd_usage(&cmd_edit, "%s", error);
	} else if (rc) {
		(void)cmd_report_problems(&inventory);
		output_error(word, code_of(rc), "cannot edit '%s': %s", word, error);
	}
	inventory_free(&inventory);
	return !rc ? DONE : rc == -EINVAL ? USAGE : FAILED;
}

/* Without a word: the one file there is. */
static int edit_find_only(char **ret_path)
{
	struct strlist names = {0};
	_cleanup_free_ char *joined = NULL, *error = NULL;
	int status = DONE, rc = store_own_files(&names, &error);

	joined = strlist_join(&names, 8);
	if (rc) {
		output_fail(code_of(rc), "%s", error);
		status = FAILED;
	} else if (names.n != 1) {
		status = cmd_usage(&cmd_edit, "a UUID or a file is needed%s%s", names.n ? ": " : "",
				   joined);
	} else if (store_find_file(names.v[0], ret_path, &error) < 0) {
		status = cmd_usage(&cmd_edit, "%s", error);
	}
	strlist_free(&names);
	return status;
}

/* Whether a text must be there. */
enum edit_need { EDIT_REQUIRED, EDIT_UNLESS_NEW, EDIT_OPTIONAL };

static int edit_read(const char *path, enum edit_need need, struct buf *text)
{
	_cleanup_free_ char *error = NULL;
	int rc = store_read_text(path, text, &error);

	if (!rc || (rc == -ENOENT && need == EDIT_OPTIONAL))
		return DONE;
	output_fail(code_of(rc), "%s%s", error,
		    rc == -ENOENT && need == EDIT_UNLESS_NEW ? " (--new makes it)" : "");
	return FAILED;
}

static int edit_make_copy(struct edit *edit, const char *name)
{
	const char *tmp = getenv("TMPDIR");
	_cleanup_close_ int fd = -1;
	int rc;

	edit->folder = xasprintf("%s/mdev-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(edit->folder)) {
		output_fail(code_of(-errno), "%s: %s", edit->folder, strerror(errno));
		free(TAKE_PTR(edit->folder));
		return FAILED;
	}
	edit->copy = xasprintf("%s/%s", edit->folder, name);
	fd = open(edit->copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	rc = fd < 0 ? -errno : stream_write(fd, edit->before.data, edit->before.len);
	if (rc)
		output_fail(code_of(rc), "%s: %s", edit->copy, strerror(-rc));
	return rc ? FAILED : DONE;
}

/* As other programs do it: $VISUAL, $EDITOR, else the system's choice; a shell splits its words. */
static _Noreturn void become_editor(const char *copy)
{
	const char *visual = getenv("VISUAL"), *editor = getenv("EDITOR");
	const char *chosen = visual && *visual ? visual : editor && *editor ? editor : NULL;
	_cleanup_free_ char *command =
		chosen ?
			xasprintf("%s \"$1\"", chosen) :
			xstrdup("command -v editor >/dev/null && exec editor \"$1\"; exec vi \"$1\"");

	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	execl("/bin/sh", "sh", "-c", command, "sh", copy, NULL);
	_exit(127);
}

/* 0 when the editor ended well; else FAILED, and said why. */
static int edit_run_editor(const char *copy)
{
	int status = 0;
	pid_t pid;

	/* Keys that interrupt are for the editor. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	/* Where the caller ignores the end of children, nobody would learn how the editor ended. */
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid == 0)
		become_editor(copy);
	if (pid < 0) {
		output_fail(code_of(-errno), "the editor cannot be run: %s", strerror(errno));
		return FAILED;
	}
	while (waitpid(pid, &status, 0) < 0) {
		if (errno == EINTR)
			continue;
		output_fail(code_of(-errno), "the editor cannot be waited for: %s",
			    strerror(errno));
		return FAILED;
	}
	if (status)
		output_fail(CODE_REFUSED, "the editor failed (%s %d)",
			    WIFEXITED(status) ? "status" : "signal",
			    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return status ? FAILED : DONE;
}

static bool same_bytes(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0);
}

static int edit_say_kept(const struct edit *edit)
{
	msg_error("%s is left as it is; the text is kept: mdev edit --from %s %s", edit->target,
		  edit->copy, strrchr(edit->target, '/') + 1);
	return FAILED;
}

static int edit_remove_entry(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st, (void)type, (void)place;
	(void)remove(path);
	return 0;
}

/* With what the editor may have left beside it. */
static void edit_remove_copy(const struct edit *edit)
{
	if (edit->folder)
		(void)nftw(edit->folder, edit_remove_entry, 8, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* It is named by its line in the copy, which can be looked at. */
static void edit_say_problem(const struct edit *edit, const struct problem *problem)
{
	if (problem->line)
		output_fail(CODE_UNREADABLE, "%s:%u: %s", edit->copy, problem->line, problem->what);
	else
		output_fail(CODE_UNREADABLE, "%s: %s", edit->copy, problem->what);
}

static int edit_check(const struct edit *edit)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};
	size_t count;

	store_parse(edit->target, &edit->after, &list, &problems);
	count = problems.n;
	for (size_t i = 0; i < count; i++)
		edit_say_problem(edit, &problems.v[i]);
	problem_list_free(&problems);
	definition_list_free(&list);
	return count ? FAILED : DONE;
}

/* Of what scripts were asked for, a part may have been done. */
static int edit_say_not_taken(const struct edit *edit)
{
	_cleanup_free_ char *error = NULL;
	struct buf now = {0};
	int rc = store_read_text(edit->target, &now, &error);
	bool is_left = rc || same_bytes(&now, &edit->in_target);

	buf_free(&now);
	if (is_left)
		return edit_say_kept(edit);
	msg_error("%s does not say all of it; the text is kept: mdev edit --from %s %s",
		  edit->target, edit->copy, strrchr(edit->target, '/') + 1);
	return FAILED;
}

static int edit_take(struct edit *edit, const struct buf *original)
{
	_cleanup_free_ char *error = NULL;
	struct disk_change change;

	if (same_bytes(&edit->after, original)) {
		msg_info("%s: nothing was changed", edit->target);
		edit_remove_copy(edit);
		return DONE;
	}
	if (edit_check(edit) != DONE)
		return edit_say_kept(edit);
	change = retext_write(
		&(struct retext){edit->target, &edit->in_target, original, &edit->after}, &error);
	if (change.kind != CHANGE_DONE)
		output_fail(cmd_outcome(change, error).code, "%s", error);
	if (change.kind == CHANGE_FAILED)
		return edit_say_not_taken(edit);
	edit->is_changed = true;
	edit_remove_copy(edit);
	return change.kind == CHANGE_DONE ? DONE : FAILED;
}

/* Removes the copy at the end, unless it alone holds what the user wrote. */
static int edit_copy(struct edit *edit, const struct buf *original)
{
	int status = edit_run_editor(edit->copy);

	if (edit_read(edit->copy, EDIT_REQUIRED, &edit->after) != DONE) {
		if (file_look(edit->copy) != -ENOENT)
			return edit_say_kept(edit);
		edit_remove_copy(edit);
		return FAILED;
	}
	if (status == DONE)
		return edit_take(edit, original);
	if (!same_bytes(&edit->after, &edit->before))
		return edit_say_kept(edit);
	msg_error("%s is left as it is", edit->target);
	edit_remove_copy(edit);
	return FAILED;
}

static int edit_file(struct edit *edit, const struct edit_args *args)
{
	enum edit_need need = args->new ? EDIT_OPTIONAL : EDIT_UNLESS_NEW;
	struct buf original = {0};
	int status;

	edit->target = store_own_path(edit->source);
	status = edit_read(edit->source, need, &original);
	if (status == DONE)
		status = edit_read(edit->target, EDIT_OPTIONAL, &edit->in_target);
	if (status == DONE && args->from)
		status = edit_read(args->from, EDIT_REQUIRED, &edit->before);
	else if (status == DONE)
		buf_add(&edit->before, original.data, original.len);
	if (status == DONE)
		status = edit_make_copy(edit, strrchr(edit->target, '/') + 1);
	if (status == DONE)
		status = edit_copy(edit, &original);
	else
		edit_remove_copy(edit);
	buf_free(&original);
	return status;
}

static int edit_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct edit_args *args = p;
	struct edit edit = {.source = NULL};
	int status = word_count ? edit_find(words[0], &edit.source) : edit_find_only(&edit.source);

	(void)globals;
	if (status == DONE)
		status = edit_file(&edit, args);
	if (status == DONE)
		output_word(NULL, &(struct outcome){.is_changed = edit.is_changed});
	free(edit.source);
	free(edit.target);
	free(edit.folder);
	free(edit.copy);
	buf_free(&edit.before);
	buf_free(&edit.after);
	buf_free(&edit.in_target);
	return status;
}

const struct command cmd_edit = {
	.name = "edit",
	.summary = "Edit definitions, and check them before they are taken",
	.synopsis = "[OPTION]... [UUID[:INSTANCE]|FILE]",
	.details =
		"The editor is $VISUAL, $EDITOR or the system's. A text with an error does not\n"
		"take the place of the file, but is kept for another try. A file that came with\n"
		"a package is copied to /etc/mdev.d first. Without an argument the only file in\n"
		"/etc/mdev.d is edited. With --new one that is not there is made.",
	.words = WORDS_DEFINED_OR_FILE,
	.min_words = 0,
	.max_words = 1,
	.options = edit_options,
	.args_size = sizeof(struct edit_args),
	.run = edit_run,
};
