// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs commands in turn, round after round, so that whatever else the machine does hits all alike;
 * every second round in reverse, so that what one leaves in the caches is not always for the same.
 *
 *	times ROUNDS :: [NAME=VALUE]... COMMAND... [:undo COMMAND...] [:: ...]...
 *
 * prints a line for each: the medians of wall time and of processor time in microseconds, and the
 * most memory in KiB. What stands behind ":undo" restores what the command has changed: it runs
 * after the command each time, and is not measured. What a command prints is thrown away; one that
 * fails ends it all.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 16
#define ROUNDS_MAX 1000

struct measured {
	char **argv; /* assignments, then the program */
	char **undo; /* likewise; or NULL */
	double wall[ROUNDS_MAX], processor[ROUNDS_MAX];
	long memory;
};

static struct measured commands[COMMANDS_MAX];

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static double microseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

static _Noreturn void become(char **argv, int null)
{
	for (; strchr(*argv, '='); argv++)
		putenv(*argv);
	if (dup2(null, STDOUT_FILENO) >= 0)
		execv(*argv, argv);
	warn("cannot run %s", *argv);
	_exit(127);
}

static void run(char **argv, int null, struct rusage *ret_usage)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		become(argv, null);
	if (pid < 0 || wait4(pid, &status, 0, ret_usage) < 0)
		err(1, "cannot run %s", *argv);
	if (status != 0)
		errx(1, "%s failed", *argv);
}

static void measure(struct measured *command, int round, int null)
{
	double start = now();
	struct rusage usage;

	run(command->argv, null, &usage);
	command->wall[round] = now() - start;
	command->processor[round] = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
	if (usage.ru_maxrss > command->memory)
		command->memory = usage.ru_maxrss;
	if (command->undo)
		run(command->undo, null, &usage);
}

static int compare(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

static double median(double *values, int n)
{
	qsort(values, (size_t)n, sizeof(*values), compare);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Cuts argv at each "::" and ":undo"; how many commands that makes. */
static int split(char **argv)
{
	int count = 0;

	for (; *argv; argv++) {
		int is_undo = strcmp(*argv, ":undo") == 0;

		if (!is_undo && strcmp(*argv, "::") != 0)
			continue;
		*argv = NULL;
		if (!argv[1] || (is_undo && !count) || (!is_undo && count == COMMANDS_MAX))
			errx(2, "no command, or too many");
		if (is_undo)
			commands[count - 1].undo = argv + 1;
		else
			commands[count++].argv = argv + 1;
	}
	return count;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 0, count = argc > 2 ? split(argv + 2) : 0;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (rounds < 1 || rounds > ROUNDS_MAX || !count)
		errx(2,
		     "usage: times ROUNDS :: [NAME=VALUE]... COMMAND... [:undo COMMAND...] [:: ...]...");
	/* The first round fills the caches. */
	for (int round = -1; round < rounds; round++)
		for (int i = 0; i < count; i++)
			measure(&commands[round % 2 ? count - 1 - i : i], round < 0 ? 0 : round,
				null);
	for (int i = 0; i < count; i++)
		printf("%.0f %.0f %ld\n", median(commands[i].wall, rounds),
		       median(commands[i].processor, rounds), commands[i].memory);
	return 0;
}
