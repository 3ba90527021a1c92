// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev check: read definitions as apply would, and say what it would trip over. */
#include "base/msg.h"
#include "base/unread.h"
#include "model/plan.h"
#include "host/attribute.h"
#include "host/card.h"
#include "host/absent.h"
#include "host/kind.h"
#include "host/live.h"
#include "host/node.h"
#include "host/port.h"
#include "store/store.h"
#include "verb/cards.h"
#include "verb/cmd.h"

#include <errno.h>

static const struct option_row options[] = {{0}};

/* Instances of a type that apply would create, and the definition of the last one. */
struct demand {
	size_t count;
	const struct definition *last;
};

struct checker {
	struct inventory inventory;
	struct type_list types;
	struct demand *demands; /* one for each type */
	const char *doubted; /* the last parent that may be another one */
	size_t errors, warnings;
};

static void add_error(struct checker *checker, const struct problem *problem)
{
	checker->errors++;
	output_finding(
		&(struct finding){FINDING_ERROR, problem->file, problem->line, problem->what});
}

PRINTF_LIKE(3, 4)
static void warn(struct checker *checker, const struct definition *def, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	va_list args;

	va_start(args, fmt);
	what = xvasprintf(fmt, args);
	va_end(args);
	checker->warnings++;
	output_finding(&(struct finding){FINDING_WARNING, def->file, def->line, what});
}

static void check_type(struct checker *checker, const struct definition *def, bool is_demand)
{
	const struct type *type = type_list_find(&checker->types, def->parent_name, def->type);
	struct demand *demand;

	if (!type) {
		_cleanup_free_ char *lack = kind_lack_of_type(def->parent_name);

		if (!unread_count())
			warn(checker, def, "parent '%s' has no type '%s'%s%s", def->parent_name,
			     def->type, lack ? ": " : "", lack ? lack : "");
		return;
	}
	demand = &checker->demands[type - checker->types.v];
	demand->count += is_demand;
	if (is_demand)
		demand->last = def;
}

static void check_absent(struct checker *checker, const struct definition *def)
{
	struct parent_index *parents = &checker->inventory.parents;
	_cleanup_free_ char *error = NULL;
	const char *name;

	/* Any other reason than that it is not there is among the errors. */
	if (parent_resolve(parents, def->parent, &name) != -ENOENT)
		return;
	error = absent_explain(parents, def->parent);
	warn(checker, def, "%s", error);
}

static void check_shadowed(struct checker *checker, const struct definition *def,
			   const struct definition *meant)
{
	warn(checker, def, "the identity is defined in %s:%u for parent '%s', too, which is meant",
	     meant->file, meant->line, meant->parent);
}

/* Definitions of one parent mostly stand together: it is said of the first. */
static void check_parent(struct checker *checker, const struct definition *def)
{
	_cleanup_free_ char *doubt = NULL;

	if (checker->doubted && strcmp(checker->doubted, def->parent) == 0)
		return;
	doubt = port_doubt(&checker->inventory.parents, def->parent, def->parent_name);
	if (!doubt)
		return;
	checker->doubted = def->parent;
	warn(checker, def, "%s", doubt);
}

/* A guest knows a virtual function by its address. */
static void check_function(struct checker *checker, const struct definition *def)
{
	const struct definition *other = NULL; /* the first of that function */

	if (kind_of_type(def->parent_name, def->type)->number == INSTANCE_MDEV)
		return;
	if (!def->has_vf)
		warn(checker, def, "without 'vf' its address may change");
	else
		other = inventory_of_function(&checker->inventory, def->parent_name, def->vf);
	if (other && other != def)
		warn(checker, def, "virtual function %u is that of %s:%u, too", def->vf,
		     other->file, other->line);
}

static void check_action(struct checker *checker, const struct action *action)
{
	const struct definition *def = action->def;

	if (def->parent_name) {
		check_parent(checker, def);
		check_function(checker, def);
	}
	switch (action->kind) {
	case ACTION_ABSENT:
		check_absent(checker, def);
		break;
	case ACTION_SHADOWED:
		check_shadowed(checker, def, action->meant);
		break;
	case ACTION_DIFFERS:
		warn(checker, def, "it is live on parent '%s' with type '%s'", action->dev->parent,
		     action->dev->type);
		check_type(checker, def, false);
		break;
	default:
		check_type(checker, def, action->kind == ACTION_CREATE);
	}
}

/* Types may share their instances, so that there may be too many without this. */
static void check_demands(struct checker *checker)
{
	for (size_t i = 0; i < checker->types.n; i++) {
		const struct demand *demand = &checker->demands[i];
		const struct type *type = &checker->types.v[i];

		if (type->available != TYPE_UNKNOWN && !type->is_at_most &&
		    demand->count > (size_t)type->available)
			warn(checker, demand->last,
			     "%zu more instances of type '%s' are to be created on parent '%s', which has %lld left",
			     demand->count, type->name, type->parent, (long long)type->available);
	}
}

/* As far as the parent is there, which tells. */
static void check_has_functions(struct inventory *inventory, const struct definition *def)
{
	if (def->has_vf && def->parent_name &&
	    kind_of_type(def->parent_name, def->type)->number == INSTANCE_MDEV)
		problem_add(&inventory->problems, def->file, def->line,
			    "instances of type '%s' on parent '%s' have no 'vf'", def->type,
			    def->parent_name);
}

/* What apply would refuse before it makes the instance, whatever the host is like. */
static void check_forms(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->definitions.n; i++) {
		const struct definition *def = inventory->definitions.v[i];
		_cleanup_free_ char *error = NULL, *no_owner = NULL;
		struct node_wish wish;

		check_has_functions(inventory, def);
		if (attribute_check_definition(def, &error) < 0)
			problem_add(&inventory->problems, def->file, def->line, "%s", error);
		if (node_wish_of(def, &wish, &no_owner) < 0)
			problem_add(&inventory->problems, def->file, def->line, "%s", no_owner);
	}
	problem_list_end_file(&inventory->problems);
}

/* Once for a file; definitions come file by file. */
static void check_trust(struct checker *checker)
{
	const struct definition_list *list = &checker->inventory.definitions;

	for (size_t i = 0; i < list->n; i++) {
		struct definition of_file = *list->v[i];
		_cleanup_free_ char *error = NULL;

		if (i && strcmp(list->v[i - 1]->file, of_file.file) == 0)
			continue;
		of_file.line = 0;
		(void)store_check_trust(&of_file, &error);
		if (error)
			warn(checker, &of_file, "%s", error);
	}
}

/* In mdevctl's folder every file is to be one; a copy or a slip of the pen is not read. */
static void check_strangers(struct checker *checker)
{
	const struct strlist *paths = &checker->inventory.definitions.strangers;

	for (size_t i = 0; i < paths->n; i++)
		warn(checker, &(struct definition){.file = paths->v[i]},
		     "its name is no UUID, so it is not read");
}

/* What is wrong whatever the host is like is an error; the rest may be otherwise tomorrow. */
static bool check_card_name(struct checker *checker, struct cards *cards, const struct card *card,
			    const char **ret_address)
{
	const struct definition place = {.file = card->file, .line = card->line};
	int rc = cards_resolve(cards, card->parent, ret_address);
	_cleanup_free_ char *error = NULL;

	if (!rc)
		return true;
	if (rc == -ENOENT) {
		warn(checker, &place, "no card '%s' with virtual functions is there", card->parent);
		return false;
	}
	error = absent_explain(&cards->index, card->parent);
	problem_add(&checker->inventory.problems, card->file, card->line, "%s", error);
	return false;
}

static void check_functions(struct checker *checker, const struct card *card, const char *address)
{
	const struct definition place = {.file = card->file, .line = card->line};
	struct pci_functions functions;
	bool is_max = card->vfs == CARD_VFS_MAX;

	if (card->vfs == CARD_VFS_UNSET)
		warn(checker, &place, "without 'vfs' nothing is done for the card");
	else if (!pci_read_functions(address, &functions))
		return;
	else if (!is_max && card->vfs > functions.total)
		warn(checker, &place, "card '%s' can have %u virtual functions, not %u", address,
		     functions.total, card->vfs);
	else if (functions.enabled && functions.enabled != (is_max ? functions.total : card->vfs))
		warn(checker, &place, "card '%s' has %u virtual functions, and is left alone",
		     address, functions.enabled);
}

static void check_card(struct checker *checker, struct cards *cards, const struct card *card)
{
	const struct definition place = {.file = card->file, .line = card->line};
	_cleanup_free_ char *error = NULL;
	const struct card *meant;
	const char *address;

	if (card_check(card, &error))
		problem_add(&checker->inventory.problems, card->file, card->line, "%s", error);
	for (size_t i = 0; i < card->command_count; i++) {
		_cleanup_free_ char *program = root_path(card->commands[i].argv[0] + 1);

		if (access(program, X_OK) < 0)
			warn(checker, &place, "'%s' cannot be run: %s", card->commands[i].argv[0],
			     error_text(-errno));
	}
	if (!check_card_name(checker, cards, card, &address))
		return;
	meant = cards_section(cards, &checker->inventory.definitions, address);
	if (meant != card)
		warn(checker, &place, "the section in %s:%u is of the same card, which is meant",
		     meant->file, meant->line);
	else
		check_functions(checker, card, address);
}

static void check_cards(struct checker *checker)
{
	const struct definition_list *list = &checker->inventory.definitions;
	struct cards cards = {0};

	for (size_t i = 0; i < list->card_count; i++)
		check_card(checker, &cards, list->cards[i]);
	problem_list_end_file(&checker->inventory.problems);
	cards_end(&cards);
}

static void check(struct checker *checker)
{
	const struct problem_list *problems = &checker->inventory.problems;
	const struct plan_wish wish = {.parent = NULL};
	struct plan plan;

	check_forms(&checker->inventory);
	check_cards(checker);
	for (size_t i = 0; i < problems->n; i++)
		add_error(checker, &problems->v[i]);
	check_strangers(checker);
	check_trust(checker);
	inventory_load_devices(&checker->inventory, NULL);
	live_types(&checker->types, NULL);
	checker->demands = xcalloc(checker->types.n, sizeof(*checker->demands));
	plan_make(&checker->inventory.definitions, &checker->inventory.devices, &wish, &plan);
	for (size_t i = 0; i < plan.n; i++)
		check_action(checker, &plan.v[i]);
	check_demands(checker);
	plan_free(&plan);
	free(checker->demands);
}

static int check_run(const struct globals *globals, void *args, int word_count, char **words)
{
	struct checker checker = {.errors = 0};

	(void)globals, (void)args;
	if (word_count)
		inventory_load_files(&checker.inventory, word_count, words);
	else
		inventory_load_definitions(&checker.inventory);
	check(&checker);
	output_summary("definitions: %zu, errors: %zu, warnings: %zu",
		       checker.inventory.definitions.n, checker.errors, checker.warnings);
	type_list_free(&checker.types);
	inventory_free(&checker.inventory);
	return checker.errors ? FAILED : DONE;
}

const struct command cmd_check = {
	.name = "check",
	.summary = "Read definitions as apply would, and say what it would trip over",
	.synopsis = "[OPTION]... [FILE]...",
	.details =
		"Without a FILE it reads all files that apply reads. The exit status is 1 when\n"
		"there is an error. What depends on the host as it is now, such as a parent that\n"
		"is not there, is a warning.",
	.words = WORDS_PATHS,
	.min_words = 0,
	.max_words = -1,
	.options = options,
	.run = check_run,
};
