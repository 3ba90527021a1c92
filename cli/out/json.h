/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model as JSON text: the objects that every verb prints. */
#ifndef JSON_H
#define JSON_H

#include "model/device.h"
#include "model/type.h"

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
/* What check found: severity "error" or "warning"; line 0: the file as a whole. */
void json_add_finding(struct json_array *array, const char *severity, const char *file,
		      unsigned int line, const char *text);
void json_end(struct json_array *array);

#endif
