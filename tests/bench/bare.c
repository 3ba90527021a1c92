// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints how long one run of a program took, its output thrown away. Runs in the guest, whose clock
 * counts instructions.
 *
 *	bare run PROGRAM ARGUMENT...
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static void throw_output_away(void)
{
	int fd = open("/dev/null", O_WRONLY);

	if (fd < 0 || dup2(fd, 1) < 0)
		err(1, "cannot open /dev/null");
}

static void run(char **argv)
{
	uint64_t start = now();
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		throw_output_away();
		execvp(argv[0], argv);
		err(127, "cannot run %s", argv[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		errx(1, "%s failed", argv[0]);
	printf("%llu\n", (unsigned long long)(now() - start));
}

int main(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "run"))
		errx(2, "usage: bare run PROGRAM ARGUMENT...");
	run(argv + 2);
	return 0;
}
