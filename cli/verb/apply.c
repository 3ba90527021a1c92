// SPDX-License-Identifier: GPL-2.0-or-later
/* mdev apply: bring the host to what is defined. This is what udev runs. */
#include "base/msg.h"
#include "base/request.h"
#include "base/run_state.h"
#include "base/unread.h"
#include "host/card.h"
#include "host/kind.h"
#include "host/live.h"
#include "model/parent_map.h"
#include "store/store.h"
#include "verb/apply.h"
#include "verb/cmd.h"
#include "verb/listener.h"

#include <errno.h>

/*
 * How long an event waits for the run that does the work of all, and how long that one begins with
 * further parents. Where drivers need longer than that, each event does its own parent, all at
 * once.
 */
#define APPLY_TURN_SECONDS 1

#define GO(field) offsetof(struct apply_args, field)

static const struct option_row options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "only what concerns this parent", GO(parent)},
	{"all", 0, OPTION_FLAG, NULL, "create what is not auto, too", GO(all)},
	{"prune", 0, OPTION_FLAG, NULL, "destroy what is not defined", GO(prune)},
	{"foreign", 0, OPTION_FLAG, NULL, "with --prune: also what others made", GO(foreign)},
	{"wait", 0, OPTION_MAYBE, "S", "with UUIDs: wait for parents, S seconds (30)", GO(wait)},
	{"dry-run", 'n', OPTION_FLAG, NULL, "print what would be done, do nothing", GO(dry_run)},
	/* For the udev rule: nobody waits for the result, and the next event runs it again. */
	{"event", 0, OPTION_FLAG, NULL, OPTION_HIDDEN, GO(event)},
	/* The same for a card that has got its driver, if a file says what cards shall be. */
	{"card", 0, OPTION_FLAG, NULL, OPTION_HIDDEN, GO(card)},
	/* For the service that does the same without a run for each event. */
	{"listen", 0, OPTION_FLAG, NULL, OPTION_HIDDEN, GO(listen)},
	{0},
};

/* Definitions and parents as they are now, in place of those from before. */
static void apply_load(struct apply *apply)
{
	parent_map_free(&apply->by_parent);
	inventory_free(&apply->inventory);
	kind_forget();
	apply->enactment.distrusted = NULL;
	if (apply->args->parent || apply->args->listen)
		inventory_load_unsettled(&apply->inventory);
	else
		inventory_load_definitions(&apply->inventory);
	parent_map_make(&apply->by_parent, &apply->inventory.definitions);
}

/* Of what the words mean: what is live now, and what is defined. */
static void apply_select_named(struct apply *apply, const char *parent,
			       struct definition_list *ret_definitions)
{
	struct device_list *devices = &apply->inventory.devices;

	for (size_t i = 0; i < apply->id_count; i++) {
		const struct identity *id = &apply->ids[i];
		const struct device *dev = NULL;

		/* They are sorted, and two words may mean one. */
		if (!i || identity_compare(id, id - 1) != 0)
			dev = live_look_up(devices, id);
		if (dev && parent && strcmp(dev->parent, parent) != 0)
			devices->n--;
	}
	definition_index_select(&apply->inventory.by_identity, apply->ids, apply->id_count,
				ret_definitions);
}

static void apply_select_of_parent(struct apply *apply, const char *parent,
				   struct definition_list *ret_definitions)
{
	struct device_list *devices = &apply->inventory.devices;

	live_devices(devices, parent);
	parent_map_select(&apply->by_parent, &apply->inventory.by_identity, parent, devices,
			  ret_definitions);
	inventory_settle(&apply->inventory, ret_definitions);
}

/* Ends the lock where scripts will be run. */
static void apply_plan(struct apply *apply, const struct plan_wish *wish, int *lock)
{
	struct definition_list selected = {0}, *definitions = &selected;
	struct device_list *devices = &apply->inventory.devices;
	struct plan plan;

	device_list_free(devices);
	if (apply->ids) {
		apply_select_named(apply, wish->parent, &selected);
	} else if (wish->parent) {
		apply_select_of_parent(apply, wish->parent, &selected);
	} else {
		live_devices(devices, NULL);
		definitions = &apply->inventory.definitions;
	}
	device_list_sort(devices);
	plan_make(definitions, devices, wish, &plan);
	if (*lock >= 0 && plan_changes(&plan) && callout_is_any()) {
		cleanup_close(lock);
		*lock = -1;
	}
	enact_plan(&apply->enactment, &plan);
	plan_free(&plan);
	definition_list_free(&selected);
}

/* The parent that all is on, or to come to, that the words mean; NULL when there are several. */
static const char *apply_named_parent(const struct apply *apply)
{
	const char *parent = NULL;

	for (size_t i = 0; i < apply->named.n; i++) {
		if (parent && strcmp(apply->named.v[i].parent, parent) != 0)
			return NULL;
		parent = apply->named.v[i].parent;
	}
	return parent;
}

/*
 * One apply of a parent at a time: udev starts one for each event, and the second of two must not
 * find instances whose attributes the first is still writing. A negative errno with a reason in
 * *reterr where the parent cannot be locked in that time.
 */
static int apply_locked(struct apply *apply, const struct plan_wish *wish, unsigned int seconds,
			char **reterr)
{
	const char *parent = wish->parent ? wish->parent : apply_named_parent(apply);
	_cleanup_close_ int lock = run_state_lock(parent, seconds, reterr);

	if (lock < 0)
		return lock;
	apply_plan(apply, wish, &lock);
	return 0;
}

static void apply_report_problem(struct apply *apply, const char *text)
{
	enact_complain(&apply->enactment, "%s", text);
	output_word(NULL, &(struct outcome){.code = CODE_UNREADABLE, .error = text});
}

/*
 * What is wrong in the files, whichever parent they are for. It comes after the work: a file of a
 * million bad lines holds up no instance that is defined in another one.
 */
void apply_report_problems(struct apply *apply)
{
	const struct problem_list *problems = &apply->inventory.problems;

	for (size_t i = 0; i < problems->n; i++)
		apply_report_problem(apply, problems->v[i].text);
}

/* What could not be read elsewhere; see base/unread. */
static void report_unread(struct apply *apply)
{
	struct strlist texts = {0};

	unread_take(&texts);
	for (size_t i = 0; i < texts.n; i++)
		apply_report_problem(apply, texts.v[i]);
	strlist_free(&texts);
}

static void count_into(struct buf *text, size_t count, const char *what)
{
	if (count)
		buf_addf(text, "%s%zu %s", text->len ? ", " : "", count, what);
}

/* The last line for a user: "2 created, 5 kept, 1 failed". */
static void apply_summarize(const struct apply *apply)
{
	static const struct {
		enum action_kind kind;
		const char *what;
	} rows[] = {
		{ACTION_DESTROY, "destroyed"}, {ACTION_CREATE, "created"},
		{ACTION_KEEP, "kept"},	       {ACTION_OWN, "given to their owners"},
		{ACTION_MANUAL, "not auto"},   {ACTION_ABSENT, "without their parent"},
		{ACTION_SHADOWED, "shadowed"},
	};
	struct buf text = {0};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		count_into(&text, apply->enactment.counts[rows[i].kind], rows[i].what);
	count_into(&text, apply->enactment.failed, "failed");
	count_into(&text, apply->inventory.problems.n, "problem(s) in files");
	if (text.len)
		output_summary("%s", text.data);
	else if (apply->ids)
		output_summary("nothing is defined of that");
	else if (apply->args->parent)
		output_summary("nothing is defined for parent '%s'", apply->args->parent);
	else
		output_summary("nothing is defined");
	buf_free(&text);
}

/* Nothing but what was destroyed is lost by not pruning. */
static bool apply_may_prune(const struct apply *apply)
{
	if (!store_is_there())
		msg_error("nothing is destroyed: the folder of definitions is not there");
	else if (apply->inventory.problems.n)
		msg_error(
			"nothing is destroyed: a definition that cannot be read could be of a live device");
	else
		return true;
	return false;
}

/*
 * What the text names: a parent, or a virtual function of it. Of a function that is what is defined
 * for it. What may be on any function waits until all are there: before that it would come to
 * another one than after the next boot. 0, or as parent_resolve() fails.
 */
static int apply_resolve(struct apply *apply, const char *text, struct plan_wish *wish)
{
	int vf, rc = parent_resolve_function(&apply->inventory.parents, text, &wish->parent, &vf);

	wish->is_of_function = !rc && vf != VF_ANY;
	wish->vf = wish->is_of_function ? (uint32_t)vf : 0;
	wish->with_any = wish->is_of_function && card_is_whole(wish->parent);
	return rc;
}

/* A parent that udev has seen may be gone again; then its definitions are those of an absent one.
 */
static bool is_gone(struct apply *apply)
{
	struct plan_wish wish;

	return apply->args->event && apply->args->parent &&
	       apply_resolve(apply, apply->args->parent, &wish) == -ENOENT;
}

/* Then there is nothing to lock, and nothing of the parent to read. */
static bool apply_has_nothing(struct apply *apply, const struct plan_wish *wish)
{
	if (wish->prune)
		return false;
	return wish->parent && !apply->ids ? !parent_map_has(&apply->by_parent, wish->parent) :
					     !apply->inventory.definitions.n;
}

/* Before instances are made on them; name: of the only one, or of a function of it, or NULL. */
static void apply_prepare(struct apply *apply, const char *name)
{
	if (cards_prepare(&apply->cards, &apply->enactment, &apply->inventory.definitions, name))
		apply_load(apply);
}

static int apply_wish(struct apply *apply, const struct plan_wish *wish)
{
	_cleanup_free_ char *error = NULL;
	int rc, no_lock = -1;

	if (apply_has_nothing(apply, wish))
		return DONE;
	if (apply->args->dry_run) {
		apply_plan(apply, wish, &no_lock);
		return DONE;
	}
	rc = apply_locked(apply, wish, ENACT_LOCK_SECONDS, &error);
	if (rc)
		output_fail(code_of(rc), "%s", error);
	return rc ? FAILED : DONE;
}

int apply_do(struct apply *apply, struct plan_wish *wish)
{
	int status;

	if (wish->prune && !apply_may_prune(apply)) {
		wish->prune = false;
		apply->enactment.status = FAILED;
	}
	status = apply_wish(apply, wish);
	apply_report_problems(apply);
	if (status == DONE && !apply->args->event && !apply->args->dry_run)
		apply_summarize(apply);
	return status;
}

/*
 * The address of the card that the text means, if that has a section. The card may be a parent, and
 * so may each of its virtual functions. NULL for any other text.
 */
static const char *apply_card_of(struct apply *apply, const char *text)
{
	struct definition_list *list = &apply->inventory.definitions;
	const char *address;

	if (!text || !list->card_count || cards_resolve(&apply->cards, text, &address) ||
	    !cards_section(&apply->cards, list, address))
		return NULL;
	return address;
}

static int apply_if_parent(struct apply *apply, const char *name, struct plan_wish *wish)
{
	if (parent_resolve(&apply->inventory.parents, name, &wish->parent))
		return DONE;
	return apply_wish(apply, wish);
}

/* The card and its functions, one after the other. */
static int apply_card(struct apply *apply, const char *address, struct plan_wish *wish)
{
	struct pci_functions functions;
	int status = apply_if_parent(apply, address, wish);

	if (!pci_read_all_functions(address, &functions))
		functions.enabled = 0;
	for (unsigned int i = 0; i < functions.enabled; i++) {
		_cleanup_free_ char *name = pci_function_address(&functions, i);

		if (apply_if_parent(apply, name, wish) != DONE)
			status = FAILED;
	}
	apply_report_problems(apply);
	if (status == DONE && !apply->args->event && !apply->args->dry_run)
		apply_summarize(apply);
	return status;
}

/* By hand, or an event that does its own parent alone. */
static int apply_alone(struct apply *apply)
{
	struct plan_wish wish = {.all = apply->args->all,
				 .prune = apply->args->prune,
				 .foreign = apply->args->foreign};
	const char *text = apply->args->parent, *card = text;
	int status = DONE;

	apply_load(apply);
	if (text && apply->inventory.definitions.card_count)
		(void)cards_resolve(&apply->cards, text, &card);
	apply_prepare(apply, card);
	kind_forget();
	card = apply_card_of(apply, text);
	if (card)
		return apply_card(apply, card, &wish);
	if ((apply->args->event && !apply->inventory.definitions.n && !wish.prune) ||
	    is_gone(apply)) {
		apply_report_problems(apply);
		return DONE;
	}
	if (!text || apply_resolve(apply, text, &wish))
		status = cmd_parent(&cmd_apply, &apply->inventory, text, &wish.parent);
	return status == DONE ? apply_do(apply, &wish) : status;
}

/*
 * One parent of several, for which other runs are waited for so many seconds. False where another
 * run works on it: that run may have read the definitions before they were what they are now, so
 * the parent is to be done again.
 */
static bool apply_asked(struct apply *apply, const char *text, unsigned int seconds)
{
	_cleanup_free_ char *error = NULL;
	struct plan_wish wish = {0};
	int rc;

	apply_prepare(apply, text);
	/* A parent that udev has seen may be gone again. */
	if (card_is_of_any(&apply->cards.held, text) || apply_resolve(apply, text, &wish) ||
	    apply_has_nothing(apply, &wish))
		return true;
	rc = apply_locked(apply, &wish, seconds, &error);
	if (rc && seconds)
		output_fail(code_of(rc), "%s", error);
	return !rc;
}

/*
 * The run that asked for the own parent is this one. That of another one still waits for its turn,
 * and does it then.
 */
static unsigned int apply_patience(const struct apply *apply, const char *text)
{
	return strcmp(text, apply->args->parent) == 0 ? ENACT_LOCK_SECONDS : 0;
}

/*
 * The turn of this run: it does its own parent, and those of the runs that wait. The definitions
 * are read for each batch, after the requests were taken: so each finds what was defined when it
 * asked.
 */
static void apply_batches(struct apply *apply, struct requests *requests)
{
	int64_t until = clock_ms() + INT64_C(1000) * APPLY_TURN_SECONDS;
	struct strlist names = {0};

	requests_take(requests, apply->args->parent, &names);
	while (names.n) {
		apply_load(apply);
		for (size_t i = 0; i < names.n && (i == 0 || clock_ms() < until); i++)
			if (apply_asked(apply, names.v[i], apply_patience(apply, names.v[i])))
				requests_end(requests, names.v[i]);
		apply_report_problems(apply);
		strlist_free(&names);
		if (clock_ms() < until)
			requests_take(requests, NULL, &names);
	}
}

/* An event of a parent, of which many may come at once. */
static int apply_event(struct apply *apply)
{
	struct requests requests = REQUESTS_CLOSED;
	enum request_turn turn = REQUEST_ALONE;
	int rc = requests_open(&requests);

	/* A host where nothing is defined needs no folder for it. */
	if (rc == -ENOENT && store_is_empty())
		return DONE;
	if (rc == -ENOENT && requests_make() == 0)
		rc = requests_open(&requests);
	if (!rc)
		turn = requests_ask(&requests, apply->args->parent, APPLY_TURN_SECONDS);
	if (turn == REQUEST_OURS)
		apply_batches(apply, &requests);
	requests_close(&requests);
	return turn == REQUEST_ALONE ? apply_alone(apply) : DONE;
}

/*
 * Whether a file says what cards shall be. Where none does, the rule for udev is told so. A file
 * may get a section before that is told: then whoever wrote it has come too early to take it back,
 * so there is a second look after it.
 */
static bool apply_is_any_card(struct apply *apply)
{
	struct inventory *inventory = &apply->inventory;

	for (int looks = 0; looks < 2; looks++) {
		inventory_free(inventory);
		store_load(&inventory->definitions, &inventory->problems);
		if (inventory->definitions.card_count)
			return true;
		/* One that cannot be read may say it. */
		if (!looks && !inventory->problems.n)
			cards_tell_none();
	}
	apply_report_problems(apply);
	return false;
}

/* As the rule for udev has it: others that ask the same way can do it. */
static bool apply_can_ask(const struct apply_args *args)
{
	return args->event && !args->card && !args->all && !args->prune && !args->dry_run &&
	       args->parent && parent_is_name(args->parent);
}

static void apply_init(struct apply *apply, const struct apply_args *args)
{
	*apply = (struct apply){.args = args, .enactment = ENACTMENT};
	apply->enactment.inventory = &apply->inventory;
	apply->enactment.named = &apply->named;
	apply->enactment.held = &apply->cards.held;
	apply->enactment.flags = (args->dry_run ? ENACT_DRY_RUN : 0) |
				 (args->event ? ENACT_EVENT : 0);
	if (args->event)
		callout_limit(CALLOUT_EVENT_SECONDS);
	if (args->event || args->listen)
		store_leave_to_mdevctl();
}

static void apply_free(struct apply *apply)
{
	enactment_end(&apply->enactment);
	parent_map_free(&apply->by_parent);
	device_list_free(&apply->named);
	cards_end(&apply->cards);
	free(apply->ids);
	inventory_free(&apply->inventory);
}

/*
 * For the listener, in a process of its own. It waits for the first parent, as an event's run does;
 * what it does not get at once is the first of another process then.
 */
static void apply_batch(struct batch *batch, void *args)
{
	struct apply apply;

	apply_init(&apply, args);
	apply_load(&apply);
	for (size_t i = 0; batch_begin(batch, i); i++)
		if (apply_asked(&apply, batch->parents.v[i], i == 0 ? ENACT_LOCK_SECONDS : 0) ||
		    i == 0)
			batch_end(batch, i);
	apply_report_problems(&apply);
	report_unread(&apply);
	apply_free(&apply);
}

static int apply_run(const struct globals *globals, void *p, int word_count, char **words)
{
	const struct apply_args *args = p;
	struct apply apply;
	int64_t until;
	int status = cmd_wait_until(&cmd_apply, args->wait, &until);

	(void)globals;
	if (status != DONE)
		return status;
	if (args->wait && !word_count)
		return cmd_usage(&cmd_apply, "--wait goes with UUIDs");
	if (args->listen)
		return listener_run(apply_batch, p);
	apply_init(&apply, args);
	apply.until = args->dry_run ? 0 : until;
	/* Somebody looks at it now; afterwards the log may have all of it once more. */
	if (!args->event && !args->dry_run) {
		said_forget();
		store_tell_watchers();
	}
	if (args->card && !apply_is_any_card(&apply))
		status = DONE;
	else if (word_count)
		status = apply_words(&apply, word_count, words);
	else if (apply_can_ask(args))
		status = apply_event(&apply);
	else
		status = apply_alone(&apply);
	report_unread(&apply);
	status = status == DONE ? apply.enactment.status : status;
	apply_free(&apply);
	/* The log has what failed; udev would add the status to it, at each event anew. */
	return args->event && status == FAILED ? DONE : status;
}

const struct command cmd_apply = {
	.name = "apply",
	.summary = "Bring the host to what is defined: create what is auto and missing",
	.synopsis = "[OPTION]... [UUID[:INSTANCE]]...",
	.details =
		"With UUIDs those, whether auto or not; they may be shortened to four digits or\n"
		"more. Then one that is not defined, or whose parent is not there, is a failure.\n"
		"A device that is live as defined is left alone; one that differs is reported.\n"
		"Where a definition or a parent fails, the others are still done, and the exit\n"
		"status is 1. A parent that is not there is no failure.",
	.words = WORDS_DEFINED,
	.min_words = 0,
	.max_words = -1,
	.options = options,
	.output = OUTPUT_ACTION,
	.args_size = sizeof(struct apply_args),
	.run = apply_run,
};
