// SPDX-License-Identifier: GPL-2.0-or-later
/* The model as JSON text. The only user of json-c. */
#include "json.h"

#include <json-c/json.h>

void json_begin(struct json_array *array)
{
	array->count = 0;
	fputs("[", stdout);
}

static void add_object(struct json_array *array, struct json_object *object)
{
	fputs(array->count++ ? ",\n" : "\n", stdout);
	fputs(json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE), stdout);
	json_object_put(object);
}

void json_end(struct json_array *array)
{
	fputs(array->count ? "\n]\n" : "]\n", stdout);
}

/* JSON text is Unicode: a value that is not is given as the array of its bytes. */
static struct json_object *text_object(const char *text)
{
	struct json_object *bytes;

	if (!text)
		return NULL;
	if (text_is_utf8(text, strlen(text)))
		return json_object_new_string(text);
	bytes = json_object_new_array();
	for (; *text; text++)
		json_object_array_add(bytes, json_object_new_int((unsigned char)*text));
	return bytes;
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add_ex(object, key, text_object(text), JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

static void add_number(struct json_object *object, const char *key, int64_t number)
{
	json_object_object_add_ex(object, key, json_object_new_int64(number),
				  JSON_C_OBJECT_ADD_CONSTANT_KEY);
}

static struct json_object *attrs_object(const struct attr *attrs, size_t count)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		struct json_object *attr = json_object_new_object();

		add_text(attr, "name", attrs[i].name);
		add_text(attr, "value", attrs[i].value);
		json_object_array_add(array, attr);
	}
	return array;
}

/* What only show looks for. */
static void add_details(struct json_object *object, const struct device_details *details)
{
	add_text(object, "path", details->path);
	add_text(object, "vfio_group", details->vfio_group);
	add_text(object, "vfio_cdev", details->vfio_cdev);
	add_text(object, "holder", details->holder);
	json_object_object_add(object, "attrs",
			       attrs_object(details->attrs, details->attr_count));
}

static struct json_object *live_object(const struct device *dev, bool with_details)
{
	struct json_object *object;
	uint32_t group;

	if (!device_is_live(dev))
		return NULL;
	object = json_object_new_object();
	add_text(object, "name", dev->name);
	add_text(object, "parent", dev->parent);
	add_text(object, "type", dev->type);
	if (!with_details)
		return object;
	add_text(object, "state", dev->state);
	if (dev->iommu_group && parse_u32(dev->iommu_group, &group) == 0)
		add_number(object, "iommu_group", group);
	else
		add_text(object, "iommu_group", NULL);
	if (dev->details)
		add_details(object, dev->details);
	return object;
}

static struct json_object *definition_object(const struct definition *def)
{
	struct json_object *object;

	if (!def)
		return NULL;
	object = json_object_new_object();
	add_text(object, "parent", def->parent);
	add_text(object, "type", def->type);
	json_object_object_add(object, "auto", json_object_new_boolean(def->is_auto));
	add_text(object, "params", def->params);
	add_text(object, "description", def->description);
	json_object_object_add(object, "attrs", attrs_object(def->attrs, def->attr_count));
	add_text(object, "file", def->file);
	if (def->line)
		add_number(object, "line", def->line);
	else
		add_text(object, "line", NULL);
	return object;
}

void json_add_device(struct json_array *array, const struct device *dev, bool with_details,
		     const char *action, const char *error)
{
	struct json_object *object = json_object_new_object();
	char uuid[IDENTITY_TEXT_SIZE];

	add_text(object, "uuid", identity_format_uuid(&dev->id, uuid));
	add_number(object, "instance", dev->id.instance);
	add_text(object, "parent", dev->parent);
	add_text(object, "type", dev->type);
	json_object_object_add(object, "live", live_object(dev, with_details));
	json_object_object_add(object, "defined", definition_object(dev->def));
	if (action) {
		add_text(object, "action", action);
		add_text(object, "error", error);
	}
	add_object(array, object);
}

void json_add_type(struct json_array *array, const struct type *type)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "parent", type->parent);
	add_text(object, "type", type->name);
	if (type->available == LIVE_UNKNOWN)
		add_text(object, "available_instances", NULL);
	else
		add_number(object, "available_instances", type->available);
	add_text(object, "device_api", type->device_api);
	add_text(object, "name", type->pretty_name);
	add_text(object, "description", type->description);
	add_object(array, object);
}

void json_add_finding(struct json_array *array, const char *severity, const char *text)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "severity", severity);
	add_text(object, "text", text);
	add_object(array, object);
}
