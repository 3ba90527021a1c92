// SPDX-License-Identifier: GPL-2.0-or-later
/* A definition that comes into mdevctl's folder. */
#include "store/mdevctl_put.h"

#include "store/definition_file.h"
#include "store/mdevctl_folder.h"
#include "store/mdevctl_text.h"
#include "store/store.h"

#include <errno.h>

static bool is_same(const struct definition *a, const struct definition *b)
{
	return identity_compare(&a->id, &b->id) == 0 && strcmp(a->parent, b->parent) == 0;
}

/* Of what could not be read nobody knows whether it defines it. */
static int check_read(const struct definition *def, const struct problem_list *problems,
		      char **reterr)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *problem = &problems->v[i];

		if (!problem->is_unread || mdevctl_folder_is_of_another(problem->file, def->parent))
			continue;
		set_text(reterr, "%s", problem->text);
		return -EBADMSG;
	}
	return 0;
}

/*
 * That no file defines it, of whichever form. Parents are compared as they are written; what they
 * are in sysfs the caller knows.
 */
static int check_no_other(const struct definition *def, char **reterr)
{
	char identity[IDENTITY_TEXT_SIZE], *word = identity;
	struct definition_list list = {0};
	struct problem_list problems = {0};
	struct identity_filter filter;
	const struct mdevctl_folder_query query = {&filter, def->parent, &def->id};
	int rc;

	identity_format(&def->id, identity);
	identity_filter_make(&filter, 1, &word);
	store_load_wanted(&query, &list, &problems);
	for (size_t i = 0; i < list.n; i++)
		if (is_same(list.v[i], def))
			set_text(reterr, "it is already defined in %s:%u", list.v[i]->file,
				 list.v[i]->line);
	for (size_t i = 0; i < list.broken_count; i++)
		if (is_same(list.broken[i], def))
			set_text(reterr, "it is already defined in %s, which cannot be read",
				 list.broken[i]->file);
	rc = *reterr ? -EEXIST : check_read(def, &problems, reterr);
	identity_filter_free(&filter);
	problem_list_free(&problems);
	definition_list_free(&list);
	return rc;
}

/* What mdevctl's form cannot say. */
static int check_sayable(const struct definition *def, char **reterr)
{
	_cleanup_free_ char *extras = mdevctl_export_extras(def);

	if (!extras)
		return 0;
	set_text(reterr, "mdevctl's file, where others look for it, has no word for: %s", extras);
	return -EINVAL;
}

struct disk_change mdevctl_put(const struct definition *def, enum mdevctl_put over, char **ret_path,
			       char **reterr)
{
	_cleanup_(folder_close) struct folder_handle folder = FOLDER_CLOSED;
	_cleanup_free_ char *path = mdevctl_folder_path(def->parent, &def->id);
	const struct strlist none = {0};
	struct disk_change result;
	struct buf text = {0};
	int rc = check_sayable(def, reterr);

	if (!rc)
		rc = mdevctl_folder_open_locked(def->parent, MDEVCTL_FOLDER_MADE, &folder, reterr);
	if (!rc && over == MDEVCTL_PUT_NEW)
		rc = check_no_other(def, reterr);
	mdevctl_format(def, &none, &text);
	result = rc ? disk_change_of(rc) : definition_file_replace(&folder, path, &text, reterr);
	if (result.kind != CHANGE_FAILED)
		*ret_path = TAKE_PTR(path);
	buf_free(&text);
	return result;
}
