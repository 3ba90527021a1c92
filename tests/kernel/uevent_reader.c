// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * uevent_reader: reads files of an instance as soon as its "add" uevent comes
 *
 * Makes COUNT instances, one after another. When the kernel sends the uevent, it
 * reads the named files and links in the folder of the device, and removes the
 * instance. Prints how many uevents came and how many files were missing.
 */

#include <err.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* By then the event will not come any more, on however busy a machine. */
#define EVENT_TIMEOUT_MS 300000

/* The kernel's own limit for the variables, and room for the line before */
#define EVENT_SIZE (2048 + 512)

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "write of %s to %s", text, path);
	close(fd);
}

/* Makes the next instance for each byte from the pipe */
static void make(const char *create, unsigned int count, int go)
{
	char text[40], byte;
	unsigned int i;

	for (i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "5f0c3b1e-8a45-4c1d-9d5b-%012x", i);
		if (read(go, &byte, 1) != 1)
			errx(1, "the reader is gone");
		write_file(create, text);
	}
}

static int listen_to_kernel(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "socket for events");
	return fd;
}

static bool has_line(const char *event, size_t len, const char *line)
{
	const char *at;

	for (at = event; at < event + len; at += strlen(at) + 1)
		if (!strcmp(at, line))
			return true;
	return false;
}

/* Waits for an instance's "add", whose first line is "add@" and the path below /sys */
static void next_added(int events, char *event, size_t size)
{
	struct pollfd pfd = { .fd = events, .events = POLLIN };
	ssize_t len;

	do {
		if (poll(&pfd, 1, EVENT_TIMEOUT_MS) != 1)
			errx(1, "no event");
		len = recv(events, event, size - 1, 0);
		if (len < 0)
			err(1, "events");
		event[len] = '\0';
	} while (strncmp(event, "add@", 4) || !has_line(event, len, "SUBSYSTEM=mdev"));
}

static bool is_there(const char *path)
{
	char buf[4096];
	struct stat st;
	ssize_t len;
	int fd;

	if (stat(path, &st))
		return false;
	if (S_ISDIR(st.st_mode))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, buf, sizeof(buf));
	close(fd);
	return len > 0;
}

/* Whether a file, or the target of a link, in the device's folder can be read */
static unsigned int count_missing(char **names)
{
	unsigned int missing = 0;

	for (; *names; names++) {
		if (is_there(*names))
			continue;
		warn("%s", *names);
		missing++;
	}
	return missing;
}

static unsigned int look_and_remove(const char *event, char **names)
{
	char folder[EVENT_SIZE + sizeof("/sys")];
	unsigned int missing;

	snprintf(folder, sizeof(folder), "/sys%s", event + strlen("add@"));
	if (chdir(folder))
		err(1, "%s", folder);
	missing = count_missing(names);
	write_file("remove", "1");
	return missing;
}

int main(int argc, char **argv)
{
	unsigned int count, i, missing = 0;
	char event[EVENT_SIZE];
	int events, go[2], status;
	pid_t maker;

	if (argc < 4)
		errx(2, "usage: uevent_reader CREATE COUNT NAME...");
	count = strtoul(argv[2], NULL, 10);
	events = listen_to_kernel();
	if (pipe2(go, O_CLOEXEC))
		err(1, "pipe");
	maker = fork();
	if (maker < 0)
		err(1, "fork");
	if (!maker) {
		close(go[1]);
		make(argv[1], count, go[0]);
		_exit(0);
	}
	for (i = 0; i < count; i++) {
		if (write(go[1], "", 1) != 1)
			err(1, "pipe");
		next_added(events, event, sizeof(event));
		missing += look_and_remove(event, argv + 3);
	}
	if (waitpid(maker, &status, 0) != maker || status)
		errx(1, "the maker failed");
	printf("announced %u missing %u\n", i, missing);
	return fflush(stdout) || missing ? 1 : 0;
}
