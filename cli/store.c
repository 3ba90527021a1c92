// SPDX-License-Identifier: GPL-2.0-or-later
/* Definitions on disk: the folders, their files, and changes that are whole or not at all. */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* Far above any real file, far below what would hold up a boot. */
#define FILE_SIZE_MAX (16u << 20)
#define LOCK_SECONDS 30

#define OWN_HEADER "# Written by mdev; change it with mdev or by hand.\n"

/* The one that is written to comes first. */
static const char *const folders[] = {"etc/mdev.d", "run/mdev.d", "usr/lib/mdev.d"};
enum { FOLDER_ETC, FOLDER_RUN, FOLDER_USR };

struct entry {
	char *name;
	unsigned int folder;
	bool is_plain_file; /* known from the folder, without a look at the file */
};

struct entry_list {
	struct entry *v;
	size_t n, cap;
};

static void add_entry(struct entry_list *list, const char *name, unsigned int folder, bool is_plain)
{
	if (list->n == list->cap) {
		list->cap = list->cap ? 2 * list->cap : 64;
		list->v = xrealloc(list->v, list->cap, sizeof(*list->v));
	}
	list->v[list->n++] = (struct entry){xstrdup(name), folder, is_plain};
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *first = a, *second = b;
	int order = strcmp(first->name, second->name);

	return order ? order : (int)first->folder - (int)second->folder;
}

/* The folder's descriptor, or a negative errno. */
static int list_folder(unsigned int folder, struct entry_list *entries)
{
	_cleanup_free_ char *path = root_path(folders[folder]);
	_cleanup_closedir_ DIR *dir = opendir(path);
	struct dirent *entry;
	int fd;

	if (!dir)
		return -errno;
	while (errno = 0, (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && str_ends(entry->d_name, ".conf"))
			add_entry(entries, entry->d_name, folder, entry->d_type == DT_REG);
	if (errno)
		return -errno;
	fd = fcntl(dirfd(dir), F_DUPFD_CLOEXEC, 0);
	return fd < 0 ? -errno : fd;
}

/*
 * What a path in a folder of definitions leads to. 0 for a file to read, 1 for a link to
 * /dev/null, which hides, or a negative errno.
 */
static int check_kind(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) ? 1 : -EMEDIUMTYPE;
}

/* Reads into the buffer, which is reused from file to file. */
static int read_text(int fd, struct buf *text)
{
	text->len = 0;
	for (;;) {
		ssize_t n;

		if (text->cap - text->len < 2) {
			text->cap = text->cap ? 2 * text->cap : 65536;
			text->data = xrealloc(text->data, text->cap, 1);
		}
		n = read(fd, text->data + text->len, text->cap - text->len - 1);
		if (n < 0)
			return -errno;
		text->len += (size_t)n;
		text->data[text->len] = '\0';
		if (text->len > FILE_SIZE_MAX)
			return -EFBIG;
		/* Less than was asked for is the end of a file on disk. */
		if (n == 0 || text->cap - text->len > 1)
			return 0;
	}
}

static int read_file(int folder_fd, const char *name, int extra_flags, bool is_plain_file,
		     struct buf *text)
{
	_cleanup_close_ int fd =
		openat(folder_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | extra_flags);
	int rc = 0;

	text->len = 0;
	if (fd < 0)
		return -errno;
	if (!is_plain_file)
		rc = check_kind(fd);
	return rc ? (rc > 0 ? 0 : rc) : read_text(fd, text);
}

static const char *explain(int rc)
{
	switch (-rc) {
	case EISDIR:
		return "a folder in place of a file";
	case EMEDIUMTYPE:
		return "not a regular file";
	case EFBIG:
		return "larger than 16 MiB";
	case ELOOP:
		return "a symbolic link, which is not written through";
	default:
		return strerror(-rc);
	}
}

static char *entry_path(const struct entry *entry)
{
	return xasprintf("%s/%s/%s", root_get(), folders[entry->folder], entry->name);
}

static void load_entry(const struct entry *entry, int folder_fd, struct buf *text,
		       struct definition_list *list, struct problem_list *problems)
{
	int rc = read_file(folder_fd, entry->name, 0, entry->is_plain_file, text);
	_cleanup_free_ char *path = entry_path(entry);

	/* One that vanished meanwhile is not there, unlike a link that leads nowhere. */
	if (rc == -ENOENT && entry->is_plain_file)
		return;
	if (rc)
		problem_add(problems, path, 0, "%s", explain(rc));
	else
		definition_parse(path, text->data ? text->data : "", text->len, list, problems);
}

void store_load(struct definition_list *list, struct problem_list *problems)
{
	int fds[ARRAY_SIZE(folders)];
	struct entry_list entries = {0};
	struct buf text = {0};

	for (unsigned int i = 0; i < ARRAY_SIZE(folders); i++) {
		fds[i] = list_folder(i, &entries);
		if (fds[i] < 0 && fds[i] != -ENOENT) {
			_cleanup_free_ char *path = root_path(folders[i]);

			problem_add(problems, path, 0, "%s", strerror(-fds[i]));
		}
	}
	if (entries.n)
		qsort(entries.v, entries.n, sizeof(*entries.v), compare_entries);
	for (size_t i = 0; i < entries.n; i++) {
		const struct entry *entry = &entries.v[i];

		if (i && strcmp(entry->name, entry[-1].name) == 0)
			continue;
		if (fds[entry->folder] >= 0)
			load_entry(entry, fds[entry->folder], &text, list, problems);
	}
	for (size_t i = 0; i < entries.n; i++)
		free(entries.v[i].name);
	free(entries.v);
	buf_free(&text);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		cleanup_close(&fds[i]);
}

/* Opens a folder for a change and locks it: the lock is on the folder itself, nothing is left. */
static int open_locked(unsigned int folder, char **reterr)
{
	_cleanup_free_ char *path = root_path(folders[folder]);
	int fd, rc;

	if (folder == FOLDER_ETC && mkdir(path, 0755) < 0 && errno != EEXIST) {
		rc = -errno;
		set_text(reterr, "%s: cannot be made: %s", path, strerror(-rc));
		return rc;
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	rc = fd < 0 ? -errno : lock_wait(fd, LOCK_SECONDS);
	if (rc) {
		set_text(reterr, "%s: %s", path,
			 rc == -ETIMEDOUT ? "another command keeps it locked" : strerror(-rc));
		cleanup_close(&fd);
		return rc;
	}
	return fd;
}

/* Reads a file that is to be changed; one that does not parse is never overwritten. */
static int load_for_change(int folder_fd, const char *path, struct buf *text,
			   struct definition_list *list, char **reterr)
{
	struct problem_list problems = {0};
	int rc = read_file(folder_fd, strrchr(path, '/') + 1, O_NOFOLLOW, false, text);

	if (rc == -ENOENT)
		return rc;
	if (rc) {
		set_text(reterr, "%s: %s", path, explain(rc));
		return rc;
	}
	definition_parse(path, text->data ? text->data : "", text->len, list, &problems);
	if (problems.texts.n) {
		set_text(reterr, "%s (the file is left as it is)", problems.texts.v[0]);
		rc = -EBADMSG;
	}
	strlist_free(&problems.texts);
	return rc;
}

static int replace(int folder_fd, const char *path, const struct buf *text, char **reterr)
{
	int rc = file_replace(folder_fd, strrchr(path, '/') + 1, text->data ? text->data : "",
			      text->len);

	if (rc)
		set_text(reterr, "%s: cannot be written: %s", path, strerror(-rc));
	return rc;
}

static struct definition *find_same(const struct definition_list *list,
				    const struct definition *def)
{
	for (size_t i = 0; i < list->n; i++)
		if (identity_compare(&list->v[i]->id, &def->id) == 0 &&
		    strcmp(list->v[i]->parent, def->parent) == 0)
			return list->v[i];
	return NULL;
}

/* A new file must not hide one that came with a package. */
static int check_not_hiding(const char *name, char **reterr)
{
	for (unsigned int i = FOLDER_RUN; i <= FOLDER_USR; i++) {
		_cleanup_free_ char *lower = xasprintf("%s/%s/%s", root_get(), folders[i], name);

		if (access(lower, F_OK) == 0) {
			set_text(reterr, "the new file would hide %s (choose another with --file)",
				 lower);
			return -EEXIST;
		}
	}
	return 0;
}

/* Ends the last line, and leaves one blank line unless there is one. */
static void separate(struct buf *text)
{
	if (text->len && text->data[text->len - 1] != '\n')
		buf_add(text, "\n", 1);
	if (text->len > 1 && text->data[text->len - 2] != '\n')
		buf_add(text, "\n", 1);
}

static int add_to_file(int folder_fd, const char *path, const struct definition *def,
		       const struct buf *section, char **reterr)
{
	struct definition_list known = {0};
	struct buf text = {0};
	const struct definition *same;
	int rc = load_for_change(folder_fd, path, &text, &known, reterr);

	if (rc == -ENOENT) {
		rc = check_not_hiding(strrchr(path, '/') + 1, reterr);
		text.len = 0;
		buf_add(&text, OWN_HEADER, strlen(OWN_HEADER));
	}
	same = rc ? NULL : find_same(&known, def);
	if (same) {
		set_text(reterr, "it is already defined in %s:%u", path, same->line);
		rc = -EEXIST;
	}
	if (!rc) {
		separate(&text);
		buf_add(&text, section->data, section->len);
		rc = replace(folder_fd, path, &text, reterr);
	}
	definition_list_free(&known);
	buf_free(&text);
	return rc;
}

int store_add(const struct definition *def, const char *file, char **ret_path, char **reterr)
{
	_cleanup_free_ char *name = NULL, *path = NULL;
	_cleanup_close_ int folder_fd = -1;
	char identity[IDENTITY_TEXT_SIZE];
	struct buf section = {0};
	int rc;

	if (!file)
		file = identity_format_name(&def->id, identity);
	name = xasprintf("%s%s", file, str_ends(file, ".conf") ? "" : ".conf");
	if (name[0] == '.' || !name_is_safe(name)) {
		set_text(reterr, "'%s' cannot be the name of a definition file", file);
		return -EINVAL;
	}
	rc = definition_format(def, &section, reterr);
	if (rc)
		return rc;
	path = xasprintf("%s/%s/%s", root_get(), folders[FOLDER_ETC], name);
	folder_fd = open_locked(FOLDER_ETC, reterr);
	rc = folder_fd < 0 ? folder_fd : add_to_file(folder_fd, path, def, &section, reterr);
	if (!rc)
		*ret_path = TAKE_PTR(path);
	buf_free(&section);
	return rc;
}

/* Which folder a definition was read from. */
static unsigned int folder_of(const char *path)
{
	unsigned int i;

	for (i = FOLDER_USR; i > FOLDER_ETC; i--) {
		_cleanup_free_ char *folder = root_path(folders[i]);

		if (str_starts(path, folder))
			break;
	}
	return i;
}

/* The file is one that store_add() made for a single device, and nothing else is left in it. */
static bool is_own_and_empty(const char *path, const struct definition *def, const struct buf *text)
{
	char identity[IDENTITY_TEXT_SIZE];
	_cleanup_free_ char *own = xasprintf("/%s.conf", identity_format_name(&def->id, identity));

	return str_ends(path, own) && str_starts(text->data, OWN_HEADER) &&
	       strspn(text->data + strlen(OWN_HEADER), "\n") == text->len - strlen(OWN_HEADER);
}

static void cut(struct buf *text, size_t start, size_t end)
{
	memmove(text->data + start, text->data + end, text->len - end + 1);
	text->len -= end - start;
}

static int remove_from_file(int folder_fd, const char *path, const struct definition *def,
			    char **reterr)
{
	struct definition_list known = {0};
	struct buf text = {0};
	int rc = load_for_change(folder_fd, path, &text, &known, reterr);
	const struct definition *same = rc ? NULL : find_same(&known, def);
	size_t start, end;

	if (rc == -ENOENT || (!rc && !same)) {
		set_text(reterr, "it is not in %s any more", path);
		rc = -ENOENT;
	}
	if (!rc) {
		definition_find_section(text.data, text.len, same->line, &start, &end);
		cut(&text, start, end);
		if (!is_own_and_empty(path, def, &text))
			rc = replace(folder_fd, path, &text, reterr);
		else if (unlinkat(folder_fd, strrchr(path, '/') + 1, 0) < 0 || fsync(folder_fd) < 0)
			rc = -errno;
	}
	definition_list_free(&known);
	buf_free(&text);
	return rc;
}

int store_remove(const struct definition *def, char **reterr)
{
	_cleanup_close_ int folder_fd = -1;
	unsigned int folder = folder_of(def->file);

	if (folder == FOLDER_USR) {
		set_text(reterr, "%s belongs to a package (to hide it, link %s/%s%s to /dev/null)",
			 def->file, root_get(), folders[FOLDER_ETC], strrchr(def->file, '/'));
		return -EROFS;
	}
	folder_fd = open_locked(folder, reterr);
	return folder_fd < 0 ? folder_fd : remove_from_file(folder_fd, def->file, def, reterr);
}
