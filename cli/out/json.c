// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model as JSON text: the objects that every verb prints. They are written as they come:
 * a tree of them first, as a library wants it, costs ten times as much as finding out what to list.
 * That json-c reads all of it as it was is seen to by tests/unit/test_json.c.
 */
#include "base/text.h"
#include "out/ops.h"

/* The object that is being written; its memory is used again for the next one. */
static struct buf line;

/* A text whose length the compiler knows. */
#define PUT(literal) buf_put(literal, sizeof(literal) - 1)

static inline void buf_put(const char *text, size_t len)
{
	memcpy(buf_extend(&line, len), text, len);
}

static bool is_first(void)
{
	char last = line.data[line.len - 1];

	return last == '{' || last == '[';
}

/* What stands before a value: a comma unless it is the first, and its key. */
#define PUT_KEY(key)                          \
	do {                                  \
		if (is_first())               \
			PUT("\"" key "\":");  \
		else                          \
			PUT(",\"" key "\":"); \
	} while (0)

#define ADD_TEXT(key, text)     \
	do {                    \
		PUT_KEY(key);   \
		put_text(text); \
	} while (0)

#define ADD_NUMBER(key, number)     \
	do {                        \
		PUT_KEY(key);       \
		put_number(number); \
	} while (0)

#define ADD_NULL(key)         \
	do {                  \
		PUT_KEY(key); \
		PUT("null");  \
	} while (0)

static void begin_element(void)
{
	if (!is_first())
		PUT(",");
	PUT("{");
}

/* What begins a string, which is UTF-8; how many bytes of it are taken. */
static size_t put_char(const char *text)
{
	static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
	const char *letter = strchr(escaped, *text);
	uint32_t number;
	size_t unseen = text_unseen_length(text, &number);

	if (letter)
		buf_addf(&line, "\\%c", letters[letter - escaped]);
	else if (unseen && number >= 0x10000)
		buf_addf(&line, "\\u%04x\\u%04x", 0xd7c0 + (number >> 10),
			 0xdc00 + (number & 0x3ff));
	else if (unseen)
		buf_addf(&line, "\\u%04x", number);
	else
		buf_add(&line, text, 1);
	return unseen ? unseen : 1;
}

/* JSON text is Unicode: a value that is not is given as the array of its bytes. */
static void put_bytes(const char *text)
{
	for (const char *p = text; *p; p++)
		buf_addf(&line, "%c%u", p == text ? '[' : ',', (unsigned char)*p);
	PUT("]");
}

/* A text that stands between its quotes as it is. */
static bool is_simple(const char *text, size_t len)
{
	return text_is_ascii(text, len) && !memchr(text, '"', len) && !memchr(text, '\\', len);
}

static void put_string(const char *text)
{
	PUT("\"");
	while (*text)
		text += put_char(text);
	PUT("\"");
}

static void put_text(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (!text) {
		PUT("null");
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

static void put_number(uint64_t number)
{
	char digits[20], *first = digits + sizeof(digits);

	do
		*--first = (char)('0' + number % 10);
	while (number /= 10);
	buf_add(&line, first, (size_t)(digits + sizeof(digits) - first));
}

static void add_line(unsigned int line)
{
	if (line)
		ADD_NUMBER("line", line);
	else
		ADD_NULL("line");
}

static void put_flag(bool is_set)
{
	if (is_set)
		PUT("true");
	else
		PUT("false");
}

/* Behind their key. */
static void put_attrs(const struct attr *attrs, size_t count)
{
	PUT("[");
	for (size_t i = 0; i < count; i++) {
		begin_element();
		ADD_TEXT("name", attrs[i].name);
		ADD_TEXT("value", attrs[i].value);
		PUT("}");
	}
	PUT("]");
}

static void add_attrs(const struct attr *attrs, size_t count)
{
	PUT_KEY("attrs");
	put_attrs(attrs, count);
}

/* What stands around the objects: in a stream each is a document of its own. */
static struct {
	enum output_kind kind;
	const char *only_word; /* of the command line; then it stands for whatever is printed */
	size_t count;
} document;

#define SCHEMA "{\"schema\":1,"

static void json_start(const struct output_request *request)
{
	document.kind = request->kind;
	document.only_word = request->word_count == 1 ? request->words[0] : NULL;
	document.count = 0;
}

static void begin_object(void)
{
	line.len = 0;
	PUT("{");
	if (document.kind == OUTPUT_STREAM)
		ADD_NUMBER("schema", 1);
}

static void end_object(void)
{
	PUT("}");
	if (document.kind == OUTPUT_STREAM)
		PUT("\n");
	if (document.kind != OUTPUT_STREAM)
		fputs(document.count++ ? ",\n" : SCHEMA "\"results\":[\n", stdout);
	fwrite_unlocked(line.data, 1, line.len, stdout);
}

static void json_end(void)
{
	if (document.count)
		fputs("\n]}\n", stdout);
	else if (document.kind != OUTPUT_STREAM && document.kind != OUTPUT_FOREIGN)
		fputs(SCHEMA "\"results\":[]}\n", stdout);
}

static void add_holders(const struct device *dev)
{
	if (!dev->holders) {
		ADD_NULL("holders");
		return;
	}
	PUT_KEY("holders");
	PUT("[");
	for (size_t i = 0; i < dev->holder_count; i++) {
		begin_element();
		ADD_NUMBER("pid", dev->holders[i].pid);
		ADD_TEXT("program", dev->holders[i].program);
		PUT("}");
	}
	PUT("]");
}

/* What only show looks for. */
static void add_details(const struct device_details *details)
{
	ADD_TEXT("path", details->path);
	ADD_TEXT("vfio_group", details->vfio_group);
	ADD_TEXT("vfio_cdev", details->vfio_cdev);
	ADD_TEXT("qemu", details->qemu);
	ADD_TEXT("libvirt", details->libvirt);
	add_attrs(details->attrs, details->attr_count);
	if (details->script_attr_count) {
		PUT_KEY("script_attrs");
		put_attrs(details->script_attrs, details->script_attr_count);
	}
}

/* What costs a look into the folder of a device is there when somebody looked. */
static void add_live(const struct device *dev)
{
	uint32_t group;

	if (!device_is_live(dev)) {
		ADD_NULL("live");
		return;
	}
	PUT_KEY("live");
	PUT("{");
	ADD_TEXT("name", dev->name);
	ADD_TEXT("kind", instance_kind_name(dev->kind));
	ADD_TEXT("parent", dev->parent);
	ADD_TEXT("type", dev->type);
	if (device_address(dev)) {
		ADD_TEXT("address", dev->name);
		ADD_NUMBER("vf", (uint64_t)dev->vf);
	}
	if (dev->state || dev->iommu_group || dev->details) {
		ADD_TEXT("machine", dev->state);
		if (dev->iommu_group && parse_u32(dev->iommu_group, &group) == 0)
			ADD_NUMBER("iommu_group", group);
		else
			ADD_NULL("iommu_group");
		if (dev->details)
			add_details(dev->details);
	}
	if (dev->details || dev->owner) {
		ADD_TEXT("owner", dev->owner);
		ADD_TEXT("mode", dev->mode);
	}
	PUT("}");
}

static void add_definition(const struct definition *def)
{
	if (!def) {
		ADD_NULL("defined");
		return;
	}
	PUT_KEY("defined");
	PUT("{");
	ADD_TEXT("parent", def->parent);
	ADD_TEXT("type", def->type);
	PUT_KEY("auto");
	put_flag(def->is_auto);
	ADD_TEXT("params", def->params);
	ADD_TEXT("description", def->description);
	if (def->has_vf)
		ADD_NUMBER("vf", def->vf);
	ADD_TEXT("owner", def->owner);
	ADD_TEXT("mode", def->mode);
	add_attrs(def->attrs, def->attr_count);
	ADD_TEXT("file", def->file);
	add_line(def->line);
	PUT("}");
}

static void add_outcome(const struct outcome *outcome)
{
	ADD_TEXT("action", outcome->action);
	PUT_KEY("changed");
	put_flag(outcome->is_changed);
	ADD_TEXT("code", code_name(outcome->code));
	ADD_TEXT("error", outcome->error);
}

static void add_identity(const struct device *dev)
{
	char uuid[IDENTITY_TEXT_SIZE];

	ADD_TEXT("uuid", identity_format_uuid(&dev->id, uuid));
	ADD_NUMBER("instance", dev->id.instance);
	ADD_TEXT("parent", dev->parent);
	ADD_TEXT("type", dev->type);
}

static void json_device(const struct device *dev, const struct outcome *outcome)
{
	begin_object();
	ADD_TEXT("word", dev->word ? dev->word : document.only_word);
	add_identity(dev);
	ADD_TEXT("state", device_presence(dev));
	add_live(dev);
	add_definition(dev->def);
	add_holders(dev);
	add_outcome(outcome);
	end_object();
}

/* The fields of a device, none of which is known. */
static void json_word(const char *word, const struct outcome *outcome)
{
	begin_object();
	ADD_TEXT("word", word ? word : document.only_word);
	ADD_NULL("uuid");
	ADD_NULL("instance");
	ADD_NULL("parent");
	ADD_NULL("type");
	ADD_NULL("state");
	ADD_NULL("live");
	ADD_NULL("defined");
	ADD_NULL("holders");
	add_outcome(outcome);
	end_object();
}

static int json_devices(const struct device_list *list, const struct output_style *style,
			char **reterr)
{
	const struct outcome listed = {.action = "list"};

	(void)style, (void)reterr;
	for (size_t i = 0; i < list->n; i++)
		json_device(&list->v[i], &listed);
	return 0;
}

static void json_details(const struct device *dev, struct definition *const *others,
			 size_t other_count)
{
	const struct outcome shown = {.action = "show"};

	(void)others, (void)other_count;
	json_device(dev, &shown);
}

static void json_parent_event(const char *action, const char *parent)
{
	begin_object();
	ADD_TEXT("parent", parent);
	ADD_TEXT("action", action);
	end_object();
}

static void json_device_event(const char *action, const struct device *dev)
{
	begin_object();
	add_identity(dev);
	add_live(dev);
	ADD_TEXT("action", action);
	end_object();
}

static void add_type(const struct type *type)
{
	begin_object();
	ADD_TEXT("parent", type->parent);
	ADD_TEXT("type", type->name);
	if (type->available == TYPE_UNKNOWN)
		ADD_NULL("available_instances");
	else
		ADD_NUMBER("available_instances", (uint64_t)type->available);
	if (type->is_at_most) {
		PUT_KEY("at_most");
		put_flag(true);
	}
	ADD_TEXT("device_api", type->device_api);
	ADD_TEXT("name", type->pretty_name);
	ADD_TEXT("description", type->description);
	end_object();
}

static int json_types(const struct type_list *list, const struct output_style *style, char **reterr)
{
	(void)style, (void)reterr;
	for (size_t i = 0; i < list->n; i++)
		add_type(&list->v[i]);
	return 0;
}

static void json_finding(const struct finding *finding)
{
	begin_object();
	ADD_TEXT("severity", finding->severity == FINDING_ERROR ? "error" : "warning");
	ADD_TEXT("file", finding->file);
	add_line(finding->line);
	ADD_TEXT("text", finding->text);
	end_object();
}

static void json_summary(const char *text)
{
	(void)text;
}

const struct output_ops json_ops = {
	.begin = json_start,
	.device = json_device,
	.word = json_word,
	.devices = json_devices,
	.types = json_types,
	.details = json_details,
	.finding = json_finding,
	.parent_event = json_parent_event,
	.device_event = json_device_event,
	.summary = json_summary,
	.end = json_end,
};
