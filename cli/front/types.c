// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevctl types: what parents offer, byte for byte as mdevctl prints it. */
#include "base/msg.h"
#include "base/sysfs.h"
#include "base/text.h"
#include "front/args.h"
#include "front/say.h"
#include "host/layout.h"
#include "host/live.h"
#include "store/mdevctl_text.h"

#define GO(field) offsetof(struct args, field)

static const struct option_row types_options[] = {
	{"parent", 'p', OPTION_TEXT, "PARENT", "types of this parent only", GO(parent)},
	{"dumpjson", 0, OPTION_FLAG, NULL, "print JSON", GO(dumpjson)},
	{"help", 'h', OPTION_STOP, NULL, "print this help", GO(help)},
	{0},
};

static const struct rule no_rules[] = {{0}};

/* What is printed of a type: without blanks at both ends, and NULL where nothing is left. */
struct shown {
	const char *name;
	int32_t available;
	const char *device_api; /* may be "" */
	char *pretty_name, *description;
};

/* What is printed of a parent. */
struct offer {
	const char *parent;
	struct shown *v;
	size_t n;
};

static bool is_space(char c)
{
	return strchr(" \t\n\v\f\r", c) && c;
}

/* The caller frees it; NULL for NULL. */
static char *trim(const char *text)
{
	size_t len;

	if (!text)
		return NULL;
	while (is_space(*text))
		text++;
	len = strlen(text);
	while (len && is_space(text[len - 1]))
		len--;
	return xasprintf("%.*s", (int)len, text);
}

/* NULL when nothing is left. */
static char *trim_all(const char *text)
{
	char *trimmed = trim(text);

	if (trimmed && !*trimmed)
		free(TAKE_PTR(trimmed));
	return trimmed;
}

/* Each newline becomes ", ". */
static char *join_lines(const char *text)
{
	_cleanup_free_ char *trimmed = trim_all(text);
	struct buf joined = {0};

	for (const char *p = trimmed; p && *p; p++)
		buf_addf(&joined, *p == '\n' ? ", " : "%c", *p);
	return joined.data;
}

/* One that cannot be shown as it is left out, and nothing else. */
static void take_type(struct offer *offer, const struct type *type)
{
	struct shown shown = {.name = type->name, .device_api = type->device_api};

	if (!type->device_api || !type->available_text ||
	    parse_i32(type->available_text, &shown.available) < 0) {
		msg_warning("Type %s of parent %s is left out: its %s cannot be read", type->name,
			    type->parent, type->device_api ? "available_instances" : "device_api");
		return;
	}
	shown.pretty_name = trim_all(type->pretty_name);
	shown.description = join_lines(type->description);
	offer->v[offer->n++] = shown;
}

static void add_offer_text(const struct offer *offer, struct buf *text)
{
	buf_addf(text, "%s\n", offer->parent);
	for (size_t i = 0; i < offer->n; i++) {
		const struct shown *shown = &offer->v[i];
		_cleanup_free_ char *api = trim(shown->device_api);

		buf_addf(text, "  %s\n    Available instances: %d\n    Device API: %s\n",
			 shown->name, shown->available, api);
		if (shown->pretty_name)
			buf_addf(text, "    Name: %s\n", shown->pretty_name);
		if (shown->description)
			buf_addf(text, "    Description: %s\n", shown->description);
	}
}

static void add_member(struct buf *text, const char *key, const char *value)
{
	buf_addf(text, ",\n          \"%s\": ", key);
	mdevctl_add_text(text, value);
}

static void add_offer_json(const struct offer *offer, struct buf *text)
{
	mdevctl_add_text(text, offer->parent);
	buf_addf(text, ": [");
	for (size_t i = 0; i < offer->n; i++) {
		const struct shown *shown = &offer->v[i];
		_cleanup_free_ char *api = trim(shown->device_api);

		buf_addf(text, "%s\n      {\n        ", i ? "," : "");
		mdevctl_add_text(text, shown->name);
		buf_addf(text, ": {\n          \"available_instances\": %d", shown->available);
		add_member(text, "device_api", api);
		if (shown->pretty_name)
			add_member(text, "name", shown->pretty_name);
		if (shown->description)
			add_member(text, "description", shown->description);
		buf_addf(text, "\n        }\n      }");
	}
	buf_addf(text, offer->n ? "\n    ]" : "]");
}

/* Whether the text or the list goes on: the first parent begins the list. */
static void add_offer(const struct args *args, const struct offer *offer, struct buf *text)
{
	if (!args->dumpjson) {
		add_offer_text(offer, text);
		return;
	}
	buf_addf(text, text->len ? ",\n    " : "[\n  {\n    ");
	add_offer_json(offer, text);
}

static void show_parent(const struct args *args, const char *parent, struct buf *text)
{
	_cleanup_free_ char *folder = layout_parent(parent, LAYOUT_TYPES);
	struct type_list types = {0};
	struct offer offer = {.parent = parent};

	if (!sysfs_exists(SYSFS_TOP, folder)) {
		msg_warning("Parent %s is left out: it has no types", parent);
		return;
	}
	live_types(&types, parent);
	offer.v = xcalloc(types.n, sizeof(*offer.v));
	for (size_t i = 0; i < types.n; i++)
		take_type(&offer, &types.v[i]);
	add_offer(args, &offer, text);
	for (size_t i = 0; i < offer.n; i++) {
		free(offer.v[i].pretty_name);
		free(offer.v[i].description);
	}
	free(offer.v);
	type_list_free(&types);
}

static int types_run(const struct args *args, const char *word)
{
	struct strlist parents = {0};
	struct buf text = {0};
	int status;

	(void)word;
	(void)live_parents(&parents);
	for (size_t i = 0; i < parents.n; i++)
		if (!args->parent || strcmp(parents.v[i], args->parent) == 0)
			show_parent(args, parents.v[i], &text);
	if (args->dumpjson)
		buf_addf(&text, text.len ? "\n  }\n]" : "[]");
	status = say_output(&text, "Unable to write output");
	buf_free(&text);
	strlist_free(&parents);
	return status;
}

const struct verb verb_types = {
	.command =
		{
			.name = "types",
			.summary = "List parents and the types of device that they offer",
			.synopsis = " [OPTION]...",
			.options = types_options,
		},
	.rules = no_rules,
	.run = types_run,
};
