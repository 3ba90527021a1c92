// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev apply UUID...: what the words mean, once their parents have come and their cards are ready.
 */
#include "base/unread.h"
#include "host/card.h"
#include "host/kind.h"
#include "store/store.h"
#include "verb/apply.h"
#include "verb/cmd.h"

#include <errno.h>

/* How often --wait looks whether a parent has come, in milliseconds. */
#define APPLY_POLL_MS 100

static bool apply_is_defined(const struct device *dev)
{
	return dev->def != NULL;
}

static const char *apply_absence(const struct plan_wish *wish)
{
	if (wish->prune)
		return wish->parent ? "it is neither live on that parent nor defined for it" :
				      "it is neither live nor defined";
	return wish->parent ? "it is not defined for that parent" : "it is not defined";
}

/* What the words mean as of now. */
static int apply_find(struct apply *apply, struct plan_wish *wish, int word_count, char **words)
{
	struct inventory *inventory = &apply->inventory;
	int status;

	inventory_free(inventory);
	kind_forget();
	status = cmd_parent(&cmd_apply, inventory, apply->args->parent, &wish->parent);
	if (status != DONE)
		return status;
	inventory_load_words(inventory, NEED_DEFINITIONS | NEED_DEVICES, wish->parent, word_count,
			     words);
	return cmd_identities(&cmd_apply, &inventory->devices,
			      wish->prune ? NULL : apply_is_defined, apply_absence(wish),
			      word_count, words, apply->ids);
}

/* A parent of the identity may come yet, and so far there is none. */
static bool apply_lacks_parent(struct apply *apply, const struct identity *id)
{
	struct inventory *inventory = &apply->inventory;
	bool lacks = false;
	size_t count;
	struct definition *const *defs = definition_index_find(&inventory->by_identity, id, &count);
	const char *name;

	if (device_list_find_live(&inventory->devices, id) ||
	    inventory_definition(inventory, id, NULL))
		return false;
	for (size_t i = 0; i < count; i++)
		lacks |= parent_resolve(&inventory->parents, defs[i]->parent, &name) == -ENOENT;
	return lacks;
}

static bool apply_lacks_parents(struct apply *apply)
{
	for (size_t i = 0; i < apply->id_count; i++)
		if (apply_lacks_parent(apply, &apply->ids[i]))
			return true;
	return false;
}

/* It cannot be made, or not yet, and a card that is not as its section says may be why. */
static bool apply_may_lack_card(struct apply *apply, const struct identity *id)
{
	const struct definition *def;

	if (device_list_find_live(&apply->inventory.devices, id))
		return false;
	def = inventory_definition(&apply->inventory, id, NULL);
	return !def || card_is_begun(def->parent_name);
}

/* Prepares the cards that an identity is defined for. True when that was tried. */
static bool apply_prepare_cards_of(struct apply *apply, const struct definition_list *all,
				   const struct identity *id)
{
	struct definition *const *defs;
	bool any = false;
	size_t count;

	defs = definition_index_find(&apply->inventory.by_identity, id, &count);
	for (size_t i = 0; i < count; i++) {
		const char *address = cards_of_definition(&apply->cards, defs[i]);

		if (address && !card_is_of_any(&apply->cards.held, address))
			any |= cards_prepare(&apply->cards, &apply->enactment, all, address);
	}
	return any;
}

static bool apply_may_lack_cards(struct apply *apply)
{
	for (size_t i = 0; i < apply->id_count; i++)
		if (apply_may_lack_card(apply, &apply->ids[i]))
			return true;
	return false;
}

/* Sections of cards may stand in any file, so all are read, once one could matter. */
static bool apply_prepare_named(struct apply *apply)
{
	struct definition_list all = {0};
	struct problem_list problems = {0};
	bool any = false;

	if (!apply_may_lack_cards(apply))
		return false;
	store_load(&all, &problems);
	for (size_t i = 0; i < apply->id_count && all.card_count; i++)
		if (apply_may_lack_card(apply, &apply->ids[i]))
			any |= apply_prepare_cards_of(apply, &all, &apply->ids[i]);
	problem_list_free(&problems);
	definition_list_free(&all);
	return any;
}

/* The words, when their parents have come, or as long as those are waited for. */
static int apply_find_in_time(struct apply *apply, struct plan_wish *wish, int word_count,
			      char **words)
{
	int status = apply_find(apply, wish, word_count, words);

	while (status == DONE && clock_ms() < apply->until && !unread_count() &&
	       apply_lacks_parents(apply)) {
		usleep(APPLY_POLL_MS * 1000);
		status = apply_find(apply, wish, word_count, words);
	}
	if (status == DONE && apply_prepare_named(apply))
		status = apply_find(apply, wish, word_count, words);
	return status;
}

int apply_words(struct apply *apply, int word_count, char **words)
{
	struct plan_wish wish = {
		.all = true, .prune = apply->args->prune, .foreign = apply->args->foreign};
	int status;

	apply->enactment.flags |= ENACT_NAMED | (apply->args->wait ? ENACT_WAIT : 0);
	apply->ids = xcalloc((size_t)word_count, sizeof(*apply->ids));
	apply->id_count = (size_t)word_count;
	status = apply_find_in_time(apply, &wish, word_count, words);
	apply->named = apply->inventory.devices;
	apply->inventory.devices = (struct device_list){0};
	/* What is asked for may stand in a file that cannot be read. */
	if (status == FAILED)
		apply_report_problems(apply);
	if (status == DONE)
		status = apply_do(apply, &wish);
	enact_await_udev(&apply->enactment);
	/* On that parent: the warning has said which other definition is meant. */
	if (wish.parent && apply->enactment.counts[ACTION_SHADOWED])
		status = FAILED;
	return status;
}
