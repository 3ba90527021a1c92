// SPDX-License-Identifier: GPL-2.0-or-later
/* What the user writes for a device, found in a list. */
#include "model/find.h"

#include <errno.h>

/* Devices whose UUID begins so, and other instances of it to name when the one asked for is not. */
struct matches {
	const struct device *first;
	bool several_uuids;
	const struct device *chosen;
	struct strlist names;
};

static void collect(const struct device_index *index, const struct identity_prefix *prefix,
		    struct matches *matches)
{
	size_t count;
	struct device *const *range = device_index_range(index, prefix, &count);

	for (size_t i = 0; i < count; i++) {
		const struct device *dev = range[i];
		char text[IDENTITY_TEXT_SIZE];

		if (!identity_prefix_matches(prefix, &dev->id))
			continue;
		if (dev->id.instance == prefix->instance)
			matches->chosen = dev;
		/* One identity may be there twice, defined for two parents. */
		if (matches->first && identity_compare(&matches->first->id, &dev->id) == 0)
			continue;
		strlist_add(&matches->names, identity_format(&dev->id, text));
		if (!matches->first)
			matches->first = dev;
		matches->several_uuids |= !identity_same_uuid(&matches->first->id, &dev->id);
	}
	/* A shortened UUID may mean the one instance that there is; a whole one is instance 0. */
	if (!prefix->has_instance && prefix->count < 32 && matches->names.n == 1)
		matches->chosen = matches->first;
}

int find_identity(const struct device_index *index, const char *text, struct identity *ret_id,
		  char **reterr)
{
	struct identity_prefix prefix;
	struct matches matches = {0};
	_cleanup_free_ char *names = NULL;
	int rc = 0;

	if (identity_prefix_parse(text, &prefix) < 0) {
		set_text(reterr, "'%s' is neither a UUID, UUID:INSTANCE nor the beginning of one",
			 text);
		return -EINVAL;
	}
	collect(index, &prefix, &matches);
	names = strlist_join(&matches.names, 4);
	if (!matches.first) {
		set_text(reterr, "there is no device '%s'", text);
		rc = -ENOENT;
	} else if (matches.several_uuids) {
		set_text(reterr, "'%s' is the beginning of several devices: %s", text, names);
		rc = -ENOTUNIQ;
	} else if (!matches.chosen) {
		set_text(reterr, "there is no instance %u of '%s', only %s", prefix.instance, text,
			 names);
		rc = -ENOENT;
	} else {
		*ret_id = matches.chosen->id;
	}
	strlist_free(&matches.names);
	return rc;
}
