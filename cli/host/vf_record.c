// SPDX-License-Identifier: GPL-2.0-or-later
/* Which instances are on virtual functions, as far as this program made them. */
#include "host/vf_record.h"

#include "base/file.h"
#include "base/text.h"
#include "base/unread.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define RUN_FOLDER "run"
#define MDEV_FOLDER RUN_FOLDER "/mdev"
#define FOLDER MDEV_FOLDER "/vf"

/*
 * Holds nothing. Each parent's lock is one byte of it, by the hash of its name, and each identity's
 * one of those behind all parents'.
 */
#define LOCK_FILE FOLDER "/.lock"
#define FIRST_IDENTITY ((off_t)UINT32_MAX + 1)

/* An identity, a blank, the name of a type and a newline. */
#define RECORD_MAX 512

static char *path_of(const char *name)
{
	_cleanup_free_ char *below = xasprintf(FOLDER "/%s", name);

	return root_path(below);
}

/* For calls that follow no link on the way out of another root. */
static int open_folder(void)
{
	_cleanup_free_ char *path = root_path(FOLDER);

	return file_open(path, O_PATH | O_DIRECTORY, 0);
}

/* False for a text that is no record: it was not written whole, or by another program. */
static bool parse(char *text, const char *type, struct identity *ret_id)
{
	char *blank = strchr(text, ' '), *end = strchr(text, '\n');

	if (!blank || !end || end[1])
		return false;
	*blank = *end = '\0';
	return strcmp(blank + 1, type) == 0 && identity_parse(text, ret_id) == 0;
}

int vf_record_read(const char *address, const char *type, struct identity *ret_id)
{
	_cleanup_free_ char *path = path_of(address);
	struct buf text = {0};
	int rc = file_read(path, RECORD_MAX, &text);
	bool is_record = !rc && text.len && parse(text.data, type, ret_id);

	buf_free(&text);
	/* What is too large is no record. */
	if (rc && rc != -EFBIG && !unread_is_absence(rc))
		return unread_note(path, rc);
	return is_record ? 0 : -ENOENT;
}

int vf_record_foreign(const char *address, struct identity *ret_id)
{
	_cleanup_free_ char *name = xasprintf("pci:%s", address), *error = NULL, *text = NULL;
	int rc = identity_of_url(name, ret_id, &error);

	if (rc) {
		text = xasprintf("the instance on '%s' has no name: %s", address, error);
		unread_add(text);
	}
	return rc;
}

int vf_record_find(const struct identity *id, char **ret_address)
{
	_cleanup_close_ int folder = open_folder();
	char name[IDENTITY_TEXT_SIZE], target[RECORD_MAX];
	ssize_t len;

	identity_format_name(id, name);
	len = folder < 0 ? -1 : readlinkat(folder, name, target, sizeof(target) - 1);
	if (len < 0) {
		_cleanup_free_ char *path = path_of(name);

		(void)unread_note(path, folder < 0 ? folder : -errno);
		return -ENOENT;
	}
	target[len] = '\0';
	if (!name_is_safe(target))
		return -ENOENT;
	*ret_address = xstrdup(target);
	return 0;
}

static int make_folders(void)
{
	static const char *const folders[] = {RUN_FOLDER, MDEV_FOLDER, FOLDER};
	int rc = 0;

	for (size_t i = 0; !rc && i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = root_path(folders[i]);

		rc = folder_make(path);
	}
	return rc;
}

/* A descriptor for writing. The folder is made when it is not there. */
static int open_file(const char *path, int flags, mode_t mode)
{
	int fd = file_open(path, flags | O_CREAT | O_NOFOLLOW, mode);

	if (fd == -ENOENT && make_folders() == 0)
		fd = file_open(path, flags | O_CREAT | O_NOFOLLOW, mode);
	return fd;
}

static int write_file(const char *path, const char *text)
{
	_cleanup_close_ int fd = open_file(path, O_WRONLY | O_TRUNC, 0644);

	if (fd < 0)
		return fd;
	/* Anybody may list instances, whatever the umask of who makes them. */
	return fchmod(fd, 0644) < 0 ? -errno : stream_write(fd, text, strlen(text));
}

/* In place of a link that leads elsewhere: the caller has seen that no such instance is live. */
static int write_link(const char *name, const char *address)
{
	_cleanup_close_ int folder = open_folder();

	if (folder < 0)
		return folder;
	if (symlinkat(address, folder, name) == 0)
		return 0;
	if (errno != EEXIST || unlinkat(folder, name, 0) < 0)
		return -errno;
	return symlinkat(address, folder, name) < 0 ? -errno : 0;
}

int vf_record_write(const char *address, const struct identity *id, const char *type, char **reterr)
{
	_cleanup_free_ char *path = path_of(address), *text = NULL;
	char name[IDENTITY_TEXT_SIZE];
	int rc;

	text = xasprintf("%s %s\n", identity_format(id, name), type);
	rc = write_file(path, text);
	if (!rc)
		rc = write_link(identity_format_name(id, name), address);
	if (!rc)
		return 0;
	set_text(reterr, "%s: which instance it is cannot be written down: %s%s", path,
		 error_text(rc), root_hint(rc));
	vf_record_remove(address, id);
	return rc;
}

void vf_record_remove(const char *address, const struct identity *id)
{
	_cleanup_close_ int folder = open_folder();
	char name[IDENTITY_TEXT_SIZE];

	/* One that stays does not count: the function has another type, or none. */
	if (folder < 0)
		return;
	(void)unlinkat(folder, identity_format_name(id, name), 0);
	(void)unlinkat(folder, address, 0);
}

static int lock_byte(int fd, off_t byte, unsigned int seconds, char **reterr)
{
	_cleanup_free_ char *path = root_path(LOCK_FILE);
	int rc = fd < 0 ? fd : lock_wait_range(fd, byte, 1, seconds);

	if (rc == -ETIMEDOUT)
		set_text(reterr, "%s: another run has kept it locked for %u seconds", path,
			 seconds);
	else if (rc)
		set_text(reterr, "%s: cannot be locked: %s%s", path, error_text(rc), root_hint(rc));
	return rc;
}

int vf_record_lock(const char *parent, unsigned int seconds, char **reterr)
{
	_cleanup_free_ char *path = root_path(LOCK_FILE);
	int fd = open_file(path, O_RDWR, 0600);
	int rc = lock_byte(fd, text_hash(parent), seconds, reterr);

	if (!rc)
		return fd;
	cleanup_close(&fd);
	return rc;
}

int vf_record_lock_identity(int fd, const struct identity *id, unsigned int seconds, char **reterr)
{
	char text[IDENTITY_TEXT_SIZE];

	identity_format(id, text);
	return lock_byte(fd, FIRST_IDENTITY + text_hash(text), seconds, reterr);
}
