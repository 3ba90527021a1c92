// SPDX-License-Identifier: GPL-2.0-or-later
/* The one door for what verbs print on stdout. */
#include "out/output.h"

#include "base/msg.h"
#include "out/ops.h"

static struct {
	struct output_request request;
	const struct output_ops *ops;
	bool tells_failure; /* a result has said what failed */
	bool is_foreign; /* what was printed is no document */
	enum code code; /* why the verb as a whole failed */
	char *error;
} door;

void output_begin(const struct output_request *request)
{
	free(door.error);
	door.request = *request;
	door.ops = request->format == OUTPUT_JSON ? &json_ops : &text_ops;
	door.tells_failure = door.is_foreign = false;
	door.code = CODE_NONE;
	door.error = NULL;
	door.ops->begin(&door.request);
}

bool output_is_json(void)
{
	return door.request.format == OUTPUT_JSON;
}

void output_as_actions(void)
{
	door.request.kind = OUTPUT_ACTION;
	if (!output_is_json())
		door.ops->begin(&door.request);
}

/* With the verb as the action when it names none. */
static struct outcome complete(const struct outcome *outcome)
{
	struct outcome whole = *outcome;

	if (!whole.action)
		whole.action = door.request.verb;
	door.tells_failure |= whole.code != CODE_NONE;
	return whole;
}

void output_device(const struct device *dev, const struct outcome *outcome)
{
	struct outcome whole = complete(outcome);

	door.ops->device(dev, &whole);
}

void output_word(const char *word, const struct outcome *outcome)
{
	struct outcome whole = complete(outcome);

	door.ops->word(word, &whole);
}

void output_error(const char *word, enum code code, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	struct outcome outcome = {.code = code};
	va_list args;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	msg_error("%s", text);
	outcome.error = text;
	output_word(word, &outcome);
}

void output_fail(enum code code, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	msg_error("%s", text);
	/* The first reason is the cause of those that follow. */
	if (door.error)
		return;
	door.code = code;
	door.error = TAKE_PTR(text);
}

/* rc: why it could not be printed, or 0. Without a library for tables there are other forms. */
static int end_table(int rc, const char *error)
{
	if (rc)
		output_fail(code_of(rc), "cannot print a table: %s, or use --raw or --json", error);
	return rc;
}

int output_devices(const struct device_list *list, const struct output_style *style)
{
	_cleanup_free_ char *error = NULL;
	int rc = door.ops->devices(list, style, &error);

	return end_table(rc, error);
}

int output_types(const struct type_list *list, const struct output_style *style)
{
	_cleanup_free_ char *error = NULL;
	int rc = door.ops->types(list, style, &error);

	return end_table(rc, error);
}

void output_details(const struct device *dev, struct definition *const *others, size_t other_count)
{
	door.ops->details(dev, others, other_count);
}

void output_finding(const struct finding *finding)
{
	door.tells_failure |= finding->severity == FINDING_ERROR;
	door.ops->finding(finding);
}

void output_parent_event(const char *action, const char *parent)
{
	door.ops->parent_event(action, parent);
}

void output_device_event(const char *action, const struct device *dev)
{
	door.ops->device_event(action, dev);
}

void output_summary(const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	door.ops->summary(text);
}

void output_foreign(const char *text)
{
	door.is_foreign = true;
	fputs(text, stdout);
}

/* For each word, or for none where there are none. */
static void tell_failure(void)
{
	struct outcome outcome = {.code = door.error ? door.code : CODE_REFUSED,
				  .error = door.error ? door.error : "see the messages"};
	int count = door.request.word_count;

	for (int i = 0; i < count; i++)
		output_word(door.request.words[i], &outcome);
	if (!count)
		output_word(NULL, &outcome);
}

void output_end(bool has_failed)
{
	if (has_failed && (door.error || !door.tells_failure) && !door.is_foreign)
		tell_failure();
	door.ops->end();
	free(door.error);
	door.error = NULL;
}
