// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of definition files, which are whole or not at all. */
#include "store/change.h"

#include "base/file.h"
#include "base/sort.h"
#include "base/text.h"
#include "base/unread.h"
#include "model/card.h"
#include "store/definition.h"
#include "store/definition_file.h"
#include "store/folder.h"
#include "store/form.h"
#include "store/mdevctl_folder.h"
#include "store/mdevctl_put.h"
#include "store/section.h"

#include <errno.h>
#include <fcntl.h>

#define OWN_HEADER "# Written by mdev; change it with mdev or by hand.\n"

/* A file that is to be changed. */
struct loaded {
	struct buf text;
	struct definition_list list;
	struct definition_layout layout;
};

static void loaded_free(struct loaded *file)
{
	buf_free(&file->text);
	definition_list_free(&file->list);
	definition_layout_free(&file->layout);
}

/* One that does not parse is never overwritten. */
static int load_for_change(const struct folder_handle *folder, const char *path,
			   struct loaded *file, char **reterr)
{
	struct problem_list problems = {0};
	int rc = folder_read(folder->fd, strrchr(path, '/') + 1, 0, &file->text, NULL);

	if (rc == -ENOENT)
		return rc;
	if (rc) {
		set_text(reterr, "%s: %s", path, folder_explain(rc));
		return rc;
	}
	form_of(path)->parse(path, file->text.data, file->text.len, &file->list, &problems,
			     &file->layout);
	if (problems.n) {
		set_text(reterr, "%s (the file is left as it is)", problems.v[0].text);
		rc = -EBADMSG;
	}
	problem_list_free(&problems);
	return rc;
}

/*
 * The index of the definition of the same identity and parent; the length of the list for none.
 * first: where it is likely to be, and looked for at first.
 */
static size_t find_same(const struct definition_list *list, const struct definition *def,
			size_t first)
{
	for (size_t i = 0; i < list->n; i++) {
		size_t at = first + i < list->n ? first + i : first + i - list->n;

		if (identity_compare(&list->v[at]->id, &def->id) == 0 &&
		    strcmp(list->v[at]->parent, def->parent) == 0)
			return at;
	}
	return list->n;
}

/* A new file must not hide one that came with a package. */
static int check_not_hiding(const char *name, char **reterr)
{
	for (enum folder i = FOLDER_RUN; i < FOLDER_COUNT; i++) {
		_cleanup_free_ char *lower = folder_path(i, name);
		int rc = file_look(lower);

		if (rc == -ENOENT)
			continue;
		if (rc && !unread_is_absence(rc)) {
			set_text(reterr, "%s: cannot be read: %s%s", lower, strerror(-rc),
				 root_hint(rc));
			return rc;
		}
		set_text(reterr, "the new file would hide %s (choose another with --file)", lower);
		return -EEXIST;
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

/* What a changed file shall say: pointers to definitions, and to cards, of elsewhere. */
struct wanted {
	const struct definition **v;
	size_t n;
	struct card *const *cards;
	size_t card_count;
};

/* What the file says, and room for one more. */
static struct wanted want_all(const struct definition_list *list)
{
	struct wanted wanted = {xcalloc(list->n + 1, sizeof(struct definition *)), list->n,
				list->cards, list->card_count};

	for (size_t i = 0; i < list->n; i++)
		wanted.v[i] = list->v[i];
	return wanted;
}

/* Before a changed text is written: it is parsed, and must say what is wanted and nothing else. */
static int check_changed(const char *path, const struct buf *text, const struct wanted *wanted,
			 const char *hint, char **reterr)
{
	struct definition_list list = {0};
	struct problem_list problems = {0};
	bool same;

	form_of(path)->parse(path, text->data, text->len, &list, &problems, NULL);
	same = !problems.n && list.n == wanted->n && list.card_count == wanted->card_count;
	for (size_t i = 0; same && i < list.card_count; i++)
		same = card_same(list.cards[i], wanted->cards[i]);
	for (size_t i = 0; same && i < list.n; i++)
		same = definition_same(list.v[i], wanted->v[i]);
	if (!same)
		set_text(reterr, "%s cannot hold that%s%s", path, problems.n ? ": " : hint,
			 problems.n ? problems.v[0].text : "");
	problem_list_free(&problems);
	definition_list_free(&list);
	return same ? 0 : -EINVAL;
}

/* Puts the section behind all others. */
static int append(const char *path, struct loaded *file, const struct definition *def,
		  const struct buf *section, char **reterr)
{
	struct wanted wanted = want_all(&file->list);
	int rc;

	wanted.v[wanted.n++] = def;
	separate(&file->text);
	buf_add(&file->text, section->data, section->len);
	rc = check_changed(path, &file->text, &wanted, ": its [defaults] would hold for it, too",
			   reterr);
	free(wanted.v);
	return rc;
}

static struct disk_change add_to_file(const struct folder_handle *folder, const char *path,
				      const struct definition *def, const struct buf *section,
				      char **reterr)
{
	struct loaded file = {0};
	struct disk_change result;
	int rc = load_for_change(folder, path, &file, reterr);
	size_t same = find_same(&file.list, def, 0);

	if (rc == -ENOENT) {
		rc = check_not_hiding(strrchr(path, '/') + 1, reterr);
		file.text.len = 0;
		buf_add(&file.text, OWN_HEADER, strlen(OWN_HEADER));
	}
	if (!rc && same < file.list.n) {
		set_text(reterr, "it is already defined in %s:%u", path, file.list.v[same]->line);
		rc = -EEXIST;
	}
	if (!rc)
		rc = append(path, &file, def, section, reterr);
	result = rc ? disk_change_of(rc) :
		      definition_file_replace(folder, path, &file.text, reterr);
	loaded_free(&file);
	return result;
}

static int name_file(const struct definition *def, const char *file, char **ret_path, char **reterr)
{
	_cleanup_free_ char *name = NULL;
	char identity[IDENTITY_TEXT_SIZE];

	if (!file)
		file = identity_format_name(&def->id, identity);
	name = xasprintf("%s%s", file, str_ends(file, ".conf") ? "" : ".conf");
	if (name[0] == '.' || !name_is_safe(name)) {
		_cleanup_free_ char *shown = quoted(file);

		set_text(reterr, "%s cannot be the name of a definition file", shown);
		return -EINVAL;
	}
	*ret_path = folder_path(FOLDER_ETC, name);
	return 0;
}

/* What other programs read in mdevctl's folder: s390-tools look there for this parent's. */
static const char *const mdevctls_parents[] = {"matrix"};

static bool is_for_mdevctl(const struct definition *def)
{
	for (size_t i = 0; i < ARRAY_SIZE(mdevctls_parents); i++)
		if (strcmp(def->parent, mdevctls_parents[i]) == 0)
			return true;
	return false;
}

/* parent_name: what sysfs calls it; where that is not known, the text may be the same. */
static int check_not_mdevctls(const struct definition *def, char **reterr)
{
	const char *parent = def->parent_name ? def->parent_name : def->parent;
	_cleanup_free_ char *path = NULL;
	int rc;

	if (!name_is_safe(parent) || def->id.instance)
		return 0;
	rc = mdevctl_folder_find(parent, &def->id, &path);
	if (rc == -ENOENT)
		return 0;
	if (rc) {
		set_text(reterr, "%s: %s%s", path, strerror(-rc), root_hint(rc));
		return rc;
	}
	set_text(reterr, "it is already defined in %s", path);
	return -EEXIST;
}

enum add_over { ADD_NEW, ADD_OVER_MDEVCTLS };

static struct disk_change add_section(const struct definition *def, const char *file,
				      enum add_over over, char **ret_path, char **reterr)
{
	_cleanup_(folder_close) struct folder_handle folder = FOLDER_CLOSED;
	_cleanup_free_ char *path = NULL;
	struct buf section = {0};
	struct disk_change result;
	int rc = name_file(def, file, &path, reterr);

	if (!rc)
		rc = definition_format(def, &section, reterr);
	if (!rc)
		rc = folder_open_locked(FOLDER_ETC, &folder, reterr);
	if (!rc && over == ADD_NEW)
		rc = check_not_mdevctls(def, reterr);
	result = rc ? disk_change_of(rc) : add_to_file(&folder, path, def, &section, reterr);
	if (result.kind != CHANGE_FAILED)
		*ret_path = TAKE_PTR(path);
	buf_free(&section);
	return result;
}

struct disk_change store_add(const struct definition *def, const char *file, char **ret_path,
			     char **reterr)
{
	return !file && is_for_mdevctl(def) ? mdevctl_put(def, MDEVCTL_PUT_NEW, ret_path, reterr) :
					      add_section(def, file, ADD_NEW, ret_path, reterr);
}

struct disk_change store_move(const struct definition *def, char **ret_path, char **reterr)
{
	return add_section(def, NULL, ADD_OVER_MDEVCTLS, ret_path, reterr);
}

/* The file is one that store_add() made for a single device, and nothing else is left in it. */
static bool is_own_and_empty(const char *path, const struct definition *def, const struct buf *text)
{
	char identity[IDENTITY_TEXT_SIZE];
	_cleanup_free_ char *own = xasprintf("/%s.conf", identity_format_name(&def->id, identity));

	return str_ends(path, own) && str_starts(text->data, OWN_HEADER) &&
	       strspn(text->data + strlen(OWN_HEADER), "\n") == text->len - strlen(OWN_HEADER);
}

/* What came with a package is not changed; says what to do with the file in etc instead. */
static int check_not_packaged(const struct definition *def, const char *before, const char *after,
			      char **reterr)
{
	_cleanup_free_ char *own = folder_path(FOLDER_ETC, strrchr(def->file, '/') + 1);

	if (folder_of(def->file) != FOLDER_USR)
		return 0;
	set_text(reterr, "%s belongs to a package (%s %s%s)", def->file, before, own, after);
	return -EROFS;
}

static bool leaves_empty_own(const char *path, struct removal *const *removals, size_t count,
			     const struct buf *text)
{
	for (size_t i = 0; i < count; i++)
		if (is_own_and_empty(path, removals[i]->def, text))
			return true;
	return false;
}

/* Where the sections are that are to go. */
static int find_all(const struct loaded *file, const char *path, struct removal *const *removals,
		    size_t count, size_t *ret_which, char **reterr)
{
	size_t next = 0;

	for (size_t i = 0; i < count; i++) {
		const struct definition *def = removals[i]->def;
		char text[IDENTITY_TEXT_SIZE];

		ret_which[i] = find_same(&file->list, def, next);
		next = ret_which[i] + 1;
		if (ret_which[i] < file->list.n)
			continue;
		set_text(reterr, "%s is not in %s any more", identity_format(&def->id, text), path);
		return -ENOENT;
	}
	return 0;
}

/* Takes the sections out of the text. */
static int take_out(const char *path, struct loaded *file, const size_t *which, size_t count,
		    char **reterr)
{
	struct wanted wanted = want_all(&file->list);
	size_t kept = 0;
	int rc;

	section_remove(&file->text, &file->layout, which, count);
	for (size_t i = 0; i < count; i++)
		wanted.v[which[i]] = NULL;
	for (size_t i = 0; i < wanted.n; i++)
		if (wanted.v[i])
			wanted.v[kept++] = wanted.v[i];
	wanted.n = kept;
	rc = check_changed(path, &file->text, &wanted, "", reterr);
	free(wanted.v);
	return rc;
}

enum store_mode { STORE_WRITE, STORE_CHECK_ONLY };

static struct disk_change remove_from_file(const struct folder_handle *folder, const char *path,
					   struct removal *const *removals, size_t count,
					   enum store_mode mode, char **reterr)
{
	_cleanup_free_ size_t *which = xcalloc(count, sizeof(*which));
	struct loaded file = {0};
	struct disk_change result;
	int rc = load_for_change(folder, path, &file, reterr);

	if (!rc || rc == -ENOENT)
		rc = find_all(&file, path, removals, count, which, reterr);
	if (!rc)
		rc = take_out(path, &file, which, count, reterr);
	if (rc || mode == STORE_CHECK_ONLY)
		result = disk_change_of(rc);
	else if (leaves_empty_own(path, removals, count, &file.text))
		result = definition_file_remove(folder, path, reterr);
	else
		result = definition_file_replace(folder, path, &file.text, reterr);
	loaded_free(&file);
	return result;
}

/* A file of one definition goes with it, whatever is in it. */
static struct disk_change remove_single(const struct folder_handle *folder, const char *path,
					enum store_mode mode, char **reterr)
{
	struct stat st;

	if (fstatat(folder->fd, strrchr(path, '/') + 1, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		int rc = -errno;

		set_text(reterr, "%s: %s", path, strerror(-rc));
		return disk_change_of(rc);
	}
	return mode == STORE_CHECK_ONLY ? disk_change_of(0) :
					  definition_file_remove(folder, path, reterr);
}

/* All of one file. */
static void remove_together(struct removal *const *removals, size_t count, enum store_mode mode)
{
	const struct definition *first = removals[0]->def;
	_cleanup_(folder_close) struct folder_handle folder = FOLDER_CLOSED;
	_cleanup_free_ char *error = NULL;
	struct disk_change result;
	int rc = check_not_packaged(first, "to hide it, link", " to /dev/null", &error);

	if (!rc)
		rc = form_of(first->file)->open_locked(first->file, &folder, &error);
	if (rc)
		result = disk_change_of(rc);
	else if (form_of(first->file)->is_single)
		result = remove_single(&folder, first->file, mode, &error);
	else
		result = remove_from_file(&folder, first->file, removals, count, mode, &error);
	for (size_t i = 0; i < count; i++) {
		removals[i]->result = result;
		removals[i]->error = error ? xstrdup(error) : NULL;
	}
}

static bool is_removed_before(const void *a, const void *b)
{
	const struct definition *first = ((const struct removal *)a)->def;
	const struct definition *second = ((const struct removal *)b)->def;
	int order = strcmp(first->file, second->file);

	return order ? order < 0 : first->line < second->line;
}

static void remove_all(struct removal *removals, size_t count, enum store_mode mode)
{
	_cleanup_free_ struct removal **sorted = xcalloc(count, sizeof(struct removal *));
	size_t together;

	for (size_t i = 0; i < count; i++)
		sorted[i] = &removals[i];
	sort_pointers(sorted, count, is_removed_before);
	for (size_t i = 0; i < count; i += together) {
		for (together = 1; i + together < count; together++)
			if (strcmp(sorted[i]->def->file, sorted[i + together]->def->file) != 0)
				break;
		remove_together(&sorted[i], together, mode);
	}
}

void store_remove(struct removal *removals, size_t count)
{
	remove_all(removals, count, STORE_WRITE);
}

void store_check_remove(struct removal *removals, size_t count)
{
	remove_all(removals, count, STORE_CHECK_ONLY);
}

/* Changes the text so that it says new instead of the definition of that index. */
static int change_section(const char *path, struct loaded *file, size_t which,
			  const struct definition *new, char **reterr)
{
	struct wanted wanted = want_all(&file->list);
	int rc = form_of(path)->change(&file->text, &file->layout, which, wanted.v[which], new,
				       reterr);

	wanted.v[which] = new;
	if (!rc)
		rc = check_changed(path, &file->text, &wanted, "", reterr);
	free(wanted.v);
	return rc;
}

/* What the file will be, with the definition changed; false in *ret_changes when it says so
 * already. */
static int prepare_change(const struct folder_handle *folder, const struct definition *def,
			  store_change_fn change, void *arg, struct loaded *file, bool *ret_changes,
			  char **reterr)
{
	struct buf before = {0};
	struct definition new;
	size_t which;
	int rc = load_for_change(folder, def->file, file, reterr);

	*ret_changes = false;
	which = find_same(&file->list, def, 0);
	if (rc == -ENOENT || (!rc && which == file->list.n)) {
		set_text(reterr, "it is not in %s any more", def->file);
		return -ENOENT;
	}
	if (rc)
		return rc;
	new = *file->list.v[which];
	rc = change(&new, &file->list.arena, arg, reterr);
	/* A file of one definition may say the same in another way than it is written here. */
	if (rc || (definition_same(file->list.v[which], &new) && !form_of(def->file)->is_single))
		return rc;
	buf_add(&before, file->text.data, file->text.len);
	rc = change_section(def->file, file, which, &new, reterr);
	*ret_changes = before.len != file->text.len ||
		       memcmp(before.data, file->text.data, before.len) != 0;
	buf_free(&before);
	return rc;
}

static struct disk_change change_definition(const struct definition *def, store_change_fn change,
					    void *arg, enum store_mode mode, char **reterr)
{
	_cleanup_(folder_close) struct folder_handle folder = FOLDER_CLOSED;
	struct disk_change result;
	struct loaded file = {0};
	bool changes = false;
	int rc = check_not_packaged(def, "to change it, copy it to", "", reterr);

	if (!rc)
		rc = form_of(def->file)->open_locked(def->file, &folder, reterr);
	if (!rc)
		rc = prepare_change(&folder, def, change, arg, &file, &changes, reterr);
	if (rc || !changes || mode == STORE_CHECK_ONLY)
		result = disk_change_of(rc);
	else
		result = definition_file_replace(&folder, def->file, &file.text, reterr);
	loaded_free(&file);
	return result;
}

struct disk_change store_change(const struct definition *def, store_change_fn change, void *arg,
				char **reterr)
{
	return change_definition(def, change, arg, STORE_WRITE, reterr);
}

int store_check_change(const struct definition *def, store_change_fn change, void *arg,
		       char **reterr)
{
	return change_definition(def, change, arg, STORE_CHECK_ONLY, reterr).rc;
}

struct disk_change store_replace_text(const char *path, const struct buf *before,
				      const struct buf *after, char **reterr)
{
	_cleanup_(folder_close) struct folder_handle folder = FOLDER_CLOSED;
	struct disk_change result;
	struct buf now = {0};
	int rc = form_of(path)->open_locked(path, &folder, reterr);

	if (rc)
		return disk_change_of(rc);
	rc = folder_read(folder.fd, strrchr(path, '/') + 1, 0, &now, NULL);
	if (rc && rc != -ENOENT) {
		set_text(reterr, "%s: %s", path, folder_explain(rc));
		result = disk_change_of(rc);
	} else if (now.len != before->len ||
		   (now.len && memcmp(now.data, before->data, now.len) != 0)) {
		set_text(reterr, "%s was changed by somebody else meanwhile", path);
		result = disk_change_of(-ESTALE);
	} else {
		result = definition_file_replace(&folder, path, after, reterr);
	}
	buf_free(&now);
	return result;
}
