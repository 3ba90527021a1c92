// SPDX-License-Identifier: GPL-2.0-or-later
/* How a file of definitions is read and changed. */
#include "store/form.h"

#include "store/mdevctl_folder.h"
#include "store/mdevctl_text.h"
#include "store/section.h"

#include <errno.h>

static int open_sections(const char *path, struct folder_handle *ret, char **reterr)
{
	return folder_open_locked(folder_of(path), ret, reterr);
}

static int open_single(const char *path, struct folder_handle *ret, char **reterr)
{
	_cleanup_free_ char *parent = NULL;
	struct identity id;

	if (!mdevctl_folder_split(path, &parent, &id)) {
		set_text(reterr, "%s: neither a parent nor a UUID is in its path", path);
		return -EINVAL;
	}
	return mdevctl_folder_open_locked(parent, MDEVCTL_FOLDER_AS_IT_IS, ret, reterr);
}

/* The first thing that the form has no word for, NULL when it can say it all. */
static const char *find_unsayable(const struct definition *before, const struct definition *after)
{
	if (strcmp(before->parent, after->parent) != 0)
		return "another parent";
	if (after->params)
		return "parameters";
	if (after->description)
		return "a description";
	if (after->has_vf)
		return "a virtual function";
	if (after->owner)
		return "an owner";
	return after->mode ? "a mode" : NULL;
}

/* The members that are not known are kept as they are. */
static int change_single(struct buf *text, const struct definition_layout *layout, size_t which,
			 const struct definition *before, const struct definition *after,
			 char **reterr)
{
	const char *unsayable = find_unsayable(before, after);
	struct strlist members = {0};

	(void)layout, (void)which;
	if (unsayable) {
		set_text(reterr, "mdevctl's file cannot say %s; 'mdev import %s' moves it first",
			 unsayable, before->file);
		return -EINVAL;
	}
	mdevctl_find_members(text->data, &members);
	text->len = 0;
	mdevctl_format(after, &members, text);
	strlist_free(&members);
	return 0;
}

const struct form *form_of(const char *path)
{
	static const struct form sections = {
		.open_locked = open_sections,
		.parse = definition_parse,
		.change = section_change,
	};
	static const struct form single = {
		.is_single = true,
		.open_locked = open_single,
		.parse = mdevctl_folder_parse,
		.change = change_single,
	};

	return mdevctl_folder_has(path) ? &single : &sections;
}
