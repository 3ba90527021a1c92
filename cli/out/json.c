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
	put("{");
	if (document.kind == OUTPUT_STREAM)
		add_number("schema", 1);
}

static void end_object(void)
{
	put(document.kind == OUTPUT_STREAM ? "}\n" : "}");
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
		add_text("holders", NULL);
		return;
	}
	begin("holders", "[");
	for (size_t i = 0; i < dev->holder_count; i++) {
		begin(NULL, "{");
		add_number("pid", dev->holders[i].pid);
		add_text("program", dev->holders[i].program);
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
	add_attrs("attrs", details->attrs, details->attr_count);
}

/* What costs a look into the folder of a device is there when somebody looked. */
static void add_live(const struct device *dev)
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
	if (dev->state || dev->iommu_group || dev->details) {
		add_text("machine", dev->state);
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

static void add_flag(const char *key, bool is_set)
{
	put_key(key);
	put(is_set ? "true" : "false");
}

static void add_outcome(const struct outcome *outcome)
{
	add_text("action", outcome->action);
	add_flag("changed", outcome->is_changed);
	add_text("code", code_name(outcome->code));
	add_text("error", outcome->error);
}

static void add_identity(const struct device *dev)
{
	char uuid[IDENTITY_TEXT_SIZE];

	add_text("uuid", identity_format_uuid(&dev->id, uuid));
	add_number("instance", dev->id.instance);
	add_text("parent", dev->parent);
	add_text("type", dev->type);
}

static void json_device(const struct device *dev, const struct outcome *outcome)
{
	begin_object();
	add_text("word", dev->word ? dev->word : document.only_word);
	add_identity(dev);
	add_text("state", device_presence(dev));
	add_live(dev);
	add_definition(dev->def);
	add_holders(dev);
	add_outcome(outcome);
	end_object();
}

/* The fields of a device, none of which is known. */
static void json_word(const char *word, const struct outcome *outcome)
{
	static const char *const unknown[] = {"uuid",  "instance", "parent",  "type",
					      "state", "live",	   "defined", "holders"};

	begin_object();
	add_text("word", word ? word : document.only_word);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		add_text(unknown[i], NULL);
	add_outcome(outcome);
	end_object();
}

static void json_devices(const struct device_list *list, const struct output_style *style)
{
	const struct outcome listed = {.action = "list"};

	(void)style;
	for (size_t i = 0; i < list->n; i++)
		json_device(&list->v[i], &listed);
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
	add_text("parent", parent);
	add_text("action", action);
	end_object();
}

static void json_device_event(const char *action, const struct device *dev)
{
	begin_object();
	add_identity(dev);
	add_live(dev);
	add_text("action", action);
	end_object();
}

static void add_type(const struct type *type)
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
	end_object();
}

static void json_types(const struct type_list *list, const struct output_style *style)
{
	(void)style;
	for (size_t i = 0; i < list->n; i++)
		add_type(&list->v[i]);
}

static void json_finding(const struct finding *finding)
{
	begin_object();
	add_text("severity", finding->severity == FINDING_ERROR ? "error" : "warning");
	add_text("file", finding->file);
	add_line(finding->line);
	add_text("text", finding->text);
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
