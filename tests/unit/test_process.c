// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that are run: what they get, what is kept of what they say, how they end. */
#include "base/process.h"
#include "base/text.h"
#include "root.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

/* Runs a shell's script with that input. */
static struct process_result run_shell(const char *script, const char *input)
{
	char *const argv[] = {"/bin/sh", "-c", (char *)script, NULL};
	const struct process process = {
		.argv = argv, .input = input, .out_max = 1 << 20, .err_max = 100, .seconds = 20};
	struct process_result result;

	is_number(process_run(&process, &result), 0, script);
	return result;
}

static void test_exchange(void)
{
	struct process_result result = run_shell("cat; echo bad >&2; exit 3", "text\n");

	is_number(result.end, PROCESS_EXITED, "it ended by itself");
	is_number(result.status, 3, "with its status");
	is_text(result.out.data, "text\n", "it got its input, and what it said is kept");
	is_text(result.err.data, "bad\n", "what it complained of, too");
	process_result_free(&result);

	result = run_shell("cat | wc -c", NULL);
	is_text(result.out.data, "0\n", "without an input its stdin is at its end");
	process_result_free(&result);
}

static void test_parent_and_signals(void)
{
	_cleanup_free_ char *parent = xasprintf("%d\n", (int)getpid());
	struct process_result result;
	const char *ignored;
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, NULL);
	signal(SIGPIPE, SIG_IGN);
	result = run_shell("echo $PPID; grep -E 'Sig(Blk|Ign)' /proc/self/status", NULL);
	ok(result.out.data && str_starts(result.out.data, parent), "its parent is this process");
	ok(result.out.data && strstr(result.out.data, "SigBlk:\t0000000000000000"),
	   "no signal is blocked for it");
	ignored = result.out.data ? strstr(result.out.data, "SigIgn:") : NULL;
	ok(ignored && !(strtoull(ignored + strlen("SigIgn:"), NULL, 16) >> (SIGPIPE - 1) & 1),
	   "and SIGPIPE ends it, as if this process did not ignore that");
	sigprocmask(SIG_UNBLOCK, &held, NULL);
	process_result_free(&result);
}

/* More than a pipe holds goes both ways at once; a program that waits for the other would hang. */
static void test_full_pipes(void)
{
	_cleanup_free_ char *input = xcalloc(300001, 1);
	struct process_result result;

	memset(input, 'x', 300000);
	result = run_shell("head -c 200000 /dev/zero | tr '\\0' y; cat", input);
	is_number((long long)result.out.len, 500000, "all of it came through");
	process_result_free(&result);

	result = run_shell("exec <&-; echo done", input);
	is_text(result.out.data, "done\n", "what does not read its input can end well");
	is_number(result.end, PROCESS_EXITED, "so it does");
	process_result_free(&result);
}

static void test_limits(void)
{
	char *const argv[] = {"/bin/sh", "-c", "trap '' TERM; yes; yes >&2", NULL};
	const struct process process = {.argv = argv, .out_max = 10, .err_max = 10, .seconds = 1};
	struct process_result result =
		run_shell("yes | head -c 3000000; yes | head -c 5000 >&2", NULL);

	is_number((long long)result.out.len, 1 << 20, "of a flood the beginning is kept");
	ok(result.is_out_cut, "and it is told that there was more");
	is_number((long long)result.err.len, 100, "of complaints, too");
	process_result_free(&result);

	is_number(process_run(&process, &result), 0, "one that floods and does not end is run");
	is_number(result.end, PROCESS_TIMED_OUT, "it is ended");
	is_number((long long)result.out.len, 10, "and what was kept of it stays");
	process_result_free(&result);
}

/* The pipe stays open in the hands of a grandchild, which outlives the program. */
static void test_left_behind(void)
{
	int64_t before = clock_ms();
	struct process_result result = run_shell("sleep 15 & echo $!", NULL);

	is_number(result.end, PROCESS_EXITED, "one that leaves a child behind has ended");
	ok(clock_ms() - before < 14000, "and the child is not waited for");
	if (result.out.data && atoi(result.out.data) > 0)
		kill(atoi(result.out.data), SIGKILL);
	process_result_free(&result);
}

static void test_killed(void)
{
	struct process_result result;

	/* As it may be left by the program that started this one. */
	signal(SIGCHLD, SIG_IGN);
	result = run_shell("kill -9 $$", NULL);
	is_number(result.end, PROCESS_KILLED, "one that is killed is told from one that ends");
	is_number(result.status, SIGKILL, "with the signal");
	process_result_free(&result);
}

static int run_file(const char *name)
{
	_cleanup_free_ char *path = root_path(name);
	char *const argv[] = {path, NULL};
	const struct process process = {.argv = argv, .seconds = 20};
	struct process_result result;
	int rc = process_run(&process, &result);

	process_result_free(&result);
	return rc;
}

static void make_program(const char *name, const char *text)
{
	_cleanup_free_ char *path = root_path(name);

	make_file(name, text);
	chmod(path, 0755);
}

static void test_none(void)
{
	make_file("plain", "#!/bin/sh\n");
	make_program("no-interpreter", "#!/proc/nowhere/sh\n");
	make_program("text", "exit 0\n");
	is_number(run_file("missing"), -ENOENT, "a program that is not there");
	is_number(run_file("plain"), -EACCES, "one that nobody may execute");
	is_number(run_file("no-interpreter"), -ENOENT, "one without its interpreter");
	is_number(run_file("text"), -ENOEXEC, "text gets no shell");
	is_number(run_file(""), -EACCES, "a folder");
}

/* As a service may start this process: then a pipe's end may be number 0 itself. */
static void test_no_stdin(void)
{
	int kept = fcntl(0, F_DUPFD_CLOEXEC, 10);
	struct process_result result;

	close(0);
	result = run_shell("cat; echo end", "in ");
	is_text(result.out.data, "in end\n", "without a stdin of this process the program has one");
	process_result_free(&result);
	dup2(kept, 0);
	close(kept);
}

static size_t open_files(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int main(void)
{
	size_t before;

	root_begin();
	before = open_files();
	test_exchange();
	test_parent_and_signals();
	test_full_pipes();
	test_limits();
	test_left_behind();
	test_killed();
	test_none();
	test_no_stdin();
	is_number((long long)open_files(), (long long)before, "no file stays open");
	root_end();
	return tap_end();
}
