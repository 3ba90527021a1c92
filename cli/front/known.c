// SPDX-License-Identifier: GPL-2.0-or-later
/* What is defined, as mdevctl has words for it: a UUID on a parent. */
#include "front/known.h"

#include "base/msg.h"
#include "base/sort.h"
#include "base/text.h"
#include "front/say.h"
#include "host/kind.h"

/*
 * What mdevctl calls the parent: by its name in sysfs. One that is not there, and is named in
 * another way, has none.
 */
static const char *parent_of(const struct definition *def)
{
	if (def->is_mdevctls)
		return def->parent;
	if (def->parent_name)
		return def->parent_name;
	return parent_is_name(def->parent) ? def->parent : NULL;
}

static int compare(const struct definition *def, const struct identity *id, const char *parent)
{
	int order = def->parent_name == parent ? 0 : strcmp(def->parent_name, parent);

	return order ? order : identity_compare(&def->id, id);
}

/* Of one UUID and parent, the one that is in the file named for it comes first, as elsewhere. */
static bool is_before(const void *a, const void *b)
{
	const struct definition *first = a, *second = b;
	int order = compare(first, &second->id, second->parent_name);

	return order ? order < 0 : first->is_own && !second->is_own;
}

/* libvirt takes all that mdevctl lists for mediated devices. */
static bool is_of_mdev(const struct definition *def)
{
	return !def->has_vf && kind_of_type(def->parent_name, def->type)->number == INSTANCE_MDEV;
}

static void take(struct known *known, struct definition *def, const struct identity *id,
		 const char *parent)
{
	def->parent_name = parent_of(def);
	if (!def->parent_name || def->id.instance || (id && identity_compare(&def->id, id) != 0) ||
	    (parent && strcmp(def->parent_name, parent) != 0) || !is_of_mdev(def))
		return;
	known->v[known->n++] = def;
}

/*
 * The first of a UUID and a parent counts: mdevctl's stand behind all others. Of mdevctl's alone
 * there are several where names of files write one UUID in several ways.
 */
static void drop_doubled(struct known *known)
{
	size_t kept = 0;

	for (size_t i = 0; i < known->n; i++) {
		const struct definition *def = known->v[i];
		const struct definition *last = kept ? known->v[kept - 1] : NULL;

		if (!last || last->is_mdevctls || compare(last, &def->id, def->parent_name) != 0)
			known->v[kept++] = known->v[i];
	}
	known->n = kept;
}

void known_load(struct known *known, const struct identity *id, const char *parent,
		enum known_flags flags)
{
	const struct definition_list *list = &known->inventory.definitions;
	struct mdevctl_folder_query query = {.parent = parent};
	char text[IDENTITY_TEXT_SIZE], *word = text;
	struct identity_filter filter = {0};

	if (id) {
		identity_format(id, text);
		identity_filter_make(&filter, 1, &word);
		query.filter = &filter;
		query.named = flags & KNOWN_BY_NAME ? id : NULL;
	}
	inventory_load_by_names(&known->inventory, &query);
	identity_filter_free(&filter);
	known->v = xcalloc(list->n + list->broken_count, sizeof(*known->v));
	for (size_t i = 0; i < list->n; i++)
		take(known, list->v[i], id, parent);
	for (size_t i = 0; flags & KNOWN_BROKEN && i < list->broken_count; i++)
		take(known, list->broken[i], id, parent);
	sort_pointers(known->v, known->n, is_before);
	if (!(flags & KNOWN_ALL))
		drop_doubled(known);
}

struct definition *known_find(const struct known *known, const struct identity *id,
			      const char *parent)
{
	size_t low = 0, high = known->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(known->v[middle], id, parent) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < known->n && compare(known->v[low], id, parent) == 0 ? known->v[low] : NULL;
}

void known_free(struct known *known)
{
	free(known->v);
	inventory_free(&known->inventory);
	*known = (struct known){0};
}

/* The path is one of a file for the parent, as far as it can be known. */
static bool may_be_of(const char *path, const char *parent)
{
	_cleanup_free_ char *folder = xstrdup(path);
	char *slash = strrchr(folder, '/');

	if (slash)
		*slash = '\0';
	return !parent ||
	       (slash && str_ends(folder, parent) && slash - folder > (ptrdiff_t)strlen(parent) &&
		slash[-(ptrdiff_t)strlen(parent) - 1] == '/');
}

void known_warn_strangers(const struct known *known, const char *parent)
{
	const struct strlist *strangers = &known->inventory.definitions.strangers;

	for (size_t i = 0; i < strangers->n; i++) {
		const char *name = strrchr(strangers->v[i], '/') + 1;
		struct identity id;

		if (may_be_of(strangers->v[i], parent) && identity_parse_uuid(name, &id) < 0)
			msg_warning("Can't determine uuid for file '%s'", name);
	}
}

/* What could not be read may have defined something for the parent. */
static bool may_define(const struct problem *problem, const char *parent)
{
	return problem->is_unread &&
	       (!parent || !mdevctl_folder_is_of_another(problem->file, parent));
}

void known_warn_unread(const struct known *known, const char *parent)
{
	const struct problem_list *problems = &known->inventory.problems;

	for (size_t i = 0; i < problems->n; i++)
		if (may_define(&problems->v[i], parent))
			msg_warning("%s", problems->v[i].text);
}

void known_warn(const struct known *known, const char *parent)
{
	const struct problem_list *problems = &known->inventory.problems;

	known_warn_strangers(known, parent);
	for (size_t i = 0; i < problems->n; i++)
		if (!problems->v[i].is_unread && may_be_of(problems->v[i].file, parent))
			msg_warning("%s", problems->v[i].text);
	known_warn_unread(known, parent);
}

/* The file is one of mdevctl's, by its name. */
static bool is_broken_file(const struct known *known, const char *file)
{
	const struct definition_list *list = &known->inventory.definitions;

	for (size_t i = 0; i < list->broken_count; i++)
		if (strcmp(list->broken[i]->file, file) == 0)
			return true;
	return false;
}

bool known_is_unread(const struct known *known, const char *parent, enum known_flags flags)
{
	const struct problem_list *problems = &known->inventory.problems;

	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *problem = &problems->v[i];

		if (!may_define(problem, parent) ||
		    (!(flags & KNOWN_BROKEN) && is_broken_file(known, problem->file)))
			continue;
		say_error("%s", problem->text);
		return true;
	}
	/* A parent that was not found for that could make it another definition that is meant. */
	return say_unread_error();
}

bool known_is_broken(const struct known *known, const struct identity *id, const char *parent)
{
	const struct definition_list *list = &known->inventory.definitions;
	const struct problem_list *problems = &known->inventory.problems;

	for (size_t i = 0; i < list->broken_count; i++) {
		const struct definition *def = list->broken[i];

		if (identity_compare(&def->id, id) != 0 ||
		    (parent && strcmp(def->parent, parent) != 0))
			continue;
		for (size_t j = 0; j < problems->n; j++)
			if (strcmp(problems->v[j].file, def->file) == 0)
				say_error("%s", problems->v[j].text);
		return true;
	}
	return false;
}

char *known_name(const struct identity *id, const char *parent)
{
	char text[IDENTITY_TEXT_SIZE];

	identity_format(id, text);
	return parent ? xasprintf("%s/%s", parent, text) : xstrdup(text);
}
