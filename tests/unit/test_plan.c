// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan from what is defined and what is live: its actions and their order. */
#include "model/plan.h"
#include "tap.h"

#define A "aaaa0000-509f-382f-3c1e-e6bfe0fa1001"
#define B "bbbb0000-509f-382f-3c1e-e6bfe0fa1001"
#define C "cccc0000-509f-382f-3c1e-e6bfe0fa1001"

struct host {
	struct definition_list definitions;
	struct device_list devices;
};

/* parent_name NULL: the parent is not there. */
static void define(struct host *host, const char *identity, const char *parent_name, bool is_auto)
{
	struct definition *def = definition_list_add(&host->definitions);

	identity_parse(identity, &def->id);
	def->parent = parent_name ? parent_name : "absent";
	def->parent_name = parent_name;
	def->type = "t";
	def->is_auto = is_auto;
}

static void make(struct host *host, const char *identity, const char *parent, const char *type)
{
	struct device *dev = device_list_add(&host->devices);

	identity_parse(identity, &dev->id);
	dev->name = arena_strdup(&host->devices.arena, identity);
	dev->parent = parent;
	dev->type = type;
}

/* The plan as text: the action and the first digit of the identity, one after the other. */
static void expect(struct host *host, const struct plan_wish *wish, const char *expected,
		   const char *what)
{
	struct buf text = {0};
	struct plan plan;

	plan_make(&host->definitions, &host->devices, wish, &plan);
	buf_add(&text, "", 0);
	for (size_t i = 0; i < plan.n; i++) {
		const struct action *action = &plan.v[i];
		char identity[IDENTITY_TEXT_SIZE];

		identity_format(action->def ? &action->def->id : &action->dev->id, identity);
		buf_addf(&text, "%s%s %c", i ? ", " : "", action_name(action->kind), identity[0]);
	}
	is_text(text.data, expected, what);
	buf_free(&text);
	plan_free(&plan);
}

static void clear(struct host *host)
{
	definition_list_free(&host->definitions);
	device_list_free(&host->devices);
}

int main(void)
{
	static const struct plan_wish normal = {0}, all = {.all = true}, prune = {.prune = true};
	static const struct plan_wish on_q = {.parent = "q"};
	static const struct plan_wish prune_q = {.parent = "q", .prune = true};
	struct host host = {0};

	expect(&host, &normal, "", "nothing defined, nothing live");
	expect(&host, &prune, "", "and nothing to prune");
	make(&host, C, "p", "t");
	expect(&host, &normal, "", "what is only live is left alone");
	expect(&host, &prune, "destroy c", "unless it is to be pruned");
	clear(&host);

	define(&host, B, "p", true);
	define(&host, A, "p", false);
	expect(&host, &normal, "create b, manual a", "auto is created, in the order of the files");
	expect(&host, &all, "create b, create a", "with all, the others too");
	make(&host, B, "p", "t");
	expect(&host, &normal, "keep b, manual a", "what is live is kept");
	expect(&host, &prune, "keep b, manual a", "and not pruned");
	clear(&host);

	define(&host, A, "p", true);
	make(&host, A, "p", "other");
	expect(&host, &normal, "differs a", "another type is a difference");
	expect(&host, &prune, "differs a", "that pruning leaves alone");
	clear(&host);
	define(&host, A, "p", true);
	make(&host, A, "q", "t");
	expect(&host, &normal, "differs a", "another parent is a difference");
	expect(&host, &prune, "differs a", "that pruning leaves alone as well");
	expect(&host, &prune_q, "", "and so does pruning of that parent");
	clear(&host);

	define(&host, A, NULL, true);
	define(&host, A, "q", true);
	define(&host, A, "p", true);
	expect(&host, &normal, "absent a, create a, shadowed a",
	       "of several definitions the first whose parent is there is meant");
	expect(&host, &on_q, "create a", "one parent: only what is defined for it");
	make(&host, A, "q", "t");
	expect(&host, &normal, "absent a, keep a, shadowed a", "and it stays so when it is live");
	clear(&host);
	define(&host, A, "q", true);
	define(&host, A, "p", true);
	make(&host, A, "p", "t");
	expect(&host, &normal, "shadowed a, keep a", "live by a later one, that one is meant");
	expect(&host, &prune, "shadowed a, keep a", "and it is not pruned");
	clear(&host);
	define(&host, A, "q", true);
	define(&host, A, "p", true);
	make(&host, A, "p", "other");
	expect(&host, &normal, "differs a, shadowed a", "live by none, the first is meant");
	clear(&host);

	define(&host, A, NULL, true);
	make(&host, A, "q", "t");
	make(&host, B, "q", "t");
	make(&host, C, "p", "t");
	expect(&host, &prune_q, "destroy b, absent a",
	       "pruning one parent spares the others, and what is defined for one that is not there");
	expect(&host, &prune, "destroy b, destroy c, absent a", "what is destroyed comes first");
	clear(&host);

	define(&host, A, "p", true);
	define(&host, A ":1", "p", true);
	make(&host, A ":1", "p", "t");
	expect(&host, &normal, "create a, keep a",
	       "instances of one UUID are devices of their own");
	clear(&host);
	return tap_end();
}
