// SPDX-License-Identifier: GPL-2.0-or-later
/* What was said to the system's log since the last boot, so that it is not said again and again. */
#include "said.h"

#include <errno.h>
#include <fcntl.h>

/* Below run/, which is empty after a boot. */
#define NAME "mdev.said"

static void load(struct said *said)
{
	_cleanup_free_ char *path = root_path("run/" NAME), *line = NULL;
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	size_t size = 0;

	said->is_loaded = true;
	while (stream && getline(&line, &size, stream) > 0) {
		line[strcspn(line, "\n")] = '\0';
		strlist_add(&said->texts, line);
	}
	if (stream)
		fclose(stream);
	else
		cleanup_close(&fd);
}

bool said_add(struct said *said, const char *text)
{
	if (!said->is_loaded)
		load(said);
	for (size_t i = 0; i < said->texts.n; i++)
		if (strcmp(said->texts.v[i], text) == 0)
			return false;
	strlist_add(&said->texts, text);
	said->is_new = true;
	return true;
}

int said_end(struct said *said)
{
	_cleanup_free_ char *path = root_path("run");
	_cleanup_close_ int run_fd = -1;
	struct buf text = {0};
	int rc = 0;

	if (said->is_new) {
		run_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		for (size_t i = 0; i < said->texts.n; i++)
			buf_addf(&text, "%s\n", said->texts.v[i]);
		rc = run_fd < 0 ? -errno : file_replace(run_fd, NAME, text.data, text.len);
	}
	buf_free(&text);
	strlist_free(&said->texts);
	*said = (struct said){0};
	return rc;
}

void said_forget(void)
{
	_cleanup_free_ char *path = root_path("run/" NAME);

	(void)unlink(path);
}
