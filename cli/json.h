/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model as JSON text. The only user of json-c. */
#ifndef JSON_H
#define JSON_H

#include "definition.h"
#include "device.h"
#include "live.h"

/*
 * Objects on stdout, one a line, written as it goes: begin, then objects, then end. The man page
 * describes them. They are an array, or a stream without brackets and commas, which never needs an
 * end and whose devices have no definition beside them.
 */
struct json_array {
	size_t count;
	bool is_stream;
};

void json_begin(struct json_array *array);
void json_begin_stream(struct json_array *array);
/*
 * One device. with_details: also what live_device_details() or live_device_all() filled in.
 * action and error (both may be NULL) say what was done to it and why that failed.
 */
void json_add_device(struct json_array *array, const struct device *dev, bool with_details,
		     const char *action, const char *error);
/* A parent, and what happened to it. */
void json_add_parent(struct json_array *array, const char *parent, const char *action);
void json_add_type(struct json_array *array, const struct type *type);
/* What check found: severity "error" or "warning". */
void json_add_finding(struct json_array *array, const char *severity, const char *text);
void json_end(struct json_array *array);

/* What a definition that stands alone in a text does not say. */
struct json_place {
	const char *parent; /* NULL when it is not known */
	const struct identity *id; /* NULL when it is not known */
};

/*
 * Reads definitions in mdevctl's form from a text that ends in a NUL behind len: the list that its
 * "list --dumpjson" prints, or a single one, whose place is said. Good ones are added to the list,
 * file and line 0 being where they are from; what is wrong, and what would be lost, goes to the
 * problems.
 */
void json_import(const char *file, const char *text, size_t len, const struct json_place *place,
		 struct definition_list *list, struct problem_list *problems);

/*
 * Prints definitions in mdevctl's form, as a list, or the one alone. What mdevctl has no word for
 * stands under keys of our own, which it ignores and json_import() reads.
 */
void json_export(struct definition *const *defs, size_t count, bool single);
/* What those are for a definition, "params, description"; NULL for none. The caller frees it. */
char *json_export_extras(const struct definition *def);

#endif
