// SPDX-License-Identifier: GPL-2.0-or-later
/* What was said to the system's log since the last boot, so that it is not said again and again. */
#include "base/run_state.h"

#include "base/file.h"

#include <fcntl.h>
#include <sys/file.h>

/* Below run/, which is empty after a boot. One text a line; it only grows, under a lock. */
#define NAME "run/mdev.said"

/* The lock is held for as long as it takes to read and write a few lines. */
#define LOCK_SECONDS 5

/* Reads what others have added. */
static void read_on(struct said *said)
{
	char piece[4096];
	struct buf added = {0};
	ssize_t len;

	while ((len = pread(said->fd, piece, sizeof(piece), said->end)) > 0) {
		buf_add(&added, piece, (size_t)len);
		said->end += len;
	}
	for (char *rest = added.data, *line; rest && *rest;) {
		line = strsep(&rest, "\n");
		strlist_add(&said->texts, line);
	}
	buf_free(&added);
}

static bool is_known(const struct said *said, const char *text)
{
	for (size_t i = 0; i < said->texts.n; i++)
		if (strcmp(said->texts.v[i], text) == 0)
			return true;
	return false;
}

static bool add_line(struct said *said, struct buf *line)
{
	_cleanup_free_ char *path = root_path(NAME);
	bool is_new;

	if (said->fd < 0)
		said->fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (said->fd < 0 || lock_wait(said->fd, LOCK_SECONDS) < 0)
		return true;
	read_on(said);
	is_new = !is_known(said, line->data);
	buf_add(line, "\n", 1);
	/* Where it cannot be written down it is said again, that is all. */
	if (is_new)
		(void)!write(said->fd, line->data, line->len);
	(void)flock(said->fd, LOCK_UN);
	return is_new;
}

bool said_add(struct said *said, const char *text)
{
	struct buf line = {0};
	bool is_new;

	/* As the log has it, on one line: a file may have any name. */
	buf_add_visible(&line, text);
	is_new = add_line(said, &line);
	buf_free(&line);
	return is_new;
}

void said_end(struct said *said)
{
	cleanup_close(&said->fd);
	strlist_free(&said->texts);
	*said = (struct said)SAID;
}

void said_forget(void)
{
	_cleanup_free_ char *path = root_path(NAME);

	(void)unlink(path);
}
