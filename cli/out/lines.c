// SPDX-License-Identifier: GPL-2.0-or-later
/* The output as text for people: lines here, tables by table.c. */
#include "base/msg.h"
#include "out/ops.h"
#include "out/table.h"

static struct output_request request;
static bool has_details; /* the next ones are set apart */

/* Names come from the kernel and from files: nothing in them steers a terminal. */
static void print_visible(const char *text)
{
	struct buf line = {0};

	buf_add_visible(&line, text);
	puts(line.data ? line.data : "");
	buf_free(&line);
}

static void lines_begin(const struct output_request *asked)
{
	request = *asked;
	has_details = false;
}

/* "create UUID parent P type T from FILE" */
static void print_action(const struct device *dev, const char *action)
{
	char identity[IDENTITY_TEXT_SIZE];
	_cleanup_free_ char *text = xasprintf("%s %s parent %s type %s%s%s", action,
					      identity_format(&dev->id, identity), dev->parent,
					      dev->type, dev->def ? " from " : "",
					      dev->def ? dev->def->file : "");

	print_visible(text);
}

/* Messages say what failed; what is as it was because it was so before has its identity printed. */
static void lines_device(const struct device *dev, const struct outcome *outcome)
{
	bool is_so = outcome->is_changed ||
		     (outcome->code == CODE_NONE && strcmp(outcome->action, request.verb) == 0);
	char text[IDENTITY_TEXT_SIZE];

	if (request.kind == OUTPUT_IDENTITY && is_so)
		puts(identity_format(&dev->id, text));
	else if (request.kind == OUTPUT_ACTION && outcome->code == CODE_NONE && !request.quiet)
		print_action(dev, outcome->action);
}

static void lines_word(const char *word, const struct outcome *outcome)
{
	(void)word, (void)outcome;
}

static struct table_style make_style(const struct output_style *style)
{
	return (struct table_style){
		.columns = style->columns,
		.raw = request.raw,
		.noheadings = request.noheadings,
		.tree = style->tree,
		.is_whole = style->is_whole,
	};
}

static int lines_devices(const struct device_list *list, const struct output_style *asked,
			 char **reterr)
{
	struct table_style style = make_style(asked);

	/* What a guest is given is the address, where there is one. */
	for (size_t i = 0; !style.columns && i < list->n; i++)
		if (device_address(&list->v[i]))
			style.columns = "+ADDRESS";
	return table_print_devices(list, &style, reterr);
}

static int lines_types(const struct type_list *list, const struct output_style *asked,
		       char **reterr)
{
	struct table_style style = make_style(asked);

	return table_print_types(list, &style, reterr);
}

/* One line; a value that is not there is left out. */
static void print_line(const char *label, const char *value)
{
	_cleanup_free_ char *text = value ? xasprintf("  %-13s%s", label, value) : NULL;

	if (text)
		print_visible(text);
}

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* live and defined: one of them where they are the same or the other is not there. */
static void print_both(const char *label, const char *live, const char *defined)
{
	_cleanup_free_ char *text = NULL;

	if (live && defined && !is_same(live, defined)) {
		text = xasprintf("%s (defined: %s)", live, defined);
		print_line(label, text);
	} else {
		print_line(label, live ? live : defined);
	}
}

/* The value that the definition writes last, for an attribute may be written several times. */
static const char *defined_value(const struct definition *def, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; def && i < def->attr_count; i++)
		if (strcmp(def->attrs[i].name, name) == 0)
			value = def->attrs[i].value;
	return value;
}

static bool is_live_attr(const struct device_details *details, const char *name)
{
	for (size_t i = 0; details && i < details->attr_count; i++)
		if (strcmp(details->attrs[i].name, name) == 0 && details->attrs[i].value)
			return true;
	return false;
}

/* Values that can be read beside those defined; then what is only written, in its order. */
static void print_attrs(const struct device *dev)
{
	const struct device_details *details = dev->details;
	const struct definition *def = dev->def;

	for (size_t i = 0; details && i < details->attr_count; i++) {
		const struct attr *attr = &details->attrs[i];
		const char *wanted = defined_value(def, attr->name);
		_cleanup_free_ char *text =
			xasprintf("%s = %s", attr->name, attr->value ? attr->value : "");

		if (!attr->value)
			continue;
		if (wanted && !is_same(wanted, attr->value))
			set_text(&text, "%s (defined: %s)", text, wanted);
		print_line("attribute:", text);
	}
	for (size_t i = 0; details && i < details->script_attr_count; i++) {
		const struct attr *attr = &details->script_attrs[i];
		_cleanup_free_ char *text =
			xasprintf("%s = %s (a script says)", attr->name, attr->value);

		print_line("attribute:", text);
	}
	for (size_t i = 0; def && i < def->attr_count; i++) {
		_cleanup_free_ char *text =
			xasprintf("%s = %s (defined)", def->attrs[i].name, def->attrs[i].value);

		if (!is_live_attr(details, def->attrs[i].name))
			print_line("attribute:", text);
	}
}

static void print_live(const struct device *dev)
{
	const struct device_details *details = dev->details;
	_cleanup_free_ char *holders = NULL, *hidden = NULL;

	print_line("machine:", dev->state);
	print_line("path:", details ? details->path : NULL);
	print_line("address:", device_address(dev));
	print_line("IOMMU group:", dev->iommu_group);
	print_line("VFIO group:", details ? details->vfio_group : NULL);
	print_line("VFIO device:", details ? details->vfio_cdev : NULL);
	if (dev->holder_count)
		holders = holder_describe(dev->holders, dev->holder_count);
	print_line("in use by:", holders);
	if (dev->hidden_processes)
		hidden = xasprintf("%zu processes of others, which only root may look into",
				   dev->hidden_processes);
	print_line("not seen:", hidden);
}

/* Of the live nodes beside what is defined for them. */
static void print_owner(const struct device *dev)
{
	const struct definition *def = dev->def;
	const char *owner = def ? def->owner : NULL;

	/* Two ways to write one owner are no difference. */
	if (dev->owner && is_same(dev->owner, dev->owner_defined))
		owner = NULL;
	print_both("owner:", dev->owner, owner);
	print_both("mode:", dev->mode, def ? def->mode : NULL);
	if (dev->pins_memory)
		print_line("memlock:",
			   "all memory of its machine, see LimitMEMLOCK= in systemd.exec(5)");
}

static void print_definition(const struct definition *def)
{
	_cleanup_free_ char *place = xasprintf("%s:%u", def->file, def->line);

	print_line("definition:", place);
	print_line("auto:", def->is_auto ? "yes" : "no");
	print_line("params:", def->params);
	print_line("description:", def->description);
}

static void print_vf(const struct device *dev)
{
	const struct definition *def = dev->def;
	_cleanup_free_ char *live = device_address(dev) ? xasprintf("%d", dev->vf) : NULL;
	_cleanup_free_ char *defined = def && def->has_vf ? xasprintf("%u", def->vf) : NULL;

	print_both("vf:", live, defined);
}

static void print_device(const struct device *dev)
{
	const struct definition *def = dev->def;
	const char *defined_parent = def ? (def->parent_name ? def->parent_name : def->parent) :
					   NULL;
	char text[IDENTITY_TEXT_SIZE];

	puts(identity_format(&dev->id, text));
	print_line("state:", device_presence(dev));
	print_both("parent:", dev->parent, defined_parent);
	if (def && !is_same(def->parent, defined_parent))
		print_line("written as:", def->parent);
	print_both("type:", dev->type, def ? def->type : NULL);
	print_vf(dev);
	if (device_is_live(dev))
		print_live(dev);
	if (def)
		print_definition(def);
	print_owner(dev);
	print_attrs(dev);
	print_line("QEMU:", dev->details ? dev->details->qemu : NULL);
	print_line("libvirt:", dev->details ? dev->details->libvirt : NULL);
}

static void lines_details(const struct device *dev, struct definition *const *others,
			  size_t other_count)
{
	if (has_details)
		putchar('\n');
	has_details = true;
	print_device(dev);
	for (size_t i = 0; i < other_count; i++) {
		_cleanup_free_ char *place = xasprintf("%s:%u for parent %s", others[i]->file,
						       others[i]->line, others[i]->parent);

		print_line("not meant:", place);
	}
}

static void lines_finding(const struct finding *finding)
{
	_cleanup_free_ char *line = finding->line ? xasprintf(":%u", finding->line) : xstrdup("");

	if (finding->severity == FINDING_ERROR)
		msg_error("%s%s: %s", finding->file, line, finding->text);
	else
		msg_warning("%s%s: %s", finding->file, line, finding->text);
}

static void lines_parent_event(const char *action, const char *parent)
{
	_cleanup_free_ char *text = xasprintf("%s parent %s", action, parent);

	print_visible(text);
}

static void lines_device_event(const char *action, const struct device *dev)
{
	char identity[IDENTITY_TEXT_SIZE];
	_cleanup_free_ char *text = xasprintf("%s %s parent %s type %s", action,
					      identity_format(&dev->id, identity), dev->parent,
					      dev->type ? dev->type : "?");

	print_visible(text);
}

static void lines_summary(const char *text)
{
	if (!request.quiet)
		puts(text);
}

static void lines_end(void)
{
}

const struct output_ops text_ops = {
	.begin = lines_begin,
	.device = lines_device,
	.word = lines_word,
	.devices = lines_devices,
	.types = lines_types,
	.details = lines_details,
	.finding = lines_finding,
	.parent_event = lines_parent_event,
	.device_event = lines_device_event,
	.summary = lines_summary,
	.end = lines_end,
};
