// SPDX-License-Identifier: GPL-2.0-or-later
/* What is selected for one parent gives the plan that all definitions give for it. */
#include "model/parent_map.h"
#include "model/plan.h"
#include "tap.h"

static const char *const parents[] = {"p", "q", "0000:01:00.0", "p0", "nothing", NULL};
#define PARENTS (sizeof(parents) / sizeof(parents[0]) - 1)

/* The same sequence in every run. */
static unsigned int pick(unsigned int count)
{
	static unsigned int state = 1;

	state = state * 1103515245 + 12345;
	return (state >> 16) % count;
}

static void set_identity(struct identity *id, unsigned int number)
{
	*id = (struct identity){.instance = number % 2};
	id->uuid[0] = (unsigned char)(number / 2 + 1);
}

/* Few identities, so that many have several definitions; the last parent but NULL has none. */
static void define_some(struct definition_list *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct definition *def = definition_list_add(list);
		unsigned int parent = pick(PARENTS);

		set_identity(&def->id, pick(20));
		def->parent_name = parents[parent == PARENTS - 1 ? PARENTS : parent];
		def->parent = def->parent_name ? def->parent_name : "absent";
		def->type = pick(2) ? "t" : "u";
		def->is_auto = pick(2);
	}
}

static void make_some(struct device_list *list, const char *parent)
{
	for (unsigned int i = 0; i < 20; i++) {
		struct device *dev;

		if (pick(3))
			continue;
		dev = device_list_add(list);
		set_identity(&dev->id, i);
		dev->name = "live";
		dev->parent = parent;
		dev->type = pick(2) ? "t" : "u";
	}
}

static bool is_same_plan(const struct plan *a, const struct plan *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; same && i < a->n; i++)
		same = a->v[i].kind == b->v[i].kind && a->v[i].def == b->v[i].def &&
		       a->v[i].dev == b->v[i].dev && a->v[i].meant == b->v[i].meant;
	return same;
}

static bool plans_agree(const struct definition_list *all, const char *parent,
			const struct parent_map *map, const struct definition_index *by_identity)
{
	const struct plan_wish wish = {.parent = parent, .all = pick(2), .prune = pick(2)};
	struct definition_list selected = {0};
	struct device_list live = {0};
	struct plan whole, part;
	bool same;

	make_some(&live, parent);
	parent_map_select(map, by_identity, parent, &live, &selected);
	plan_make(all, &live, &wish, &whole);
	plan_make(&selected, &live, &wish, &part);
	same = is_same_plan(&whole, &part);
	plan_free(&whole);
	plan_free(&part);
	definition_list_free(&selected);
	device_list_free(&live);
	return same;
}

static bool has_agrees(const struct definition_list *all, const char *parent,
		       const struct parent_map *map)
{
	bool has = false;

	for (size_t i = 0; i < all->n; i++) {
		const char *name = all->v[i]->parent_name;

		has = has || (name && strcmp(name, parent) == 0);
	}
	return has == parent_map_has(map, parent);
}

int main(void)
{
	bool plans_are_same = true, all_are_known = true;

	for (unsigned int count = 0; count < 60; count++) {
		struct definition_index by_identity;
		struct definition_list list = {0};
		struct parent_map map;

		define_some(&list, count);
		definition_index_make(&by_identity, &list);
		parent_map_make(&map, &list);
		for (size_t i = 0; i < PARENTS; i++) {
			plans_are_same &= plans_agree(&list, parents[i], &map, &by_identity);
			all_are_known &= has_agrees(&list, parents[i], &map);
		}
		parent_map_free(&map);
		definition_index_free(&by_identity);
		definition_list_free(&list);
	}
	ok(plans_are_same, "what is selected for a parent gives the same plan as all");
	ok(all_are_known, "whether something is defined for a parent");
	return tap_end();
}
