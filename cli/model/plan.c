// SPDX-License-Identifier: GPL-2.0-or-later
/* What is defined against what is live: the ordered actions that bring one to the other. */
#include "model/plan.h"

#include "model/index.h"

const char *action_name(enum action_kind kind)
{
	static const char *const names[] = {
		[ACTION_DESTROY] = "destroy",	[ACTION_CREATE] = "create",
		[ACTION_KEEP] = "keep",		[ACTION_DIFFERS] = "differs",
		[ACTION_MANUAL] = "manual",	[ACTION_ABSENT] = "absent",
		[ACTION_SHADOWED] = "shadowed", [ACTION_OWN] = "own",
	};

	return names[kind];
}

/* A definition and its place in the order of the files. */
struct ranked {
	struct definition *def;
	size_t rank;
	const struct definition *meant; /* of this identity; NULL when no parent of it is there */
};

struct context {
	const struct plan_wish *wish;
	struct ranked *ranked; /* by identity, then in the order in which they count */
	size_t ranked_count;
	struct device_index live;
	struct plan *plan;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *first = a, *second = b;
	int order = identity_compare(&first->def->id, &second->def->id);

	if (!order)
		order = second->def->is_own - first->def->is_own;
	return order ? order : (first->rank > second->rank) - (first->rank < second->rank);
}

static int compare_rank(const void *a, const void *b)
{
	const struct ranked *first = a, *second = b;

	return (first->rank > second->rank) - (first->rank < second->rank);
}

static void sort(void *v, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	if (n)
		qsort(v, n, size, compare);
}

/*
 * The definition of one identity that is meant: the one that the live device was made by, so that
 * nothing is said against it; else the first whose parent is there.
 */
static const struct definition *choose(const struct context *context, const struct ranked *ranked,
				       size_t count)
{
	const struct device *live = device_index_live(&context->live, &ranked->def->id);
	const struct definition *first = NULL;

	for (size_t i = 0; i < count; i++) {
		if (live && device_is_as_defined(live, ranked[i].def))
			return ranked[i].def;
		if (!first && ranked[i].def->parent_name)
			first = ranked[i].def;
	}
	return first;
}

static void mark_meant(struct context *context)
{
	size_t count;

	for (size_t i = 0; i < context->ranked_count; i += count) {
		struct ranked *ranked = &context->ranked[i];
		const struct definition *meant;

		for (count = 1; i + count < context->ranked_count; count++)
			if (identity_compare(&ranked->def->id, &ranked[count].def->id) != 0)
				break;
		meant = choose(context, ranked, count);
		for (size_t j = 0; j < count; j++)
			ranked[j].meant = meant;
	}
}

static bool is_wished(const struct context *context, const char *parent)
{
	return !context->wish->parent || (parent && strcmp(parent, context->wish->parent) == 0);
}

/* A definition whose parent is not there concerns the parent that its device is live on. */
static bool concerns(const struct context *context, const struct definition *def,
		     const struct device *live)
{
	const struct plan_wish *wish = context->wish;

	if (wish->is_of_function && (def->has_vf ? def->vf != wish->vf : !wish->with_any))
		return false;
	return is_wished(context, def->parent_name ? def->parent_name : live ? live->parent : NULL);
}

static enum action_kind decide(const struct context *context, const struct ranked *ranked,
			       const struct device *live)
{
	const struct definition *def = ranked->def;

	if (!def->parent_name)
		return ACTION_ABSENT;
	if (ranked->meant != def)
		return ACTION_SHADOWED;
	if (!live)
		return def->is_auto || context->wish->all ? ACTION_CREATE : ACTION_MANUAL;
	return device_is_as_defined(live, def) ? ACTION_KEEP : ACTION_DIFFERS;
}

static void add_action(struct plan *plan, enum action_kind kind, struct definition *def,
		       struct device *dev)
{
	plan->v[plan->n++] = (struct action){.kind = kind, .def = def, .dev = dev};
}

/* Also where the parent of the definition is not there: it may come back. */
static bool is_defined(const struct context *context, const struct identity *id)
{
	size_t low = 0, high = context->ranked_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (identity_compare(&context->ranked[middle].def->id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < context->ranked_count &&
	       identity_compare(&context->ranked[low].def->id, id) == 0;
}

static void add_destroys(struct context *context)
{
	for (size_t i = 0; i < context->live.n; i++)
		if ((context->wish->foreign || !context->live.v[i]->is_foreign) &&
		    is_wished(context, context->live.v[i]->parent) &&
		    !is_defined(context, &context->live.v[i]->id))
			add_action(context->plan, ACTION_DESTROY, NULL, context->live.v[i]);
}

static void add_definitions(struct context *context)
{
	for (size_t i = 0; i < context->ranked_count; i++) {
		const struct ranked *ranked = &context->ranked[i];
		struct device *live = device_index_live(&context->live, &ranked->def->id);

		if (!concerns(context, ranked->def, live))
			continue;
		add_action(context->plan, decide(context, ranked, live), ranked->def, live);
		context->plan->v[context->plan->n - 1].meant = ranked->meant;
	}
}

void plan_make(const struct definition_list *definitions, const struct device_list *devices,
	       const struct plan_wish *wish, struct plan *ret_plan)
{
	struct context context = {.wish = wish, .plan = ret_plan};

	context.ranked = xcalloc(definitions->n, sizeof(*context.ranked));
	device_index_make(&context.live, devices, device_is_live, definitions->n + devices->n);
	ret_plan->v = xcalloc(definitions->n + devices->n, sizeof(*ret_plan->v));
	ret_plan->n = 0;

	for (size_t i = 0; i < definitions->n; i++)
		context.ranked[i] = (struct ranked){.def = definitions->v[i], .rank = i};
	context.ranked_count = definitions->n;
	sort(context.ranked, context.ranked_count, sizeof(*context.ranked), compare_ranked);

	mark_meant(&context);
	if (wish->prune)
		add_destroys(&context);
	sort(context.ranked, context.ranked_count, sizeof(*context.ranked), compare_rank);
	add_definitions(&context);
	free(context.ranked);
	device_index_free(&context.live);
}

bool plan_changes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		if (plan->v[i].kind == ACTION_CREATE || plan->v[i].kind == ACTION_DESTROY)
			return true;
	return false;
}

void plan_free(struct plan *plan)
{
	free(plan->v);
	*plan = (struct plan){0};
}
