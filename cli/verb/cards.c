// SPDX-License-Identifier: GPL-2.0-or-later
/* Brings cards to what sections [parent NAME] say. */
#include "verb/cards.h"

#include "base/file.h"
#include "base/msg.h"
#include "base/process.h"
#include "host/absent.h"
#include "host/card.h"

#include <errno.h>
#include <fcntl.h>

/* The rule for udev looks for it. */
#define NONE_FILE "run/mdev/no-cards"

#define SYSTEMD_RUNS "run/systemd/system"
#define SYSTEMCTL_SECONDS 30

int cards_resolve(struct cards *cards, const char *text, const char **ret_address)
{
	if (!cards->is_indexed)
		card_index_make(&cards->index);
	cards->is_indexed = true;
	return parent_resolve(&cards->index, text, ret_address);
}

const struct card *cards_section(struct cards *cards, const struct definition_list *list,
				 const char *address)
{
	const char *found;

	for (size_t i = 0; i < list->card_count; i++)
		if (cards_resolve(cards, list->cards[i]->parent, &found) == 0 &&
		    strcmp(found, address) == 0)
			return list->cards[i];
	return NULL;
}

const char *cards_of_definition(struct cards *cards, const struct definition *def)
{
	const char *name = def->parent_name ? def->parent_name : def->parent, *address;
	_cleanup_free_ char *function = NULL;
	const struct pci_functions *owner = NULL;
	unsigned int nth;

	if (cards_resolve(cards, name, &address) == 0)
		return address;
	function = pci_address(name);
	if (function)
		owner = pci_owner(&cards->index.pci, function, &nth);
	return owner ? owner->address : NULL;
}

PRINTF_LIKE(4, 5)
static void cards_fail(struct enactment *enactment, const struct card *card, const char *address,
		       const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	va_list args;

	va_start(args, fmt);
	what = xvasprintf(fmt, args);
	va_end(args);
	enact_complain(enactment, "cannot prepare card '%s' (%s:%u): %s", address, card->file,
		       card->line, what);
}

static bool has_systemd(void)
{
	_cleanup_free_ char *path = root_path(SYSTEMD_RUNS);

	return root_is_host() && file_look(path) == 0;
}

/* It is not waited for: the unit takes as long as the vendor's program does, and udev may not. */
static int start_unit(const char *address, char **reterr)
{
	static const char *const places[] = {"/usr/bin/systemctl", "/bin/systemctl"};
	_cleanup_free_ char *unit = xasprintf("mdev-vfs@%s.service", address);
	char *argv[] = {NULL, (char *)"--no-block", (char *)"start", unit, NULL};
	const struct process process = {
		.argv = argv, .err_max = 4096, .seconds = SYSTEMCTL_SECONDS};
	int rc = -ENOENT;

	for (size_t i = 0; rc == -ENOENT && i < ARRAY_SIZE(places); i++) {
		_cleanup_(process_result_free) struct process_result result = {0};

		argv[0] = (char *)places[i];
		rc = process_run(&process, &result);
		if (!rc && (result.end != PROCESS_EXITED || result.status)) {
			set_text(reterr, "unit %s cannot be started: %s", unit,
				 result.err.data ? result.err.data : "systemctl failed");
			return -EIO;
		}
	}
	if (rc)
		set_text(reterr, "unit %s cannot be started: systemctl: %s", unit, error_text(rc));
	return rc;
}

/* For an event: somebody else does it, or is asked to; true when it is to be done here. */
static bool cards_leave_to_others(struct enactment *enactment, const struct card *card,
				  const char *address, int lock)
{
	_cleanup_free_ char *error = NULL;

	if (lock < 0)
		return true;
	if (!has_systemd())
		return false;
	if (start_unit(address, &error))
		cards_fail(enactment, card, address, "%s", error);
	return true;
}

/* Leaves *ret_is_tried true where something may have changed. True when the card is ready. */
static bool cards_prepare_one(struct enactment *enactment, const struct card *card,
			      const char *address, bool *ret_is_tried)
{
	bool is_event = enactment->flags & ENACT_EVENT;
	_cleanup_free_ char *error = NULL;
	_cleanup_close_ int lock = -1;

	if (enactment->flags & ENACT_DRY_RUN) {
		msg_info("card '%s' would be prepared first (%s:%u)", address, card->file,
			 card->line);
		return false;
	}
	lock = card_lock(address, is_event ? 0 : ENACT_LOCK_SECONDS, &error);
	if (is_event && cards_leave_to_others(enactment, card, address, lock))
		return false;
	if (lock < 0) {
		cards_fail(enactment, card, address, "%s", error);
		return false;
	}
	*ret_is_tried = true;
	/* Another run may have done it while this one waited. */
	if (!card_is_unready(card, address) || card_prepare(card, address, &error) == 0)
		return true;
	cards_fail(enactment, card, address, "%s", error);
	return false;
}

/* What is wrong with the name of the card in a section. */
static void cards_report_name(struct cards *cards, struct enactment *enactment,
			      const struct card *card, int rc)
{
	_cleanup_free_ char *error = NULL;

	if (rc == -EINVAL || rc == -ENOTUNIQ) {
		error = absent_explain(&cards->index, card->parent);
		enact_complain(enactment, "%s:%u: %s", card->file, card->line, error);
	} else if (rc == -ENOENT && !(enactment->flags & ENACT_EVENT)) {
		msg_warning("%s:%u: no card '%s' with virtual functions is there, ignoring",
			    card->file, card->line, card->parent);
	}
}

bool cards_prepare(struct cards *cards, struct enactment *enactment,
		   const struct definition_list *list, const char *name)
{
	bool any = false;

	if (!list->card_count)
		return false;
	cards_tell_some();
	for (size_t i = 0; i < list->card_count; i++) {
		const struct card *card = list->cards[i];
		const char *address;
		int rc = cards_resolve(cards, card->parent, &address);

		if (rc && !name)
			cards_report_name(cards, enactment, card, rc);
		if (rc || (name && !card_is_of(address, name)) ||
		    cards_section(cards, list, address) != card || !card_is_unready(card, address))
			continue;
		if (!cards_prepare_one(enactment, card, address, &any))
			strlist_add(&cards->held, address);
	}
	return any;
}

void cards_tell_none(void)
{
	_cleanup_free_ char *run = root_path("run"), *folder = root_path("run/mdev");
	_cleanup_free_ char *path = root_path(NONE_FILE);
	int fd;

	/* Where that cannot be said the rule runs the program each time. */
	if (folder_make(run) < 0 || folder_make(folder) < 0)
		return;
	fd = file_open(path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0644);
	if (fd >= 0)
		close(fd);
}

void cards_tell_some(void)
{
	_cleanup_free_ char *path = root_path(NONE_FILE);

	(void)file_unlink(path);
}

void cards_end(struct cards *cards)
{
	parent_index_free(&cards->index);
	strlist_free(&cards->held);
	*cards = (struct cards){0};
}
