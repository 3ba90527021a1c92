// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * knock: tries to write a text to a file, again and again, as long as another
 * file exists; then prints how many writes succeeded
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int knock(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), heard;

	if (fd < 0)
		return 0;
	heard = write(fd, text, strlen(text)) > 0;
	close(fd);
	return heard;
}

int main(int argc, char **argv)
{
	unsigned int heard = 0, i;

	if (argc != 4)
		errx(2, "usage: knock WHILE FILE TEXT");
	while (!access(argv[1], F_OK))
		for (i = 0; i < 1000; i++)
			heard += knock(argv[2], argv[3]);
	printf("%u\n", heard);
	return fflush(stdout) ? 1 : 0;
}
