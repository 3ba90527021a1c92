// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model as JSON text: the objects that every verb prints. They are written as they come:
 * a tree of them first, as a library wants it, costs ten times as much as finding out what to list.
 * That json-c reads all of it as it was is seen to by tests/unit/test_json.c.
 */
#include "out/json.h"

#include "base/text.h"

/* The object that is being written; its memory is used again for the next one. */
static struct buf line;

static void put(const char *text)
{
	buf_add(&line, text, strlen(text));
}

/* What stands before a value: a comma unless it is the first, and its key unless it has none. */
static void put_key(const char *key)
{
	char last = line.data[line.len - 1];
	size_t len = key ? strlen(key) : 0;
	char *end;

	if (last != '{' && last != '[')
		*buf_extend(&line, 1) = ',';
	if (!key)
		return;
	end = buf_extend(&line, len + strlen("\"\":"));
	*end++ = '"';
	end = mempcpy(end, key, len);
	*end++ = '"';
	*end = ':';
}

static void begin(const char *key, const char *bracket)
{
	put_key(key);
	put(bracket);
}

/* What begins a string, which is UTF-8; how many bytes of it are taken. */
static size_t put_char(const char *text)
{
	static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *letter = strchr(escaped, *text);
	size_t control = text_control_length(text);

	if (letter)
		buf_addf(&line, "\\%c", letters[letter - escaped]);
	else if (control)
		buf_addf(&line, "\\u%04x", (unsigned char)text[control - 1]);
	else
		buf_add(&line, text, 1);
	return control ? control : 1;
}

/* JSON text is Unicode: a value that is not is given as the array of its bytes. */
static void put_bytes(const char *text)
{
	for (const char *p = text; *p; p++)
		buf_addf(&line, "%c%u", p == text ? '[' : ',', (unsigned char)*p);
	put("]");
}

/* A text that stands between its quotes as it is. */
static bool is_simple(const char *text, size_t len)
{
	return text_is_ascii(text, len) && !memchr(text, '"', len) && !memchr(text, '\\', len);
}

static void put_string(const char *text)
{
	put("\"");
	while (*text)
		text += put_char(text);
	put("\"");
}

static void add_text(const char *key, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	put_key(key);
	if (!text) {
		put("null");
	} else if (is_simple(text, len)) {
		char *end = buf_extend(&line, len + 2);

		*end++ = '"';
		end = mempcpy(end, text, len);
		*end = '"';
	} else if (text_is_utf8(text, len)) {
		put_string(text);
	} else {
		put_bytes(text);
	}
}

static void add_number(const char *key, uint64_t number)
{
	char digits[20], *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + number % 10);
	while (number /= 10);
	put_key(key);
	buf_add(&line, first, (size_t)(digits + sizeof(digits) - first));
}

static void add_line(unsigned int line)
{
	if (line)
		add_number("line", line);
	else
		add_text("line", NULL);
}

static void add_attrs(const char *key, const struct attr *attrs, size_t count)
{
	begin(key, "[");
	for (size_t i = 0; i < count; i++) {
		begin(NULL, "{");
		add_text("name", attrs[i].name);
		add_text("value", attrs[i].value);
		put("}");
	}
	put("]");
}

void json_begin(struct json_array *array)
{
	*array = (struct json_array){.count = 0};
	fputs("[", stdout);
}

void json_begin_stream(struct json_array *array)
{
	*array = (struct json_array){.is_stream = true};
}

static void begin_object(void)
{
	line.len = 0;
	put("{");
}

static void end_object(struct json_array *array)
{
	put(array->is_stream ? "}\n" : "}");
	if (!array->is_stream)
		fputs(array->count++ ? ",\n" : "\n", stdout);
	fwrite_unlocked(line.data, 1, line.len, stdout);
}

void json_end(struct json_array *array)
{
	fputs(array->count ? "\n]\n" : "]\n", stdout);
}

static void add_holders(const struct holder *holders, size_t count)
{
	begin("holders", "[");
	for (size_t i = 0; i < count; i++) {
		begin(NULL, "{");
		add_number("pid", holders[i].pid);
		add_text("program", holders[i].program);
		put("}");
	}
	put("]");
}

/* What only show looks for. */
static void add_details(const struct device_details *details)
{
	add_text("path", details->path);
	add_text("vfio_group", details->vfio_group);
	add_text("vfio_cdev", details->vfio_cdev);
	add_holders(details->holders, details->holder_count);
	add_attrs("attrs", details->attrs, details->attr_count);
}

static void add_live(const struct device *dev, bool with_details)
{
	uint32_t group;

	if (!device_is_live(dev)) {
		add_text("live", NULL);
		return;
	}
	begin("live", "{");
	add_text("name", dev->name);
	add_text("parent", dev->parent);
	add_text("type", dev->type);
	if (with_details) {
		add_text("state", dev->state);
		if (dev->iommu_group && parse_u32(dev->iommu_group, &group) == 0)
			add_number("iommu_group", group);
		else
			add_text("iommu_group", NULL);
		if (dev->details)
			add_details(dev->details);
	}
	put("}");
}

static void add_definition(const struct definition *def)
{
	if (!def) {
		add_text("defined", NULL);
		return;
	}
	begin("defined", "{");
	add_text("parent", def->parent);
	add_text("type", def->type);
	put_key("auto");
	put(def->is_auto ? "true" : "false");
	add_text("params", def->params);
	add_text("description", def->description);
	add_attrs("attrs", def->attrs, def->attr_count);
	add_text("file", def->file);
	add_line(def->line);
	put("}");
}

void json_add_device(struct json_array *array, const struct device *dev, bool with_details,
		     const char *action, const char *error)
{
	char uuid[IDENTITY_TEXT_SIZE];

	begin_object();
	add_text("uuid", identity_format_uuid(&dev->id, uuid));
	add_number("instance", dev->id.instance);
	add_text("parent", dev->parent);
	add_text("type", dev->type);
	add_live(dev, with_details);
	if (!array->is_stream)
		add_definition(dev->def);
	if (action) {
		add_text("action", action);
		add_text("error", error);
	}
	end_object(array);
}

void json_add_parent(struct json_array *array, const char *parent, const char *action)
{
	begin_object();
	add_text("parent", parent);
	add_text("action", action);
	end_object(array);
}

void json_add_type(struct json_array *array, const struct type *type)
{
	begin_object();
	add_text("parent", type->parent);
	add_text("type", type->name);
	if (type->available == TYPE_UNKNOWN)
		add_text("available_instances", NULL);
	else
		add_number("available_instances", (uint64_t)type->available);
	add_text("device_api", type->device_api);
	add_text("name", type->pretty_name);
	add_text("description", type->description);
	end_object(array);
}

void json_add_finding(struct json_array *array, const char *severity, const char *file,
		      unsigned int line, const char *text)
{
	begin_object();
	add_text("severity", severity);
	add_text("file", file);
	add_line(line);
	add_text("text", text);
	end_object(array);
}
