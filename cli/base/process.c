// SPDX-License-Identifier: GPL-2.0-or-later
/* A program that is run to its end. */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

enum { TO_STDIN, FROM_STDOUT, FROM_STDERR, ENDED, FD_COUNT };

/* A program on its way: our ends of its pipes, and a file that can be read once it has ended. */
struct run {
	const struct process *process;
	struct process_result *result;
	pid_t pid;
	struct pollfd fds[FD_COUNT];
	size_t written; /* of the input */
	int64_t until; /* as of clock_ms() */
};

static void run_close(struct run *run, int which)
{
	cleanup_close(&run->fds[which].fd);
	run->fds[which].fd = -1;
}

/* The pipes; the child's ends go to theirs, in the order of its file numbers 0 to 2. */
static int make_pipes(struct run *run, int theirs[3])
{
	for (int i = 0; i < 3; i++) {
		int ends[2];
		bool is_input = i == TO_STDIN;

		if (pipe2(ends, O_CLOEXEC) < 0)
			return -errno;
		theirs[i] = ends[!is_input];
		run->fds[i].fd = ends[is_input];
		run->fds[i].events = is_input ? POLLOUT : POLLIN;
		if (fcntl(run->fds[i].fd, F_SETFL, O_NONBLOCK) < 0)
			return -errno;
	}
	return 0;
}

/*
 * An end of a pipe may have number 0 to 2 itself, where this process was started without them, and
 * a later dup2() would close it: all are moved out of the way first.
 */
static int move_up(int fds[3])
{
	for (int i = 0; i < 3; i++) {
		int moved = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);

		if (moved < 0)
			return -errno;
		close(fds[i]);
		fds[i] = moved;
	}
	return 0;
}

/* posix_spawn() alone tells the parent why a program could not be executed. */
static int spawn(struct run *run, int theirs[3])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, pipe_only;
	int rc;

	sigemptyset(&none);
	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &pipe_only);
	rc = 0;
	for (int i = 0; i < 3 && !rc; i++)
		rc = posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
	if (!rc)
		rc = posix_spawn(&run->pid, run->process->argv[0], &actions, &attributes,
				 run->process->argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

static int start(struct run *run)
{
	int theirs[3] = {-1, -1, -1};
	int rc = make_pipes(run, theirs);

	if (!rc)
		rc = move_up(theirs);
	if (!rc)
		rc = spawn(run, theirs);
	for (int i = 0; i < 3; i++)
		cleanup_close(&theirs[i]);
	if (rc)
		return rc;
	run->fds[ENDED].fd = pidfd_open(run->pid, 0);
	run->fds[ENDED].events = POLLIN;
	return run->fds[ENDED].fd < 0 ? -errno : 0;
}

/* A program need not read what it is given: that is no failure. */
static void give_input(struct run *run)
{
	const char *input = run->process->input;
	size_t len = input ? strlen(input) : 0;
	ssize_t n = 0;

	while (run->written < len &&
	       (n = write(run->fds[TO_STDIN].fd, input + run->written, len - run->written)) > 0)
		run->written += (size_t)n;
	if (run->written == len || (n < 0 && errno != EAGAIN && errno != EINTR))
		run_close(run, TO_STDIN);
}

/* What is there now, and the rest of it is kept up to a limit; true when that was all. */
static void take_output(struct run *run, int which)
{
	bool is_out = which == FROM_STDOUT;
	struct buf *buf = is_out ? &run->result->out : &run->result->err;
	size_t max = is_out ? run->process->out_max : run->process->err_max;
	char piece[4096];
	ssize_t n;

	while ((n = read(run->fds[which].fd, piece, sizeof(piece))) > 0) {
		size_t room = max - buf->len;
		bool is_cut = (size_t)n > room;

		buf_add(buf, piece, is_cut ? room : (size_t)n);
		if (is_out && is_cut)
			run->result->is_out_cut = true;
		/* One that floods is not to keep this loop from looking at the clock. */
		if (clock_ms() >= run->until)
			return;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		run_close(run, which);
}

/* Looks after the pipes, until the program has ended or the time is up. */
static bool run_until(struct run *run, int64_t until)
{
	run->until = until;
	for (;;) {
		int64_t left = until - clock_ms();

		if (left <= 0)
			return false;
		if (poll(run->fds, FD_COUNT, (int)left) < 0 && errno != EINTR)
			return false;
		if (run->fds[TO_STDIN].revents)
			give_input(run);
		for (int i = FROM_STDOUT; i <= FROM_STDERR; i++)
			if (run->fds[i].revents)
				take_output(run, i);
		if (run->fds[ENDED].revents)
			return true;
	}
}

/* What the program wrote last is still in the pipes; what it left behind may write for ever. */
static void take_rest(struct run *run)
{
	run->until = clock_ms() + 1000;
	for (int i = FROM_STDOUT; i <= FROM_STDERR; i++)
		if (run->fds[i].fd >= 0)
			take_output(run, i);
}

static void take_status(struct run *run)
{
	struct process_result *result = run->result;
	int status = 0;

	while (waitpid(run->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (result->end == PROCESS_TIMED_OUT)
		return;
	result->end = WIFSIGNALED(status) ? PROCESS_KILLED : PROCESS_EXITED;
	result->status = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

/* One that not even SIGKILL ends, since it waits within the kernel, is left to itself. */
static void finish(struct run *run)
{
	static const int ways[] = {SIGTERM, SIGKILL};
	const int64_t seconds = run->process->seconds, grace = PROCESS_GRACE_SECONDS;
	bool is_ended = run_until(run, clock_ms() + seconds * 1000);

	for (size_t i = 0; i < ARRAY_SIZE(ways) && !is_ended; i++) {
		run->result->end = PROCESS_TIMED_OUT;
		run->result->status = ways[i];
		kill(run->pid, ways[i]);
		is_ended = run_until(run, clock_ms() + grace * 1000);
	}
	take_rest(run);
	if (is_ended)
		take_status(run);
}

int process_run(const struct process *process, struct process_result *ret)
{
	struct run run = {.process = process, .result = ret};
	int rc;

	*ret = (struct process_result){0};
	/* Where the caller ignores the end of children, nobody would learn how this one ended. */
	signal(SIGCHLD, SIG_DFL);
	for (int i = 0; i < FD_COUNT; i++)
		run.fds[i].fd = -1;
	rc = start(&run);
	if (!rc) {
		finish(&run);
	} else if (run.pid > 0) {
		/* It runs, but there is no way to wait for its end and for a time. */
		kill(run.pid, SIGKILL);
		take_status(&run);
	}
	for (int i = 0; i < FD_COUNT; i++)
		run_close(&run, i);
	return rc;
}

void process_result_free(struct process_result *result)
{
	buf_free(&result->out);
	buf_free(&result->err);
}
