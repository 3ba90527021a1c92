// SPDX-License-Identifier: GPL-2.0-or-later
/* Gives a fuzz target its corpus, without libFuzzer: "replay FOLDER", the result as TAP. */
#include "fuzz.h"
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>

static void replay(const char *folder, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder, name);
	_cleanup_free_ uint8_t *exact = NULL;
	uint8_t data[65536];
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, data, sizeof(data));

	promise(len >= 0, path);
	/* A copy of exactly this size, so that the sanitizer sees a read behind its end. */
	exact = xcalloc((size_t)len, 1);
	memcpy(exact, data, (size_t)len);
	LLVMFuzzerTestOneInput(exact, (size_t)len);
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	int count = 0;

	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_REG) {
			replay(argv[1], entry->d_name);
			count++;
		}
	if (dir)
		closedir(dir);
	printf("# %d files\n", count);
	ok(count > 0, "what was found interesting holds");
	return tap_end();
}
