// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevctl undefine: remove definitions, wherever they are. */
#include "base/msg.h"
#include "front/args.h"
#include "front/known.h"
#include "front/say.h"
#include "store/change.h"
#include "verb/cmd.h"

#define GO(field) offsetof(struct args, field)

static const struct option_row undefine_options[] = {
	{"uuid", 'u', OPTION_TEXT, "UUID", "the UUID", GO(uuid)},
	{"parent", 'p', OPTION_TEXT, "PARENT", "for this parent only", GO(parent)},
	{"force", 'f', OPTION_FLAG, NULL, "go on though a script refuses it", GO(force)},
	{"help", 'h', OPTION_STOP, NULL, "print this help", GO(help)},
	{0},
};

static const struct rule undefine_rules[] = {
	{RULE_NEEDS, "", {"uuid"}},
	{0},
};

/* One that does not count goes, too: else it would come back. */
static bool undefine_one(const struct definition *def, enum callout_flags flags)
{
	struct removal removal = {.def = def};
	char uuid[IDENTITY_TEXT_SIZE];

	cmd_remove_definitions(&removal, 1, flags);
	if (removal.result.kind != CHANGE_DONE)
		msg_warning("Undefine of %s on parent %s failed with error: %s",
			    identity_format(&def->id, uuid), def->parent_name, removal.error);
	free(removal.error);
	return removal.result.kind == CHANGE_DONE;
}

static int undefine_run(const struct args *args, const char *word)
{
	struct known known = {0};
	bool all = true;
	int status = DONE;

	(void)word;
	known_load(&known, args->id, args->parent, KNOWN_ALL | KNOWN_BROKEN);
	known_warn_strangers(&known, args->parent);
	/* One for another parent may be there, and would be left: all, or none. */
	if (known_is_unread(&known, args->parent, 0))
		status = FAILED;
	else if (!known.n)
		status = say_error("No devices match the specified uuid");
	for (size_t i = 0; status == DONE && i < known.n; i++)
		all &= undefine_one(known.v[i], args->force ? CALLOUT_FORCE : 0);
	if (!all)
		status = say_error("Undefine failed");
	known_free(&known);
	return status;
}

const struct verb verb_undefine = {
	.command =
		{
			.name = "undefine",
			.summary = "Remove definitions; live devices stay",
			.synopsis = " -u UUID [OPTION]...",
			.words = WORDS_DEFINED,
			.options = undefine_options,
		},
	.rules = undefine_rules,
	.run = undefine_run,
};
