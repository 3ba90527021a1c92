// SPDX-License-Identifier: GPL-2.0-or-later
/* Definitions on disk: reading those that count, and finding a file by its name. */
#include "store/store.h"

#include "base/file.h"
#include "base/text.h"
#include "base/unread.h"
#include "model/card.h"
#include "store/folder.h"
#include "store/form.h"

#include <errno.h>
#include <fcntl.h>

/* A folder that is read from. */
struct source {
	int fd; /* or a negative errno */
	struct buf path; /* with a slash */
	char *distrust; /* as of file_distrust() */
};

/* All folders, and what was found in them that could be read. */
struct sources {
	struct source v[FOLDER_COUNT];
	struct folder_entries entries;
};

/* 0, also for a folder that is not there, or a negative errno. */
static int open_source(struct source *source, enum folder folder, struct problem_list *problems)
{
	_cleanup_free_ char *path = folder_path(folder, "");
	struct stat st;
	int rc;

	*source = (struct source){.fd = folder_open(folder)};
	rc = source->fd < 0 ? source->fd : 0;
	if (!rc && fstat(source->fd, &st) < 0)
		rc = -errno;
	if (!rc)
		source->distrust = file_distrust(&st, "its folder");
	else if (rc != -ENOENT)
		problem_add_unread(problems, path, strerror(-rc));
	buf_addf(&source->path, "%s/", path);
	return rc == -ENOENT ? 0 : rc;
}

static void close_source(struct source *source)
{
	cleanup_close(&source->fd);
	buf_free(&source->path);
	free(source->distrust);
}

/*
 * What the file of these definitions is worth. One that others can write may not say what a card
 * shall be, for that runs programs.
 */
static void note_distrust(const struct source *source, const struct stat *st,
			  struct definition_list *list, size_t first, size_t first_card,
			  struct problem_list *problems)
{
	_cleanup_free_ char *own = file_distrust(st, "it");
	const char *distrust = own ? own : source->distrust;

	if (!distrust)
		return;
	distrust = definition_list_share(list, distrust);
	for (size_t i = first_card; i < list->card_count; i++)
		problem_add(problems, list->cards[i]->file, list->cards[i]->line,
			    "root does not obey it: %s (chown root, chmod go-w)", distrust);
	list->card_count = first_card;
	for (size_t i = first; i < list->n; i++)
		list->v[i]->distrust = distrust;
}

static void load_entry(const struct folder_entry *entry, struct source *source, struct buf *text,
		       struct definition_list *list, struct problem_list *problems)
{
	enum folder_read_flags flags = FOLDER_FOLLOW |
				       (entry->is_plain_file ? FOLDER_KNOWN_FILE : 0);
	struct stat st;
	size_t folder_len = source->path.len, first = list->n, first_card = list->card_count;
	int rc;

	buf_add(&source->path, entry->name, strlen(entry->name));
	/* In another root a link is to lead to where it leads from there. */
	rc = root_is_host() ? folder_read(source->fd, entry->name, flags, text, &st) :
			      folder_read(AT_FDCWD, source->path.data, flags, text, &st);
	/* One that vanished meanwhile is not there, unlike a link that leads nowhere. */
	if (rc == -ENOENT || rc == -EISDIR || rc == -EMEDIUMTYPE) {
		if (rc != -ENOENT || !entry->is_plain_file)
			problem_add(problems, source->path.data, 0, "%s", folder_explain(rc));
	} else if (rc) {
		problem_add_unread(problems, source->path.data, folder_explain(rc));
	}
	if (!rc)
		definition_parse(source->path.data, text->data, text->len, list, problems, NULL);
	note_distrust(source, &st, list, first, first_card, problems);
	problem_list_end_file(problems);
	source->path.len = folder_len;
}

/*
 * A folder that cannot be read may hide any file of those behind it: nothing is taken from them,
 * for an administrator may have taken a package's definition out of use.
 */
static void leave_out_from(struct sources *sources, enum folder first)
{
	for (enum folder i = first; i < FOLDER_COUNT; i++) {
		cleanup_close(&sources->v[i].fd);
		sources->v[i].fd = -ENOENT;
	}
}

static void open_sources(struct sources *sources, struct problem_list *problems)
{
	*sources = (struct sources){0};
	for (enum folder i = 0; i < FOLDER_COUNT; i++)
		sources->v[i].fd = -ENOENT;
	for (enum folder i = 0; i < FOLDER_COUNT; i++)
		if (open_source(&sources->v[i], i, problems)) {
			leave_out_from(sources, i);
			break;
		}
}

static void close_sources(struct sources *sources)
{
	folder_entries_free(&sources->entries);
	for (enum folder i = 0; i < FOLDER_COUNT; i++)
		close_source(&sources->v[i]);
}

/* Of files of one name the one in the earliest folder is read. */
static void load_entries(struct sources *sources, struct definition_list *list,
			 struct problem_list *problems)
{
	struct folder_entries *entries = &sources->entries;
	struct buf text = {0};

	folder_entries_sort(entries);
	for (size_t i = 0; i < entries->n; i++)
		if (!i || strcmp(entries->v[i]->name, entries->v[i - 1]->name) != 0)
			load_entry(entries->v[i], &sources->v[entries->v[i]->folder], &text, list,
				   problems);
	problem_list_end_file(problems);
	buf_free(&text);
}

static void list_sources(struct sources *sources, struct problem_list *problems)
{
	for (enum folder i = 0; i < FOLDER_COUNT; i++) {
		int fd = sources->v[i].fd;
		int rc = fd < 0 ? 0 : folder_list(fd, i, &sources->entries);
		_cleanup_free_ char *path = rc ? folder_path(i, "") : NULL;

		if (rc) {
			problem_add_unread(problems, path, strerror(-rc));
			leave_out_from(sources, i + 1);
		}
	}
}

/* A file that was read may say something of others, too. */
static void keep_wanted(struct definition_list *list, const struct identity_filter *filter)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (identity_filter_takes(filter, &list->v[i]->id))
			list->v[kept++] = list->v[i];
	list->n = kept;
}

/* Takes out what need not be read, for it is named for another UUID and says nothing of these. */
static void skip_others(struct folder_entries *entries, const struct identity_filter *filter)
{
	struct identity id;
	size_t kept = 0;

	for (size_t i = 0; i < entries->n; i++)
		if (identity_parse_file_name(entries->v[i]->name, &id) < 0 ||
		    identity_filter_takes(filter, &id))
			entries->v[kept++] = entries->v[i];
	entries->n = kept;
}

void store_load_wanted(const struct mdevctl_folder_query *query, struct definition_list *list,
		       struct problem_list *problems)
{
	struct sources sources;

	open_sources(&sources, problems);
	list_sources(&sources, problems);
	if (query->filter)
		skip_others(&sources.entries, query->filter);
	load_entries(&sources, list, problems);
	close_sources(&sources);
	if (query->filter)
		keep_wanted(list, query->filter);
	mdevctl_folder_load(query, list, problems);
}

void store_load(struct definition_list *list, struct problem_list *problems)
{
	store_load_wanted(&(struct mdevctl_folder_query){.filter = NULL}, list, problems);
}

void store_load_some(const struct identity_filter *filter, struct definition_list *list,
		     struct problem_list *problems)
{
	store_load_wanted(&(struct mdevctl_folder_query){.filter = filter}, list, problems);
}

/* As in a listing, the one in the earliest folder hides the others, readable or not. */
static void look_up(struct sources *sources, const struct identity *id,
		    struct problem_list *problems)
{
	char identity[IDENTITY_TEXT_SIZE];
	_cleanup_free_ char *name = xasprintf("%s.conf", identity_format_name(id, identity));

	for (enum folder i = 0; i < FOLDER_COUNT; i++) {
		int fd = sources->v[i].fd;
		int rc = fd < 0 ? -ENOENT : folder_look_up(fd, i, name, &sources->entries);
		_cleanup_free_ char *path = NULL;

		if (rc == -ENOENT)
			continue;
		path = rc ? folder_path(i, name) : NULL;
		if (rc)
			problem_add_unread(problems, path, strerror(-rc));
		return;
	}
}

void store_load_own(const struct identity *ids, size_t count, struct definition_list *list,
		    struct problem_list *problems)
{
	struct sources sources;

	open_sources(&sources, problems);
	for (size_t i = 0; i < count; i++) {
		struct identity first = ids[i];

		look_up(&sources, &ids[i], problems);
		first.instance = 0;
		if (ids[i].instance)
			look_up(&sources, &first, problems);
	}
	load_entries(&sources, list, problems);
	close_sources(&sources);
}

int store_check_trust(const struct definition *def, char **reterr)
{
	if (!def->distrust)
		return 0;
	set_text(reterr, "root does not obey it: %s (chown root, chmod go-w)", def->distrust);
	return geteuid() == 0 ? -EPERM : 0;
}

bool store_is_there(void)
{
	_cleanup_free_ char *path = folder_path(FOLDER_ETC, "");

	return unread_note(path, file_look(path)) != -ENOENT;
}

bool store_is_empty(void)
{
	struct folder_entries entries = {0};
	bool is_empty = true;

	for (enum folder i = 0; is_empty && i < FOLDER_COUNT; i++) {
		_cleanup_close_ int fd = folder_open(i);
		int rc = fd < 0 ? fd : folder_list(fd, i, &entries);

		is_empty = !entries.n && (!rc || rc == -ENOENT);
	}
	folder_entries_free(&entries);
	return is_empty && mdevctl_folder_is_empty();
}

int store_read_text(const char *path, struct buf *ret_text, char **reterr)
{
	int rc = folder_read(AT_FDCWD, path, FOLDER_FOLLOW, ret_text, NULL);

	if (rc && rc != -ENOENT)
		set_text(reterr, "%s: %s%s", path, folder_explain(rc), root_hint(rc));
	else if (rc)
		set_text(reterr, "%s: there is no such file", path);
	return rc;
}

void store_load_file(const char *path, struct definition_list *list, struct problem_list *problems)
{
	struct buf text = {0};
	int rc = folder_read(AT_FDCWD, path, FOLDER_FOLLOW, &text, NULL);

	if (rc)
		problem_add(problems, path, 0, "%s", folder_explain(rc));
	else
		form_of(path)->parse(path, text.data, text.len, list, problems, NULL);
	buf_free(&text);
}

void store_parse(const char *path, const struct buf *text, struct definition_list *list,
		 struct problem_list *problems)
{
	form_of(path)->parse(path, text->data, text->len, list, problems, NULL);
}

static bool is_file_name(const char *name)
{
	return name[0] != '.' && name_is_safe(name) && str_ends(name, ".conf");
}

/* The path leads to a file of one of the folders, as it is written. */
static bool is_in_folders(const char *path, const char *name)
{
	for (enum folder i = 0; i < FOLDER_COUNT; i++) {
		_cleanup_free_ char *known = folder_path(i, name);

		if (strcmp(known, path) == 0)
			return true;
	}
	return false;
}

int store_find_file(const char *text, char **ret_path, char **reterr)
{
	const char *slash = strrchr(text, '/'), *base = slash ? slash + 1 : text;
	_cleanup_free_ char *name = xasprintf("%s%s", base, str_ends(base, ".conf") ? "" : ".conf");

	if (!is_file_name(name) || (slash && !is_in_folders(text, name))) {
		_cleanup_free_ char *shown = quoted(text);

		set_text(reterr, "%s is no definition file%s", shown,
			 slash ? " in one of the folders that are read" : "");
		return -EINVAL;
	}
	for (enum folder i = 0; !slash && i < FOLDER_COUNT; i++) {
		_cleanup_free_ char *path = folder_path(i, name);

		if (file_look(path) != -ENOENT) {
			*ret_path = TAKE_PTR(path);
			return 0;
		}
	}
	*ret_path = slash ? xstrdup(text) : folder_path(FOLDER_ETC, name);
	return 0;
}

int store_own_files(struct strlist *ret_names, char **reterr)
{
	_cleanup_close_ int fd = folder_open(FOLDER_ETC);
	struct folder_entries entries = {0};
	int rc = fd < 0 ? fd : folder_list(fd, FOLDER_ETC, &entries);

	folder_entries_sort(&entries);
	for (size_t i = 0; i < entries.n; i++)
		strlist_add(ret_names, entries.v[i]->name);
	folder_entries_free(&entries);
	if (rc && rc != -ENOENT) {
		_cleanup_free_ char *path = folder_path(FOLDER_ETC, "");

		set_text(reterr, "%s: cannot be read: %s%s", path, strerror(-rc), root_hint(rc));
		return rc;
	}
	return 0;
}

char *store_own_path(const char *path)
{
	return folder_of(path) == FOLDER_USR ? folder_path(FOLDER_ETC, strrchr(path, '/') + 1) :
					       xstrdup(path);
}

void store_tell_watchers(void)
{
	mdevctl_folder_mark();
}

void store_leave_to_mdevctl(void)
{
	mdevctl_folder_leave_to_rule();
}
