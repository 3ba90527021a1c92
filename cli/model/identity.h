/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who an instance is: a UUID and a number, read from text and written as text. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "base/sort.h"
#include "base/util.h"

#define UUID_TEXT_LEN 36

/* The room for "UUID-INSTANCE" or "UUID:INSTANCE" with its NUL. */
#define IDENTITY_TEXT_SIZE (UUID_TEXT_LEN + 1 + 10 + 1)

/* Who an instance is. A UUID without a number is instance 0 of that UUID. */
struct identity {
	unsigned char uuid[16];
	uint32_t instance;
};

/*
 * "UUID" or "UUID:INSTANCE", the one way in which files and this program write an identity. 0, or
 * -EINVAL when it is neither (or the number is too large).
 */
int identity_parse(const char *text, struct identity *ret_id);
/*
 * The same as a user may write it: also "{UUID}", "urn:uuid:UUID" and the 32 digits without
 * hyphens, as other programs print them.
 */
int identity_parse_word(const char *word, struct identity *ret_id);
/*
 * A UUID alone, as mdevctl takes one: with hyphens, or without, and with hyphens in braces or
 * behind "urn:uuid:". 0, or -EINVAL.
 */
int identity_parse_uuid(const char *text, struct identity *ret_id);
/* The name of a device on the bus, "UUID" or "UUID-INSTANCE"; else -EINVAL. */
int identity_parse_name(const char *name, struct identity *ret_id);
/*
 * The name of a definition file that is named for an identity, "UUID.conf" or "UUID-INSTANCE.conf",
 * precisely as identity_format_name() writes it; -EINVAL for any other name.
 */
int identity_parse_file_name(const char *name, struct identity *ret_id);
/* A new random identity, instance 0. 0; or -ELIBACC, without libuuid, and a reason in *reterr. */
int identity_make(struct identity *ret_id, char **reterr);
/*
 * The UUID of version 5 (RFC 9562, 5.5) for a name among URLs, instance 0: the same on every host.
 * 0 or -ELIBACC, as above.
 */
int identity_of_url(const char *url, struct identity *ret_id, char **reterr);
/* "UUID" for instance 0, else "UUID:INSTANCE"; returns text. */
const char *identity_format(const struct identity *id, char text[IDENTITY_TEXT_SIZE]);
/* "UUID" for instance 0, else "UUID-INSTANCE": as on the bus and in names of files. */
const char *identity_format_name(const struct identity *id, char text[IDENTITY_TEXT_SIZE]);
/* The UUID alone. */
const char *identity_format_uuid(const struct identity *id, char text[IDENTITY_TEXT_SIZE]);

/*
 * The ways of writing the UUID that identity_parse_uuid() takes, first the usual one; each of them
 * in lower and, where there are letters, in upper case. Returns how many.
 */
#define IDENTITY_WAYS 8
size_t identity_format_ways(const struct identity *id,
			    char texts[IDENTITY_WAYS][IDENTITY_TEXT_SIZE]);

/* Negative, 0 or positive, as strcmp(). Inline: sorting a long listing is mostly this. */
static inline int identity_compare(const struct identity *a, const struct identity *b)
{
	uint64_t first = sort_key(a->uuid), second = sort_key(b->uuid);
	int order;

	if (first != second)
		return first < second ? -1 : 1;
	order = memcmp(a->uuid + 8, b->uuid + 8, 8);
	return order ? order : (a->instance > b->instance) - (a->instance < b->instance);
}

void identity_sort(struct identity *ids, int count);
/* Of identities that identity_sort() has sorted. */
bool identity_is_one_of(const struct identity *id, const struct identity *ids, int count);
/* A UUID that identity_of_url() could have made. */
static inline bool identity_may_be_of_url(const struct identity *id)
{
	return id->uuid[6] >> 4 == 5 && !id->instance;
}

bool identity_same_uuid(const struct identity *a, const struct identity *b);

/* The beginning of an identity as a user may shorten it: four digits of the UUID or more. */
struct identity_prefix {
	unsigned char digits[32];
	size_t count;
	bool has_instance;
	uint32_t instance;
};

/* 0, or -EINVAL when no identity could begin like that. A whole UUID may be written as above. */
int identity_prefix_parse(const char *text, struct identity_prefix *ret_prefix);
/*
 * The same of a text that is still being typed: it may have any number of digits, or none, and
 * what stands behind a ":" is not looked at.
 */
int identity_prefix_parse_begun(const char *text, struct identity_prefix *ret_prefix);
/* The UUID begins so; an instance is not looked at. */
bool identity_prefix_matches(const struct identity_prefix *prefix, const struct identity *id);

#endif
