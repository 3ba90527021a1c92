// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevctl list and types: what there is, byte for byte as mdevctl prints it. */
#include "base/msg.h"
#include "base/text.h"
#include "front/args.h"
#include "front/known.h"
#include "front/say.h"
#include "host/live.h"
#include "store/mdevctl_text.h"

#define GO(field) offsetof(struct args, field)

static const struct option_row list_options[] = {
	{"defined", 'd', OPTION_FLAG, NULL, "what is defined, instead of what is live",
	 GO(defined)},
	{"dumpjson", 0, OPTION_FLAG, NULL, "print JSON", GO(dumpjson)},
	{"verbose", 'v', OPTION_FLAG, NULL, "print attributes, too", GO(verbose)},
	{"uuid", 'u', OPTION_TEXT, "UUID", "this device only", GO(uuid)},
	{"parent", 'p', OPTION_TEXT, "PARENT", "devices of this parent only", GO(parent)},
	{"version", 'V', OPTION_STOP, NULL, "print the version", GO(version)},
	{"help", 'h', OPTION_STOP, NULL, "print this help", GO(help)},
	{0},
};

static const struct rule no_rules[] = {{0}};

/* A line of the list: how a device is, or shall be, and whether it is the other of the two. */
struct line {
	struct definition def;
	bool is_other;
};

struct listing {
	const struct args *args;
	struct known known;
	struct device_list devices;
	struct line *v;
	size_t n;
	struct arena arena; /* for attributes of live devices */
};

/* Of the command line's UUID and parent. */
static void load_live(struct listing *listing)
{
	const struct args *args = listing->args;
	struct device_list *list = &listing->devices;
	size_t kept = 0;

	if (args->id)
		(void)live_look_up(list, args->id);
	else if (!args->parent || name_is_safe(args->parent))
		live_devices(list, args->parent);
	for (size_t i = 0; i < list->n; i++)
		if (!list->v[i].id.instance &&
		    (!args->parent || strcmp(list->v[i].parent, args->parent) == 0))
			list->v[kept++] = list->v[i];
	list->n = kept;
	device_list_sort(list);
}

/* What a script says of them; what it fails to say is nothing. */
static void list_ask_scripts(struct listing *listing)
{
	for (size_t i = 0; i < listing->n; i++) {
		_cleanup_free_ char *error = NULL;

		(void)callout_ask_attributes(&listing->v[i].def, &listing->arena, &error);
	}
}

/* Live devices; "auto" is what their definition for the same parent says, whatever its type. */
static void list_live(struct listing *listing)
{
	load_live(listing);
	if (listing->devices.n)
		known_load(&listing->known, listing->args->id, listing->args->parent, KNOWN_BROKEN);
	known_warn_unread(&listing->known, listing->args->parent);
	listing->v = xcalloc(listing->devices.n, sizeof(*listing->v));
	for (size_t i = 0; i < listing->devices.n; i++) {
		const struct device *dev = &listing->devices.v[i];
		const struct definition *def = known_find(&listing->known, &dev->id, dev->parent);

		listing->v[listing->n++] = (struct line){
			.def = {.id = dev->id,
				.parent = dev->parent,
				.parent_name = dev->parent,
				.type = dev->type,
				.is_auto = def && def->is_auto},
			.is_other = def != NULL,
		};
	}
}

/* Definitions; one is active when the device is live on its parent with its type. */
static void list_defined(struct listing *listing)
{
	struct device_index live;

	known_load(&listing->known, listing->args->id, listing->args->parent, 0);
	known_warn(&listing->known, listing->args->parent);
	if (listing->known.n)
		load_live(listing);
	device_index_make(&live, &listing->devices, NULL, listing->known.n);
	listing->v = xcalloc(listing->known.n, sizeof(*listing->v));
	for (size_t i = 0; i < listing->known.n; i++) {
		const struct definition *def = listing->known.v[i];
		const struct device *dev = device_index_live(&live, &def->id);

		listing->v[listing->n++] = (struct line){
			.def = *def,
			.is_other = dev && device_is_as_defined(dev, def),
		};
	}
	device_index_free(&live);
}

/* The value as it is: nothing in it is escaped. */
static void add_attrs(struct buf *text, const struct definition *def)
{
	if (def->attr_count)
		buf_addf(text, "  Attrs:\n");
	for (size_t i = 0; i < def->attr_count; i++)
		buf_addf(text, "    @{%zu}: {\"%s\":\"%s\"}\n", i, def->attrs[i].name,
			 def->attrs[i].value);
}

static void format_text(const struct listing *listing, struct buf *text)
{
	const char *other = listing->args->defined ? " (active)" : " (defined)";

	for (size_t i = 0; i < listing->n; i++) {
		const struct line *line = &listing->v[i];
		char uuid[IDENTITY_TEXT_SIZE];

		buf_add_text(text, identity_format_uuid(&line->def.id, uuid));
		buf_add(text, " ", 1);
		buf_add_text(text, line->def.parent_name);
		buf_add(text, " ", 1);
		buf_add_text(text, line->def.type);
		buf_add_text(text, line->def.is_auto ? " auto" : " manual");
		buf_add_text(text, line->is_other ? other : "");
		buf_add(text, "\n", 1);
		if (listing->args->verbose)
			add_attrs(text, &line->def);
	}
}

/* The one alone where a UUID was given, so that it can be stored as a definition. */
static void format_json(const struct listing *listing, struct buf *text)
{
	_cleanup_free_ struct definition **defs = xcalloc(listing->n, sizeof(struct definition *));
	const struct strlist none = {0};

	for (size_t i = 0; i < listing->n; i++)
		defs[i] = &listing->v[i].def;
	if (listing->args->id && listing->n == 1)
		mdevctl_format(defs[0], &none, text);
	else
		mdevctl_format_list(defs, listing->n, text);
}

static int list_run(const struct args *args, const char *word)
{
	struct listing listing = {.args = args};
	struct buf text = {0};
	int status;

	(void)word;
	if (args->defined)
		list_defined(&listing);
	else
		list_live(&listing);
	if (!args->defined)
		list_ask_scripts(&listing);
	if (args->dumpjson)
		format_json(&listing, &text);
	else
		format_text(&listing, &text);
	status = say_output(&text, "Failed to write data");
	buf_free(&text);
	free(listing.v);
	arena_free(&listing.arena);
	device_list_free(&listing.devices);
	known_free(&listing.known);
	return status;
}

const struct verb verb_list = {
	.command =
		{
			.name = "list",
			.summary = "List devices",
			.synopsis = " [OPTION]...",
			.words = WORDS_ANY,
			.options = list_options,
		},
	.rules = no_rules,
	.run = list_run,
};
