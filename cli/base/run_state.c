// SPDX-License-Identifier: GPL-2.0-or-later
/* What runs of the program leave for each other below run/. */
#include "base/run_state.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <sys/file.h>
#include <sys/stat.h>

/* Holds nothing: each parent's lock is one byte of it, all of it the lock of all parents. */
#define LOCK_FILE "run/mdev.lock"

/* One text a line; it only grows, under a lock. */
#define SAID_FILE "run/mdev.said"

/* A run holds the lock of SAID_FILE for as long as it takes to read and write a few lines. */
#define SAID_LOCK_SECONDS 5

/* A file below run/, which is made when it is not there; so is run/ itself in another root. */
static int open_file(const char *path, int flags)
{
	_cleanup_free_ char *folder = root_path("run");
	int fd = file_open(path, flags | O_CREAT | O_NOFOLLOW, 0600);

	if (fd == -ENOENT && folder_make(folder) == 0)
		fd = file_open(path, flags | O_CREAT | O_NOFOLLOW, 0600);
	return fd;
}

/* Two parents of one hash wait for one another without need, that is all. */
int run_state_lock(const char *parent, unsigned int seconds, char **reterr)
{
	_cleanup_free_ char *path = root_path(LOCK_FILE);
	int fd = open_file(path, O_RDWR);
	int rc = fd < 0 ? fd :
			  lock_wait_range(fd, parent ? text_hash(parent) : 0, parent ? 1 : 0,
					  seconds);

	if (!rc)
		return fd;
	if (rc == -ETIMEDOUT)
		set_text(reterr, "%s: another run has kept it locked for %u seconds", path,
			 seconds);
	else
		set_text(reterr, "%s: cannot be locked: %s%s", path, error_text(rc), root_hint(rc));
	cleanup_close(&fd);
	return rc;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

static bool is_known(const struct said *said, const char *text)
{
	return tfind(text, &said->texts, compare_texts);
}

static void remember(struct said *said, const char *text)
{
	if (!is_known(said, text))
		(void)tsearch(arena_strdup(&said->arena, text), &said->texts, compare_texts);
}

/* Reads what other runs have added to the file. A line without an end is being written. */
static void read_on(struct said *said)
{
	struct buf added = {0};
	char piece[4096];
	ssize_t len;

	while ((len = pread(said->fd, piece, sizeof(piece), said->end + (off_t)added.len)) > 0)
		buf_add(&added, piece, (size_t)len);
	for (char *line = added.data, *end; line && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		remember(said, line);
		said->end += end + 1 - line;
	}
	buf_free(&added);
}

/* The file, locked and read; -1 where that is not possible. */
static int open_said(struct said *said)
{
	_cleanup_free_ char *path = root_path(SAID_FILE);

	if (said->fd < 0)
		said->fd = open_file(path, O_RDWR | O_APPEND);
	if (said->fd < 0 || lock_wait(said->fd, SAID_LOCK_SECONDS) < 0)
		return -1;
	read_on(said);
	return said->fd;
}

void said_once(struct said *said, const char *text, bool (*say)(const char *text))
{
	struct buf line = {0};
	int fd;

	/* As the log has it, on one line: a file may have any name. */
	buf_add_visible(&line, text);
	/* No look into the file for what this run has said already. */
	if (is_known(said, line.data)) {
		buf_free(&line);
		return;
	}
	fd = open_said(said);
	if (!is_known(said, line.data) && say(line.data)) {
		remember(said, line.data);
		buf_add(&line, "\n", 1);
		/* What cannot be written down is said again by the next run. */
		if (fd >= 0)
			(void)!write(fd, line.data, line.len);
	}
	if (fd >= 0)
		(void)flock(fd, LOCK_UN);
	buf_free(&line);
}

static void keep_text(void *text)
{
	(void)text;
}

void said_end(struct said *said)
{
	cleanup_close(&said->fd);
	tdestroy(said->texts, keep_text);
	arena_free(&said->arena);
	*said = (struct said)SAID;
}

void said_forget(void)
{
	_cleanup_free_ char *path = root_path(SAID_FILE);

	(void)file_unlink(path);
}
