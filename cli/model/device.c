// SPDX-License-Identifier: GPL-2.0-or-later
/* The model: identities, definitions, devices and lists of them. */
#include "model/device.h"

#include "base/sort.h"
#include "base/text.h"

#include <errno.h>

/* What a path may have in the kernel. */
#define ATTR_NAME_MAX 4095

void attr_add(struct attr **attrs, size_t *n, struct arena *arena, const char *name,
	      const char *value)
{
	/* Room for 4, 8, 16, ...; what is left behind goes with the arena. */
	if (*n == 0 || (*n >= 4 && (*n & (*n - 1)) == 0)) {
		struct attr *grown = arena_alloc(arena, (*n ? 2 * *n : 4) * sizeof(*grown));

		if (*n)
			memcpy(grown, *attrs, *n * sizeof(*grown));
		*attrs = grown;
	}
	(*attrs)[*n].name = arena_strdup(arena, name);
	(*attrs)[*n].value = arena_strdup(arena, value);
	++*n;
}

const char *instance_kind_name(enum instance_kind kind)
{
	static const char *const names[INSTANCE_KINDS] = {
		[INSTANCE_MDEV] = "mdev",
		[INSTANCE_NVIDIA] = "nvidia",
		[INSTANCE_VF] = "vf",
	};

	return names[kind];
}

void definition_add_attr(struct definition *def, struct arena *arena, const char *name,
			 const char *value)
{
	attr_add(&def->attrs, &def->attr_count, arena, name, value);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool definition_same(const struct definition *a, const struct definition *b)
{
	if (identity_compare(&a->id, &b->id) != 0 || a->is_auto != b->is_auto ||
	    !same_text(a->parent, b->parent) || !same_text(a->type, b->type) ||
	    !same_text(a->params, b->params) || !same_text(a->description, b->description) ||
	    a->has_vf != b->has_vf || (a->has_vf && a->vf != b->vf) ||
	    !same_text(a->owner, b->owner) || !same_text(a->mode, b->mode) ||
	    a->attr_count != b->attr_count)
		return false;
	for (size_t i = 0; i < a->attr_count; i++)
		if (strcmp(a->attrs[i].name, b->attrs[i].name) != 0 ||
		    strcmp(a->attrs[i].value, b->attrs[i].value) != 0)
			return false;
	return true;
}

bool attr_name_is_valid(const char *name)
{
	const char *part = name;

	if (strchr(name, ' ') || strlen(name) > ATTR_NAME_MAX || !text_is_plain(name))
		return false;
	for (;;) {
		size_t len = strcspn(part, "/");

		/* Neither empty, nor "." or "..". */
		if (len == 0 || (len <= 2 && strspn(part, ".") >= len))
			return false;
		if (!part[len])
			return true;
		part += len + 1;
	}
}

int attr_split(char *text, struct attr *ret_attr, char **reterr)
{
	char *equals = strchr(text, '=');

	if (!equals) {
		set_text(reterr, "attribute '%s' is not NAME=VALUE", text);
		return -EINVAL;
	}
	*equals = '\0';
	if (!attr_name_is_valid(text)) {
		set_text(reterr, "'%s' cannot be the name of an attribute of a device", text);
		return -EINVAL;
	}
	if (!equals[1] || strchr(equals + 1, '\n')) {
		set_text(reterr, "the value of attribute '%s' %s", text,
			 equals[1] ? "holds a newline" : "is empty");
		return -EINVAL;
	}
	*ret_attr = (struct attr){.name = text, .value = equals + 1};
	return 0;
}

int attr_split_line(char *text, struct attr *ret_attr, char **reterr)
{
	_cleanup_free_ char *shown = NULL;
	char *space = strchr(text, ' ');

	if (space)
		*space = '\0';
	*ret_attr = (struct attr){.name = text, .value = space ? space + 1 : ""};
	if (attr_name_is_valid(text) && ret_attr->value[0])
		return 0;
	shown = quoted(text);
	if (!attr_name_is_valid(text))
		set_text(reterr, "%s cannot be the name of an attribute of a device", shown);
	else
		set_text(reterr, "attribute %s has no value", shown);
	return -EINVAL;
}

/* How many processes a message lists. */
#define HOLDERS_SHOWN 8

char *holder_describe(const struct holder *holders, size_t count)
{
	struct buf text = {0};

	if (!count)
		return xstrdup("a process that cannot be seen from here");
	for (size_t i = 0; i < count && i < HOLDERS_SHOWN; i++)
		buf_addf(&text, "%sPID %u '%s'", i ? ", " : "", holders[i].pid, holders[i].program);
	if (count > HOLDERS_SHOWN)
		buf_addf(&text, " and %zu more", count - HOLDERS_SHOWN);
	return text.data;
}

bool device_is_as_defined(const struct device *dev, const struct definition *def)
{
	return device_is_live(dev) && def->parent_name &&
	       strcmp(dev->parent, def->parent_name) == 0 && strcmp(dev->type, def->type) == 0 &&
	       (!def->has_vf || dev->vf == (int)def->vf);
}

bool device_is_on(const struct device *dev, int vf)
{
	if (vf == VF_ANY)
		return true;
	if (device_is_live(dev))
		return dev->vf == vf;
	return dev->def && dev->def->has_vf && dev->def->vf == (uint32_t)vf;
}

const char *device_presence(const struct device *dev)
{
	if (!dev->def)
		return device_is_live(dev) ? "transient" : "absent";
	if (!device_is_live(dev))
		return dev->def->is_auto ? "missing" : "defined";
	return device_is_as_defined(dev, dev->def) ? "live" : "differs";
}

void device_list_reserve(struct device_list *list, size_t more)
{
	if (list->cap - list->n >= more)
		return;
	list->cap = list->n + more;
	list->v = xrealloc(list->v, list->cap, sizeof(*list->v));
}

struct device *device_list_add(struct device_list *list)
{
	if (list->n == list->cap)
		device_list_reserve(list, list->n ? list->n : 64);
	list->v[list->n] = (struct device){.vf = VF_ANY};
	return &list->v[list->n++];
}

/* By parent, then identity; live before defined. */
static bool is_before(const void *a, const void *b)
{
	const struct device *first = a, *second = b;
	int order = first->parent == second->parent ? 0 : strcmp(first->parent, second->parent);

	if (!order)
		order = identity_compare(&first->id, &second->id);
	return order ? order < 0 : device_is_live(first) > device_is_live(second);
}

/* Puts the devices where the order has them, without a second list. */
static void put_in_order(struct device *v, size_t n, struct device **order)
{
	for (size_t i = 0; i < n; i++) {
		struct device first;
		size_t at = i;

		if (order[i] == &v[i])
			continue;
		first = v[i];
		/* Each place gets its device, whose own place is filled next. */
		while (order[at] != &v[i]) {
			size_t from = (size_t)(order[at] - v);

			v[at] = v[from];
			order[at] = &v[at];
			at = from;
		}
		v[at] = first;
		order[at] = &v[at];
	}
}

void device_list_sort(struct device_list *list)
{
	_cleanup_free_ struct device **order = xcalloc(list->n, sizeof(struct device *));

	for (size_t i = 0; i < list->n; i++)
		order[i] = &list->v[i];
	sort_pointers(order, list->n, is_before);
	put_in_order(list->v, list->n, order);
}

struct device *device_list_find_live(const struct device_list *list, const struct identity *id)
{
	for (size_t i = 0; i < list->n; i++)
		if (device_is_live(&list->v[i]) && identity_compare(&list->v[i].id, id) == 0)
			return &list->v[i];
	return NULL;
}

void device_list_keep_on(struct device_list *list, int vf)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (device_is_on(&list->v[i], vf))
			list->v[kept++] = list->v[i];
	list->n = kept;
}

void device_list_free(struct device_list *list)
{
	free(list->v);
	arena_free(&list->arena);
	*list = (struct device_list){0};
}

struct definition *definition_list_add(struct definition_list *list)
{
	struct definition *def = arena_alloc(&list->arena, sizeof(*def));

	list->v = xgrow(list->v, list->n, sizeof(*list->v));
	*def = (struct definition){.place = list->n};
	list->v[list->n++] = def;
	return def;
}

struct definition *definition_list_add_broken(struct definition_list *list)
{
	struct definition *def = arena_alloc(&list->arena, sizeof(*def));

	list->broken = xgrow(list->broken, list->broken_count, sizeof(*list->broken));
	*def = (struct definition){.type = ""};
	list->broken[list->broken_count++] = def;
	return def;
}

const char *definition_list_share(struct definition_list *list, const char *text)
{
	return text_set_add(&list->shared, &list->arena, text);
}

void definition_list_free(struct definition_list *list)
{
	text_set_free(&list->shared);
	strlist_free(&list->strangers);
	free(list->broken);
	free(list->cards);
	free(list->v);
	arena_free(&list->arena);
	*list = (struct definition_list){0};
}
