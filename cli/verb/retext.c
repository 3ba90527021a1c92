// SPDX-License-Identifier: GPL-2.0-or-later
/* A file of definitions gets another text, and scripts are asked of each definition that differs.
 */
#include "verb/retext.h"

#include "base/text.h"
#include "host/parent.h"
#include "store/change.h"
#include "store/definition.h"
#include "store/store.h"
#include "verb/callout.h"

#include <errno.h>

/* A definition that differs. */
struct step {
	enum script_action action;
	struct definition *def; /* as it is to be, or was where it goes */
	const struct definition *old; /* NULL where it comes */
	const char *path;
};

struct steps {
	struct step *v;
	size_t n;
	struct definition_list before, after;
	struct parent_index parents;
};

static void parse(const char *path, const struct buf *text, struct definition_list *list)
{
	struct problem_list problems = {0};

	store_parse(path, text, list, &problems);
	problem_list_free(&problems);
}

/* The one of the same identity and parent. */
static struct definition *find_same(const struct definition_list *list,
				    const struct definition *def)
{
	for (size_t i = 0; i < list->n; i++)
		if (identity_compare(&list->v[i]->id, &def->id) == 0 &&
		    strcmp(list->v[i]->parent, def->parent) == 0)
			return list->v[i];
	return NULL;
}

static void add_step(struct steps *steps, enum script_action action, struct definition *def,
		     const struct definition *old, const char *path)
{
	(void)parent_resolve(&steps->parents, def->parent, &def->parent_name);
	steps->v[steps->n++] = (struct step){action, def, old, path};
}

/* What goes comes first, for it makes room. */
static void find_steps(struct steps *steps, const struct retext *retext)
{
	struct definition_list *before = &steps->before, *after = &steps->after;

	parse(retext->path, retext->before, before);
	parse(retext->path, retext->after, after);
	steps->v = xcalloc(before->n + after->n, sizeof(*steps->v));
	for (size_t i = 0; i < before->n; i++)
		if (!find_same(after, before->v[i]))
			add_step(steps, SCRIPT_UNDEFINE, before->v[i], before->v[i], retext->path);
	for (size_t i = 0; i < after->n; i++) {
		struct definition *old = find_same(before, after->v[i]);

		if (!old)
			add_step(steps, SCRIPT_DEFINE, after->v[i], NULL, retext->path);
		else if (!definition_same(old, after->v[i]))
			add_step(steps, SCRIPT_MODIFY, after->v[i], old, retext->path);
	}
}

static void free_steps(struct steps *steps)
{
	free(steps->v);
	definition_list_free(&steps->before);
	definition_list_free(&steps->after);
	parent_index_free(&steps->parents);
}

/* For callout_do(). */
static struct disk_change replace(void *arg, char **reterr)
{
	const struct retext *retext = arg;

	return store_replace_text(retext->path, retext->in_path, retext->after, reterr);
}

/* For store_change(): where it stands is no part of what it says. */
static int become(struct definition *def, struct arena *arena, void *arg, char **reterr)
{
	const struct definition was = *def;

	(void)arena, (void)reterr;
	*def = *(const struct definition *)arg;
	def->file = was.file;
	def->line = was.line;
	def->place = was.place;
	return 0;
}

/* For callout_do(): this definition alone. */
static struct disk_change take_step(void *arg, char **reterr)
{
	const struct step *step = arg;
	struct removal removal = {.def = step->old};
	_cleanup_free_ char *path = NULL;

	if (step->action == SCRIPT_MODIFY)
		return store_change(step->old, become, step->def, reterr);
	if (step->action == SCRIPT_DEFINE)
		return store_add(step->def, strrchr(step->path, '/') + 1, &path, reterr);
	store_remove(&removal, 1);
	if (removal.error)
		set_text(reterr, "%s", removal.error);
	free(removal.error);
	return removal.result;
}

static struct disk_change take_steps(struct steps *steps, char **reterr)
{
	struct disk_change change = disk_change_of(0);

	for (size_t i = 0; i < steps->n && change.kind != CHANGE_FAILED; i++) {
		struct step *step = &steps->v[i];
		const struct definition *def = step->def;
		char text[IDENTITY_TEXT_SIZE];

		change = callout_do(step->action, def, 0, take_step, step, reterr);
		if (change.kind == CHANGE_FAILED)
			set_text(reterr, "%s: %s%s", identity_format(&def->id, text), *reterr,
				 i ? " (definitions that come before it have been changed)" : "");
	}
	return change;
}

/* Now the definitions are as they shall be, unless somebody else has changed them, too. */
static struct disk_change take_text(const struct steps *steps, const struct retext *retext,
				    char **reterr)
{
	struct definition_list list = {0};
	struct disk_change change;
	struct buf now = {0};
	int rc = store_read_text(retext->path, &now, reterr);
	bool is_same;

	parse(retext->path, &now, &list);
	is_same = list.n == steps->after.n;
	for (size_t i = 0; is_same && i < list.n; i++) {
		const struct definition *wanted = find_same(&steps->after, list.v[i]);

		is_same = wanted && definition_same(list.v[i], wanted);
	}
	definition_list_free(&list);
	if (rc && rc != -ENOENT) {
		change = disk_change_of(rc);
	} else if (!is_same) {
		set_text(reterr, "%s was changed by somebody else meanwhile", retext->path);
		change = disk_change_of(-ESTALE);
	} else {
		change = store_replace_text(retext->path, &now, retext->after, reterr);
	}
	buf_free(&now);
	return change;
}

static struct disk_change one_by_one(struct steps *steps, const struct retext *retext,
				     char **reterr)
{
	struct disk_change change = disk_change_of(0);

	/* What came with a package is changed in a copy, which says the same at first. */
	if (retext->in_path->len != retext->before->len)
		change = store_replace_text(retext->path, retext->in_path, retext->before, reterr);
	if (change.kind != CHANGE_FAILED)
		change = take_steps(steps, reterr);
	return change.kind == CHANGE_FAILED ? change : take_text(steps, retext, reterr);
}

struct disk_change retext_write(const struct retext *retext, char **reterr)
{
	struct steps steps = {0};
	struct disk_change change;

	if (!callout_is_any())
		return replace((void *)retext, reterr);
	find_steps(&steps, retext);
	if (!steps.n)
		change = replace((void *)retext, reterr);
	else if (steps.n == 1)
		change = callout_do(steps.v[0].action, steps.v[0].def, 0, replace, (void *)retext,
				    reterr);
	else
		change = one_by_one(&steps, retext, reterr);
	free_steps(&steps);
	return change;
}
