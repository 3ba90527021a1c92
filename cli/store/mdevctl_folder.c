// SPDX-License-Identifier: GPL-2.0-or-later
/* The folder in which mdevctl keeps definitions: etc/mdevctl.d/PARENT/UUID, one in a file. */
#include "store/mdevctl_folder.h"

#include "base/file.h"
#include "base/text.h"
#include "base/unread.h"
#include "store/mdevctl.h"
#include "store/mdevctl_rule.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#define TOP "etc/mdevctl.d"

static bool leave_to_rule;

void mdevctl_folder_leave_to_rule(void)
{
	leave_to_rule = true;
}

char *mdevctl_folder_path(const char *parent, const struct identity *id)
{
	char uuid[IDENTITY_TEXT_SIZE];

	return xasprintf("%s/" TOP "/%s/%s", root_get(), parent, identity_format_uuid(id, uuid));
}

bool mdevctl_folder_has(const char *path)
{
	_cleanup_free_ char *top = root_path(TOP "/");

	return str_starts(path, top);
}

bool mdevctl_folder_is_of_another(const char *path, const char *parent)
{
	_cleanup_free_ char *top = root_path(TOP "/");
	size_t len = strlen(parent);

	if (!str_starts(path, top))
		return false;
	path += strlen(top);
	return strncmp(path, parent, len) != 0 || (path[len] && path[len] != '/');
}

bool mdevctl_folder_split(const char *path, char **ret_parent, struct identity *ret_id)
{
	_cleanup_free_ char *folder = xstrdup(path);
	char *slash = strrchr(folder, '/'), *above;

	if (!slash || identity_parse_uuid(slash + 1, ret_id) < 0)
		return false;
	*slash = '\0';
	above = strrchr(folder, '/');
	*ret_parent = xstrdup(above ? above + 1 : folder);
	return **ret_parent != '\0';
}

static void add_broken(const struct definition *def, struct definition_list *list)
{
	struct definition *broken = definition_list_add_broken(list);

	broken->id = def->id;
	broken->parent = def->parent;
	broken->file = def->file;
	broken->line = def->line;
	broken->is_mdevctls = true;
}

/*
 * The definition that the file is to hold, without what only its text says. The path is in the
 * list's arena.
 */
static struct definition *add_named(struct definition_list *list, const char *path,
				    const char *parent, const struct identity *id)
{
	struct definition *def = definition_list_add(list);

	def->id = *id;
	def->parent = definition_list_share(list, parent);
	def->file = path;
	def->line = 1;
	def->is_mdevctls = true;
	return def;
}

/* The last one of the list, of which the problems know what is wrong. */
static void take_broken(struct definition_list *list)
{
	add_broken(list->v[--list->n], list);
}

/* Of a text that nothing could parse here it is not known what is wrong with it, if anything is. */
static void add_mistake(struct problem_list *problems, const char *path, int rc, const char *error)
{
	if (rc == -ELIBACC)
		problem_add_unread(problems, path, error);
	else
		problem_add(problems, path, 0, "%s", error);
}

void mdevctl_folder_parse(const char *path, const char *text, size_t len,
			  struct definition_list *list, struct problem_list *problems,
			  struct definition_layout *ret_layout)
{
	_cleanup_free_ char *parent = NULL, *error = NULL;
	struct identity id;
	int rc;

	(void)ret_layout;
	if (!mdevctl_folder_split(path, &parent, &id)) {
		problem_add(problems, path, 0, "neither a parent nor a UUID is in its path");
		return;
	}
	path = arena_strdup(&list->arena, path);
	rc = mdevctl_parse(text ? text : "", len, add_named(list, path, parent, &id), &list->arena,
			   &error);
	if (rc) {
		add_mistake(problems, path, rc, error);
		take_broken(list);
	}
	problem_list_end_file(problems);
}

/* A folder of definitions for one parent, open. */
struct parent_folder {
	int fd;
	const char *name;
	char *path, *distrust;
	const struct mdevctl_folder_query *query;
	struct definition_list *list;
	struct problem_list *problems;
};

static bool is_parent_entry(const char *name, unsigned char kind)
{
	(void)name;
	return kind == DT_DIR || kind == DT_UNKNOWN;
}

static bool is_file_entry(const char *name, unsigned char kind)
{
	(void)name;
	return kind == DT_REG || kind == DT_UNKNOWN;
}

/* What is no file, or went away meanwhile, is none of mdevctl's definitions, either. */
static bool is_no_file(int rc)
{
	return rc == -EISDIR || rc == -EMLINK || rc == -EMEDIUMTYPE || rc == -ENOENT;
}

/* In the list's arena. */
static const char *path_in(const struct parent_folder *folder, const char *name)
{
	size_t len = strlen(folder->path), size = strlen(name) + 1;
	char *path = arena_alloc(&folder->list->arena, len + 1 + size);

	memcpy(path, folder->path, len);
	path[len] = '/';
	memcpy(path + len + 1, name, size);
	return path;
}

static void load_file(struct parent_folder *folder, const struct folder_entry *entry,
		      const struct identity *id, struct buf *text)
{
	enum folder_read_flags flags = entry->is_plain_file ? FOLDER_KNOWN_FILE : 0;
	_cleanup_free_ char *error = NULL, *distrust = NULL;
	const char *path = path_in(folder, entry->name);
	struct definition *def;
	struct stat st;
	int rc = folder_read(folder->fd, entry->name, flags, text, &st);

	if (is_no_file(rc))
		return;
	def = add_named(folder->list, path, folder->name, id);
	if (rc) {
		problem_add_unread(folder->problems, path, folder_explain(rc));
		take_broken(folder->list);
		return;
	}
	rc = mdevctl_parse(text->data ? text->data : "", text->len, def, &folder->list->arena,
			   &error);
	if (rc) {
		add_mistake(folder->problems, path, rc, error);
		take_broken(folder->list);
		return;
	}
	distrust = file_distrust(&st, "it");
	if (distrust || folder->distrust)
		def->distrust =
			definition_list_share(folder->list, distrust ? distrust : folder->distrust);
}

static void add_stranger(struct parent_folder *folder, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder->path, name);

	strlist_add(&folder->list->strangers, path);
}

/* The file of the UUID, by each name that writes it in one case. */
static int look_up_names(int fd, const struct identity *id, struct folder_entries *entries)
{
	char names[IDENTITY_WAYS][IDENTITY_TEXT_SIZE];
	size_t count = identity_format_ways(id, names);
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		int found = folder_look_up(fd, FOLDER_ETC, names[i], entries);

		if (found && found != -ENOENT)
			rc = found;
	}
	return rc;
}

static void load_files(struct parent_folder *folder)
{
	const struct mdevctl_folder_query *query = folder->query;
	struct folder_entries entries = {0};
	struct buf text = {0};
	int rc = query->named ? look_up_names(folder->fd, query->named, &entries) :
				folder_list_names(folder->fd, is_file_entry, &entries);

	if (rc)
		problem_add_unread(folder->problems, folder->path, strerror(-rc));
	folder_entries_sort(&entries);
	for (size_t i = 0; i < entries.n; i++) {
		struct identity id;

		if (identity_parse_uuid(entries.v[i]->name, &id) < 0)
			add_stranger(folder, entries.v[i]->name);
		else if (!query->filter || identity_filter_takes(query->filter, &id))
			load_file(folder, entries.v[i], &id, &text);
	}
	buf_free(&text);
	folder_entries_free(&entries);
}

/* What is a link or no folder, or went away meanwhile, is no parent's. */
static bool is_no_folder(int rc)
{
	return rc == -ENOTDIR || rc == -ELOOP || rc == -ENOENT;
}

/* top_distrust: of the folder that the parent's is in. */
static void load_parent(int top_fd, const char *top_distrust, struct parent_folder *folder)
{
	_cleanup_close_ int fd =
		openat(top_fd, folder->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int rc = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

	if (is_no_folder(rc))
		return;
	folder->path = xasprintf("%s/" TOP "/%s", root_get(), folder->name);
	if (rc) {
		problem_add_unread(folder->problems, folder->path, strerror(-rc));
	} else if (!name_is_safe(folder->name)) {
		problem_add(folder->problems, folder->path, 0,
			    "its name cannot be that of a parent");
	} else {
		folder->fd = fd;
		folder->distrust = file_distrust(&st, "its folder");
		if (!folder->distrust && top_distrust)
			folder->distrust = xstrdup(top_distrust);
		load_files(folder);
	}
	free(folder->distrust);
	free(folder->path);
}

/*
 * The descriptor; -ENOENT also where it is left to mdevctl; or another negative errno, of the path
 * in *ret_path, which the caller frees.
 */
static int open_top(char **ret_path)
{
	_cleanup_free_ char *path = root_path(TOP);
	int fd = file_open(path, O_RDONLY | O_DIRECTORY, 0), rc = 0;

	if (fd >= 0 && leave_to_rule)
		rc = mdevctl_rule_starts(ret_path);
	if (rc) {
		cleanup_close(&fd);
		fd = rc < 0 ? rc : -ENOENT;
	}
	if (!*ret_path)
		*ret_path = TAKE_PTR(path);
	return fd;
}

/* The parents whose folders are wanted. */
static int list_parents(int top_fd, const struct mdevctl_folder_query *query,
			struct strlist *ret_names)
{
	struct folder_entries entries = {0};
	int rc = 0;

	if (query->parent && name_is_safe(query->parent))
		strlist_add(ret_names, query->parent);
	if (!query->parent)
		rc = folder_list_names(top_fd, is_parent_entry, &entries);
	for (size_t i = 0; i < entries.n; i++)
		strlist_add(ret_names, entries.v[i]->name);
	strlist_sort(ret_names);
	folder_entries_free(&entries);
	return rc;
}

void mdevctl_folder_load(const struct mdevctl_folder_query *query, struct definition_list *list,
			 struct problem_list *problems)
{
	_cleanup_free_ char *path = NULL, *distrust = NULL;
	_cleanup_close_ int fd = open_top(&path);
	struct strlist parents = {0};
	struct stat st;
	int rc = fd < 0 ? fd : fstat(fd, &st) < 0 ? -errno : 0;

	if (rc == -ENOENT)
		return;
	if (!rc) {
		distrust = file_distrust(&st, "the folder of its parents");
		rc = list_parents(fd, query, &parents);
	}
	if (rc)
		problem_add_unread(problems, path, strerror(-rc));
	for (size_t i = 0; i < parents.n; i++)
		load_parent(fd, distrust,
			    &(struct parent_folder){.name = parents.v[i],
						    .query = query,
						    .list = list,
						    .problems = problems});
	problem_list_end_file(problems);
	strlist_free(&parents);
}

/* Of a parent's folder; one that went away has none. 0 or a negative errno. */
static int list_files(int top_fd, const char *parent, struct folder_entries *files)
{
	_cleanup_close_ int fd =
		openat(top_fd, parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return is_no_folder(-errno) ? 0 : -errno;
	return folder_list_names(fd, is_file_entry, files);
}

bool mdevctl_folder_is_empty(void)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = open_top(&path);
	struct folder_entries parents = {0}, files = {0};
	int rc = fd < 0 ? fd : folder_list_names(fd, is_parent_entry, &parents);
	bool is_empty = fd == -ENOENT || !rc;

	for (size_t i = 0; is_empty && i < parents.n; i++)
		is_empty = !list_files(fd, parents.v[i]->name, &files) && !files.n;
	folder_entries_free(&parents);
	folder_entries_free(&files);
	return is_empty;
}

void mdevctl_folder_mark(void)
{
	_cleanup_free_ char *path = root_path(TOP);
	_cleanup_close_ int fd = file_open(path, O_RDONLY | O_DIRECTORY, 0);

	if (fd >= 0)
		(void)futimens(fd, NULL);
}

/* The name of the UUID's file in the folder, NULL for none; it belongs to the entries. */
static const char *find_name(const struct folder_entries *entries, const struct identity *id)
{
	struct identity named;

	for (size_t i = 0; i < entries->n; i++)
		if (identity_parse_uuid(entries->v[i]->name, &named) == 0 &&
		    identity_compare(&named, id) == 0)
			return entries->v[i]->name;
	return NULL;
}

int mdevctl_folder_find(const char *parent, const struct identity *id, char **ret_path)
{
	_cleanup_free_ char *folder = xasprintf("%s/" TOP "/%s", root_get(), parent);
	_cleanup_close_ int fd = file_open(folder, O_RDONLY | O_DIRECTORY, 0);
	struct folder_entries entries = {0};
	int rc = fd < 0 ? fd : folder_list_names(fd, is_file_entry, &entries);
	const char *name = find_name(&entries, id);

	if (name)
		*ret_path = xasprintf("%s/%s", folder, name);
	else if (rc && rc != -ENOENT && rc != -ENOTDIR)
		*ret_path = xstrdup(folder);
	else
		rc = -ENOENT;
	folder_entries_free(&entries);
	return name ? 0 : rc;
}

/* The folder of all parents, for a change. A descriptor or a negative errno. */
static int open_top_for_change(enum mdevctl_folder_need need)
{
	_cleanup_free_ char *path = root_path(TOP);
	int rc = need == MDEVCTL_FOLDER_MADE ? folder_make(path) : 0;

	return rc ? rc : file_open(path, O_RDONLY | O_DIRECTORY, 0);
}

static int open_parent(int top_fd, const char *parent, enum mdevctl_folder_need need)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(top_fd, parent, flags), rc;
	struct stat st;

	if (fd < 0 && errno == ENOENT && need == MDEVCTL_FOLDER_MADE) {
		rc = folder_make_at(top_fd, parent);
		if (rc)
			return rc;
		/* Without it a file in the new folder would be lost, too. */
		(void)fsync(top_fd);
		fd = openat(top_fd, parent, flags);
	}
	if (fd >= 0 || errno != ENOTDIR)
		return fd < 0 ? -errno : fd;
	return fstatat(top_fd, parent, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) ?
		       -EMLINK :
		       -ENOTDIR;
}

int mdevctl_folder_open_locked(const char *parent, enum mdevctl_folder_need need,
			       struct folder_handle *ret, char **reterr)
{
	_cleanup_close_ int top_fd = -1;
	int rc;

	if (!name_is_safe(parent)) {
		set_text(reterr, "'%s' cannot be the name of a parent", parent);
		return -EINVAL;
	}
	rc = folder_open_locked(FOLDER_ETC, ret, reterr);
	if (rc)
		return rc;
	top_fd = open_top_for_change(need);
	rc = top_fd < 0 ? top_fd : open_parent(top_fd, parent, need);
	if (rc < 0) {
		_cleanup_free_ char *path = xasprintf("%s/" TOP "/%s", root_get(), parent);
		bool is_missing = need == MDEVCTL_FOLDER_MADE && rc != -EMLINK &&
				  file_look(path) == -ENOENT;

		set_text(reterr, "%s: %s%s%s", path, is_missing ? "cannot be made: " : "",
			 folder_explain(rc), root_hint(rc));
		return rc;
	}
	ret->fd = rc;
	return 0;
}
